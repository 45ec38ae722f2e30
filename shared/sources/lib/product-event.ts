// Events of security products that name themselves in a header and write `key=value` pairs behind it (CEF, LEEF). With the addresses of both
// ends it is Network Activity 4001, else Base Event 0: what the event is about beyond that differs from product to product.
// https://schema.ocsf.io/1.8.0/classes/network_activity
import type { Json, JsonObject, OcsfEvent, RawRecord } from '../../model.ts';
import { BASE_EVENT, classify, NETWORK_ACTIVITY, SEVERITY, STATUS } from '../../ocsf/classes.ts';
import { ipOf } from '../../ocsf/event.ts';
import { object, text } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { type Fields, leftovers, markTaken, originalTime, peekText, takeIp, takeText } from './fields.ts';
import { unmappedFrom, type Stray } from './line.ts';
import type { Syslog } from './syslog.ts';
import { pidOf, syslogAttributes, syslogStray } from './syslog-event.ts';
import { productTime } from './times.ts';
import { portOf, wholeOf } from './values.ts';

export interface ProductEvent {
  /** What stood before it; without time and host where nothing did. */
  readonly header: Syslog;
  readonly vendor: string;
  readonly product: string;
  readonly productVersion: string;
  readonly eventId: string;
  /** Of the format. */
  readonly version: string;
  readonly name: string | undefined;
  readonly severity: string | undefined;
  readonly fields: Fields;
}

/** What the format calls the pairs that have an attribute. */
export interface Keys {
  readonly format: 'CEF' | 'LEEF';
  readonly time: string;
  readonly source: End;
  readonly destination: End;
  readonly protocol: string;
  readonly user: string;
  readonly userUid?: string;
  readonly process?: string;
  readonly pid?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly message?: string;
  readonly url: string;
  readonly application?: string;
  readonly start?: string;
  readonly end?: string;
  readonly device?: { readonly ip: string; readonly host: string; readonly uid: string };
}

interface End {
  readonly ip: string;
  readonly port: string;
  readonly mac: string;
  readonly host?: string;
  readonly bytes?: string;
  readonly packets?: string;
}

/** @returns when it happened, ms since the epoch: by the product's own clock, where it says so. */
export function timeOfProduct({ header, fields }: ProductEvent, key: string): number {
  return productTime(peekText(fields, key)) ?? header.time;
}

export function productEvent(event: ProductEvent, keys: Keys, record: RawRecord, context: Context): OcsfEvent {
  const { fields, name } = event;
  const isNetwork = ipOf(peekText(fields, keys.source.ip)) !== undefined && ipOf(peekText(fields, keys.destination.ip)) !== undefined;
  const own = taken(fields, keys.time, productTime);
  const { device, ...attributes } = syslogAttributes(event.header, record, context, {
    product: productOf(event),
    ...(own === undefined ? {} : { time: own }),
    host: true,
    metadata: { event_code: text(event.eventId), log_format: keys.format, ...originalOf(own, fields, keys.time) },
  });
  const named = ownDevice(fields, keys);
  const deviceOf = named ?? device;
  const actor = actorOf(event, keys);
  const message = optional(fields, keys.message, takeText);
  const status = optional(fields, keys.outcome, (from, key) => taken(from, key, statusOf));
  const profiles =
    attributes.metadata.profiles?.filter((profile) => profile !== 'host' || deviceOf !== undefined || actor !== undefined) ?? [];
  const network: Network = isNetwork ? networkOf(fields, keys) : { classification: classify(BASE_EVENT, 0) };
  const { classification, action_id: action, ...connection } = network;
  const all = action === undefined ? profiles : [...profiles, 'security_control'];
  return {
    ...classification,
    ...attributes,
    ...severityOf(event.severity, attributes.severity_id),
    metadata: { ...attributes.metadata, profiles: all.length === 0 ? undefined : all },
    message: message ?? name,
    status_id: status,
    start_time: optional(fields, keys.start, takenTime),
    end_time: optional(fields, keys.end, takenTime),
    device: deviceOf,
    actor,
    action_id: action,
    ...connection,
    unmapped: unmappedOf(event, { message, actor, named }, context),
  };
}

/** Takes a pair where it can be read as what it should be. */
function taken<T>(fields: Fields, key: string, read: (text: string) => T | undefined): T | undefined {
  const said = peekText(fields, key);
  const found = said === undefined ? undefined : read(said);
  if (found !== undefined) markTaken(fields, key);
  return found;
}

/** Takes a time; one that says more than its ms do stays as well. */
function takenTime(fields: Fields, key: string): number | undefined {
  const said = peekText(fields, key);
  if (said !== undefined && EPOCH_MS.test(said)) return taken(fields, key, productTime);
  return productTime(said);
}

function optional<T>(fields: Fields, key: string | undefined, take: (fields: Fields, key: string) => T | undefined): T | undefined {
  return key === undefined ? undefined : take(fields, key);
}

function productOf({ vendor, product, productVersion }: ProductEvent): OcsfEvent['metadata']['product'] {
  return { name: text(product) ?? 'unknown', vendor_name: text(vendor) ?? 'unknown', version: text(productVersion) };
}

const EPOCH_MS = /^\d{13}$/;

/** The header's time is in logged_time then. */
function originalOf(own: number | undefined, fields: Fields, key: string): { readonly original_time?: string | undefined } {
  const said = peekText(fields, key);
  return own === undefined || said === undefined ? {} : { original_time: EPOCH_MS.test(said) ? undefined : originalTime(said) };
}

const SEVERITY_WORDS: ReadonlyMap<string, number> = new Map([
  ['unknown', SEVERITY.unknown],
  ['low', SEVERITY.low],
  ['medium', SEVERITY.medium],
  ['high', SEVERITY.high],
  ['very-high', SEVERITY.critical],
]);

/** 0 to 10, or a word. @param header what the syslog header says. */
function severityOf(said: string | undefined, header: number): { readonly severity_id: number; readonly severity?: string } {
  if (said === undefined || said === '') return { severity_id: header };
  const number = wholeOf(said);
  if (number !== undefined && number <= 10) {
    return { severity_id: number <= 3 ? SEVERITY.low : number <= 6 ? SEVERITY.medium : number <= 8 ? SEVERITY.high : SEVERITY.critical };
  }
  const word = SEVERITY_WORDS.get(said.toLowerCase());
  return word === undefined ? { severity_id: SEVERITY.other, severity: said } : { severity_id: word };
}

function statusOf(said: string): number | undefined {
  const word = said.toLowerCase();
  if (word === 'success' || word === 'successful') return STATUS.success;
  return word === 'failure' || word === 'failed' || word === 'fail' ? STATUS.failure : undefined;
}

function ownDevice(fields: Fields, keys: Keys): JsonObject | undefined {
  if (keys.device === undefined) return undefined;
  const [ip, hostname, uid] = [takeIp(fields, keys.device.ip), takeText(fields, keys.device.host), takeText(fields, keys.device.uid)];
  return ip === undefined && hostname === undefined && uid === undefined ? undefined : { ip, hostname, uid, type_id: 0 };
}

function actorOf({ header, fields }: ProductEvent, keys: Keys): JsonObject | undefined {
  const name = takeText(fields, keys.user);
  const uid = optional(fields, keys.userUid, takeText);
  const own = optional(fields, keys.pid, (from, key) => taken(from, key, pidOf));
  const pid = own ?? pidOf(header.process);
  const program = own === undefined ? header.app : optional(fields, keys.process, takeText);
  const user = name === undefined && uid === undefined ? undefined : { name, uid };
  const process = pid === undefined ? undefined : { pid, name: program };
  return user === undefined && process === undefined ? undefined : { user, process };
}

// ── Network ──

const MAC = /^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/;
const ACTIVITY = { close: 2, reset: 3, refuse: 5, traffic: 6 } as const;
const ACTION = { allowed: 1, denied: 2 } as const;

interface Action {
  readonly action: number;
  readonly activity: number;
}

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ...['accept', 'accepted', 'allow', 'allowed', 'pass', 'passed', 'permit', 'permitted'].map(
    (word) => [word, { action: ACTION.allowed, activity: ACTIVITY.traffic }] as const,
  ),
  ...[
    'block',
    'blocked',
    'deny',
    'denied',
    'drop',
    'dropped',
    'discard',
    'prevent',
    'prevented',
    'reject',
    'rejected',
    'refuse',
    'refused',
  ].map((word) => [word, { action: ACTION.denied, activity: ACTIVITY.refuse }] as const),
  ['reset', { action: ACTION.denied, activity: ACTIVITY.reset }],
  ['close', { action: ACTION.allowed, activity: ACTIVITY.close }],
]);

interface Network extends JsonObject {
  readonly classification: { activity_id: number; category_uid: number; class_uid: number; type_uid: number };
  readonly action_id?: number | undefined;
}

function networkOf(fields: Fields, keys: Keys): Network {
  const act = optional(fields, keys.action, (from, key) => taken(from, key, (said) => ACTIONS.get(said.toLowerCase())));
  const protocol = takeText(fields, keys.protocol)?.toLowerCase();
  const url = takeText(fields, keys.url);
  const [sent, received] = [measured(fields, keys.source.bytes), measured(fields, keys.destination.bytes)];
  const [packetsSent, packetsReceived] = [measured(fields, keys.source.packets), measured(fields, keys.destination.packets)];
  const isMeasured = [sent, received, packetsSent, packetsReceived].some((count) => count !== undefined);
  return {
    classification: classify(NETWORK_ACTIVITY, act?.activity ?? ACTIVITY.traffic),
    action_id: act?.action,
    src_endpoint: endpointOf(fields, keys.source),
    dst_endpoint: endpointOf(fields, keys.destination),
    connection_info: protocol === undefined ? undefined : { direction_id: 0, protocol_name: protocol },
    app_protocol_name: optional(fields, keys.application, takeText),
    url: url === undefined ? undefined : { url_string: url },
    traffic: isMeasured ? { bytes_out: sent, bytes_in: received, packets_out: packetsSent, packets_in: packetsReceived } : undefined,
  };
}

function measured(fields: Fields, key: string | undefined): number | undefined {
  return optional(fields, key, (from, name) => taken(from, name, wholeOf));
}

function endpointOf(fields: Fields, { ip, port, mac, host }: End): JsonObject {
  return {
    ip: takeIp(fields, ip),
    port: taken(fields, port, portOf),
    mac: taken(fields, mac, (said) => (MAC.test(said) ? said : undefined)),
    hostname: optional(fields, host, takeText),
  };
}

// ── Rest ──

/** What of the event has found its attribute. */
interface Placed {
  readonly message: string | undefined;
  readonly actor: JsonObject | undefined;
  /** The device as the event's own pairs name it. */
  readonly named: JsonObject | undefined;
}

function unmappedOf(event: ProductEvent, placed: Placed, context: Context): JsonObject | undefined {
  const rest = leftovers(event.fields);
  const stray = headerStray(event, placed, context);
  const name = placed.message === undefined ? undefined : event.name;
  if (stray.length === 0 && name === undefined) return rest;
  const all: Record<string, Json | undefined> = { ...rest };
  if (stray.length > 0) all[freeName(all, 'syslog')] = unmappedFrom(stray);
  if (name !== undefined) all[freeName(all, 'Name')] = name;
  return all;
}

function headerStray({ header }: ProductEvent, { actor, named }: Placed, context: Context): readonly Stray[] {
  const process = object(actor?.['process']);
  const stray = syslogStray(header, context, header.process !== undefined && process?.['pid'] !== pidOf(header.process));
  if (header.app !== undefined && process?.['name'] !== header.app) stray.push(['app_name', header.app]);
  if (header.host !== undefined && named !== undefined) stray.push(['hostname', header.host]);
  if (header.message !== '') stray.push(['message', header.message.trim()]);
  return stray;
}

/** A pair may be called like that too. */
function freeName(taken: Readonly<Record<string, unknown>>, name: string): string {
  return Object.hasOwn(taken, name) ? freeName(taken, `${name}_`) : name;
}

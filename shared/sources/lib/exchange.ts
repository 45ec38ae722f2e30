// What accounts at crypto exchanges do, however the exchange writes it, to API Activity 6003: one name for one kind of act at all of them
// (order, trade, deposit, withdrawal, transfer, api_key), the exchange's own in metadata.event_code.
// Addresses of chains stay in `unmapped` and are observables; amounts stay the text they came as.
import { digest } from '../../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../../model.ts';
import { SEVERITY, STATUS } from '../../ocsf/classes.ts';
import { isObject, reject, text, value } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { actorOf, apiActivity, deliveredOf, endpointOf, metadataOf, unmappedOf, type Delivered, type Status } from './audit.ts';
import { deliveredAt } from './delivery.ts';
import { idOf, inside, originalTime, take, takeId, takeIp, timeOf, type Fields } from './fields.ts';
import { BLOCKCHAIN_ADDRESS, createObservables, type OwnObservable } from './observables.ts';
import { secretsOf, withoutSecrets } from './secrets.ts';

/** Activities of API Activity. https://schema.ocsf.io/1.8.0/classes/api_activity (activity_id) */
export const CREATE = 1;
export const READ = 2;
export const UPDATE = 3;
export const DELETE = 4;

/** Members that lead from one object to the next. */
export type Path = readonly [first: string, ...rest: string[]];

/** One shape of an exchange's records. */
export interface Kind {
  /** What only records of this shape have. */
  matches(members: JsonObject): boolean;
  act(members: JsonObject): Act;
  /** The first that is there is the time of the act; where none is, it is that of the delivery. */
  readonly times: readonly Path[];
  /** Make the act one and the same, wherever it is told; with an undefined first one, nothing does. */
  readonly identity: readonly Path[];
  /** What act() puts into attributes. */
  readonly told: readonly Path[];
  readonly resources: readonly (readonly [path: Path, type: string])[];
  readonly addresses?: readonly Path[];
  readonly users?: readonly Path[];
}

export interface Act {
  readonly operation: string;
  readonly activity: number;
  /** As the exchange calls it. */
  readonly code: string | undefined;
  readonly status?: (Status & { readonly code?: string | undefined; readonly detail?: string | undefined }) | undefined;
}

export interface Exchange {
  readonly source: string;
  readonly name: string;
  readonly vendor: string;
  /** Members that hold the record, where it was wrapped. */
  readonly wrappers: readonly string[];
  readonly kinds: readonly Kind[];
}

export interface ExchangeRecord {
  readonly delivered: Delivered;
  /** The record, out of its wrapper, and the path to it in `unmapped`. */
  readonly fields: Fields;
  readonly path: string;
  readonly kind: Kind;
  readonly act: Act;
  /** ms since the epoch */
  readonly time: number;
  readonly written: Json | undefined;
}

// A combined stream of Binance is named after its listen key.
const SECRETS = secretsOf('stream', 'listenKey', 'listen_key', 'apiKey', 'api_key', 'apiSecret', 'api_secret', 'secretKey', 'secret', 'signature', 'jwt', 'passphrase'); // prettier-ignore

export function parseExchange(exchange: Exchange, record: RawRecord, context: Context): Outcome<ExchangeRecord> {
  const delivered = deliveredOf(withoutSecrets(record, SECRETS));
  if (delivered.kind !== 'value') return delivered;
  const whole = delivered.value.fields;
  const wrapper = exchange.wrappers.find((name) => isObject(whole.members[name]));
  const fields = wrapper === undefined ? whole : inside(whole, wrapper);
  const kind = exchange.kinds.find((candidate) => candidate.matches(fields.members));
  if (kind === undefined) return reject('missing_field', `of no kind of ${exchange.name} records`);
  const moment = kind.times.find((path) => isSaid(at(fields, path)));
  const written = moment === undefined ? undefined : at(fields, moment);
  const time = written === undefined ? deliveredAt(record, context) : momentOf(written);
  if (time === undefined) return reject('bad_value', 'the time is none');
  if (moment !== undefined) take(...holderOf(fields, moment));
  const path = wrapper === undefined ? 'unmapped' : `unmapped.${wrapper}`;
  return value({ delivered: delivered.value, fields, path, kind, act: kind.act(fields.members), time, written });
}

export function exchangeEvent(exchange: Exchange, native: ExchangeRecord, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, fields, kind, act, time, written } = native;
  const identity = kind.identity.map((path) => at(fields, path) ?? null);
  const user = firstTaken(fields, kind.users ?? []);
  const ip = takeIp(fields, 'ip');
  const { status } = act;
  for (const path of kind.told) if (text(at(fields, path)) !== undefined) take(...holderOf(fields, path));
  const common = {
    severity_id: SEVERITY.informational,
    time,
    status_id: status?.status_id,
    status: status?.status,
    status_code: status?.code,
    status_detail: status?.detail,
    metadata: metadataOf({
      uid:
        identity[0] === undefined || identity[0] === null
          ? context.uid(record.index)
          : digest(15, exchange.source, act.operation, JSON.stringify(identity)),
      product: { name: exchange.name, vendor_name: exchange.vendor },
      event_code: act.code,
      original_time: originalTime(written),
    }),
    actor: actorOf(user === undefined ? {} : { user: { uid: user }, app_name: exchange.name }),
    src_endpoint: endpointOf(ip === undefined ? {} : { ip, svc_name: exchange.name }),
  };
  const resources = resourcesOf(fields, kind);
  const call = { activity: act.activity, operation: act.operation, service: exchange.name, resources };
  const observables = addressesOf(native);
  return { ...apiActivity(common, call), unmapped: unmappedOf(delivered), observables };
}

/** @returns what stands at the path, null being nothing. */
function at(fields: Fields, path: Path): Json | undefined {
  let node: Json | undefined = fields.members[path[0]];
  for (const name of path.slice(1)) node = isObject(node) ? node[name] : undefined;
  return node ?? undefined;
}

const HOURS_ONLY = /:\d\d(?:\.\d{1,9})?[+-]\d\d$/;

/** Coinbase Exchange writes offsets without minutes. */
function momentOf(said: Json): number | undefined {
  return timeOf(typeof said === 'string' && said.length <= 40 && HOURS_ONLY.test(said) ? `${said}:00` : said);
}

function isSaid(member: Json | undefined): boolean {
  return member !== undefined && member !== '' && member !== 0;
}

function holderOf(fields: Fields, path: Path): readonly [holder: Fields, name: string] {
  let holder = fields;
  for (const name of path.slice(0, -1)) holder = inside(holder, name);
  return [holder, path.at(-1) ?? ''];
}

function firstTaken(fields: Fields, paths: readonly Path[]): string | undefined {
  for (const path of paths) {
    const found = takeId(...holderOf(fields, path));
    if (found !== undefined) return found;
  }
  return undefined;
}

function resourcesOf(fields: Fields, { resources }: Kind): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const [path, type] of resources) {
    const [holder, name] = holderOf(fields, path);
    const uid = idOf(holder.members[name]);
    // Binance's word for no trade.
    if (uid === undefined || uid === '-1') continue;
    take(holder, name);
    found.push({ uid, type });
  }
  return found;
}

function addressesOf({ fields, path, kind }: ExchangeRecord): readonly OwnObservable[] | undefined {
  const found = createObservables(BLOCKCHAIN_ADDRESS);
  for (const to of kind.addresses ?? []) found.add(`${path}.${to.join('.')}`, at(fields, to));
  return found.list();
}

// ── Results ──

/** @param said the exchange's word or number. @param words what it writes for success and failure. @param names of numbers between. */
export function resultOf(
  said: Json | undefined,
  words: ReadonlyMap<string, number>,
  detail?: Json,
  names?: Readonly<Record<string, string>>,
): Act['status'] {
  const word = typeof said === 'number' ? String(said) : text(said);
  if (word === undefined) return undefined;
  const known = words.get(word.toLowerCase());
  const rest = { code: word, detail: text(detail) };
  return known === undefined ? { status_id: STATUS.other, status: names?.[word] ?? word, ...rest } : { status_id: known, ...rest };
}

export function words(success: string, failure: string): ReadonlyMap<string, number> {
  return new Map([
    ...success.split(' ').map((word): [string, number] => [word, STATUS.success]),
    ...failure.split(' ').map((word): [string, number] => [word, STATUS.failure]),
  ]);
}

// What audit logs of services (Okta, Microsoft 365, GitHub, …) have in common: JSON records, alone or in the envelope of a partner event
// bus, that say who did what to whom, and from where.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html
import { ipOf } from '../../ocsf/event.ts';
import { API_ACTIVITY, OCSF_VERSION, STATUS, classify, type OcsfClass } from '../../ocsf/classes.ts';
import type { Json, JsonObject, OcsfEvent, OcsfMetadata, Outcome, RawRecord } from '../../model.ts';
import { isObject, jsonOf, reject, value } from '../../outcome.ts';
import { fieldsOf, leftovers, peekText, take, takeText, type Fields } from './fields.ts';
import { socketOf } from './values.ts';

export const OTHER = 99;

/** A record, out of its envelope. */
export interface Delivered {
  readonly fields: Fields;
  /** The envelope of EventBridge without the record. */
  readonly envelope: JsonObject | undefined;
}

/** @returns the record: what stands under `detail` where it came over an event bus. */
export function deliveredOf(record: RawRecord): Outcome<Delivered> {
  const parsed = jsonOf(record);
  if (parsed === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(parsed)) return reject('malformed_record', 'not a JSON object');
  if (parsed['detail-type'] === undefined) return value({ fields: fieldsOf(parsed), envelope: undefined });
  const { detail, ...envelope } = parsed;
  return isObject(detail)
    ? value({ fields: fieldsOf(detail), envelope })
    : reject('malformed_record', 'EventBridge event: detail is not an object');
}

/** To be called when everything was taken that an attribute holds. */
export function unmappedOf({ fields, envelope }: Delivered): JsonObject | undefined {
  const rest = leftovers(fields);
  return envelope === undefined ? rest : { ...rest, eventbridge: envelope };
}

// ── Attributes ──

export interface User {
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly uid_alt?: string | undefined;
  readonly display_name?: string | undefined;
  readonly email_addr?: string | undefined;
  readonly domain?: string | undefined;
  readonly type?: string | undefined;
  readonly type_id?: number | undefined;
  readonly org?: { readonly name?: string | undefined; readonly uid?: string | undefined } | undefined;
  readonly groups?: readonly Named[] | undefined;
  readonly programmatic_credentials?: readonly { readonly uid: string; readonly type?: string | undefined }[] | undefined;
}

/** Types of users. https://schema.ocsf.io/1.8.0/objects/user (type_id) */
export const USER_TYPE = { unknown: 0, user: 1, admin: 2, system: 3, service: 4 } as const;

/** @returns the user with its e-mail address, if that is what its name is; undefined where nothing names it, which OCSF demands. */
export function userOf(user: User): User | undefined {
  if (user.name === undefined && user.uid === undefined) return undefined;
  const email = user.email_addr ?? emailOf(user.name);
  return email === undefined ? user : { ...user, email_addr: email };
}

// As OCSF's email_t has it.
const EMAIL = /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;
const MAX_EMAIL = 320;

export function emailOf(candidate: string | undefined): string | undefined {
  return candidate !== undefined && candidate.length <= MAX_EMAIL && EMAIL.test(candidate) ? candidate : undefined;
}

export interface Named {
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly type?: string | undefined;
}

/** @returns the group, policy, service, … ; undefined where it has neither name nor id, one of which OCSF demands. */
export function namedOf<T extends Named>(named: T): T | undefined {
  return named.name === undefined && named.uid === undefined ? undefined : named;
}

export interface Actor {
  readonly user?: User | undefined;
  readonly session?: JsonObject | undefined;
  readonly app_name?: string | undefined;
  readonly app_uid?: string | undefined;
}

/** @returns undefined for an actor that nothing is known of. */
export function actorOf(actor: Actor): Actor | undefined {
  return Object.values(actor).every((part) => part === undefined) ? undefined : actor;
}

export interface Endpoint {
  readonly ip?: string | undefined;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly domain?: string | undefined;
  readonly svc_name?: string | undefined;
  readonly [attribute: string]: unknown;
}

/** @returns undefined for an endpoint without any of the attributes of which OCSF demands one. */
export function endpointOf(endpoint: Endpoint): Endpoint | undefined {
  const { ip, name, uid, domain, svc_name: service } = endpoint;
  return ip === undefined && name === undefined && uid === undefined && domain === undefined && service === undefined
    ? undefined
    : endpoint;
}

/** @param said `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`. */
export function addressOf(said: string | undefined): { readonly ip: string; readonly port?: number } | undefined {
  if (said === undefined) return undefined;
  const ip = ipOf(said.startsWith('[') && said.endsWith(']') ? said.slice(1, -1) : said);
  return ip === undefined ? socketOf(said) : { ip };
}

export interface Location {
  readonly city?: string | undefined;
  readonly region?: string | undefined;
  readonly postal_code?: string | undefined;
  readonly country?: string | undefined;
  readonly desc?: string | undefined;
  readonly lat?: number | undefined;
  readonly long?: number | undefined;
}

/** @returns undefined for a location without any of the attributes of which OCSF demands one. */
export function locationOf(location: Location): Location | undefined {
  const { city, region, postal_code: code, country } = location;
  return city === undefined && region === undefined && code === undefined && country === undefined ? undefined : location;
}

const COUNTRY_CODE = /^[A-Z]{2}$/;

/** Takes a country's code, as OCSF has countries; its name stays. */
export function takeCountry(fields: Fields, name: string): string | undefined {
  return COUNTRY_CODE.test(peekText(fields, name) ?? '') ? takeText(fields, name) : undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @returns the id in lower case, if it is a UUID and so unique in the world. */
export function uuidOf(id: string | undefined): string | undefined {
  return id !== undefined && UUID.test(id) ? id.toLowerCase() : undefined;
}

// ── Events ──

/** What events of all classes have. */
export interface Common {
  readonly severity_id: number;
  readonly time: number;
  /** ms */
  readonly duration?: number | undefined;
  readonly message?: string | undefined;
  readonly status_id?: number | undefined;
  readonly status?: string | undefined;
  readonly status_code?: string | undefined;
  readonly status_detail?: string | undefined;
  readonly metadata: OcsfMetadata;
  readonly actor: Actor | undefined;
  readonly src_endpoint: Endpoint | undefined;
  readonly http_request?: JsonObject | undefined;
}

type MetadataParts = Pick<OcsfMetadata, 'uid' | 'product'> & { readonly [attribute: string]: unknown };

export function metadataOf(parts: MetadataParts): OcsfMetadata {
  return { version: OCSF_VERSION, ...parts };
}

export interface Status {
  readonly status_id: number;
  readonly status?: string;
}

/** @param table what the log writes for success and failure. @returns another word as the status itself; no status where there is no word. */
export function statusOf(said: string | undefined, table: ReadonlyMap<string, number>): Status | undefined {
  if (said === undefined) return undefined;
  const known = table.get(said);
  return known === undefined ? { status_id: STATUS.other, status: said } : { status_id: known };
}

/** As statusOf, by a word in small letters; a word that the status does not hold stays where it was. */
export function statusIn(fields: Fields, name: string, table: ReadonlyMap<string, number>): Status | undefined {
  const said = peekText(fields, name);
  const status = said === undefined ? undefined : statusOf(said.toLowerCase(), table);
  if (status?.status === undefined) return status;
  take(fields, name);
  return { ...status, status: said ?? status.status };
}

/** @param name what the log calls the act: OCSF wants it where the activity is none of its own. */
export function activityOf(
  cls: OcsfClass,
  activity: number,
  name: string,
): ReturnType<typeof classify> & { readonly activity_name: string | undefined } {
  return { ...classify(cls, activity), activity_name: activity === OTHER ? name : undefined };
}

export interface Call {
  readonly activity: number;
  readonly operation: string;
  readonly service: string;
  readonly request?: { readonly uid: string; readonly data?: Json | undefined } | undefined;
  readonly response?: JsonObject | undefined;
  readonly version?: string | undefined;
  readonly resources?: readonly JsonObject[] | undefined;
}

/** API Activity, the class of everything that no other class has. Where a record names no actor or no source, the service stands there. */
export function apiActivity(common: Common, call: Call): OcsfEvent {
  const { activity, operation, service, request, response, version, resources } = call;
  return {
    ...activityOf(API_ACTIVITY, activity, operation),
    ...common,
    actor: common.actor ?? { app_name: service },
    src_endpoint: common.src_endpoint ?? { svc_name: service },
    api: { operation, service: { name: service }, version, request, response },
    resources: resources?.length === 0 ? undefined : resources,
  };
}

/** @returns http_request; undefined where nothing is known of it. */
export function requestOf(userAgent: string | undefined, url?: string): JsonObject | undefined {
  if (userAgent === undefined && url === undefined) return undefined;
  return { user_agent: userAgent, url: url === undefined ? undefined : { url_string: url } };
}

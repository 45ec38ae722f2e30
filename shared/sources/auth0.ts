// https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes, https://auth0.com/docs/customize/log-streams/amazon-eventbridge
// Auth0 tenant logs, streamed ({log_id, data}) or from the API: sign-ins, exchanges of tokens and factors → Authentication, accounts →
// Account Change, the management API and all else → API Activity.
//
//  - data.type, a code, is metadata.event_code; its meaning the activity's name where OCSF has none. description is the message, of a
//    failure status_detail too.
//  - user_id and user_name are the user; client_id and client_name the application that the user signs in to: service of Authentication,
//    actor's application elsewhere.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { ACCOUNT_CHANGE, API_ACTIVITY, AUTHENTICATION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { isObject, object, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { EVENT_TYPES, type EventType } from './auth0-tables.ts';
import {
  OTHER,
  USER_TYPE,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  locationOf,
  metadataOf,
  namedOf,
  requestOf,
  takeCountry,
  unmappedOf,
  userOf,
  type Common,
  type Delivered,
  type Endpoint,
  type User,
} from './lib/audit.ts';
import { inside, originalTime, peekText, take, takeDegrees, takeIp, takeText, timeOf, type Fields } from './lib/fields.ts';

interface LogEvent {
  readonly delivered: Delivered;
  /** The event itself, out of the stream's wrapper. */
  readonly data: Fields;
  readonly code: string;
  /** data.date, ms since the epoch. */
  readonly time: number;
}

const NAME = 'Auth0';
const PRODUCT = { name: NAME, vendor_name: 'Okta' };

export const auth0: Source<LogEvent> = {
  name: 'auth0',
  title: 'Auth0 tenant logs',
  documentation: 'https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ['EventBridge: partner bus aws.partner/auth0.com/<tenant>-<id>/auth0.logs', "Kafka, Kinesis, S3: as the bank's file says"],
  events: [{ source: 'aws.partner/auth0.com/*', detailTypes: ['Auth0 log'] }],
  claims: () => false,
  recognises: (head) =>
    ['"log_id"', '"date"', '"type"'].every((name) => head.includes(name)) &&
    ['"client_id"', '"strategy"', '"connection"'].some((name) => head.includes(name)),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<LogEvent> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const data = isObject(fields.members['data']) ? inside(fields, 'data') : fields;
  const code = takeText(data, 'type');
  if (code === undefined) return reject('missing_field', 'type');
  const date = take(data, 'date');
  if (date === undefined) return reject('missing_field', 'date');
  const time = timeOf(date);
  return time === undefined ? reject('bad_value', 'date is not a time') : value({ delivered: delivered.value, data, code, time });
}

function map(native: LogEvent, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, data, code } = native;
  const known = EVENT_TYPES.get(code);
  // With credentials of its own an application is the user.
  const user = subjectOf(data) ?? (code.endsWith('ccft') ? applicationUser(data) : undefined);
  const common = commonOf(native, known, record, context);
  const event = signIn(known, common, data, user) ?? accountChange(known, common, data, user) ?? call(native, known, common, user);
  return { ...event, unmapped: unmappedOf(delivered) };
}

function signIn(known: EventType | undefined, common: Common, data: Fields, user: User | undefined): OcsfEvent | undefined {
  if (known?.cls !== AUTHENTICATION || user === undefined) return undefined;
  const session = takeText(inside(data, 'details'), 'session_id') ?? takeText(data, 'session_id');
  return {
    ...activityOf(AUTHENTICATION, known.activity, known.name),
    ...common,
    user,
    service: clientOf(data) ?? { name: NAME },
    session: session === undefined ? undefined : { uid: session },
    is_mfa: known.name.startsWith('MFA ') ? true : undefined,
  };
}

function accountChange(known: EventType | undefined, common: Common, data: Fields, user: User | undefined): OcsfEvent | undefined {
  if (known?.cls !== ACCOUNT_CHANGE || user === undefined) return undefined;
  return { ...activityOf(ACCOUNT_CHANGE, known.activity, known.name), ...common, actor: applicationOf(data), user };
}

/** https://schema.ocsf.io/1.8.0/classes/api_activity (activity_id) */
const METHODS: ReadonlyMap<string, number> = new Map([
  ['post', 1],
  ['get', 2],
  ['put', 3],
  ['patch', 3],
  ['delete', 4],
]);

function call({ data, code }: LogEvent, known: EventType | undefined, common: Common, user: User | undefined): OcsfEvent {
  const request = object(inside(data, 'details').members['request']);
  const method = METHODS.get(text(request?.['method'])?.toLowerCase() ?? '');
  const application = clientOf(data);
  return apiActivity(
    { ...common, actor: actorOf({ user, app_name: application?.name, app_uid: application?.uid }) },
    { activity: method ?? (known?.cls === API_ACTIVITY ? known.activity : OTHER), operation: known?.name ?? code, service: NAME },
  );
}

// ── Attributes ──

/** Of a user that does not exist there is only the name that was tried. */
function subjectOf(data: Fields): User | undefined {
  return userOf({ name: takeText(data, 'user_name'), uid: takeText(data, 'user_id') });
}

function applicationUser(data: Fields): User | undefined {
  return userOf({ name: peekText(data, 'client_name'), uid: peekText(data, 'client_id'), type_id: USER_TYPE.service });
}

function clientOf(data: Fields): { readonly name?: string | undefined; readonly uid?: string | undefined } | undefined {
  return namedOf({ name: takeText(data, 'client_name'), uid: takeText(data, 'client_id') });
}

function applicationOf(data: Fields): Common['actor'] {
  const application = clientOf(data);
  return actorOf({ app_name: application?.name, app_uid: application?.uid });
}

function commonOf(native: LogEvent, known: EventType | undefined, record: RawRecord, context: Context): Common {
  const { data } = native;
  const message = takeText(data, 'description');
  return {
    severity_id: SEVERITY.informational,
    time: native.time,
    message,
    status_id: known?.status,
    status_detail: known?.status === STATUS.failure ? message : undefined,
    metadata: metadata(native, record, context),
    actor: undefined,
    src_endpoint: sourceOf(data),
    http_request: requestOf(takeText(data, 'user_agent')),
  };
}

function metadata({ delivered, data, code }: LogEvent, record: RawRecord, context: Context): Common['metadata'] {
  const inner = peekText(data, 'log_id') ?? peekText(data, '_id');
  const id = peekText(delivered.fields, 'log_id') ?? inner;
  // The wrapper has the id again.
  for (const name of ['log_id', '_id']) if (id !== undefined && peekText(data, name) === id) take(data, name);
  if (id !== undefined) take(delivered.fields, 'log_id');
  return metadataOf({
    uid: id === undefined ? context.uid(record.index) : digest(15, 'auth0', JSON.stringify(id)),
    product: PRODUCT,
    event_code: code,
    tenant_uid: takeText(data, 'hostname') ?? takeText(data, 'tenant_name'),
    original_event_uid: id,
    original_time: originalTime(data.members['date']),
  });
}

function sourceOf(data: Fields): Endpoint | undefined {
  const ip = takeIp(data, 'ip');
  return ip === undefined ? undefined : { ip, location: placeOf(inside(data, 'location_info')) };
}

function placeOf(place: Fields): JsonObject | undefined {
  const location = locationOf({ city: takeText(place, 'city_name'), country: takeCountry(place, 'country_code') });
  if (location === undefined) return undefined;
  return { ...location, lat: takeDegrees(place, 'latitude', 90), long: takeDegrees(place, 'longitude', 180) };
}

// https://learn.microsoft.com/en-us/graph/api/resources/signin and …/directoryaudit; as diagnostic settings send them:
// https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/signinlogs and …/auditlogs
// Microsoft Entra ID: sign-ins of people, services and managed identities → Authentication, the directory audit log → Account Change, Group
// Management, User Access, Entity Management, all else → API Activity.
//
//  - Diagnostic settings put the record under `properties` of an envelope: its category is metadata.log_name, tenantId tenant_uid, the rest
//    stays in `unmapped`. Graph's records are the same without it: both ways give one event the same id.
//  - status.errorCode is status_code: 0 is success, the codes by which Entra ID asks for something more are `Interrupted`, neither
//    success nor failure. authenticationRequirement says what was asked for; that it was met (is_mfa) is known of successes only.
//  - targetResources: the first user, group, role or entity; in API Activity they are resources, else what is left of them stays.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import {
  ACCOUNT_CHANGE,
  API_ACTIVITY,
  AUTHENTICATION,
  ENTITY_MANAGEMENT,
  GROUP_MANAGEMENT,
  SEVERITY,
  STATUS,
  USER_ACCESS,
} from '../ocsf/classes.ts';
import { isArray, isObject, reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { groupOf, resourcesOf, roleOf, userTarget } from './entra-id-targets.ts';
import {
  USER_TYPE,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  endpointOf,
  locationOf,
  metadataOf,
  namedOf,
  requestOf,
  statusIn,
  takeCountry,
  unmappedOf,
  userOf,
  type Actor,
  type Common,
  type Delivered,
  type Endpoint,
  type Status,
  type User,
} from './lib/audit.ts';
import { directoryOperation, entityTypeOf } from './lib/entra-operations.ts';
import {
  drain,
  idOf,
  inside,
  listIn,
  originalTime,
  peekText,
  take,
  takeDegrees,
  takeId,
  takeIp,
  takeText,
  takeWhole,
  timeOf,
  type Fields,
} from './lib/fields.ts';
import { HTTP_ACTIVITIES } from './lib/http.ts';
import { crudOf } from './lib/verbs.ts';

type Kind = 'signIns' | 'directoryAudits' | 'other';

interface EntraRecord {
  readonly delivered: Delivered;
  /** The record itself, out of the envelope of diagnostic settings. */
  readonly entry: Fields;
  readonly kind: Kind;
  readonly operation: string;
  readonly time: number;
  readonly originalTime: string | undefined;
}

const NAME = 'Microsoft Entra ID';
const PRODUCT = { name: NAME, vendor_name: 'Microsoft' };

export const entraId: Source<EntraRecord> = {
  name: 'entra-id',
  title: 'Microsoft Entra ID sign-in and audit logs',
  documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/azure-ad-auditlog-overview',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, ENTITY_MANAGEMENT.uid, USER_ACCESS.uid, GROUP_MANAGEMENT.uid, API_ACTIVITY.uid],
  framing: { kind: 'json', arrayKey: 'value' },
  delivered: ["Kafka (Event Hubs), Kinesis, S3: as the bank's file says; records, {records:[…]} or {value:[…]}"],
  claims: () => false,
  recognises,
  split,
  parse,
  map,
};

const SIGN_IN_MARKS = ['"createdDateTime"', '"appDisplayName"', '"conditionalAccessStatus"', '"ipAddress"'];
const AUDIT_MARKS = ['"activityDisplayName"', '"activityDateTime"', '"initiatedBy"', '"targetResources"'];

function recognises(head: string): boolean {
  return [SIGN_IN_MARKS, AUDIT_MARKS].some((marks) => marks.every((mark) => head.includes(mark)));
}

/** Event Hubs delivers several in one message. */
function split(whole: Json): readonly Json[] | undefined {
  const records = isObject(whole) ? whole['records'] : undefined;
  return isArray(records) ? records : undefined;
}

function parse(record: RawRecord): Outcome<EntraRecord> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const isDiagnostic = isObject(fields.members['properties']) && peekText(fields, 'category') !== undefined;
  const entry = isDiagnostic ? inside(fields, 'properties') : fields;
  const kind = kindOf(entry, isDiagnostic ? peekText(fields, 'category') : undefined);
  const written = takeTimeText(entry) ?? takeTimeText(fields);
  if (written === undefined) return reject('missing_field', 'createdDateTime, activityDateTime or time');
  const time = timeOf(written);
  if (time === undefined) return reject('bad_value', 'the time is not a time');
  const operation = takeText(entry, 'activityDisplayName') ?? takeText(fields, 'operationName') ?? peekText(fields, 'category');
  if (operation === undefined && kind !== 'signIns') return reject('missing_field', 'activityDisplayName or operationName');
  return value({
    delivered: delivered.value,
    entry,
    kind,
    operation: operation ?? 'Sign-in activity',
    time,
    originalTime: originalTime(written),
  });
}

function takeTimeText(fields: Fields): Json | undefined {
  return take(fields, 'createdDateTime') ?? take(fields, 'activityDateTime') ?? take(fields, 'time');
}

function kindOf(entry: Fields, category: string | undefined): Kind {
  if (category?.endsWith('SignInLogs') === true) return 'signIns';
  if (category === 'AuditLogs') return 'directoryAudits';
  if (category !== undefined) return 'other';
  return peekText(entry, 'activityDisplayName') === undefined ? 'signIns' : 'directoryAudits';
}

function map(native: EntraRecord, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, entry, kind, operation } = native;
  const common = kind === 'signIns' ? signInCommon(native, record, context) : auditCommon(native, record, context);
  const targets = listIn(entry, 'targetResources');
  const event =
    (kind === 'signIns' ? signIn(native, common) : kind === 'directoryAudits' ? directoryChange(native, common, targets) : undefined) ??
    apiActivity(common, {
      activity: kind === 'signIns' ? 0 : crudOf(operation),
      operation,
      service: NAME,
      resources: resourcesOf(targets),
    });
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

// ── Sign-ins ──

const LOGON = 1;
const INTERACTIVE = 2;

/** By these codes the user is asked for something more. https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes */
const INTERRUPTED: ReadonlySet<string> = new Set(
  '16000 16001 16003 50055 50058 50059 50072 50074 50076 50079 50097 50125 50127 50129 50140 50143 50144 51006 52004 65001 81010 81012 81014'.split(
    ' ',
  ),
);

function signInCommon(native: EntraRecord, record: RawRecord, context: Context): Common {
  const { entry } = native;
  const status = inside(entry, 'status');
  const code = takeId(status, 'errorCode') ?? takeId(native.delivered.fields, 'resultType');
  return {
    severity_id: SEVERITY.informational,
    time: native.time,
    ...signInStatus(code),
    status_code: code,
    status_detail: takeText(status, 'failureReason') ?? takeText(native.delivered.fields, 'resultDescription'),
    metadata: metadata(native, record, context),
    actor: actorOf({ user: undefined, app_name: takeText(entry, 'appDisplayName'), app_uid: takeText(entry, 'appId') }),
    src_endpoint: deviceOf(native),
    http_request: requestOf(takeText(entry, 'userAgent')),
  };
}

function signInStatus(code: string | undefined): Status | undefined {
  if (code === undefined) return undefined;
  if (code === '0') return { status_id: STATUS.success };
  return INTERRUPTED.has(code) ? { status_id: STATUS.other, status: 'Interrupted' } : { status_id: STATUS.failure };
}

function signIn({ entry, operation }: EntraRecord, common: Common): Mapped {
  const user = personOf(entry) ?? serviceOf(entry);
  if (user === undefined) return undefined;
  const required = peekText(entry, 'authenticationRequirement');
  const interactive = entry.members['isInteractive'] === true;
  if (interactive) take(entry, 'isInteractive');
  const sessionId = takeText(entry, 'sessionId');
  return {
    ...activityOf(AUTHENTICATION, LOGON, operation),
    ...common,
    user,
    service: namedOf({ name: takeText(entry, 'resourceDisplayName'), uid: takeText(entry, 'resourceId') }) ?? { name: NAME },
    session: sessionId === undefined ? undefined : { uid: sessionId },
    logon_type_id: interactive ? INTERACTIVE : undefined,
    is_mfa: common.status_id === STATUS.success && required !== undefined ? required === 'multiFactorAuthentication' : undefined,
  };
}

function personOf(entry: Fields): User | undefined {
  if (peekText(entry, 'userPrincipalName') === undefined && peekText(entry, 'userId') === undefined) return undefined;
  return userOf({
    name: takeText(entry, 'userPrincipalName'),
    uid: takeText(entry, 'userId'),
    display_name: takeText(entry, 'userDisplayName'),
    type_id: USER_TYPE.user,
  });
}

/** A service principal or a managed identity. */
function serviceOf(entry: Fields): User | undefined {
  return userOf({
    name: takeText(entry, 'servicePrincipalName'),
    uid: takeText(entry, 'servicePrincipalId'),
    type_id: USER_TYPE.service,
  });
}

const SYSTEMS: readonly (readonly [prefix: string, typeId: number])[] = [
  ['windows', 100],
  ['linux', 200],
  ['android', 201],
  ['mac', 300],
  ['ios', 301],
];

function deviceOf({ entry, delivered }: EntraRecord): Endpoint | undefined {
  const device = inside(entry, 'deviceDetail');
  const ip = takeIp(entry, 'ipAddress') ?? takeIp(delivered.fields, 'callerIpAddress');
  const endpoint = endpointOf({ ip, uid: takeText(device, 'deviceId'), name: takeText(device, 'displayName') });
  if (endpoint === undefined) return undefined;
  const number = takeWhole(entry, 'autonomousSystemNumber');
  const system = takeText(device, 'operatingSystem');
  return {
    ...endpoint,
    os: system === undefined ? undefined : { name: system, type_id: systemType(system) },
    location: placeOf(inside(entry, 'location')),
    autonomous_system: number === undefined ? undefined : { number },
  };
}

function systemType(name: string): number {
  const plain = name.toLowerCase();
  return SYSTEMS.find(([prefix]) => plain.startsWith(prefix))?.[1] ?? 0;
}

function placeOf(place: Fields): ReturnType<typeof locationOf> {
  const point = inside(place, 'geoCoordinates');
  const location = locationOf({
    city: takeText(place, 'city'),
    region: takeText(place, 'state'),
    country: takeCountry(place, 'countryOrRegion'),
  });
  return location === undefined
    ? undefined
    : { ...location, lat: takeDegrees(point, 'latitude', 90), long: takeDegrees(point, 'longitude', 180) };
}

// ── The audit log of the directory, and what else diagnostic settings send ──

const RESULTS: ReadonlyMap<string, number> = new Map([
  ['success', STATUS.success],
  ['failure', STATUS.failure],
]);

function auditCommon(native: EntraRecord, record: RawRecord, context: Context): Common {
  const { entry, delivered } = native;
  const initiator = inside(inside(entry, 'initiatedBy'), 'user');
  const ip =
    takeIp(initiator, 'ipAddress') ??
    takeIp(entry, 'ipAddress') ??
    takeIp(entry, 'callerIpAddress') ??
    takeIp(delivered.fields, 'callerIpAddress');
  return {
    severity_id: SEVERITY.informational,
    time: native.time,
    ...statusIn(entry, 'result', RESULTS),
    status_code: takeId(delivered.fields, 'resultType'),
    status_detail: takeText(entry, 'resultReason') ?? takeText(delivered.fields, 'resultDescription'),
    metadata: metadata(native, record, context),
    actor: initiatorOf(entry, initiator),
    src_endpoint: ip === undefined ? undefined : { ip },
    http_request: httpRequestOf(entry),
  };
}

function initiatorOf(entry: Fields, initiator: Fields): Actor | undefined {
  const app = inside(inside(entry, 'initiatedBy'), 'app');
  const user = userOf({
    name: takeText(initiator, 'userPrincipalName'),
    uid: takeText(initiator, 'id'),
    display_name: peekText(initiator, 'displayName'),
    type_id: USER_TYPE.user,
  });
  return actorOf({
    // The log of calls to Microsoft Graph names the caller beside the call.
    user: user ?? userOf({ uid: takeText(entry, 'userId'), type_id: USER_TYPE.user }),
    app_name: takeText(app, 'displayName'),
    app_uid: takeText(app, 'appId') ?? takeText(app, 'servicePrincipalId') ?? takeText(entry, 'appId'),
  });
}

function httpRequestOf(entry: Fields): JsonObject | undefined {
  const method = peekText(entry, 'requestMethod');
  const isKnown = method !== undefined && HTTP_ACTIVITIES.has(method);
  if (isKnown) take(entry, 'requestMethod');
  const request = requestOf(takeText(entry, 'userAgent') ?? detail(entry, 'User-Agent'), takeText(entry, 'requestUri'));
  return isKnown ? { ...request, http_method: method } : request;
}

/** additionalDetails is a list of keys and values. */
function detail(entry: Fields, key: string): string | undefined {
  const found = listIn(entry, 'additionalDetails').find((candidate) => peekText(candidate, 'key') === key);
  if (found === undefined || peekText(found, 'value') === undefined) return undefined;
  take(found, 'key');
  return takeText(found, 'value');
}

function directoryChange({ operation }: EntraRecord, common: Common, targets: readonly Fields[]): Mapped {
  const known = directoryOperation(operation);
  const first = targets[0];
  if (known === undefined || first === undefined) return undefined;
  const act = activityOf(known.cls, known.activity, operation);
  if (known.cls === ENTITY_MANAGEMENT) {
    const entity = namedOf({ name: takeText(first, 'displayName'), uid: takeText(first, 'id') });
    return entity === undefined
      ? undefined
      : { ...act, ...common, entity: { ...entity, type_id: entityTypeOf(operation), data: drain(first) } };
  }
  if (known.cls === GROUP_MANAGEMENT) {
    const group = groupOf(targets);
    return group === undefined ? undefined : { ...act, ...common, group, user: userTarget(targets) };
  }
  const role = known.cls === USER_ACCESS ? roleOf(targets) : undefined;
  if (known.cls === USER_ACCESS && role === undefined) return undefined;
  const user = userTarget(targets);
  if (user === undefined) return undefined;
  return { ...act, ...common, user, privileges: role === undefined ? undefined : [role] };
}

// ── Metadata ──

function statusCodeOf(entry: Fields): string | undefined {
  return idOf(inside(entry, 'status').members['errorCode']);
}

function metadata(native: EntraRecord, record: RawRecord, context: Context): Common['metadata'] {
  const { delivered, entry, kind, operation } = native;
  const { fields } = delivered;
  const id = takeText(entry, 'id') ?? takeText(entry, 'requestId');
  const category = fields === entry ? undefined : takeText(fields, 'category');
  const feature = takeText(entry, 'loggedByService');
  // A sign-in or a user at risk may come again as it goes on. Microsoft 365 may have the same id for its own record: not the id itself.
  const uid =
    id === undefined ? undefined : digest(15, 'entra-id', kind, JSON.stringify(id), String(native.time), statusCodeOf(entry) ?? '');
  return metadataOf({
    uid: uid ?? context.uid(record.index),
    product: feature === undefined ? PRODUCT : { ...PRODUCT, feature: { name: feature } },
    log_name: category ?? kind,
    event_code: operation,
    correlation_uid: takeText(entry, 'correlationId'),
    tenant_uid: takeText(fields, 'tenantId'),
    original_event_uid: id,
    original_time: native.originalTime,
  });
}

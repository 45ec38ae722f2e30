// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_eventlogfile.htm (CSV)
// https://developer.salesforce.com/docs/platform/platform-events/guide/platform-events-objects-monitoring.html (real-time events, JSON)
// Salesforce Event Monitoring: logins → Authentication, all else → API Activity.
//
//  - Event log files name their columns in the first line and begin every row with EVENT_TYPE and TIMESTAMP, all in quotes: so lines that
//    do not begin like that belong to a field of the row before. Rows as JSON, with the same names, come one a line.
//  - Real-time events have their members under `payload`, in names of their own; the kind of event is the event bus's detail-type.
//  - EVENT_TYPE, or the event's name, is metadata.event_code. A row has no id of its own (REQUEST_ID is shared by all rows of a request):
//    load the hourly or the daily files, not both.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, AUTHENTICATION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { isObject, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  USER_TYPE,
  activityOf,
  actorOf,
  apiActivity,
  metadataOf,
  namedOf,
  unmappedOf,
  userOf,
  uuidOf,
  type Common,
  type Delivered,
  type Endpoint,
  type Status,
  type User,
} from './lib/audit.ts';
import { inside, originalTime, peekText, take, takeIp, takeText, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import { HTTP_ACTIVITIES } from './lib/http.ts';
import { beginsJson, rowOf } from './lib/rows.ts';
import { crudOf } from './lib/verbs.ts';

interface MonitoredEvent {
  readonly delivered: Delivered;
  /** The row, or the real-time event's payload. */
  readonly row: Fields;
  readonly type: string;
  readonly time: number;
  readonly originalTime: string | undefined;
}

const NAME = 'Salesforce';
const PRODUCT = { name: NAME, vendor_name: NAME };

/** Events that Salesforce itself finds suspicious. */
const THREATS = [
  'ApiAnomalyEvent',
  'CredentialStuffingEvent',
  'GuestUserAnomalyEvent',
  'LoginAnomalyEvent',
  'PermissionSetEvent',
  'ReportAnomalyEvent',
  'SessionHijackingEvent',
];
const STREAMS = [
  'ApiEventStream',
  'BulkApiResultEvent',
  'ConcurLongRunApexErrEvent',
  'FileEvent',
  'LightningUriEventStream',
  'ListViewEventStream',
  'LoginAsEventStream',
  'LoginEventStream',
  'LogoutEventStream',
  'MobileEmailEvent',
  'MobileEnforcedPolicyEvent',
  'MobileScreenshotEvent',
  'MobileTelephonyEvent',
  'ReportEventStream',
  'UriEventStream',
];

export const salesforceEventLog: Source<MonitoredEvent> = {
  name: 'salesforce-event-log',
  title: 'Salesforce Event Monitoring (event log files and real-time events)',
  documentation:
    'https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_eventlogfile.htm',
  classes: [AUTHENTICATION.uid, API_ACTIVITY.uid],
  framing: {
    kind: 'lines',
    isHeader: (line) => HEADER.test(line),
    headerFirst: true,
    continues: (line) => !beginsJson(line) && !ROW.test(line),
  },
  delivered: [
    'EventBridge: partner bus aws.partner/salesforce.com/<organization>/<channel> (event relay), events of Event Monitoring',
    "S3 (event log files), Kafka, Kinesis: as the bank's file says",
  ],
  events: [{ source: 'aws.partner/salesforce.com/*', detailTypes: [...STREAMS, ...THREATS] }],
  claims: () => false,
  recognises: (head) =>
    BEGINNING.test(head) ||
    ['"EVENT_TYPE"', '"TIMESTAMP"', '"ORGANIZATION_ID"'].every((name) => head.includes(name)) ||
    ['"payload"', '"EventIdentifier"', '"EventDate"'].every((name) => head.includes(name)),
  parse,
  map,
};

// Names of columns and nothing else: a row cannot be taken for one.
const HEADER = /^\uFEFF?"EVENT_TYPE",[A-Z0-9_",]+"$/;
const BEGINNING = /^\uFEFF?"?EVENT_TYPE"?,"?TIMESTAMP"?,/;
const ROW = /^"\w{1,80}","\d{14}(?:\.\d{1,3})?"(?:,|$)/;

function parse(record: RawRecord, context: Context): Outcome<MonitoredEvent> {
  const delivered = rowOf(record, context);
  if (delivered.kind !== 'value') return delivered;
  const { fields, envelope } = delivered.value;
  const row = isObject(fields.members['payload']) ? inside(fields, 'payload') : fields;
  const type = takeText(row, 'EVENT_TYPE') ?? text(envelope?.['detail-type']) ?? storedType(row);
  if (type === undefined) return reject('missing_field', 'EVENT_TYPE');
  const written = take(row, 'TIMESTAMP_DERIVED') ?? take(row, 'TIMESTAMP') ?? take(row, 'EventDate') ?? take(row, 'CreatedDate');
  if (written === undefined) return reject('missing_field', 'TIMESTAMP or EventDate');
  const time = timeOf(written) ?? packedTime(written);
  if (time === undefined) return reject('bad_value', 'the time is not a time');
  return value({
    delivered: delivered.value,
    row,
    type,
    time,
    originalTime: packedTime(written) === undefined ? originalTime(written) : undefined,
  });
}

/** Queried objects say what they are: `{"attributes":{"type":"LoginEvent"},…}`. */
function storedType(row: Fields): string | undefined {
  return isObject(row.members['attributes']) ? takeText(inside(row, 'attributes'), 'type') : undefined;
}

const PACKED = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,3})?$/;

/** `20260102030405.678`, in UTC. */
function packedTime(written: Json): number | undefined {
  const parts = typeof written === 'string' ? PACKED.exec(written) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = parts;
  return timeOf(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
}

function map(native: MonitoredEvent, record: RawRecord, context: Context): OcsfEvent {
  const common = commonOf(native, record, context);
  const event = signIn(native, common) ?? call(native, common);
  return { ...event, unmapped: unmappedOf(native.delivered) };
}

const LOGON = 1;
const LOGOFF = 2;
const ACCOUNT_SWITCH = 7;
const IMPERSONATE = 2;

const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['Login', LOGON],
  ['LoginEventStream', LOGON],
  ['LoginEvent', LOGON],
  ['Logout', LOGOFF],
  ['LogoutEventStream', LOGOFF],
  ['LogoutEvent', LOGOFF],
  ['LoginAs', ACCOUNT_SWITCH],
  ['LoginAsEventStream', ACCOUNT_SWITCH],
  ['LoginAsEvent', ACCOUNT_SWITCH],
]);

function signIn({ type, row }: MonitoredEvent, common: Common): OcsfEvent | undefined {
  const activity = SIGN_INS.get(type);
  const user = common.actor?.user;
  if (activity === undefined || user === undefined) return undefined;
  const code = takeEither(row, 'LOGIN_STATUS', 'Status');
  return {
    ...activityOf(AUTHENTICATION, activity, type),
    ...common,
    ...(code === undefined ? undefined : loginStatus(code)),
    status_code: code ?? common.status_code,
    actor: activity === ACCOUNT_SWITCH ? { ...common.actor, user: delegateOf(row) ?? user } : common.actor,
    user,
    session: common.actor?.session,
    service: { name: takeText(row, 'Application') ?? NAME },
    account_switch_type_id: activity === ACCOUNT_SWITCH ? IMPERSONATE : undefined,
  };
}

/** Who logs in as another. */
function delegateOf(row: Fields): User | undefined {
  return userOf({
    name: takeEither(row, 'DELEGATED_USER_NAME', 'DelegatedUsername'),
    uid: takeText(row, 'DELEGATED_USER_ID_DERIVED') ?? takeText(row, 'DELEGATED_USER_ID'),
  });
}

/** The login's own word says more than the request's. */
function loginStatus(code: string): { readonly status_id: number; readonly status: undefined } {
  const isSuccess = code === 'LOGIN_NO_ERROR' || code === 'Success';
  return { status_id: isSuccess ? STATUS.success : STATUS.failure, status: undefined };
}

const METHODS: ReadonlyMap<string, number> = new Map([
  ['POST', 1],
  ['GET', 2],
  ['HEAD', 2],
  ['PUT', 3],
  ['PATCH', 3],
  ['DELETE', 4],
]);
const READ = 2;
/** Kinds of events that are about something being looked at, where their name does not say so. */
const READS: ReadonlySet<string> = new Set(
  'URI Report Dashboard Search SearchClick Console ContentDistribution ContentTransfer ReportEventStream UriEventStream LightningUriEventStream'.split(
    ' ',
  ),
);

function call({ type, row }: MonitoredEvent, common: Common): OcsfEvent {
  const requestId = takeText(row, 'REQUEST_ID');
  const code = takeWhole(row, 'STATUS_CODE');
  const event = apiActivity(common, {
    activity: callActivity(type, row),
    operation: type,
    service: NAME,
    version: takeEither(row, 'API_VERSION', 'ApiVersion'),
    request: requestId === undefined ? undefined : { uid: requestId },
    resources: resourcesOf(row),
  });
  return code === undefined ? event : { ...event, http_response: { code } };
}

function callActivity(type: string, row: Fields): number {
  const method = METHODS.get(peekText(row, 'METHOD') ?? '');
  if (method !== undefined) return method;
  const operation = peekText(row, 'METHOD_NAME') ?? peekText(row, 'OPERATION_TYPE') ?? peekText(row, 'Operation');
  const known = operation === undefined ? OTHER : crudOf(operation);
  if (known !== OTHER) return known;
  return READS.has(type) ? READ : crudOf(type);
}

function resourcesOf(row: Fields): readonly JsonObject[] {
  const report = namedOf({ uid: takeEither(row, 'REPORT_ID_DERIVED', 'Report') ?? takeText(row, 'REPORT_ID') });
  const entity = namedOf({ name: takeEither(row, 'ENTITY_NAME', 'QueriedEntities') });
  return [
    ...(report === undefined ? [] : [{ ...report, type: 'Report' }]),
    ...(entity === undefined ? [] : [{ ...entity, type: 'Object' }]),
  ];
}

// ── What both classes have ──

/** Files and real-time events have the same things in other names. */
function takeEither(row: Fields, column: string, member: string): string | undefined {
  return takeText(row, column) ?? takeText(row, member);
}

function commonOf(native: MonitoredEvent, record: RawRecord, context: Context): Common {
  const { row } = native;
  const sessionKey = takeEither(row, 'SESSION_KEY', 'SessionKey');
  const loginKey = takeEither(row, 'LOGIN_KEY', 'LoginKey');
  return {
    severity_id: THREATS.includes(native.type) && native.type !== 'PermissionSetEvent' ? SEVERITY.medium : SEVERITY.informational,
    time: native.time,
    duration: takeWhole(row, 'RUN_TIME'),
    ...requestStatus(takeText(row, 'REQUEST_STATUS')),
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: userOf({
        name: takeEither(row, 'USER_NAME', 'Username'),
        uid: takeText(row, 'USER_ID_DERIVED') ?? takeEither(row, 'USER_ID', 'UserId'),
        type_id: peekText(row, 'USER_TYPE') === 'Standard' || peekText(row, 'UserType') === 'Standard' ? USER_TYPE.user : undefined,
      }),
      session: sessionKey === undefined && loginKey === undefined ? undefined : { uid: sessionKey, uid_alt: loginKey },
      app_uid: takeEither(row, 'CONNECTED_APP_ID', 'ConnectedAppId'),
      app_name: takeEither(row, 'CLIENT_NAME', 'Client'),
    }),
    src_endpoint: sourceOf(row),
    http_request: requestOf(row),
  };
}

const REQUEST_STATUSES: ReadonlyMap<string, number> = new Map([
  ['S', STATUS.success],
  ['Success', STATUS.success],
  ['F', STATUS.failure],
  ['Failure', STATUS.failure],
  ['A', STATUS.failure],
  ['N', STATUS.failure],
  ['U', STATUS.unknown],
]);

function requestStatus(said: string | undefined): (Status & { readonly status_code: string }) | undefined {
  if (said === undefined) return undefined;
  const known = REQUEST_STATUSES.get(said);
  return known === undefined ? { status_id: STATUS.other, status: said, status_code: said } : { status_id: known, status_code: said };
}

function metadata(native: MonitoredEvent, record: RawRecord, context: Context): Common['metadata'] {
  const { row, type, delivered } = native;
  const id = takeText(row, 'EventIdentifier') ?? takeText(row, 'EventUuid');
  return metadataOf({
    uid: uuidOf(id) ?? (id === undefined ? context.uid(record.index) : digest(15, 'salesforce-event-log', JSON.stringify(id))),
    product: PRODUCT,
    event_code: type,
    tenant_uid: takeText(row, 'ORGANIZATION_ID') ?? organizationOf(delivered.envelope),
    original_event_uid: uuidOf(id) === id ? undefined : id,
    original_time: native.originalTime,
  });
}

/** aws.partner/salesforce.com/<organization>/<channel> */
function organizationOf(envelope: JsonObject | undefined): string | undefined {
  return text(envelope?.['source'])?.split('/', 3)[2];
}

/** The address of a login that Salesforce itself made for another is `Salesforce.com IP`. */
function sourceOf(row: Fields): Endpoint | undefined {
  const ip = takeIp(row, 'CLIENT_IP') ?? takeIp(row, 'SOURCE_IP') ?? takeIp(row, 'SourceIp');
  return ip === undefined ? undefined : { ip };
}

/** BROWSER_TYPE and USER_AGENT hold the agent's text in some files and a number in others. */
function requestOf(row: Fields): JsonObject | undefined {
  const method = peekText(row, 'METHOD') ?? peekText(row, 'HttpMethod');
  const isKnown = method !== undefined && HTTP_ACTIVITIES.has(method);
  if (isKnown) takeEither(row, 'METHOD', 'HttpMethod');
  const agent = agentIn(row, 'BROWSER_TYPE') ?? agentIn(row, 'USER_AGENT') ?? agentIn(row, 'UserAgent') ?? agentIn(row, 'Browser');
  const path = takeText(row, 'URI');
  if (!isKnown && agent === undefined && path === undefined) return undefined;
  return {
    http_method: isKnown ? method : undefined,
    user_agent: agent,
    url: path === undefined ? undefined : { path },
    referrer: takeText(row, 'REFERRER_URI'),
  };
}

function agentIn(row: Fields, name: string): string | undefined {
  const said = peekText(row, name);
  return said === undefined || /^\d+$/.test(said) ? undefined : takeText(row, name);
}

// https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list
// Google Workspace audit logs (activities of the Reports API): sign-ins → Authentication, accounts and their second factors → Account
// Change, administrator roles → User Access, groups → Group Management, Drive → File Hosting, all else → API Activity.
//
//  - One activity holds several events: each is a record of its own, told apart by its position (`event_index`, which is not Google's).
//  - The event's name is metadata.event_code, id.applicationName log_name, id.customerId tenant_uid, id.uniqueQualifier original_event_uid.
//  - Parameters that have an attribute move there; the others stay in `unmapped`, as the list they came in.
//  - ipAddress is the source; its network says the country. Activities tell only of what was done, so few have a status.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import {
  ACCOUNT_CHANGE,
  API_ACTIVITY,
  AUTHENTICATION,
  FILE_HOSTING,
  GROUP_MANAGEMENT,
  SEVERITY,
  STATUS,
  USER_ACCESS,
} from '../ocsf/classes.ts';
import { isArray, isObject, reject, value } from '../outcome.ts';
import { eachOf, type Parts } from '../parts.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  emailOf,
  locationOf,
  metadataOf,
  namedOf,
  takeCountry,
  unmappedOf,
  userOf,
  type Common,
  type Delivered,
  type Endpoint,
  type User,
} from './lib/audit.ts';
import {
  inside,
  listIn,
  originalTime,
  peekText,
  take,
  takeFlag,
  takeId,
  takeIp,
  takeText,
  takeWhole,
  timeOf,
  type Fields,
} from './lib/fields.ts';
import { crudOf } from './lib/verbs.ts';
import { ACCOUNT_CHANGES, FILE_ACTIVITIES, GROUP_CHANGES, SIGN_INS } from './google-workspace-tables.ts';

interface Activity {
  readonly delivered: Delivered;
  readonly event: Fields;
  readonly name: string;
  readonly application: string;
  /** id.time, ms since the epoch. */
  readonly time: number;
  /** Position of the event in its activity. */
  readonly index: number;
}

const NAME = 'Google Workspace';
const PRODUCT = { name: NAME, vendor_name: 'Google' };

export const googleWorkspace: Source<Activity> = {
  name: 'google-workspace',
  title: 'Google Workspace audit logs (Reports API activities)',
  documentation: 'https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, USER_ACCESS.uid, GROUP_MANAGEMENT.uid, API_ACTIVITY.uid, FILE_HOSTING.uid],
  framing: { kind: 'json', arrayKey: 'items' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says; activities, or the API's answer {items:[…]}"],
  claims: () => false,
  recognises: (head) =>
    head.includes('"admin#reports#activit') || ['"uniqueQualifier"', '"applicationName"', '"events"'].every((name) => head.includes(name)),
  split,
  parse,
  map,
};

/** Most activities hold one event: they stay as they are. */
function split(whole: Json): Parts | undefined {
  if (!isObject(whole)) return undefined;
  const { events } = whole;
  if (!isArray(events) || events.length < 2) return undefined;
  return eachOf(events, (event, index) => ({ ...whole, events: [event], event_index: index }));
}

function parse(record: RawRecord): Outcome<Activity> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const event = eventOf(fields);
  const name = takeText(event, 'name');
  if (name === undefined) return reject('missing_field', 'events[].name');
  const id = inside(fields, 'id');
  const written = take(id, 'time');
  if (written === undefined) return reject('missing_field', 'id.time');
  const time = timeOf(written);
  if (time === undefined) return reject('bad_value', 'id.time is not a time');
  const index = takeWhole(fields, 'event_index') ?? 0;
  return value({ delivered: delivered.value, event, name, application: takeText(id, 'applicationName') ?? 'unknown', time, index });
}

/** An array of one, or what others have already split. */
function eventOf(fields: Fields): Fields {
  return listIn(fields, 'events')[0] ?? inside(fields, 'events');
}

function map(native: Activity, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, name } = native;
  const common = commonOf(native, record, context);
  const event =
    signIn(native, common) ??
    accountChange(native, common) ??
    roleChange(native, common) ??
    groupChange(native, common) ??
    fileActivity(native, common) ??
    apiActivity(common, { activity: crudOf(name), operation: name, service: serviceName(native), resources: clientOf(native) });
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

// ── Parameters: {name, value | intValue | boolValue | multiValue | messageValue} ──

function parameter(event: Fields, name: string): Fields | undefined {
  return listIn(event, 'parameters').find((candidate) => candidate.members['name'] === name);
}

function peekParameter(event: Fields, name: string): string | undefined {
  const found = parameter(event, name);
  return found === undefined ? undefined : peekText(found, 'value');
}

function takeParameter(event: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = parameter(event, name);
    const text = found === undefined ? undefined : takeText(found, 'value');
    if (found === undefined || text === undefined) continue;
    take(found, 'name');
    return text;
  }
  return undefined;
}

function takeFlagParameter(event: Fields, name: string): boolean | undefined {
  const found = parameter(event, name);
  const flag = found === undefined ? undefined : takeFlag(found, 'boolValue');
  if (found !== undefined && flag !== undefined) take(found, 'name');
  return flag;
}

// ── Classes ──

const SIGN_IN_APPLICATIONS: ReadonlySet<string> = new Set(['login', 'saml']);
const SAML = 5;

function signIn({ application, name, event }: Activity, common: Common): Mapped {
  const activity = SIGN_IN_APPLICATIONS.has(application) ? SIGN_INS.get(name) : undefined;
  if (activity === undefined) return undefined;
  const user = personOf(takeParameter(event, 'affected_email_address')) ?? common.actor?.user;
  if (user === undefined) return undefined;
  const failed = name === 'login_failure';
  const isSaml = application === 'saml' || peekParameter(event, 'login_type') === 'saml';
  return {
    ...activityOf(AUTHENTICATION, activity, name),
    ...common,
    status_id: failed ? STATUS.failure : name === 'login_success' ? STATUS.success : undefined,
    status_code: takeParameter(event, 'saml_status_code'),
    status_detail: takeParameter(event, 'login_failure_type', 'failure_type'),
    user,
    service: { name: (application === 'saml' ? takeParameter(event, 'application_name') : undefined) ?? NAME },
    auth_protocol_id: isSaml ? SAML : undefined,
    is_mfa: takeFlagParameter(event, 'is_second_factor'),
  };
}

const ACCOUNT_APPLICATIONS: ReadonlySet<string> = new Set(['login', 'user_accounts', 'admin']);

function accountChange({ application, name, event }: Activity, common: Common): Mapped {
  const activity = ACCOUNT_APPLICATIONS.has(application) ? ACCOUNT_CHANGES.get(name) : undefined;
  if (activity === undefined) return undefined;
  const subject = application === 'admin' ? takeParameter(event, 'USER_EMAIL') : takeParameter(event, 'affected_email_address');
  const user = personOf(subject) ?? (application === 'admin' ? undefined : common.actor?.user);
  return user === undefined ? undefined : { ...activityOf(ACCOUNT_CHANGE, activity, name), ...common, user };
}

const ROLE_CHANGES: ReadonlyMap<string, number> = new Map([
  ['ASSIGN_ROLE', 1],
  ['GRANT_ADMIN_PRIVILEGE', 1],
  ['GRANT_DELEGATED_ADMIN_PRIVILEGES', 1],
  ['UNASSIGN_ROLE', 2],
  ['REVOKE_ADMIN_PRIVILEGE', 2],
]);

function roleChange({ application, name, event }: Activity, common: Common): Mapped {
  const activity = application === 'admin' ? ROLE_CHANGES.get(name) : undefined;
  const email = activity === undefined ? undefined : peekParameter(event, 'USER_EMAIL');
  if (activity === undefined || email === undefined) return undefined;
  // The right to administer everything has no name of its own.
  const role = takeParameter(event, 'ROLE_NAME') ?? (name.endsWith('ROLE') ? undefined : name.slice(name.indexOf('_') + 1));
  if (role === undefined) return undefined;
  return { ...activityOf(USER_ACCESS, activity, name), ...common, user: personOf(takeParameter(event, 'USER_EMAIL')), privileges: [role] };
}

const GROUP_APPLICATIONS: ReadonlySet<string> = new Set(['admin', 'groups', 'groups_enterprise']);

function groupChange({ application, name, event }: Activity, common: Common): Mapped {
  const activity = GROUP_APPLICATIONS.has(application) ? GROUP_CHANGES.get(name) : undefined;
  const group = activity === undefined ? undefined : takeParameter(event, 'GROUP_EMAIL', 'group_email', 'group_id');
  if (activity === undefined || group === undefined) return undefined;
  const user = personOf(takeParameter(event, 'USER_EMAIL', 'user_email', 'member_id'));
  return { ...activityOf(GROUP_MANAGEMENT, activity, name), ...common, group: { name: group }, user };
}

const REGULAR_FILE = 1;
const FOLDER = 2;

function fileActivity({ application, name, event }: Activity, common: Common): Mapped {
  if (application !== 'drive' || common.actor === undefined) return undefined;
  const title = takeParameter(event, 'doc_title');
  if (title === undefined) return undefined;
  const owner = takeParameter(event, 'owner');
  const type = peekParameter(event, 'doc_type');
  return {
    ...activityOf(FILE_HOSTING, FILE_ACTIVITIES.get(name) ?? OTHER, name),
    ...common,
    src_endpoint: common.src_endpoint ?? { svc_name: NAME },
    file: {
      name: title,
      uid: takeParameter(event, 'doc_id'),
      type_id: type === undefined ? 0 : type === 'folder' ? FOLDER : REGULAR_FILE,
      owner: personOf(owner) ?? undefined,
      parent_folder: takeParameter(event, 'destination_folder_title'),
    },
  };
}

/** An application that was let in, or shut out. */
function clientOf({ application, event }: Activity): readonly JsonObject[] {
  if (application !== 'token') return [];
  const client = namedOf({ name: takeParameter(event, 'app_name'), uid: takeParameter(event, 'client_id') });
  return client === undefined ? [] : [{ ...client, type: 'OAuth client' }];
}

function personOf(email: string | undefined): User | undefined {
  return userOf({ name: email });
}

// ── What all classes have ──

/** Google itself warns of these. */
const WARNINGS: ReadonlySet<string> = new Set(['account_warning', 'attack_warning']);

function commonOf(native: Activity, record: RawRecord, context: Context): Common {
  const { fields } = native.delivered;
  const actor = inside(fields, 'actor');
  const client = inside(actor, 'applicationInfo');
  const email = takeText(actor, 'email');
  const key = email === undefined ? takeText(actor, 'key') : undefined;
  return {
    severity_id: WARNINGS.has(peekText(native.event, 'type') ?? '') ? SEVERITY.medium : SEVERITY.informational,
    time: native.time,
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: userOf({ name: email ?? key, uid: takeId(actor, 'profileId'), email_addr: emailOf(email) }),
      app_name: takeText(client, 'applicationName'),
      app_uid: takeText(client, 'oauthClientId'),
    }),
    src_endpoint: sourceOf(fields),
    http_request: undefined,
  };
}

function metadata(native: Activity, record: RawRecord, context: Context): Common['metadata'] {
  const { application, name, time, index } = native;
  const id = inside(native.delivered.fields, 'id');
  const customer = takeText(id, 'customerId');
  const qualifier = takeId(id, 'uniqueQualifier');
  const parts = [application, customer ?? '', String(time), qualifier ?? '', String(index), name].map((part) => JSON.stringify(part));
  return metadataOf({
    uid: qualifier === undefined ? context.uid(record.index) : digest(15, 'google-workspace', ...parts),
    product: PRODUCT,
    log_name: application,
    event_code: name,
    tenant_uid: customer,
    original_event_uid: qualifier,
    original_time: originalTime(id.members['time']),
  });
}

function serviceName({ application }: Activity): string {
  return application === 'unknown' ? NAME : `${NAME} ${application}`;
}

function sourceOf(fields: Fields): Endpoint | undefined {
  const ip = takeIp(fields, 'ipAddress');
  if (ip === undefined) return undefined;
  const network = inside(fields, 'networkInfo');
  const listed = network.members['ipAsn'];
  const number = isArray(listed) && listed.length === 1 ? listed[0] : undefined;
  const isNumber = typeof number === 'number' && number >= 0 && Number.isSafeInteger(number);
  if (isNumber) take(network, 'ipAsn');
  return {
    ip,
    location: locationOf({ country: takeCountry(network, 'regionCode'), region: takeText(network, 'subdivisionCode') }),
    autonomous_system: isNumber ? { number } : undefined,
  };
}

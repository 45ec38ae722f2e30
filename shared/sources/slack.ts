// https://docs.slack.dev/reference/audit-logs-api/methods-actions-reference (entries of the Audit Logs API)
// Slack audit logs: sign-ins and sessions → Authentication, accounts → Account Change, roles → User Access, user groups → Group
// Management, files → File Hosting, all else → API Activity.
//
//  - action is metadata.event_code; actor.user is actor.user, entity what it was done to: the user, group or file of those classes, a
//    resource of API Activity. context has the source: its location is a workspace, not a place, and is the service or stays.
//  - The log holds what was done: only user_login_failed is a failure.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
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
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  metadataOf,
  namedOf,
  requestOf,
  unmappedOf,
  userOf,
  uuidOf,
  emailOf,
  type Common,
  type Delivered,
  type User,
} from './lib/audit.ts';
import { drain, inside, originalTime, peekText, take, takeId, takeIp, takeText, timeOf, type Fields } from './lib/fields.ts';
import { crudOf } from './lib/verbs.ts';

interface Entry {
  readonly delivered: Delivered;
  readonly action: string;
  /** date_create, ms since the epoch. */
  readonly time: number;
}

const NAME = 'Slack';
const PRODUCT = { name: NAME, vendor_name: NAME };

export const slack: Source<Entry> = {
  name: 'slack',
  title: 'Slack audit logs (Audit Logs API)',
  documentation: 'https://docs.slack.dev/reference/audit-logs-api/methods-actions-reference',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, USER_ACCESS.uid, GROUP_MANAGEMENT.uid, API_ACTIVITY.uid, FILE_HOSTING.uid],
  framing: { kind: 'json', arrayKey: 'entries' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says; entries, or the API's answer {entries:[…]}"],
  claims: () => false,
  recognises: (head) => ['"date_create"', '"action"', '"entity"', '"context"'].every((name) => head.includes(name)),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<Entry> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const action = takeText(fields, 'action');
  if (action === undefined) return reject('missing_field', 'action');
  const created = take(fields, 'date_create');
  if (created === undefined) return reject('missing_field', 'date_create');
  const time = timeOf(created);
  return time === undefined ? reject('bad_value', 'date_create is not a time') : value({ delivered: delivered.value, action, time });
}

function map(native: Entry, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, action } = native;
  const { fields } = delivered;
  const common = commonOf(native, record, context);
  const entity = inside(fields, 'entity');
  const event =
    signIn(action, common, entity) ??
    accountChange(action, common, entity) ??
    roleChange(action, common, entity) ??
    groupChange(action, common, entity) ??
    fileActivity(action, common, entity) ??
    apiActivity(common, { activity: crudOf(action), operation: action, service: NAME, resources: resourceOf(entity) });
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

const LOGON = 1;
const LOGOFF = 2;
const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['user_login', LOGON],
  ['user_login_failed', LOGON],
  ['user_logout', LOGOFF],
  ['user_logout_compromised', LOGOFF],
  ['user_logout_non_compliant_mobile_app_version', LOGOFF],
  ['user_session_invalidated', LOGOFF],
  ['user_session_reset_by_admin', LOGOFF],
]);

function signIn(action: string, common: Common, entity: Fields): Mapped {
  const activity = SIGN_INS.get(action);
  const user = activity === undefined ? undefined : (subjectOf(entity) ?? common.actor?.user);
  if (activity === undefined || user === undefined) return undefined;
  return {
    ...activityOf(AUTHENTICATION, activity, action),
    ...common,
    status_id: action === 'user_login_failed' ? STATUS.failure : STATUS.success,
    user,
    service: { name: NAME },
    session: activity === LOGON ? common.actor?.session : undefined,
  };
}

const ACCOUNT_CHANGES: ReadonlyMap<string, number> = new Map([
  ['user_created', 1],
  ['guest_created', 1],
  ['user_reactivated', 2],
  ['guest_reactivated', 2],
  ['user_deactivated', 5],
  ['guest_deactivated', 5],
  ['guest_expired', 5],
  ['user_email_updated', OTHER],
  ['user_profile_updated', OTHER],
  ['guest_expiration_set', OTHER],
  ['guest_expiration_cleared', OTHER],
]);

function accountChange(action: string, common: Common, entity: Fields): Mapped {
  const activity = ACCOUNT_CHANGES.get(action);
  const user = activity === undefined ? undefined : subjectOf(entity);
  return activity === undefined || user === undefined ? undefined : { ...activityOf(ACCOUNT_CHANGE, activity, action), ...common, user };
}

const ROLE_CHANGE = 'role_change_to_';
const ASSIGN = 1;

function roleChange(action: string, common: Common, entity: Fields): Mapped {
  const user = action.startsWith(ROLE_CHANGE) ? subjectOf(entity) : undefined;
  if (user === undefined) return undefined;
  return { ...activityOf(USER_ACCESS, ASSIGN, action), ...common, user, privileges: [action.slice(ROLE_CHANGE.length)] };
}

const GROUP_CHANGES: ReadonlyMap<string, number> = new Map([
  ['user_added_to_usergroup', 3],
  ['user_removed_from_usergroup', 4],
]);

function groupChange(action: string, common: Common, entity: Fields): Mapped {
  const activity = GROUP_CHANGES.get(action);
  const isGroup = peekText(entity, 'type') === 'usergroup';
  const group = activity === undefined || !isGroup ? undefined : namedEntity(inside(entity, 'usergroup'));
  return activity === undefined || group === undefined
    ? undefined
    : { ...activityOf(GROUP_MANAGEMENT, activity, action), ...common, group };
}

/** Every other one of the family is OTHER. https://schema.ocsf.io/1.8.0/classes/file_hosting (activity_id) */
const FILE_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['file_uploaded', 1],
  ['file_downloaded', 2],
  ['file_downloaded_blocked', 2],
  ['file_deleted', 4],
  ['file_shared', 12],
  ['file_public_link_created', 12],
  ['file_public_link_revoked', 13],
  ['file_opened', 14],
]);
const REGULAR_FILE = 1;

function fileActivity(action: string, common: Common, entity: Fields): Mapped {
  if (!action.startsWith('file_') || common.actor === undefined || peekText(entity, 'type') !== 'file') return undefined;
  const file = inside(entity, 'file');
  const name = takeText(file, 'name');
  if (name === undefined) return undefined;
  return {
    ...activityOf(FILE_HOSTING, FILE_ACTIVITIES.get(action) ?? OTHER, action),
    ...common,
    status_id: action.endsWith('_blocked') ? STATUS.failure : undefined,
    src_endpoint: common.src_endpoint ?? { svc_name: NAME },
    file: { name, type_id: REGULAR_FILE, uid: takeText(file, 'id'), mime_type: mimeOf(file) },
  };
}

/** filetype is a media type or the ending of a name. */
function mimeOf(file: Fields): string | undefined {
  return peekText(file, 'filetype')?.includes('/') === true ? takeText(file, 'filetype') : undefined;
}

// ── Entities ──

function subjectOf(entity: Fields): User | undefined {
  return peekText(entity, 'type') === 'user' ? personOf(inside(entity, 'user')) : undefined;
}

function personOf(person: Fields): User | undefined {
  const email = emailOf(peekText(person, 'email'));
  const user = userOf({ name: takeText(person, 'name'), uid: takeText(person, 'id'), email_addr: email });
  if (user !== undefined && email !== undefined) take(person, 'email');
  return user;
}

function namedEntity(entity: Fields): { readonly name?: string | undefined; readonly uid?: string | undefined } | undefined {
  return namedOf({ name: takeText(entity, 'name'), uid: takeText(entity, 'id') });
}

/** An entity's members stand under the name of its type. */
function resourceOf(entity: Fields): readonly JsonObject[] {
  const type = peekText(entity, 'type');
  if (type === undefined || type === 'type') return [];
  const found = inside(entity, type);
  const named = namedEntity(found);
  if (named === undefined) return [];
  take(entity, 'type');
  return [{ ...named, type, data: drain(found) }];
}

// ── What all classes have ──

function commonOf(native: Entry, record: RawRecord, context: Context): Common {
  const { fields } = native.delivered;
  const place = inside(fields, 'context');
  const ip = takeIp(place, 'ip_address');
  const sessionId = takeId(place, 'session_id');
  return {
    // Slack's own warning, with its reasons under details.
    severity_id: native.action === 'anomaly' ? SEVERITY.medium : SEVERITY.informational,
    time: native.time,
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: personOf(inside(inside(fields, 'actor'), 'user')),
      session: sessionId === undefined ? undefined : { uid: sessionId },
    }),
    src_endpoint: ip === undefined ? undefined : { ip },
    http_request: requestOf(takeText(place, 'ua')),
  };
}

function metadata({ delivered, action }: Entry, record: RawRecord, context: Context): Common['metadata'] {
  const { fields } = delivered;
  const id = takeText(fields, 'id');
  return metadataOf({
    uid: uuidOf(id) ?? (id === undefined ? context.uid(record.index) : digest(15, 'slack', JSON.stringify(id))),
    product: PRODUCT,
    event_code: action,
    tenant_uid: takeText(inside(inside(fields, 'context'), 'location'), 'id'),
    original_event_uid: uuidOf(id) === id ? undefined : id,
    original_time: originalTime(fields.members['date_create']),
  });
}

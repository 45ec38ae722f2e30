// https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema
// Records of the Office 365 Management Activity API: sign-ins → Authentication, files in SharePoint and OneDrive → File Hosting, the
// directory's users, groups, roles and policies → Account Change, Group Management, User Access, Entity Management, all else → API Activity.
//
//  - Operation is metadata.event_code (and api.operation), Workload the product's feature, OrganizationId tenant_uid, UserId actor.user.name,
//    UserKey its uid. CreationTime has no zone: it is UTC.
//  - The numbers of RecordType and UserType stay in `unmapped`, what is made from them comes in addition. So do the lists of changed
//    properties, from which groups and roles are read.
//  - UserLoginFailed is a failure whatever ResultStatus says of it. An event without the subject its class demands is API Activity.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import {
  ACCOUNT_CHANGE,
  API_ACTIVITY,
  AUTHENTICATION,
  ENTITY_MANAGEMENT,
  FILE_HOSTING,
  GROUP_MANAGEMENT,
  SEVERITY,
  STATUS,
  USER_ACCESS,
} from '../ocsf/classes.ts';
import { isArray, isObject, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  USER_TYPE,
  activityOf,
  actorOf,
  addressOf,
  apiActivity,
  deliveredOf,
  metadataOf,
  requestOf,
  statusIn,
  unmappedOf,
  userOf,
  uuidOf,
  type Common,
  type Delivered,
  type Endpoint,
  type User,
} from './lib/audit.ts';
import { directoryOperation, entityTypeOf, plainValue } from './lib/entra-operations.ts';
import { idOf, inside, listIn, originalTime, peekText, take, takeId, takeText, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import { crudOf } from './lib/verbs.ts';
import { FILE_ACTIVITIES, FILE_TYPES, MEMBERSHIPS, SIGN_INS, USER_TYPES } from './microsoft-365-tables.ts';

interface AuditRecord {
  readonly delivered: Delivered;
  readonly operation: string;
  readonly workload: string;
  /** CreationTime, ms since the epoch. */
  readonly time: number;
}

const VENDOR = 'Microsoft';
const NAME = 'Microsoft 365';

export const microsoft365: Source<AuditRecord> = {
  name: 'microsoft-365',
  title: 'Microsoft 365 audit records (Office 365 Management Activity API)',
  documentation: 'https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema',
  classes: [
    ACCOUNT_CHANGE.uid,
    AUTHENTICATION.uid,
    ENTITY_MANAGEMENT.uid,
    USER_ACCESS.uid,
    GROUP_MANAGEMENT.uid,
    API_ACTIVITY.uid,
    FILE_HOSTING.uid,
  ],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says"],
  claims: () => false,
  recognises: (head) =>
    ['"RecordType"', '"CreationTime"', '"Operation"', '"OrganizationId"', '"Workload"'].every((name) => head.includes(name)),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<AuditRecord> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const operation = takeText(fields, 'Operation');
  if (operation === undefined) return reject('missing_field', 'Operation');
  const created = take(fields, 'CreationTime');
  if (created === undefined) return reject('missing_field', 'CreationTime');
  const time = timeOf(created);
  if (time === undefined) return reject('bad_value', 'CreationTime is not a time');
  return value({ delivered: delivered.value, operation, workload: takeText(fields, 'Workload') ?? NAME, time });
}

function map(native: AuditRecord, record: RawRecord, context: Context): OcsfEvent {
  const { delivered } = native;
  const common = commonOf(native, record, context);
  const event =
    signIn(native, common) ??
    fileActivity(native, common) ??
    directoryChange(native, common) ??
    membership(native, common) ??
    call(native, common);
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

function signIn({ operation, workload, delivered: { fields } }: AuditRecord, common: Common): Mapped {
  const activity = SIGN_INS.get(operation);
  const user = common.actor?.user;
  if (activity === undefined || user === undefined) return undefined;
  const failed = operation === 'UserLoginFailed';
  return {
    ...activityOf(AUTHENTICATION, activity, operation),
    ...common,
    status_id: failed ? STATUS.failure : (common.status_id ?? STATUS.success),
    status: failed ? undefined : common.status,
    status_code: takeId(fields, 'ErrorNumber'),
    status_detail: takeText(fields, 'LogonError') ?? common.status_detail,
    user,
    session: common.actor?.session,
    service: { name: workload },
  };
}

// ── Files ──

function fileActivity({ operation, delivered: { fields } }: AuditRecord, common: Common): Mapped {
  const known = FILE_ACTIVITIES.get(operation);
  if (known === undefined && !operation.startsWith('File') && !operation.startsWith('Folder')) return undefined;
  const file = fileOf(fields);
  if (file === undefined || common.actor === undefined) return undefined;
  const result = takeText(fields, 'DestinationFileName');
  return {
    ...activityOf(FILE_HOSTING, known ?? OTHER, operation),
    ...common,
    src_endpoint: common.src_endpoint ?? { svc_name: NAME },
    file,
    file_result:
      result === undefined
        ? undefined
        : {
            name: result,
            type_id: file['type_id'],
            type: file['type'],
            ext: takeText(fields, 'DestinationFileExtension'),
            parent_folder: takeText(fields, 'DestinationRelativeUrl'),
          },
  };
}

/** ObjectId is the URL of the file; a folder's, a site's or a list's own name is its last part. */
function fileOf(fields: Fields): JsonObject | undefined {
  const uri = peekText(fields, 'ObjectId');
  const name = takeText(fields, 'SourceFileName') ?? (uri === undefined ? undefined : lastPart(uri));
  if (name === undefined) return undefined;
  const kind = peekText(fields, 'ItemType');
  const typeId = kind === undefined ? 0 : (FILE_TYPES.get(kind) ?? OTHER);
  if (kind !== undefined) take(fields, 'ItemType');
  return {
    name,
    type_id: typeId,
    type: typeId === OTHER ? kind : undefined,
    uid: takeText(fields, 'ListItemUniqueId'),
    ext: takeText(fields, 'SourceFileExtension'),
    parent_folder: takeText(fields, 'SourceRelativeUrl'),
    size: takeWhole(fields, 'FileSizeBytes'),
    uri: takeText(fields, 'ObjectId'),
  };
}

function lastPart(uri: string): string | undefined {
  const end = uri.endsWith('/') ? uri.length - 1 : uri.length;
  return text(uri.slice(uri.lastIndexOf('/', end - 1) + 1, end));
}

// ── Users, groups, roles ──

function directoryChange({ operation, delivered: { fields } }: AuditRecord, common: Common): Mapped {
  const known = directoryOperation(operation);
  if (known === undefined) return undefined;
  const act = activityOf(known.cls, known.activity, operation);
  if (known.cls === ENTITY_MANAGEMENT) {
    const name = takeText(fields, 'ObjectId');
    return name === undefined ? undefined : { ...act, ...common, entity: { name, type_id: entityTypeOf(operation) } };
  }
  if (known.cls === GROUP_MANAGEMENT) {
    const group = groupOf(fields, operation);
    return group === undefined ? undefined : { ...act, ...common, group, user: userTarget(fields, operation) };
  }
  const role = known.cls === USER_ACCESS ? changed(fields, 'Role.DisplayName') : undefined;
  if (known.cls === USER_ACCESS && role === undefined) return undefined;
  const user = userTarget(fields, operation);
  if (user === undefined) return undefined;
  return { ...act, ...common, user, privileges: role === undefined ? undefined : [role] };
}

/** The group of an operation on members stands in the changed properties, that of any other is the object. */
function groupOf(fields: Fields, operation: string): JsonObject | undefined {
  const name = changed(fields, 'Group.DisplayName');
  const uid = changed(fields, 'Group.ObjectID');
  if (name !== undefined || uid !== undefined) return { name, uid };
  if (operation.includes('member') || operation.includes('owner')) return undefined;
  const object = takeText(fields, 'ObjectId');
  return object === undefined ? undefined : { name: object };
}

/** The user that an operation is about: ObjectId, unless that is the group. */
function userTarget(fields: Fields, operation: string): User | undefined {
  if (/group\.?$/.test(operation) && !operation.includes('member')) return undefined;
  return userOf({ name: takeText(fields, 'ObjectId') });
}

/** @returns what the property was set to, or what it was before it was emptied. */
function changed(fields: Fields, name: string): string | undefined {
  const listed = fields.members['ModifiedProperties'];
  if (!isArray(listed)) return undefined;
  const property = listed.find((candidate) => isObject(candidate) && candidate['Name'] === name);
  return isObject(property) ? (plainValue(text(property['NewValue'])) ?? plainValue(text(property['OldValue']))) : undefined;
}

/** Teams and SharePoint have groups of their own. */
function membership({ operation, delivered: { fields } }: AuditRecord, common: Common): Mapped {
  const activity = MEMBERSHIPS.get(operation);
  if (activity === undefined) return undefined;
  const team = peekText(fields, 'TeamName') ?? peekText(fields, 'TeamGuid');
  const site = team === undefined ? siteGroup(peekText(fields, 'EventData')) : undefined;
  if (team === undefined && site === undefined) return undefined;
  return {
    ...activityOf(GROUP_MANAGEMENT, activity, operation),
    ...common,
    group: site === undefined ? { name: takeText(fields, 'TeamName'), uid: takeText(fields, 'TeamGuid') } : { name: site },
    user: site === undefined ? onlyMember(listIn(fields, 'Members')) : siteMember(fields),
  };
}

function onlyMember(members: readonly Fields[]): User | undefined {
  const member = members.length === 1 ? members[0] : undefined;
  return member === undefined ? undefined : userOf({ name: takeText(member, 'UPN'), display_name: peekText(member, 'DisplayName') });
}

/** SharePoint: `<Group>Site Members</Group>`, and a member that may be a group itself. */
function siteGroup(data: string | undefined): string | undefined {
  const start = data?.indexOf('<Group>') ?? -1;
  const end = data?.indexOf('</Group>', start) ?? -1;
  return start < 0 || end < 0 ? undefined : text(data?.slice(start + '<Group>'.length, end));
}

function siteMember(fields: Fields): User | undefined {
  if (peekText(fields, 'TargetUserOrGroupType')?.endsWith('Group') === true) return undefined;
  return userOf({ name: takeText(fields, 'TargetUserOrGroupName') });
}

function call({ operation, workload, delivered: { fields } }: AuditRecord, common: Common): OcsfEvent {
  const asked = take(fields, 'Parameters');
  const object = takeText(fields, 'ObjectId');
  return apiActivity(common, {
    activity: crudOf(operation),
    operation,
    service: workload,
    request: asked === undefined ? undefined : { uid: common.metadata.uid, data: asked },
    resources: object === undefined ? undefined : [{ name: object, type: takeText(fields, 'ItemType') }],
  });
}

// ── What all classes have ──

function commonOf(native: AuditRecord, record: RawRecord, context: Context): Common {
  const { fields } = native.delivered;
  const sessionId = takeText(inside(fields, 'AppAccessContext'), 'AADSessionId');
  return {
    severity_id: SEVERITY.informational,
    time: native.time,
    ...statusIn(fields, 'ResultStatus', RESULTS),
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: userOf({
        name: takeText(fields, 'UserId'),
        uid: takeText(fields, 'UserKey'),
        type_id: USER_TYPES.get(idOf(fields.members['UserType']) ?? '') ?? USER_TYPE.unknown,
      }),
      session: sessionId === undefined ? undefined : { uid: sessionId },
      app_name: takeText(fields, 'ApplicationDisplayName'),
      app_uid: takeText(fields, 'ApplicationId') ?? takeText(fields, 'AppId'),
    }),
    src_endpoint: sourceOf(fields),
    http_request: requestOf(takeText(fields, 'UserAgent') ?? extendedAgent(fields)),
  };
}

const RESULTS: ReadonlyMap<string, number> = new Map([
  ['succeeded', STATUS.success],
  ['success', STATUS.success],
  ['true', STATUS.success],
  ['failed', STATUS.failure],
  ['failure', STATUS.failure],
  ['false', STATUS.failure],
]);

function metadata({ operation, workload, delivered }: AuditRecord, record: RawRecord, context: Context): Common['metadata'] {
  const { fields } = delivered;
  const id = takeText(fields, 'Id');
  return metadataOf({
    uid: uuidOf(id) ?? (id === undefined ? context.uid(record.index) : digest(15, 'microsoft-365', JSON.stringify(id))),
    product: { name: NAME, vendor_name: VENDOR, feature: { name: workload } },
    event_code: operation,
    log_version: takeId(fields, 'Version'),
    correlation_uid: takeText(fields, 'CorrelationId'),
    tenant_uid: takeText(fields, 'OrganizationId'),
    original_event_uid: uuidOf(id) === id ? undefined : id,
    // Every one is without a zone; with fractions it says more than ms.
    original_time: isPlainTime(fields.members['CreationTime']) ? undefined : originalTime(fields.members['CreationTime']),
  });
}

function isPlainTime(said: Json | undefined): boolean {
  return typeof said === 'string' && said.length === 19;
}

/** Workloads name the client's address each in its own field, some with its port. */
function sourceOf(fields: Fields): Endpoint | undefined {
  for (const name of ['ClientIP', 'ClientIPAddress', 'ActorIpAddress']) {
    const address = addressOf(peekText(fields, name));
    if (address === undefined) continue;
    take(fields, name);
    return address;
  }
  return undefined;
}

/** The directory's sign-ins have the agent in a list. */
function extendedAgent(fields: Fields): string | undefined {
  const listed = fields.members['ExtendedProperties'];
  if (!isArray(listed)) return undefined;
  const agent = listIn(fields, 'ExtendedProperties').find((property) => peekText(property, 'Name') === 'UserAgent');
  if (agent === undefined || peekText(agent, 'Value') === undefined) return undefined;
  take(agent, 'Name');
  return takeText(agent, 'Value');
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
// IAM Access Analyzer: external, internal and unused access → Detection Finding; states of access previews → Base Event.
//  - It rates nothing. Here: open to everybody is high, to another account medium, what only the inside can reach or nobody uses low, what
//    it could not analyse informational (and no alert).
//  - Who can reach the resource, and how, is the evidence. A finding that is resolved, archived or deleted is closed.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, DETECTION_FINDING, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { isArray, isObject, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { activityOf, cloudAt, FINDING_STATUS, RULE, takeTexts, unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { noticeEvent, timeTaken, type Notice } from './lib/aws-notice.ts';
import { type Fields, fieldsOf, giveBack, leftovers, markTaken, peekText, takeFlag, takeText, takeTime, timeOf } from './lib/fields.ts';

/** One finding, its required fields checked. */
interface Finding {
  readonly kind: 'finding';
  readonly finding: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly id: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly updated: number;
  /** When EventBridge took it: a deletion has no time of its own. */
  readonly taken: number | undefined;
}

type Native = Finding | { readonly kind: 'notice'; readonly notice: Notice };

const NAME = 'access-analyzer';
const PRODUCT = { name: 'IAM Access Analyzer', vendor_name: 'AWS' };
const EXTERNAL = 'Access Analyzer Finding';
const INTERNAL = 'Internal Access Finding';
const UNUSED = 'Unused Access Finding for IAM entities';
const PREVIEW = 'Access Preview State Change';

export const accessAnalyzer: Source<Native> = {
  name: NAME,
  title: 'IAM Access Analyzer findings',
  documentation: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html',
  classes: [DETECTION_FINDING.uid, BASE_EVENT.uid],
  framing: { kind: 'json' },
  delivered: [`EventBridge: aws.access-analyzer, ${EXTERNAL}, ${INTERNAL}, ${UNUSED}, ${PREVIEW}`],
  events: [{ source: 'aws.access-analyzer', detailTypes: [EXTERNAL, INTERNAL, UNUSED, PREVIEW] }],
  claims: () => false,
  recognises: (head) => /"source"\s*:\s*"aws\.access-analyzer"/.test(head),
  parse,
  map: (native, record, context) => (native.kind === 'notice' ? noticeEvent(native.notice, record.index, context) : map(native, context)),
};

function parse(record: RawRecord): Outcome<Native> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body, envelope } = delivered.value;
  const taken = timeTaken(envelope);
  if (envelope?.['detail-type'] === PREVIEW) return preview(body, envelope, taken);
  const id = text(body['id']) ?? text(body['findingId']);
  if (id === undefined) return reject('missing_field', 'id');
  const written = body['updatedAt'] ?? body['analyzedAt'] ?? body['createdAt'] ?? envelope?.['time'];
  if (written === undefined || written === null) return reject('missing_field', 'updatedAt');
  const updated = timeOf(written);
  if (updated === undefined) return reject('bad_value', 'updatedAt is not a time');
  return value({ kind: 'finding', finding: body, envelope, id, created: timeOf(body['createdAt']) ?? updated, updated, taken });
}

function preview(body: JsonObject, envelope: JsonObject, time: number | undefined): Outcome<Native> {
  if (time === undefined) return reject('bad_value', 'time is not a time');
  const status = text(body['status']);
  const status_id = status === 'FAILED' ? STATUS.failure : status === 'COMPLETED' ? STATUS.success : undefined;
  const message = status === undefined ? PREVIEW : `${PREVIEW}: ${status}`;
  return value({ kind: 'notice', notice: { source: NAME, product: PRODUCT.name, body, envelope, time, message, status_id } });
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['ACTIVE', FINDING_STATUS.new],
  ['ARCHIVED', FINDING_STATUS.archived],
  ['RESOLVED', FINDING_STATUS.resolved],
]);

function map(native: Finding, context: Context): OcsfEvent {
  const { finding, envelope, id, updated, taken } = native;
  const fields = fieldsOf(finding);
  const isDeleted = takeFlag(fields, 'isDeleted') === true;
  const known = STATUSES.get(peekText(fields, 'status') ?? '');
  if (known !== undefined && !isDeleted) takeText(fields, 'status');
  const status = isDeleted ? FINDING_STATUS.deleted : (known ?? FINDING_STATUS.new);
  const isOpen = status === FINDING_STATUS.new;
  const error = peekText(fields, 'error');
  const type = typeOf(native, fields);
  const isPublic = finding['isPublic'] === true;
  const title = titleOf(type, { isPublic, hasFailed: error !== undefined });
  const common = {
    ...classify(DETECTION_FINDING, activityOf(native, !isOpen)),
    severity_id: error === undefined ? severityOf(type, isPublic) : SEVERITY.informational,
    status_id: status,
    status_detail: takeText(fields, 'error'),
    time: isDeleted ? (taken ?? updated) : updated,
    message: title,
    is_alert: isOpen && error === undefined,
    metadata: {
      // One state of one version, however often it is delivered: archiving and deleting need not change updatedAt.
      uid: digest(15, NAME, JSON.stringify(id), String(updated), String(status), String(isPublic)),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: ['cloud'],
      log_name: text(envelope?.['detail-type']),
    },
    // accountId is the owner's of the resource, where nothing else is said.
    cloud: cloudAt({ account: peekText(fields, 'accountId'), region: takeText(fields, 'region') }, envelope, context.origin),
    finding_info: { ...findingInfoOf(native, fields, type), title },
    evidences: evidencesOf(fields),
    resources: resourcesOf(fields),
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

/** External findings do not say what they are. */
function typeOf({ envelope }: Finding, fields: Fields): string {
  const said = takeText(fields, 'findingType');
  if (said !== undefined) return said;
  const kind = envelope?.['detail-type'];
  return kind === INTERNAL ? 'InternalAccess' : kind === UNUSED ? 'UnusedAccess' : 'ExternalAccess';
}

function severityOf(type: string, isPublic: boolean): number {
  if (isPublic) return SEVERITY.high;
  return type === 'ExternalAccess' ? SEVERITY.medium : SEVERITY.low;
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ['ExternalAccess', 'Resource can be reached from another account'],
  ['InternalAccess', 'Critical resource can be reached from within the organization'],
  ['UnusedIAMRole', 'IAM role is not used'],
  ['UnusedIAMUserAccessKey', 'Access key of an IAM user is not used'],
  ['UnusedIAMUserPassword', 'Password of an IAM user is not used'],
  ['UnusedPermission', 'Permissions are not used'],
]);

function titleOf(type: string, { isPublic, hasFailed }: { readonly isPublic: boolean; readonly hasFailed: boolean }): string {
  if (hasFailed) return `Access to the resource could not be analysed (${type})`;
  return isPublic ? 'Resource can be reached by everybody' : (TITLES.get(type) ?? type);
}

function findingInfoOf({ envelope, id, updated }: Finding, fields: Fields, type: string): JsonObject {
  takeText(fields, 'id');
  takeText(fields, 'findingId');
  if (timeOf(fields.members['updatedAt']) === updated) takeTime(fields, 'updatedAt');
  const analyzers = envelope?.['resources'];
  const analyzer = isArray(analyzers) ? text(analyzers[0]) : undefined;
  return {
    uid: id,
    types: [type],
    created_time: takeTime(fields, 'createdAt'),
    modified_time: updated,
    last_seen_time: takeTime(fields, 'analyzedAt'),
    analytic: { uid: analyzer, name: type, type_id: RULE },
  };
}

const ACCOUNT = /^\d{12}$/;

function resourcesOf(fields: Fields): readonly JsonObject[] | undefined {
  const uid = takeText(fields, 'resource');
  if (uid === undefined) return undefined;
  const owner = takeText(fields, 'accountId');
  const account = owner !== undefined && ACCOUNT.test(owner) ? { account: { uid: owner } } : undefined;
  if (account === undefined) giveBack(fields, 'accountId');
  return [{ uid, type: takeText(fields, 'resourceType'), owner: account }];
}

/** Who could do what; nobody is said to have done it. Conditions stay in `unmapped`. */
function evidencesOf(fields: Fields): readonly JsonObject[] | undefined {
  const principal = fields.members['principal'];
  const users = isObject(principal) ? Object.values(principal).flatMap((one) => userOf(text(one))) : [];
  const allRead = isObject(principal) && users.length === Object.keys(principal).length;
  const actions = takeTexts(fields, 'action') ?? [];
  const [first, ...others] = users;
  const evidences: JsonObject[] = actions.map((operation) => ({
    api: { operation },
    actor: first === undefined ? undefined : { user: first },
  }));
  const alone = actions.length === 0 ? users : others;
  evidences.push(...alone.map((user) => ({ actor: { user } })));
  // Its members say of what kind the principal is (AWS, Federated, Service): only one of AWS needs no word for it.
  if (allRead && users.length === 1 && isObject(principal) && principal['AWS'] !== undefined) markTaken(fields, 'principal');
  return evidences.length === 0 ? undefined : evidences;
}

function userOf(principal: string | undefined): readonly JsonObject[] {
  if (principal === undefined) return [];
  return [ACCOUNT.test(principal) ? { uid: principal, account: { uid: principal } } : { uid: principal }];
}

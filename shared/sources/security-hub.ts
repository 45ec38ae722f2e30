// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html (AWS Security Finding Format 2018-10-08)
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html (EventBridge)
// Security Hub CSPM. Checks of controls → Compliance Finding, vulnerabilities → Vulnerability Finding, sensitive data → Data Security
// Finding, all else → Detection Finding; results of an insight, which somebody sent, → Base Event.
//  - What Security Hub only repeats (GuardDuty, Inspector, Macie, Access Analyzer) comes on its own way too: it is no alert a second time,
//    unless Security Hub has it from another region.
//  - People change a finding without a new UpdatedAt: each state of it is an event of its own, so is each time it is sent by a custom action.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import {
  BASE_EVENT,
  classify,
  COMPLIANCE_FINDING,
  DATA_SECURITY_FINDING,
  DETECTION_FINDING,
  OCSF_VERSION,
  VULNERABILITY_FINDING,
} from '../ocsf/classes.ts';
import { isArray, isObject, object, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  assetsOf,
  attacksOf,
  classOf,
  complianceOf,
  isRepeated,
  relatedOf,
  sensitiveDataOf,
  severityOf,
  vulnerabilitiesOf,
  type HubClass,
} from './lib/asff.ts';
import { evidencesOf } from './lib/asff-evidence.ts';
import { fieldsOf, inside, leftovers, peekText, takeText, takeTime, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import {
  ACTIVITY,
  activityOf,
  cloudAt,
  FINDING_STATUS,
  findingsWithin,
  RULE,
  severityNamed,
  takeTexts,
  unmappedWith,
  unwrapped,
} from './lib/aws-finding.ts';
import { noticeEvent, timeTaken, type Notice } from './lib/aws-notice.ts';
import { remedyOf } from './lib/vulnerability.ts';

/** One finding, its required fields checked. */
interface Finding {
  readonly kind: 'finding';
  readonly finding: JsonObject;
  readonly envelope: JsonObject | undefined;
  /** What EventBridge's detail says beside the finding: the custom action it was sent by. */
  readonly action: JsonObject;
  readonly id: string;
  /** ms since the epoch. */
  readonly created: number;
  readonly updated: number;
}

type Native = Finding | { readonly kind: 'notice'; readonly notice: Notice };

const NAME = 'security-hub';
const CUSTOM_ACTION = 'Security Hub Findings - Custom Action';
const INSIGHT = 'Security Hub Insight Results';

export const securityHub: Source<Native> = {
  name: NAME,
  title: 'AWS Security Hub CSPM findings (ASFF)',
  documentation: 'https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html',
  classes: [COMPLIANCE_FINDING.uid, VULNERABILITY_FINDING.uid, DATA_SECURITY_FINDING.uid, DETECTION_FINDING.uid, BASE_EVENT.uid],
  framing: { kind: 'json', arrayKey: 'Findings' },
  delivered: [
    'EventBridge: aws.securityhub, Security Hub Findings - Imported, Security Hub Findings - Custom Action, Security Hub Insight Results',
    "S3, Kinesis, Kafka: as the bank's file says (Firehose, exports)",
  ],
  events: [{ source: 'aws.securityhub', detailTypes: ['Security Hub Findings - Imported', CUSTOM_ACTION, INSIGHT] }],
  claims: () => false,
  recognises: (head) => ASFF.test(head) || EVENT.test(head),
  split: findingsWithin,
  parse,
  map: (native, record, context) => (native.kind === 'notice' ? noticeEvent(native.notice, record.index, context) : map(native, context)),
};

const ASFF = /"SchemaVersion"\s*:\s*"2018-10-08"/;
const EVENT = /"detail-type"\s*:\s*"Security Hub (?:Findings - |Insight )/;

function parse(record: RawRecord): Outcome<Native> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body, envelope } = delivered.value;
  if (envelope === undefined) return check(body, undefined, {});
  if (envelope['detail-type'] === INSIGHT) return insight(body, envelope);
  const { findings, ...action } = body;
  const finding = isArray(findings) ? findings[0] : undefined;
  if (finding === undefined) return reject('missing_field', 'detail.findings');
  return isObject(finding) ? check(finding, envelope, action) : reject('malformed_record', 'the finding is not an object');
}

function check(finding: JsonObject, envelope: JsonObject | undefined, action: JsonObject): Outcome<Native> {
  const id = text(finding['Id']);
  if (id === undefined) return reject('missing_field', 'Id');
  const written = text(finding['UpdatedAt']) ?? text(finding['CreatedAt']) ?? text(envelope?.['time']);
  if (written === undefined) return reject('missing_field', 'UpdatedAt');
  const updated = timeOf(written);
  if (updated === undefined) return reject('bad_value', 'UpdatedAt is not a time');
  return value({ kind: 'finding', finding, envelope, action, id, created: timeOf(finding['CreatedAt']) ?? updated, updated });
}

function insight(body: JsonObject, envelope: JsonObject): Outcome<Native> {
  const time = timeTaken(envelope);
  if (time === undefined) return reject('bad_value', 'time is not a time');
  const message = text(body['insightName']) ?? text(body['insight-name']) ?? INSIGHT;
  return value({ kind: 'notice', notice: { source: NAME, product: PRODUCT.name, body, envelope, time, message } });
}

const PRODUCT = { name: 'Security Hub', vendor_name: 'AWS' };

function map(native: Finding, context: Context): OcsfEvent {
  const { finding, envelope, updated } = native;
  const fields = fieldsOf(finding);
  const state = stateOf(native, fields);
  const cls = classOf(finding);
  const alert = alertOf(cls, !state.isOver && !isRepeated(finding, context.origin));
  return {
    ...classify(cls, state.activity),
    activity_name: state.activity === ACTIVITY.other ? (text(native.action['actionName']) ?? CUSTOM_ACTION) : undefined,
    severity_id: severityOf(fields),
    status_id: state.status,
    time: updated,
    message: text(finding['Title']) ?? native.id,
    metadata: metadataOf(native, fields, alert.profiles),
    cloud: cloudAt(placeOf(fields), envelope, context.origin),
    confidence_score: takeWhole(fields, 'Confidence'),
    comment: commentOf(fields),
    vendor_attributes: vendorsOf(finding),
    finding_info: findingInfoOf(native, fields, cls),
    resources: assetsOf(fields),
    is_alert: alert.is_alert,
    ...ofClass(cls, fields),
    // What none of the above has taken.
    unmapped: unmappedWith(withAction(leftovers(fields), native), envelope),
  };
}

/** What only one class has. */
function ofClass(cls: HubClass, fields: Fields): JsonObject {
  const { members: finding } = fields;
  switch (cls.uid) {
    case VULNERABILITY_FINDING.uid:
      return { vulnerabilities: vulnerabilitiesOf(fields) };
    case COMPLIANCE_FINDING.uid:
      return { compliance: complianceOf(fields), remediation: remediationOf(fields), evidences: evidencesOf(fields) };
    case DATA_SECURITY_FINDING.uid:
      return sensitiveDataOf(finding);
    case DETECTION_FINDING.uid:
      return { remediation: remediationOf(fields), evidences: evidencesOf(fields) };
  }
}

interface Alert {
  readonly is_alert: boolean | undefined;
  readonly profiles: readonly string[];
}

/** Compliance and vulnerabilities can say that they are no alert in the words of a profile only. */
function alertOf(cls: HubClass, is_alert: boolean): Alert {
  if (cls.uid === DETECTION_FINDING.uid || cls.uid === DATA_SECURITY_FINDING.uid) return { is_alert, profiles: ['cloud'] };
  return is_alert ? { is_alert: undefined, profiles: ['cloud'] } : { is_alert, profiles: ['cloud', 'security_control'] };
}

function remediationOf(fields: Fields): JsonObject | undefined {
  return remedyOf(inside(inside(fields, 'Remediation'), 'Recommendation'), 'Text', 'Url');
}

interface State {
  readonly activity: number;
  readonly status: number;
  /** Nobody has to look at it any more. */
  readonly isOver: boolean;
}

const WORKFLOWS: ReadonlyMap<string, number> = new Map([
  ['NEW', FINDING_STATUS.new],
  ['NOTIFIED', FINDING_STATUS.inProgress],
  ['SUPPRESSED', FINDING_STATUS.suppressed],
  ['RESOLVED', FINDING_STATUS.resolved],
]);

/** https://docs.aws.amazon.com/securityhub/latest/userguide/finding-workflow-status.html */
function stateOf(native: Finding, fields: Fields): State {
  const { finding, envelope } = native;
  const workflow = inside(fields, 'Workflow');
  const isArchived = finding['RecordState'] === 'ARCHIVED';
  const known = WORKFLOWS.get(peekText(workflow, 'Status') ?? '');
  if (known !== undefined && !isArchived) takeText(workflow, 'Status');
  if (isArchived || finding['RecordState'] === 'ACTIVE') takeText(fields, 'RecordState');
  const status = isArchived ? FINDING_STATUS.archived : (known ?? FINDING_STATUS.new);
  const isClosed = isArchived || status === FINDING_STATUS.resolved;
  const activity = envelope?.['detail-type'] === CUSTOM_ACTION ? ACTIVITY.other : activityOf(native, isClosed);
  return { activity, status, isOver: isClosed || status === FINDING_STATUS.suppressed };
}

/** What tells one state of a finding from another, beside UpdatedAt: however often and by whichever way it is delivered, it is one event. */
function versionOf({ finding, envelope }: Finding): string {
  const isSent = envelope?.['detail-type'] === CUSTOM_ACTION;
  const state = [
    finding['ProductArn'],
    finding['AwsAccountId'],
    finding['Id'],
    finding['RecordState'],
    finding['VerificationState'],
    object(finding['Workflow'])?.['Status'],
    object(finding['Severity'])?.['Label'],
    object(finding['Note'])?.['UpdatedAt'],
    isSent ? envelope['id'] : null,
  ];
  return JSON.stringify(state.map((part) => text(part) ?? null));
}

function metadataOf(native: Finding, fields: Fields, profiles: readonly string[]): OcsfEvent['metadata'] {
  const { envelope } = native;
  return {
    uid: digest(15, NAME, String(native.updated), versionOf(native)),
    version: OCSF_VERSION,
    product: PRODUCT,
    log_name: text(envelope?.['detail-type']),
    log_version: takeText(fields, 'SchemaVersion'),
    original_time: takeText(fields, 'UpdatedAt'),
    profiles,
  };
}

function placeOf(fields: Fields): JsonObject & { readonly account?: string | undefined } {
  return {
    account: takeText(fields, 'AwsAccountId'),
    account_name: takeText(fields, 'AwsAccountName'),
    region: takeText(fields, 'Region'),
  };
}

function commentOf(fields: Fields): string | undefined {
  return takeText(inside(fields, 'Note'), 'Text');
}

/** What the product said, where people said otherwise. */
function vendorsOf(finding: JsonObject): JsonObject | undefined {
  const given = text(object(object(finding['FindingProviderFields'])?.['Severity'])?.['Label']);
  const severity_id = given === text(object(finding['Severity'])?.['Label']) ? undefined : severityNamed(given);
  return severity_id === undefined ? undefined : { severity_id };
}

function findingInfoOf(native: Finding, fields: Fields, cls: HubClass): JsonObject {
  const product = {
    name: takeText(fields, 'ProductName'),
    vendor_name: takeText(fields, 'CompanyName'),
    uid: takeText(fields, 'ProductArn'),
  };
  const types = takeTexts(fields, 'Types');
  const generator = takeText(fields, 'GeneratorId');
  return {
    uid: takeText(fields, 'Id') ?? native.id,
    uid_alt: takeText(inside(fields, 'ProductFields'), 'aws/securityhub/FindingId'),
    title: takeText(fields, 'Title'),
    desc: takeText(fields, 'Description'),
    types,
    created_time: takeTime(fields, 'CreatedAt'),
    modified_time: native.updated,
    first_seen_time: takeTime(fields, 'FirstObservedAt'),
    last_seen_time: takeTime(fields, 'LastObservedAt'),
    src_url: takeText(fields, 'SourceUrl'),
    analytic: generator === undefined ? undefined : { uid: generator, type_id: RULE },
    product: product.name === undefined && product.uid === undefined ? undefined : product,
    attacks: cls.uid === DETECTION_FINDING.uid ? attacksOf(types) : undefined,
    related_events: relatedOf(fields),
  };
}

function withAction(rest: JsonObject | undefined, { action }: Finding): JsonObject | undefined {
  return Object.keys(action).length === 0 ? rest : { ...rest, ...action };
}

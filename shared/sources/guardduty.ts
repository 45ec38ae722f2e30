// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html (fields) and
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html (their JSON names, as delivered)
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html (EventBridge)
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html (S3 export: one finding per line)
// OCSF Detection Finding 2004: https://schema.ocsf.io/1.8.0/classes/detection_finding
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { tacticOf } from '../ocsf/attack.ts';
import { classify, DETECTION_FINDING, OCSF_VERSION } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange } from '../ocsf/event.ts';
import { isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { evidencesOf, integer, resourcesOf, severityIdOf, signalsOf, timeOf } from './guardduty-evidence.ts';

/** One finding, its required fields checked. */
export interface GuardDutyFinding {
  /** The finding as GuardDuty wrote it. */
  readonly finding: JsonObject;
  /** What EventBridge wrapped around it; undefined for the S3 export. */
  readonly envelope: JsonObject | undefined;
  readonly id: string;
  readonly type: string;
  readonly severity: number;
  /** Times in ms since the epoch. */
  readonly created: number;
  readonly updated: number;
}

export const guardduty: Source<GuardDutyFinding> = {
  name: 'guardduty',
  title: 'Amazon GuardDuty findings',
  documentation: 'https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html',
  classes: [DETECTION_FINDING.uid],
  // An export that had nothing to say may hold {"findings":[]}: no record.
  framing: { kind: 'json', arrayKey: 'findings' },
  delivered: ['EventBridge: aws.guardduty, GuardDuty Finding', 'S3: AWSLogs/<account>/GuardDuty/<region>/… (export)'],
  events: [{ source: 'aws.guardduty', detailTypes: ['GuardDuty Finding'] }],
  claims: (delivery) => delivery.trigger === 's3' && EXPORT_KEY.test(delivery.key),
  locate(delivery) {
    const place = delivery.trigger === 's3' ? EXPORT_KEY.exec(delivery.key)?.groups : undefined;
    return { account: place?.['account'], region: place?.['region'] };
  },
  recognises: (head) => /^\s*\{/.test(head) && CONTENT.test(head),
  parse,
  map: (native, _record, context) => map(native, context),
};

// [prefix/]AWSLogs/<account>/GuardDuty/<region>/<yyyy>/<mm>/<dd>/<name>.jsonl.gz
const EXPORT_KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/GuardDuty\/(?<region>[a-z0-9-]+)\//;
const CONTENT = /"source"\s*:\s*"aws\.guardduty"|"serviceName"\s*:\s*"guardduty"|^\s*\{\s*"findings"\s*:/;

function parse(record: RawRecord): Outcome<GuardDutyFinding> {
  const parsed = jsonOf(record);
  if (parsed === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(parsed)) return reject('malformed_record', 'not a JSON object');
  if (parsed['detail-type'] === undefined) return check(parsed, undefined);
  const { detail, ...envelope } = parsed;
  return isObject(detail) ? check(detail, envelope) : reject('malformed_record', 'EventBridge event: detail is not an object');
}

function check(finding: JsonObject, envelope: JsonObject | undefined): Outcome<GuardDutyFinding> {
  const id = text(finding['id']);
  const type = text(finding['type']);
  if (id === undefined) return reject('missing_field', 'id');
  if (type === undefined) return reject('missing_field', 'type');
  const severity = finding['severity'];
  if (typeof severity !== 'number' || severity < 0) return reject('bad_value', 'severity is not a number from 0');
  const updatedAt = text(finding['updatedAt']) ?? text(finding['createdAt']) ?? text(envelope?.['time']);
  if (updatedAt === undefined) return reject('missing_field', 'updatedAt');
  const updated = epochMs(updatedAt);
  if (updated === undefined) return reject('bad_value', 'updatedAt is not a time');
  if (!inRange(updated)) return reject('time_out_of_range', 'updatedAt');
  return value({ finding, envelope, id, type, severity, created: timeOf(finding['createdAt']) ?? updated, updated });
}

const ACTIVITY = { create: 1, update: 2, close: 3 } as const;
const STATUS_NEW = 1;
const STATUS_ARCHIVED = 5;

function map(native: GuardDutyFinding, context: Context): OcsfEvent {
  const { finding, envelope, updated } = native;
  const service = object(finding['service']) ?? {};
  const activity = activityOf(native, service);
  return {
    ...classify(DETECTION_FINDING, activity),
    severity_id: severityIdOf(native.severity),
    time: updated,
    message: text(finding['title']) ?? native.type,
    metadata: metadataOf(native, service),
    cloud: cloudOfFinding(native, context),
    finding_info: findingInfoOf(native, service),
    status_id: activity === ACTIVITY.close ? STATUS_ARCHIVED : STATUS_NEW,
    is_alert: activity !== ACTIVITY.close,
    count: integer(service['count']),
    evidences: evidencesOf(finding),
    resources: resourcesOf(finding),
    unmapped: unmappedOf(finding, envelope),
  };
}

/** The finding says where it belongs; EventBridge and the place it was delivered to may name the account that collects findings. */
function cloudOfFinding({ finding, envelope }: GuardDutyFinding, { origin }: Context): JsonObject {
  const account = text(finding['accountId']);
  const region = text(finding['region']);
  const { provider, ...delivered } = cloudOf(text(envelope?.['account']) ?? origin.account, text(envelope?.['region']) ?? origin.region);
  return {
    provider,
    account: account === undefined ? delivered.account : { uid: account },
    region: region ?? delivered.region,
    cloud_partition: text(finding['partition']),
  };
}

/** GuardDuty sends a finding again, under its id, whenever it sees the same thing again. */
function activityOf(native: GuardDutyFinding, service: JsonObject): number {
  if (service['archived'] === true) return ACTIVITY.close;
  return native.updated !== native.created || (integer(service['count']) ?? 1) > 1 ? ACTIVITY.update : ACTIVITY.create;
}

function metadataOf(native: GuardDutyFinding, service: JsonObject): OcsfEvent['metadata'] {
  const { finding, id, updated } = native;
  const feature = text(service['featureName']);
  return {
    // One version of a finding, however often and by whichever way it is delivered. Archiving need not change updatedAt.
    uid: digest(16, 'guardduty', JSON.stringify(id), String(updated), String(service['archived'] === true)),
    version: OCSF_VERSION,
    product: { name: 'GuardDuty', vendor_name: 'AWS', feature: feature === undefined ? undefined : { name: feature } },
    profiles: ['cloud'],
    log_version: text(finding['schemaVersion']),
    original_time: text(finding['updatedAt']),
  };
}

function findingInfoOf(native: GuardDutyFinding, service: JsonObject): JsonObject {
  const { finding, id, type, created, updated } = native;
  const feature = text(service['featureName']);
  const attack = attackOf(type);
  return {
    uid: id,
    uid_alt: text(finding['arn']),
    title: text(finding['title']),
    desc: text(finding['description']),
    types: [type],
    created_time: created,
    modified_time: updated,
    first_seen_time: timeOf(service['eventFirstSeen']),
    last_seen_time: timeOf(service['eventLastSeen']),
    analytic: { name: type, type_id: /AnomalousBehavior/.test(type) ? ANALYTIC.learning : ANALYTIC.rule },
    attacks: attack === undefined ? undefined : [attack],
    data_sources: feature === undefined ? undefined : [feature],
    related_events: signalsOf(service),
  };
}

/** Analytic types. https://schema.ocsf.io/1.8.0/objects/analytic (type_id) */
const ANALYTIC = { rule: 1, learning: 4 } as const;

/** The first word of a type is the threat's purpose; most are tactics of MITRE ATT&CK, written together. */
function attackOf(type: string): JsonObject | undefined {
  const purpose = type.slice(0, Math.max(0, type.indexOf(':')));
  const tactic = tacticOf(purpose.replace(/(?<=[a-z])(?=[A-Z])/g, ' '));
  return tactic === undefined ? undefined : { tactic };
}

// Top-level texts that have a place of their own above; they leave `unmapped`. Everything else stays there as it came, also what
// evidences, resources and times were derived from.
const MOVED: ReadonlySet<string> = new Set([
  'id',
  'arn',
  'type',
  'title',
  'description',
  'accountId',
  'region',
  'partition',
  'schemaVersion',
  'updatedAt',
]);

function unmappedOf(finding: JsonObject, envelope: JsonObject | undefined): JsonObject {
  const rest: [string, Json | undefined][] = Object.entries(finding).filter(
    ([name, member]) => !MOVED.has(name) || text(member) === undefined,
  );
  if (envelope !== undefined) rest.push(['eventbridge', envelope]);
  return Object.fromEntries(rest);
}

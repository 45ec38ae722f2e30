// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html (fields) and
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html (their JSON names, as delivered)
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html (EventBridge)
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html (S3 export: one finding per line)
// OCSF Detection Finding 2004: https://schema.ocsf.io/1.8.0/classes/detection_finding
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { tacticOf } from '../ocsf/attack.ts';
import { classify, DETECTION_FINDING, OCSF_VERSION } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { evidencesOf, resourcesOf, severityIdOf, signalsOf } from './guardduty-evidence.ts';
import { unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { fieldsOf, inside, leftovers, takeFlag, takeText, takeTime, takeWhole, type Fields } from './lib/fields.ts';

/** One finding, its required fields checked. */
export interface GuardDutyFinding {
  /** The finding as GuardDuty wrote it. */
  readonly finding: JsonObject;
  /** What EventBridge wrapped around it; undefined for the S3 export. */
  readonly envelope: JsonObject | undefined;
  readonly id: string;
  readonly type: string;
  readonly severity: number;
  /** ms since the epoch. */
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
  const delivered = unwrapped(record);
  return delivered.kind === 'value' ? check(delivered.value.body, delivered.value.envelope) : delivered;
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
  return value({ finding, envelope, id, type, severity, updated });
}

const ACTIVITY = { create: 1, update: 2, close: 3 } as const;
const STATUS_NEW = 1;
const STATUS_ARCHIVED = 5;

/** A finding on its way into its event. */
interface Reading extends GuardDutyFinding {
  /** Of the finding, and of what it says under `service`. */
  readonly fields: Fields;
  readonly service: Fields;
  /** ms since the epoch. */
  readonly created: number;
  readonly isArchived: boolean;
  readonly count: number | undefined;
  /** Which part of GuardDuty saw it. */
  readonly feature: string | undefined;
}

function readingOf(native: GuardDutyFinding): Reading {
  const fields = fieldsOf(native.finding);
  const service = inside(fields, 'service');
  return {
    ...native,
    fields,
    service,
    created: takeTime(fields, 'createdAt') ?? native.updated,
    isArchived: takeFlag(service, 'archived') === true,
    count: takeWhole(service, 'count'),
    feature: takeText(service, 'featureName'),
  };
}

function map(native: GuardDutyFinding, context: Context): OcsfEvent {
  const reading = readingOf(native);
  const { fields, isArchived } = reading;
  return {
    ...classify(DETECTION_FINDING, activityOf(reading)),
    severity_id: severityIdOf(native.severity),
    time: native.updated,
    message: text(native.finding['title']) ?? native.type,
    metadata: metadataOf(reading),
    cloud: cloudOfFinding(reading, context),
    finding_info: findingInfoOf(reading),
    status_id: isArchived ? STATUS_ARCHIVED : STATUS_NEW,
    is_alert: !isArchived,
    count: reading.count,
    evidences: evidencesOf(fields),
    resources: resourcesOf(fields),
    // What none of the above has taken.
    unmapped: unmappedWith(leftovers(fields), native.envelope),
  };
}

/** The finding says where it belongs; EventBridge and the place it was delivered to may name the account that collects findings. */
function cloudOfFinding({ fields, envelope }: Reading, { origin }: Context): JsonObject {
  const account = takeText(fields, 'accountId');
  const region = takeText(fields, 'region');
  const { provider, ...delivered } = cloudOf(text(envelope?.['account']) ?? origin.account, text(envelope?.['region']) ?? origin.region);
  return {
    provider,
    account: account === undefined ? delivered.account : { uid: account },
    region: region ?? delivered.region,
    cloud_partition: takeText(fields, 'partition'),
  };
}

/** GuardDuty sends a finding again, under its id, whenever it sees the same thing again. */
function activityOf({ isArchived, created, updated, count = 1 }: Reading): number {
  if (isArchived) return ACTIVITY.close;
  return updated !== created || count > 1 ? ACTIVITY.update : ACTIVITY.create;
}

function metadataOf({ fields, id, updated, isArchived, feature }: Reading): OcsfEvent['metadata'] {
  return {
    // One version of a finding, however often and by whichever way it is delivered. Archiving need not change updatedAt.
    uid: digest(16, 'guardduty', JSON.stringify(id), String(updated), String(isArchived)),
    version: OCSF_VERSION,
    product: { name: 'GuardDuty', vendor_name: 'AWS', feature: feature === undefined ? undefined : { name: feature } },
    profiles: ['cloud'],
    log_version: takeText(fields, 'schemaVersion'),
    original_time: takeText(fields, 'updatedAt'),
  };
}

function findingInfoOf({ fields, service, type, created, updated, feature }: Reading): JsonObject {
  const attack = attackOf(type);
  return {
    uid: takeText(fields, 'id'),
    uid_alt: takeText(fields, 'arn'),
    title: takeText(fields, 'title'),
    desc: takeText(fields, 'description'),
    types: [takeText(fields, 'type') ?? type],
    created_time: created,
    modified_time: updated,
    first_seen_time: takeTime(service, 'eventFirstSeen'),
    last_seen_time: takeTime(service, 'eventLastSeen'),
    analytic: { name: type, type_id: type.includes('AnomalousBehavior') ? ANALYTIC.learning : ANALYTIC.rule },
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

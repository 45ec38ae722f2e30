// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-v2-cwe-event-formats.html (EventBridge)
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html
// Security Hub (2025): findings that are OCSF already, of version 1.6 or later → the same in OCSF 1.8.0 (shared/ocsf/lift.ts says how).
//  - metadata.uid names a finding, not a version of it: it is original_event_uid, and each version is an event of its own.
//  - What Security Hub only repeats (GuardDuty, Inspector, Macie, Access Analyzer) comes on its own way too: it is no alert a second time,
//    unless Security Hub has it from another region.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { COMPLIANCE_FINDING, DATA_SECURITY_FINDING, DETECTION_FINDING, VULNERABILITY_FINDING } from '../ocsf/classes.ts';
import { lift } from '../ocsf/lift.ts';
import { isArray, isObject, object, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { isRepeatedArn } from './lib/asff.ts';
import { FINDING_STATUS, findingsWithin, unmappedWith, unwrapped } from './lib/aws-finding.ts';

const NAME = 'security-hub-ocsf';
const IMPORTED = 'Findings Imported V2';

/** A finding as Security Hub sent it, in OCSF 1.8.0. */
interface Lifted {
  readonly event: OcsfEvent;
  readonly envelope: JsonObject | undefined;
}

const CLASSES: ReadonlySet<number> = new Set([
  COMPLIANCE_FINDING.uid,
  VULNERABILITY_FINDING.uid,
  DATA_SECURITY_FINDING.uid,
  DETECTION_FINDING.uid,
]);

export const securityHubOcsf: Source<Lifted> = {
  name: NAME,
  title: 'AWS Security Hub findings (OCSF)',
  documentation: 'https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html',
  classes: [...CLASSES],
  framing: { kind: 'json', arrayKey: 'Findings' },
  delivered: [`EventBridge: aws.securityhub, ${IMPORTED}`, "S3, Kinesis, Kafka: as the bank's file says"],
  events: [{ source: 'aws.securityhub', detailTypes: [IMPORTED] }],
  claims: () => false,
  recognises: (head) => EVENT.test(head) || (head.includes('"class_uid"') && PRODUCT.test(head)),
  split: findingsWithin,
  parse,
  map: (native, _record, context) => map(native, context),
};

const EVENT = /"detail-type"\s*:\s*"Findings Imported V2"/;
const PRODUCT = /"uid"\s*:\s*"arn:[a-z-]+:securityhub:[a-z0-9-]*:[0-9]*:productv2\//;

function parse(record: RawRecord, context: Context): Outcome<Lifted> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body, envelope } = delivered.value;
  const findings = envelope === undefined ? [body] : body['findings'];
  const finding = isArray(findings) ? findings[0] : undefined;
  if (finding === undefined) return reject('missing_field', 'detail.findings');
  if (!isObject(finding)) return reject('malformed_record', 'the finding is not an object');
  const lifted = lift(timed(finding, envelope), { uid: () => context.uid(record.index), ownUid: versionOf(finding) });
  if (lifted.kind !== 'value') return lifted;
  return CLASSES.has(lifted.value.class_uid)
    ? value({ event: lifted.value, envelope })
    : reject('bad_value', 'class_uid is no class of findings that Security Hub has');
}

/** At the latest, EventBridge says when. */
function timed(finding: JsonObject, envelope: JsonObject | undefined): JsonObject {
  return (finding['time'] ?? undefined) === undefined ? { ...finding, time: finding['time_dt'] ?? envelope?.['time'] } : finding;
}

/** What tells one version of a finding from another; whoever changes its status or severity need not change its times. */
const VERSION = ['time', 'time_dt', 'activity_id', 'status_id', 'severity_id', 'comment'] as const;

function versionOf(finding: JsonObject): string {
  const metadata = object(finding['metadata']);
  const info = object(finding['finding_info']);
  const parts = [
    text(object(metadata?.['product'])?.['uid']),
    text(object(object(finding['cloud'])?.['account'])?.['uid']),
    text(info?.['uid']),
    text(metadata?.['uid']),
    scalar(info?.['modified_time'] ?? info?.['modified_time_dt']),
    ...VERSION.map((name) => scalar(finding[name])),
  ];
  return digest(15, NAME, JSON.stringify(parts.map((part) => part ?? null)));
}

function scalar(candidate: Json | undefined): string | undefined {
  return typeof candidate === 'number' ? String(candidate) : text(candidate);
}

const OVER: ReadonlySet<unknown> = new Set([
  FINDING_STATUS.suppressed,
  FINDING_STATUS.resolved,
  FINDING_STATUS.archived,
  FINDING_STATUS.deleted,
]);

function map({ event, envelope }: Lifted, { origin }: Context): OcsfEvent {
  const product = text(event.metadata.product['uid']);
  const isRepeated = product !== undefined && isRepeatedArn(product, text(object(event['cloud'])?.['region']), origin.region);
  const isAlert = event['is_alert'] !== false && !isRepeated && !OVER.has(event['status_id']);
  const unmapped = unmappedWith(event.unmapped, envelope);
  if (event.class_uid === DETECTION_FINDING.uid || event.class_uid === DATA_SECURITY_FINDING.uid) {
    return { ...event, is_alert: isAlert, unmapped };
  }
  if (isAlert) return { ...event, unmapped };
  // The other classes say so in the words of a profile.
  const profiles = [...new Set([...(event.metadata.profiles ?? []), 'security_control'])];
  return { ...event, is_alert: false, metadata: { ...event.metadata, profiles }, unmapped };
}

// https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html (configuration items)
// https://docs.aws.amazon.com/config/latest/developerguide/notifications-for-AWS-Config.html (notifications, also on EventBridge)
// AWS Config: configuration items → Cloud Resources Inventory Info, changes of compliance → Compliance Finding, the rest → Base Event.
//  - What is configured is resources[0].data, as JSON text, whose words can be searched.
//  - A snapshot repeats every item there is, however old. The index of an old month may be closed: an item that was captured in an earlier
//    month counts for the month of the snapshot, once, however many snapshots that month has.
//  - An item too large for a notification is announced by a summary, and delivered to S3 as a whole: two events.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, CLOUD_RESOURCES_INVENTORY, COMPLIANCE_FINDING, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { exclude, object, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { ACTIVITY, cloudAt, FINDING_STATUS, partitionOf, RULE, takeTags, unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { noticeEvent, timeTaken, type Notice } from './lib/aws-notice.ts';
import { type Fields, fieldsOf, inside, leftovers, markTaken, peekText, takeText, takeTime, timeOf } from './lib/fields.ts';

/** A configuration item, or the summary of one. */
interface Item {
  readonly kind: 'item' | 'summary';
  /** The notification it came in, or nothing but the item. */
  readonly body: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly item: JsonObject;
  /** ms since the epoch. */
  readonly captured: number;
  readonly time: number;
}

interface Verdict {
  readonly kind: 'verdict';
  readonly body: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly time: number;
}

type Native = Item | Verdict | { readonly kind: 'notice'; readonly notice: Notice };

const NAME = 'config';
const PRODUCT = { name: 'Config', vendor_name: 'AWS' };
const DETAIL_TYPES = [
  'Config Configuration Item Change',
  'Config Rules Compliance Change',
  'Config Rules Re-evaluation Status',
  'Config Configuration Snapshot Delivery Status',
  'Config Configuration History Delivery Status',
];

export const config: Source<Native> = {
  name: NAME,
  title: 'AWS Config configuration items and compliance',
  documentation: 'https://docs.aws.amazon.com/config/latest/developerguide/config-item-table.html',
  classes: [CLOUD_RESOURCES_INVENTORY.uid, COMPLIANCE_FINDING.uid, BASE_EVENT.uid],
  framing: { kind: 'json', arrayKey: 'configurationItems' },
  delivered: [
    'S3: AWSLogs/[<organization>/]<account>/Config/<region>/<date>/ConfigHistory|ConfigSnapshot|OversizedChangeNotification/…',
    `EventBridge: aws.config, ${DETAIL_TYPES.join(', ')}`,
  ],
  events: [{ source: 'aws.config', detailTypes: DETAIL_TYPES }],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises: (head) => /"configurationItems"\s*:|"source"\s*:\s*"aws\.config"/.test(head),
  parse,
  map(native, record, context) {
    if (native.kind === 'notice') return noticeEvent(native.notice, record.index, context);
    return native.kind === 'verdict' ? verdictEvent(native, context) : itemEvent(native, context);
  },
};

// The region may be `global`; days and months have one digit or two.
const KEY =
  /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?(?<account>\d{12})\/Config\/(?:(?<region>[a-z][a-z0-9-]*)\/\d{4}\/\d{1,2}\/\d{1,2}\/(?:ConfigHistory|ConfigSnapshot|OversizedChangeNotification)\/|ConfigWritabilityCheckFile$)/;
/** As it stands in the unit's name, before the object's version. */
const TEST_OBJECT = /\/AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/Config\/ConfigWritabilityCheckFile(?:#|$)/;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

function parse(record: RawRecord, { origin }: Context): Outcome<Native> {
  // Written once, empty, to see whether the bucket can be written to.
  if (record.text === '' && TEST_OBJECT.test(origin.uri)) return exclude('config_writability_check');
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body, envelope } = delivered.value;
  const whole = object(body['configurationItem']);
  if (whole !== undefined) return item({ kind: 'item', body, envelope, item: whole }, origin.uri);
  const summary = object(body['configurationItemSummary']);
  if (summary !== undefined) return item({ kind: 'summary', body, envelope, item: summary }, origin.uri);
  if (body['newEvaluationResult'] !== undefined) return verdict(body, envelope);
  if (envelope !== undefined || text(body['messageType']) !== undefined) return notice(body, envelope);
  return item({ kind: 'item', body, envelope, item: body }, origin.uri);
}

function item(native: Omit<Item, 'captured' | 'time'>, uri: string): Outcome<Native> {
  const written = native.item['configurationItemCaptureTime'];
  if (text(native.item['resourceType']) === undefined) return reject('missing_field', 'resourceType');
  if (written === undefined || written === null) return reject('missing_field', 'configurationItemCaptureTime');
  const captured = timeOf(written);
  if (captured === undefined) return reject('bad_value', 'configurationItemCaptureTime is not a time');
  return value({ ...native, captured, time: countedAt(captured, uri) });
}

const SNAPSHOT = /_ConfigSnapshot_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/;

// One unit has one name.
let lastSnapshot: { readonly uri: string; readonly taken: number | undefined } = { uri: '', taken: undefined };

/** @returns the time of capture; of the snapshot, where that is of a later month. */
function countedAt(captured: number, uri: string): number {
  if (lastSnapshot.uri !== uri) {
    const [, year, month, day, hour, minute, second] = SNAPSHOT.exec(uri) ?? [];
    const taken =
      year === undefined ? undefined : epochMs(`${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`);
    lastSnapshot = { uri, taken: taken !== undefined && inRange(taken) ? taken : undefined };
  }
  const { taken } = lastSnapshot;
  return taken === undefined || monthOf(taken) <= monthOf(captured) ? captured : taken;
}

function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

function verdict(body: JsonObject, envelope: JsonObject | undefined): Outcome<Native> {
  const result = object(body['newEvaluationResult']);
  const written = result?.['resultRecordedTime'] ?? body['notificationCreationTime'] ?? envelope?.['time'];
  if (written === undefined || written === null) return reject('missing_field', 'resultRecordedTime');
  const time = timeOf(written);
  if (time === undefined) return reject('bad_value', 'resultRecordedTime is not a time');
  const names = ['configRuleName', 'resourceId'].find((name) => text(body[name]) === undefined);
  return names === undefined ? value({ kind: 'verdict', body, envelope, time }) : reject('missing_field', names);
}

function notice(body: JsonObject, envelope: JsonObject | undefined): Outcome<Native> {
  const time = timeTaken(envelope) ?? timeOf(body['notificationCreationTime']);
  if (time === undefined) return reject('bad_value', 'time is not a time');
  const message = text(body['messageType']) ?? text(envelope?.['detail-type']) ?? PRODUCT.name;
  const hasFailed = message.endsWith('Failed');
  return value({
    kind: 'notice',
    notice: {
      source: NAME,
      product: PRODUCT.name,
      body,
      envelope,
      time,
      message,
      severity_id: hasFailed ? SEVERITY.medium : SEVERITY.informational,
      status_id: hasFailed ? STATUS.failure : message.endsWith('Completed') ? STATUS.success : undefined,
    },
  });
}

const COLLECT = 2;

function itemEvent(native: Item, context: Context): OcsfEvent {
  const { body, envelope, time } = native;
  const isAlone = body === native.item;
  const fields = fieldsOf(body);
  const found = isAlone ? fields : inside(fields, native.kind === 'item' ? 'configurationItem' : 'configurationItemSummary');
  const place = { account: takeText(found, 'awsAccountId'), region: takeText(found, 'awsRegion') };
  const arn = takeText(found, 'ARN') ?? takeText(found, 'arn');
  const type = peekText(found, 'resourceType') ?? '';
  const status = takeText(found, 'configurationItemStatus');
  const name = peekText(found, 'resourceName') ?? peekText(found, 'resourceId') ?? arn ?? '';
  // One state of one resource, however often and by whichever way it is delivered in one month.
  const state = [place.account, place.region, type, peekText(found, 'resourceId') ?? arn, status, found.members['configurationStateId']];
  takeTime(found, 'configurationItemCaptureTime');
  const common = {
    ...classify(CLOUD_RESOURCES_INVENTORY, COLLECT),
    severity_id: SEVERITY.informational,
    status_code: status,
    time,
    message: status === undefined ? `${type} ${name}` : `${type} ${name}: ${status}`,
    metadata: {
      uid: digest(15, NAME, native.kind, JSON.stringify(state.map(keyOf)), String(native.captured), monthOf(time)),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: ['cloud'],
      log_name: text(envelope?.['detail-type']),
      log_version: takeText(found, 'configurationItemVersion'),
    },
    cloud: cloudAt({ ...place, partition: partitionOf(arn) }, envelope, context.origin),
    resources: [resourceOf(found, arn, native)],
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

function keyOf(part: unknown): string | null {
  return typeof part === 'number' ? String(part) : (text(part) ?? null);
}

const ZONE = /^[a-z][a-z0-9-]*$/;

/** https://schema.ocsf.io/1.8.0/objects/resource_details */
function resourceOf(found: Fields, arn: string | undefined, { captured, time }: Item): JsonObject {
  const id = takeText(found, 'resourceId');
  const zone = peekText(found, 'availabilityZone');
  const hasZone = zone !== undefined && ZONE.test(zone);
  if (hasZone) takeText(found, 'availabilityZone');
  const name = takeText(found, 'resourceName');
  const type = takeText(found, 'resourceType');
  return {
    uid: arn ?? id ?? name ?? type,
    uid_alt: arn === undefined || arn === id ? undefined : id,
    name,
    type,
    zone: hasZone ? zone : undefined,
    created_time: takeTime(found, 'resourceCreationTime'),
    modified_time: captured === time ? undefined : captured,
    tags: takeTags(found, 'tags'),
    data: dataOf(found),
  };
}

/** As text: what is configured has other types in every resource. @returns undefined, and takes nothing, where nobody could write it. */
function dataOf(found: Fields): string | undefined {
  const { configuration, supplementaryConfiguration } = found.members;
  const data = { configuration: configuration ?? undefined, supplementaryConfiguration: supplementaryConfiguration ?? undefined };
  if (data.configuration === undefined && data.supplementaryConfiguration === undefined) return undefined;
  try {
    const written = JSON.stringify(data);
    markTaken(found, 'configuration');
    markTaken(found, 'supplementaryConfiguration');
    return written;
  } catch {
    // Nested too deeply.
    return undefined;
  }
}

// ── Compliance ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const NON_COMPLIANT = 'NON_COMPLIANT';
const OTHER = 99;

/** Status ids. https://schema.ocsf.io/1.8.0/objects/compliance (status_id) */
const VERDICTS: ReadonlyMap<string, number> = new Map([
  ['COMPLIANT', 1],
  [NON_COMPLIANT, 3],
]);

/** Config rates nothing: as in Security Hub, what is not compliant is of medium severity. */
function verdictEvent({ body, envelope, time }: Verdict, context: Context): OcsfEvent {
  const fields = fieldsOf(body);
  const result = inside(fields, 'newEvaluationResult');
  const said = takeText(result, 'complianceType');
  const rule = { name: takeText(fields, 'configRuleName') ?? '', arn: takeText(fields, 'configRuleARN') };
  const resource = { uid: takeText(fields, 'resourceId') ?? '', type: takeText(fields, 'resourceType') };
  const place = { account: takeText(fields, 'awsAccountId'), region: takeText(fields, 'awsRegion') };
  const isOpen = said === NON_COMPLIANT;
  const before = peekText(inside(fields, 'oldEvaluationResult'), 'complianceType');
  const uid = [rule.arn ?? [place.account, place.region, rule.name].join(':'), resource.type, resource.uid].join('/');
  takeTime(result, 'resultRecordedTime');
  const common = {
    ...classify(COMPLIANCE_FINDING, isOpen ? (before === NON_COMPLIANT ? ACTIVITY.update : ACTIVITY.create) : ACTIVITY.close),
    severity_id: isOpen ? SEVERITY.medium : SEVERITY.informational,
    status_id: isOpen ? FINDING_STATUS.new : FINDING_STATUS.resolved,
    time,
    message: `${resource.uid} is ${said ?? 'not evaluated'} with ${rule.name}`,
    metadata: {
      uid: digest(15, NAME, 'verdict', JSON.stringify([uid, said ?? null]), String(time)),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: ['cloud'],
      log_name: text(envelope?.['detail-type']),
    },
    cloud: cloudAt({ ...place, partition: partitionOf(rule.arn) }, envelope, context.origin),
    compliance: complianceOf(result, said, rule.name),
    finding_info: {
      uid,
      title: `${rule.name}: ${resource.type ?? 'resource'} ${resource.uid}`,
      analytic: { uid: rule.arn, name: rule.name, type_id: RULE },
      modified_time: time,
    },
    resources: [resource],
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

function complianceOf(result: Fields, said: string | undefined, control: string): JsonObject {
  const status_id = said === undefined ? 0 : (VERDICTS.get(said) ?? OTHER);
  const annotation = takeText(result, 'annotation');
  return {
    control,
    status_id,
    status: status_id === OTHER ? said : undefined,
    status_details: annotation === undefined ? undefined : [annotation],
  };
}

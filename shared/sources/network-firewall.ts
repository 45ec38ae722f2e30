// AWS Network Firewall alert, flow and TLS logs to Network Activity 4001.
// https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html and tls-inspection-logging.html
// https://docs.suricata.io/en/latest/output/eve/eve-json-format.html (what stands under `event` in alert and flow logs)
//  - Alerts are Network Activity too, not Detection Findings: a rule that drops what nobody allowed alerts for every packet of a scan, and each
//    finding would be a message to somebody. They are told by is_alert, and by the severity that the rule has; rules of ours find what matters.
//  - What became of the flow is `verdict.action`. `alert.action` says only what the rule itself would have done, and stays in `unmapped`.
//  - The rule group (or the policy, for its default actions) is the policy; the firewall is the device.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange } from '../ocsf/event.ts';
import { isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { dropEmpty, type Fields, fieldsOf, inside, leftovers, markTaken, peekText, takeId, takeText, takeTime } from './lib/fields.ts';
import { addressOf, connectionOf, sessionOf, trafficOf, webOf } from './network-firewall-eve.ts';

const OTHER = 99;
const ACTIVITY = { fail: 4, refuse: 5, traffic: 6 } as const;
const FIREWALL = 9;
const PRODUCT = { name: 'AWS Network Firewall', vendor_name: 'AWS' };
const PROFILES = ['cloud', 'host'];
const PROFILES_WITH_CONTROL = ['cloud', 'host', 'security_control'];

interface Ruling {
  readonly action: number;
  readonly disposition: number;
}

/** Verdict on a flow, or of a check of certificates → action_id and disposition_id. */
const VERDICTS: ReadonlyMap<string, Ruling> = new Map([
  ['pass', { action: 1, disposition: 1 }],
  ['alert', { action: 1, disposition: 19 }],
  ['drop', { action: 2, disposition: 6 }],
  ['reject', { action: 2, disposition: 25 }],
]);
const RULE_ACTIONS: ReadonlyMap<string, Ruling> = new Map([
  ['allowed', { action: 1, disposition: 19 }],
  ['blocked', { action: 2, disposition: 2 }],
]);
/** Suricata's priorities; the highest is 1. */
const SEVERITIES: readonly number[] = [SEVERITY.unknown, SEVERITY.high, SEVERITY.medium, SEVERITY.low];

type Kind = 'alert' | 'tls' | 'flow';

interface FirewallRecord {
  readonly fields: JsonObject;
  readonly kind: Kind;
  /** ms since the epoch */
  readonly time: number;
}

export const networkFirewall: Source<FirewallRecord> = {
  name: 'network-firewall',
  title: 'AWS Network Firewall alert, flow and TLS logs',
  documentation: 'https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html',
  classes: [NETWORK_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: [
    'S3: AWSLogs/<account>/network-firewall/<alert, flow or tls>/<region>/…',
    // The log group has a name of the bank's choice. That of a stream claims nothing: whoever may write to any group may choose it.
    "CloudWatch Logs (the bank's file names the log group), Kinesis, S3 by Firehose: as the bank's file says",
  ],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises: (head) => /^\s*[[{]/.test(head) && ['"firewall_name"', '"event_timestamp"', '"src_ip"'].every((name) => head.includes(name)),
  parse,
  map,
};

const KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/network-firewall\/(?:alert|flow|tls)\/(?<region>[a-z0-9-]+)\//;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

function parse(record: RawRecord): Outcome<FirewallRecord> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(fields)) return reject('malformed_record', 'not a JSON object');
  const event = fields['event'];
  if (!isObject(event)) return reject('missing_field', 'event');
  if (addressOf(fieldsOf(event), 'src') === undefined && addressOf(fieldsOf(event), 'dest') === undefined) {
    return reject('missing_field', 'neither event.src_ip nor event.dest_ip is an address');
  }
  const time = epochMs(text(event['timestamp']) ?? '') ?? seconds(fields['event_timestamp']);
  if (time === undefined) return reject('bad_value', 'neither event.timestamp nor event_timestamp is a time');
  return inRange(time) ? value({ fields, kind: kindOf(event), time }) : reject('time_out_of_range', 'event.timestamp');
}

function seconds(said: unknown): number | undefined {
  const number = typeof said === 'number' ? said : Number(text(said));
  return Number.isSafeInteger(number) ? number * 1000 : undefined;
}

/** The engine for TLS names no type. */
function kindOf(event: JsonObject): Kind {
  if (isObject(event['tls_error']) || isObject(event['revocation_check'])) return 'tls';
  return isObject(event['alert']) ? 'alert' : 'flow';
}

function map(native: FirewallRecord, record: RawRecord, context: Context): OcsfEvent {
  const { kind, time } = native;
  const fields = fieldsOf(native.fields);
  const event = inside(fields, 'event');
  const ruling = kind === 'flow' ? undefined : rulingOf(event, kind);
  const activity = activityOf(kind, ruling);
  const flow = inside(event, isObject(event.members['netflow']) ? 'netflow' : 'flow');
  const name = takeText(fields, 'firewall_name');
  const firewall = kind === 'flow' ? undefined : (ruling ?? {});
  return {
    ...classify(NETWORK_ACTIVITY, activity),
    severity_id: kind === 'alert' ? severityOf(inside(event, 'alert')) : kind === 'tls' ? SEVERITY.low : SEVERITY.informational,
    time,
    start_time: takeTime(flow, 'start'),
    end_time: takeTime(flow, 'end'),
    metadata: metadataOf(fields, record, context, { isControl: firewall !== undefined, hasDevice: name !== undefined }),
    cloud: { ...cloudOf(context.origin.account, context.origin.region), zone: takeText(fields, 'availability_zone') },
    device: name === undefined ? undefined : { type_id: FIREWALL, name },
    src_endpoint: addressOf(event, 'src'),
    dst_endpoint: addressOf(event, 'dest'),
    connection_info: connectionOf(event),
    app_protocol_name: takeText(event, 'app_proto'),
    traffic: trafficOf(event),
    ...webOf(event),
    ...sessionOf(event),
    ...firewall,
    ...(kind === 'alert' ? alertOf(fields, event) : kind === 'tls' ? failureOf(event) : undefined),
    unmapped: unmappedOf(fields, event),
  };
}

/** The firewall writes categories that a rule does not have. */
function unmappedOf(fields: Fields, event: Fields): JsonObject | undefined {
  dropEmpty(event);
  dropEmpty(inside(event, 'alert'));
  return leftovers(fields);
}

interface Profiled {
  readonly isControl: boolean;
  readonly hasDevice: boolean;
}

function metadataOf(fields: Fields, record: RawRecord, context: Context, { isControl, hasDevice }: Profiled): OcsfEvent['metadata'] {
  const event = inside(fields, 'event');
  const original = takeText(event, 'timestamp');
  const logged = seconds(fields.members['event_timestamp']);
  if (logged !== undefined && inRange(logged)) markTaken(fields, 'event_timestamp');
  return {
    uid: context.uid(record.index),
    version: OCSF_VERSION,
    product: PRODUCT,
    profiles: (isControl ? PROFILES_WITH_CONTROL : PROFILES).filter((profile) => hasDevice || profile !== 'host'),
    event_code: takeText(event, 'event_type'),
    original_time: original,
    logged_time: logged !== undefined && inRange(logged) ? logged : undefined,
  };
}

function activityOf(kind: Kind, ruling: JsonObject | undefined): number {
  if (ruling?.['action_id'] === 2) return ACTIVITY.refuse;
  return kind === 'tls' && ruling === undefined ? ACTIVITY.fail : ACTIVITY.traffic;
}

/** What became of the flow; the rule's own action where the log is older than verdicts. */
function rulingOf(event: Fields, kind: Kind): JsonObject | undefined {
  const judge = kind === 'tls' ? inside(event, 'revocation_check') : inside(event, 'verdict');
  const verdict = takeText(judge, 'action');
  if (verdict !== undefined) return ruled(verdict, VERDICTS.get(verdict.toLowerCase()));
  const action = kind === 'alert' ? takeText(inside(event, 'alert'), 'action') : undefined;
  return action === undefined ? undefined : ruled(action, RULE_ACTIONS.get(action));
}

function ruled(said: string, ruling: Ruling | undefined): JsonObject {
  if (ruling === undefined) return { action_id: OTHER, action: said, disposition_id: OTHER, disposition: said };
  return { action_id: ruling.action, disposition_id: ruling.disposition };
}

function severityOf(alert: Fields): number {
  const priority = alert.members['severity'];
  const known = typeof priority === 'number' ? SEVERITIES[priority] : undefined;
  if (known === undefined) return SEVERITY.informational;
  markTaken(alert, 'severity');
  return known;
}

function alertOf(fields: Fields, event: Fields): JsonObject {
  const alert = inside(event, 'alert');
  const signature = takeText(alert, 'signature');
  const uid = takeId(alert, 'signature_id');
  const isRule = uid !== undefined || signature !== undefined;
  const policy = takeText(inside(fields, 'aws_metadata'), 'resource_arn');
  return {
    message: signature,
    is_alert: peekText(inside(event, 'verdict'), 'action') !== 'pass',
    firewall_rule: isRule ? { uid, name: signature, category: takeText(alert, 'category'), version: takeId(alert, 'rev') } : undefined,
    policy: policy === undefined ? undefined : { uid: policy },
  };
}

function failureOf(event: Fields): JsonObject {
  const error = inside(event, 'tls_error');
  const message = takeText(error, 'error_message');
  const check = takeText(inside(event, 'revocation_check'), 'status');
  const failed = object(event.members['tls_error']) !== undefined;
  return {
    message,
    status_id: failed ? STATUS.failure : undefined,
    status_code: check,
    is_alert: true,
  };
}

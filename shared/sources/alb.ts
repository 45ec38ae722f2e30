// Application Load Balancer access logs to HTTP Activity 4002.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html (fields 1 to 33; 34 was seen in live logs only)
//  - The client is src_endpoint, the target dst_endpoint; what the balancer received is traffic.bytes_out of the source, what it sent bytes_in.
//  - The target group is load_balancer.dst_endpoint, the target's own answer load_balancer.code.
//  - `-`, and -1 for a processing time, are absence. Every other value without a place is in `unmapped`, under the field's name.
//  - Quoted text is kept as the balancer wrote it: it writes `"` as \x22.
import type { JsonObject, OcsfEvent, Origin, Outcome, RawRecord } from '../model.ts';
import { HTTP_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange, ipOf, type Cloud } from '../ocsf/event.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { HTTP_ACTIVITIES, requestLineOf, type RequestLine } from './lib/http.ts';
import { fieldAt as field, quotedFields } from './lib/quoted.ts';
import { finerThanMs, millisecondsOf, socketOf, wholeOf, type Socket } from './lib/values.ts';

// Positions of the fields in a line.
const TYPE = 0;
const TIME = 1;
const ELB = 2;
const CLIENT = 3;
const TARGET = 4;
const REQUEST_PROCESSING_TIME = 5;
const TARGET_PROCESSING_TIME = 6;
const RESPONSE_PROCESSING_TIME = 7;
const ELB_STATUS_CODE = 8;
const TARGET_STATUS_CODE = 9;
const RECEIVED_BYTES = 10;
const SENT_BYTES = 11;
const REQUEST = 12;
const USER_AGENT = 13;
const SSL_CIPHER = 14;
const SSL_PROTOCOL = 15;
const TARGET_GROUP_ARN = 16;
const TRACE_ID = 17;
const DOMAIN_NAME = 18;
const REQUEST_CREATION_TIME = 21;
const ERROR_REASON = 24;
const TARGET_LIST = 25;
const TARGET_STATUS_CODE_LIST = 26;
const CLASSIFICATION = 27;
const CLASSIFICATION_REASON = 28;
const CONN_TRACE_ID = 29;
const NODE_IP = 33;
const FIELDS = 34;

/** Lines with fewer fields than this end before the byte counts: they were cut. */
const MIN_FIELDS = 12;

/** Fields that have no place in HTTP Activity. */
const UNPLACED = [
  { at: REQUEST_PROCESSING_TIME, name: 'request_processing_time' },
  { at: RESPONSE_PROCESSING_TIME, name: 'response_processing_time' },
  { at: 19, name: 'chosen_cert_arn' },
  { at: 20, name: 'matched_rule_priority' },
  { at: 22, name: 'actions_executed' },
  { at: 23, name: 'redirect_url' },
  { at: 30, name: 'transformed_host' },
  { at: 31, name: 'transformed_uri' },
  { at: 32, name: 'request_transform_status' },
] as const;

const OTHER = 99;

const PRODUCT = { name: 'Application Load Balancer', vendor_name: 'AWS' };
const PROFILES = ['cloud', 'load_balancer', 'trace'];

/** One line: its fields as written, without the quotes, and those of them that had to be read. */
interface Entry {
  readonly fields: readonly string[];
  /** ms since the epoch. */
  readonly time: number;
  readonly start: number | undefined;
  readonly client: Socket | undefined;
  readonly target: Socket | undefined;
  readonly code: number | undefined;
  readonly targetCode: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
  /** Undefined where the request line has not three parts; the whole is in `unmapped` then. */
  readonly request: RequestLine | undefined;
  /** Time the target took to answer, ms; undefined too where it was written finer than that. */
  readonly latency: number | undefined;
  readonly nodeIp: string | undefined;
}

export const alb: Source<Entry> = {
  name: 'alb',
  title: 'Application Load Balancer access logs',
  documentation: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html',
  classes: [HTTP_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['S3: AWSLogs/<account>/elasticloadbalancing/<region>/…_app.…'],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises: (head) => /^(?:https?|h2|grpcs|wss?) \d{4}-\d{2}-\d{2}T[\d:.]+Z app\/\S+ /.test(head),
  parse,
  map,
};

// `_app.` tells application balancers from network ones; connection and health check logs have a word before the account (`conn_log.`).
const KEY =
  /(?:^|\/)AWSLogs\/(?<account>\d{12})\/elasticloadbalancing\/(?<region>[a-z0-9-]+)\/(?:\d+\/)*\d{12}_elasticloadbalancing_[a-z0-9-]+_app\.[^/]*\.log\.gz$/;
// Written once into the bucket when logs are turned on; it comes for balancers of every kind.
const TEST_KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/ELBAccessLogTestFile$/;
const TEST_MESSAGE = 'Enable AccessLog for ELB:';

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  if (delivery.trigger !== 's3') return undefined;
  return KEY.exec(delivery.key) ?? TEST_KEY.exec(delivery.key) ?? undefined;
}

function parse(record: RawRecord): Outcome<Entry> {
  if (record.text.startsWith(TEST_MESSAGE)) return exclude('elb_test_message');
  const fields = quotedFields(record.text);
  if (fields === undefined) return reject('malformed_record', 'the quotes do not pair up');
  if (fields.length < MIN_FIELDS) return reject('malformed_record', `${fields.length} fields where at least ${MIN_FIELDS} are due`);
  const time = epochMs(fields[TIME] ?? '');
  if (time === undefined) return reject('bad_value', 'field 2 is not a time');
  const created = field(fields, REQUEST_CREATION_TIME);
  const code = wholeOf(field(fields, ELB_STATUS_CODE));
  return value({
    fields,
    time,
    start: created === undefined ? undefined : creationOf(created),
    client: socketOf(field(fields, CLIENT)),
    target: socketOf(field(fields, TARGET)),
    code,
    targetCode: wholeOf(field(fields, TARGET_STATUS_CODE)),
    received: wholeOf(field(fields, RECEIVED_BYTES)),
    sent: wholeOf(field(fields, SENT_BYTES)),
    request: requestLineOf(field(fields, REQUEST)),
    latency: code === undefined ? undefined : millisecondsOf(field(fields, TARGET_PROCESSING_TIME)),
    nodeIp: ipOf(field(fields, NODE_IP)),
  });
}

function creationOf(text: string): number | undefined {
  const ms = epochMs(text);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

function map(entry: Entry, record: RawRecord, context: Context): OcsfEvent {
  const { fields, request, code, latency } = entry;
  const method = request?.method === '-' ? undefined : request?.method;
  const activity = method === undefined ? 0 : (HTTP_ACTIVITIES.get(method) ?? OTHER);
  return {
    activity_id: activity,
    activity_name: activity === OTHER ? method : undefined,
    category_uid: HTTP_ACTIVITY.category,
    class_uid: HTTP_ACTIVITY.uid,
    type_uid: HTTP_ACTIVITY.uid * 100 + activity,
    severity_id: SEVERITY.informational,
    status_id: code === undefined ? undefined : code < 400 ? STATUS.success : STATUS.failure,
    time: entry.time,
    start_time: entry.start,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      original_time: finerThanMs(fields[TIME]),
    },
    cloud: cloudAt(context.origin),
    src_endpoint: entry.client,
    dst_endpoint: entry.target,
    app_protocol_name: field(fields, TYPE),
    http_request: {
      http_method: activity === OTHER ? undefined : method,
      url: request?.url,
      version: request?.version,
      user_agent: field(fields, USER_AGENT),
    },
    http_response: code === undefined ? undefined : { code, latency },
    traffic: trafficOf(entry),
    tls: tlsOf(fields),
    load_balancer: balancerOf(entry),
    connection_info: connectionOf(fields),
    trace: traceOf(fields),
    unmapped: unmappedOf(entry),
  };
}

// One unit has one origin object.
let lastCloud: { readonly origin: Origin | undefined; readonly cloud: Cloud } = { origin: undefined, cloud: cloudOf(undefined, undefined) };

function cloudAt(origin: Origin): Cloud {
  if (lastCloud.origin !== origin) lastCloud = { origin, cloud: cloudOf(origin.account, origin.region) };
  return lastCloud.cloud;
}

function trafficOf({ received, sent }: Entry): JsonObject | undefined {
  return received === undefined && sent === undefined ? undefined : { bytes_in: sent, bytes_out: received };
}

/** OCSF wants the version in every TLS object. */
function tlsOf(fields: readonly string[]): JsonObject | undefined {
  const version = field(fields, SSL_PROTOCOL);
  return version === undefined ? undefined : { version, cipher: field(fields, SSL_CIPHER), sni: field(fields, DOMAIN_NAME) };
}

/** https://schema.ocsf.io/1.8.0/objects/load_balancer. Its id is `app/<name>/<number>`. */
function balancerOf({ fields, targetCode, nodeIp }: Entry): JsonObject {
  const uid = fields[ELB] ?? '';
  const first = uid.indexOf('/');
  const last = uid.lastIndexOf('/');
  const group = field(fields, TARGET_GROUP_ARN);
  return {
    uid,
    name: first < last ? uid.slice(first + 1, last) : undefined,
    ip: nodeIp,
    code: targetCode,
    dst_endpoint: group === undefined ? undefined : { uid: group },
    classification: field(fields, CLASSIFICATION),
    status_detail: field(fields, CLASSIFICATION_REASON),
    error_message: field(fields, ERROR_REASON),
  };
}

/** The connection's id leads to the balancer's connection log, which knows more of it. */
function connectionOf(fields: readonly string[]): JsonObject | undefined {
  const uid = field(fields, CONN_TRACE_ID);
  return uid === undefined ? undefined : { direction_id: 0, uid };
}

function traceOf(fields: readonly string[]): JsonObject | undefined {
  const uid = field(fields, TRACE_ID);
  return uid === undefined ? undefined : { uid };
}

type Stray = [string, string | readonly string[]];

function unmappedOf(entry: Entry): JsonObject | undefined {
  const { fields } = entry;
  const stray: Stray[] = [];
  for (const { at, name } of UNPLACED) {
    const text = field(fields, at);
    if (text !== undefined && !(text === '-1' && at <= RESPONSE_PROCESSING_TIME)) stray.push([name, text]);
  }
  unread(entry, stray);
  if (field(fields, SSL_PROTOCOL) === undefined) {
    keep(stray, 'ssl_cipher', field(fields, SSL_CIPHER));
    keep(stray, 'domain_name', field(fields, DOMAIN_NAME));
  }
  // The lists have said the same as the single fields so far.
  if (fields[TARGET_LIST] !== fields[TARGET]) keep(stray, 'target_port_list', field(fields, TARGET_LIST));
  if (fields[TARGET_STATUS_CODE_LIST] !== fields[TARGET_STATUS_CODE]) {
    keep(stray, 'target_status_code_list', field(fields, TARGET_STATUS_CODE_LIST));
  }
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
  return stray.length === 0 ? undefined : Object.fromEntries(stray);
}

/** Values that are not what their field should hold, as they came. */
function unread(entry: Entry, stray: Stray[]): void {
  const { fields } = entry;
  if (entry.client === undefined) keep(stray, 'client_port', field(fields, CLIENT));
  if (entry.target === undefined) keep(stray, 'target_port', field(fields, TARGET));
  if (entry.code === undefined) keep(stray, 'elb_status_code', field(fields, ELB_STATUS_CODE));
  if (entry.targetCode === undefined) keep(stray, 'target_status_code', field(fields, TARGET_STATUS_CODE));
  if (entry.received === undefined) keep(stray, 'received_bytes', field(fields, RECEIVED_BYTES));
  if (entry.sent === undefined) keep(stray, 'sent_bytes', field(fields, SENT_BYTES));
  if (entry.request === undefined) keep(stray, 'request', field(fields, REQUEST));
  if (entry.nodeIp === undefined) keep(stray, 'ip_address', field(fields, NODE_IP));
  if (entry.latency === undefined && fields[TARGET_PROCESSING_TIME] !== '-1') {
    keep(stray, 'target_processing_time', field(fields, TARGET_PROCESSING_TIME));
  }
  const created = field(fields, REQUEST_CREATION_TIME);
  keep(stray, 'request_creation_time', entry.start === undefined ? created : finerThanMs(created));
}

function keep(stray: Stray[], name: string, text: string | undefined): void {
  if (text !== undefined) stray.push([name, text]);
}

// Classic Load Balancer access logs to HTTP Activity 4002; connections of TCP and SSL listeners, which have no request, to Network Activity 4001.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html#access-log-entry-syntax (15 fields; entries
// before 2015 end with the request)
//  - The client is src_endpoint, the instance dst_endpoint; what the balancer received is traffic.bytes_out of the source, what it sent bytes_in.
//  - `-`, and -1 for a processing time, are absence. Every other value without a place is in `unmapped`, under the field's name.
//  - Processing times are told in microseconds: http_response.latency has that of the instance in ms, `unmapped` all of them as they came.
//  - Quoted text is kept as the balancer wrote it.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, HTTP_ACTIVITY, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs } from '../ocsf/event.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { elbKey, elbKeys, isExactMs, isTestMessage, roundedMs } from './lib/elb.ts';
import { HTTP_ACTIVITIES, requestLineOf, type RequestLine } from './lib/http.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './lib/line.ts';
import { fieldAt as field, quotedFields } from './lib/quoted.ts';
import { finerThanMs, socketOf, wholeOf, type Socket } from './lib/values.ts';

// Positions of the fields in a line.
const TIMESTAMP = 0;
const ELB = 1;
const CLIENT = 2;
const BACKEND = 3;
const REQUEST_PROCESSING_TIME = 4;
const BACKEND_PROCESSING_TIME = 5;
const RESPONSE_PROCESSING_TIME = 6;
const ELB_STATUS_CODE = 7;
const BACKEND_STATUS_CODE = 8;
const RECEIVED_BYTES = 9;
const SENT_BYTES = 10;
const REQUEST = 11;
const USER_AGENT = 12;
const SSL_CIPHER = 13;
const SSL_PROTOCOL = 14;
const FIELDS = 15;

/** Lines with fewer fields than this end before the byte counts: they were cut. */
const MIN_FIELDS = 11;

/** What TCP and SSL listeners write where a request would be. */
const NO_REQUEST = '- - - ';

const TRAFFIC = 6;
const TCP = 6;
const OTHER = 99;

const PRODUCT = { name: 'Classic Load Balancer', vendor_name: 'AWS' };
const PROFILES = ['cloud', 'load_balancer'];

/** One line: its fields as written, without the quotes, and those of them that had to be read. */
interface Entry {
  readonly fields: readonly string[];
  /** ms since the epoch. */
  readonly time: number;
  readonly client: Socket | undefined;
  readonly backend: Socket | undefined;
  readonly code: number | undefined;
  readonly backendCode: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
  /** Undefined where the request line has not three parts; the whole is in `unmapped` then. */
  readonly request: RequestLine | undefined;
  /** Of a TCP or SSL listener. */
  readonly isConnection: boolean;
}

export const clb: Source<Entry> = {
  name: 'clb',
  title: 'Classic Load Balancer access logs',
  documentation: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html',
  classes: [HTTP_ACTIVITY.uid, NETWORK_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['S3: AWSLogs/<account>/elasticloadbalancing/<region>/…/<account>_elasticloadbalancing_<region>_<name>_….log'],
  claims: (delivery) => elbKey(delivery, KEY) !== undefined,
  locate: (delivery) => elbKey(delivery, KEY)?.groups ?? {},
  recognises: (head) => CONTENT.test(head),
  parse,
  map,
};

// The names of the other balancers' files have a point before the balancer's name, and end in .gz. The test file belongs to alb.
const KEY = elbKeys(String.raw`\d{12}_elasticloadbalancing_[a-z0-9-]+_[A-Za-z0-9-]+_\d{8}T\d{4}Z_[^_/]+_[^_/]+\.log`);
const CONTENT =
  /^\d{4}-\d{2}-\d{2}T[\d:.]+Z [A-Za-z0-9-]{1,32} \S+:\d+ (?:-|\S+:\d+) (?:-1|\d+\.\d+) (?:-1|\d+\.\d+) (?:-1|\d+\.\d+) (?:-|\d+) (?:-|\d+) \d+ \d+/;

function parse(record: RawRecord): Outcome<Entry> {
  if (isTestMessage(record.text)) return exclude('elb_test_message');
  const fields = quotedFields(record.text);
  if (fields === undefined) return reject('malformed_record', 'the quotes do not pair up');
  if (fields.length < MIN_FIELDS) return reject('malformed_record', `${fields.length} fields where at least ${MIN_FIELDS} are due`);
  const time = epochMs(fields[TIMESTAMP] ?? '');
  if (time === undefined) return reject('bad_value', 'field 1 is not a time');
  const client = socketOf(field(fields, CLIENT));
  const backend = socketOf(field(fields, BACKEND));
  const request = fields[REQUEST];
  const isConnection = request === NO_REQUEST && fields[ELB_STATUS_CODE] === '-';
  if (isConnection && client === undefined && backend === undefined) {
    return reject('bad_value', 'neither field 3 nor field 4 is an address');
  }
  return value({
    fields,
    time,
    client,
    backend,
    code: wholeOf(field(fields, ELB_STATUS_CODE)),
    backendCode: wholeOf(field(fields, BACKEND_STATUS_CODE)),
    received: wholeOf(field(fields, RECEIVED_BYTES)),
    sent: wholeOf(field(fields, SENT_BYTES)),
    request: isConnection ? undefined : requestLineOf(request),
    isConnection,
  });
}

function map(entry: Entry, record: RawRecord, context: Context): OcsfEvent {
  const { fields, received, sent } = entry;
  const stray: Stray[] = [];
  const base = {
    ...(entry.isConnection ? CONNECTION : exchangeOf(entry)),
    severity_id: SEVERITY.informational,
    time: entry.time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      original_time: finerThanMs(fields[TIMESTAMP]),
    },
    cloud: cloudAt(context.origin),
    src_endpoint: entry.client,
    dst_endpoint: entry.backend,
    traffic: received === undefined && sent === undefined ? undefined : { bytes_in: sent, bytes_out: received },
    tls: tlsOf(fields, stray),
    load_balancer: { name: fields[ELB], code: entry.backendCode },
  };
  unplaced(entry, stray);
  return { ...base, unmapped: unmappedFrom(stray) };
}

const CONNECTION = { ...classify(NETWORK_ACTIVITY, TRAFFIC), connection_info: { direction_id: 0, protocol_num: TCP } };

function exchangeOf({ fields, request, code }: Entry) {
  const method = request?.method === '-' ? undefined : request?.method;
  const activity = method === undefined ? 0 : (HTTP_ACTIVITIES.get(method) ?? OTHER);
  return {
    ...classify(HTTP_ACTIVITY, activity),
    activity_name: activity === OTHER ? method : undefined,
    status_id: code === undefined ? undefined : code < 400 ? STATUS.success : STATUS.failure,
    http_request: {
      http_method: activity === OTHER ? undefined : method,
      url: request?.url,
      version: request?.version,
      user_agent: field(fields, USER_AGENT),
    },
    http_response: code === undefined ? undefined : { code, latency: roundedMs(field(fields, BACKEND_PROCESSING_TIME)) },
  };
}

/** OCSF wants the version in every TLS object. */
function tlsOf(fields: readonly string[], stray: Stray[]): JsonObject | undefined {
  const version = field(fields, SSL_PROTOCOL);
  const cipher = field(fields, SSL_CIPHER);
  if (version !== undefined) return { version, cipher };
  keep(stray, 'ssl_cipher', cipher);
  return undefined;
}

function unplaced(entry: Entry, stray: Stray[]): void {
  const { fields, isConnection } = entry;
  processingTimes(entry, stray);
  if (entry.client === undefined) keep(stray, 'client_port', field(fields, CLIENT));
  if (entry.backend === undefined) keep(stray, 'backend_port', field(fields, BACKEND));
  if (isConnection || entry.code === undefined) keep(stray, 'elb_status_code', field(fields, ELB_STATUS_CODE));
  if (entry.backendCode === undefined) keep(stray, 'backend_status_code', field(fields, BACKEND_STATUS_CODE));
  if (entry.received === undefined) keep(stray, 'received_bytes', field(fields, RECEIVED_BYTES));
  if (entry.sent === undefined) keep(stray, 'sent_bytes', field(fields, SENT_BYTES));
  if (!isConnection && entry.request === undefined) keep(stray, 'request', field(fields, REQUEST));
  if (isConnection) keep(stray, 'user_agent', field(fields, USER_AGENT));
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
}

const PROCESSING_TIMES = [
  { at: REQUEST_PROCESSING_TIME, name: 'request_processing_time' },
  { at: BACKEND_PROCESSING_TIME, name: 'backend_processing_time' },
  { at: RESPONSE_PROCESSING_TIME, name: 'response_processing_time' },
] as const;

function processingTimes({ fields, code, isConnection }: Entry, stray: Stray[]): void {
  for (const { at, name } of PROCESSING_TIMES) {
    const text = field(fields, at);
    if (text === undefined || text === '-1') continue;
    const isTold =
      at === BACKEND_PROCESSING_TIME && !isConnection && code !== undefined && isExactMs(text) && roundedMs(text) !== undefined;
    if (!isTold) keep(stray, name, text);
  }
}

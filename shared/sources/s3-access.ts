// Amazon S3 server access logs to API Activity 6003: what a bucket's owner sees of every request, unauthenticated and lifecycle ones too.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html (text, 27 fields; older lines end earlier)
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html (JSON, in CloudWatch Logs and from there)
//  - operation is api.operation, request_id api.request.uid, requester the actor's user; bucket, object and access point are the resources.
//  - bytes_sent is http_response.body_length, turn_around_time its latency, total_time the duration.
//  - `-` and null are absence. Every other value without a place is in `unmapped`, under the name its format gives the field.
//  - Keys and request lines are kept as S3 wrote them, URL-encoded.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, classify, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, ipOf } from '../ocsf/event.ts';
import { isObject, jsonOf, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { clfTimeMs } from './lib/clf-time.ts';
import { HTTP_ACTIVITIES, requestLineOf, type RequestLine } from './lib/http.ts';
import { cloudAt, unmappedFrom, type Stray } from './lib/line.ts';
import { s3Fields } from './lib/s3-line.ts';
import { activityOf, OTHER, requesterOf } from './lib/s3-names.ts';
import { finerThanMs, wholeOf } from './lib/values.ts';

// Positions of the fields in a line.
const BUCKET_OWNER = 0;
const BUCKET = 1;
const TIME = 2;
const REMOTE_IP = 3;
const REQUESTER = 4;
const REQUEST_ID = 5;
const OPERATION = 6;
const KEY = 7;
const REQUEST_URI = 8;
const HTTP_STATUS = 9;
const ERROR_CODE = 10;
const BYTES_SENT = 11;
const TOTAL_TIME = 13;
const TURN_AROUND_TIME = 14;
const REFERER = 15;
const USER_AGENT = 16;
const VERSION_ID = 17;
const HOST_HEADER = 22;
const ACCESS_POINT_ARN = 24;
const FIELDS = 27;

/** Lines have had the user agent from the beginning: what is shorter was cut. */
const MIN_FIELDS = 17;

const TEXT_NAMES =
  'bucket_owner bucket time remote_ip requester request_id operation key request_uri http_status error_code bytes_sent object_size ' +
  'total_time turn_around_time referer user_agent version_id host_id signature_version cipher_suite authentication_type host_header ' +
  'tls_version access_point_arn acl_required source_region';
const JSON_NAMES =
  'bucket_owner_id bucket_name request_time remote_ip requester request_id operation key_name request_uri http_status error_code ' +
  'bytes_sent_size object_size total_duration turn_around_duration referer user_agent version_id host_id signature_version cipher_suite ' +
  'authentication_type host_header tls_version access_point_arn acl_required source_region';
const NAMES_IN_TEXT = TEXT_NAMES.split(' ');
const NAMES_IN_JSON = JSON_NAMES.split(' ');
const POSITIONS: ReadonlyMap<string, number> = new Map(NAMES_IN_JSON.map((name, at) => [name, at]));

/** Fields that have no place in API Activity: object_size, host_id to authentication_type, tls_version, acl_required, source_region. */
const UNPLACED = [12, 18, 19, 20, 21, 23, 25, 26] as const;

const SERVICE = 's3.amazonaws.com';
const PRODUCT = { name: 'Amazon S3', vendor_name: 'AWS', feature: { name: 'Server access logs' } };
const PROFILES = ['cloud'];

/** One request. */
interface Access {
  /** By position; undefined is absent. */
  readonly fields: readonly (string | undefined)[];
  readonly names: readonly string[];
  /** What the record holds beside these fields. */
  readonly more: JsonObject;
  /** ms since the epoch. */
  readonly time: number;
}

export const s3Access: Source<Access> = {
  name: 's3-access',
  title: 'Amazon S3 server access logs',
  documentation: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: [
    'S3: [<prefix>/]<account>/<region>/<bucket>/<yyyy>/<mm>/<dd>/… (log object keys partitioned by date)',
    "S3: other keys begin with the bank's own target prefix, which the bank's file maps to this source",
    'CloudWatch Logs: /aws/vendedlogs/s3/<bucket>/S3_SERVER_ACCESS_LOGS (JSON)',
    "CloudWatch Logs (other groups), Kinesis, Kafka: as the bank's file says",
  ],
  claims: (delivery) => placeOf(delivery) !== undefined,
  locate: (delivery) => placeOf(delivery)?.groups ?? {},
  recognises: (head) => TEXT_CONTENT.test(head) || JSON_CONTENT.test(head),
  parse,
  map,
};

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-access-logging-overview (date-based partitioning)
const PARTITIONED =
  /(?:^|\/)(?<account>\d{12})\/(?<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\/[a-z0-9][a-z0-9.-]{1,62}\/\d{4}\/\d{2}\/\d{2}\/\d{4}(?:-\d{2}){5}-[0-9A-F]{16}$/;
const LOG_GROUP = /^\/aws\/vendedlogs\/s3\/[^/]+\/S3_SERVER_ACCESS_LOGS$/;
const TEXT_CONTENT = /^(?:[0-9a-f]{64}|-) [a-z0-9.-]+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] \S+ \S+ \S+ [A-Z]+\.\S+ /;
const JSON_CONTENT = /^\s*\{[^\n]*"bucket_owner_id"\s*:/;

function placeOf(delivery: Delivery): RegExpExecArray | undefined {
  if (delivery.trigger === 's3') return PARTITIONED.exec(delivery.key) ?? undefined;
  return delivery.trigger === 'logs' ? (LOG_GROUP.exec(delivery.logGroup) ?? undefined) : undefined;
}

function parse(record: RawRecord): Outcome<Access> {
  return record.text.trimStart().startsWith('{') ? parseObject(record) : parseLine(record.text);
}

function parseLine(line: string): Outcome<Access> {
  const found = s3Fields(line);
  if (found === undefined) return reject('malformed_record', 'not the form of an S3 server access log');
  if (found.length < MIN_FIELDS) return reject('malformed_record', `${found.length} fields where at least ${MIN_FIELDS} are due`);
  const time = clfTimeMs(found[TIME] ?? '');
  if (time === undefined) return reject('bad_value', 'field 3 is not a time');
  const more = found.length > FIELDS ? { additional_fields: found.slice(FIELDS) } : {};
  return value({ fields: found.map((field) => (field === '-' ? undefined : field)), names: NAMES_IN_TEXT, more, time });
}

function parseObject(record: RawRecord): Outcome<Access> {
  const parsed = jsonOf(record);
  if (!isObject(parsed)) return reject('malformed_json', 'not a JSON object');
  const fields: (string | undefined)[] = new Array<undefined>(FIELDS).fill(undefined);
  const more: Stray[] = [];
  for (const [name, member] of Object.entries(parsed)) {
    if (member === null || member === undefined) continue;
    const at = POSITIONS.get(name);
    if (at !== undefined && typeof member === 'string') fields[at] = member;
    else if (at !== undefined && typeof member === 'number') fields[at] = String(member);
    else more.push([name, member]);
  }
  const requested = fields[TIME];
  if (requested === undefined) return reject('missing_field', 'request_time');
  const time = epochMs(requested);
  if (time === undefined) return reject('bad_value', 'request_time is not a time');
  return value({ fields, names: NAMES_IN_JSON, more: Object.fromEntries(more), time });
}

function map(access: Access, record: RawRecord, context: Context): OcsfEvent {
  const { fields } = access;
  const stray: Stray[] = [];
  const operation = text(fields[OPERATION]);
  const activity = operation === undefined ? 0 : activityOf(operation);
  const code = wholeOf(fields[HTTP_STATUS]);
  const requestId = text(fields[REQUEST_ID]);
  const host = text(fields[HOST_HEADER]);
  const base = {
    ...classify(API_ACTIVITY, activity),
    activity_name: activity === OTHER ? operation : undefined,
    severity_id: SEVERITY.informational,
    status_id: code === undefined ? undefined : code < 400 ? STATUS.success : STATUS.failure,
    time: access.time,
    duration: wholeOf(fields[TOTAL_TIME]),
    metadata: metadataOf(access, record, context),
    cloud: cloudAt(context.origin),
    actor: requesterOf(fields[REQUESTER], operation),
    api: {
      operation: operation ?? 'Unknown',
      service: { name: SERVICE },
      request: requestId === undefined ? undefined : { uid: requestId },
      response: code === undefined && fields[ERROR_CODE] === undefined ? undefined : { code, error: fields[ERROR_CODE] },
    },
    src_endpoint: clientOf(fields[REMOTE_IP]),
    dst_endpoint: host === undefined ? undefined : { hostname: host },
    http_request: requestOf(access, stray),
    http_response: responseOf(access, code, stray),
    resources: resourcesOf(access, stray),
  };
  return { ...base, unmapped: unmappedOf(access, stray) };
}

/**
 * S3 may write a record twice; text tells whole seconds, JSON milliseconds. One request has several records where it deletes many objects or copies one; their operations or keys differ.
 * Who writes to a log group chooses the ids in his messages: there, the log event's own id is taken.
 */
function metadataOf({ fields, names, more, time }: Access, record: RawRecord, context: Context): OcsfEvent['metadata'] {
  const requestId = text(fields[REQUEST_ID]);
  const isMessage = context.logGroup !== undefined;
  const parts = [fields[BUCKET], requestId, fields[OPERATION], fields[KEY], fields[VERSION_ID], Math.floor(time / 1000)];
  const isoTime = names === NAMES_IN_JSON ? fields[TIME] : undefined;
  return {
    uid: requestId === undefined || isMessage ? context.uid(record.index) : digest(15, 's3-access', JSON.stringify(parts)),
    version: OCSF_VERSION,
    product: PRODUCT,
    profiles: PROFILES,
    log_version: text(more['schema_version_id']),
    original_time: isMessage ? fields[TIME] : finerThanMs(isoTime),
  };
}

function clientOf(address: string | undefined): JsonObject {
  const ip = ipOf(address);
  if (ip !== undefined) return { ip };
  // Nobody asked over the network: S3 itself acted.
  return address === undefined || address === '' ? { svc_name: SERVICE } : { domain: address };
}

function requestOf({ fields, names }: Access, stray: Stray[]): JsonObject | undefined {
  const line = text(fields[REQUEST_URI]);
  // The version has not always been told.
  const request = requestLineOf(line) ?? requestLineOf(line === undefined ? undefined : `${line} `);
  const isKnown = request !== undefined && HTTP_ACTIVITIES.has(request.method);
  if (!isKnown) stranded(names, REQUEST_URI, line, stray);
  const referrer = fields[REFERER];
  const agent = fields[USER_AGENT];
  if (request === undefined && referrer === undefined && agent === undefined) return undefined;
  return {
    http_method: isKnown ? request.method : undefined,
    url: request === undefined ? undefined : urlOf(request),
    version: request?.version,
    referrer,
    user_agent: agent,
  };
}

/** S3 writes the path, whatever the host. */
function urlOf({ url }: RequestLine): JsonObject {
  const whole = url.url_string;
  if (whole?.startsWith('/') !== true) return { ...url };
  const mark = whole.indexOf('?');
  return mark < 0 ? { path: whole } : { path: whole.slice(0, mark), query_string: whole.slice(mark + 1) };
}

function responseOf({ fields, names }: Access, code: number | undefined, stray: Stray[]): JsonObject | undefined {
  const length = wholeOf(fields[BYTES_SENT]);
  const latency = wholeOf(fields[TURN_AROUND_TIME]);
  if (code === undefined || length === undefined) stranded(names, BYTES_SENT, fields[BYTES_SENT], stray);
  if (code === undefined || latency === undefined) stranded(names, TURN_AROUND_TIME, fields[TURN_AROUND_TIME], stray);
  return code === undefined ? undefined : { code, body_length: length, latency };
}

function resourcesOf({ fields, names, more }: Access, stray: Stray[]): readonly JsonObject[] | undefined {
  const found: JsonObject[] = [];
  const name = text(fields[BUCKET]);
  const uid = text(more['bucket_arn']);
  const owner = text(fields[BUCKET_OWNER]);
  if (name === undefined && uid === undefined) stranded(names, BUCKET_OWNER, owner, stray);
  else found.push({ uid, name, type: 'AWS::S3::Bucket', owner: owner === undefined ? undefined : { uid: owner } });
  const key = text(fields[KEY]);
  if (key === undefined) stranded(names, VERSION_ID, fields[VERSION_ID], stray);
  else found.push({ name: key, type: 'AWS::S3::Object', version: fields[VERSION_ID] });
  const accessPoint = text(fields[ACCESS_POINT_ARN]);
  if (accessPoint !== undefined) found.push({ uid: accessPoint, type: 'AWS::S3::AccessPoint' });
  return found.length === 0 ? undefined : found;
}

/** Puts a value aside that could not go where its field goes. */
function stranded(names: readonly string[], at: number, text: string | undefined, stray: Stray[]): void {
  if (text !== undefined) stray.push([names[at] ?? '', text]);
}

function unmappedOf({ fields, names, more }: Access, stray: Stray[]): JsonObject | undefined {
  for (const at of UNPLACED) stranded(names, at, fields[at], stray);
  for (const at of [HTTP_STATUS, TOTAL_TIME]) if (wholeOf(fields[at]) === undefined) stranded(names, at, fields[at], stray);
  for (const [name, member] of Object.entries(more)) {
    const isPlaced = (name === 'bucket_arn' || name === 'schema_version_id') && text(member) !== undefined;
    if (!isPlaced && member !== undefined) stray.push([name, member]);
  }
  return unmappedFrom(stray);
}

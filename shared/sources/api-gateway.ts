// API Gateway (REST, HTTP and WebSocket APIs): access logs to HTTP Activity 4002, execution logs to Base Event 0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html, http-api-logging.html and websocket-api-logging.html
//  - An access log is JSON with names of the customer's choice, Common Log Format, or any text: api-gateway-names.ts tells what is what.
//    The stage's own format, given as `format` in the bank's file, tells it without guessing.
//  - requestId may be chosen by the client, so it names no event. The method with the resource or route is api.operation.
//  - Without $context.path, the resource (`/pets/{id}`) stands for the path.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, HTTP_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, inRange, ipOf, type Cloud } from '../ocsf/event.ts';
import { exclude, isObject, parseJson, reject, value } from '../outcome.ts';
import { clfFields, fieldsIn, formatOf, valuesOf, type Values, type Variable } from './api-gateway-names.ts';
import type { Context, Source } from './api.ts';
import { clfTimeMs } from './lib/clf-time.ts';
import { deliveredCloud, deliveryOf, profilesOf } from './lib/delivery.ts';
import { type Fields, fieldsOf, leftovers, markTaken, timeOf } from './lib/fields.ts';
import { HTTP_ACTIVITIES } from './lib/http.ts';
import { wholeOf } from './lib/values.ts';

const OTHER = 99;
const PRODUCT = { name: 'Amazon API Gateway', vendor_name: 'AWS' };

type ApiRecord =
  | { readonly kind: 'access'; readonly fields: Fields; readonly values: Values; readonly time: number }
  | { readonly kind: 'execution'; readonly request: string | undefined; readonly message: string; readonly time: number };

export const apiGateway: Source<ApiRecord> = {
  name: 'api-gateway',
  title: 'Amazon API Gateway access and execution logs',
  documentation: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html',
  classes: [HTTP_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'lines' },
  delivered: [
    'CloudWatch Logs: API-Gateway-Execution-Logs_<API>/<stage> (execution)',
    "CloudWatch Logs: the log groups that the bank's file names, with their format (access)",
    "Kinesis, S3 by Firehose: as the bank's file says (access)",
  ],
  claims: (delivery) => delivery.trigger === 'logs' && (EXECUTION_GROUP.test(delivery.logGroup) || delivery.logGroup === WELCOME_GROUP),
  recognises,
  parse,
  map,
};

const EXECUTION_GROUP = /^API-Gateway-Execution-Logs_[a-z0-9]+\//;
/** Made once per account and region, to see whether API Gateway may write logs. */
const WELCOME_GROUP = '/aws/apigateway/welcome';
const EXECUTION = /^\(([A-Za-z0-9_=+/-]{8,64})\) /;

function recognises(head: string): boolean {
  const end = head.indexOf('\n');
  const line = (end < 0 ? head : head.slice(0, end)).trimEnd();
  const json = line.startsWith('{') ? parseJson(line) : undefined;
  if (isObject(json)) {
    if (json['level'] !== undefined || json['message'] !== undefined) return false;
    const values = valuesOf(fieldsOf(json));
    const needed: readonly Variable[] = ['requestId', 'status', 'identity.sourceIp'];
    return needed.every((name) => values.has(name)) && (values.has('httpMethod') || values.has('routeKey'));
  }
  // Behind the length, where other logs in this format have a referrer or nothing, stands the id of the request.
  return (
    /^\([0-9a-f]{8}-[0-9a-f-]{27}\) /.test(line) || / [0-9a-f]{8}-[0-9a-f-]{27}(?: \S+)?$/.test(clfFields(line) === undefined ? '' : line)
  );
}

function parse(record: RawRecord, context: Context): Outcome<ApiRecord> {
  const text = record.text.trimEnd();
  if (context.logGroup === WELCOME_GROUP) return exclude('api_gateway_welcome');
  const found = EXECUTION.exec(text);
  if (found !== null || (context.logGroup !== undefined && EXECUTION_GROUP.test(context.logGroup))) {
    if (record.time === undefined) return reject('missing_field', 'no time from the delivery, and execution logs have none');
    return value({ kind: 'execution', request: found?.[1], message: text.slice(found?.[0].length ?? 0), time: record.time });
  }
  return parseAccess(text, record, context);
}

function parseAccess(text: string, record: RawRecord, context: Context): Outcome<ApiRecord> {
  const format = context.format === undefined ? undefined : formatOf(context.format);
  const fields = fieldsIn(text, format);
  if (fields === undefined) {
    return text.startsWith('{')
      ? reject('malformed_json', 'not JSON')
      : reject('malformed_record', "neither JSON nor Common Log Format; another format has to stand in the bank's file");
  }
  const values = valuesOf(fields, format);
  if (!IDENTIFYING.some((name) => values.has(name)))
    return reject('missing_field', 'no field is a method, a route or a status; is the format right?');
  const time = timeIn(values) ?? record.time;
  if (time === undefined) return reject('missing_field', 'no field is the time of the request, and none came from the delivery');
  return inRange(time) ? value({ kind: 'access', fields, values, time }) : reject('time_out_of_range', 'requestTime');
}

const IDENTIFYING: readonly Variable[] = ['httpMethod', 'routeKey', 'status', 'eventType'];

function timeIn(values: Values): number | undefined {
  const epoch = values.get('requestTimeEpoch')?.text;
  const clock = values.get('requestTime')?.text;
  return (epoch === undefined ? undefined : timeOf(epoch)) ?? (clock === undefined ? undefined : (clfTimeMs(clock) ?? timeOf(clock)));
}

function map(native: ApiRecord, record: RawRecord, context: Context): OcsfEvent {
  return native.kind === 'access' ? accessEvent(native, record, context) : executionEvent(native, record, context);
}

// ── Access ──

type Access = Extract<ApiRecord, { kind: 'access' }>;

function accessEvent({ fields, values, time }: Access, record: RawRecord, context: Context): OcsfEvent {
  const asked = askedOf(values);
  const code = use(values, 'status', wholeOf);
  const error = said(values, 'error.message');
  const actor = actorOf(values);
  const traceId = said(values, 'xrayTraceId');
  return {
    ...classify(HTTP_ACTIVITY, asked.activity),
    activity_name: asked.activity === OTHER ? asked.name : undefined,
    severity_id: SEVERITY.informational,
    status_id: code === undefined ? undefined : code < 400 ? STATUS.success : STATUS.failure,
    status_detail: error,
    time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      original_time: originalOf(values),
      profiles: ['cloud', ...(actor === undefined ? [] : ['host']), ...(traceId === undefined ? [] : ['trace'])],
      log_name: context.logGroup,
    },
    cloud: cloudIn(values, context),
    actor,
    src_endpoint: sourceOf(values),
    ...targetOf(values, asked),
    http_response: code === undefined ? undefined : { code, latency: use(values, 'responseLatency', wholeOf) },
    traffic: trafficOf(values),
    trace: traceId === undefined ? undefined : { uid: traceId },
    unmapped: leftovers(fields),
  };
}

/** Whose log it is, the delivery knows better than its text. */
function cloudIn(values: Values, { origin }: Context): Cloud {
  const account = origin.account === 'unknown' ? said(values, 'accountId') : origin.account;
  use(values, 'accountId', (text) => (text === account ? text : undefined));
  return cloudOf(account, origin.region);
}

/** @returns what `read` makes of the variable's text; the field is taken if that is anything. */
function use<T>(values: Values, name: Variable, read: (text: string) => T | undefined): T | undefined {
  const found = values.get(name);
  const result = found === undefined ? undefined : read(found.text);
  if (found !== undefined && result !== undefined) markTaken(found.fields, found.name);
  return result;
}

function said(values: Values, name: Variable): string | undefined {
  return use(values, name, (text) => text);
}

interface Asked {
  readonly activity: number;
  /** What the activity is called where it is none of HTTP's own. */
  readonly name: string | undefined;
  readonly method: string | undefined;
  readonly operation: string | undefined;
  readonly path: string | undefined;
}

function askedOf(values: Values): Asked {
  const route = said(values, 'routeKey');
  const resource = said(values, 'resourcePath');
  const path = said(values, 'path') ?? resource;
  const method = said(values, 'httpMethod');
  const event = said(values, 'eventType');
  const name = method ?? event;
  const activity = name === undefined ? 0 : ((method === undefined ? undefined : HTTP_ACTIVITIES.get(method)) ?? OTHER);
  const operation = route ?? (resource === undefined ? event : method === undefined ? resource : `${method} ${resource}`);
  return { activity, name, method: activity === OTHER ? undefined : method, operation, path };
}

function originalOf(values: Values): string | undefined {
  const epoch = values.get('requestTimeEpoch');
  if (epoch !== undefined && timeOf(epoch.text) !== undefined) markTaken(epoch.fields, epoch.name);
  return said(values, 'requestTime');
}

/** Whoever an authorizer found, or the IAM principal that signed the request. */
function actorOf(values: Values): JsonObject | undefined {
  const name = said(values, 'authorizer.principalId');
  const uid = said(values, 'identity.userArn') ?? said(values, 'identity.caller') ?? said(values, 'identity.user');
  return name === undefined && uid === undefined ? undefined : { user: { name, uid } };
}

function sourceOf(values: Values): JsonObject | undefined {
  const ip = use(values, 'identity.sourceIp', ipOf);
  return ip === undefined ? undefined : { ip };
}

function targetOf(values: Values, { method, operation, path }: Asked): JsonObject {
  const hostname = said(values, 'domainName');
  const uid = said(values, 'apiId');
  const request = said(values, 'requestId');
  const extended = operation === undefined ? undefined : said(values, 'extendedRequestId');
  return {
    dst_endpoint: hostname === undefined && uid === undefined ? undefined : { hostname, uid },
    api: operation === undefined ? undefined : { operation, request: extended === undefined ? undefined : { uid: extended } },
    http_request: {
      uid: request,
      http_method: method,
      url: path === undefined ? undefined : { hostname, path },
      version: said(values, 'protocol'),
      user_agent: said(values, 'identity.userAgent'),
    },
  };
}

function trafficOf(values: Values): JsonObject | undefined {
  const sent = use(values, 'responseLength', wholeOf);
  return sent === undefined ? undefined : { bytes_in: sent };
}

// ── Execution ──

function executionEvent(native: Extract<ApiRecord, { kind: 'execution' }>, record: RawRecord, context: Context): OcsfEvent {
  const { request, message, time } = native;
  const failed = message.startsWith('Execution failed');
  return {
    ...classify(BASE_EVENT, 0),
    severity_id: failed ? SEVERITY.medium : SEVERITY.informational,
    status_id: failed ? STATUS.failure : undefined,
    time,
    message,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: { ...PRODUCT, feature: { name: 'Execution Logs' } },
      correlation_uid: request,
      profiles: profilesOf(context, false),
      ...deliveryOf(record, time, context),
    },
    cloud: deliveredCloud(context),
  };
}

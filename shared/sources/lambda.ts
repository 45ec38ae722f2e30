// Logs of Lambda functions in CloudWatch Logs to Base Event 0: what Lambda itself writes of a function's runs, as text or JSON, and what the
// function writes.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html (text and JSON)
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (the JSON of platform events)
//  - metadata.event_code is the kind of a line of Lambda's (REPORT, platform.report), metadata.correlation_uid the request it belongs to. A
//    function can print such lines too: nobody can tell them apart.
//  - What the function writes is read as application-json.ts does, behind the prefix that the runtimes for Node.js, .NET and Python put before it.
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { applicationEvent, readApplication, type ApplicationRecord, type Told } from './application-json.ts';
import { deliveredCloud, deliveryOf, profilesOf } from './lib/delivery.ts';
import { type Fields, fieldsOf, inside, leftovers, markTaken, takeText, timeOf } from './lib/fields.ts';

const PRODUCT = { name: 'AWS Lambda', vendor_name: 'AWS' };

type LambdaRecord =
  | { readonly kind: 'line'; readonly code: string; readonly time: number }
  | { readonly kind: 'system'; readonly type: string; readonly fields: Fields; readonly time: number }
  | { readonly kind: 'function'; readonly application: ApplicationRecord; readonly told: Told };

export const lambda: Source<LambdaRecord> = {
  name: 'lambda',
  title: 'AWS Lambda function logs',
  documentation: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html',
  classes: [BASE_EVENT.uid],
  framing: { kind: 'lines' },
  delivered: ['CloudWatch Logs: /aws/lambda/<function>', "S3 by Firehose: as the bank's file says"],
  claims: (delivery) => delivery.trigger === 'logs' && delivery.logGroup.startsWith('/aws/lambda/'),
  recognises: (head) => /^\s*\{"time":"[^"]{20,40}","type":"platform\.|^(?:INIT_START Runtime Version: |START RequestId: )/.test(head),
  parse,
  map,
};

function parse(record: RawRecord, context: Context): Outcome<LambdaRecord> {
  const code = codeOf(record.text);
  if (code !== undefined) {
    if (record.time === undefined) return reject('missing_field', 'no time from the delivery, and the line has none');
    return inRange(record.time) ? value({ kind: 'line', code, time: record.time }) : reject('time_out_of_range', 'time of the log event');
  }
  return record.text.startsWith('{') ? parseObject(record, context) : parseText(record, context);
}

// What Lambda's own lines begin with, and the code of each.
const LINES: readonly (readonly [beginning: string, code: string])[] = [
  ['START RequestId: ', 'START'],
  ['END RequestId: ', 'END'],
  ['REPORT RequestId: ', 'REPORT'],
  ['INIT_START ', 'INIT_START'],
  ['INIT_REPORT ', 'INIT_REPORT'],
  ['RESTORE_START ', 'RESTORE_START'],
  ['RESTORE_REPORT ', 'RESTORE_REPORT'],
  ['EXTENSION\tName: ', 'EXTENSION'],
  ['TELEMETRY\tName: ', 'TELEMETRY'],
  ['LOGS\tName: ', 'LOGS'],
  ['RequestId: ', 'ERROR'],
];
const TIMEOUT = /^\d{4}-\d\d-\d\dT[\d:.]{8,20}Z [0-9a-f-]{36} Task timed out after /;

function codeOf(line: string): string | undefined {
  const first = line.charCodeAt(0);
  // A to Z, or a digit.
  if (first >= 65 && first <= 90) return LINES.find(([beginning]) => line.startsWith(beginning))?.[1];
  return first >= 48 && first <= 57 && TIMEOUT.test(line) ? 'TIMEOUT' : undefined;
}

function parseObject(record: RawRecord, context: Context): Outcome<LambdaRecord> {
  const json = object(jsonOf(record));
  const type = text(json?.['type']);
  if (json !== undefined && type?.startsWith('platform.') === true && isObject(json['record'])) {
    const time = timeOf(json['time']) ?? record.time;
    return time === undefined ? reject('missing_field', 'time') : value({ kind: 'system', type, fields: fieldsOf(json), time });
  }
  const application = readApplication(json === undefined ? record : { ...record, json });
  if (application.kind !== 'value') return application;
  return value({ kind: 'function', application: application.value, told: toldBy(application.value, context) });
}

/** The runtimes that write JSON put an error under `message`, as an object. */
function toldBy({ fields }: ApplicationRecord, context: Context): Told {
  const error = object(fields['message']);
  const type = text(error?.['errorType']);
  const message = text(error?.['errorMessage']);
  const key = ['requestId', 'AWSRequestId'].find((name) => text(fields[name]) !== undefined);
  return {
    product: functionOf(context),
    message: type === undefined || message === undefined ? (message ?? type) : `${type}: ${message}`,
    correlation: key === undefined ? undefined : text(fields[key]),
    taken: key === undefined ? [] : [key],
  };
}

function parseText(record: RawRecord, context: Context): Outcome<LambdaRecord> {
  const { rest, time, level, request } = prefixOf(record.text);
  const inner = { ...record, text: rest, json: undefined, ...(record.time === undefined && time !== undefined ? { time } : {}) };
  const application = readApplication(inner);
  if (application.kind !== 'value') return application;
  return value({ kind: 'function', application: application.value, told: { product: functionOf(context), level, correlation: request } });
}

interface Prefix {
  readonly rest: string;
  readonly time?: number | undefined;
  readonly level?: string | undefined;
  readonly request?: string | undefined;
}

const LONGEST_LEVEL = 12;
const PYTHON_LEVEL = /^[A-Z]+$/;

/** `<time>\t<request>\t<level>\t` (Node.js, .NET), or `[<level>]\t<time>\t<request>\t` (Python; of an error that nobody caught, `[<level>] `). */
function prefixOf(line: string): Prefix {
  const bracket = line.startsWith('[') ? line.indexOf(']') : -1;
  const isPython = bracket > 1 && bracket <= LONGEST_LEVEL && PYTHON_LEVEL.test(line.slice(1, bracket));
  const from = isPython ? bracket + 2 : 0;
  if (isPython && line.charAt(bracket + 1) === ' ') return { rest: line.slice(from), level: line.slice(1, bracket) };
  const first = line.indexOf('\t', from);
  const second = first < 0 ? -1 : line.indexOf('\t', first + 1);
  const time = second < 0 || first - from > 40 ? undefined : epochMs(line.slice(from, first));
  if (time === undefined) return { rest: line };
  const request = requestIn(line.slice(first + 1, second));
  if (isPython) return { rest: line.slice(second + 1), time, request, level: line.slice(1, bracket) };
  const third = line.indexOf('\t', second + 1);
  if (third < 0 || third - second > LONGEST_LEVEL) return { rest: line.slice(second + 1), time, request };
  return { rest: line.slice(third + 1), time, request, level: third === second + 1 ? undefined : line.slice(second + 1, third) };
}

/** Before the first request, Node.js writes `undefined`. */
function requestIn(said: string): string | undefined {
  return said === '' || said === 'undefined' ? undefined : said;
}

/** /aws/lambda/<function>; at the edge, /aws/lambda/<region>.<function>. */
function functionOf({ logGroup }: Context): string | undefined {
  return logGroup?.startsWith('/aws/lambda/') === true ? logGroup.slice('/aws/lambda/'.length) : undefined;
}

function map(native: LambdaRecord, record: RawRecord, context: Context): OcsfEvent {
  switch (native.kind) {
    case 'line':
      return lineEvent(native, record, context);
    case 'system':
      return systemEvent(native, record, context);
    case 'function':
      return applicationEvent(native.application, record, context, native.told);
  }
}

const REQUEST = /\bRequestId: ([0-9a-f-]{36})\b/;
const FAILED = /\tStatus: (?:timeout|error|failure)\b|\tError Type: /;

function lineEvent({ code, time }: { code: string; time: number }, record: RawRecord, context: Context): OcsfEvent {
  const line = record.text.trimEnd();
  const failed = code === 'ERROR' || code === 'TIMEOUT' || ((code === 'REPORT' || code.endsWith('_REPORT')) && FAILED.test(line));
  // The timeout's request stands behind its time.
  const request = code === 'TIMEOUT' ? line.split(' ', 2)[1] : REQUEST.exec(line)?.[1];
  return {
    ...platformEvent(failed ? STATUS.failure : undefined, time),
    message: line,
    metadata: platformMetadata({ code, request, time }, record, context),
    cloud: deliveredCloud(context),
  };
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['success', STATUS.success],
  ['failure', STATUS.failure],
  ['error', STATUS.failure],
  ['timeout', STATUS.failure],
]);

function systemEvent(native: Extract<LambdaRecord, { kind: 'system' }>, record: RawRecord, context: Context): OcsfEvent {
  const { type, fields, time } = native;
  const inner = inside(fields, 'record');
  const said = text(inner.members['status']);
  const status = said === undefined ? undefined : STATUSES.get(said);
  markTaken(fields, 'type');
  if (timeOf(fields.members['time']) === time) markTaken(fields, 'time');
  return {
    ...platformEvent(status, time),
    message: said === undefined ? type : `${type}: ${said}`,
    status_code: takeText(inner, 'status'),
    status_detail: takeText(inner, 'errorType'),
    metadata: platformMetadata({ code: type, request: takeText(inner, 'requestId'), time }, record, context),
    cloud: deliveredCloud(context),
    unmapped: leftovers(fields),
  };
}

function platformEvent(status: number | undefined, time: number) {
  return {
    ...classify(BASE_EVENT, 0),
    severity_id: status === STATUS.failure ? SEVERITY.medium : SEVERITY.informational,
    status_id: status,
    time,
  };
}

interface Ran {
  readonly code: string;
  readonly request: string | undefined;
  readonly time: number;
}

function platformMetadata({ code, request, time }: Ran, record: RawRecord, context: Context): OcsfEvent['metadata'] {
  return {
    uid: context.uid(record.index),
    version: OCSF_VERSION,
    product: PRODUCT,
    event_code: code,
    correlation_uid: request,
    profiles: profilesOf(context, false),
    ...deliveryOf(record, time, context),
  };
}

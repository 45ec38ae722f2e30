// CloudFront standard logs (access logs) to HTTP Activity 4002.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html (33 fields)
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html (version 2: chosen fields; JSON, W3C, plain)
//  - Lines go by the last #Fields line; lines of files without one by the format in the bank's file, else by the order of the documentation.
//  - Lines may be shorter than their header, not longer: what is behind the last column is in unmapped.additional_columns.
//  - The mapping is in lib/cloudfront.ts.
import type { Outcome, RawRecord } from '../model.ts';
import { HTTP_ACTIVITY } from '../ocsf/classes.ts';
import { isObject, jsonOf, reject } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { mapRow, readRow, type Kind, type Request } from './lib/cloudfront.ts';
import { planOf, rowOf, rowOfObject, STANDARD_ORDER } from './lib/cloudfront-columns.ts';

const KIND: Kind = {
  source: 'cloudfront',
  product: { name: 'CloudFront', vendor_name: 'AWS' },
  asked: 'x-host-header',
  distribution: 'cs-host',
};

export const cloudfront: Source<Request> = {
  name: 'cloudfront',
  title: 'CloudFront standard logs',
  documentation: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html',
  classes: [HTTP_ACTIVITY.uid],
  framing: { kind: 'lines', isHeader },
  delivered: [
    'S3: […/]<distribution>.<yyyy>-<mm>-<dd>-<hh>.<id>.gz',
    'S3: AWSLogs/<account>/CloudFront/… (version 2: JSON, W3C or plain)',
    "CloudWatch Logs, Kinesis (Firehose), S3 under the bank's own keys: as the bank's file says; plain text with its fields as format",
  ],
  claims: (delivery) => placeOf(delivery) !== undefined,
  locate: (delivery) => ({ account: placeOf(delivery)?.groups?.['account'] }),
  recognises: (head) => HEADER_CONTENT.test(head) || PLAIN_CONTENT.test(head) || JSON_CONTENT.test(head),
  parse,
  map: (request, record, context) => mapRow(request, KIND, record, context),
};

// The account is in the keys of version 2 only; Hive-compatible ones name it. Parquet files are of another format.
const V2_KEY = /(?:^|\/)AWSLogs\/(?:aws-account-id=)?(?<account>\d{12})\/CloudFront\/.*(?<!\.parquet)$/;
// The prefix is the bank's choice, the name is not.
const LEGACY_KEY = /(?:^|\/)E[A-Z0-9]{11,14}\.\d{4}-\d{2}-\d{2}-\d{2}\.[A-Za-z0-9]+\.gz$/;

function placeOf(delivery: Delivery): RegExpExecArray | undefined {
  if (delivery.trigger !== 's3') return undefined;
  return V2_KEY.exec(delivery.key) ?? LEGACY_KEY.exec(delivery.key) ?? undefined;
}

const FIELDS = '#Fields:';
const VERSION = '#Version:';

function isHeader(line: string): boolean {
  return line.startsWith(FIELDS) || line.startsWith(VERSION);
}

const HEADER_CONTENT = /^(?:#Version: ?\d[^\n]*\n)?#Fields:[^\n]*(?: |\t)(?:x-edge-|cs\(Host\)|timestamp\(ms\))/;
const PLAIN_CONTENT = /^\d{4}-\d{2}-\d{2}\t\d{2}:\d{2}:\d{2}\t[A-Z]{3}\d+(?:-[A-Z]+\d+)?\t/;
const JSON_CONTENT = /^\s*\{[^\n]*"x-edge-(?:location|request-id|result-type)"\s*:/;

function parse(record: RawRecord, context: Context): Outcome<Request> {
  if (record.text.startsWith('{')) return parseObject(record);
  const { header } = context;
  if (header?.startsWith(FIELDS) === true) return readRow(rowOf(record.text, planOf(header.slice(FIELDS.length))), false);
  return readRow(rowOf(record.text, planOf(context.format ?? STANDARD_ORDER)), true);
}

function parseObject(record: RawRecord): Outcome<Request> {
  const parsed = jsonOf(record);
  return isObject(parsed) ? readRow(rowOfObject(parsed), false) : reject('malformed_json', 'not a JSON object');
}

// CloudFront real-time logs to HTTP Activity 4002: tab-separated lines on a Kinesis stream, without a header.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html
//  - Which fields a line has is set in the real-time log configuration; the bank's file repeats it as the stream's format. Without one all
//    fields are taken to be there, in the order of the documentation; configurations made when it had fewer of them end earlier.
//  - The mapping is in lib/cloudfront.ts.
import type { Outcome, RawRecord } from '../model.ts';
import { HTTP_ACTIVITY } from '../ocsf/classes.ts';
import { reject } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { mapRow, readRow, type Kind, type Request } from './lib/cloudfront.ts';
import { planOf, REAL_TIME_ORDER, rowOf } from './lib/cloudfront-columns.ts';

const KIND: Kind = {
  source: 'cloudfront-realtime',
  product: { name: 'CloudFront', vendor_name: 'AWS', feature: { name: 'Real-time logs' } },
  asked: 'cs-host',
  distribution: 'x-host-header',
};

/** timestamp to cs-headers-count: the fields of 2021, behind which others were added. */
const MIN_FIELDS = 41;

export const cloudfrontRealtime: Source<Request> = {
  name: 'cloudfront-realtime',
  title: 'CloudFront real-time logs',
  documentation: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html',
  classes: [HTTP_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ["Kinesis (or S3 by way of Firehose): as the bank's file says, with the fields of the real-time log configuration as format"],
  claims: () => false,
  recognises: (head) => /^\d{9,11}\.\d{1,3}\t[\dA-Fa-f.:]+\t[^\n]*\t/.test(head),
  parse,
  map: (request, record, context) => mapRow(request, KIND, record, context),
};

function parse(record: RawRecord, { format }: Context): Outcome<Request> {
  const row = rowOf(record.text, planOf(format ?? REAL_TIME_ORDER));
  const due = format === undefined ? MIN_FIELDS : row.plan.names.length;
  if (row.cells.length < due) return reject('malformed_record', `${row.cells.length} fields where ${due} are due`);
  return readRow(row, true);
}

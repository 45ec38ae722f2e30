// Intake stream (Kinesis) → here: CloudWatch Logs subscription batches of every account.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { eachRecord } from '../../shared/batches.ts';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { streamUnit } from '../../shared/units.ts';

const deps = ingestDeps();

export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(deps.log, (event) =>
  eachRecord(event.Records, deps.log, ingestRecord),
);

async function ingestRecord({ kinesis, eventID, eventSourceARN, awsRegion }: KinesisStreamRecord): Promise<void> {
  const stream = eventSourceARN.slice(eventSourceARN.indexOf('/') + 1);
  // eventID is `shard:sequence`.
  const uri = `kinesis://${stream}/${eventID.replace(':', '/')}`;
  const arrived = { bytes: Buffer.from(kinesis.data, 'base64'), time: Math.round(kinesis.approximateArrivalTimestamp * 1000) };
  await ingestAndReport(streamUnit(uri, awsRegion, arrived, deps.bank), deps);
}

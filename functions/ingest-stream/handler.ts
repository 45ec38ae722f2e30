// Intake stream (Kinesis) → here: CloudWatch Logs subscription batches of every account.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { errorFields } from '../../shared/observe/log.ts';
import { streamUnit } from '../../shared/units.ts';

const deps = ingestDeps();

// Kinesis goes on from the lowest number reported, so the first failure ends the batch.
export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(deps.log, async (event) => {
  for (const record of event.Records) {
    try {
      await ingestRecord(record);
    } catch (error) {
      const { sequenceNumber } = record.kinesis;
      deps.log.error('stream record not ingested, it will be delivered again', { sequence: sequenceNumber, ...errorFields(error) });
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
});

async function ingestRecord({ kinesis, eventID, eventSourceARN, awsRegion }: KinesisStreamRecord): Promise<void> {
  const stream = eventSourceARN.slice(eventSourceARN.indexOf('/') + 1);
  // eventID is `shard:sequence`.
  const uri = `kinesis://${stream}/${eventID.replace(':', '/')}`;
  const arrived = { bytes: Buffer.from(kinesis.data, 'base64'), time: Math.round(kinesis.approximateArrivalTimestamp * 1000) };
  await ingestAndReport(streamUnit(uri, awsRegion, arrived, deps.bank), deps);
}

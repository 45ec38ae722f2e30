// Intake stream (Kinesis) → here: CloudWatch Logs subscription batches of every account; and the streams that the bank's file names, whose
// records come as their producers wrote them. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { eachRecord } from '../../shared/batches.ts';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { unitsOf } from './units.ts';

const deps = ingestDeps();

export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(
  deps.log,
  (event) =>
    eachRecord(unitsOf(event.Records, deps.bank), deps.log, async ({ unit }) => {
      await ingestAndReport(unit(), deps);
    }),
  { Records: [] },
);

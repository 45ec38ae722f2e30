// EventBridge rule → SQS → here: findings and other events that reach the bank's bus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-structure.html
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { eachMessage } from '../../shared/batches.ts';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { eventUnit } from '../../shared/units.ts';

const deps = ingestDeps();

export const handler = observed<SQSEvent, SQSBatchResponse>(deps.log, (event) => eachMessage(event.Records, deps.log, ingestEvent), {
  Records: [],
});

async function ingestEvent({ body, attributes }: SQSRecord): Promise<void> {
  const arrived = { bytes: Buffer.from(body), time: Number(attributes.SentTimestamp) };
  await ingestAndReport(eventUnit(arrived, deps.bank), deps);
}

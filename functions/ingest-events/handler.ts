// EventBridge rule → SQS → here: findings and other events that reach the bank's bus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-structure.html
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { errorFields } from '../../shared/observe/log.ts';
import { eventUnit } from '../../shared/units.ts';

const deps = ingestDeps();

export const handler = observed<SQSEvent, SQSBatchResponse>(deps.log, async (event) => {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const message of event.Records) {
    try {
      const arrived = { bytes: Buffer.from(message.body), time: Number(message.attributes.SentTimestamp) };
      await ingestAndReport(eventUnit(arrived, deps.bank), deps);
    } catch (error) {
      deps.log.error('event not ingested, it will be delivered again', { message: message.messageId, ...errorFields(error) });
      batchItemFailures.push({ itemIdentifier: message.messageId });
    }
  }
  return { batchItemFailures };
});

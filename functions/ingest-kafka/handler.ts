// Kafka topics (Amazon MSK or self-managed) → here. What cannot be read is parked, so a failure is one of AWS and as likely to hit the next
// partition: it is thrown, and Lambda delivers the whole batch again. What was sealed of it is recognised then.
// https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { kafkaUnit } from '../../shared/message-units.ts';
import { observed } from '../../shared/middleware.ts';
import { runsOf, type KafkaEvent } from './event.ts';

const deps = ingestDeps();

export const handler = observed<KafkaEvent, undefined>(
  deps.log,
  async (event) => {
    for (const run of runsOf(event, deps.bank)) await ingestAndReport(kafkaUnit(run, deps.bank), deps);
    return undefined;
  },
  { eventSource: 'SelfManagedKafka', bootstrapServers: '', records: {} },
);

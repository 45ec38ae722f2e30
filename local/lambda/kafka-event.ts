// What a function receives of a topic, and what the on-failure destination receives of records given up.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html and https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
import type { InvocationResult, KafkaSource } from './model.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** ms since the epoch */
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

/** @returns the record of a Lambda event. */
export function topicEventRecord(record: TopicRecord, topic: string): Record<string, unknown> {
  const { partition, offset, timestamp, timestampType, key, value, headers } = record;
  return {
    ...{ topic, partition, offset, timestamp, timestampType },
    ...(key === null ? {} : { key: key.toString('base64') }),
    ...(value === null ? {} : { value: value.toString('base64') }),
    headers: headers.map(([name, bytes]) => ({ [name?.toString('utf8') ?? '']: bytes === null ? null : [...new Int8Array(bytes)] })),
  };
}

/** @returns the event: each partition's records in their order. */
export function topicEvent(records: readonly TopicRecord[], { servers, topic }: KafkaSource): Record<string, unknown> {
  const byPartition = Map.groupBy(records, ({ partition }) => `${topic}-${partition}`);
  return {
    eventSource: 'SelfManagedKafka',
    bootstrapServers: servers.join(','),
    records: Object.fromEntries([...byPartition].map(([name, found]) => [name, found.map((record) => topicEventRecord(record, topic))])),
  };
}

export interface GivenUpBatch {
  readonly records: readonly TopicRecord[];
  readonly payload: string;
  /** Attempts made with them, the first included. */
  readonly attempts: number;
  readonly last: InvocationResult;
}

/** @param now ms since the epoch. @returns the message: it names the records, it does not hold them. */
export function topicFailureMessage(given: GivenUpBatch, source: KafkaSource, functionArn: string, now: number): Record<string, unknown> {
  const { records, payload, attempts, last } = given;
  const byPartition = Map.groupBy(records, ({ partition }) => `${source.topic}-${partition}`);
  return {
    requestContext: { requestId: last.requestId, functionArn, condition: 'RetryAttemptsExhausted', approximateInvokeCount: attempts },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KafkaBatchInfo: {
      batchSize: records.length,
      bootstrapServers: source.servers.join(','),
      payloadSize: Buffer.byteLength(payload),
      recordsInfo: Object.fromEntries([...byPartition].map(([name, found]) => [name, span(found)])),
    },
  };
}

function span(records: readonly TopicRecord[]): Record<string, unknown> {
  const [first, last] = [records.at(0), records.at(-1)];
  return {
    firstRecordOffset: String(first?.offset),
    lastRecordOffset: String(last?.offset),
    firstRecordTimestamp: first?.timestamp,
    lastRecordTimestamp: last?.timestamp,
  };
}

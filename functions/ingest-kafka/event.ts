// https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html and https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html
// One event holds records of several partitions of one topic, each partition's in their order.
import type { MSKEvent, SelfManagedKafkaEvent } from 'aws-lambda';
import type { BankConfig } from '../../shared/config.ts';
import type { KafkaRecord } from '../../shared/decode/record-batch.ts';
import { digest } from '../../shared/ids.ts';
import { clusterOf } from '../../shared/kafka.ts';
import type { KafkaRun } from '../../shared/message-units.ts';

export type KafkaEvent = MSKEvent | SelfManagedKafkaEvent;

type EventRecord = KafkaEvent['records'][string][number];

/** What the type leaves out: a record need not have a key, headers or a value. */
type Delivered = {
  readonly [K in keyof EventRecord]: K extends 'key' | 'value' | 'headers' ? EventRecord[K] | null | undefined : EventRecord[K];
};

/** @returns the records of each partition. */
export function runsOf(event: KafkaEvent, { kafka }: Pick<BankConfig, 'kafka'>): readonly KafkaRun[] {
  const cluster = clusterName(event, kafka);
  const runs: KafkaRun[] = [];
  for (const delivered of Object.values<readonly Delivered[]>(event.records)) {
    const [first] = delivered;
    if (first !== undefined) runs.push({ cluster, topic: first.topic, partition: first.partition, records: delivered.map(recordOf) });
  }
  return runs;
}

/** Clusters that the bank's file does not know must not share their evidence either. */
function clusterName(event: KafkaEvent, clusters: BankConfig['kafka']): string {
  const arn = event.eventSource === 'aws:kafka' ? event.eventSourceArn : undefined;
  const servers = event.bootstrapServers.split(',').map((server) => server.trim());
  return clusterOf({ arn, servers }, clusters)?.name ?? `unknown-${digest(6, arn ?? servers.toSorted().join())}`;
}

function recordOf({ offset, timestamp, timestampType, key, headers, value }: Delivered): KafkaRecord {
  return {
    offset,
    timestamp,
    timestampType,
    key: key ?? null,
    headers: (headers ?? []).flatMap((header) => Object.entries<readonly number[] | null>(header).map(headerOf)),
    value: value ?? null,
  };
}

/** Lambda writes a header's value as numbers, some of them as Java's signed bytes. */
function headerOf([name, bytes]: readonly [string, readonly number[] | null]): KafkaRecord['headers'][number] {
  return { name, value: bytes === null ? null : Buffer.from(bytes).toString('base64') };
}

// Reads a topic for a consumer group: https://github.com/platformatic/kafka/blob/main/docs/consumer.md
import type { Admin, Consumer, ConsumerOptions, RecordsBatch } from '@platformatic/kafka';
import { text } from '../../shared/outcome.ts';
import type { JsonObject } from '../../shared/model.ts';
import type { TopicRecord } from './kafka-event.ts';
import type { KafkaSource } from './model.ts';

/** By partition: the offset of the next record. */
export type Places = ReadonlyMap<number, number>;

export interface TopicReader {
  /** @returns where the group goes on in each partition. */
  places(otherwise: 'TRIM_HORIZON' | 'LATEST'): Promise<Places>;
  /** @returns where the records of each partition end. */
  ends(): Promise<Places>;
  /** Waits a moment where there are none. @returns records from these places on, each partition's in their order, and the places behind them. */
  read(places: Places): Promise<{ readonly records: readonly TopicRecord[]; readonly places: Places }>;
  commit(places: Places): Promise<void>;
  close(): Promise<void>;
}

const FETCH = { maxWaitTime: 250, minBytes: 1, maxBytes: 4 * 0x100000 };
const PARTITION_BYTES = 0x100000;
// https://kafka.apache.org/41/documentation.html#recordbatch
const LOG_APPEND_TIME = 0x08;
const CONTROL = 0x20;
const EARLIEST = -2n;
const LATEST = -1n;

type Options = ConsumerOptions<Buffer, Buffer, Buffer, Buffer>;

interface Access {
  sasl?: NonNullable<Options['sasl']>;
  tls?: NonNullable<Options['tls']>;
}

/** @param secret what a secret holds, by its ARN. */
export async function topicReader(source: KafkaSource, secret: (arn: string) => Promise<JsonObject>): Promise<TopicReader> {
  // Loaded here: few runs of the platform have a broker.
  const { Admin, Consumer } = await import('@platformatic/kafka');
  const common = { clientId: 'lambda', bootstrapBrokers: [...source.servers], ...(await accessOf(source, secret)) };
  return readerWith(new Admin(common), new Consumer({ ...common, groupId: source.groupId }), source);
}

/** Lambda speaks SCRAM over TLS only. Subnets and security groups mean nothing here. */
async function accessOf({ access }: KafkaSource, secret: (arn: string) => Promise<JsonObject>): Promise<Access> {
  const found: Access = {};
  for (const { type, uri } of access) {
    switch (type) {
      case 'SASL_SCRAM_512_AUTH': {
        const { username, password } = await secret(uri);
        found.sasl = { mechanism: 'SCRAM-SHA-512', username: text(username) ?? '', password: text(password) ?? '' };
        found.tls ??= {};
        break;
      }
      case 'CLIENT_CERTIFICATE_TLS_AUTH': {
        const { certificate, privateKey, privateKeyPassword: passphrase } = await secret(uri);
        const own = { cert: text(certificate), key: text(privateKey), passphrase: text(passphrase) };
        found.tls = { ...found.tls, ...own };
        break;
      }
      case 'SERVER_ROOT_CA_CERTIFICATE':
        found.tls = { ...found.tls, ca: text((await secret(uri))['certificate']) };
        break;
    }
  }
  return found;
}

function readerWith(admin: Admin, consumer: Consumer, { topic, groupId }: KafkaSource): TopicReader {
  const offsets = async (timestamp: bigint): Promise<Places> =>
    numbered((await consumer.listOffsets({ topics: [topic], timestamp })).get(topic));
  return {
    places: async (otherwise) => {
      const start = await offsets(otherwise === 'LATEST' ? LATEST : EARLIEST);
      const committed = await consumer.listCommittedOffsets({ topics: [{ topic, partitions: [...start.keys()] }] });
      // -1 where the group has committed nothing.
      const known = [...numbered(committed.get(topic))].filter(([, offset]) => offset >= 0);
      return new Map([...start, ...known]);
    },
    ends: () => offsets(LATEST),
    read: async (places) => {
      const { topics } = await consumer.metadata({ topics: [topic] });
      const found = topics.get(topic);
      if (found === undefined) throw new Error(`topic ${topic} does not exist`);
      const leaders = Map.groupBy(places.keys(), (partition) => found.partitions[partition]?.leader ?? -1);
      const answers = await Promise.all(
        [...leaders].map(([node, partitions]) =>
          consumer.fetch({
            ...FETCH,
            node,
            topics: [{ topicId: found.id, partitions: partitions.map((partition) => fetched(partition, places)) }],
          }),
        ),
      );
      return taken(
        answers.flatMap(({ responses }) => responses.flatMap(({ partitions }) => partitions)),
        places,
      );
    },
    commit: async (places) => {
      const partitionOffsets = [...places].map(([partition, offset]) => ({ partition, offset: BigInt(offset) }));
      await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: topic, partitionOffsets }] });
    },
    close: async () => {
      await Promise.all([consumer.close(true), admin.close()]);
    },
  };
}

function numbered(offsets: readonly bigint[] = []): Places {
  return new Map(offsets.map((offset, partition) => [partition, Number(offset)]));
}

function fetched(partition: number, places: Places) {
  const fetchOffset = BigInt(places.get(partition) ?? 0);
  return { partition, fetchOffset, partitionMaxBytes: PARTITION_BYTES, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
}

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];

function taken(partitions: readonly FetchedPartition[], from: Places): Awaited<ReturnType<TopicReader['read']>> {
  const places = new Map(from);
  const records: TopicRecord[] = [];
  for (const { partitionIndex: partition, records: batches } of partitions) {
    const place = from.get(partition) ?? 0;
    for (const batch of batches ?? []) {
      places.set(partition, Number(batch.firstOffset) + batch.lastOffsetDelta + 1);
      // A batch is sent whole, also where the place is in the middle of it.
      records.push(...recordsOf(batch, partition).filter(({ offset }) => offset >= place));
    }
  }
  return { records, places };
}

function recordsOf(batch: RecordsBatch, partition: number): readonly TopicRecord[] {
  // What the transaction coordinator writes.
  if ((batch.attributes & CONTROL) !== 0) return [];
  const appended = (batch.attributes & LOG_APPEND_TIME) !== 0;
  return batch.records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    partition,
    offset: Number(batch.firstOffset) + offsetDelta,
    timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta),
    timestampType: appended ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
    key,
    value,
    headers,
  }));
}

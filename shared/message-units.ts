// Units of topics and raw streams: the records of one partition or shard that one invocation brought. Where a batch begins and ends may
// differ when it is delivered again, so events are named after their own record and not after the unit.
import { type BankConfig } from './config.ts';
import { streamName } from './kafka-config.ts';
import {
  openKafkaRecords,
  openShardRecords,
  readKafkaRecords,
  readShardRecords,
  sealRecords,
  timeOf,
  type KafkaRecord,
  type ShardRecord,
} from './decode/record-batch.ts';
import { EvidenceError, MisconfiguredError } from './errors.ts';
import { kafkaSpanOf } from './kafka.ts';
import type { Origin, Outcome } from './model.ts';
import type { Unit } from './pipeline.ts';
import { inMemory } from './seal/spool.ts';
import { namedRoute, type Route } from './sources/routes.ts';

export interface KafkaRun {
  /** Name in the bank's file. */
  readonly cluster: string;
  readonly topic: string;
  readonly partition: number;
  /** At least one, in their order. */
  readonly records: readonly KafkaRecord[];
}

export interface ShardRun {
  /** Name in AWS. */
  readonly stream: string;
  readonly shard: string;
  readonly region: string;
  /** At least one, in their order. */
  readonly records: readonly ShardRecord[];
}

/** @param sealed the sealed bytes, where the run comes out of them. */
export function kafkaUnit({ cluster, topic, partition, records }: KafkaRun, bank: BankConfig, sealed = sealRecords(records)): Unit {
  const place = `kafka://${cluster}/${topic}/${partition}`;
  const named = bank.kafka?.find(({ name }) => name === cluster)?.topics.find(({ name }) => name === topic);
  const route = namedRoute(bank, named);
  const origin = { ...ofBank(bank, route), trigger: 'kafka' as const, account: 'unknown', region: bank.region };
  return {
    origin: {
      ...origin,
      uri: `${place}/${span(records.map(({ offset }) => offset))}@${records[0]?.timestamp ?? 0}`,
      time: timeOf(records),
    },
    ...routed(route, (normaliser) => readKafkaRecords(records, place, normaliser)),
    way: `kafka ${cluster} ${topic}`,
    body: inMemory(sealed).open(),
  };
}

/** @param sealed the sealed bytes, where the run comes out of them. */
export function shardUnit({ stream, shard, region, records }: ShardRun, bank: BankConfig, sealed = sealRecords(records)): Unit {
  const place = `kinesis://${stream}/${shard}`;
  const named = bank.streams?.find(({ name }) => streamName(bank.bank, name) === stream);
  const route = namedRoute(bank, named);
  const origin = { ...ofBank(bank, route), trigger: 'kinesis' as const, account: route?.account ?? 'unknown', region };
  return {
    origin: { ...origin, uri: `${place}/${span(records.map(({ sequence }) => sequence))}`, time: timeOf(records) },
    ...routed(route, (normaliser) => readShardRecords(records, place, normaliser)),
    way: `kinesis ${stream}`,
    body: inMemory(sealed).open(),
  };
}

function ofBank({ bank }: BankConfig, route: Route | undefined): Pick<Origin, 'bank' | 'source'> {
  return { bank, source: route?.source.name ?? 'unknown' };
}

/** What nobody claims is parked as a whole: how its messages fall into records is for the source to say that is named one day. */
function routed(route: Route | undefined, read: NonNullable<Unit['read']>): Pick<Unit, 'source' | 'format' | 'read'> {
  return { source: route?.source, format: route?.format, read: route === undefined ? undefined : read };
}

function span(positions: readonly (number | string)[]): string {
  const [first, last] = [positions.at(0), positions.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a run without records is no unit');
  return `${first}-${last}`;
}

const SHARD_URI = /^kinesis:\/\/([^/]+)\/([^/]+)\/\d+-\d+$/;

/** The unit as its partition delivered it. @param sealed as it was sealed. */
export function kafkaUnitFrom({ uri }: Origin, sealed: Buffer, bank: BankConfig): Unit {
  const of = kafkaSpanOf(uri);
  if (of === undefined) throw new MisconfiguredError(`${uri} names no records of a partition`);
  const { cluster, topic, partition } = of;
  return kafkaUnit({ cluster, topic, partition, records: opened(uri, openKafkaRecords(sealed)) }, bank, sealed);
}

/** @returns the unit as its shard delivered it; undefined where the uri is of a single record, which is a unit of the intake stream. */
export function shardUnitFrom({ uri, region }: Origin, sealed: Buffer, bank: BankConfig): Unit | undefined {
  const [, stream, shard] = SHARD_URI.exec(uri) ?? [];
  if (stream === undefined || shard === undefined) return undefined;
  return shardUnit({ stream, shard, region, records: opened(uri, openShardRecords(sealed)) }, bank, sealed);
}

function opened<R>(uri: string, records: Outcome<readonly R[]>): readonly R[] {
  if (records.kind === 'value') return records.value;
  throw new EvidenceError(`${uri}: ${records.kind === 'reject' ? records.reject.detail : records.rule}`);
}

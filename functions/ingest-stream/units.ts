// What the records of one invocation are: those of the intake stream a unit each, those of the bank's other streams one unit for all that
// the shard brought. An invocation is of one stream. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
import type { KinesisStreamRecord } from 'aws-lambda';
import { type BankConfig } from '../../shared/config.ts';
import { streamName } from '../../shared/kafka-config.ts';
import type { ShardRecord } from '../../shared/decode/record-batch.ts';
import { shardUnit } from '../../shared/message-units.ts';
import type { Unit } from '../../shared/pipeline.ts';
import { streamUnit } from '../../shared/units.ts';

export interface StreamUnit {
  /** Of its first record: Lambda starts again from there. */
  readonly kinesis: { readonly sequenceNumber: string };
  /** Made when its turn comes, since that may open a batch of many MB. */
  readonly unit: () => Unit;
}

export function unitsOf(records: readonly KinesisStreamRecord[], bank: BankConfig): readonly StreamUnit[] {
  const [first] = records;
  if (first === undefined) return [];
  return nameOf(first) === streamName(bank.bank, 'intake') ? records.map((record) => batchOf(record, bank)) : runsOf(records, bank);
}

function nameOf({ eventSourceARN: arn }: KinesisStreamRecord): string {
  return arn.slice(arn.indexOf('/') + 1);
}

/** eventID is `shard:sequence`. */
function shardOf({ eventID: id }: KinesisStreamRecord): string {
  return id.slice(0, id.indexOf(':'));
}

/** @returns ms since the epoch; Lambda writes seconds. */
function arrivalOf({ kinesis }: KinesisStreamRecord): number {
  return Math.round(kinesis.approximateArrivalTimestamp * 1000);
}

/** A CloudWatch Logs subscription batch. */
function batchOf(record: KinesisStreamRecord, bank: BankConfig): StreamUnit {
  const { kinesis, awsRegion } = record;
  const uri = `kinesis://${nameOf(record)}/${shardOf(record)}/${kinesis.sequenceNumber}`;
  const unit = (): Unit => streamUnit(uri, awsRegion, { bytes: Buffer.from(kinesis.data, 'base64'), time: arrivalOf(record) }, bank);
  return { kinesis, unit };
}

function runsOf(records: readonly KinesisStreamRecord[], bank: BankConfig): readonly StreamUnit[] {
  return [...Map.groupBy(records, shardOf)].flatMap(([shard, run]) => {
    const [first] = run;
    if (first === undefined) return [];
    const unit = (): Unit => shardUnit({ stream: nameOf(first), shard, region: first.awsRegion, records: run.map(recordOf) }, bank);
    return [{ kinesis: first.kinesis, unit }];
  });
}

function recordOf(record: KinesisStreamRecord): ShardRecord {
  const { sequenceNumber, partitionKey, data } = record.kinesis;
  return { sequence: sequenceNumber, timestamp: arrivalOf(record), key: partitionKey, value: data };
}

import type { KinesisStreamRecord } from 'aws-lambda';
import { unitsOf } from '../../../functions/ingest-stream/units.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { BANK as PLAIN } from '../alert/findings.ts';

const BANK: BankConfig = { ...PLAIN, streams: [{ name: 'applications', source: 'application-json' }] };

function record(stream: string, shard: string, sequence: string): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'p',
      sequenceNumber: sequence,
      data: Buffer.from('{}').toString('base64'),
      approximateArrivalTimestamp: 1545084650.987,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shard}:${sequence}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::111111111111:role/r',
    awsRegion: 'eu-central-1',
    eventSourceARN: `arn:aws:kinesis:eu-central-1:111111111111:stream/${stream}`,
  };
}

function units(...records: readonly KinesisStreamRecord[]): readonly (readonly string[])[] {
  return unitsOf(records, BANK).map(({ kinesis, unit }) => [kinesis.sequenceNumber, unit().origin.uri]);
}

it('a record of the intake stream is a unit', () => {
  const intake = (sequence: string): KinesisStreamRecord => record('strongroom-demo-intake', 'shardId-0', sequence);

  expect(units(intake('1'), intake('2'))).toEqual([
    ['1', 'kinesis://strongroom-demo-intake/shardId-0/1'],
    ['2', 'kinesis://strongroom-demo-intake/shardId-0/2'],
  ]);
});

it('of another stream all that a shard brought is one, delivered again from its first record', () => {
  const own = (shard: string, sequence: string): KinesisStreamRecord => record('strongroom-demo-applications', shard, sequence);

  expect(units(own('shardId-0', '1'), own('shardId-0', '3'), own('shardId-1', '2'))).toEqual([
    ['1', 'kinesis://strongroom-demo-applications/shardId-0/1-3'],
    ['2', 'kinesis://strongroom-demo-applications/shardId-1/2-2'],
  ]);
});

it('keeps key, number and arrival of each record', () => {
  const [found] = unitsOf([record('strongroom-demo-applications', 'shardId-0', '1')], BANK);

  expect(found?.unit().origin.time).toBe(1545084650987);
});

it('nothing is nothing', () => {
  expect(unitsOf([], BANK)).toEqual([]);
});

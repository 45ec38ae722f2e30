import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  openKafkaRecords,
  openShardRecords,
  readKafkaRecords,
  readShardRecords,
  sealRecords,
  timeOf,
  type KafkaRecord,
  type ShardRecord,
} from '../../../shared/decode/record-batch.ts';
import { positionIds } from '../../../shared/ids.ts';
import { aggregated } from '../../fakes/kpl.ts';
import { run, toySource } from '../normalise/toy.ts';

const TIME = Date.UTC(2026, 0, 15, 12);
const PLACE = 'kafka://c/t/0';

function kafka(offset: number, value: string | null, timestamp = TIME): KafkaRecord {
  const body = value === null ? null : Buffer.from(value).toString('base64');
  return { offset, timestamp, timestampType: 'CREATE_TIME', key: null, headers: [], value: body };
}

function shard(sequence: string, data: Buffer): ShardRecord {
  return { sequence, timestamp: TIME, key: 'p', value: data.toString('base64') };
}

function readKafka(records: readonly KafkaRecord[]): ReturnType<typeof run> {
  return run((normaliser) => readKafkaRecords(records, PLACE, normaliser));
}

function ids(seen: ReturnType<typeof run>): readonly string[] {
  return seen.events.map(({ event }) => event.metadata.uid);
}

describe('sealed records', () => {
  const records = [{ ...kafka(7, 'x'), key: 'aw==', headers: [{ name: 'h', value: 'AP8=' }] }, kafka(9, null)];

  it('are a line per record with everything that was delivered, the same bytes each time', () => {
    expect(gunzipSync(sealRecords(records)).toString()).toBe(
      `{"offset":7,"timestamp":${TIME},"timestampType":"CREATE_TIME","key":"aw==","headers":[{"name":"h","value":"AP8="}],"value":"eA=="}\n` +
        `{"offset":9,"timestamp":${TIME},"timestampType":"CREATE_TIME","key":null,"headers":[],"value":null}\n`,
    );
    expect(sealRecords(records)).toEqual(sealRecords(records));
  });

  it('are opened as they were sealed', () => {
    const own = [shard('49', Buffer.from('x'))];

    expect(openKafkaRecords(sealRecords(records))).toEqual({ kind: 'value', value: records });
    expect(openShardRecords(sealRecords(own))).toEqual({ kind: 'value', value: own });
  });

  it.each([
    ['no gzip', Buffer.from('x'), 'corrupt_compression'],
    ['no records', gzipSync('{"offset":"7"}\n'), 'malformed_record'],
    ['no JSON', gzipSync('{\n'), 'malformed_record'],
    ['another kind of records', sealRecords([shard('49', Buffer.from('x'))]), 'malformed_record'],
  ])('%s are not', (_, bytes, code) => {
    expect(openKafkaRecords(bytes)).toMatchObject({ kind: 'reject', reject: { code } });
  });
});

describe('records of a partition', () => {
  it('have ids of their own names, in whatever batch they come', () => {
    const records = [kafka(3, 'a\nb'), kafka(4, 'c'), kafka(8, 'd')];
    const whole = readKafka(records);
    const parts = [records.slice(0, 1), records.slice(1)].map(readKafka);

    const own = (offset: number) => positionIds(`${PLACE}/${offset}@${TIME}`);
    expect(ids(whole)).toEqual([own(3)(0), own(3)(1), own(4)(0), own(8)(0)]);
    expect(parts.flatMap(ids)).toEqual(ids(whole));
  });

  it('without a value or without anything in it are accounted for', () => {
    const { summary } = readKafka([kafka(1, 'a'), kafka(2, null), kafka(3, ''), kafka(4, ' \r\n\t')]);

    expect(summary.counts).toEqual({ records: 4, events: 1, excluded: 3, parked: 0 });
    expect(summary.excludedBy).toEqual({ kafka_tombstone: 1, empty_message: 2 });
  });

  it('are in the place of the first time that can be true, the same on every redelivery', () => {
    const never = [kafka(1, 'a', -1), kafka(2, 'b', 253_402_300_800_000)];

    expect(timeOf([...never, kafka(3, 'c')])).toBe(TIME);
    expect(timeOf(never)).toBe(Date.UTC(2000, 0, 1));
  });

  it('that cannot tell their time have that of the batch', () => {
    const times: (number | undefined)[] = [];
    const source = toySource();
    const watching = {
      ...source,
      parse: (...given: Parameters<typeof source.parse>) => (times.push(given[0].time), source.parse(...given)),
    };
    run((normaliser) => readKafkaRecords([kafka(1, 'a', -1), kafka(2, 'b', TIME + 1)], PLACE, normaliser), { source: watching });

    expect(times).toEqual([TIME + 1, TIME + 1]);
  });
});

describe('records of a shard', () => {
  it('that were aggregated are each under a name of their own', () => {
    const records = [
      shard('10', Buffer.from('a')),
      shard('11', aggregated(['b', 'c'].map((text) => Buffer.from(text)))),
      shard('12', Buffer.from('d')),
    ];
    const seen = run((normaliser) => readShardRecords(records, 'kinesis://s/shard-0', normaliser));

    const own = (name: string): string => positionIds(`kinesis://s/shard-0/${name}`)(0);
    expect(ids(seen)).toEqual([own('10'), own('11#0'), own('11#1'), own('12')]);
  });

  it('that are aggregates of nothing are accounted for', () => {
    const empty = Buffer.concat([Buffer.from('f3899ac2', 'hex'), createHash('md5').update('').digest()]);
    const seen = run((normaliser) =>
      readShardRecords([shard('10', empty), shard('11', aggregated([]))], 'kinesis://s/shard-0', normaliser),
    );

    expect(seen.summary).toMatchObject({ counts: { records: 2, excluded: 1, parked: 1 }, excludedBy: { empty_message: 1 } });
    expect(seen.parked).toMatchObject([{ code: 'malformed_record', index: 1, raw: aggregated([]).toString('latin1') }]);
  });
});

describe('a message in which framing finds no record', () => {
  const json = { source: toySource({ kind: 'json', arrayKey: 'Records' }) };

  it.each([
    ['[]', 'empty_message'],
    ['[[], [[]] ]', 'empty_message'],
    ['{"Records":[]}', 'empty_message'],
    ['{"Records":[],"x":{}}', 'empty_message'],
    ['{"Records":[],"x":"something"}', 'malformed_record'],
    ['[[[,', 'malformed_record'],
  ])('%j is counted as %s', (text, what) => {
    const { counts, excludedBy, parkedBy } = run((normaliser) => readKafkaRecords([kafka(1, text)], PLACE, normaliser), json).summary;

    expect(counts.records).toBe(1);
    expect({ ...excludedBy, ...parkedBy }).toEqual({ [what]: 1 });
  });

  it('nested as deeply as it may be, is counted', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const seen = run((normaliser) => readKafkaRecords([kafka(1, deep)], PLACE, normaliser), json);

    expect(seen.summary.excludedBy).toEqual({ empty_message: 1 });
  });

  it('of a header alone is none of the activity; an object without records is no record at all', () => {
    expect(readKafka([kafka(1, '# one\n# two')]).summary.excludedBy).toEqual({ header_alone: 1 });
    expect(run((normaliser) => normaliser.push(Buffer.from('{"Records":[]}')), json).summary.counts.records).toBe(0);
  });
});

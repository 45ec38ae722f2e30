import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { BankConfig } from '../../../shared/config.ts';
import { sealRecords, type KafkaRecord, type ShardRecord } from '../../../shared/decode/record-batch.ts';
import { EvidenceError, MisconfiguredError } from '../../../shared/errors.ts';
import { kafkaUnit, shardUnit } from '../../../shared/message-units.ts';
import type { Unit } from '../../../shared/pipeline.ts';
import { placeOfKey, vaultKey } from '../../../shared/seal/vault.ts';
import { once, unitFromEvidence } from '../../../shared/units.ts';
import { BANK as PLAIN } from '../alert/findings.ts';
import { run } from '../normalise/toy.ts';

const TIME = Date.UTC(2026, 0, 15, 12);
const FORMAT = '${version} ${srcaddr} ${dstaddr} ${start}';

const BANK: BankConfig = {
  ...PLAIN,
  kafka: [
    {
      name: 'payments',
      bootstrap_servers: ['b-1.kafka.bank.example:9096'],
      authentication: 'tls',
      topics: [
        { name: 'app.log', source: 'application-json' },
        { name: 'flows', source: 'vpc-flow', format: FORMAT },
        { name: 'odd', source: 'no-such-source' },
      ],
    },
  ],
  streams: [
    { name: 'applications', source: 'application-json', account: '222222222222' },
    { name: 'flows', source: 'vpc-flow', format: FORMAT },
  ],
};

function kafkaRecord(offset: number, message: string): KafkaRecord {
  const value = Buffer.from(JSON.stringify({ level: 'info', message })).toString('base64');
  return { offset, timestamp: TIME + offset, timestampType: 'CREATE_TIME', key: null, headers: [], value };
}

function topicUnit(topic: string, records = [kafkaRecord(5, 'a'), kafkaRecord(9, 'b')], cluster = 'payments'): Unit {
  return kafkaUnit({ cluster, topic, partition: 2, records }, BANK);
}

function shardRecord(sequence: string, message: string): ShardRecord {
  return { sequence, timestamp: TIME, key: 'p', value: Buffer.from(JSON.stringify({ level: 'info', message })).toString('base64') };
}

function ownUnit(stream: string, records = [shardRecord('495', 'a'), shardRecord('497', 'b')]): Unit {
  return shardUnit({ stream, shard: 'shardId-000000000001', region: 'eu-central-1', records }, BANK);
}

function outcome(unit: Unit): ReturnType<typeof run> {
  return run((normaliser) => unit.read?.(normaliser), { ...unit, transforms: [] });
}

describe('records of a partition', () => {
  it('are one unit, named by its first and last offset', () => {
    const unit = topicUnit('app.log');

    expect(unit.origin).toEqual({
      bank: 'demo',
      account: 'unknown',
      region: 'eu-central-1',
      source: 'application-json',
      trigger: 'kafka',
      uri: `kafka://payments/app.log/2/5-9@${TIME + 5}`,
      time: TIME + 5,
    });
    expect(outcome(unit).summary.counts).toEqual({ records: 2, events: 2, excluded: 0, parked: 0 });
  });

  it('are sealed as they were delivered', async () => {
    const records = [kafkaRecord(5, 'a'), kafkaRecord(9, 'b')];

    expect(gunzipSync(await buffer(topicUnit('app.log', records).body)).toString()).toBe(
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
  });

  it('have the format that the bank gives for the topic', () => {
    expect(topicUnit('flows')).toMatchObject({ source: { name: 'vpc-flow' }, format: FORMAT });
  });

  it('that come again in other batches give the same ids', () => {
    const idsOf = (records: readonly KafkaRecord[]) =>
      outcome(topicUnit('app.log', [...records])).events.map(({ event }) => event.metadata.uid);
    const records = [kafkaRecord(1, 'a'), kafkaRecord(2, 'b'), kafkaRecord(3, 'c')];

    expect([...idsOf(records.slice(0, 2)), ...idsOf(records.slice(2))]).toEqual(idsOf(records));
    expect(new Set(idsOf(records)).size).toBe(3);
  });

  it.each([
    ['a topic that the bank does not name', 'other', 'payments'],
    ['a source that does not exist', 'odd', 'payments'],
    ['a cluster that the bank does not name', 'app.log', 'unknown-AbCdEfGh'],
  ])('of %s are sealed and parked as a whole', (_, topic, cluster) => {
    const unit = topicUnit(topic, undefined, cluster);

    // What the pipeline does with a unit that has neither.
    expect([unit.source, unit.read, unit.origin.source]).toEqual([undefined, undefined, 'unknown']);
  });

  it('without a believable time can be found in the vault', () => {
    const unit = topicUnit('app.log', [{ ...kafkaRecord(1, 'a'), timestamp: -1 }]);

    expect(placeOfKey(vaultKey(unit.origin)).day).toBe('2000-01-01');
  });

  it('are at least one', () => {
    expect(() => topicUnit('app.log', [])).toThrow('no unit');
  });
});

describe('records of a shard', () => {
  it('are one unit, of the account that the bank says', () => {
    expect(ownUnit('strongroom-demo-applications').origin).toEqual({
      bank: 'demo',
      account: '222222222222',
      region: 'eu-central-1',
      source: 'application-json',
      trigger: 'kinesis',
      uri: 'kinesis://strongroom-demo-applications/shardId-000000000001/495-497',
      time: TIME,
    });
    expect(ownUnit('strongroom-demo-flows')).toMatchObject({
      origin: { account: 'unknown' },
      source: { name: 'vpc-flow' },
      format: FORMAT,
    });
  });

  it('of a stream that the bank does not name are sealed and parked as a whole', () => {
    expect(ownUnit('strongroom-other-applications')).toMatchObject({ source: undefined, read: undefined });
  });
});

describe('from its evidence a unit is what it was', () => {
  it.each([
    ['a topic', topicUnit('app.log')],
    ['a topic nobody knew', topicUnit('other')],
    ['a stream', ownUnit('strongroom-demo-applications')],
  ])('%s', async (_, unit) => {
    const bytes = await buffer(unit.body);
    const again = await unitFromEvidence(unit.origin, once(bytes), BANK);

    expect(again.origin).toEqual(unit.origin);
    expect([again.source, again.format, again.read === undefined]).toEqual([unit.source, unit.format, unit.read === undefined]);
    if (unit.read !== undefined) expect(outcome(again).events).toEqual(outcome(unit).events);
    await expect(buffer(again.body)).resolves.toEqual(bytes);
  });

  it('what nobody knew then has a source when the bank names it', async () => {
    const { origin, body } = topicUnit('other');
    const topics = [{ name: 'other', source: 'application-json' }];
    const bank = { ...BANK, kafka: [{ name: 'payments', authentication: 'none' as const, topics }] };

    const again = await unitFromEvidence(origin, body, bank);

    expect(again.origin.source).toBe('application-json');
    expect(outcome(again).summary.counts.events).toBe(2);
  });

  it('what it was not is refused', async () => {
    const { origin } = topicUnit('app.log');

    await expect(unitFromEvidence({ ...origin, uri: 'kafka://payments/app.log' }, once(sealRecords([])), BANK)).rejects.toThrow(
      MisconfiguredError,
    );
    await expect(unitFromEvidence(origin, once(Buffer.from('x')), BANK)).rejects.toThrow(EvidenceError);
  });
});

import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { BankConfig } from '../../../shared/config.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';
import type { Origin } from '../../../shared/model.ts';
import type { Unit } from '../../../shared/pipeline.ts';
import { placeOfKey, vaultKey } from '../../../shared/seal/vault.ts';
import { eventUnit, objectUnit, once, streamUnit, unitFromEvidence } from '../../../shared/units.ts';
import { run } from '../normalise/toy.ts';

const TIME = Date.UTC(2026, 0, 15, 12);

const BANK: BankConfig = {
  bank: 'demo',
  security_account: '111111111111',
  region: 'eu-central-1',
  accounts: [{ id: '222222222222', name: 'payments' }],
  retention: { evidence_days: 365, evidence_mode: 'governance', landing_days: 30, parked_days: 90, function_logs_days: 365 },
  opensearch: { endpoint: 'http://127.0.0.1:9200' },
  log_groups: [
    { match: '/vpc/flow-logs', source: 'vpc-flow', format: '${version} ${srcaddr} ${dstaddr} ${start}' },
    { match: '/app/*/audit', source: 'application-json' },
    { match: '/app/a.b', source: 'application-json' },
    { match: '/odd/*', source: 'no-such-source' },
  ],
  exclusions: [],
  redaction: [],
  alerts: { min_severity: 'high', bad_addresses: [], subscriptions: [] },
};

const TRAIL_KEY = 'AWSLogs/222222222222/CloudTrail/eu-west-1/2026/01/15/222222222222_CloudTrail_eu-west-1_20260115T1200Z_AbCdEfGh.json.gz';

/** What reading the unit by itself gives. */
function outcome(unit: Unit): ReturnType<typeof run> {
  return run((normaliser) => unit.read?.(normaliser), { ...unit, origin: unit.origin, transforms: [] });
}

describe('an object', () => {
  const arrived = (key: string) => ({ bucket: 'landing', key, version: '3HL4', time: TIME, body: once(Buffer.from('x')) });

  it('is of the source, account and region that its key says', () => {
    const { origin, source, read } = objectUnit(arrived(TRAIL_KEY), BANK);

    expect(origin).toEqual({
      bank: 'demo',
      account: '222222222222',
      region: 'eu-west-1',
      source: 'cloudtrail',
      trigger: 's3',
      uri: `s3://landing/${TRAIL_KEY}#3HL4`,
      time: TIME,
    });
    expect(source?.name).toBe('cloudtrail');
    expect(read).toBeUndefined();
  });

  it.each([
    ['a prefix', `logs/of/payments/${TRAIL_KEY}`, 'cloudtrail'],
    ['a prefix that only ends like the folder', `xAWSLogs/${TRAIL_KEY}`, 'cloudtrail'],
  ])('under %s is still whose the service says', (_, key, source) => {
    expect(objectUnit(arrived(key), BANK).origin).toMatchObject({ account: '222222222222', region: 'eu-west-1', source });
  });

  // Prefix or suffix: one of the two was chosen by whoever set the delivery up, and nobody can tell which.
  it.each([
    ["another account's", `AWSLogs/333333333333/CloudTrail/us-east-1/${TRAIL_KEY}`],
    ["another source's", `AWSLogs/333333333333/GuardDuty/us-east-1/${TRAIL_KEY}`],
  ])('that is in %s folder as well is nobody’s', (_, key) => {
    expect(objectUnit(arrived(key), BANK).origin).toMatchObject({ account: 'unknown', source: 'unknown' });
  });

  it('that nobody claims is of an unknown source, in the region of the bank', () => {
    const { origin, source } = objectUnit(arrived('some/file.txt'), BANK);

    expect(origin).toMatchObject({ account: 'unknown', region: 'eu-central-1', source: 'unknown' });
    expect(source).toBeUndefined();
  });
});

describe('a record of the intake stream', () => {
  const batch = (change: object = {}) => ({
    messageType: 'DATA_MESSAGE',
    owner: '222222222222',
    logGroup: '/app/payments/audit',
    logStream: 'i-0abc',
    subscriptionFilters: ['strongroom'],
    logEvents: [
      { id: '1', timestamp: TIME, message: '{"level":"info","message":"paid","time":"2026-01-15T12:00:00Z"}' },
      { id: '2', timestamp: TIME, message: '{"level":"info","message":"sent","time":"2026-01-15T12:00:01Z"}' },
    ],
    ...change,
  });
  const unitOf = (payload: object | Buffer) => {
    const bytes = Buffer.isBuffer(payload) ? payload : gzipSync(JSON.stringify(payload));
    return streamUnit('kinesis://intake/shardId-000000000000/495', 'eu-central-1', { bytes, time: TIME }, BANK);
  };

  it('is of the source that the bank says its log group holds, and of the account that owns the group', async () => {
    const unit = unitOf(batch());

    expect(unit).toMatchObject({
      origin: { bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'application-json', trigger: 'kinesis', time: TIME },
      logGroup: '/app/payments/audit',
      logStream: 'i-0abc',
    });
    expect(unit.origin.uri).toBe('kinesis://intake/shardId-000000000000/495');
    expect(outcome(unit).summary.counts).toEqual({ records: 2, events: 2, excluded: 0, parked: 0 });
    await expect(buffer(unit.body)).resolves.toEqual(gzipSync(JSON.stringify(batch())));
  });

  it('that comes again in another batch, at another position, gives the same ids; another stream, group or account gives others', () => {
    const log = { id: '39550', timestamp: TIME, message: '2 192.0.2.1 198.51.100.7 1768478400' };
    const other = { ...log, id: '39549' };
    const idOf = (change: object, sequence: string): string | undefined => {
      const bytes = gzipSync(JSON.stringify(batch({ logGroup: '/vpc/flow-logs', logEvents: [log], ...change })));
      return outcome(
        streamUnit(`kinesis://intake/shardId-000000000000/${sequence}`, 'eu-central-1', { bytes, time: TIME }, BANK),
      ).events.at(-1)?.event.metadata.uid;
    };
    const first = idOf({}, '495');

    expect(first).toMatch(/^[\w-]{20}$/);
    expect([idOf({}, '496'), idOf({ logEvents: [other, log] }, '497')]).toEqual([first, first]);
    const others = [{ logStream: 'i-1' }, { owner: '333333333333' }, { logEvents: [other] }].map((change) => idOf(change, '495'));
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('has the format that the bank gives for the group', () => {
    expect(unitOf(batch({ logGroup: '/vpc/flow-logs' }))).toMatchObject({
      source: { name: 'vpc-flow' },
      format: '${version} ${srcaddr} ${dstaddr} ${start}',
    });
  });

  it.each([
    ['/app/payments/audit', 'application-json'],
    ['/app//audit', 'application-json'],
    ['/app/a/b/audit', 'application-json'],
    ['/app/payments/audit/more', 'unknown'],
    ['x/app/payments/audit', 'unknown'],
    ['/app/a.b', 'application-json'],
    ['/app/aXb', 'unknown'],
    ['/odd/group', 'unknown'],
    ['', 'unknown'],
  ])('a star stands for anything, and nothing else is special: %s is %s', (logGroup, source) => {
    expect(unitOf(batch({ logGroup })).origin.source).toBe(source);
  });

  it('of a group that the bank does not name is parked record by record', () => {
    const { summary, parked } = outcome(unitOf(batch({ logGroup: '/other' })));

    expect(summary.counts).toEqual({ records: 2, events: 0, excluded: 0, parked: 2 });
    expect(parked.map(({ code, index }) => [code, index])).toEqual([
      ['unknown_source', 0],
      ['unknown_source', 1],
    ]);
  });

  it('that only tries the stream is excluded', () => {
    const control = batch({
      messageType: 'CONTROL_MESSAGE',
      owner: 'CloudwatchLogs',
      logGroup: '',
      logEvents: [{ id: '', timestamp: TIME, message: 'CWL CONTROL MESSAGE' }],
    });
    const unit = unitOf(control);

    expect(unit.origin.source).toBe('cloudwatch-logs');
    expect(outcome(unit).summary).toMatchObject({
      counts: { records: 1, events: 0, excluded: 1, parked: 0 },
      excludedBy: { cloudwatch_control_message: 1 },
    });
  });

  it.each([
    ['no gzip', Buffer.from('hello'), 'corrupt_compression'],
    ['gzip that is cut', gzipSync(JSON.stringify({})).subarray(0, 12), 'corrupt_compression'],
    ['no JSON', gzipSync('{'), 'malformed_json'],
    ['no batch', gzipSync('{}'), 'malformed_record'],
    ['a bomb', gzipSync(Buffer.alloc(65 * 1024 * 1024)), 'too_large'],
  ])('that is %s is parked as a whole', (_, bytes, code) => {
    const unit = unitOf(bytes);

    expect(unit.origin).toMatchObject({ account: 'unknown', source: 'unknown' });
    expect(outcome(unit).parked).toMatchObject([{ code, index: -1 }]);
  });
});

describe('an event of the bus', () => {
  const event = (change: object = {}) => ({
    version: '0',
    id: 'cd2d702e-ab31-411b-9344-793ce56b1bc7',
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: '222222222222',
    time: '2026-01-15T12:34:56Z',
    region: 'eu-west-1',
    resources: [],
    detail: {},
    ...change,
  });
  const unitOf = (payload: object | string, time = TIME) =>
    eventUnit({ bytes: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)), time }, BANK);

  it('says itself whose it is and when it was', () => {
    expect(unitOf(event()).origin).toEqual({
      bank: 'demo',
      account: '222222222222',
      region: 'eu-west-1',
      source: 'guardduty',
      trigger: 'eventbridge',
      uri: 'eventbridge://222222222222/eu-west-1/cd2d702e-ab31-411b-9344-793ce56b1bc7',
      time: Date.UTC(2026, 0, 15, 12, 34, 56),
    });
  });

  it.each([
    ['an hour ahead', TIME + 3_600_000],
    ['fifteen days ago', TIME - 15 * 86_400_000],
    ['before there was time', 0],
  ])('that says it is of %s is of the time it came: senders do not choose the month they are sealed in', (_, said) => {
    const { origin } = unitOf(event({ time: new Date(said).toISOString() }), TIME);

    expect(origin.time).toBe(TIME);
    expect(unitOf(event({ time: new Date(said).toISOString() }), origin.time).origin).toEqual(origin);
  });

  it('is one record, the whole event', () => {
    const { parked } = outcome(unitOf(event({ source: 'aws.health' })));

    expect(parked).toMatchObject([{ code: 'unknown_source', index: 0, raw: JSON.stringify(event({ source: 'aws.health' })) }]);
  });

  it('has the same origin whenever its message is delivered', () => {
    expect(unitOf(event(), TIME + 1).origin).toEqual(unitOf(event(), TIME).origin);
  });

  it.each(['no time', '', '9999999', '-000001-01-01T00:00:00Z', '+275760-09-13T00:00:00Z'])(
    'that puts itself at "%s" has the time of its message, so that its evidence can be found',
    (time) => {
      const { origin } = unitOf(event({ time }));

      expect(origin.time).toBe(TIME);
      expect(placeOfKey(vaultKey(origin)).day).toBe('2026-01-15');
    },
  );

  it.each(['no JSON', '[]', 'null', '{}', '{"id":7,"account":{}}'])('that is none of EventBridge is of an unknown source: %s', (body) => {
    const unit = unitOf(body);

    expect(unit.origin).toMatchObject({ account: 'unknown', region: 'eu-central-1', source: 'unknown', time: TIME });
    expect(outcome(unit).summary.counts).toEqual({ records: 1, events: 0, excluded: 0, parked: 1 });
  });

  it('without an id does not share its evidence with the next one', () => {
    expect(vaultKey(unitOf('one').origin)).not.toBe(vaultKey(unitOf('two').origin));
    expect(vaultKey(unitOf('one').origin)).toBe(vaultKey(unitOf('one').origin));
  });
});

describe('from its evidence a unit is what it was', () => {
  const batch = gzipSync(JSON.stringify({ owner: '222222222222', logGroup: '/app/payments/audit', logStream: 's', logEvents: [] }));
  const bus = Buffer.from(
    JSON.stringify({ id: 'e', account: '222222222222', region: 'eu-west-1', source: 'aws.guardduty', 'detail-type': 'GuardDuty Finding' }),
  );
  const object = { bucket: 'landing', version: 'v', time: TIME };

  it.each([
    ['an object', objectUnit({ ...object, key: TRAIL_KEY, body: once(Buffer.from('x')) }, BANK), Buffer.from('x')],
    [
      'an object whose key holds # and line feeds',
      objectUnit({ ...object, key: 'a#b\nc', body: once(Buffer.from('x')) }, BANK),
      Buffer.from('x'),
    ],
    ['a batch', streamUnit('kinesis://intake/shard/1', 'eu-central-1', { bytes: batch, time: TIME }, BANK), batch],
    ['an event', eventUnit({ bytes: bus, time: TIME }, BANK), bus],
  ])('%s', async (_, unit, bytes) => {
    const again = await unitFromEvidence(unit.origin, once(bytes), BANK);

    expect(again).toMatchObject({ origin: unit.origin });
    expect(again.source).toBe(unit.source);
    expect([again.format, again.logGroup, again.logStream]).toEqual([unit.format, unit.logGroup, unit.logStream]);
    await expect(buffer(again.body)).resolves.toEqual(bytes);
  });

  it.each<Partial<Origin>>([
    { trigger: 'file', uri: 'file://a.log' },
    { trigger: 's3', uri: 's3://landing' },
  ])('what it was not is misconfigured: %o', async (change) => {
    const origin = { ...objectUnit({ ...object, key: 'a', body: once(Buffer.from('x')) }, BANK).origin, ...change };

    await expect(unitFromEvidence(origin, once(Buffer.from('x')), BANK)).rejects.toThrow(MisconfiguredError);
  });
});

// Parking and redriving, against the emulator: real evidence, the real pipeline, and what reaches the hub stream.
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { listStore, redriveStore, showRecords } from '../../cli/commands/parked.ts';
import { loadBank } from '../../cli/bank.ts';
import type { BankConfig } from '../../shared/config.ts';
import { EvidenceError, MisconfiguredError } from '../../shared/errors.ts';
import { createBatcher, decodeBatch } from '../../shared/hub/batch.ts';
import type { HubDocument, Origin, ParkedRecord } from '../../shared/model.ts';
import { createParker, parkRecords, type ParkedStore } from '../../shared/park/parked.ts';
import { createSensitive } from '../../shared/redact/sensitive.ts';
import { redrive, type RedriveDeps } from '../../shared/park/redrive.ts';
import { listParked, readParked, type ParkedObject } from '../../shared/park/store.ts';
import { ingest, type Ingested, type PipelineDeps } from '../../shared/pipeline.ts';
import { createHolds } from '../../shared/retention/holds.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';
import { createSealer } from '../../shared/seal/seal.ts';
import { objectUnit, once, streamUnit } from '../../shared/units.ts';
import { startVaultPlatform, type VaultPlatform } from './vault-platform.ts';

const DELIVERED = Date.UTC(2026, 10, 21, 12);
const FLOW_HEADER = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';

let platform: VaultPlatform;
let parked: ParkedStore;
let bank: BankConfig;
let pipelineDeps: PipelineDeps;
let redriveDeps: RedriveDeps;
let iterator: string | undefined;

beforeAll(async () => {
  platform = await startVaultPlatform();
  const { s3, kms, keyArn, kinesis, stream, vaultBucket, parkedBucket } = platform;
  const loaded = loadBank('banks/demo.yml');
  if (loaded.bank === undefined) throw new Error('banks/demo.yml is not valid');
  bank = loaded.bank;
  parked = { s3, bucket: parkedBucket };
  const hub = { kinesis, stream };
  const sensitive = createSensitive(bank, Buffer.alloc(32, 1));
  const keys = createPeriodKeys({ s3, kms, keyArn, bucket: platform.periodKeysBucket, bank: bank.bank });
  pipelineDeps = {
    bank,
    sensitive: () => Promise.resolve(sensitive),
    s3,
    sealer: createSealer({ keys }),
    holds: createHolds({ s3, bucket: vaultBucket }),
    vaultBucket,
    parkedBucket,
    hub,
  };
  const vault = { s3, bucket: vaultBucket };
  const access = await recordAccess({
    vault: { ...vault, retention: bank.retention },
    ...{ reason: 'a test', purpose: 'redrive', scope: { parked: '*' }, by: 'the test' },
  });
  redriveDeps = { bank, vault: { ...vault, opener: createOpener({ keys }), access }, parked, hub, sensitive };
  const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const request = { StreamName: stream, ShardId: Shards?.[0]?.ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  iterator = (await kinesis.send(new GetShardIteratorCommand(request))).ShardIterator;
}, 180_000);

afterAll(() => platform.stop());

// Each test starts with an empty parked bucket and a hub whose records are read.
beforeEach(async () => {
  for (const key of await keysIn('parked')) await platform.s3.send(new DeleteObjectCommand({ Bucket: 'parked', Key: key }));
  await hubDocuments();
});

async function keysIn(bucket: string): Promise<readonly string[]> {
  const { Contents } = await platform.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return (Contents ?? []).map(({ Key }) => Key ?? '');
}

/** Documents published since the last call. */
async function hubDocuments(): Promise<readonly HubDocument[]> {
  const { Records, NextShardIterator } = await platform.kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
  iterator = NextShardIterator;
  return (Records ?? []).flatMap(({ Data }) => {
    const batch = decodeBatch(Data ?? new Uint8Array());
    return batch.kind === 'value' ? batch.value.documents : [];
  });
}

async function allParked(): Promise<readonly ParkedObject[]> {
  const objects: ParkedObject[] = [];
  for await (const object of listParked(parked)) objects.push(object);
  return objects;
}

function printer(): { readonly out: Writable; readonly printed: () => string } {
  let text = '';
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { out, printed: () => text };
}

function originOf(uri: string): Origin {
  return { bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'vpc-flow', trigger: 's3', uri, time: DELIVERED };
}

function recordOf(origin: Origin, index: number, changes: Partial<ParkedRecord> = {}): ParkedRecord {
  return { stage: 'parse', code: 'malformed_record', detail: 'too few fields', origin, index, raw: `line ${index}`, ...changes };
}

function batchOf(document: HubDocument): readonly Buffer[] {
  const records: Buffer[] = [];
  const batcher = createBatcher({ hub: 1, origin: originOf('s3://landing/hub#1'), evidence: 'some/evidence' }, (record) =>
    records.push(record),
  );
  batcher.add(document);
  batcher.end();
  return records;
}

function hubRecord(bytes: Buffer): ParkedRecord {
  const origin = { ...originOf('kinesis://hub/shardId-000000000000/1'), trigger: 'kinesis' } as const;
  return recordOf(origin, -1, { stage: 'index', raw: bytes.toString('base64') });
}

function flow(second: number, bytes: string | number = 840): string {
  return `2 222222222222 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.20 443 49152 6 10 ${bytes} ${1795262400 + second} ${1795262460 + second} ACCEPT OK`;
}

/** Delivers flow records, those at `broken` unreadable. */
async function ingestFlows(name: string, records: number, broken: readonly number[]): Promise<Ingested> {
  const lines = Array.from({ length: records }, (_, at) => flow(at, broken.includes(at) ? 'many' : 840));
  const bytes = gzipSync([FLOW_HEADER, ...lines, ''].join('\n'));
  const key = `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/21/222222222222_vpcflowlogs_eu-central-1_fl-1_${name}.log.gz`;
  return await ingest(objectUnit({ bucket: 'landing', key, version: '1', time: DELIVERED, body: once(bytes) }, bank), pipelineDeps);
}

describe('parking', () => {
  it('keeps every record of a unit with its reason, under a key per stage, and says in the list what is there', async () => {
    const origin = originOf('s3://landing/a#1');
    const parker = createParker(parked, origin, 'some/evidence');
    parker.add(recordOf(origin, 3));
    parker.add(recordOf(origin, 4, { stage: 'decode', code: 'record_too_large' }));
    parker.add(recordOf(origin, 5, { code: 'bad_value', raw: '"quoted" and\nin two lines' }));

    const keys = await parker.end();

    expect(keys).toHaveLength(2);
    const [decode, parse] = await allParked();
    expect(decode).toMatchObject({ stage: 'decode', source: 'vpc-flow', records: 1, codes: { record_too_large: 1 }, delivered: DELIVERED });
    expect(parse).toMatchObject({ stage: 'parse', records: 2, codes: { malformed_record: 1, bad_value: 1 } });
    expect(await readParked(parked, parse?.key ?? '')).toEqual([
      recordOf(origin, 3, { evidence: 'some/evidence' }),
      recordOf(origin, 5, { code: 'bad_value', raw: '"quoted" and\nin two lines', evidence: 'some/evidence' }),
    ]);
  });

  it('writes a redelivery over its own copy, part by part', async () => {
    const origin = originOf('s3://landing/many#1');
    async function deliver(): Promise<readonly string[]> {
      const parker = createParker(parked, origin);
      for (let index = 0; index < 25_000; index++) {
        parker.add(recordOf(origin, index));
        if (index % 1000 === 0) await parker.settled();
      }
      return await parker.end();
    }

    const first = await deliver();
    const second = await deliver();

    expect(second).toEqual(first);
    expect((await allParked()).map(({ records }) => records).toSorted((a, b) => a - b)).toEqual([5000, 10_000, 10_000]);
    const [last] = await readParked(parked, first[2] ?? '');
    expect(last?.index).toBe(20_000);
  }, 30_000);

  it('closes an object before its records fill the memory of a reader', async () => {
    const origin = originOf('s3://landing/large-records#1');
    const parker = createParker(parked, origin, 'some/evidence');
    for (let index = 0; index < 70; index++) parker.add(recordOf(origin, index, { raw: 'x'.repeat(300 * 1024) }));

    const keys = await parker.end();

    expect(keys.length).toBeGreaterThanOrEqual(2);
    const [first] = await readParked(parked, keys[0] ?? '');
    expect(first?.raw).toHaveLength(256 * 1024);
  });

  it('keeps apart what two hub records of one unit leave behind, and documents whole', async () => {
    const origin = originOf('s3://landing/refused#1');
    const document = { id: 'AAAA', index: 'ocsf-network_activity-2026.11' };
    const raw = JSON.stringify({ message: 'x'.repeat(400_000) });

    await parkRecords(parked, [recordOf(origin, 0, { stage: 'index', code: 'index_refused', document, raw })], '4959');
    const keys = await parkRecords(parked, [recordOf(origin, 0, { stage: 'index', code: 'index_refused', document, raw })], '4960');

    expect(await allParked()).toHaveLength(2);
    expect((await readParked(parked, keys[0] ?? ''))[0]?.raw).toBe(raw);
  });

  it('is listed by stage and source', async () => {
    const flows = originOf('s3://landing/f#1');
    const trail = { ...originOf('s3://landing/t#1'), source: 'cloudtrail' };
    for (const origin of [flows, trail]) {
      await parkRecords(parked, [recordOf(origin, 0), recordOf(origin, 1, { stage: 'decode', code: 'malformed_json' })], '');
    }
    async function listed(filter: Parameters<typeof listParked>[1]): Promise<readonly string[]> {
      const found: string[] = [];
      for await (const { stage, source } of listParked(parked, filter)) found.push(`${stage} ${source}`);
      return found;
    }

    expect(await listed({ stage: 'parse' })).toEqual(['parse cloudtrail', 'parse vpc-flow']);
    expect(await listed({ source: 'cloudtrail' })).toEqual(['decode cloudtrail', 'parse cloudtrail']);
    expect(await listed({ stage: 'parse', source: 'vpc-flow' })).toEqual(['parse vpc-flow']);
    expect(await listed({ stage: 'map' })).toEqual([]);
  });

  it('refuses to read what is not there', async () => {
    await expect(readParked(parked, 'parse/none.ndjson.gz')).rejects.toThrow(MisconfiguredError);
  });
});

describe('redriving', () => {
  it('leaves under the key what fails again, and publishes nothing else of the unit', async () => {
    await ingestFlows('still-broken', 5, [1, 3]);
    const [before] = await allParked();
    expect(await hubDocuments()).toHaveLength(3);

    const outcome = await redrive(before?.key ?? '', redriveDeps);

    expect(outcome).toEqual({ redriven: 2, events: 0, excluded: 0, stillParked: 2 });
    expect(await hubDocuments()).toEqual([]);
    expect(await allParked()).toEqual([before]);
  });

  it('publishes a record that can be read by now under the id it would have had, and forgets it', async () => {
    const { evidence } = await ingestFlows('mended', 5, []);
    const documents = await hubDocuments();
    const origin = originOf('s3://landing/mended#1');
    // As an earlier version would have left records 1 and 4.
    await parkRecords(
      parked,
      [1, 4].map((at) => recordOf(origin, at, { evidence, raw: flow(at) })),
      '',
    );
    const [object] = await allParked();

    const outcome = await redrive(object?.key ?? '', redriveDeps);

    expect(outcome).toEqual({ redriven: 2, events: 2, excluded: 0, stillParked: 0 });
    expect(await hubDocuments()).toEqual([documents[1], documents[4]]);
    expect(await allParked()).toEqual([]);
  });

  it('keeps only the record that fails again, of several', async () => {
    const { evidence } = await ingestFlows('half-mended', 5, [2]);
    const [object] = await allParked();
    const [broken] = await readParked(parked, object?.key ?? '');
    await hubDocuments();
    const keys = await parkRecords(
      parked,
      [0, 2].map((at) => recordOf(broken?.origin ?? originOf(''), at, { evidence, raw: flow(at, at === 2 ? 'many' : 840) })),
      '',
    );
    expect(keys).toEqual([object?.key]);

    const outcome = await redrive(object?.key ?? '', redriveDeps);

    expect(outcome).toEqual({ redriven: 2, events: 1, excluded: 0, stillParked: 1 });
    expect(await readParked(parked, object?.key ?? '')).toEqual([broken]);
  });

  it('counts what a rule of the bank leaves out by now', async () => {
    const { evidence } = await ingestFlows('excluded', 3, []);
    await hubDocuments();
    const [key] = await parkRecords(parked, [recordOf(originOf('s3://landing/excluded#1'), 1, { evidence, raw: flow(1) })], '');
    const exclusions = [{ name: 'https', source: 'vpc-flow', field: 'src_endpoint.port', equals: 443, reason: 'test' }];

    const outcome = await redrive(key ?? '', { ...redriveDeps, bank: { ...bank, exclusions } });

    expect(outcome).toEqual({ redriven: 1, events: 0, excluded: 1, stillParked: 0 });
    expect(await hubDocuments()).toEqual([]);
    expect(await allParked()).toEqual([]);
  });

  it('never forgets a record that is not met at its position any more', async () => {
    const { evidence } = await ingestFlows('shifted', 3, []);
    await hubDocuments();
    const origin = originOf('s3://landing/shifted#1');
    const gone = recordOf(origin, 17, { evidence });
    // Two lines that were one record before a change of the framing.
    const cut = recordOf(origin, 0, { evidence, raw: `${flow(0)}\n${flow(1)}` });
    const [key] = await parkRecords(parked, [gone, cut, recordOf(origin, 2, { evidence, raw: flow(2) })], '');

    const outcome = await redrive(key ?? '', redriveDeps);

    expect(outcome).toEqual({ redriven: 3, events: 1, excluded: 0, stillParked: 2 });
    expect(await readParked(parked, key ?? '')).toEqual([gone, cut]);
  });

  it('reads a CloudWatch Logs batch with the rules that the bank has now', async () => {
    const batch = {
      ...{
        messageType: 'DATA_MESSAGE',
        owner: '222222222222',
        logGroup: '/app/payments',
        logStream: 'i-1',
        subscriptionFilters: ['strongroom'],
      },
      logEvents: [1, 2, 3].map((at) => ({
        id: `3900000000000000000000000000000000000000000000000000000${at}`,
        timestamp: DELIVERED + at,
        message: `{"message":"paid ${at}"}`,
      })),
    };
    const arrived = { bytes: gzipSync(JSON.stringify(batch)), time: DELIVERED };
    const ignorant = { ...bank, log_groups: [] };
    const unit = streamUnit('kinesis://intake/shardId-000000000000/4959', 'eu-central-1', arrived, ignorant);
    const { counts } = await ingest(unit, { ...pipelineDeps, bank: ignorant });
    expect(counts).toEqual({ records: 3, events: 0, excluded: 0, parked: 3 });
    const [object] = await allParked();

    const outcome = await redrive(object?.key ?? '', redriveDeps);

    expect(outcome).toEqual({ redriven: 3, events: 3, excluded: 0, stillParked: 0 });
    const documents = await hubDocuments();
    expect(documents.map(({ json }) => json.includes('paid'))).toEqual([true, true, true]);
    expect(await allParked()).toEqual([]);
  });

  it('of a unit that could not be read as a whole reads all of it, and parks again what is still broken', async () => {
    const whole = gzipSync([FLOW_HEADER, ...Array.from({ length: 2000 }, (_, at) => flow(at)), ''].join('\n'));
    const key = 'AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/21/222222222222_vpcflowlogs_eu-central-1_fl-1_cut.log.gz';
    const unit = objectUnit(
      { bucket: 'landing', key, version: '1', time: DELIVERED, body: once(whole.subarray(0, whole.length - 400)) },
      bank,
    );
    const { counts } = await ingest(unit, pipelineDeps);
    const published = await hubDocuments();
    const before = await allParked();
    expect(before.length).toBeGreaterThan(0);

    for (const object of before) await redrive(object.key, redriveDeps);

    expect(new Set((await hubDocuments()).map(({ id }) => id))).toEqual(new Set(published.map(({ id }) => id)));
    expect((await allParked()).reduce((sum, { records }) => sum + records, 0)).toBe(counts.parked);
  });

  it('publishes documents that OpenSearch refused as they were', async () => {
    await ingestFlows('refused', 2, []);
    const documents = await hubDocuments();
    const origin = originOf('s3://landing/refused#1');
    const refused = documents.map(({ id, index, json }, at) =>
      recordOf(origin, at, { stage: 'index', code: 'index_refused', raw: json, document: { id, index } }),
    );
    const [key] = await parkRecords(parked, refused, '4959');

    expect(await redrive(key ?? '', redriveDeps)).toEqual({ redriven: 2, events: 2, excluded: 0, stillParked: 0 });

    expect(await hubDocuments()).toEqual(documents);
    expect(await allParked()).toEqual([]);
  });

  it('publishes a hub record that can be read by now as it was, whole', async () => {
    const document = {
      id: 'AAAA',
      index: 'ocsf-base_event-2026.11.21',
      json: JSON.stringify({ noise: randomBytes(500_000).toString('hex') }),
    };
    const [bytes] = batchOf(document);
    const [key] = await parkRecords(parked, [hubRecord(bytes ?? Buffer.alloc(0))], '1');

    expect(await redrive(key ?? '', redriveDeps)).toEqual({ redriven: 1, events: 1, excluded: 0, stillParked: 0 });

    expect(await hubDocuments()).toEqual([document]);
    expect(await allParked()).toEqual([]);
  });

  it('leaves a hub record of somebody else where it is', async () => {
    const [key] = await parkRecords(parked, [hubRecord(Buffer.from('no gzip'))], '1');

    expect(await redrive(key ?? '', redriveDeps)).toEqual({ redriven: 0, events: 0, excluded: 0, stillParked: 1 });

    expect(await allParked()).toHaveLength(1);
  });

  it('refuses altered evidence and leaves the records where they are', async () => {
    const { evidence } = await ingestFlows('tampered', 3, [1]);
    const { Body, Metadata } = await platform.s3.send(new GetObjectCommand({ Bucket: 'vault', Key: evidence }));
    const message = Buffer.from((await Body?.transformToByteArray()) ?? []);
    message.writeUInt8(message.readUInt8(message.length - 1) ^ 1, message.length - 1);
    await platform.s3.send(new PutObjectCommand({ Bucket: 'vault', Key: evidence, Body: message, Metadata }));
    const [object] = await allParked();

    await expect(redrive(object?.key ?? '', redriveDeps)).rejects.toThrow(EvidenceError);

    expect(await allParked()).toEqual([object]);
  });
});

describe('strongroom parked', () => {
  it('lists with totals, or as JSON lines', async () => {
    await ingestFlows('listed', 3, [0, 2]);
    const table = printer();
    const lines = printer();

    await listStore(parked, {}, table.out);
    await listStore(parked, { json: true }, lines.out);

    const [object] = await allParked();
    expect(table.printed()).toBe(`2026-11-21T12:00:00.000Z       2  bad_value 2  ${object?.key}\n2 records parked in 1 objects\n`);
    expect(JSON.parse(lines.printed())).toEqual({ ...object, delivered: '2026-11-21T12:00:00.000Z' });
  });

  it('shows each record with stage, code, detail, origin and its text, control characters quoted', async () => {
    const origin = originOf('s3://landing/shown#1');
    const [key] = await parkRecords(parked, [recordOf(origin, 7, { raw: 'a\u001b[2Jb\u009b1m\u202e', evidence: 'the/evidence' })], '');
    const { out, printed } = printer();

    await showRecords(parked, key ?? '', out);

    expect(printed()).toBe(
      [
        'parse malformed_record: "too few fields"',
        '  origin    "s3://landing/shown#1", record 7',
        '  delivered 2026-11-21T12:00:00.000Z, vpc-flow, account 222222222222, eu-central-1',
        '  evidence  the/evidence',
        '  raw       "a\\u001b[2Jb\\u009b1m\\u202e"',
        '',
      ].join('\n'),
    );
  });

  it('redrives all, goes on after an object that cannot be redriven, and exits 1 while anything is parked', async () => {
    const { evidence } = await ingestFlows('all', 3, []);
    const gone = 'demo/vpc-flow/222222222222/eu-central-1/2026/11/21/AAAAAAAAAAAAAAAAAAAAAA.sealed';
    await platform.s3.send(new PutObjectCommand({ Bucket: 'parked', Key: 'decode/foreign', Body: 'no gzip' }));
    await parkRecords(parked, [recordOf(originOf('s3://landing/a#1'), 0, { evidence: gone })], '');
    await parkRecords(parked, [recordOf(originOf('s3://landing/b#1'), 1, { evidence, raw: flow(1) })], '');
    const { out, printed } = printer();

    expect(await redriveStore(redriveDeps, undefined, out)).toBe(1);

    expect(printed()).toContain(': 1 redriven: 1 events, 0 excluded, 0 still parked');
    expect(printed()).toContain(`: not redriven: ${gone} is not in vault`);
    expect(printed()).toContain('decode/foreign: not redriven: parked: decode/foreign in parked is no object of parked records');
    expect(await allParked()).toHaveLength(2);
  });
});

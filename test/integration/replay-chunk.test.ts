// Chunks of a replay against the emulator: real evidence, and what reaches hub stream and parked bucket.
import { gzipSync } from 'node:zlib';
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { loadBank } from '../../cli/bank.ts';
import { replayMessage } from '../../functions/replay/messages.ts';
import type { BankConfig } from '../../shared/config.ts';
import { EvidenceError, MisconfiguredError, PeriodKeyError } from '../../shared/errors.ts';
import { decodeBatch, type Batch } from '../../shared/hub/batch.ts';
import type { HubDocument, ReplayMark } from '../../shared/model.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { listParked, readParked } from '../../shared/park/store.ts';
import { ingest, type PipelineDeps } from '../../shared/pipeline.ts';
import { createSensitive } from '../../shared/redact/sensitive.ts';
import { replayChunk, type ReplayDeps } from '../../shared/replay/chunk.ts';
import { createPace } from '../../shared/replay/pace.ts';
import {
  newReplayId,
  putManifest,
  putPlan,
  readDone,
  readFailure,
  readPlan,
  type ChunkDone,
  type ReplayEntry,
  type ReplayPlan,
} from '../../shared/replay/store.ts';
import { scopeOf } from '../../shared/replay/select.ts';
import { createHolds } from '../../shared/retention/holds.ts';
import { recordAccess, recordedAccess } from '../../shared/seal/access.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';
import { createSealer } from '../../shared/seal/seal.ts';
import { objectUnit, once, streamUnit } from '../../shared/units.ts';
import { startVaultPlatform, type VaultPlatform } from './vault-platform.ts';

const DELIVERED = Date.UTC(2026, 10, 21, 12);
const FLOW_HEADER = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
const SELECTION = { source: 'vpc-flow', from: 0, to: 1, accounts: [] };
const TO_HUB: ReplayMark = { id: newReplayId(DELIVERED), to: 'hub', alerts: false };

let platform: VaultPlatform;
let bank: BankConfig;
let pipelineDeps: PipelineDeps;
let deps: ReplayDeps;
let iterator: string | undefined;

beforeAll(async () => {
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
  platform = await startVaultPlatform();
  const { s3, kms, keyArn, kinesis, stream, vaultBucket, parkedBucket } = platform;
  const loaded = loadBank('banks/demo.yml');
  if (loaded.bank === undefined) throw new Error('banks/demo.yml is not valid');
  bank = loaded.bank;
  const hub = { kinesis, stream };
  const sensitive = createSensitive(bank, Buffer.alloc(32, 1));
  const keys = createPeriodKeys({ s3, kms, keyArn, bucket: platform.periodKeysBucket, bank: bank.bank });
  const sealing = { sealer: createSealer({ keys }), holds: createHolds({ s3, bucket: vaultBucket }) };
  pipelineDeps = { bank, sensitive: () => Promise.resolve(sensitive), s3, ...sealing, vaultBucket, parkedBucket, hub };
  const access = await recordAccess({
    vault: { s3, bucket: vaultBucket, retention: bank.retention },
    ...{ reason: 'a test', purpose: 'replay', scope: scopeOf(TO_HUB.id, SELECTION), by: 'the test' },
  });
  const vault = { s3, bucket: vaultBucket, opener: createOpener({ keys }), access };
  deps = { bank, vault, parked: { s3, bucket: parkedBucket }, hub, sensitive };
  const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const request = { StreamName: stream, ShardId: Shards?.[0]?.ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  iterator = (await kinesis.send(new GetShardIteratorCommand(request))).ShardIterator;
}, 180_000);

afterAll(() => platform.stop());

// Each test starts with an empty parked bucket and a hub whose records are read.
beforeEach(async () => {
  const { s3, parkedBucket } = platform;
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: parkedBucket }));
  if (Contents.length > 0)
    await s3.send(new DeleteObjectsCommand({ Bucket: parkedBucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
  await hubBatches();
});

/** Batches published since the last call. */
async function hubBatches(): Promise<readonly Batch[]> {
  const { Records, NextShardIterator } = await platform.kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
  iterator = NextShardIterator;
  return (Records ?? []).flatMap(({ Data }) => {
    const batch = decodeBatch(Data ?? new Uint8Array());
    return batch.kind === 'value' ? [batch.value] : [];
  });
}

function documentsOf(batches: readonly Batch[]): readonly HubDocument[] {
  return batches.flatMap(({ documents }) => documents);
}

async function parkedNow(): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for await (const { key, records } of listParked(deps.parked)) found[key] = records;
  return found;
}

function flow(second: number, bytes: string | number = 840): string {
  return `2 222222222222 eni-0a1b2c3d4e5f60718 192.0.2.10 198.51.100.20 443 49152 6 10 ${bytes} ${1795262400 + second} ${1795262460 + second} ACCEPT OK`;
}

/** Delivers flow records, those at `broken` unreadable. @returns what a manifest says of them. */
async function ingestFlows(name: string, records: number, broken: readonly number[] = []): Promise<ReplayEntry> {
  const lines = Array.from({ length: records }, (_, at) => flow(at, broken.includes(at) ? 'many' : 840));
  const bytes = gzipSync([FLOW_HEADER, ...lines, ''].join('\n'));
  const key = `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/21/222222222222_vpcflowlogs_eu-central-1_fl-1_${name}.log.gz`;
  const unit = objectUnit({ bucket: 'landing', key, version: '1', time: DELIVERED, body: once(bytes) }, bank);
  return await entryOf((await ingest(unit, pipelineDeps)).evidence, records);
}

async function entryOf(key: string, records: number): Promise<ReplayEntry> {
  const { VersionId = '', Body } = await platform.s3.send(new GetObjectCommand({ Bucket: platform.vaultBucket, Key: key }));
  return { key, version: VersionId, records, bytes: (await Body?.transformToByteArray())?.length ?? 0 };
}

async function replay(entries: readonly ReplayEntry[], mark = TO_HUB, more: Partial<ReplayDeps> = {}): Promise<ChunkDone> {
  return await replayChunk({ mark, entries, pace: createPace(1e6) }, { ...deps, ...more });
}

describe('replaying', () => {
  it('gives the same documents, marked as old, and parks what is broken where it is', async () => {
    const entries = [await ingestFlows('one', 50, [7, 9]), await ingestFlows('two', 30), await ingestFlows('three', 20, [0])];
    const before = documentsOf(await hubBatches());
    const parkedBefore = await parkedNow();

    const done = await replay(entries);

    expect(done).toEqual({ objects: 3, erased: 0, refused: 0, records: 100, events: 97, excluded: 0, parked: 3, problems: [] });
    const batches = await hubBatches();
    expect(batches.map(({ header }) => header.replay)).toEqual(batches.map(() => TO_HUB));
    expect(new Set(documentsOf(batches))).toEqual(new Set(before));
    expect(documentsOf(batches)).toHaveLength(97);
    expect(await parkedNow()).toEqual(parkedBefore);
  });

  it('into an index of its own keeps the ids', async () => {
    const entry = await ingestFlows('aside', 10, [3]);
    const before = documentsOf(await hubBatches());

    await replay([entry], { ...TO_HUB, to: 'index:replay-a' });

    const after = documentsOf(await hubBatches());
    expect(after.map(({ id, json }) => ({ id, json }))).toEqual(before.map(({ id, json }) => ({ id, json })));
    expect(new Set(after.map(({ index }) => index))).toEqual(new Set(['replay-a']));
  });

  it('reads what nobody could read when it came, and forgets that it was parked', async () => {
    const batch = {
      ...{ messageType: 'DATA_MESSAGE', owner: '222222222222', logGroup: '/app/payments', logStream: 'i-1', subscriptionFilters: ['x'] },
      logEvents: [1, 2, 3].map((at) => ({
        id: `390000000000000000000${at}`,
        timestamp: DELIVERED + at,
        message: `{"message":"paid ${at}"}`,
      })),
    };
    const arrived = { bytes: gzipSync(JSON.stringify(batch)), time: DELIVERED };
    const ignorant = { ...bank, log_groups: [] };
    const unit = streamUnit('kinesis://intake/shardId-000000000000/4959', 'eu-central-1', arrived, ignorant);
    const { evidence, counts } = await ingest(unit, { ...pipelineDeps, bank: ignorant });
    expect(counts).toMatchObject({ parked: 3 });
    const entry = await entryOf(evidence, 3);

    // Elsewhere than in the hub they would be lost.
    await replay([entry], { ...TO_HUB, to: 'detect' });
    expect(Object.values(await parkedNow())).toEqual([3]);
    expect(await replay([entry])).toMatchObject({ records: 3, events: 3, parked: 0 });

    expect(await parkedNow()).toEqual({});
    expect(documentsOf(await hubBatches())).toHaveLength(6);
  });

  it('leaves under the same keys what still cannot be read', async () => {
    const entry = await ingestFlows('half', 5, [1, 3]);
    const [key = ''] = Object.keys(await parkedNow());
    const records = await readParked(deps.parked, key);

    await replay([entry]);
    await replay([entry]);

    expect(await parkedNow()).toEqual({ [key]: 2 });
    expect(await readParked(deps.parked, key)).toEqual(records);
  });

  it('names evidence that is not what was sealed or not there, and goes on with the rest', async () => {
    const good = await ingestFlows('good', 4);
    const altered = await ingestFlows('altered', 4);
    const { Body, Metadata } = await platform.s3.send(new GetObjectCommand({ Bucket: 'vault', Key: altered.key }));
    const message = Buffer.from((await Body?.transformToByteArray()) ?? []);
    message.writeUInt8(message.readUInt8(message.length - 1) ^ 1, message.length - 1);
    const { VersionId = '' } = await platform.s3.send(new PutObjectCommand({ Bucket: 'vault', Key: altered.key, Body: message, Metadata }));
    const gone = { ...good, key: good.key.replace(/[\w-]{22}\.sealed$/, `${'A'.repeat(22)}.sealed`) };

    const done = await replay([{ ...altered, version: VersionId }, gone, good]);

    expect(done).toMatchObject({ objects: 1, refused: 2, records: 4, events: 4 });
    expect(done.problems.map(({ detail }) => detail).sort()).toEqual([
      expect.stringContaining('is not in vault'),
      expect.stringContaining('is refused: altered'),
    ]);
    // The version of the log is replayed, whatever was put over it.
    expect(await replay([altered])).toMatchObject({ objects: 1, refused: 0, events: 4 });
  });

  it('counts apart what was erased', async () => {
    const entry = await ingestFlows('erased', 3);
    const salt = () =>
      Promise.reject(new PeriodKeyError('erased on 2026-11-21', { state: 'erased', statement: '_statements/erasure/x.json' }));
    const vault = { ...deps.vault, opener: { ...deps.vault.opener, salt } };

    expect(await replay([entry], TO_HUB, { vault })).toMatchObject({ objects: 0, erased: 1, refused: 0, problems: [] });
  });

  it('keeps the pace', async () => {
    const entries = [await ingestFlows('slow-1', 30), await ingestFlows('slow-2', 30)];
    const started = performance.now();

    await replayChunk({ mark: TO_HUB, entries, pace: createPace(60) }, deps);

    expect(performance.now() - started).toBeGreaterThanOrEqual(995);
  });

  it('fails as a whole where it says nothing about the evidence', async () => {
    const entry = await ingestFlows('no-hub', 3);

    await expect(replay([entry], TO_HUB, { hub: { ...deps.hub, stream: 'none' } })).rejects.toThrow();
  });
});

describe('a message of the queue', () => {
  const plan = (mark: ReplayMark): ReplayPlan => ({
    format: 1,
    ...{ bank: 'demo', mark, chunks: 1, totals: { objects: 1, records: 5, bytes: 1 }, rate: 1e6 },
    selection: SELECTION,
  });
  const said: unknown[] = [];
  const functionDeps = (): Parameters<typeof replayMessage>[1] => ({
    ...{ bank, parked: deps.parked, hub: deps.hub, vault: deps.vault, metrics: createMetrics() },
    sensitive: () => Promise.resolve(deps.sensitive),
    log: { info: (...words: readonly unknown[]) => said.push(words[0]), error: (...words: readonly unknown[]) => said.push(words[0]) },
  });
  const send = (replayId: string, access = deps.vault.access.statement, attempt = '1'): Promise<void> =>
    replayMessage(
      { body: JSON.stringify({ replay: replayId, chunk: 0, access }), attributes: { ApproximateReceiveCount: attempt } },
      functionDeps(),
    );

  it('is one chunk, done once, with its counts written last', async () => {
    const entry = await ingestFlows('message', 5, [2]);
    await hubBatches();
    await putManifest(deps.parked, TO_HUB.id, 0, Buffer.from(`${JSON.stringify(entry)}\n`));
    await putPlan(deps.parked, plan(TO_HUB));
    expect(await readPlan(deps.parked, TO_HUB.id)).toEqual(plan(TO_HUB));

    await send(TO_HUB.id);
    await send(TO_HUB.id);

    expect(await readDone(deps.parked, TO_HUB.id, 0)).toMatchObject({ objects: 1, records: 5, events: 4, parked: 1 });
    expect(documentsOf(await hubBatches())).toHaveLength(4);
    expect(said.slice(-2)).toEqual(['chunk replayed', 'chunk was done before']);
  });

  it('says beside the plan why it failed', async () => {
    const mark = { ...TO_HUB, id: newReplayId(DELIVERED + 1000) };
    await putManifest(deps.parked, mark.id, 0, Buffer.from('no manifest\n'));
    await putPlan(deps.parked, plan(mark));

    // What was recorded is another replay's being opened.
    await expect(send(mark.id, undefined, '2')).rejects.toThrow('is not the access to evidence that was recorded for this replay');
    expect(await readFailure(deps.parked, mark.id, 0)).toMatchObject({
      attempt: 2,
      reason: expect.stringContaining('MisconfiguredError: ') as unknown,
    });

    const access = await recordAccess({
      vault: { ...deps.vault, retention: bank.retention },
      ...{ reason: 'another test', purpose: 'replay', scope: scopeOf(mark.id, SELECTION), by: 'the test' },
    });
    await expect(send(mark.id, access.statement)).rejects.toThrow('is no manifest of a replay');
    expect(await readFailure(deps.parked, mark.id, 0)).toEqual({
      access: access.statement,
      attempt: 1,
      reason: expect.stringContaining('is no manifest of a replay') as unknown,
    });
    // Nor is other evidence opened than what was recorded.
    const key = 'demo/cloudtrail/222222222222/eu-central-1/2026/11/21/AAAAAAAAAAAAAAAAAAAAAA.sealed';
    await putManifest(deps.parked, mark.id, 0, Buffer.from(JSON.stringify({ key, version: 'v', records: 1, bytes: 1 })));
    await expect(send(mark.id, access.statement)).rejects.toThrow('recorded for other evidence');
  });

  it.each([
    ['none of ours', '{}'],
    ['of no replay that there is', JSON.stringify({ replay: newReplayId(0), chunk: 0, access: '_statements/access/2026/11/21/a.json' })],
  ])('is refused if it is %s', async (_, body) => {
    await expect(replayMessage({ body, attributes: { ApproximateReceiveCount: '1' } }, functionDeps())).rejects.toThrow(MisconfiguredError);
  });

  it('opens nothing on a statement that is of something else, or not there', async () => {
    const shown = await recordAccess({
      vault: { ...deps.vault, retention: bank.retention },
      ...{ reason: 'a test', purpose: 'show', scope: { replay: TO_HUB.id }, by: 'the test' },
    });
    const wanted = { purpose: 'replay', scope: { replay: TO_HUB.id } } as const;

    await expect(recordedAccess(deps.vault, shown.statement, wanted)).rejects.toThrow(MisconfiguredError);
    await expect(recordedAccess(deps.vault, '_statements/access/2026/11/21/none.json', wanted)).rejects.toThrow(EvidenceError);
    expect(await recordedAccess(deps.vault, deps.vault.access.statement, wanted)).toMatchObject({ reason: 'a test', by: 'the test' });
  });
});

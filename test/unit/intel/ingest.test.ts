// A delivered flow log through the whole of ingest, and what detect makes of it: with indicators, without, and where loading them fails.
import { gzipSync } from 'node:zlib';
import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { detect } from '../../../shared/detect/detect.ts';
import { createEnrichment, type EnrichmentDeps } from '../../../shared/enrich/enrich.ts';
import { intelEnricher } from '../../../shared/enrich/intel.ts';
import { decodeBatch, type Batch } from '../../../shared/hub/batch.ts';
import { renew } from '../../../shared/intel/life.ts';
import { writeCopy } from '../../../shared/intel/store.ts';
import { updateIntel } from '../../../shared/intel/update.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { ingest, type PipelineDeps } from '../../../shared/pipeline.ts';
import { objectUnit, once } from '../../../shared/units.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { createFakeVault, RETENTION, type FakeVault } from '../../fakes/vault.ts';

const DELIVERED = Date.UTC(2026, 10, 21, 12);
const KEY =
  'AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/21/222222222222_vpcflowlogs_eu-central-1_fl-0a1b2c3d_20261121T1200Z_0a1b2c3d.log.gz';
const DEMO = bankNamed('demo');
const SECONDS = DELIVERED / 1000 - 60;
const LOG = [
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status',
  `2 222222222222 eni-0a1b2c3d4e5f60718 10.1.2.3 198.51.100.7 40000 443 6 10 1000 ${SECONDS} ${SECONDS + 10} ACCEPT OK`,
  `2 222222222222 eni-0a1b2c3d4e5f60718 10.1.2.3 198.51.100.8 40001 443 6 10 1000 ${SECONDS} ${SECONDS + 10} ACCEPT OK`,
].join('\n');

let kinesis: FakeKinesis;
let fake: FakeVault;
let bank: BankConfig;
let warnings: string[];
const failures: string[] = [];

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  [kinesis, fake, warnings] = [await startKinesis(), createFakeVault(), []];
  failures.length = 0;
  const demo = DEMO;
  const intel = { feeds: [{ name: 'own-list', format: 'list', confidence: 90, severity: 'high' }] } as const;
  bank = { ...demo, intel, retention: { ...demo.retention, ...RETENTION } };
});
afterEach(() => kinesis.close());

function store() {
  return { s3: fake.s3.client, bucket: 'reference' };
}

/** As `strongroom intel import` does it. */
async function list(...values: readonly string[]): Promise<void> {
  const [feed] = bank.intel?.feeds ?? [];
  if (feed === undefined) throw new Error('no feed');
  const indicators = values.map((value) => ({ type: 'ip', value }) as const);
  const { kept } = renew([], { indicators, skipped: {}, revoked: [], complete: true, state: {} }, feed, DELIVERED);
  await writeCopy(store(), feed.name, kept);
  const nobody = () => Promise.reject(new Error('none'));
  const log = { info: () => undefined, warn: () => undefined };
  await updateIntel({ bank, store: store(), fetch: nobody, secret: nobody, log, metrics: createMetrics(), now: () => DELIVERED });
}

async function deliver(): Promise<Batch> {
  const log: EnrichmentDeps['log'] = { warn: (message) => void warnings.push(message as string) };
  const enrichers = bank.intel === undefined ? [] : [intelEnricher(store(), bank.intel)];
  const deps: PipelineDeps = {
    bank,
    ...{ s3: fake.s3.client, sealer: fake.sealer, holds: fake.holds, vaultBucket: 'vault', parkedBucket: 'parked' },
    sensitive: () => Promise.resolve(undefined),
    enrichment: createEnrichment(enrichers, { log, onFailure: (name) => void failures.push(name) }),
    hub: { kinesis: kinesis.client, stream: 'hub' },
  };
  const arrived = { bucket: 'landing', key: KEY, version: 'etag', time: DELIVERED, body: once(gzipSync(LOG)) };
  const { counts } = await ingest(objectUnit(arrived, bank), deps);
  expect(counts).toEqual({ records: 2, events: 2, excluded: 0, parked: 0 });
  const batch = decodeBatch(kinesis.stored.at(-1)?.data ?? Buffer.alloc(0));
  if (batch.kind !== 'value') throw new Error('no batch');
  return batch.value;
}

function marks({ documents }: Batch): readonly boolean[] {
  return documents.map(({ json }) => json.includes('"osint"'));
}

it('marks the event that meets an indicator, and detect makes a finding of it', async () => {
  await list('198.51.100.7');
  const batch = await deliver();
  expect(marks(batch)).toEqual([true, false]);
  const { findings } = detect(batch, createEngine([], {}), undefined, bank);
  expect(findings).toMatchObject([
    {
      severity_id: 4,
      finding_info: { types: ['intel'] },
      message: expect.stringContaining('198.51.100.7, feed own-list') as string,
      unmapped: { evidence: batch.header.evidence },
    },
  ]);
  expect(detect(batch, createEngine([], {})).findings).toEqual([]);
});

it('lets events go on as they are before there is an index', async () => {
  expect(marks(await deliver())).toEqual([false, false]);
  expect(failures).toEqual([]);
});

it.each([
  [
    'the bucket',
    (command: string, key: string) => (command === 'GetObjectCommand' && key.startsWith('intel/') ? new Error('away') : undefined),
  ],
  ['the index alone', (_: string, key: string) => (key.startsWith('intel/index/') ? new Error('away') : undefined)],
])('lets events go on as they are where %s cannot be read, and says so', async (_, fail) => {
  await list('198.51.100.7');
  fake.s3.fail = fail;
  expect(marks(await deliver())).toEqual([false, false]);
  expect(failures).toEqual(['intel']);
  expect(warnings).toEqual(['enrichment not loaded, events go on without']);
});

it('says nothing of what the bank has taken out of the event', async () => {
  bank = {
    ...bank,
    redaction: [
      { field: 'dst_endpoint.ip', action: 'remove' },
      { field: 'osint.value', action: 'mask' },
    ],
  };
  await list('198.51.100.7');
  const [first] = (await deliver()).documents;
  expect(first?.json).toContain('"osint"');
  expect(first?.json).not.toContain('198.51.100.7');
});

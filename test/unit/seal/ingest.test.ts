// What sealing makes of a delivered unit, through the whole pipeline: hashes, signature, class, hold.
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { ingest, type PipelineDeps } from '../../../shared/pipeline.ts';
import { setHold } from '../../../shared/retention/hold.ts';
import { withEvidence } from '../../../shared/seal/evidence.ts';
import { erasedText } from '../../../shared/seal/period-key-store.ts';
import { expandedHash, saltOf } from '../../../shared/seal/salt.ts';
import { readMetadata } from '../../../shared/seal/vault.ts';
import { objectUnit, once, type ArrivedObject } from '../../../shared/units.ts';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { s3Error } from '../../fakes/s3.ts';
import { createFakeVault, RETENTION, type FakeVault } from '../../fakes/vault.ts';

const KEY = 'AWSLogs/222222222222/CloudTrail/eu-central-1/2026/11/21/222222222222_CloudTrail_eu-central-1_20261121T1200Z_x.json.gz';
const DIGEST = KEY.replaceAll('CloudTrail', 'CloudTrail-Digest');
const FILE = gzipSync('{"Records":[]}');
const SIGNATURE = 'AB'.repeat(256);

let kinesis: FakeKinesis;
let fake: FakeVault;
let deps: PipelineDeps;

beforeAll(async () => {
  kinesis = await startKinesis();
});
afterAll(() => kinesis.close());

beforeEach(() => {
  fake = createFakeVault();
  const loaded = loadBank('banks/demo.yml').bank;
  if (loaded === undefined) throw new Error('banks/demo.yml is wrong');
  const bank: BankConfig = { ...loaded, retention: { ...loaded.retention, ...RETENTION } };
  deps = {
    bank,
    ...{ s3: fake.s3.client, sealer: fake.sealer, holds: fake.holds, vaultBucket: 'vault', parkedBucket: 'parked' },
    sensitive: () => Promise.resolve(undefined),
    hub: { kinesis: kinesis.client, stream: 'hub' },
  };
});

async function deliver(bytes: Buffer, changes: Partial<ArrivedObject> = {}) {
  const arrived = { bucket: 'landing', key: KEY, version: 'etag', time: Date.UTC(2026, 10, 21), body: once(bytes), ...changes };
  const { evidence, fresh } = await ingest(objectUnit(arrived, deps.bank), deps);
  return { evidence, fresh, ...(await readMetadata(fake.vault, evidence)) };
}

describe('a delivered file of CloudTrail', () => {
  it('is sealed in the class of its source, locked and tagged for it', async () => {
    const { evidence, facts } = await deliver(FILE);

    expect(facts.class).toBe('trail');
    expect(fake.s3.keys('keys')).toEqual(['trail/2026-11.json']);
    expect(fake.s3.versions('vault', evidence)[0]?.input).toMatchObject({ ObjectLockMode: 'COMPLIANCE', Tagging: 'class=trail' });
  });

  it('keeps the salted hash of its expanded bytes, which the digest names', async () => {
    const { evidence, facts } = await deliver(FILE);
    const { key } = await fake.keys.forSealing('trail', '2026-11');

    expect(facts.expanded).toBe(expandedHash(saltOf(key, evidence), createHash('sha256').update(gunzipSync(FILE)).digest('hex')));
  });

  it.each([
    ['whose compression is damaged', FILE.subarray(0, FILE.length - 6), {}],
    [
      'of another source',
      gzipSync('x'),
      {
        key: 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/11/21/222222222222_elasticloadbalancing_eu-central-1_app.x_20261121T1200Z_192.0.2.1_x.log.gz',
      },
    ],
  ] as const)('keeps none %s', async (_, bytes, changes) => {
    expect((await deliver(Buffer.from(bytes), changes)).facts.expanded).toBeUndefined();
  });

  it('keeps the signature that came beside a digest, and nothing else in its place', async () => {
    expect((await deliver(FILE, { key: DIGEST, signature: SIGNATURE })).facts.signature).toBe(SIGNATURE.toLowerCase());
    expect((await deliver(FILE, { version: 'other', signature: 'none of ours' })).facts.signature).toBeUndefined();
  });

  it('that comes again meets its first copy, in whatever class it would be sealed now', async () => {
    const first = await deliver(FILE);
    deps = { ...deps, bank: { ...deps.bank, retention: { ...deps.bank.retention, classes: [] } } };

    const second = await deliver(FILE);

    expect([first.fresh, second.fresh]).toEqual([true, false]);
    expect(second.facts.class).toBe('trail');
    expect(fake.s3.versions('vault', first.evidence)).toHaveLength(1);
    const opened = await withEvidence(await fake.open(), { key: first.evidence }, (_, bytes) => Promise.resolve(bytes.bytes));
    expect(opened?.equals(FILE)).toBe(true);
  });
});

describe('evidence under a legal hold', () => {
  it('gets it with the put', async () => {
    await setHold({ source: 'cloudtrail', from: '2026-11-01', to: '2026-12-31' }, 'case 4711', {
      ...{ vault: fake.vault, bank: 'demo', by: 'the officer', wait: () => Promise.resolve() },
    });

    const { evidence } = await deliver(FILE);

    expect(fake.s3.versions('vault', evidence)[0]?.input).toMatchObject({ ObjectLockLegalHoldStatus: 'ON' });
  });

  it('is not put while nobody can say whether it is held: the trigger delivers again', async () => {
    fake.s3.fail = (command, key) =>
      command === 'ListObjectsV2Command' && key === '_statements/hold/' ? s3Error('AccessDenied', 403) : undefined;

    await expect(deliver(FILE)).rejects.toMatchObject({ name: 'AccessDenied' });

    expect(fake.s3.keys('vault')).toEqual([]);
  });
});

describe('a unit of an erased month', () => {
  it('is refused before anything of it is put or published', async () => {
    const Body = erasedText('2026-12-24T00:00:00.000Z', '_statements/erasure/x.json');
    await fake.s3.client.send(new PutObjectCommand({ Bucket: 'keys', Key: 'trail/2026-11.json', Body }));
    const published = kinesis.stored.length;

    await expect(deliver(FILE)).rejects.toThrow('erased on 2026-12-24: the period key demo/trail/2026-11 was destroyed');

    expect(fake.s3.keys('vault')).toEqual([]);
    expect(kinesis.stored).toHaveLength(published);
  });
});

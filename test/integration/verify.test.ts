// Verification and export against the emulator's S3 (versions, delete markers, Object Lock), and the export against a verifier that shares no code
// with ours: docs/verify_evidence.py with AWS's own SDK for Python.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { editObject, objectsOf } from '../../local/drill/exported.ts';
import { pythonEnvironment } from '../../local/python.ts';
import type { Origin } from '../../shared/model.ts';
import { logWriter, pending, type LogWriter } from '../../shared/notary/append.ts';
import { originOf } from '../../shared/notary/checkpoint.ts';
import { cosign } from '../../shared/notary/cosign.ts';
import { describeVersion } from '../../shared/notary/describe.ts';
import { parseNote, signNote } from '../../shared/notary/note.ts';
import { publish } from '../../shared/notary/publish.ts';
import { LOG_PREFIX, s3LogStore } from '../../shared/notary/store.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys, type PeriodKeys } from '../../shared/seal/period-keys.ts';
import { createSealer } from '../../shared/seal/seal.ts';
import { inMemory } from '../../shared/seal/spool.ts';
import { putStatement } from '../../shared/seal/statements.ts';
import { putEvidence, vaultKey, type Vault } from '../../shared/seal/vault.ts';
import { verifyExport } from '../../shared/verify/export/offline.ts';
import { exportEvidence } from '../../shared/verify/export/write.ts';
import type { Report } from '../../shared/verify/report.ts';
import type { Scope } from '../../shared/verify/scope.ts';
import { parseTrust } from '../../shared/verify/trust.ts';
import { s3VaultReader, type ObjectVersion } from '../../shared/verify/vault-reader.ts';
import { verifyVault, type VerifyDeps } from '../../shared/verify/verify-vault.ts';
import { forgedProof } from '../fakes/forged-proof.ts';
import { memoryLog, testSigner } from '../fakes/log.ts';
import { startVaultPlatform, type VaultPlatform } from './vault-platform.ts';

const LOG = originOf('demo', 'eu-central-1');
const RETENTION = { evidence_days: 30, evidence_mode: 'governance' } as const;
const SOURCES = ['alb', 'nginx', 'vpc-flow'];

let platform: VaultPlatform;
let folder: string;
let vault: Vault;
let keys: PeriodKeys;
let writer: LogWriter;
const signer = testSigner(LOG);
const witness = testSigner('strongroom/demo/witness/444444444444', 'cosignature');
const trustFile = `log ${signer.vkey}\nwitness w ${witness.vkey}\nquorum w\n`;
const logged = new Set<string>();
const sealed: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-verify-test-'));
  platform = await startVaultPlatform();
  const { s3, kms, keyArn } = platform;
  vault = { s3, bucket: 'vault', retention: RETENTION };
  keys = createPeriodKeys({ s3, bucket: 'period-keys', bank: 'demo', kms, keyArn });
  writer = logWriter({ store: s3LogStore(vault), index: memoryLog().open().index, origin: LOG });
  for (let at = 0; at < 20; at++) sealed.push(await seal(at, at === 7 ? 700_000 : 10 * at));
  await takeIn();
  await putStatement(vault, 'hold', { who: 'test', reason: 'a test', scope: { source: 'none', from: '2026-01-01', to: '2026-01-02' } });
  for (let at = 20; at < 30; at++) sealed.push(await seal(at, 1000));
  await takeIn();
}, 240_000);

afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function seal(at: number, size: number): Promise<string> {
  const origin: Origin = {
    ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: SOURCES[at % 3] ?? '', trigger: 's3' },
    ...{ uri: `s3://landing/object ${at}#v`, time: Date.now() - 1000 },
  };
  const { message, plaintext, size: bytes } = await createSealer({ keys }).seal(Buffer.alloc(size, at), { origin, class: 'standard' });
  const counts = { records: 1, events: 1, excluded: 0, parked: 0 };
  const times = { firstTime: origin.time - 5000, lastTime: origin.time };
  await putEvidence(vault, { origin, class: 'standard', plaintext, size: bytes, counts, ...times, body: inMemory(message) });
  return vaultKey(origin);
}

/** As `notarize` does it: what is not in the log comes into it, and is signed. */
async function takeIn(): Promise<void> {
  const fresh: ObjectVersion[] = [];
  for await (const version of s3VaultReader(vault).versions(''))
    if (!version.key.startsWith(LOG_PREFIX) && !logged.has(version.version)) fresh.push(version);
  for (const { version } of fresh) logged.add(version);
  const leaves = await Promise.all(fresh.map(async (at) => pending((await describeVersion(vault, at)).leaf)));
  await writer.append(leaves);
  const published = await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: Date.now() });
  if (published === undefined) throw new Error('nothing was signed');
  await cosign(writer, published, { key: undefined, call: async (_, body) => ({ status: 200, body: await cosigned(body) }) });
}

async function cosigned(submission: string): Promise<string> {
  const { text } = parseNote(submission.slice(submission.indexOf('\n\n') + 2));
  return (await signNote(text, [witness])).slice(text.length + 1);
}

function deps(): VerifyDeps {
  return { vault: s3VaultReader(vault), opener: createOpener({ keys }), trust: parseTrust(trustFile), origin: LOG, retention: RETENTION };
}

function codes({ problems }: Report): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

async function exported(name: string, scope: Partial<Scope> = {}): Promise<string> {
  const access = await recordAccess({ vault, reason: 'a test', purpose: 'export', scope: {}, by: 'arn:test' });
  const directory = join(folder, name);
  const { trust, origin, retention, vault: reader } = deps();
  await exportEvidence({ vault: reader, trust, origin, retention, keys, access }, { bank: 'demo', ...scope }, directory);
  return directory;
}

describe('verification of a vault', () => {
  it('finds nothing where nothing is wrong, whatever is asked for', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const scopes: readonly (Partial<Scope> & { readonly objects: number })[] = [
      { objects: 30 },
      { objects: 30, from: today, to: today },
      { objects: 10, source: 'nginx' },
      { objects: 10, source: 'nginx', account: '222222222222', from: today },
      { objects: 30, account: '222222222222' },
      { objects: 0, account: '333333333333' },
      { objects: 0, to: '2026-01-01' },
      { objects: 1, key: sealed[7] },
    ];

    for (const { objects, ...scope } of scopes) {
      const report = await verifyVault(deps(), { bank: 'demo', ...scope });
      expect(report).toMatchObject({ ok: true, problems: [], counts: { objects }, log: { size: 31 } });
    }
  }, 120_000);

  it('finds what is hidden, laid over, put there and kept out of the log', async () => {
    const { s3 } = platform;
    const [hidden = '', covered = ''] = sealed;
    const marker = await s3.send(new DeleteObjectCommand({ Bucket: 'vault', Key: hidden }));
    const over = await s3.send(new PutObjectCommand({ Bucket: 'vault', Key: covered, Body: 'another' }));
    const foreign = await s3.send(new PutObjectCommand({ Bucket: 'vault', Key: 'demo/alb/foreign', Body: 'x' }));

    const report = await verifyVault({ ...deps(), now: () => Date.now() + 3_600_000 }, { bank: 'demo' });

    for (const [Key, { VersionId }] of [
      [hidden, marker],
      [covered, over],
      ['demo/alb/foreign', foreign],
    ] as const)
      await s3.send(new DeleteObjectCommand({ Bucket: 'vault', Key, VersionId }));
    expect(codes(report)).toEqual(['delete_marker', 'not_in_log', 'version_replaced']);
    expect(report.problems.filter(({ code }) => code === 'not_in_log').map(({ at }) => at)).toEqual(['demo/alb/foreign', covered].sort());
  }, 60_000);
});

describe('docs/verify_evidence.py', () => {
  let python: string;
  let whole: string;
  let trust: string;
  beforeAll(async () => {
    python = join(await pythonEnvironment('verify', () => undefined), 'python');
    whole = await exported('whole');
    trust = join(folder, 'trust.txt');
    writeFileSync(trust, trustFile);
  }, 240_000);

  function run(directory: string, ...more: readonly string[]): { readonly status: number | null; readonly lines: readonly string[] } {
    const { status, stdout, stderr } = spawnSync(python, ['docs/verify_evidence.py', directory, ...more], { encoding: 'utf8' });
    return { status, lines: `${stdout}${stderr}`.trim().split('\n') };
  }

  it('agrees that the export is what was sealed, and opens the same bytes', () => {
    const opened = join(folder, 'opened');

    expect(run(whole, '--trust', trust, '--extract', opened)).toEqual({ status: 0, lines: ['OK'] });

    const sizes = readdirSync(opened).map((name) => readFileSync(join(opened, name)).length);
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(700_000 + 10 * (190 - 7) + 10_000);
    expect(run(whole)).toEqual({ status: 0, lines: ['OK (with the keys of the export itself)'] });
  });

  it('refuses the keys of another log, and the lack of a witness', () => {
    const other = join(folder, 'other.txt');
    writeFileSync(other, `log ${testSigner(LOG).vkey}\nquorum none\n`);
    const lonely = join(folder, 'lonely.txt');
    writeFileSync(lonely, `log ${signer.vkey}\nwitness x ${testSigner('x', 'cosignature').vkey}\nquorum x\n`);

    expect(run(whole, '--trust', other).lines).toContain(`checkpoints/000000000020: no known key of ${LOG} has signed the checkpoint`);
    expect(run(whole, '--trust', lonely).lines).toContain('objects/000000000000.sealed: the witness has not signed the checkpoint');
  });

  function flip(file: string): void {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(file, bytes);
  }

  function edit(file: string, change: (text: string) => string): void {
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  const wrong32 = Buffer.alloc(32, 1).toString('base64');
  const TAMPERINGS: readonly (readonly [string, (directory: string) => void | Promise<void>, string])[] = [
    [
      'a flipped bit in an object',
      (d) => flip(join(d, 'objects/000000000003.sealed')),
      'objects/000000000003.sealed: its SHA-256 or size is not what was logged',
    ],
    [
      'a flipped bit in a statement',
      (d) => flip(join(d, 'statements/000000000020.json')),
      'statements/000000000020.json: its SHA-256 or size',
    ],
    ['an object missing', (d) => rmSync(join(d, 'objects/000000000003.sealed')), 'objects/000000000003.sealed: FileNotFoundError'],
    ['a file too much', (d) => writeFileSync(join(d, 'proofs/x'), ''), 'proofs/x: nothing names it'],
    [
      'two objects that have changed places',
      (d) => {
        renameSync(join(d, 'objects/000000000003.sealed'), join(d, 'x'));
        renameSync(join(d, 'objects/000000000004.sealed'), join(d, 'objects/000000000003.sealed'));
        renameSync(join(d, 'x'), join(d, 'objects/000000000004.sealed'));
      },
      'objects/000000000004.sealed: its SHA-256 or size is not what was logged',
    ],
    [
      'the proof of another',
      (d) => cpSync(join(d, 'proofs/000000000003.tlog-proof'), join(d, 'proofs/000000000004.tlog-proof')),
      'objects/000000000004.sealed: proofs/000000000004.tlog-proof is not its proof',
    ],
    [
      'another index in a proof and in the list',
      (d) => {
        edit(join(d, 'proofs/000000000003.tlog-proof'), (text) => text.replace('index 3', 'index 2'));
        edit(join(d, 'objects.ndjson'), (text) => text.replace('"index":3,', '"index":2,'));
      },
      'objects/000000000003.sealed: the proof does not lead from the leaf to the signed root',
    ],
    [
      'another root',
      (d) => edit(join(d, 'checkpoints/000000000020'), (text) => text.replace(/^.{43}=$/m, wrong32)),
      'checkpoints/000000000020: the signature of',
    ],
    [
      'another consistency proof',
      (d) => edit(join(d, 'checkpoints/000000000020-000000000031.consistency'), (text) => text.replace(/^.{43}=$/m, wrong32)),
      'checkpoints/000000000031: it does not contain the checkpoint before',
    ],
    [
      'another data key',
      (d) => edit(join(d, 'objects.ndjson'), (text) => text.replace(/"data_key":"[^"]+"/, `"data_key":"${wrong32}"`)),
      'objects/',
    ],
    ['another salt', (d) => edit(join(d, 'objects.ndjson'), (text) => text.replace(/"salt":"[^"]+"/, `"salt":"${wrong32}"`)), 'objects/'],
    [
      'another context',
      (d) => edit(join(d, 'objects.ndjson'), (text) => text.replace('"context":{"bank":"demo"', '"context":{"bank":"x"')),
      'objects/',
    ],
    ['another README', (d) => flip(join(d, 'README.txt')), 'README.txt: its SHA-256 is not the one in manifest.json'],
    [
      'a line less',
      (d) => edit(join(d, 'objects.ndjson'), (text) => text.slice(text.indexOf('\n') + 1)),
      'objects.ndjson: it has 30 lines, and manifest.json says 31',
    ],
    [
      "an edited leaf whose proof leads to another tree, signed with the log's key",
      forge,
      'objects/000000000003.sealed: the witness has not signed',
    ],
  ];

  async function forge(path: string): Promise<void> {
    const directory = { path, origin: LOG, signer };
    const found = objectsOf(directory).find(({ index }) => index === 3);
    if (found === undefined) throw new Error('leaf 3 was not exported');
    const leaf = Buffer.from(Buffer.from(found.leaf, 'base64').toString().replace('"records":1,', '"records":2,'));
    editObject(directory, found.file, (one) => ({ ...one, leaf: leaf.toString('base64'), metadata: { ...one.metadata, records: '2' } }));
    writeFileSync(join(path, found.proof), await forgedProof({ ...directory, index: 3, leaf }));
  }

  it('finds that a proof leads elsewhere than to the last checkpoint, where no witness is demanded', async () => {
    const copy = join(folder, 'forged');
    cpSync(whole, copy, { recursive: true });
    const lonely = join(folder, 'without-witness.txt');
    writeFileSync(lonely, `log ${signer.vkey}\nquorum none\n`);

    await forge(copy);

    const proof = 'proofs/000000000003.tlog-proof';
    expect(run(copy, '--trust', lonely).lines).toEqual([
      `objects/000000000003.sealed: ${proof} does not lead to the last checkpoint`,
      'NOT VERIFIED: 1 problems',
    ]);
    const { problems } = await verifyExport(copy, { trust: parseTrust(readFileSync(lonely, 'utf8')) });
    expect(problems).toMatchObject([{ code: 'bad_proof', at: proof }]);
  });

  it.each(TAMPERINGS)('finds %s, and so do we', async (_, tamper, line) => {
    const copy = join(folder, 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(whole, copy, { recursive: true });

    await tamper(copy);

    const { status, lines } = run(copy, '--trust', trust);
    expect(status).toBe(1);
    expect(lines.filter((one) => one.startsWith(line))).not.toEqual([]);
    expect((await verifyExport(copy, { trust: parseTrust(trustFile) })).ok).toBe(false);
  });
});

// What is exported verifies without the bank; whatever is done to it afterwards is found, with the name of the file.
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editObject, objectsOf } from '../../../local/drill/exported.ts';
import { recordAccess } from '../../../shared/seal/access.ts';
import { verifyExport } from '../../../shared/verify/export/offline.ts';
import { exportEvidence, type Exported } from '../../../shared/verify/export/write.ts';
import type { ProblemCode } from '../../../shared/verify/problems.ts';
import type { Report } from '../../../shared/verify/report.ts';
import type { Scope } from '../../../shared/verify/scope.ts';
import { parseTrust } from '../../../shared/verify/trust.ts';
import { forgedProof } from '../../fakes/forged-proof.ts';
import { sealedBank, START, type SealedBank } from '../../fakes/sealed-bank.ts';
import { testSigner } from '../../fakes/log.ts';

const HOUR_MS = 3_600_000;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'strongroom-export-test-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function bankWithLog(): Promise<{ readonly bank: SealedBank; readonly keys: readonly string[] }> {
  const bank = sealedBank();
  const keys: string[] = [];
  for (let at = 0; at < 5; at++) keys.push(await bank.seal());
  await bank.log();
  await bank.sign();
  for (let at = 0; at < 4; at++) keys.push(await bank.seal({ source: 'nginx' }, Buffer.alloc(300_000, at)));
  await bank.say('hold', {
    who: 'test',
    reason: 'a test',
    scope: { source: '*', account: '999999999999', from: '2026-11-01', to: '2026-11-30' },
  });
  await bank.log();
  await bank.sign({ witnessed: true });
  await bank.seal();
  await bank.log();
  await bank.sign();
  bank.now += HOUR_MS;
  return { bank, keys };
}

async function exported(bank: SealedBank, directory: string, scope: Partial<Scope> = {}): Promise<Exported> {
  const access = await recordAccess({ vault: bank.vault, reason: 'a test', purpose: 'export', scope: {}, by: 'arn:test' });
  const { vault, trust, origin, retention, now } = bank.deps();
  return await exportEvidence({ vault, trust, origin, retention, now, keys: bank.keys, access }, { bank: 'demo', ...scope }, directory);
}

function codes({ problems }: Report): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

let made = 0;
function newDirectory(): string {
  return join(folder, `export-${++made}`);
}

describe('an exported directory', () => {
  let bank: SealedBank;
  let whole: string;
  beforeAll(async () => {
    ({ bank } = await bankWithLog());
    whole = newDirectory();
    const { report, manifest } = await exported(bank, whole);
    expect(codes(report)).toEqual(['not_cosigned']);
    expect(manifest).toMatchObject({
      objects: { count: 10, statements: 1, bytes: 1_200_055 },
      log: { size: 11 },
      exported: { by: 'arn:test' },
    });
  });

  async function verify(directory: string): Promise<Report> {
    return await verifyExport(directory, { trust: parseTrust(bank.trustFile()), now: () => bank.now });
  }

  it('verifies, and is closed to others', async () => {
    const report = await verify(whole);

    expect(report).toMatchObject({
      ok: true,
      problems: [],
      counts: { objects: 10, statements: 1, plain_bytes: 1_200_055 },
      log: { size: 11 },
    });
    expect(statSync(whole).mode & 0o777).toBe(0o700);
    expect(statSync(join(whole, 'objects.ndjson')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(whole, 'README.txt'), 'utf8')).toContain('10 sealed objects (1.2 MB when opened), 1 statements');
  });

  it('says that its own keys prove little', async () => {
    expect(codes(await verifyExport(whole))).toEqual(['keys_unpinned']);
  });

  it('is refused with the keys of another log', async () => {
    const trust = parseTrust(`log ${testSigner('strongroom/demo/eu-central-1').vkey}\nquorum none\n`);

    expect(codes(await verifyExport(whole, { trust }))).toEqual(['bad_signature', 'no_checkpoint']);
  });

  const first = (directory: string, kind: string): string => `${kind}/${readdirSync(join(directory, kind)).sort()[0] ?? ''}`;
  const second = (directory: string, kind: string): string => `${kind}/${readdirSync(join(directory, kind)).sort()[1] ?? ''}`;

  function flip(directory: string, file: string, at?: number): void {
    const bytes = readFileSync(join(directory, file));
    const place = at ?? Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    writeFileSync(join(directory, file), bytes);
  }

  function edit(directory: string, file: string, change: (text: string) => string): void {
    writeFileSync(join(directory, file), change(readFileSync(join(directory, file), 'utf8')));
  }

  const TAMPERINGS: readonly {
    readonly what: string;
    readonly tamper: (directory: string) => void;
    readonly finds: readonly ProblemCode[];
    readonly at: (directory: string) => string;
  }[] = [
    {
      what: 'a flipped bit in an object',
      tamper: (d) => flip(d, first(d, 'objects')),
      finds: ['object_altered'],
      at: (d) => first(d, 'objects'),
    },
    {
      what: 'a flipped bit in a statement',
      tamper: (d) => flip(d, first(d, 'statements')),
      finds: ['object_altered'],
      at: (d) => first(d, 'statements'),
    },
    {
      what: 'an object cut short',
      tamper: (d) => writeFileSync(join(d, second(d, 'objects')), readFileSync(join(d, second(d, 'objects'))).subarray(0, -1)),
      finds: ['object_altered', 'wrong_size'],
      at: (d) => second(d, 'objects'),
    },
    {
      what: 'two objects that have changed places',
      tamper(d) {
        renameSync(join(d, first(d, 'objects')), join(d, 'x'));
        renameSync(join(d, 'objects/000000000001.sealed'), join(d, 'objects/000000000000.sealed'));
        renameSync(join(d, 'x'), join(d, 'objects/000000000001.sealed'));
      },
      finds: ['object_altered'],
      at: () => 'objects/000000000001.sealed',
    },
    {
      what: 'an object missing',
      tamper: (d) => rmSync(join(d, 'objects/000000000000.sealed')),
      finds: ['export_missing'],
      at: () => 'objects/000000000000.sealed',
    },
    {
      what: 'a proof missing',
      tamper: (d) => rmSync(join(d, 'proofs/000000000000.tlog-proof')),
      finds: ['export_missing'],
      at: () => 'proofs/000000000000.tlog-proof',
    },
    {
      what: 'a file too much',
      tamper: (d) => writeFileSync(join(d, 'objects/extra.txt'), 'x'),
      finds: ['export_extra'],
      at: () => 'objects/extra.txt',
    },
    {
      what: 'the proof of another',
      tamper: (d) => cpSync(join(d, 'proofs/000000000001.tlog-proof'), join(d, 'proofs/000000000000.tlog-proof')),
      finds: ['bad_proof'],
      at: () => 'proofs/000000000000.tlog-proof',
    },
    {
      what: 'another index in a proof',
      tamper: (d) => edit(d, 'proofs/000000000002.tlog-proof', (text) => text.replace('index 2', 'index 3')),
      finds: ['bad_proof'],
      at: () => 'proofs/000000000002.tlog-proof',
    },
    {
      what: 'a flipped bit in the hashes of a proof',
      tamper: (d) =>
        edit(d, 'proofs/000000000002.tlog-proof', (text) =>
          text.replace(/^([A-Za-z0-9+/]{42}=?)/m, (hash) => (hash.startsWith('A') ? `B${hash.slice(1)}` : `A${hash.slice(1)}`)),
        ),
      finds: ['bad_proof'],
      at: () => 'proofs/000000000002.tlog-proof',
    },
    {
      what: 'a flipped bit in a checkpoint',
      tamper: (d) => flip(d, 'checkpoints/000000000005'),
      finds: ['bad_signature', 'export_altered'],
      at: () => 'checkpoints/000000000005',
    },
    {
      what: 'a consistency proof missing',
      tamper: (d) => rmSync(join(d, 'checkpoints/000000000005-000000000010.consistency')),
      finds: ['export_missing', 'inconsistent_checkpoints'],
      at: () => 'checkpoints/000000000005-000000000010.consistency',
    },
    {
      what: 'another README',
      tamper: (d) => appendFileSync(join(d, 'README.txt'), 'x'),
      finds: ['export_altered'],
      at: () => 'README.txt',
    },
    {
      what: 'an object left out everywhere but in the manifest',
      tamper(d) {
        edit(d, 'objects.ndjson', (text) => text.split('\n').slice(0, -2).join('\n') + '\n');
        const line = readFileSync(join(whole, 'objects.ndjson'), 'utf8').trim().split('\n').at(-1) ?? '';
        const { file, proof } = JSON.parse(line) as { file: string; proof: string };
        for (const each of [file, proof]) rmSync(join(d, each));
      },
      finds: ['export_altered', 'export_missing'],
      at: () => 'objects.ndjson',
    },
    {
      what: 'the leaf of another object',
      tamper: (d) =>
        edit(d, 'objects.ndjson', (text) => {
          const lines = text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as { leaf: string });
          const [one, two] = lines;
          if (one !== undefined && two !== undefined) [one.leaf, two.leaf] = [two.leaf, one.leaf];
          return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
        }),
      finds: ['bad_proof', 'export_altered', 'metadata_differs', 'object_altered', 'wrong_size'],
      at: () => 'objects.ndjson',
    },
    {
      what: 'another data key',
      tamper: (d) =>
        edit(d, 'objects.ndjson', (text) => text.replace(/"data_key":"[^"]+"/, `"data_key":"${Buffer.alloc(32, 1).toString('base64')}"`)),
      finds: ['export_altered', 'not_opened'],
      at: () => 'objects.ndjson',
    },
    {
      what: 'another salt',
      tamper: (d) =>
        edit(d, 'objects.ndjson', (text) => text.replace(/"salt":"[^"]+"/, `"salt":"${Buffer.alloc(32, 1).toString('base64')}"`)),
      finds: ['export_altered', 'plaintext_differs'],
      at: () => 'objects.ndjson',
    },
    {
      what: 'another context',
      tamper: (d) => edit(d, 'objects.ndjson', (text) => text.replace('"context":{"bank":"demo"', '"context":{"bank":"other"')),
      finds: ['export_altered'],
      at: () => 'objects.ndjson',
    },
  ];

  it.each(TAMPERINGS)('with $what is not verified', async ({ tamper, finds, at }) => {
    const directory = newDirectory();
    cpSync(whole, directory, { recursive: true });

    tamper(directory);

    const report = await verify(directory);
    expect(codes(report)).toEqual(finds);
    expect(report.ok).toBe(false);
    expect(report.problems.map((found) => found.at)).toContain(at(directory));
  });

  it.each(['w', 'none'] as const)('with a leaf that only the key of the log speaks for is not verified (quorum %s)', async (quorum) => {
    const directory = newDirectory();
    const trust = parseTrust(bank.trustFile(quorum));
    // The last checkpoint is the one that a witness has signed.
    const { manifest } = await exported(bank, directory, { source: 'nginx' });
    expect(manifest.log.size).toBe(10);
    expect(await verifyExport(directory, { trust })).toMatchObject({ ok: true });

    const place = await forge(directory);

    expect(await verifyExport(directory, { trust })).toMatchObject({
      ok: false,
      problems: [{ code: 'bad_proof', at: place, detail: expect.stringContaining('is not the one of the last checkpoint') as unknown }],
    });
  });

  /** Edits the first leaf and all that says something of it, with the log's own key. @returns file of its proof. */
  async function forge(directory: string): Promise<string> {
    const exportOfBank = { path: directory, origin: bank.signer.name, signer: bank.signer };
    const [first] = objectsOf(exportOfBank);
    if (first === undefined) throw new Error('nothing was exported');
    const { file, index, proof } = first;
    const leaf = Buffer.from(
      Buffer.from(first.leaf, 'base64')
        .toString()
        .replace(/"records":\d+/, '"records":77'),
    );
    editObject(exportOfBank, file, (one) => ({ ...one, leaf: leaf.toString('base64'), metadata: { ...one.metadata, records: '77' } }));
    writeFileSync(join(directory, proof), await forgedProof({ ...exportOfBank, index, leaf }));
    return proof;
  }

  it.each([
    ['no JSON', 'x', 'manifest.json is no JSON object'],
    ['of a later format', '{"format":2}', 'manifest.json is not of format 1'],
    ['incomplete', '{"format":1,"bank":"demo"}', 'manifest.json lacks what a manifest has'],
  ])('whose manifest is %s is refused', async (_, content, message) => {
    const directory = newDirectory();
    cpSync(whole, directory, { recursive: true });
    writeFileSync(join(directory, 'manifest.json'), content);

    await expect(verifyExport(directory)).rejects.toThrow(message);
  });

  it('whose manifest names files outside of it is refused', async () => {
    const directory = newDirectory();
    cpSync(whole, directory, { recursive: true });
    edit(directory, 'manifest.json', (text) => text.replace('"README.txt"', '"../README.txt"'));

    await expect(verifyExport(directory)).rejects.toThrow('manifest.json names a file that no export has: "../README.txt"');
  });

  it('that is none is refused', async () => {
    await expect(verifyExport(folder)).rejects.toThrow('is no exported directory');
  });
});

describe('an export', () => {
  it('of one object holds the key of that one alone', async () => {
    const { bank, keys } = await bankWithLog();
    const directory = newDirectory();

    const { manifest } = await exported(bank, directory, { key: keys[6] });

    expect(manifest.objects).toMatchObject({ count: 1 });
    expect(readdirSync(join(directory, 'objects'))).toHaveLength(1);
    expect(await verifyExport(directory, { trust: parseTrust(bank.trustFile()) })).toMatchObject({ ok: true, counts: { objects: 1 } });
  });

  it('is not written over what is there', async () => {
    const { bank } = await bankWithLog();

    await expect(exported(bank, folder)).rejects.toThrow('is not empty');
  });

  it('prefers the checkpoint that a witness has signed, where it covers all', async () => {
    const { bank } = await bankWithLog();

    const { manifest } = await exported(bank, newDirectory(), { source: 'nginx' });

    expect(manifest.log.size).toBe(10);
    expect(manifest.checkpoints.map(({ size }) => size)).toEqual([10]);
  });

  it('of what was erased has the sealed bytes, their proof and the statement', async () => {
    const { bank } = await bankWithLog();
    await bank.say('erasure', { stage: 'intent', key: { name: 'demo/standard/2026-11' } });
    await bank.log();
    await bank.sign();
    (bank.s3.versions('period-keys', 'standard/2026-11.json') as unknown[]).length = 0;
    bank.now += 24 * HOUR_MS - (bank.now - START);
    const directory = newDirectory();

    const { report } = await exported(bank, directory);

    expect(codes(report)).toEqual(['erased', 'not_cosigned']);
    expect(readFileSync(join(directory, 'objects.ndjson'), 'utf8')).not.toContain('data_key');
    expect(await verifyExport(directory, { trust: parseTrust(bank.trustFile()) })).toMatchObject({
      ok: true,
      counts: { objects: 10, erased: 10 },
    });
  });
});

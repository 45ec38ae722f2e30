// How a verification runs: one object, a part of the vault, going on after an interruption, CloudTrail's own proof, large logs, witnesses.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MisconfiguredError } from '../../../shared/errors.ts';
import { formatCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { signNote } from '../../../shared/notary/note.ts';
import { pending } from '../../../shared/notary/append.ts';
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { LOG_PREFIX } from '../../../shared/notary/store.ts';
import { createSealer } from '../../../shared/seal/seal.ts';
import { keysOf, logStoreOf } from '../../../shared/verify/log-store.ts';
import type { ProblemCode } from '../../../shared/verify/problems.ts';
import { reportText } from '../../../shared/verify/report-text.ts';
import type { Report } from '../../../shared/verify/report.ts';
import { resumeFile } from '../../../shared/verify/resume.ts';
import { parseTrust, unpinnedTrust } from '../../../shared/verify/trust.ts';
import { verifyVault, type VerifyDeps } from '../../../shared/verify/verify-vault.ts';
import { digestSigner, fakeTrail, keyOf, type FakeDigest, type FakeFile } from '../../fakes/cloudtrail-digests.ts';
import { LOG, RETENTION, sealedBank, START, type SealedBank } from '../../fakes/sealed-bank.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function codes({ problems }: Report): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

/** A leaf of an object that there is none of: for logs that are too large to be sealed. */
function leafOf(at: number, stored = START): EvidenceLeaf {
  const name = `x${String(at).padStart(21, '0')}`;
  return {
    ...{ v: 1, kind: 'evidence', key: `demo/alb/222222222222/eu-central-1/2026/11/20/${name}.sealed`, version: 'v', size: 1 },
    ...{ ciphertext: 'a'.repeat(64), plaintext: 'b'.repeat(64), bytes: 1, records: 1, events: 1, excluded: 0, parked: 0 },
    ...{ first: null, last: null, delivered: stored, origin: `s3://b/${at}#v`, trigger: 's3', stored },
  };
}

describe('a large log', () => {
  const PER_TILE = 256;

  async function bankWith(leaves: number): Promise<SealedBank> {
    const bank = sealedBank();
    for (let at = 0; at < leaves; at += 500)
      await bank.writer.append(Array.from({ length: Math.min(500, leaves - at) }, (_, more) => pending(leafOf(at + more))));
    await bank.sign();
    return bank;
  }

  const ofLog = (report: Report): readonly string[] =>
    report.problems.filter(({ code }) => code !== 'object_missing').map(({ code, at }) => `${code} ${at}`);

  it('is read in tiles, of all levels', async () => {
    const bank = await bankWith(2 * PER_TILE + 50);
    await bank.writer.append([pending(leafOf(1_000_000))]);
    await bank.sign();

    const whole = await verifyVault(bank.deps(), { bank: 'demo', source: 'none' });
    expect(whole).toMatchObject({ log: { size: 2 * PER_TILE + 51, checkpoints: 2 } });
    expect(ofLog(whole)).toEqual(['not_cosigned _log/cosigned/']);

    const tile = bank.version(`${LOG_PREFIX}tile/1/000.p/2`);
    tile.body.writeUInt8(tile.body.readUInt8(40) ^ 1, 40);
    expect(ofLog(await verifyVault(bank.deps(), { bank: 'demo', source: 'none' }))).toContain('bad_tile _log/tile/1/000.p/2');
  });

  it('tells one altered leaf among many, and verifies what comes after it', async () => {
    const bank = await bankWith(3 * PER_TILE);
    const entries = bank.version(`${LOG_PREFIX}tile/entries/001`);
    Object.assign(entries, { body: Buffer.from(entries.body.toString('latin1').replace('s3://b/300#v', 's3://b/999#v'), 'latin1') });

    const { problems } = await verifyVault(bank.deps(), { bank: 'demo', source: 'none' });

    expect(problems.filter(({ code }) => code !== 'not_cosigned')).toEqual([
      {
        ...{ code: 'bad_entries', severity: 'failure', at: '_log/tile/entries/001' },
        detail: 'leaf 300 is not the one that was logged: its hash is not that in _log/tile/0/001',
      },
    ]);
  });
});

describe('one object', () => {
  it('is found near the time at which it was stored, and proven by the latest checkpoint', async () => {
    const bank = sealedBank();
    for (let day = 0; day < 10; day++) {
      bank.now = START - (10 - day) * DAY_MS;
      await bank.writer.append(Array.from({ length: 100 }, (_, at) => pending(leafOf(day * 100 + at, bank.now))));
      if (day === 5) await bank.seal();
      await bank.log();
    }
    const key = bank.s3.keys('vault').find((one) => one.startsWith('demo/')) ?? '';
    await bank.sign({ witnessed: true });
    bank.s3.calls.length = 0;

    const report = await verifyVault(bank.deps(), { bank: 'demo', key });

    expect(report).toMatchObject({ ok: true, problems: [], counts: { objects: 1, leaves: 1 }, log: { size: 1001, isWhole: false } });
    expect(bank.s3.calls.filter((call) => call.includes('tile/entries')).length).toBeLessThan(8);
  });

  it.each<readonly [string, (bank: SealedBank, key: string) => unknown, readonly ProblemCode[]]>([
    ['is altered', (bank, key) => bank.version(key).body.writeUInt8(1, 400), ['object_altered']],
    ['is gone', (bank, key) => ((bank.s3.versions('vault', key) as unknown[]).length = 0), ['object_missing']],
    ['is in a tile that was altered', (bank) => bank.version(`${LOG_PREFIX}tile/0/000.p/3`).body.writeUInt8(1, 70), ['bad_proof']],
  ])('that %s is told of', async (_, tamper, finds) => {
    const bank = sealedBank();
    const key = await bank.seal({}, Buffer.alloc(1000));
    await bank.seal();
    await bank.seal();
    await bank.log();
    await bank.sign({ witnessed: true });

    tamper(bank, key);

    expect(codes(await verifyVault(bank.deps(), { bank: 'demo', key }))).toEqual(finds);
  });

  it('that nobody knows is no object', async () => {
    const bank = sealedBank();
    const key = await bank.seal();
    await bank.log();
    await bank.sign();

    await expect(verifyVault(bank.deps(), { bank: 'demo', key: key.replace('/20/', '/19/') })).rejects.toThrow(
      'is neither in the vault nor in its log',
    );
  });

  it('that is not in the log is told of', async () => {
    const bank = sealedBank();
    await bank.seal();
    await bank.log();
    await bank.sign({ witnessed: true });
    const key = await bank.seal();
    bank.now += HOUR_MS;

    expect(codes(await verifyVault(bank.deps(), { bank: 'demo', key }))).toEqual(['not_in_log']);
  });
});

describe('what was sealed wrongly', () => {
  async function bankWith(change: (bank: SealedBank, key: string) => Promise<void>): Promise<SealedBank> {
    const bank = sealedBank();
    const key = await bank.seal();
    await change(bank, key);
    await bank.log();
    await bank.sign({ witnessed: true });
    return bank;
  }

  it('as another account is told of, though the log has it so', async () => {
    const bank = await bankWith(async (made, key) => {
      const origin = {
        bank: 'demo',
        account: '333333333333',
        region: 'eu-central-1',
        source: 'alb',
        trigger: 's3',
        uri: 'x',
        time: START,
      } as const;
      const { message } = await createSealer({ keys: made.keys }).seal(Buffer.from('x'), { origin, class: 'standard' });
      Object.assign(made.version(key), { body: message });
    });

    const { problems } = await verifyVault(bank.deps(), { bank: 'demo' });

    expect(problems).toMatchObject([
      { code: 'wrong_context', detail: 'wrong context: "account" is "333333333333" in the message and should be "222222222222"' },
    ]);
  });

  it('as no message, or with another plaintext, is told of', async () => {
    const junk = await bankWith((made, key) => Promise.resolve(void Object.assign(made.version(key), { body: Buffer.alloc(500, 1) })));
    const other = await bankWith((made, key) => {
      const version = made.version(key);
      const Metadata = { ...(version.input['Metadata'] as object), plaintext: 'c'.repeat(64) };
      return Promise.resolve(void Object.assign(version, { input: { ...version.input, Metadata } }));
    });

    expect(codes(await verifyVault(junk.deps(), { bank: 'demo' }))).toEqual(['not_opened']);
    expect(codes(await verifyVault(other.deps(), { bank: 'demo' }))).toEqual(['plaintext_differs']);
  });
});

describe('a vault', () => {
  it('whose retention is over is not missed', async () => {
    const bank = sealedBank();
    const keys = [await bank.seal(), await bank.seal(), await bank.seal()];
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += 370 * DAY_MS;
    (bank.s3.versions('vault', keys[0] ?? '') as unknown[]).length = 0;
    (bank.s3.versions('vault', keys[1] ?? '') as object[]).unshift({ ...bank.version(keys[1] ?? ''), version: 'm', isMarker: true });

    const report = await verifyVault(bank.deps(), { bank: 'demo' });

    expect(report.ok).toBe(true);
    expect(report.found).toMatchObject({ object_expired: { found: 2 }, gap: { found: 1 } });
    expect(report.problems.filter(({ code, at }) => code === 'lock_ended' && at.startsWith('demo/'))).toHaveLength(2);
  });

  it('misses each class by its own retention, and what is held for ever', async () => {
    const bank = sealedBank();
    const keys = [await bank.seal(), await bank.seal(), await bank.seal({ source: 'nginx' }), await bank.seal({ account: '111111111111' })];
    const [gone = '', marked = '', long = '', held = ''] = keys;
    await bank.say('hold', {
      ...{ who: 'officer', reason: 'a test' },
      scope: { source: '*', account: '111111111111', from: '2026-11-01', to: '2026-11-30' },
    });
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += 370 * DAY_MS;
    for (const key of [gone, long, held]) (bank.s3.versions('vault', key) as unknown[]).length = 0;
    (bank.s3.versions('vault', marked) as object[]).unshift({ ...bank.version(marked), version: 'm', isMarker: true });
    const retention = {
      ...RETENTION,
      classes: [{ name: 'long', sources: ['nginx'], evidence_days: 3650, evidence_mode: 'compliance' as const }],
    };

    const { problems } = await verifyVault(bank.deps({ retention }), { bank: 'demo' });

    const at = (code: ProblemCode) => problems.filter((one) => one.code === code).map((one) => one.at);
    expect(at('object_expired').toSorted()).toEqual([gone, marked].toSorted());
    expect(at('object_missing').toSorted()).toEqual([long, held].toSorted());
    expect(at('delete_marker')).toEqual([]);
  });

  it('in an archive is told of', async () => {
    const bank = sealedBank();
    await bank.seal();
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.s3.fail = (command, key) =>
      command === 'GetObjectCommand' && key.startsWith('demo/')
        ? Object.assign(new Error('archived'), { name: 'InvalidObjectState' })
        : undefined;

    expect(codes(await verifyVault(bank.deps(), { bank: 'demo' }))).toEqual(['archived']);
  });

  it('is read again where a connection fails', async () => {
    const bank = sealedBank();
    await bank.seal();
    await bank.log();
    await bank.sign({ witnessed: true });
    let failures = 2;
    bank.s3.fail = (command, key) =>
      command === 'GetObjectCommand' && key.startsWith('demo/') && failures-- > 0 ? new Error('connection reset') : undefined;

    expect(await verifyVault(bank.deps(), { bank: 'demo' })).toMatchObject({ ok: true, problems: [], counts: { objects: 1 } });
  });
});

describe('an interrupted verification', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'strongroom-resume-test-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('goes on where it was, and ends with the same report', async () => {
    const bank = sealedBank();
    const keys: string[] = [];
    for (let at = 0; at < 12; at++) keys.push(await bank.seal());
    await bank.say('hold', { who: 'test' });
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += HOUR_MS;
    const [early = '', , , , , , , , , , late = ''] = keys.toSorted();
    for (const key of [early, late]) bank.version(key).body.writeUInt8(9, 300);
    const file = join(folder, 'position.json');
    const scope = { bank: 'demo' };
    const whole = await verifyVault(bank.deps({ concurrency: 1 }), scope);

    // Saved every five seconds: here, after every key.
    const now = jest.spyOn(Date, 'now');
    let clock = 0;
    now.mockImplementation(() => (clock += 6000));
    const failing = bank.deps({ concurrency: 1 });
    let left = 6;
    const broken: VerifyDeps['vault'] = {
      ...failing.vault,
      open: (key, version) =>
        key.startsWith('demo/') && left-- === 0 ? Promise.reject(new MisconfiguredError('no access')) : failing.vault.open(key, version),
    };
    await expect(verifyVault({ ...failing, vault: broken, resume: resumeFile(file, scope) }, scope)).rejects.toThrow('no access');
    now.mockRestore();
    // What is sealed meanwhile belongs to the next verification.
    bank.now += HOUR_MS;
    await bank.seal();
    await bank.log();
    await bank.sign();

    const resumed = resumeFile(file, scope);
    expect(resumed.saved?.counts.objects).toBe(6);
    bank.s3.calls.length = 0;
    const report = await verifyVault(bank.deps({ resume: resumed }), scope);

    expect({ ...report, ended: '' }).toEqual({ ...whole, ended: '' });
    expect(bank.s3.calls.filter((call) => call.startsWith('GetObject demo/'))).toHaveLength(6);
    resumed.remove();
    expect(existsSync(file)).toBe(false);
  });

  it('of another scope is not taken up, nor what is no position', () => {
    const file = join(folder, 'other.json');
    resumeFile(file, { bank: 'demo', source: 'alb' }).save({
      ...{ started: '2026-11-20T12:00:00.000Z', size: 1, position: { part: 'evidence', key: 'x' }, findings: { counts: [], kept: [] } },
      counts: { leaves: 0, objects: 0, statements: 0, erased: 0, sealed_bytes: 0, plain_bytes: 0, digests: 0, digest_files: 0 },
    });

    expect(() => resumeFile(file, { bank: 'demo' })).toThrow('is of another verification');
    expect(resumeFile(file, { bank: 'demo', source: 'alb', from: undefined }).saved?.size).toBe(1);
    writeFileSync(file, 'x');
    expect(() => resumeFile(file, { bank: 'demo' })).toThrow('does not hold the position of a verification');
  });
});

describe("CloudTrail's own proof", () => {
  const signer = digestSigner();

  async function bankWithTrail(leaveOut: (files: readonly FakeFile[]) => readonly FakeFile[] = (files) => files): Promise<SealedBank> {
    const bank = sealedBank();
    const sealer = createSealer({ keys: bank.keys });
    const trail = fakeTrail(signer, { start: Date.UTC(2026, 10, 19, 20) });
    const put = async (item: FakeFile | FakeDigest, delivered: number): Promise<void> => {
      bank.now = delivered + 60_000;
      const bytes = gzipSync(item.bytes);
      const unit = { source: 'cloudtrail', uri: `s3://${item.bucket}/${item.key}#v`, time: delivered };
      const origin = { bank: 'demo', account: '222222222222', region: 'eu-central-1', trigger: 's3', ...unit } as const;
      const sealing = await sealer.sealing({ origin, class: 'standard' }, () => Promise.resolve());
      const sha256 = (await import('node:crypto')).createHash('sha256').update(item.bytes).digest('hex');
      const facts = 'signature' in item ? { signature: item.signature } : { expanded: sealing.expanded(sha256) };
      await bank.seal(unit, bytes, { ...facts, firstTime: delivered, lastTime: delivered });
    };
    const key = keyOf(signer);
    bank.now = Date.UTC(2026, 10, 19, 20);
    await bank.say('cloudtrail-key', {
      fingerprint: key.fingerprint,
      value: key.value,
      region: key.region,
      valid_from: null,
      valid_to: null,
    });
    for (let hour = 0; hour < 32; hour++) {
      const { digest, files } = trail.hour(2);
      for (const file of leaveOut(files)) await put(file, file.delivered);
      await put(digest, digest.end);
    }
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += 6 * HOUR_MS;
    return bank;
  }

  const day = { bank: 'demo', source: 'cloudtrail', from: '2026-11-20', to: '2026-11-20' };

  it('holds for a day, out of what lies around it too', async () => {
    const bank = await bankWithTrail();

    const report = await verifyVault(bank.deps(), day);

    expect(report.problems).toEqual([]);
    expect(report.counts).toMatchObject({ digests: 25, digest_files: 50 });
  });

  it('tells which file was not delivered', async () => {
    let hour = 0;
    const bank = await bankWithTrail((files) => (++hour === 15 ? files.slice(1) : files));

    const report = await verifyVault(bank.deps(), day);

    expect(codes(report)).toEqual(['file_missing']);
    expect(report.problems[0]?.at).toMatch(/^s3:\/\/landing\/AWSLogs\/222222222222\/CloudTrail\//);
  });

  it('needs the keys, as statements that the log has', async () => {
    const bank = await bankWithTrail();
    const statement = bank.s3.keys('vault').find((key) => key.startsWith('_statements/cloudtrail-key/')) ?? '';
    Object.assign(bank.version(statement), { body: Buffer.from(bank.version(statement).body.toString().replace('"kind"', '"Kind"')) });

    expect(codes(await verifyVault(bank.deps(), day))).toEqual(['key_unknown', 'object_altered']);
  });
});

describe('trust', () => {
  async function bankOfTwoDays(): Promise<SealedBank> {
    const bank = sealedBank();
    await bank.seal();
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += HOUR_MS;
    await bank.seal();
    await bank.log();
    await bank.sign();
    return bank;
  }

  it('may demand a witness, who may be a day late', async () => {
    const bank = await bankOfTwoDays();
    const trust = parseTrust(bank.trustFile('w'));
    expect(codes(await verifyVault(bank.deps({ trust }), { bank: 'demo', source: 'none' }))).toEqual([]);
    bank.now += 2 * DAY_MS;
    expect(codes(await verifyVault(bank.deps({ trust }), { bank: 'demo', source: 'none' }))).toEqual(['not_witnessed']);
  });

  it('may demand a witness of one object: what it covers is witnessed, what came after it is not for long', async () => {
    const bank = await bankOfTwoDays();
    const trust = parseTrust(bank.trustFile('w'));
    const keys = bank.s3.keys('vault').filter((key) => key.startsWith('demo/'));
    const [first = '', second = ''] = keys.toSorted((a, b) => bank.version(a).modified.getTime() - bank.version(b).modified.getTime());
    const found = async (key: string) => codes(await verifyVault(bank.deps({ trust }), { bank: 'demo', key }));

    expect([await found(first), await found(second)]).toEqual([[], []]);
    bank.now += 2 * DAY_MS;
    expect([await found(first), await found(second)]).toEqual([[], ['not_witnessed']]);

    // Without the witness's copy nothing is.
    (bank.s3.versions('vault', `${LOG_PREFIX}cosigned/000000000001`) as unknown[]).length = 0;
    expect([await found(first), await found(second)]).toEqual([['not_witnessed'], ['not_witnessed']]);
  });

  it('is not given to what a witness signed of another tree', async () => {
    const bank = await bankOfTwoDays();
    const trust = parseTrust(bank.trustFile('w'));
    const key = bank.s3.keys('vault').find((one) => one.startsWith('demo/')) ?? '';
    const note = await signNote(formatCheckpoint({ origin: LOG, size: 1, root: Buffer.alloc(32, 1) }), [bank.signer, bank.witness]);
    Object.assign(bank.version(`${LOG_PREFIX}cosigned/000000000001`), { body: Buffer.from(note) });
    bank.now += 2 * DAY_MS;

    expect(codes(await verifyVault(bank.deps({ trust }), { bank: 'demo', key }))).toEqual(['not_witnessed', 'witness_disagrees']);
  });

  it('in the keys beside the log is told of', async () => {
    const bank = await bankOfTwoDays();
    const vkeys = await keysOf(logStoreOf(bank.deps().vault));

    const report = await verifyVault(bank.deps({ trust: unpinnedTrust(vkeys, LOG) }), { bank: 'demo' });

    expect(vkeys).toEqual([bank.signer.vkey]);
    expect(report).toMatchObject({ ok: true, found: { keys_unpinned: { found: 1 } }, trust: { pinned: false } });
  });
});

describe('a report', () => {
  it('is text that begins with what was looked at, and ends with the least that was found', async () => {
    const bank = sealedBank();
    const key = await bank.seal({}, Buffer.alloc(1_234_567));
    await bank.seal();
    await bank.log();
    await bank.sign();
    bank.version(key).body.writeUInt8(9, 300);

    const report = await verifyVault(bank.deps(), { bank: 'demo', from: '2026-11-20', source: 'alb' });

    expect(reportText(report).split('\n')).toEqual([
      'demo: alb, delivered 2026-11-20 to today',
      '',
      'log         strongroom/demo/eu-central-1: 2 leaves; 1 checkpoints, 0 co-signed',
      `root        ${report.log?.root ?? ''}`,
      'keys        of the trust file',
      expect.stringMatching(/^evidence {4}2 objects, .* \(sealed 1\.2 MB\)$/),
      'statements  0',
      '',
      'NOT verified; 1 failure, 1 note',
      '',
      'FAILURE object_altered (1): The SHA-256 of the sealed bytes is not the one in the log.',
      expect.stringContaining(`  ${key}: its SHA-256 is `),
      '',
      'NOTE not_cosigned (1): No trusted witness has co-signed the latest checkpoint.',
      '  _log/cosigned/: the log has 2 leaves; co-signed: none',
      '',
    ]);
  });
});

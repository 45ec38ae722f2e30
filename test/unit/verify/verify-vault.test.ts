// Everything that can be done to a vault, its log and its keys, each found under its code.
import { LOG_PREFIX } from '../../../shared/notary/store.ts';
import { formatCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { encodeLeaf, decodeLeaf, type Leaf } from '../../../shared/notary/leaf.ts';
import { leafHash } from '../../../shared/notary/merkle.ts';
import { signNote } from '../../../shared/notary/note.ts';
import { pending } from '../../../shared/notary/append.ts';
import { decodeEntries, encodeEntries } from '../../../shared/notary/tiles.ts';
import { erasedText } from '../../../shared/seal/period-key-store.ts';
import type { ProblemCode } from '../../../shared/verify/problems.ts';
import type { Report } from '../../../shared/verify/report.ts';
import { verifyVault, type VerifyDeps } from '../../../shared/verify/verify-vault.ts';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { LOG, sealedBank, START, type SealedBank } from '../../fakes/sealed-bank.ts';
import { testSigner } from '../../fakes/log.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Twelve objects, a statement, two checkpoints of 5 and 13 leaves, the second with a witness; then an hour goes by. */
async function bankWithLog(): Promise<{ readonly bank: SealedBank; readonly keys: readonly string[] }> {
  const bank = sealedBank();
  const keys: string[] = [];
  for (let at = 0; at < 5; at++) keys.push(await bank.seal());
  await bank.log();
  await bank.sign();
  for (let at = 0; at < 7; at++) keys.push(await bank.seal({ source: 'nginx' }));
  await bank.say('access', { who: 'test', purpose: 'show', reason: 'a test', scope: {} });
  await bank.log();
  await bank.sign({ witnessed: true });
  bank.now += HOUR_MS;
  return { bank, keys };
}

async function verify(bank: SealedBank, deps: Partial<VerifyDeps> = {}): Promise<Report> {
  return await verifyVault(bank.deps(deps), { bank: 'demo' });
}

function codes({ problems }: Report): readonly string[] {
  return [...new Set(problems.map(({ code }) => code))].sort();
}

interface Tampering {
  readonly what: string;
  readonly tamper: (bank: SealedBank, key: string, other: string) => unknown;
  readonly finds: readonly ProblemCode[];
}

function flip(bytes: Buffer, at = Math.floor(bytes.length / 2)): Buffer {
  const altered = Buffer.from(bytes);
  altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
  return altered;
}

function setBody(bank: SealedBank, key: string, body: Buffer): void {
  Object.assign(bank.version(key), { body });
}

function setInput(bank: SealedBank, key: string, input: Readonly<Record<string, unknown>>): void {
  const version = bank.version(key);
  Object.assign(version, { input: { ...version.input, ...input } });
}

function setMetadata(bank: SealedBank, key: string, metadata: Readonly<Record<string, string>>): void {
  setInput(bank, key, { Metadata: { ...(bank.version(key).input['Metadata'] as object), ...metadata } });
}

/** As nobody may: Object Lock is not asked. */
function remove(bank: SealedBank, key: string): void {
  (bank.s3.versions('vault', key) as unknown[]).length = 0;
}

async function putOver(bank: SealedBank, key: string, Body: Buffer | string): Promise<void> {
  await bank.s3.client.send(new PutObjectCommand({ Bucket: 'vault', Key: key, Body }));
}

const OBJECTS: readonly Tampering[] = [
  { what: 'a flipped bit', tamper: (bank, key) => setBody(bank, key, flip(bank.version(key).body)), finds: ['object_altered'] },
  {
    what: 'a cut end',
    tamper: (bank, key) => setBody(bank, key, bank.version(key).body.subarray(0, -1)),
    finds: ['object_altered', 'wrong_size'],
  },
  {
    // The Encryption SDK reads over what follows the last frame.
    what: 'an added byte',
    tamper: (bank, key) => setBody(bank, key, Buffer.concat([bank.version(key).body, Buffer.from('x')])),
    finds: ['object_altered', 'wrong_size'],
  },
  {
    what: 'two objects that have changed places',
    tamper(bank, key, other) {
      const [one, two] = [bank.version(key).body, bank.version(other).body];
      setBody(bank, key, two);
      setBody(bank, other, one);
    },
    finds: ['object_altered'],
  },
  { what: 'a removed version', tamper: (bank, key) => remove(bank, key), finds: ['object_missing'] },
  {
    what: 'a delete marker',
    tamper: (bank, key) =>
      void (bank.s3.versions('vault', key) as object[]).unshift({ ...bank.version(key), version: 'm', isMarker: true }),
    finds: ['delete_marker'],
  },
  { what: 'a newer version', tamper: (bank, key) => putOver(bank, key, 'other'), finds: ['not_yet_in_log', 'version_replaced'] },
  { what: 'other counts beside it', tamper: (bank, key) => setMetadata(bank, key, { records: '2' }), finds: ['metadata_differs'] },
  {
    what: 'another account beside it',
    tamper: (bank, key) => setMetadata(bank, key, { account: '333333333333' }),
    finds: ['metadata_differs'],
  },
  { what: 'no metadata', tamper: (bank, key) => setInput(bank, key, { Metadata: {} }), finds: ['metadata_differs'] },
  {
    what: 'another class beside it',
    tamper: (bank, key) => setMetadata(bank, key, { class: 'short' }),
    finds: ['key_missing_unexplained'],
  },
  { what: 'no lock', tamper: (bank, key) => setInput(bank, key, { ObjectLockMode: undefined }), finds: ['not_locked'] },
  { what: 'governance mode', tamper: (bank, key) => setInput(bank, key, { ObjectLockMode: 'GOVERNANCE' }), finds: ['lock_weaker'] },
  {
    what: 'a shorter lock',
    tamper: (bank, key) => (bank.version(key).lockedUntil = new Date(START + 364 * DAY_MS)),
    finds: ['lock_too_short'],
  },
  { what: 'a legal hold', tamper: (bank, key) => (bank.version(key).held = true), finds: ['held'] },
];

describe('an object of the vault', () => {
  it.each(OBJECTS)('with $what', async ({ tamper, finds }) => {
    const { bank, keys } = await bankWithLog();

    await tamper(bank, keys[1] ?? '', keys[2] ?? '');

    const report = await verify(bank);
    expect(codes(report)).toEqual(finds);
    expect(report.ok).toBe(finds.every((code) => ['held', 'lock_weaker', 'not_yet_in_log'].includes(code)));
  });

  it('that is not in the log is told of, at whatever place it lies, and those of the last minutes only noted', async () => {
    const { bank } = await bankWithLog();
    const key = await bank.seal();
    await putOver(bank, 'demo/nowhere.txt', 'x');
    await putOver(bank, '_statements/access/2026/11/20/x.json', '{}');

    expect(codes(await verify(bank))).toEqual(['not_yet_in_log']);
    bank.now += HOUR_MS;
    const { problems } = await verify(bank);
    expect(problems.filter(({ code }) => code === 'not_in_log').map(({ at }) => at)).toEqual([
      '_statements/access/2026/11/20/x.json',
      key,
      'demo/nowhere.txt',
    ]);
  });
});

function file(bank: SealedBank, path: string): Buffer {
  return bank.version(LOG_PREFIX + path).body;
}

function setFile(bank: SealedBank, path: string, body: Buffer): void {
  setBody(bank, LOG_PREFIX + path, body);
}

const ENTRIES = 'tile/entries/000.p/13';
const TILE = 'tile/0/000.p/13';
const LAST = 'checkpoints/000000000013';

/** @returns the bundle with one leaf that says something else. */
function withOtherLeaf(bank: SealedBank, at: number): { readonly entries: Buffer; readonly tile: Buffer } {
  const leaves = decodeEntries(file(bank, ENTRIES));
  const leaf = decodeLeaf(leaves[at] ?? Buffer.alloc(0));
  const other: Leaf = { ...leaf, size: leaf.size + 1 };
  leaves[at] = encodeLeaf(other);
  const tile = Buffer.from(file(bank, TILE));
  leafHash(leaves[at] ?? Buffer.alloc(0)).copy(tile, at * 32);
  return { entries: encodeEntries(leaves), tile };
}

const LOGS: readonly Tampering[] = [
  {
    what: 'a flipped bit in its leaves',
    tamper: (bank) => setFile(bank, ENTRIES, flip(file(bank, ENTRIES), 2)),
    finds: ['bad_entries', 'bad_leaf', 'not_in_log'],
  },
  {
    what: 'another leaf in place of one',
    tamper: (bank) => setFile(bank, ENTRIES, withOtherLeaf(bank, 3).entries),
    finds: ['bad_entries', 'wrong_size'],
  },
  { what: 'a flipped bit in a tile', tamper: (bank) => setFile(bank, TILE, flip(file(bank, TILE))), finds: ['bad_tile'] },
  {
    what: 'a leaf and its hash replaced',
    tamper(bank) {
      const { entries, tile } = withOtherLeaf(bank, 3);
      setFile(bank, ENTRIES, entries);
      setFile(bank, TILE, tile);
    },
    finds: ['bad_root', 'not_cosigned', 'witness_disagrees', 'wrong_size'],
  },
  { what: 'no leaves', tamper: (bank) => remove(bank, LOG_PREFIX + ENTRIES), finds: ['bad_entries', 'not_in_log'] },
  { what: 'no tile', tamper: (bank) => remove(bank, LOG_PREFIX + TILE), finds: ['bad_tile'] },
  {
    what: 'neither leaves nor tile',
    tamper(bank) {
      remove(bank, LOG_PREFIX + ENTRIES);
      remove(bank, LOG_PREFIX + TILE);
    },
    // What lies below is verified, and by their batch the objects above.
    finds: ['log_behind', 'log_rewound', 'not_cosigned', 'witness_disagrees'],
  },
  {
    what: 'a delete marker over a checkpoint',
    tamper: (bank) =>
      void (bank.s3.versions('vault', LOG_PREFIX + LAST) as object[]).unshift({
        ...bank.version(LOG_PREFIX + LAST),
        version: 'm',
        isMarker: true,
      }),
    finds: ['log_rewound'],
  },
  {
    what: 'an older latest checkpoint',
    tamper: (bank) => setFile(bank, 'checkpoint', file(bank, 'checkpoints/000000000005')),
    finds: ['log_rewound'],
  },
  {
    what: 'everything gone after the first checkpoint, but what the witness has signed',
    tamper(bank) {
      setFile(bank, 'checkpoint', file(bank, 'checkpoints/000000000005'));
      for (const path of [LAST, ENTRIES, TILE, 'batch/000000000005']) remove(bank, LOG_PREFIX + path);
    },
    finds: ['not_cosigned', 'not_in_log', 'witness_disagrees'],
  },
  {
    what: 'everything gone after the first checkpoint, without a witness',
    tamper(bank) {
      setFile(bank, 'checkpoint', file(bank, 'checkpoints/000000000005'));
      for (const path of [LAST, ENTRIES, TILE, 'batch/000000000005', 'cosigned/000000000013']) remove(bank, LOG_PREFIX + path);
    },
    finds: ['not_cosigned', 'not_in_log'],
  },
  {
    what: 'a newer version of a checkpoint',
    tamper: (bank) => putOver(bank, LOG_PREFIX + LAST, file(bank, LAST)),
    finds: ['forged_checkpoint'],
  },
  {
    what: 'a checkpoint signed by another key',
    tamper: async (bank) => setFile(bank, LAST, await forged(bank, { signer: testSigner(LOG) })),
    finds: ['bad_signature', 'log_behind', 'log_rewound', 'not_cosigned', 'witness_disagrees'],
  },
  {
    what: 'a checkpoint of another tree, signed by the log',
    tamper: async (bank) => setFile(bank, 'checkpoints/000000000005', await forged(bank, { size: 5, root: Buffer.alloc(32, 1) })),
    finds: ['forged_checkpoint'],
  },
  {
    what: 'a checkpoint under the name of another size',
    tamper: (bank) => putOver(bank, `${LOG_PREFIX}checkpoints/000000000007`, file(bank, LAST)),
    finds: ['forged_checkpoint', 'not_locked'],
  },
  {
    what: 'two trees of one size, both signed',
    tamper: async (bank) => setFile(bank, 'checkpoint', await forged(bank, { root: Buffer.alloc(32, 1) })),
    finds: ['inconsistent_checkpoints'],
  },
  {
    what: 'a checkpoint larger than the log',
    tamper: async (bank) => setFile(bank, 'checkpoint', await forged(bank, { size: 20 })),
    finds: ['log_rewound'],
  },
  {
    what: 'a checkpoint of leaves that are nowhere, signed by the log',
    tamper: async (bank) => putOver(bank, `${LOG_PREFIX}checkpoints/000000000020`, await forged(bank, { size: 20 })),
    finds: ['log_rewound', 'not_locked'],
  },
  {
    what: 'the checkpoint of another log',
    tamper: async (bank) => setFile(bank, 'checkpoint', await forged(bank, { origin: 'strongroom/other/eu-central-1' })),
    finds: ['bad_signature'],
  },
  {
    what: 'a witness that signed another tree',
    tamper: async (bank) => setFile(bank, 'cosigned/000000000013', await forged(bank, { root: Buffer.alloc(32, 1), witnessed: true })),
    finds: ['not_cosigned', 'witness_disagrees'],
  },
  {
    what: 'the same version twice',
    async tamper(bank) {
      const leaf = decodeEntries(file(bank, ENTRIES))[2] ?? Buffer.alloc(0);
      await bank.writer.append([{ ...pending(decodeLeaf(leaf)), id: 'another' }]);
      await bank.sign({ witnessed: true });
    },
    finds: ['duplicate_leaf'],
  },
];

interface Forged {
  readonly origin?: string;
  readonly size?: number;
  readonly root?: Buffer;
  readonly signer?: ReturnType<typeof testSigner>;
  readonly witnessed?: boolean;
}

async function forged(
  bank: SealedBank,
  { origin = LOG, size = 13, root = Buffer.alloc(32), signer = bank.signer, witnessed }: Forged,
): Promise<Buffer> {
  const signers = witnessed === true ? [signer, bank.witness] : [signer];
  return Buffer.from(await signNote(formatCheckpoint({ origin, size, root }), signers));
}

describe('a log', () => {
  it('in which nothing is wrong', async () => {
    const { bank } = await bankWithLog();

    const report = await verify(bank);

    expect(report).toMatchObject({
      ok: true,
      found: {},
      problems: [],
      log: { size: 13, checkpoints: 2, cosigned: 1, pending: 0, isWhole: true },
    });
    expect(report.counts).toMatchObject({ leaves: 13, objects: 12, statements: 1, erased: 0 });
  });

  it.each(LOGS)('with $what', async ({ tamper, finds }) => {
    const { bank, keys } = await bankWithLog();

    await tamper(bank, keys[1] ?? '', keys[2] ?? '');

    const report = await verify(bank);
    expect(codes(report)).toEqual(finds);
    expect(report.ok).toBe(false);
  });

  it('without any checkpoint proves nothing', async () => {
    const bank = sealedBank();
    await bank.seal();
    bank.now += HOUR_MS;

    expect(codes(await verify(bank))).toEqual(['no_checkpoint', 'not_in_log']);
  });

  it('whose leaves wait for a checkpoint is told of, and what they are about is verified', async () => {
    const { bank } = await bankWithLog();
    await bank.seal();
    await bank.log();
    bank.now += HOUR_MS;

    const report = await verify(bank);

    expect(codes(report)).toEqual(['log_behind']);
    expect(report.counts.objects).toBe(13);
    expect(report.log?.pending).toBe(1);
  });
});

describe('a legal hold on record', () => {
  it('is to be found on what it covers, until it is lifted on record', async () => {
    const { bank, keys } = await bankWithLog();
    const scope = { source: '*', from: '2026-11-01', to: '2026-11-30' };
    const hold = await bank.say('hold', { who: 'officer', reason: 'a test', scope });
    await bank.log();
    await bank.sign({ witnessed: true });
    expect(codes(await verify(bank))).toEqual([]);

    bank.now += 2 * HOUR_MS;
    expect(await verify(bank)).toMatchObject({ ok: false, found: { hold_missing: { found: 12 } } });

    for (const key of keys) bank.version(key).held = true;
    expect(codes(await verify(bank))).toEqual(['held']);

    bank.version(keys[3] ?? '').held = false;
    const { problems } = await verify(bank);
    expect(problems.filter(({ code }) => code === 'hold_missing').map(({ at }) => at)).toEqual([keys[3]]);

    await bank.say('release', { who: 'officer', reason: 'over', hold: hold.slice(hold.lastIndexOf('/') + 1, -'.json'.length) });
    await bank.log();
    await bank.sign({ witnessed: true });
    expect(codes(await verify(bank))).toEqual(['held']);
  });
});

describe('keys of a period', () => {
  async function erase(bank: SealedBank, statement: string): Promise<void> {
    Object.assign(bank.s3.versions('period-keys', 'standard/2026-11.json')[0] ?? {}, {
      body: Buffer.from(erasedText(new Date(bank.now).toISOString(), statement)),
    });
    await Promise.resolve();
  }

  it('that were destroyed on record leave the proof of the sealed bytes', async () => {
    const { bank, keys } = await bankWithLog();
    const statement = await bank.say('erasure', {
      stage: 'intent',
      who: 'officer',
      reason: 'a test',
      key: { name: 'demo/standard/2026-11' },
    });
    await bank.log();
    await bank.sign({ witnessed: true });
    bank.now += HOUR_MS;
    await erase(bank, statement);

    const report = await verify(bank);
    expect(report).toMatchObject({ ok: true, found: { erased: { found: 12 } }, counts: { erased: 12 } });

    setBody(bank, keys[0] ?? '', flip(bank.version(keys[0] ?? '').body));
    expect(codes(await verify(bank))).toEqual(['erased', 'object_altered']);
  });

  it('that were destroyed by a statement which the log does not have are not explained', async () => {
    const { bank } = await bankWithLog();
    await erase(bank, '_statements/erasure/2026/11/20/none.json');

    expect(codes(await verify(bank))).toEqual(['key_missing_unexplained']);
  });

  it('that are gone without a word are not explained', async () => {
    const { bank } = await bankWithLog();
    (bank.s3.versions('period-keys', 'standard/2026-11.json') as unknown[]).length = 0;

    expect(codes(await verify(bank))).toEqual(['key_missing_unexplained']);
  });
});

// Sealing, opening and the vault, against the emulator's KMS (real AES-GCM with context) and S3 (conditional writes, Object Lock).
import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { KMSClient } from '@aws-sdk/client-kms';
import { CopyObjectCommand, DeleteObjectCommand, HeadObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { showEvidence } from '../../cli/commands/evidence.ts';
import { EvidenceError, PeriodKeyError, RetryableError } from '../../shared/errors.ts';
import type { Origin } from '../../shared/model.ts';
import { withEvidence, type OpenVault } from '../../shared/seal/evidence.ts';
import { encodeMetadata, type EvidenceFacts } from '../../shared/seal/metadata.ts';
import { createOpener, type Opener } from '../../shared/seal/open.ts';
import { eraseMonth } from '../../cli/commands/erase.ts';
import { applyHold, liftHold, setHold } from '../../shared/retention/hold.ts';
import { createHolds } from '../../shared/retention/holds.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { createPeriodKeys, type PeriodKeyOptions, type PeriodKeys } from '../../shared/seal/period-keys.ts';
import { listKeys } from '../../shared/s3.ts';
import { createSealer, type Sealed, type Sealer, type ToSeal } from '../../shared/seal/seal.ts';
import { createSpool, inMemory } from '../../shared/seal/spool.ts';
import { contextOf, putEvidence, readMetadata, vaultKey, type Vault } from '../../shared/seal/vault.ts';
import { startVaultPlatform, type VaultPlatform } from './vault-platform.ts';

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;
const HASH = 'ab'.repeat(32);
const UNIT: ToSeal = { origin: originOf('s3://landing/some.json.gz#1'), class: 'standard' };
const CONTEXT = contextOf(UNIT.origin, UNIT.class);

let platform: VaultPlatform;
let keyOptions: PeriodKeyOptions;
let keys: PeriodKeys;
let sealer: Sealer;
let opener: Opener;
let vault: Vault;
let openVault: OpenVault;

beforeAll(async () => {
  platform = await startVaultPlatform();
  const { s3, kms, keyArn, vaultBucket } = platform;
  keyOptions = { s3, kms, keyArn, bucket: platform.periodKeysBucket, bank: 'demo' };
  keys = createPeriodKeys(keyOptions);
  sealer = createSealer({ keys });
  opener = createOpener({ keys });
  vault = { s3, bucket: vaultBucket, retention: { evidence_days: 30, evidence_mode: 'governance' } };
  const access = await recordAccess({ vault, reason: 'a test', purpose: 'verify', scope: { bank: 'demo' }, by: 'the test' });
  openVault = { s3, bucket: vaultBucket, opener, access };
}, 180_000);

afterAll(() => platform.stop());

/** Bytes that do not compress and differ everywhere, the same in every run. */
function noise(size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, at) => createHash('sha256').update(`${at}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}

function originOf(uri: string): Origin {
  return {
    bank: 'demo',
    account: '111111111111',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri,
    time: Date.UTC(2026, 10, 21, 12),
  };
}

function factsOf(origin: Origin, { plaintext, size }: Sealed): EvidenceFacts {
  const counts = { records: 3, events: 1, excluded: 1, parked: 1 };
  return { origin, class: 'standard', plaintext, size, counts, firstTime: 1795219190000, lastTime: 1795219199000 };
}

async function sealBytes(bytes: Buffer): Promise<Buffer> {
  return (await sealer.seal(bytes, UNIT)).message;
}

async function seal(origin: Origin, bytes: Buffer) {
  const sealed = await sealer.seal(bytes, { origin, class: 'standard' });
  return await putEvidence(vault, { ...factsOf(origin, sealed), body: inMemory(sealed.message) });
}

async function collected(key: string): Promise<Buffer> {
  return await withEvidence(openVault, { key }, (_, bytes) => buffer(bytes.open()));
}

function collector(): { readonly out: Writable; readonly written: () => Buffer } {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write(chunk: Buffer | string, _, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { out, written: () => Buffer.concat(chunks) };
}

describe('a sealed message', () => {
  it.each([0, 1, 256 * 1024 - 1, 256 * 1024, 600_000])('of %d bytes opens to the same bytes', async (size) => {
    const bytes = noise(size);

    expect((await opener.open(await sealBytes(bytes), CONTEXT)).equals(bytes)).toBe(true);
  });

  it('is committing, unsigned, framed, and names the key of its period', async () => {
    const message = await sealBytes(Buffer.from('x'));

    expect(message.subarray(0, 3).toString('hex')).toBe('020478');
    expect(message.includes('demo/standard/2026-11')).toBe(true);
  });

  it('is refused with any one of its bits flipped', async () => {
    const message = await sealBytes(noise(64));
    const opened: string[] = [];

    for (let at = 0; at < message.length; at++) {
      const altered = Buffer.from(message);
      altered.writeUInt8(altered.readUInt8(at) ^ (1 << (at % 8)), at);
      const refused = await opener.open(altered, CONTEXT).then(
        () => false,
        (error: unknown) => error instanceof EvidenceError,
      );
      if (!refused) opened.push(`byte ${at} of ${message.length}`);
    }

    expect(opened).toEqual([]);
  }, 60_000);

  it('is refused with bytes flipped in any of several frames, whatever the pieces in which it is read', async () => {
    const message = await sealBytes(noise(700_000));
    const anyAlteration = fc.record({
      at: fc.integer({ min: 0, max: message.length - 1 }),
      bit: fc.integer({ min: 0, max: 7 }),
      piece: fc.integer({ min: 1000, max: 300_000 }),
    });

    await fc.assert(
      fc.asyncProperty(anyAlteration, async ({ at, bit, piece }) => {
        const altered = Buffer.from(message);
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at);
        await expect(readAll(opener, pieces(altered, piece))).rejects.toThrow(/wrong context|wrong key|altered/);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('is refused when it ends early, at a frame boundary too, and when frames change places', async () => {
    const frame = 256 * 1024 + 32;
    const message = await sealBytes(noise(3 * 256 * 1024 + 10));
    const header = message.length - 3 * frame - (10 + 40);
    const first = message.subarray(header, header + frame);
    const second = message.subarray(header + frame, header + 2 * frame);

    await expect(opener.open(message.subarray(0, header + 2 * frame), CONTEXT)).rejects.toThrow('altered: it ends too early');
    await expect(opener.open(message.subarray(0, message.length - 1), CONTEXT)).rejects.toThrow('altered: it ends too early');
    await expect(opener.open(message.subarray(0, 100), CONTEXT)).rejects.toThrow('altered: it ends too early');
    const swapped = Buffer.concat([message.subarray(0, header), second, first, message.subarray(header + 2 * frame)]);
    await expect(opener.open(swapped, CONTEXT)).rejects.toThrow(EvidenceError);
  });

  it('is refused when it is none', async () => {
    await expect(opener.open(Buffer.from('{"Records":[]}'), CONTEXT)).rejects.toThrow(EvidenceError);
    await expect(opener.open(Buffer.alloc(0), CONTEXT)).rejects.toThrow(EvidenceError);
  });

  it('is refused under the key of another bank, naming both', async () => {
    const others = createPeriodKeys({ ...keyOptions, bank: 'other', bucket: 'parked' });
    await others.forSealing('standard', '2026-11');

    const refusal = createOpener({ keys: others }).open(await sealBytes(Buffer.from('x')), CONTEXT);

    await expect(refusal).rejects.toThrow(EvidenceError);
    await expect(refusal).rejects.toThrow('wrong key: sealed under "strongroom" "demo/standard/2026-11", not under other/standard/2026-11');
  });

  it('is refused where another key lies under the name of its period', async () => {
    const impostor: PeriodKeys = {
      forSealing: () => Promise.reject(new Error('only opens')),
      forOpening: () => Promise.resolve({ state: 'present', name: 'demo/standard/2026-11', key: Buffer.alloc(32, 7) }),
    };

    await expect(createOpener({ keys: impostor }).open(await sealBytes(Buffer.from('x')), CONTEXT)).rejects.toThrow(/^altered: /);
  });

  it.each(['bank', 'account', 'region', 'source'] as const)('is refused under another %s, naming it', async (name) => {
    const message = await sealBytes(Buffer.from('x'));

    const refusal = opener.open(message, { ...CONTEXT, [name]: 'other' });

    await expect(refusal).rejects.toThrow(EvidenceError);
    await expect(refusal).rejects.toThrow(`wrong context: "${name}" is "${CONTEXT[name]}" in the message and should be "other"`);
  });

  it.each([
    ['day', '2026-11-20'],
    ['class', 'trail'],
  ] as const)('is refused under another %s, naming it', async (name, other) => {
    const message = await sealBytes(Buffer.from('x'));
    await keys.forSealing('trail', '2026-11');

    const refusal = opener.open(message, { ...CONTEXT, [name]: other });

    await expect(refusal).rejects.toThrow(`wrong context: "${name}" is "${CONTEXT[name]}" in the message and should be "${other}"`);
  });

  it('is not called altered where KMS cannot be reached or the message cannot be read', async () => {
    const message = await sealBytes(noise(600_000));
    const kms = new KMSClient({
      region: 'eu-central-1',
      endpoint: 'http://127.0.0.1:1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    const unreachable = createOpener({ keys: createPeriodKeys({ ...keyOptions, kms }) });

    await expect(unreachable.open(message, CONTEXT)).rejects.toThrow(RetryableError);
    await expect(readAll(opener, broken(message.subarray(0, 300_000)))).rejects.toThrow('connection reset');
  });
});

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* broken(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
  throw new Error('connection reset');
}

async function readAll(from: Opener, message: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const piece of from.opening(asyncOf(message), CONTEXT)) size += piece.length;
  return size;
}

async function* asyncOf(message: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* message;
}

describe('period keys', () => {
  it('serve all messages of a class and month: one call to KMS for a hundred at once, and one to open them', async () => {
    const { kms } = platform;
    const calls: string[] = [];
    kms.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          calls.push(commandName ?? '');
          return next(args);
        },
      { step: 'initialize', name: 'count' },
    );
    const origins = Array.from({ length: 100 }, (_, at) => ({
      ...originOf(`s3://landing/${at}#1`),
      time: Date.UTC(2027, 0, 1 + (at % 31)),
    }));
    const fresh = createSealer({ keys: createPeriodKeys(keyOptions) });

    const sealed = await Promise.all(origins.map((origin) => fresh.seal(Buffer.from(origin.uri), { origin, class: 'standard' })));
    const freshOpener = createOpener({ keys: createPeriodKeys(keyOptions) });
    for (const [at, origin] of origins.entries()) {
      await freshOpener.open(sealed[at]?.message ?? Buffer.alloc(0), contextOf(origin, 'standard'));
    }

    expect(calls).toEqual(['GenerateDataKeyCommand', 'DecryptCommand']);
    kms.middlewareStack.remove('count');
  });

  it('are the same for everybody who makes one at the same moment', async () => {
    const makers = Array.from({ length: 8 }, () => createPeriodKeys(keyOptions));

    const made = await Promise.all(makers.map((maker) => maker.forSealing('standard', '2028-02')));

    expect(new Set(made.map(({ key }) => key.toString('hex'))).size).toBe(1);
    expect(made[0]?.name).toBe('demo/standard/2028-02');
  });

  it('lie wrapped, bound to bank, class and period', async () => {
    await keys.forSealing('standard', '2028-03');
    const moved = { Bucket: 'period-keys', CopySource: 'period-keys/standard/2028-03.json', Key: 'standard/2028-04.json' };
    await platform.s3.send(new CopyObjectCommand(moved));

    // The emulator does not tell a wrong context from a wrong key; KMS does.
    await expect(keys.forOpening('standard', '2028-04')).rejects.toThrow(/period key demo\/standard\/2028-04/);
  });
});

describe('sealing a stream', () => {
  it('of 64 MiB holds back no more than a few frames, and opens to the same bytes', async () => {
    const chunk = noise(MIB);
    const spool = createSpool();
    const hash = createHash('sha256');
    let written = 0;
    let sunk = 0;
    let heldBack = 0;
    const sealing = await sealer.sealing(UNIT, async (piece) => {
      sunk += piece.length;
      await spool.write(piece);
    });
    for (let at = 0; at < 64; at++) {
      chunk.writeUInt32BE(at);
      const copy = Buffer.from(chunk);
      hash.update(copy);
      await sealing.write(copy);
      written += copy.length;
      heldBack = Math.max(heldBack, written - sunk);
    }
    await sealing.end();
    const message = await spool.finish();

    const opened = createHash('sha256');
    for await (const piece of opener.opening(message.open(), CONTEXT)) opened.update(piece);
    await spool.dispose();

    expect(message.bytes).toBeUndefined();
    expect(heldBack).toBeLessThanOrEqual(4 * MIB);
    expect(opened.digest('hex')).toBe(hash.digest('hex'));
  }, 60_000);

  it('waits for a sink that does not take what it is given', async () => {
    const sealing = await sealer.sealing(UNIT, () => new Promise(() => undefined));
    let taken = 0;
    const writing = (async () => {
      for (let at = 0; at < 64; at++) {
        await sealing.write(Buffer.alloc(MIB));
        taken++;
      }
    })();

    await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 500))]);

    expect(taken).toBeLessThanOrEqual(4);
  });

  it('tells the writer that the sink failed', async () => {
    const sealing = await sealer.sealing(UNIT, () => Promise.reject(new Error('disk full')));

    const writing = (async () => {
      for (let at = 0; at < 64; at++) await sealing.write(Buffer.alloc(MIB));
      await sealing.end();
    })();

    await expect(writing).rejects.toThrow('disk full');
  });

  it('does not begin where KMS has no such key', async () => {
    const keyArn = platform.keyArn.replace(/.{12}$/, '000000000000');
    const nowhere = createSealer({ keys: createPeriodKeys({ ...keyOptions, keyArn, bucket: 'parked' }) });

    await expect(nowhere.sealing(UNIT, () => Promise.resolve())).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the vault', () => {
  it('gives back the bytes and what was written with them', async () => {
    const origin = originOf('s3://landing/round-trip.json.gz#1');
    const bytes = noise(300_000);

    expect(await seal(origin, bytes)).toBe('sealed');

    const key = vaultKey(origin);
    const expected = factsOf(origin, await sealer.seal(bytes, { origin, class: 'standard' }));
    await withEvidence(openVault, { key }, async (evidence, opened) => {
      expect(evidence.facts).toEqual(expected);
      expect((await buffer(opened.open())).equals(bytes)).toBe(true);
    });
    expect((await readMetadata(vault, key)).facts).toEqual(expected);
    const keys: string[] = [];
    for await (const each of listKeys(vault, 'demo/cloudtrail/')) keys.push(each);
    expect(keys).toContain(key);
  });

  it('keeps the first copy of a unit that is delivered again', async () => {
    const origin = originOf('s3://landing/twice.json.gz#1');

    const results = [await seal(origin, Buffer.from('first')), await seal(origin, Buffer.from('second'))];

    expect(results).toEqual(['sealed', 'already-sealed']);
    const { Versions } = await platform.s3.send(new ListObjectVersionsCommand({ Bucket: 'vault', Prefix: vaultKey(origin) }));
    expect(Versions).toHaveLength(1);
    expect((await collected(vaultKey(origin))).toString()).toBe('first');
  });

  it('lets one of two deliveries at the same moment seal', async () => {
    const origin = originOf('s3://landing/race.json.gz#1');

    const results = await Promise.all([seal(origin, Buffer.from('same')), seal(origin, Buffer.from('same'))]);

    expect(results.toSorted()).toEqual(['already-sealed', 'sealed']);
  });

  it.each([
    ['governance', 'GOVERNANCE'],
    ['compliance', 'COMPLIANCE'],
  ] as const)('locks in %s mode for the days of the bank', async (evidence_mode, lock) => {
    const origin = originOf(`s3://landing/${evidence_mode}.json.gz#1`);
    const sealed = await sealer.seal(Buffer.from('locked'), { origin, class: 'standard' });
    const before = Date.now();

    const locking = { ...vault, retention: { evidence_days: 400, evidence_mode } };
    await putEvidence(locking, { ...factsOf(origin, sealed), body: inMemory(sealed.message) });

    const head = await platform.s3.send(new HeadObjectCommand({ Bucket: 'vault', Key: vaultKey(origin) }));
    expect(head.ObjectLockMode).toBe(lock);
    expect(head.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThanOrEqual(before + 400 * DAY_MS);
    if (evidence_mode === 'compliance') {
      const removal = platform.s3.send(new DeleteObjectCommand({ Bucket: 'vault', Key: vaultKey(origin), VersionId: head.VersionId }));
      await expect(removal).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });

  it('takes object keys in any script and of any length', async () => {
    const chinese = Array.from({ length: 341 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20000))).join('');
    const origins = [
      originOf('s3://landing/Zürich/日本 %2F+&.gz#1'),
      originOf(`s3://landing/${chinese}#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY`),
    ];

    for (const origin of origins) {
      await seal(origin, Buffer.from(origin.uri));

      expect((await readMetadata(vault, vaultKey(origin))).facts.origin).toEqual(origin);
      expect((await collected(vaultKey(origin))).toString()).toBe(origin.uri);
    }
  });

  it('takes what lies on disk', async () => {
    const origin = originOf('s3://landing/large.json.gz#1');
    const bytes = noise(3 * MIB);
    const spool = createSpool({ memoryLimit: MIB });
    const sealing = await sealer.sealing({ origin, class: 'standard' }, (piece) => spool.write(piece));
    await sealing.write(bytes);
    const sealed = await sealing.end();

    expect(await putEvidence(vault, { ...factsOf(origin, sealed), body: await spool.finish() })).toBe('sealed');

    await spool.dispose();
    expect((await collected(vaultKey(origin))).equals(bytes)).toBe(true);
  });
});

describe('evidence that was tampered with', () => {
  async function sealed(name: string): Promise<{ readonly origin: Origin; readonly key: string }> {
    const origin = originOf(`s3://landing/${name}#1`);
    await seal(origin, Buffer.from('original'));
    return { origin, key: vaultKey(origin) };
  }

  async function copy(from: string, to: string, Metadata?: Readonly<Record<string, string>>): Promise<void> {
    const replaced = Metadata === undefined ? {} : { Metadata: { ...Metadata }, MetadataDirective: 'REPLACE' as const };
    await platform.s3.send(new CopyObjectCommand({ Bucket: 'vault', CopySource: `vault/${from}`, Key: to, ...replaced }));
  }

  it('is refused at the place of another unit', async () => {
    const { key } = await sealed('moved');
    const elsewhere = key.replace('/111111111111/', '/222222222222/');

    await copy(key, elsewhere);

    await expect(collected(elsewhere)).rejects.toThrow(`${elsewhere}: its metadata is that of ${key}`);
  });

  it('is refused as that of another account, its metadata altered to match', async () => {
    const { key, origin } = await sealed('attributed');
    const other = { ...origin, account: '222222222222' };

    await copy(key, vaultKey(other), encodeMetadata(factsOf(other, { plaintext: HASH, size: 8 })));

    await expect(collected(vaultKey(other))).rejects.toThrow(
      `${vaultKey(other)} is refused: wrong context: "account" is "111111111111" in the message and should be "222222222222"`,
    );
  });

  it('is refused as another unit of the same day, because its hash is salted for its own place', async () => {
    const { key, origin } = await sealed('exchanged');
    const other = { ...origin, uri: 's3://landing/other#1' };

    const { facts } = await readMetadata(vault, key);
    await copy(key, vaultKey(other), encodeMetadata({ ...facts, origin: other }));

    await expect(collected(vaultKey(other))).rejects.toThrow(/its salted hash is [0-9a-f]{64} and its metadata says [0-9a-f]{64}/);
  });

  it('is not found where there is none, and where a delete marker hides it unless its version is named', async () => {
    const { key } = await sealed('hidden');
    const { version } = await readMetadata(vault, key);
    await platform.s3.send(new DeleteObjectCommand({ Bucket: 'vault', Key: key }));

    await expect(collected(key)).rejects.toThrow(`${key} is not in vault, or a delete marker hides it`);
    const bytes = await withEvidence(openVault, { key, version }, (_, opened) => buffer(opened.open()));
    expect(bytes.toString()).toBe('original');
  });
});

describe('a legal hold', () => {
  it('keeps S3 from deleting what it covers, old and new, until it is lifted', async () => {
    const origin = { ...originOf('s3://landing/held.gz#1'), account: '333333333333' };
    await seal(origin, Buffer.from('held'));
    const key = vaultKey(origin);
    const deps = { vault, bank: 'demo', by: 'the officer', wait: () => Promise.resolve() };
    const scope = { source: 'cloudtrail', account: '333333333333', from: '2026-11-01', to: '2026-11-30' };
    const status = async (): Promise<string | undefined> =>
      (await platform.s3.send(new HeadObjectCommand({ Bucket: 'vault', Key: key }))).ObjectLockLegalHoldStatus;

    const { hold, ...counts } = await setHold(scope, 'case 4711', deps);

    expect(counts).toMatchObject({ versions: 1, changed: 1 });
    expect(await status()).toBe('ON');
    expect(await createHolds(vault).covers(origin)).toBe(true);
    const { version } = await readMetadata(vault, key);
    const removal = new DeleteObjectCommand({ Bucket: 'vault', Key: key, VersionId: version, BypassGovernanceRetention: true });
    await expect(platform.s3.send(removal)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await applyHold(hold, deps)).toMatchObject({ changed: 0, unchanged: 1 });

    expect(await liftHold(hold.id, 'case closed', deps)).toMatchObject({ versions: 1, changed: 1 });
    expect(await status()).toBe('OFF');
  });
});

describe('an erasure', () => {
  it('leaves nothing of the key, and the sealed bytes as they were', async () => {
    const origin = { ...originOf('s3://landing/erased.gz#1'), time: Date.UTC(2024, 4, 5) };
    await seal(origin, Buffer.from('to be erased'));
    const key = vaultKey(origin);
    const deps = { vault, keys: { s3: platform.s3, bucket: platform.periodKeysBucket, bank: 'demo' }, by: 'the officer' };
    const order = { class: 'standard', period: '2024-05', reason: 'order of the court', legalBasis: 'GDPR art. 17' };
    const { out, written } = collector();
    // Its lock has only begun.
    await expect(eraseMonth({ ...order, confirm: 'standard/2024-05' }, deps, out)).rejects.toThrow('it is to be kept until');

    expect(await eraseMonth({ ...order, confirm: 'standard/2024-05', beforeRetention: true }, deps, out)).toBe(0);

    expect(written().toString()).toMatch(/wrapped key destroyed, SHA-256 [0-9a-f]{64}\n {2}before _statements\/erasure\//);
    const { Versions } = await platform.s3.send(new ListObjectVersionsCommand({ Bucket: 'period-keys', Prefix: 'standard/2024-05' }));
    expect(Versions).toHaveLength(1);
    expect((await readMetadata(vault, key)).facts.size).toBe(12);
    const fresh = { ...openVault, opener: createOpener({ keys: createPeriodKeys(keyOptions) }) };
    await expect(withEvidence(fresh, { key }, () => Promise.resolve())).rejects.toThrow(
      /is refused: erased on \d{4}-\d\d-\d\d: the period key demo\/standard\/2024-05/,
    );
    await expect(createPeriodKeys(keyOptions).forSealing('standard', '2024-05')).rejects.toThrow(PeriodKeyError);
  });
});

describe('strongroom evidence show', () => {
  it('prints the bytes exactly as they were delivered', async () => {
    const origin = originOf('s3://landing/shown.gz#1');
    const bytes = noise(300_000);
    await seal(origin, bytes);
    const { out, written } = collector();

    expect(await showEvidence(openVault, { key: vaultKey(origin) }, out)).toBe(0);

    expect(written().equals(bytes)).toBe(true);
  });

  it('prints as JSON what was sealed with them', async () => {
    const origin = originOf('s3://landing/described.gz#1');
    await seal(origin, Buffer.from('abc'));
    const { out, written } = collector();

    await showEvidence(openVault, { key: vaultKey(origin), json: true }, out);

    expect(JSON.parse(written().toString())).toMatchObject({
      key: vaultKey(origin),
      origin: { uri: 's3://landing/described.gz#1', time: '2026-11-21T12:00:00.000Z' },
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      size: 3,
      ...{ records: 3, events: 1, excluded: 1, parked: 1 },
      verified: true,
    });
  });

  it('prints nothing of what it refuses, even if only the last frame was altered', async () => {
    const origin = originOf('s3://landing/refused.gz#1');
    const bytes = noise(600_000);
    const { message, ...sealed } = await sealer.seal(bytes, { origin, class: 'standard' });
    message.writeUInt8(message.readUInt8(message.length - 1) ^ 1, message.length - 1);
    await putEvidence(vault, { ...factsOf(origin, sealed), body: inMemory(message) });
    const { out, written } = collector();

    await expect(showEvidence(openVault, { key: vaultKey(origin) }, out)).rejects.toThrow(
      `${vaultKey(origin)} is refused: altered: authentication failed`,
    );

    expect(written()).toHaveLength(0);
  });
});

// A vault in local files for the benchmark of verification: objects sealed by the product's own code, and the log of them.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { memoryLog } from '../test/fakes/log.ts';
import { logWriter, pending } from '../shared/notary/append.ts';
import { originOf } from '../shared/notary/checkpoint.ts';
import { localSigner } from '../shared/notary/local-signer.ts';
import { publish } from '../shared/notary/publish.ts';
import { LOG_PREFIX } from '../shared/notary/store.ts';
import { encodeMetadata } from '../shared/seal/metadata.ts';
import type { PeriodKeys } from '../shared/seal/period-keys.ts';
import { createSealer } from '../shared/seal/seal.ts';
import { vaultKey } from '../shared/seal/vault.ts';
import type { Origin } from '../shared/model.ts';
import { compareKeys, type ObjectVersion, type VaultReader } from '../shared/verify/vault-reader.ts';

export const LOG = originOf('bench', 'eu-central-1');
const PIECE_BYTES = 64 * 1024;
const DAY = Date.UTC(2026, 10, 20);

interface StoredFile {
  readonly key: string;
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
}

interface State {
  readonly periodKey: string;
  readonly vkey: string;
  readonly files: readonly StoredFile[];
}

export interface BenchVault {
  readonly vault: VaultReader;
  readonly keys: PeriodKeys;
  readonly vkey: string;
}

/** @param sizes bytes of each object as delivered. */
export async function buildVault(directory: string, sizes: readonly number[]): Promise<void> {
  const periodKey = randomBytes(32);
  const sealer = createSealer({ keys: keysOf(periodKey) });
  const files: StoredFile[] = [];
  const log = memoryLog();
  const { store, index } = log.open({ writes: () => 0, before: () => Promise.resolve(), wrote: () => undefined });
  const writer = logWriter({ store, index, origin: LOG });
  const put = (key: string, bytes: Buffer, metadata: Readonly<Record<string, string>> = {}): void => {
    mkdirSync(dirname(join(directory, key)), { recursive: true });
    writeFileSync(join(directory, key), bytes);
    files.push({ key, size: bytes.length, metadata });
  };
  for (const [at, size] of sizes.entries()) {
    const origin: Origin = {
      ...{ bank: 'bench', account: '222222222222', region: 'eu-central-1', source: 'alb', trigger: 's3' },
      ...{ uri: `s3://landing/${at}#v`, time: DAY + at },
    };
    const { message, plaintext, size: bytes } = await sealer.seal(randomBytes(size), { origin, class: 'standard' });
    const counts = { records: 1, events: 1, excluded: 0, parked: 0 };
    const key = vaultKey(origin);
    put(key, message, encodeMetadata({ origin, class: 'standard', plaintext, size: bytes, counts, firstTime: DAY, lastTime: DAY }));
    const ciphertext = createHash('sha256').update(message).digest('hex');
    const leaf = { v: 1, kind: 'evidence', key, version: '1', size: message.length, ciphertext, plaintext, bytes, ...counts } as const;
    await writer.append([
      pending({ ...leaf, first: DAY, last: DAY, delivered: origin.time, origin: origin.uri, trigger: 's3', stored: DAY }),
    ]);
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = createPrivateKey({ key: privateKey.export({ format: 'der', type: 'pkcs8' }), format: 'der', type: 'pkcs8' });
  const signer = { ...localSigner(LOG, 'ed25519', key), kind: 'ed25519' as const, spki: Buffer.alloc(0) };
  await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: DAY });
  for (const [path, bytes] of log.files) put(LOG_PREFIX + path, bytes);
  const state: State = { periodKey: periodKey.toString('base64'), vkey: signer.vkey, files };
  writeFileSync(join(directory, 'state.json'), JSON.stringify(state));
}

export function openVault(directory: string): BenchVault {
  const { periodKey, vkey, files } = JSON.parse(readFileSync(join(directory, 'state.json'), 'utf8')) as State;
  const versions = files
    .map(({ key, size }): ObjectVersion => ({ key, version: '1', isLatest: true, isMarker: false, size, modified: DAY }))
    .sort((a, b) => compareKeys(a.key, b.key));
  const byKey = new Map(files.map((file) => [file.key, file]));
  return {
    keys: keysOf(Buffer.from(periodKey, 'base64')),
    vkey,
    vault: {
      open(key) {
        const file = byKey.get(key);
        if (file === undefined) return Promise.resolve({ kind: 'missing' });
        const body = piecesOf(join(directory, key));
        const lock = { mode: 'compliance' as const, until: DAY * 2 };
        const object = { version: '1', size: file.size, modified: DAY, metadata: file.metadata, lock, isHeld: false };
        return Promise.resolve({ kind: 'object', object: { ...object, body, discard: () => undefined } });
      },
      async *versions(prefix, after = '') {
        await Promise.resolve();
        yield* versions.filter(({ key }) => key.startsWith(prefix) && key > after);
      },
      folder: () => Promise.resolve({ prefixes: [], versions: [] }),
    },
  };
}

/** As a connection to S3 gives them. Read at once: a file stream's own cost, four calls to other threads, is not what is measured. */
async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const length = readSync(file, piece);
      if (length === 0) return;
      yield await Promise.resolve(piece.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function keysOf(key: Buffer): PeriodKeys {
  const name = 'bench/standard/2026-11';
  return {
    forSealing: () => Promise.resolve({ name, key }),
    forOpening: () => Promise.resolve({ state: 'present', name, key }),
  };
}

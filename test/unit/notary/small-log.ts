// A small log in memory, and keys, for the tests of the log's pure code.
import { generateKeyPairSync } from 'node:crypto';
import { formatCheckpoint } from '../../../shared/notary/checkpoint.ts';
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { localSigner } from '../../../shared/notary/local-signer.ts';
import { leafHash, type Hash } from '../../../shared/notary/merkle.ts';
import { signNote, type NoteSigner, type SignatureKind } from '../../../shared/notary/note.ts';
import { checkpointPath, type ReadableLog } from '../../../shared/notary/read.ts';
import { encodeEntries, growTree, newTiles, tilePath, TILE_WIDTH } from '../../../shared/notary/tiles.ts';

export const ORIGIN = 'strongroom/demo/eu-central-1';

export function leafHashes(count: number): Hash[] {
  return Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
}

export type Files = Map<string, Buffer>;

export function reader(files: Files): (path: string) => Promise<Buffer> {
  return (path) => {
    const bytes = files.get(path);
    return bytes === undefined ? Promise.reject(new Error(`${path} is not there`)) : Promise.resolve(bytes);
  };
}

/** Appends leaves to the tiles. @returns the new size. */
export async function append(files: Files, oldSize: number, hashes: readonly Hash[]): Promise<number> {
  const { size, tiles } = await growTree(oldSize, hashes, reader(files));
  for (const { path, bytes } of tiles) files.set(path, bytes);
  return size;
}

/** Writes the bundles that a log of all these leaves has more than at its old size. */
export function appendEntries(files: Files, oldSize: number, all: readonly Buffer[]): void {
  for (const { level, index, width } of newTiles(oldSize, all.length)) {
    const start = index * TILE_WIDTH;
    if (level === 0) files.set(tilePath('entries', index, width), encodeEntries(all.slice(start, start + width)));
  }
}

export function storeOf(files: Files): ReadableLog {
  return {
    get: (path) => Promise.resolve(files.get(path)),
    list: async function* (prefix) {
      await Promise.resolve();
      yield* [...files.keys()].filter((path) => path.startsWith(prefix)).sort();
    },
  };
}

export async function putCheckpoint(
  files: Files,
  { size, root }: { readonly size: number; readonly root: Hash },
  signers: readonly NoteSigner[],
): Promise<void> {
  const note = Buffer.from(await signNote(formatCheckpoint({ origin: ORIGIN, size, root }), signers));
  files.set(checkpointPath(size), note);
  files.set('checkpoint', note);
}

/** A new key that signs; cosignatures at this time, ms since the epoch. */
export function signerOf(kind: SignatureKind, name = ORIGIN, now = 1_700_000_000_000): NoteSigner & { readonly vkey: string } {
  const { privateKey } = kind === 'ecdsa' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return localSigner(name, kind, privateKey, () => now);
}

export const DIGEST = 'c0ffee00'.repeat(8);

export function evidenceLeaf(index: number): EvidenceLeaf {
  return {
    v: 1,
    kind: 'evidence',
    key: `demo/alb/111111111111/eu-central-1/2026/11/21/${String(index).padStart(22, 'k')}.sealed`,
    version: `v${index}`,
    size: 1000 + index,
    ciphertext: DIGEST,
    plaintext: DIGEST,
    bytes: 900,
    records: 3,
    events: 2,
    excluded: 1,
    parked: 0,
    first: index % 2 === 0 ? null : 1_700_000_000_000,
    last: null,
    delivered: 1_700_000_001_000,
    origin: `s3://landing/"quoted"/${index}\u2028`,
    trigger: 's3',
    stored: 1_700_000_002_000,
  };
}

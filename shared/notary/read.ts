// https://c2sp.org/tlog-tiles
// Reads a log out of its store: checkpoints, leaves and proofs. Nothing here is believed because it lies there; callers have signatures and roots to check.
import { EvidenceError } from '../errors.ts';
import { openCheckpoint, type OpenCheckpoint } from './checkpoint.ts';
import { decodeLeaf, type Leaf } from './leaf.ts';
import { HASH_BYTES, consistencyProof, inclusionProof, leafHash, treeRoot, type Hash } from './merkle.ts';
import { noteText } from './note.ts';
import type { LogStore } from './store.ts';
import { TILE_WIDTH, decodeEntries, hashesFromTiles, tilePath, type HashReader, type TileReader } from './tiles.ts';
import type { NoteVerifier } from './verifier.ts';

export type ReadableLog = Pick<LogStore, 'get' | 'list'>;

/** A checkpoint as it lies there. */
export interface StoredCheckpoint {
  readonly path: string;
  /** That its name says; undefined where the name says none. */
  readonly size: number | undefined;
  /** Not checked, so that one bad note does not hide those after it. */
  readonly note: string;
}

export interface StoredLeaf {
  readonly index: number;
  readonly bytes: Buffer;
  readonly hash: Hash;
  readonly leaf: Leaf;
}

/** As StoredLeaf, of a leaf that nobody tried to read. */
export type LeafBytes = Omit<StoredLeaf, 'leaf'>;

export interface LeafOptions {
  /** Leaves in the log, where more is known than the last index: bundles of that size are looked for first. */
  readonly size?: number | undefined;
  /** Also compares each leaf's hash with the tile that holds it. */
  readonly checkTiles?: boolean | undefined;
}

export interface Log {
  /** The latest one. @returns undefined where the log has none yet. @throws EvidenceError as openCheckpoint. */
  readonly checkpoint: (verifiers: readonly NoteVerifier[]) => Promise<OpenCheckpoint | undefined>;
  /** All that were ever signed, by size. */
  readonly checkpoints: () => AsyncIterable<StoredCheckpoint>;
  /** Leaves [from, to) in order, one bundle in memory. @throws EvidenceError at the first leaf that is absent or unreadable. */
  readonly leaves: (from: number, to: number, options?: LeafOptions) => AsyncIterable<StoredLeaf>;
  /** As leaves(), without reading what they say. */
  readonly rawLeaves: (from: number, to: number, options?: LeafOptions) => AsyncIterable<LeafBytes>;
  readonly hashes: (size: number) => HashReader;
  readonly root: (size: number) => Promise<Hash>;
  readonly proofOf: (index: number, size: number) => Promise<Hash[]>;
  readonly consistency: (oldSize: number, size: number) => Promise<Hash[]>;
}

export const CHECKPOINT_PATH = 'checkpoint';
const CHECKPOINTS = 'checkpoints/';
const DIGITS = 12;

/** Path of the checkpoint of a size, where the store keeps all of them. */
export function checkpointPath(size: number): string {
  return `${CHECKPOINTS}${String(size).padStart(DIGITS, '0')}`;
}

export function openLog(store: ReadableLog): Log {
  const readTile = tileReader(store);
  // Proofs are asked for in one size mostly; its tiles are read once.
  let latest: { readonly size: number; readonly hashes: HashReader } | undefined;
  const hashes = (size: number): HashReader => {
    if (latest?.size !== size) latest = { size, hashes: hashesFromTiles(size, readTile) };
    return latest.hashes;
  };
  const rawLeaves = (from: number, to: number, options: LeafOptions = {}): AsyncIterable<LeafBytes> =>
    bundles(store, readTile, { from, to, ...options });
  return {
    checkpoint: (verifiers) => latestCheckpoint(store, verifiers),
    checkpoints: () => storedCheckpoints(store),
    leaves: (from, to, options) => readLeaves(rawLeaves(from, to, options)),
    rawLeaves,
    hashes,
    root: (size) => treeRoot(size, hashes(size)),
    proofOf: (index, size) => inclusionProof(index, size, hashes(size)),
    consistency: (oldSize, size) => consistencyProof(oldSize, size, hashes(size)),
  };
}

async function latestCheckpoint(store: ReadableLog, verifiers: readonly NoteVerifier[]): Promise<OpenCheckpoint | undefined> {
  const bytes = await store.get(CHECKPOINT_PATH);
  return bytes === undefined ? undefined : openCheckpoint(noteText(bytes), verifiers);
}

async function* storedCheckpoints(store: ReadableLog): AsyncGenerator<StoredCheckpoint> {
  for await (const path of store.list(CHECKPOINTS)) {
    const bytes = await store.get(path);
    if (bytes === undefined) throw new EvidenceError(`${path} is listed and cannot be read`);
    const digits = /^\d{12,16}$/.exec(path.slice(CHECKPOINTS.length))?.[0];
    const size = digits === undefined ? undefined : Number(digits);
    yield { path, size: size !== undefined && checkpointPath(size) === path ? size : undefined, note: bytes.toString() };
  }
}

/** Reads tiles; where a partial one was removed because the full one is there, the beginning of that. */
export function tileReader(store: Pick<LogStore, 'get'>): TileReader {
  return async (path) => {
    const bytes = await store.get(path);
    if (bytes !== undefined) return bytes;
    const [full, width] = path.split('.p/');
    const whole = full === undefined || width === undefined ? undefined : await store.get(full);
    if (whole === undefined) throw new EvidenceError(`${path} is not in the log`);
    if (whole.length !== TILE_WIDTH * HASH_BYTES) throw new EvidenceError(`${full} has ${whole.length} bytes: a full tile has 8192`);
    return whole.subarray(0, Number(width) * HASH_BYTES);
  };
}

interface Wanted extends LeafOptions {
  readonly from: number;
  readonly to: number;
}

async function* readLeaves(raw: AsyncIterable<LeafBytes>): AsyncGenerator<StoredLeaf> {
  for await (const each of raw) yield { ...each, leaf: decodeLeaf(each.bytes, `leaf ${each.index}`) };
}

async function* bundles(store: ReadableLog, readTile: TileReader, { from, to, size = to, checkTiles }: Wanted): AsyncGenerator<LeafBytes> {
  if (!Number.isSafeInteger(from) || from < 0 || from > to || to > size)
    throw new RangeError(`no leaves ${from} to ${to} in a log of ${size}`);
  for (let number = Math.floor(from / TILE_WIDTH); number * TILE_WIDTH < to; number++) {
    const start = number * TILE_WIDTH;
    const { path, width, bytes } = await bundle(store, number, Math.min(TILE_WIDTH, size - start));
    const leaves = decodeBundle(path, bytes, width);
    const hashes = leaves.map(leafHash);
    if (checkTiles === true) await compare(hashes, { path, tile: tilePath(0, number, width) }, readTile);
    for (let at = Math.max(0, from - start); at < Math.min(TILE_WIDTH, to - start); at++) {
      const leaf = leaves[at];
      const hash = hashes[at];
      if (leaf === undefined || hash === undefined) throw new EvidenceError(`${path} does not hold leaf ${start + at}`);
      yield { index: start + at, bytes: leaf, hash };
    }
  }
}

interface Bundle {
  readonly path: string;
  readonly width: number;
  readonly bytes: Buffer;
}

// Of a bundle that is not full there may be several, by size; each begins as the others do.
async function bundle(store: ReadableLog, number: number, width: number): Promise<Bundle> {
  const path = tilePath('entries', number, width);
  for (const candidate of width === TILE_WIDTH ? [TILE_WIDTH] : [width, TILE_WIDTH]) {
    const bytes = await store.get(tilePath('entries', number, candidate));
    if (bytes !== undefined) return { path: tilePath('entries', number, candidate), width: candidate, bytes };
  }
  const larger = await largerBundle(store, number, width);
  if (larger === undefined) throw new EvidenceError(`${path} is not in the log`);
  return larger;
}

async function largerBundle(store: ReadableLog, number: number, width: number): Promise<Bundle | undefined> {
  const folder = `${tilePath('entries', number)}.p/`;
  const widths: number[] = [];
  for await (const path of store.list(folder)) widths.push(Number(path.slice(folder.length)));
  const next = widths.filter((candidate) => candidate > width && candidate < TILE_WIDTH).sort((a, b) => a - b)[0];
  const path = next === undefined ? undefined : tilePath('entries', number, next);
  const bytes = path === undefined ? undefined : await store.get(path);
  return path === undefined || next === undefined || bytes === undefined ? undefined : { path, width: next, bytes };
}

function decodeBundle(path: string, bytes: Buffer, width: number): Buffer[] {
  const leaves = decodeEntries(bytes, path);
  if (leaves.length !== width) throw new EvidenceError(`${path} has ${leaves.length} leaves, not ${width}`);
  return leaves;
}

async function compare(hashes: readonly Hash[], { path, tile }: { path: string; tile: string }, readTile: TileReader): Promise<void> {
  const bytes = await readTile(tile);
  if (bytes.length !== hashes.length * HASH_BYTES)
    throw new EvidenceError(`${tile} has ${bytes.length} bytes, not ${hashes.length * HASH_BYTES}`);
  const differs = hashes.findIndex((hash, at) => !hash.equals(bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)));
  if (differs >= 0) throw new EvidenceError(`leaf ${differs} of ${path} is not the one whose hash is in ${tile}`);
}

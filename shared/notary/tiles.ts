// https://c2sp.org/tlog-tiles
// The tree as files: a tile holds up to 256 hashes of one tile level (8 levels of the tree), a bundle up to 256 leaves.
import { EvidenceError } from '../errors.ts';
import { HASH_BYTES, nodeHash, treeRoot, type Hash, type HashReader } from './merkle.ts';

export type { HashReader } from './merkle.ts';

export const TILE_WIDTH = 256;
export const MAX_LEAF_BYTES = 65_535;

const TILE_LEVELS = 8;
const CACHED_TILES = 512;

/** Where `width` hashes of tile `index` of a tile level lie; full where no width is given. */
export interface TileAt {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Bytes of a path as tilePath() gives it. @throws EvidenceError where there is nothing. */
export type TileReader = (path: string) => Promise<Buffer>;

/** Path below the log: `tile/<level>/<index in groups of three digits>`, with `.p/<width>` while it is not full. */
export function tilePath(level: number | 'entries', index: number, width: number = TILE_WIDTH): string {
  let groups = threeDigits(index % 1000);
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) groups = `x${threeDigits(rest % 1000)}/${groups}`;
  return `tile/${level}/${groups}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

function threeDigits(n: number): string {
  return String(n).padStart(3, '0');
}

/** Tiles to be written where a tree grows; the bundles of leaves are those of level 0. Lowest level first. */
export function newTiles(oldSize: number, size: number): TileAt[] {
  const tiles: TileAt[] = [];
  for (let level = 0; hashesAt(level, size) > 0; level++) {
    const before = hashesAt(level, oldSize);
    const after = hashesAt(level, size);
    for (let index = Math.floor(before / TILE_WIDTH); before < after && index * TILE_WIDTH < after; index++)
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) });
  }
  return tiles;
}

/** @returns how many of a tile's hashes a tree of this size has: 256 where the tile is full, 0 where there is none. */
export function widthOf(level: number, index: number, size: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, hashesAt(level, size) - index * TILE_WIDTH));
}

function hashesAt(level: number, size: number): number {
  return Math.floor(size / 2 ** (TILE_LEVELS * level));
}

/**
 * Hashes of the tree of the first `size` leaves, out of its tiles. The latest tiles are kept.
 * A tile's own hashes are taken as they are: proofs and roots made of them are for whoever has a signed root to check.
 */
export function hashesFromTiles(size: number, readTile: TileReader): HashReader {
  const tiles = new Map<string, Promise<Tile>>();
  const kept = (level: number, index: number): Promise<Tile> => {
    const width = widthOf(level, index, size);
    const path = tilePath(level, index, width);
    const tile = tiles.get(path) ?? readWhole(path, width, readTile);
    // The one used last is the last to go; one that could not be read is tried again by whoever asks next.
    tiles.delete(path);
    tiles.set(path, tile);
    tile.catch(() => tiles.delete(path));
    const oldest = tiles.size > CACHED_TILES ? tiles.keys().next().value : undefined;
    if (oldest !== undefined) tiles.delete(oldest);
    return tile;
  };
  return async (level, index) => {
    if (!inTree(level, index, size)) throw new RangeError(`a tree of ${size} has no node ${index} at level ${level}`);
    const tileLevel = Math.floor(level / TILE_LEVELS);
    const height = level % TILE_LEVELS;
    const perTile = TILE_WIDTH / 2 ** height;
    const tile = await kept(tileLevel, Math.floor(index / perTile));
    return tile(height, index % perTile);
  };
}

function inTree(level: number, index: number, size: number): boolean {
  return level >= 0 && level <= 53 && Number.isSafeInteger(index) && index >= 0 && (index + 1) * 2 ** level <= size;
}

/** Hash of the node `index` at `height` above the tile's own hashes. */
type Tile = (height: number, index: number) => Hash;

async function readWhole(path: string, width: number, readTile: TileReader): Promise<Tile> {
  return tileOf(await readHashes(path, width, readTile));
}

async function readHashes(path: string, width: number, readTile: TileReader): Promise<Buffer> {
  const bytes = await readTile(path);
  if (bytes.length !== width * HASH_BYTES)
    throw new EvidenceError(`${path} has ${bytes.length} bytes: ${width} hashes have ${width * HASH_BYTES}`);
  return bytes;
}

function tileOf(bytes: Buffer): Tile {
  const made = new Map<number, Hash>();
  const node: Tile = (height, index) => {
    if (height === 0) return bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    const at = height * TILE_WIDTH + index;
    const known = made.get(at);
    if (known !== undefined) return known;
    const hash = nodeHash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
    made.set(at, hash);
    return hash;
  };
  return node;
}

export interface Growth {
  readonly size: number;
  readonly root: Hash;
  /** In the order in which they are to be written: lowest level first. */
  readonly tiles: readonly { readonly path: string; readonly bytes: Buffer }[];
}

/**
 * The tiles and the root of a tree that grows by some leaves. Of the old tree only its partial tiles, one for each level, are read:
 * compare treeRoot(oldSize, hashesFromTiles(oldSize, readTile)) with the signed root before you rely on them.
 */
export async function growTree(oldSize: number, leafHashes: readonly Hash[], readTile: TileReader): Promise<Growth> {
  const size = oldSize + leafHashes.length;
  const tiles = new Map<string, Buffer>();
  let fresh = leafHashes;
  for (let level = 0; fresh.length > 0; level++) {
    const bytes = Buffer.concat([await partialTile(level, oldSize, readTile), ...fresh]);
    fresh = cutIntoTiles(bytes, { level, first: Math.floor(hashesAt(level, oldSize) / TILE_WIDTH) }, tiles);
  }
  const read: TileReader = async (path) => tiles.get(path) ?? (await readTile(path));
  const root = await treeRoot(size, hashesFromTiles(size, read));
  return { size, root, tiles: Array.from(tiles, ([path, bytes]) => ({ path, bytes })) };
}

async function partialTile(level: number, size: number, readTile: TileReader): Promise<Buffer> {
  const index = Math.floor(hashesAt(level, size) / TILE_WIDTH);
  const width = widthOf(level, index, size);
  if (width === 0) return Buffer.alloc(0);
  return await readHashes(tilePath(level, index, width), width, readTile);
}

/** @returns the hashes of the tiles that became full: they are new at the next level. */
function cutIntoTiles(bytes: Buffer, { level, first }: { level: number; first: number }, into: Map<string, Buffer>): Hash[] {
  const full: Hash[] = [];
  const tileBytes = TILE_WIDTH * HASH_BYTES;
  for (let at = 0; at < bytes.length; at += tileBytes) {
    const tile = bytes.subarray(at, at + tileBytes);
    into.set(tilePath(level, first + at / tileBytes, tile.length / HASH_BYTES), tile);
    if (tile.length === tileBytes) full.push(tileOf(tile)(TILE_LEVELS, 0));
  }
  return full;
}

/** A bundle of leaves: each after its length in two bytes, big-endian. @throws RangeError if one is longer than two bytes can say. */
export function encodeEntries(leaves: readonly Buffer[]): Buffer {
  const parts = leaves.flatMap((leaf) => {
    if (leaf.length > MAX_LEAF_BYTES) throw new RangeError(`a leaf has ${leaf.length} bytes: at most ${MAX_LEAF_BYTES} fit into a bundle`);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(leaf.length);
    return [length, leaf];
  });
  return Buffer.concat(parts);
}

/** @param where names the bundle in errors. @throws EvidenceError if it ends within a leaf. */
export function decodeEntries(bytes: Buffer, where = 'the bundle'): Buffer[] {
  const leaves: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + 2;
    const end = start > bytes.length ? Infinity : start + bytes.readUInt16BE(at);
    if (end > bytes.length) throw new EvidenceError(`${where} of ${bytes.length} bytes ends within its leaf ${leaves.length}`);
    leaves.push(bytes.subarray(start, end));
    at = end;
  }
  return leaves;
}

// https://c2sp.org/tlog-tiles
// The right edge of the tree: all that the writer has to know of what is there already. At most 255 hashes a level and 255 leaves, whatever
// the size of the log.
import { EvidenceError } from '../errors.ts';
import { EMPTY_ROOT, leafHash, treeRoot, type Hash } from './merkle.ts';
import { openLog, tileReader } from './read.ts';
import type { LogStore } from './store.ts';
import { encodeEntries, growTree, hashesFromTiles, TILE_WIDTH, tilePath, widthOf, type TileReader } from './tiles.ts';

export interface Edge {
  readonly size: number;
  readonly root: Hash;
  /** Tiles that are not full, one a level at most, by path. */
  readonly tiles: ReadonlyMap<string, Buffer>;
  /** Leaves of the bundle that is not full. */
  readonly bundle: readonly Buffer[];
}

export interface LogFile {
  readonly path: string;
  readonly bytes: Buffer;
}

export const EMPTY_EDGE: Edge = { size: 0, root: EMPTY_ROOT, tiles: new Map(), bundle: [] };

/** The edge of the tree with these leaves more, and the tiles and bundles that they complete. */
export async function grow(edge: Edge, leaves: readonly Buffer[]): Promise<{ readonly edge: Edge; readonly complete: readonly LogFile[] }> {
  if (leaves.length === 0) return { edge, complete: [] };
  const { size, root, tiles } = await growTree(edge.size, leaves.map(leafHash), edgeReader(edge));
  const made = new Map(tiles.map(({ path, bytes }) => [path, bytes]));
  const bundles = bundlesOf(edge, leaves);
  return {
    edge: { size, root, tiles: partialTiles(size, (path) => made.get(path) ?? edge.tiles.get(path)), bundle: bundles.rest },
    complete: [...tiles.filter(({ path }) => !isPartial(path)), ...bundles.complete],
  };
}

/** What a checkpoint of this size needs beside the complete tiles. */
export function partialFiles({ size, tiles, bundle }: Edge): readonly LogFile[] {
  const entries = tilePath('entries', Math.floor(size / TILE_WIDTH), bundle.length);
  return [
    ...Array.from(tiles, ([path, bytes]) => ({ path, bytes })),
    ...(bundle.length === 0 ? [] : [{ path: entries, bytes: encodeEntries(bundle) }]),
  ];
}

/** Reads tiles of a log whose partial ones are those of the edge and may lie nowhere else yet. */
export function tilesOf(edge: Edge, store: Pick<LogStore, 'get'>): TileReader {
  const stored = tileReader(store);
  return async (path) => edge.tiles.get(path) ?? (await stored(path));
}

/** Reads the edge of the log at the size of one of its checkpoints. @throws EvidenceError if the tiles do not give its root, or the leaves not its tiles. */
export async function edgeAt(size: number, root: Hash, store: Pick<LogStore, 'get' | 'list'>): Promise<Edge> {
  const readTile = tileReader(store);
  const tiles = new Map<string, Buffer>();
  for (const path of partialPaths(size)) tiles.set(path, await readTile(path));
  const found = await treeRoot(size, hashesFromTiles(size, edgeReader({ tiles })));
  if (!found.equals(root)) throw new EvidenceError(`the tiles of the log give another root at size ${size} than the one that was signed`);
  const bundle: Buffer[] = [];
  const leaves = openLog(store).rawLeaves(size - (size % TILE_WIDTH), size, { checkTiles: true });
  for await (const { bytes } of leaves) bundle.push(bytes);
  return { size, root, tiles, bundle };
}

function edgeReader({ tiles }: Pick<Edge, 'tiles'>): TileReader {
  return (path) => {
    const bytes = tiles.get(path);
    return bytes === undefined ? Promise.reject(new EvidenceError(`${path} is not on the edge of the log`)) : Promise.resolve(bytes);
  };
}

function partialTiles(size: number, find: (path: string) => Buffer | undefined): ReadonlyMap<string, Buffer> {
  const tiles = new Map<string, Buffer>();
  for (const path of partialPaths(size)) {
    const bytes = find(path);
    if (bytes === undefined) throw new EvidenceError(`${path} is not on the edge of the log`);
    tiles.set(path, bytes);
  }
  return tiles;
}

/** Paths of the tiles that are not full in a tree of this size, lowest level first. */
function partialPaths(size: number): readonly string[] {
  const paths: string[] = [];
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / TILE_WIDTH)) {
    const index = Math.floor(rest / TILE_WIDTH);
    const width = widthOf(level, index, size);
    if (width > 0) paths.push(tilePath(level, index, width));
  }
  return paths;
}

function isPartial(path: string): boolean {
  return path.includes('.p/');
}

function bundlesOf(
  { size, bundle }: Edge,
  leaves: readonly Buffer[],
): { readonly complete: readonly LogFile[]; readonly rest: readonly Buffer[] } {
  const all = [...bundle, ...leaves];
  const first = Math.floor(size / TILE_WIDTH);
  const full = Math.floor(all.length / TILE_WIDTH);
  const complete = Array.from({ length: full }, (_, at) => ({
    path: tilePath('entries', first + at),
    bytes: encodeEntries(all.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH)),
  }));
  return { complete, rest: all.slice(full * TILE_WIDTH) };
}

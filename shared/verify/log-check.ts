// Reads a log from its first leaf to its last: computes the tree anew, and holds every checkpoint and tile against it.
import { EvidenceError } from '../errors.ts';
import { decodeLeaf, type Leaf } from '../notary/leaf.ts';
import type { Hash } from '../notary/merkle.ts';
import { openLog, tileReader, type LeafBytes, type ReadableLog } from '../notary/read.ts';
import { LOG_PREFIX } from '../notary/store.ts';
import { TILE_WIDTH, tilePath } from '../notary/tiles.ts';
import type { CheckpointAt, CheckpointSource } from './checkpoints.ts';
import { inOrder } from './in-order.ts';
import { problem, type Problem } from './problems.ts';
import { createTree, type LogResult } from './log-tree.ts';
import { createTileCheck } from './tile-check.ts';

export interface LoggedLeaf {
  readonly index: number;
  readonly bytes: Buffer;
  readonly leaf: Leaf;
}

export interface LogCheck extends CheckpointSource {
  readonly store: ReadableLog;
  /** Leaves to be read: those of the latest checkpoint. */
  readonly size: number;
  readonly listed: readonly CheckpointAt[];
  readonly onProblem: (found: Problem) => void;
  readonly onLeaf: (leaf: LoggedLeaf) => Promise<void> | void;
  readonly onProgress: (leaves: number) => void;
}

/** Of one bundle: its leaves, and the hashes of its tile. Either may not be there. */
interface Unit {
  readonly number: number;
  readonly width: number;
  readonly leaves: readonly LeafBytes[] | undefined;
  readonly tile: readonly Hash[] | undefined;
}

export async function checkLog(check: LogCheck): Promise<LogResult> {
  const { size, onProblem } = check;
  const tree = createTree(check);
  const tiles = createTileCheck(check.store, onProblem);
  for await (const unit of inOrder(unitNumbers(size), check.concurrency, (number) => readUnit(check, number))) {
    const computed = unit.leaves?.map(({ hash }) => hash);
    const hashes = unit.tile ?? computed;
    if (hashes === undefined) {
      const at = `${LOG_PREFIX}${tilePath('entries', unit.number, unit.width)}`;
      onProblem(problem('bad_entries', at, `nothing after leaf ${unit.number * TILE_WIDTH} can be verified: its tile is not there either`));
      return tree.broken();
    }
    tree.compare({ ...unit, tile: hashes, computed: computed ?? hashes });
    for (let at = 0; at < unit.width; at++) {
      if (tree.isDue()) await tree.checkpoints();
      tree.append((computed ?? hashes)[at], hashes[at]);
    }
    for (const leaf of unit.leaves ?? []) await readLeaf(check, leaf);
    await tiles.add(hashes);
    check.onProgress(Math.min(size, (unit.number + 1) * TILE_WIDTH));
  }
  await tiles.end();
  return await tree.end();
}

function* unitNumbers(size: number): Generator<number> {
  for (let number = 0; number * TILE_WIDTH < size; number++) yield number;
}

async function readUnit({ store, size, onProblem }: LogCheck, number: number): Promise<Unit> {
  const from = number * TILE_WIDTH;
  const width = Math.min(TILE_WIDTH, size - from);
  const path = tilePath(0, number, width);
  const [leaves, tile] = await Promise.all([
    orProblem('bad_entries', tilePath('entries', number, width), onProblem, () =>
      collected(openLog(store).rawLeaves(from, from + width, { size })),
    ),
    orProblem('bad_tile', path, onProblem, async () => hashesIn(await tileReader(store)(path), path, width)),
  ]);
  return { number, width, leaves, tile };
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function orProblem<T>(
  code: 'bad_entries' | 'bad_tile',
  path: string,
  onProblem: (found: Problem) => void,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    onProblem(problem(code, LOG_PREFIX + path, error.message));
    return undefined;
  }
}

/** @throws EvidenceError if they are not as many as the tile must have. */
export function hashesIn(bytes: Buffer, path: string, width: number): readonly Hash[] {
  if (bytes.length !== width * 32) throw new EvidenceError(`${path} has ${bytes.length} bytes: ${width} hashes have ${width * 32}`);
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * 32, (at + 1) * 32));
}

async function readLeaf({ onLeaf, onProblem }: LogCheck, { index, bytes }: LeafBytes): Promise<void> {
  try {
    await onLeaf({ index, bytes, leaf: decodeLeaf(bytes, `leaf ${index}`) });
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    onProblem(problem('bad_leaf', `${LOG_PREFIX}leaf ${index}`, error.message));
  }
}

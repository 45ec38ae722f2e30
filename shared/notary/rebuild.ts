// The log's table, made again from the log itself: which leaf is of which version of an object.
import type { LogAccess } from './append.ts';
import { leafId, type IndexEntry } from './head.ts';
import { latestOf } from './latest.ts';
import { openLog } from './read.ts';

export interface Rebuilt {
  /** Leaf to go on with; equal to `size` when all is done. */
  readonly next: number;
  /** Leaves of the latest checkpoint; what was appended since follows from its batches. */
  readonly size: number;
}

const CHUNK = 1000;

/**
 * Enters the leaves from `from` on, until all are or `isLate` says to stop. The log is not written to before all of them are entered.
 * @throws EvidenceError if the leaves are not those of the tiles.
 */
export async function rebuildIndex(log: LogAccess, from: number, isLate: () => boolean): Promise<Rebuilt> {
  const size = (await latestOf(log.store, log.origin))?.size ?? 0;
  let entries: IndexEntry[] = [];
  for await (const { index, leaf } of openLog(log.store).leaves(from, Math.max(from, size), { checkTiles: true })) {
    entries.push({ id: leafId(leaf), index });
    if (entries.length < CHUNK) continue;
    await log.index.add(entries);
    entries = [];
    if (isLate() && index + 1 < size) return { next: index + 1, size };
  }
  await log.index.add(entries);
  await log.index.raise('integrated', size);
  return { next: size, size };
}

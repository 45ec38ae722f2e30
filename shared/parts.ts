// One delivered value that holds several records: they are made one at a time, and only as long as they stay in proportion to what came.
// What stands around the records is repeated in each of them, so a megabyte could be made into gigabytes.
import type { Json, Reject } from './model.ts';
import type { Source } from './sources/api.ts';

/** Records of one value, in their order; an array of them is one, too. */
export interface Parts extends Iterable<Json> {
  readonly length: number;
}

/** @param make called for an item when its record's turn comes, and never where that is too late. */
export function eachOf<T>(items: readonly T[], make: (item: T, at: number) => Json): Parts {
  return { length: items.length, [Symbol.iterator]: () => madeFrom(items, make) };
}

// One function for all: a generator function that is made anew for each value has a prototype and a hidden class of its own.
function* madeFrom<T>(items: readonly T[], make: (item: T, at: number) => Json): Generator<Json, void> {
  for (const [at, item] of items.entries()) yield make(item, at);
}

const MAX_TIMES = 16;
const ALWAYS = 1024 * 1024;

export const PARTS_TOO_LARGE: Reject = {
  code: 'too_large',
  detail: `its records take more than ${MAX_TIMES} times the room of what was delivered: those before were processed, the rest is in here`,
};

/** @param delivered length of the text that holds the parts. @returns the parts, and undefined instead of those that are out of proportion. */
export function* inProportion(parts: Parts, delivered: number): Generator<Json | undefined, void> {
  let room = MAX_TIMES * delivered + ALWAYS;
  // A part holds little that the whole does not: of few parts nobody has to measure each.
  const isSmall = parts.length * delivered <= room;
  for (const part of parts) {
    if (!isSmall) room -= lengthOf(part, delivered);
    yield room < 0 ? undefined : part;
    if (room < 0) return;
  }
}

function lengthOf(part: Json, otherwise: number): number {
  try {
    return JSON.stringify(part).length;
  } catch {
    // JSON.parse takes any depth, JSON.stringify does not.
    return otherwise;
  }
}

/** A source's split() on a value nobody has checked. @returns undefined where it is one record, also one that cannot be read. */
export function partsOf(source: Source, whole: Json | undefined): Parts | undefined {
  try {
    return whole === undefined ? undefined : source.split?.(whole);
  } catch {
    return undefined;
  }
}

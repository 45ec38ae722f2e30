// One delivered value that holds several records: they are made one at a time, and only as long as they stay in proportion to what came.
// What stands around the records is repeated in each of them, so a megabyte could be made into gigabytes.
import type { Json, Reject } from './model.ts';

/** Records of one value, in their order; an array of them is one, too. */
export interface Parts extends Iterable<Json> {
  readonly length: number;
}

/** @param make called for an item when its record's turn comes, and never where that is too late. */
export function eachOf<T>(items: readonly T[], make: (item: T, at: number) => Json): Parts {
  return {
    length: items.length,
    *[Symbol.iterator]() {
      for (const [at, item] of items.entries()) yield make(item, at);
    },
  };
}

const MAX_TIMES = 16;
const ALWAYS = 1024 * 1024;

export const PARTS_TOO_LARGE: Reject = {
  code: 'too_large',
  detail: `its records take more than ${MAX_TIMES} times the room of what was delivered: those before were processed, the rest is in here`,
};

/** @param delivered length of the text that holds the parts. @returns what tells, part after part, whether they are still in proportion. */
export function proportion({ length }: Parts, delivered: number): (part: Json) => boolean {
  let room = MAX_TIMES * delivered + ALWAYS;
  // A part holds little that the whole does not: of few parts nobody has to measure each.
  if (length * delivered <= room) return () => true;
  return (part) => {
    room -= lengthOf(part, delivered);
    return room >= 0;
  };
}

function lengthOf(part: Json, otherwise: number): number {
  try {
    return JSON.stringify(part).length;
  } catch {
    // JSON.parse takes any depth, JSON.stringify does not.
    return otherwise;
  }
}

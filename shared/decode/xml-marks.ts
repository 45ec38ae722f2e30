// Where the end of a record may stand: native searches, none of them made twice over the same bytes.
export interface Marks {
  readonly name: string;
  readonly close: Mark;
  /** What must not be in the record: the beginning of another one. */
  readonly open: Mark;
}

export interface Mark {
  readonly pattern: Buffer;
  /** Where it stands next, Infinity if nowhere in these bytes, -1 if nobody has looked. */
  at: number;
  /** Up to here it was looked for and does not stand. */
  clear: number;
}

export function markOf(pattern: string): Mark {
  return { pattern: Buffer.from(pattern), at: -1, clear: 0 };
}

export function marksOf(name: string): Marks {
  return { name, close: markOf(`</${name}`), open: markOf(`<${name}`) };
}

/** For when there are other bytes, or scanning goes back. */
export function forget(marks: readonly (Mark | undefined)[]): void {
  for (const mark of marks) {
    if (mark === undefined) continue;
    mark.at = -1;
    mark.clear = 0;
  }
}

/** @returns where the mark stands first from `from` on and before `to`, or Infinity. */
export function next(bytes: Buffer, mark: Mark, from: number, to: number): number {
  if (mark.at >= from) return mark.at < to ? mark.at : Infinity;
  if (to <= mark.clear) return Infinity;
  const within = to < bytes.length ? bytes.subarray(0, to) : bytes;
  const found = within.indexOf(mark.pattern, Math.max(from, mark.clear - mark.pattern.length));
  if (found >= 0) return (mark.at = found);
  mark.clear = within.length;
  if (within === bytes) mark.at = Infinity;
  return Infinity;
}

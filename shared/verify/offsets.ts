// Offsets of Kafka partitions: every one of them should be in some object. They stand in the objects' origins.
import { kafkaSpanOf } from '../kafka.ts';
import { problem, type Problem } from './problems.ts';

export interface Offsets {
  /** @param day of delivery. */
  add(origin: string, day: string): void;
  /** @param isWanted whether a hole is told of whose end was delivered on this day. */
  problems(isWanted: (day: string) => boolean): readonly Problem[];
}

interface Run {
  first: number;
  last: number;
  /** When the first of it was delivered. */
  day: string;
}

/** Objects come nearly in order, so there are few runs: what joins is joined. */
export function createOffsets(): Offsets {
  const partitions = new Map<string, Run[]>();
  return {
    add(origin, day) {
      const span = kafkaSpanOf(origin);
      if (span === undefined) return;
      const partition = `kafka://${span.cluster}/${span.topic}/${span.partition}`;
      const runs = partitions.get(partition);
      const run = { first: span.first, last: span.last, day };
      if (runs === undefined) partitions.set(partition, [run]);
      else insert(runs, run);
    },
    problems(isWanted) {
      return [...partitions].flatMap(([partition, runs]) =>
        holes(partition, runs).flatMap(({ day, found }) => (isWanted(day) ? [found] : [])),
      );
    },
  };
}

function insert(runs: Run[], run: Run): void {
  let at = runs.length;
  while (at > 0 && (runs[at - 1]?.first ?? 0) > run.first) at--;
  runs.splice(at, 0, run);
  // At most the one before, and those after that it reaches.
  for (let next = Math.max(1, at); next < runs.length;) {
    const [before, after] = [runs[next - 1], runs[next]];
    if (before === undefined || after === undefined || after.first > before.last + 1) {
      if (next > at) return;
      next++;
      continue;
    }
    before.last = Math.max(before.last, after.last);
    runs.splice(next, 1);
  }
}

function holes(partition: string, runs: readonly Run[]): readonly { readonly day: string; readonly found: Problem }[] {
  return runs.slice(1).map(({ first, day }, at) => {
    const from = (runs[at]?.last ?? 0) + 1;
    const what = from === first - 1 ? `offset ${from}` : `offsets ${from} to ${first - 1}`;
    const why = 'compaction and transactions leave offsets out; else records were lost';
    return { day, found: problem('gap', partition, `${what} are in no object (${why})`) };
  });
}

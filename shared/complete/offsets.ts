// Offsets of Kafka partitions, as the units of ingest-kafka name them (`kafka://cluster/topic/partition/first-last@time`): what lies between two
// deliveries was skipped, unless it still comes. Sequence numbers of Kinesis have holes of their own, so nothing can be told from those; heights
// of blocks are in the events and not in the log.
import { kafkaSpanOf } from '../kafka.ts';
import type { Signal } from './signals.ts';

/** By `cluster/topic/partition`. */
export type Offsets = Record<string, Partition>;

export interface Partition {
  /** The offset that comes next. */
  next: number;
  /** Of the newest record, ms since the epoch. */
  time: number;
  holes: Hole[];
}

interface Hole {
  readonly first: number;
  readonly last: number;
  /** When it was noticed, ms since the epoch. */
  readonly since: number;
  readonly told: boolean;
}

/** Deliveries of one partition come to the log out of order by minutes. */
const PATIENCE_MS = 3_600_000;
/** A hole that was told of is remembered so long, to be closed. */
const REMEMBERED_MS = 7 * 86_400_000;
const MAX_HOLES = 50;

/** Notes a unit by its origin. @param now ms since the epoch, when it came into the log. @returns findings that it closes. */
export function noteOffsets(offsets: Offsets, uri: string, now: number): readonly Signal[] {
  const span = kafkaSpanOf(uri);
  if (span === undefined) return [];
  const { first, last, time } = span;
  const name = `${span.cluster}/${span.topic}/${span.partition}`;
  const partition = offsets[name];
  if (partition === undefined || isMadeAgain(partition, first, time)) {
    // What came before the first that was seen is not known.
    offsets[name] = { next: last + 1, time, holes: [] };
    return [];
  }
  partition.time = Math.max(partition.time, time);
  if (first > partition.next) partition.holes.push({ first: partition.next, last: first - 1, since: now, told: false });
  partition.next = Math.max(partition.next, last + 1);
  return fill(partition, name, { first, last, now });
}

/** A topic that was deleted and made again begins at 0. */
function isMadeAgain({ next, time }: Partition, first: number, at: number): boolean {
  return first === 0 && next > 0 && at > time;
}

function fill(partition: Partition, name: string, { first, last, now }: { first: number; last: number; now: number }): readonly Signal[] {
  const closed: Signal[] = [];
  partition.holes = partition.holes.flatMap((hole) => {
    if (last < hole.first || first > hole.last) return [hole];
    if (hole.told) closed.push({ ...signalOf(name, hole), closed: now });
    // What is left of it is another hole.
    const rest = [
      { ...hole, last: first - 1, told: false },
      { ...hole, first: last + 1, told: false },
    ];
    return rest.filter((part) => part.first <= part.last);
  });
  return closed;
}

/** @returns holes that are old enough to be told of, each once. */
export function offsetGaps(offsets: Offsets, now: number): readonly Signal[] {
  return Object.entries(offsets).flatMap(([name, partition]) => {
    const due = partition.holes.filter(({ since, told }) => !told && since + PATIENCE_MS <= now);
    partition.holes = partition.holes
      .filter(({ since, told }) => !told || since + REMEMBERED_MS > now)
      .map((hole) => (due.includes(hole) ? { ...hole, told: true } : hole))
      .slice(-MAX_HOLES);
    return due.map((hole) => signalOf(name, hole));
  });
}

function signalOf(name: string, { first, last, since }: Hole): Signal {
  const [cluster = '', topic = '', partition = ''] = name.split('/');
  const count = last - first + 1;
  return {
    kind: 'offset_gap',
    about: [name, String(first), String(last)],
    detail: `topic ${topic} of cluster ${cluster}, partition ${partition}: offsets ${first} to ${last} (${count}) were not delivered`,
    time: since,
    source: `kafka ${cluster} ${topic}`,
    resource: `kafka://${name}`,
  };
}

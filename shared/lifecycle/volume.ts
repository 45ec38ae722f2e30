// From what came lately to how long a store is for, and how many shards it has.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/bp-sharding.html (10-30 GiB to search, 30-50 GiB for logs)
import type { DayVolume } from './state.ts';
import { DAY_MS, type SpanKind, startOfDay } from './spans.ts';

export const GB = 1024 ** 3;
/** Bytes of a primary shard: 10 to 50 GB; `roomy` is what a shard has at least where there are more than have to be. */
export const SHARD = { smallest: 10 * GB, roomy: 20 * GB, target: 30 * GB, full: 40 * GB, largest: 50 * GB } as const;

/** Of a class, bytes a day of primaries. */
export interface Rate {
  /** The middle of the last two weeks. */
  readonly typical: number;
  /** The busiest of these days. */
  readonly peak: number;
  /** Of the last week. */
  readonly mean: number;
  /** What the next days are likely to bring: the last week, or less of it where that was more. */
  readonly next: number;
}

/** A day that is not over says something after so long. */
const TELLING_MS = DAY_MS / 4;
export const WINDOW_DAYS = 14;

/** @returns undefined where nothing came: nobody knows that it will. */
export function rateOf(volumes: readonly DayVolume[], now: number): Rate | undefined {
  const today = startOfDay(now);
  const over = volumes.filter(({ from }) => from < today && from >= today - WINDOW_DAYS * DAY_MS);
  const running = volumes.find(({ from }) => from === today);
  if (over.every(({ docs }) => docs === 0) && (running?.docs ?? 0) === 0) return undefined;
  const elapsed = now - today;
  const present = running === undefined || elapsed < TELLING_MS ? 0 : running.bytes / (elapsed / DAY_MS);
  const busy = over.filter(({ docs }) => docs > 0).map(({ bytes }) => bytes);
  // The first day of a class: all that is known of it.
  const first = busy.length === 0 ? (running?.bytes ?? 0) / (Math.max(elapsed, TELLING_MS) / DAY_MS) : 0;
  const typical = busy.length === 0 ? first : median(busy);
  return {
    typical,
    peak: Math.max(first, present, ...busy),
    mean: Math.max(first, mean(over, today, 7)),
    next: Math.max(first, present, mean(over, today, 7), mean(over, today, 2)),
  };
}

/** Of the last days that are over; the first one of a class begins somewhere in the day. */
function mean(over: readonly DayVolume[], today: number, days: number): number {
  const known = over.filter(({ from }) => from >= today - days * DAY_MS);
  return known.length === 0 ? 0 : known.reduce((sum, { bytes }) => sum + bytes, 0) / known.length;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How long a store of a class that is addressed by the day is for: as short as its shards are not too small, weekends included. */
export function spanFor({ mean }: Pick<Rate, 'mean'>): Exclude<SpanKind, 'year'> {
  if (mean >= SHARD.roomy) return 'day';
  return mean * 7 >= SHARD.roomy ? 'week' : 'month';
}

/**
 * Primary shards of a store: as many as its busiest time needs, and as many as there are nodes where each is large enough all the same, so that
 * all of them write.
 * @param peak bytes it may have in the end, @param typical bytes it is likely to have.
 */
export function shardsFor({ peak, typical }: { readonly peak: number; readonly typical: number }, nodes: number): number {
  const needed = Math.max(1, Math.ceil(typical / SHARD.target));
  const bearable = Math.max(1, needed, Math.floor(typical / SHARD.smallest));
  const safe = Math.min(bearable, Math.max(needed, Math.ceil(peak / SHARD.target)));
  const spread = Math.max(safe, Math.min(nodes, Math.floor(typical / SHARD.roomy)));
  if (spread <= nodes || nodes <= 1) return spread;
  // More than nodes: as many on each.
  const even = Math.ceil(spread / nodes) * nodes;
  return typical / even >= SHARD.roomy ? even : spread;
}

/**
 * Shards of a store that one node may have: keeps a hot store from crowding on few nodes.
 * @returns undefined where a limit could keep shards from being placed, a third of the nodes (a zone) lost included.
 */
export function shardsPerNode(shards: number, replicas: number, nodes: number): number | undefined {
  const left = nodes - Math.ceil(nodes / 3);
  const copies = shards * (replicas + 1);
  if (nodes < 3 || shards < 2 || left <= replicas) return undefined;
  const limit = Math.ceil(copies / left);
  return limit >= copies ? undefined : limit;
}

// How long an indicator counts. A feed's own times win; otherwise it counts for a time that depends on what it is: addresses change hands in days,
// a file never becomes harmless, a sanctioned address counts until it is delisted.
import type { IntelFeed } from './config.ts';
import type { IndexRecord } from './index/build.ts';
import { given } from './formats/format.ts';
import { stricter, type Indicator, type IndicatorType, type Tlp } from './indicator.ts';
import type { Reading } from './feeds.ts';

/** An indicator as it is kept between two readings. Times in ms since the epoch. */
export interface Kept extends Indicator {
  /** When we first had it, and last. */
  readonly first: number;
  readonly seen: number;
  /** When the feed had it no more. */
  readonly gone?: number;
}

const DAY_MS = 86_400_000;
/** Days; Infinity: until the feed has it no more. */
const TTL_DAYS: Readonly<Record<IndicatorType, number>> = {
  ...{ ip: 14, network: 30, domain: 90, url: 30, hash: 365, email: 90, user_agent: 90 },
  ...{ wallet: Infinity, cve: Infinity },
};
/** Events come late, and are looked for in the past: what has ended is kept for so long. */
const KEPT_DAYS = 30;
/** Before we had it: nobody lists an address on the day it turns bad. */
const BEFORE_DAYS = 30;

/** Days are enough, and an index that says the same has the same bytes for a day. */
function day(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

export interface Change {
  readonly kept: readonly Kept[];
  /** Indicators that count now. */
  readonly live: number;
}

/** @param before what was kept; @param reading what the feed says now. @returns what is kept from now on. */
export function renew(before: readonly Kept[], reading: Reading, feed: IntelFeed, now: number): Change {
  const known = new Map(before.map((one) => [keyOf(one), one]));
  const here = new Map<string, Kept>();
  for (const indicator of reading.indicators) {
    const key = keyOf(indicator);
    const same = here.get(key);
    const old = known.get(key);
    const fresh = { ...indicator, first: old?.first ?? now, seen: day(indicator.sighted ?? now) };
    here.set(key, same === undefined ? fresh : merged(same, fresh));
  }
  const revoked = new Set(reading.revoked);
  for (const [key, old] of known) {
    if (here.has(key)) continue;
    const isGone = reading.complete || (old.id !== undefined && revoked.has(old.id));
    here.set(key, isGone && old.gone === undefined ? { ...old, gone: now } : old);
  }
  const kept = [...here.values()].filter((one) => (endOf(one, feed) ?? Infinity) + KEPT_DAYS * DAY_MS > now);
  return { kept, live: liveOf(kept, feed, now) };
}

/** Nothing has changed: a list that is complete still has everything that it had. */
export function renewUnchanged(before: readonly Kept[], feed: IntelFeed, now: number): Change {
  const kept = before.map((one) => (one.gone === undefined && one.sighted === undefined ? { ...one, seen: day(now) } : one));
  return { kept, live: liveOf(kept, feed, now) };
}

/** @returns how many of them count at that time. */
export function liveOf(kept: readonly Kept[], feed: IntelFeed, now: number): number {
  return kept.filter((one) => (endOf(one, feed) ?? Infinity) > now).length;
}

function keyOf({ type, value }: Indicator): string {
  return `${type} ${value}`;
}

const MAX_NAMES = 5;

/** Two entries of one feed about the same value: whatever either of them covers. */
function merged(one: Kept, other: Kept): Kept {
  const union = (name: 'names' | 'references'): readonly string[] =>
    [...new Set([...(one[name] ?? []), ...(other[name] ?? [])])].slice(0, MAX_NAMES);
  const { until, ...rest } = one;
  return {
    ...rest,
    ...{ names: union('names'), references: union('references'), seen: Math.max(one.seen, other.seen) },
    exact: one.exact === true && other.exact === true,
    ...given('confidence', combined(Math.max, one.confidence, other.confidence)),
    ...given('tlp', combined(stricter, one.tlp, other.tlp)),
    ...given('from', combined(Math.min, one.from, other.from)),
    // One without an end has none.
    ...(until === undefined || other.until === undefined ? {} : { until: Math.max(until, other.until) }),
  };
}

function combined<T>(how: (one: T, other: T) => T, one: T | undefined, other: T | undefined): T | undefined {
  return one === undefined || other === undefined ? (one ?? other) : how(one, other);
}

/** @returns undefined: never. */
function endOf({ type, until, seen, gone }: Kept, { ttl_days: ttl = TTL_DAYS[type] }: IntelFeed): number | undefined {
  const end = until ?? (ttl === Infinity ? undefined : seen + ttl * DAY_MS);
  if (gone === undefined) return end;
  return end === undefined ? gone : Math.min(gone, end);
}

/** @param feed its position in the index's list. @returns how the index has it. */
export function recordOf(kept: Kept, config: IntelFeed, feed: number): IndexRecord {
  const { type, value, first, seen, until, gone } = kept;
  const never = TTL_DAYS[type] === Infinity;
  const { label } = config;
  const names = kept.names ?? [];
  return {
    ...{ type, value, feed, seen },
    exact: kept.exact === true,
    confidence: kept.confidence ?? config.confidence ?? 50,
    tlp: tlpFor(kept, config),
    from: kept.from ?? (never ? 0 : day(first - BEFORE_DAYS * DAY_MS)),
    until: endOf(kept, config),
    fades: until === undefined && gone === undefined,
    names: label === undefined ? names : [label, ...names],
    references: kept.references ?? [],
    id: kept.id ?? '',
  };
}

const SHARED_IN_CONFIDENCE: ReadonlySet<IntelFeed['format']> = new Set(['stix', 'taxii', 'misp']);

function tlpFor({ tlp }: Kept, config: IntelFeed): Tlp {
  return tlp ?? config.tlp ?? (SHARED_IN_CONFIDENCE.has(config.format) ? 'AMBER' : 'CLEAR');
}

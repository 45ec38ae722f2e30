// The next stores, before anything is addressed to them: their span and shards by what came lately.
// A store of a week or a month is given its days one by one, shortly before each begins: where it fills faster than expected, the rest of its
// days goes elsewhere, and its shards stay within bounds. What nobody made in time, the index function makes (periods.ts), a day long.
import { periodOf, storeName, storeOf } from '../opensearch/index-name.ts';
import type { NewStore } from '../opensearch/periods.ts';
import type { Action } from './actions.ts';
import type { LifecycleSettings } from './settings.ts';
import { DAY_MS, extentOf, extentOfSpan, isByMonth, kindOf, periodAt, spanAt, startOfDay, type SpanKind } from './spans.ts';
import type { ClusterState, StoreState } from './state.ts';
import { rateOf, SHARD, shardsFor, shardsPerNode, spanFor, type Rate } from './volume.ts';

/**
 * A day is given to a store that is there so long before it begins: events of clocks that are up to a day fast (shared/hub/document.ts) find it, or
 * the index function would make a store for the day alone. No earlier, so that what is known of the volume is as new as can be.
 */
const GIVEN_MS = DAY_MS + 2 * 3_600_000;

interface Class {
  readonly cls: string;
  readonly rate: Rate;
  readonly state: ClusterState;
  readonly settings: LifecycleSettings;
  readonly now: number;
}

export function planAhead(state: ClusterState, settings: LifecycleSettings, now: number): readonly Action[] {
  return [...state.volumes].flatMap(([cls, volumes]) => {
    const rate = rateOf(volumes, now);
    if (rate === undefined) return [];
    const one = { cls, rate, state, settings, now };
    return isByMonth(cls) ? months(one) : days(one);
  });
}

function months({ cls, rate, state, settings, now }: Class): readonly Action[] {
  const actions: Action[] = [];
  for (const span of new Set([now, now + settings.aheadDays * DAY_MS].map((time) => spanAt('month', time)))) {
    const { from, to } = extentOfSpan(span);
    const period = periodAt(cls, from);
    if (state.taken.has(period) || isMade(state, cls, span)) continue;
    const bytes = rate.next * ((to - Math.max(from, now)) / DAY_MS);
    actions.push({ kind: 'create', store: newStore({ cls, span, periods: [period], bytes, peak: bytes * 1.5 }, state, settings) });
  }
  return actions;
}

function days(one: Class): readonly Action[] {
  const { cls, state, settings, now } = one;
  const actions: Action[] = [];
  const made = new Map<string, string[]>();
  for (let day = startOfDay(now); day <= now + settings.aheadDays * DAY_MS; day += DAY_MS) {
    const period = periodAt(cls, day);
    if (state.taken.has(period)) continue;
    const home = state.stores.find((store) => isHome(store, day, one));
    if (home !== undefined) {
      if (day - now <= GIVEN_MS) actions.push({ kind: 'extend', index: home.name, periods: [period] });
      continue;
    }
    // One that this plan makes for an earlier day.
    const draft = [...made].find(([span]) => isWithin(day, span));
    if (draft !== undefined) {
      if (day - now <= GIVEN_MS) draft[1].push(period);
      continue;
    }
    const span = freeSpan(one, day);
    if (span === undefined) continue;
    const periods = [period];
    made.set(span, periods);
    actions.push({ kind: 'create', store: newStore({ cls, span, periods, ...expected(one, span, day) }, state, settings) });
  }
  return actions;
}

function isWithin(day: number, span: string): boolean {
  const { from, to } = extentOfSpan(span);
  return from <= day && day < to;
}

/** Whether the store is for more days than it has, this one among them, and has room for it. */
function isHome(store: StoreState, day: number, { cls, rate, now }: Class): boolean {
  if (store.cls !== cls || store.generation === 0 || store.periods.length === 0) return false;
  if (store.readOnly || store.tier !== 'hot' || store.moving || !isWithin(day, store.span)) return false;
  if (kindOf(store.span) === 'year') return false;
  const ahead = store.periods.reduce((sum, name) => sum + (remaining(periodOf(name), now) / DAY_MS) * rate.next, 0);
  const largest = Math.max(0, ...store.shardBytes);
  return largest + (ahead + rate.next) / store.shards <= SHARD.full;
}

/** @returns ms of the period that are still to come. */
function remaining(extent: { readonly from: number; readonly to: number } | undefined, now: number): number {
  return extent === undefined ? 0 : Math.max(0, extent.to - Math.max(extent.from, now));
}

/** @returns the span of a store for the day that no store has; undefined where even the day's name is taken. */
function freeSpan({ cls, rate, state }: Class, day: number): string | undefined {
  const kinds: readonly SpanKind[] = ['month', 'week', 'day'];
  const spans = kinds.slice(kinds.indexOf(spanFor(rate))).map((kind) => spanAt(kind, day));
  return spans.find((span) => !isMade(state, cls, span));
}

/** A store that lost its aliases keeps its name. */
function isMade({ stores }: ClusterState, cls: string, span: string): boolean {
  return stores.some((store) => store.generation > 0 && store.cls === cls && store.span === span);
}

/** Bytes that a store of the span will have when it takes all days from this one on. */
function expected({ rate }: Class, span: string, day: number): { readonly bytes: number; readonly peak: number } {
  const left = (extentOfSpan(span).to - day) / DAY_MS;
  if (left <= 1) return { bytes: Math.max(rate.typical, rate.next), peak: Math.max(rate.peak, rate.next) };
  // Several days even each other out.
  return { bytes: rate.next * left, peak: rate.next * left };
}

interface Wanted {
  readonly cls: string;
  readonly span: string;
  readonly periods: readonly string[];
  readonly bytes: number;
  readonly peak: number;
}

function newStore({ cls, span, periods, bytes, peak }: Wanted, { nodes }: ClusterState, { replicas }: LifecycleSettings): NewStore {
  const count = Math.max(1, nodes.length);
  const shards = shardsFor({ peak, typical: bytes }, count);
  const limit = shardsPerNode(shards, replicas ?? (count > 1 ? 1 : 0), count);
  return {
    name: storeName({ cls, span, generation: 1 }),
    periods,
    settings: {
      'index.number_of_shards': shards,
      ...(replicas === undefined ? {} : { 'index.auto_expand_replicas': `0-${replicas}` }),
      ...(limit === undefined ? {} : { 'index.routing.allocation.total_shards_per_node': limit }),
    },
  };
}

/** Periods whose store cannot be made because another index has its name. */
export function blockedNames({ stores }: ClusterState, settings: LifecycleSettings, now: number): readonly string[] {
  return stores
    .filter((store) => storeOf(store.name) !== undefined && store.periods.length === 0 && kindOf(store.span) === 'day')
    .filter((store) => isSoon(extentOf(store).from, settings, now) && !hasSuccessor(store, stores))
    .map(({ name }) => name);
}

function isSoon(from: number, { aheadDays }: LifecycleSettings, now: number): boolean {
  return from >= startOfDay(now) && from <= now + aheadDays * DAY_MS;
}

function hasSuccessor({ cls, span, name }: StoreState, stores: readonly StoreState[]): boolean {
  return stores.some((other) => other.cls === cls && other.span === span && other.name !== name && other.periods.length > 0);
}

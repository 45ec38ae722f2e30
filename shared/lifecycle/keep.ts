// What may be deleted: when the time of everything that an index may hold is over, and no legal hold touches it.
import { ANY_SOURCE, type Hold } from '../retention/holds.ts';
import type { LifecycleSettings } from './settings.ts';
import { DAY_MS, extentOf, kindOf } from './spans.ts';
import { isLive, type ClusterState, type StoreState } from './state.ts';

/**
 * Holds are about days of delivery, an index is about days of events: what was delivered on a day happened up to 35 days before, or a day after
 * (by a clock that was wrong). What is further from it is in the index of its year (shared/hub/document.ts).
 */
export const HOLD_MARGIN_DAYS = { before: 35, after: 1 } as const;

/** A replay brings back what was deleted: then it stays for so many days, however old it is. */
export const BROUGHT_BACK_DAYS = 30;

/** @returns the hold that the store is kept for. */
export function holdOn(store: StoreState, holds: readonly Hold[], settings: LifecycleSettings): Hold | undefined {
  const { from, to } = extentOf(store);
  return holds.find(({ scope }) => {
    if (scope.source !== ANY_SOURCE && !settings.mayHold(store.cls, scope.source)) return false;
    const first = Date.parse(scope.from);
    const end = Date.parse(scope.to) + DAY_MS;
    // A date that cannot be read holds everything.
    if (Number.isNaN(first) || Number.isNaN(end)) return true;
    // The index of a year takes what comes late, however late; so does one that was made long after its time.
    if (kindOf(store.span) === 'year' || isBroughtBack(store, HOLD_MARGIN_DAYS.before)) return from < end + HOLD_MARGIN_DAYS.after * DAY_MS;
    return from < end + HOLD_MARGIN_DAYS.after * DAY_MS && to > first - HOLD_MARGIN_DAYS.before * DAY_MS;
  });
}

/** @returns why the store's time is over, holds aside; undefined where it is not. */
export function overdue(store: StoreState, state: ClusterState, settings: LifecycleSettings, now: number): string | undefined {
  const days = settings.indexDays(store.cls);
  const isPast = extentOf(store).to + days * DAY_MS <= now;
  const isNew = isBroughtBack(store, days) && store.created + BROUGHT_BACK_DAYS * DAY_MS > now;
  // One that was replaced goes with its time too, whatever became of what took its place.
  if (isPast && !isNew) return `its events are older than ${days} days`;
  return isLive(store) ? undefined : replacedBy(store, state, settings, now);
}

/** Made after its time. */
function isBroughtBack(store: StoreState, indexDays: number): boolean {
  return store.created > extentOf(store).to + Math.min(HOLD_MARGIN_DAYS.before, indexDays) * DAY_MS;
}

const COMPRESSED: ReadonlySet<string> = new Set(['best_compression', 'zstd', 'zstd_no_dict', 'qat_deflate', 'qat_lz4']);

/** Whether what is merged in it is compressed as well as can be. */
export function isPacked({ codec }: StoreState): boolean {
  return COMPRESSED.has(codec);
}

/** A packed copy has the same documents under the same mapping: there is no way back to keep open, but for a failure of the copy itself. */
const UNPACKED_KEPT_DAYS = 1;

/** A generation that a later one has taken the place of, with all that it has. One without a successor is a copy in the making, or is not ours. */
function replacedBy(store: StoreState, { stores }: ClusterState, { replacedDays }: LifecycleSettings, now: number): string | undefined {
  if (store.generation === 0) return undefined;
  const successor = stores.find(
    (other) => other.cls === store.cls && other.span === store.span && other.generation > store.generation && isLive(other),
  );
  if (successor === undefined || !successor.complete || successor.moving || successor.docs < store.docs) return undefined;
  const kept = !isPacked(store) && isPacked(successor) ? Math.min(replacedDays, UNPACKED_KEPT_DAYS) : replacedDays;
  if (successor.created + kept * DAY_MS > now) return undefined;
  return `${successor.name} has taken its place`;
}

// One snapshot a day of all stores, into the repository that the bank's file names. Only what is new since the last one is copied.
// https://docs.opensearch.org/latest/tuning-your-cluster/availability-and-recovery/snapshots/snapshot-restore/
import type { Action } from './actions.ts';
import type { LifecycleSettings } from './settings.ts';
import { DAY_MS, spanAt, startOfDay } from './spans.ts';
import { isLive, type ClusterState, type SnapshotState, type StoreState } from './state.ts';

export const SNAPSHOT_PREFIX = 'strongroom-';

/** Not those that `upgrade domain` takes. */
const DAILY = /^strongroom-\d{4}\./;

/** A snapshot that failed is tried again in the next run, so often in a day. */
const TRIES = 3;
const GOOD = 'SUCCESS';
const RUNNING = 'IN_PROGRESS';

/** Where stores are being packed, a snapshot waits for the next run, but not when the last good one is older than this. */
const PATIENCE_MS = 1.5 * DAY_MS;

/** @param isPacking whether stores are replaced in this run: the copies are what is to be kept, and restored with their aliases. */
export function planSnapshots(
  { snapshots }: ClusterState,
  stores: readonly StoreState[],
  { snapshots: wanted }: LifecycleSettings,
  { now, isPacking }: { readonly now: number; readonly isPacking: boolean },
): readonly Action[] {
  if (wanted === undefined || snapshots === undefined) return [];
  const { repository, keepDays } = wanted;
  const ours = snapshots.filter(({ name }) => DAILY.test(name));
  const newest = ours.filter(({ state }) => state === GOOD).toSorted((a, b) => b.started - a.started)[0];
  const old = ours.filter((one) => one !== newest && one.state !== RUNNING && one.started < startOfDay(now) - keepDays * DAY_MS);
  const actions: Action[] = old.map(({ name }) => ({ kind: 'forget', repository, snapshot: name }));
  const snapshot = due(snapshots, now);
  // Warm and cold ones are kept by the service, in a repository of its own, and cannot be in one snapshot with hot ones.
  const indices = stores.filter((store) => isLive(store) && store.tier === 'hot' && !store.moving).map(({ name }) => name);
  const waits = isPacking && newest !== undefined && newest.started > now - PATIENCE_MS;
  if (snapshot === undefined || indices.length === 0 || waits) return actions;
  return [...actions, { kind: 'snapshot', repository, snapshot, indices }];
}

/** @returns the name of the one to be made; undefined where the day's is there, or under way, or failed too often. */
function due(snapshots: readonly SnapshotState[], now: number): string | undefined {
  const name = `${SNAPSHOT_PREFIX}${spanAt('day', now)}`;
  const tried = snapshots.filter((one) => one.name === name || one.name.startsWith(`${name}-`));
  if (tried.length >= TRIES || tried.some(({ state }) => state === GOOD) || snapshots.some(({ state }) => state === RUNNING))
    return undefined;
  return tried.length === 0 ? name : `${name}-${tried.length + 1}`;
}

/** @returns a good snapshot that has the index as it was at some time after `since`. */
export function snapshotHolding(index: string, since: number, { snapshots = [] }: ClusterState): SnapshotState | undefined {
  return snapshots.find(({ state, started, indices }) => state === GOOD && started >= since && indices.includes(index));
}

/** What is wrong with today's snapshots, where something is. */
export function snapshotFault({ snapshots = [] }: Pick<ClusterState, 'snapshots'>, now: number): string | undefined {
  const name = `${SNAPSHOT_PREFIX}${spanAt('day', now)}`;
  const tried = snapshots.filter((one) => one.name === name || one.name.startsWith(`${name}-`));
  if (tried.length < TRIES || tried.some(({ state }) => state === GOOD || state === RUNNING)) return undefined;
  return `${tried.length} snapshots of today have failed (the last: ${tried.at(-1)?.name ?? ''}): GET _snapshot/<repository>/<snapshot> says why`;
}

// What is to be done to a cluster now, from what it is: looked at and decided here, done by apply.ts. Pure, and empty once all of it is done.
// https://docs.opensearch.org/latest/im-plugin/ism/policies/ (the same steps, by a plugin that not every domain has)
import { storeName, storeOf } from '../opensearch/index-name.ts';
import type { Action, Plan } from './actions.ts';
import { blockedNames, planAhead } from './ahead.ts';
import { holdOn, isPacked, overdue } from './keep.ts';
import type { LifecycleSettings } from './settings.ts';
import { planSnapshots, snapshotFault, snapshotHolding } from './snapshots.ts';
import { DAY_MS, extentOf, kindOf } from './spans.ts';
import { isLive, type ClusterState, type StoreState } from './state.ts';
import { SHARD } from './volume.ts';

/** Moved to the warm tier at once. The service takes 200. */
const MOST_MOVING = 50;

export function plan(state: ClusterState, settings: LifecycleSettings, now: number): Plan {
  const one: Planning = { state, settings, now };
  const deletions = deleted(one);
  const gone = new Set(deletions.actions.map((action) => (action.kind === 'delete' ? action.index : '')));
  const stores = state.stores.filter(({ name }) => !gone.has(name));
  const packs = stores.flatMap((store) => packed(store, one) ?? []);
  const busy = new Set(packs.map((action) => (action.kind === 'pack' ? action.index : '')));
  const others = stores.filter(({ name }) => !busy.has(name));
  const merges = merged(others, one);
  const ahead = planAhead(state, settings, now);
  const extended = new Set(ahead.map((action) => (action.kind === 'extend' ? action.index : '')));
  return {
    actions: [
      ...ahead,
      ...stores
        .filter((store) => isOver(store, one) && !store.readOnly && !extended.has(store.name))
        .map(({ name }): Action => ({ kind: 'close', index: name })),
      ...deletions.actions,
      ...packs,
      ...others.flatMap((store) => fewerCopies(store, one) ?? []),
      ...merges.actions,
      // After them: what is merged later is copied again.
      ...planSnapshots(state, stores, settings, { now, isPacking: packs.length > 0 }),
      ...moved(others, one),
    ],
    faults: [
      ...state.faults,
      ...deletions.faults,
      ...[snapshotFault(state, now) ?? []].flat(),
      ...blockedNames(state, settings, now).map(
        (name) => `${name} has no alias and stands in the way of its day: delete it, or give it back its alias`,
      ),
    ],
    notes: [...merges.notes, ...codecNotes(stores, one), ...sparedNotes(one)],
  };
}

export interface Planning {
  readonly state: ClusterState;
  readonly settings: LifecycleSettings;
  readonly now: number;
}

/** Whether its periods take no more events. Those of a year take what is late, so they are never closed. */
function isOver(store: StoreState, { settings, now }: Planning): boolean {
  if (!isLive(store) || store.tier !== 'hot' || kindOf(store.span) === 'year') return false;
  return age(store, now) >= settings.closeAfterDays;
}

/** Days since the end of its last period. */
function age(store: StoreState, now: number): number {
  return (now - extentOf(store).to) / DAY_MS;
}

function deleted({ state, settings, now }: Planning): { readonly actions: readonly Action[]; readonly faults: readonly string[] } {
  const over = state.stores.flatMap((store) => {
    const why = store.moving || isSpared(store, settings) ? undefined : overdue(store, state, settings, now);
    return why === undefined ? [] : [{ store, why }];
  });
  const { holds } = state;
  if (holds === undefined) {
    const fault = `legal holds cannot be read, so nothing is deleted: ${over.length} stores whose time is over stay`;
    return { actions: [], faults: over.length === 0 ? [] : [fault] };
  }
  return {
    actions: over
      .filter(({ store }) => holdOn(store, holds, settings) === undefined)
      .map(({ store, why }) => ({ kind: 'delete', index: store.name, tier: store.tier, why })),
    faults: [],
  };
}

/** An index of an earlier version, which deleted none, where nobody has said since that it may go. */
function isSpared(store: StoreState, settings: LifecycleSettings): boolean {
  return store.generation === 0 && !settings.saysIndexDays;
}

function sparedNotes({ state, settings, now }: Planning): readonly string[] {
  const spared = state.stores.filter((store) => isSpared(store, settings) && overdue(store, state, settings, now) !== undefined);
  const [first] = spared;
  if (first === undefined) return [];
  return [
    `${spared.length} indices of an earlier version are past their time and stay (${first.name}): say retention.index_days, and they go`,
  ];
}

/** Once nothing is written to it; with more shards where it grew beyond what was expected. An index of an earlier version becomes a store first. */
function packed(store: StoreState, one: Planning): Action | undefined {
  const parts = storeOf(store.name);
  if (parts === undefined || !isOver(store, one) || !store.complete || store.moving) return undefined;
  const isSplit = Math.max(0, ...store.shardBytes) > SHARD.largest;
  if (!isSplit && (isPacked(store) || store.docs === 0)) return undefined;
  let shards = store.shards;
  while (isSplit && store.bytes / shards > SHARD.target) shards *= 2;
  const into = storeName({ ...parts, generation: parts.generation + 1 });
  const present = one.state.stores.find(({ name }) => name === into);
  // Somebody's copy for a new mapping: it is made as large as it has to be.
  if (present !== undefined && present.shards !== shards) return undefined;
  return { kind: 'pack', index: store.name, into, shards, isSplit, periods: store.periods };
}

function fewerCopies(store: StoreState, one: Planning): Action | undefined {
  const days = one.settings.singleCopyAfterDays;
  if (days === undefined || store.replicas === 0 || !isOver(store, one) || age(store, one.now) < days) return undefined;
  const closed = extentOf(store).to + one.settings.closeAfterDays * DAY_MS;
  if (snapshotHolding(store.name, closed, one.state) === undefined) return undefined;
  return { kind: 'replicas', index: store.name, replicas: 0 };
}

function merged(stores: readonly StoreState[], one: Planning): { readonly actions: readonly Action[]; readonly notes: readonly string[] } {
  const { merging, nodes } = one.state;
  // One after the other.
  if (merging.size > 0) return { actions: [], notes: [] };
  const due = stores.filter((store) => isOver(store, one) && store.segments > 1 && store.complete && !store.moving);
  const free = Math.min(...nodes.map(({ freeBytes }) => freeBytes));
  // A merged shard is written beside the one that it replaces.
  const hasRoom = (store: StoreState): boolean => Math.max(0, ...store.shardBytes) * 1.1 < free;
  return {
    actions: due.filter(hasRoom).map(({ name }) => ({ kind: 'merge', index: name })),
    notes: due.filter((store) => !hasRoom(store)).map(({ name }) => `${name} is not merged: a node has too little free space to do it`),
  };
}

function moved(stores: readonly StoreState[], one: Planning): readonly Action[] {
  const { warmAfterDays, coldAfterDays } = one.settings;
  const free = Math.max(0, MOST_MOVING - stores.filter(({ moving }) => moving).length);
  const isDue = (store: StoreState, days: number | undefined): boolean =>
    days !== undefined &&
    storeOf(store.name) !== undefined &&
    isLive(store) &&
    store.complete &&
    !store.moving &&
    age(store, one.now) >= days &&
    kindOf(store.span) !== 'year';
  const warm = stores.filter((store) => store.tier === 'hot' && isDue(store, warmAfterDays));
  const cold = stores.filter((store) => store.tier === 'warm' && isDue(store, coldAfterDays));
  return [
    ...warm.map(({ name }): Action => ({ kind: 'warm', index: name })),
    ...cold.map((store): Action => ({ kind: 'cold', index: store.name, ...daysOf(store) })),
  ].slice(0, free);
}

function daysOf(store: StoreState): { readonly from: string; readonly to: string } {
  const { from, to } = extentOf(store);
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  return { from: day(from), to: day(to - 1) };
}

/** An index of an earlier version is not packed before it is a store. */
function codecNotes(stores: readonly StoreState[], one: Planning): readonly string[] {
  const poor = stores.filter((store) => isOver(store, one) && storeOf(store.name) === undefined && !isPacked(store));
  const [first] = poor;
  if (first === undefined) return [];
  return [
    `${poor.length} closed indices are not compressed as well as they could be (${first.name}: ${first.codec}); \`strongroom upgrade\` makes them anew`,
  ];
}

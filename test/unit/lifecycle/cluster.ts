// A cluster in memory: does to its state what apply.ts would have OpenSearch do, and takes events as a growing bank sends them.
import type { BankConfig } from '../../../shared/config.ts';
import type { Action } from '../../../shared/lifecycle/actions.ts';
import { plan } from '../../../shared/lifecycle/plan.ts';
import { settingsOf, type LifecycleSettings } from '../../../shared/lifecycle/settings.ts';
import { DAY_MS, periodAt, startOfDay } from '../../../shared/lifecycle/spans.ts';
import type { ClusterState, DataNode, DayVolume, SnapshotState, StoreState } from '../../../shared/lifecycle/state.ts';
import { GB, WINDOW_DAYS } from '../../../shared/lifecycle/volume.ts';
import { periodOf, storeName, storeOf } from '../../../shared/opensearch/index-name.ts';
import type { NewStore } from '../../../shared/opensearch/periods.ts';
import type { Hold } from '../../../shared/retention/holds.ts';

export const BYTES_PER_DOC = 200;

export function settingsWith(changes: Partial<LifecycleSettings> = {}): LifecycleSettings {
  const bank: Pick<BankConfig, 'opensearch' | 'retention'> = {
    opensearch: {},
    retention: { evidence_days: 365, evidence_mode: 'governance' as const, landing_days: 1, parked_days: 14, function_logs_days: 1 },
  };
  return {
    ...settingsOf(bank, [
      { name: 'cloudtrail', classes: [6003, 3002] },
      { name: 'vpc-flow', classes: [4001] },
    ]),
    ...changes,
  };
}

export function nodes(count: number): readonly DataNode[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `n${at + 1}`,
    diskBytes: 4000 * GB,
    freeBytes: 3000 * GB,
    heapBytes: 16 * GB,
    shards: 0,
  }));
}

export function store(name: string, changes: Partial<StoreState> = {}): StoreState {
  const parts = storeOf(name) ?? { ...(periodOf(name) ?? { cls: '', label: '' }), generation: 0 };
  const span = 'span' in parts ? parts.span : parts.label;
  const bytes = changes.bytes ?? 20 * GB;
  const shards = changes.shards ?? 1;
  const made = {
    ...{ name, cls: parts.cls, span, generation: parts.generation, bytes, shards },
    periods: parts.generation === 0 ? [name] : [`ocsf-${parts.cls}-${span}`],
    ...{ replicas: 1, docs: Math.round(bytes / BYTES_PER_DOC), segments: 1, readOnly: false, complete: true, created: 0 },
    shardBytes: Array.from({ length: shards }, () => bytes / shards),
    ...{ tier: 'hot' as const, moving: false, codec: 'best_compression' },
  };
  return { ...made, ...changes };
}

export function cluster(changes: Partial<ClusterState> = {}): ClusterState {
  const stores = changes.stores ?? [];
  return {
    ...{ nodes: nodes(3), stores, volumes: new Map(), merging: new Set<string>(), snapshots: undefined, holds: [], faults: [] },
    taken: new Set(stores.flatMap(({ periods }) => periods)),
    ...changes,
  };
}

export function hold(source: string, from: string, to: string): Hold {
  return { id: from, statement: '', at: 0, who: '', reason: '', scope: { source, from, to } };
}

/** What an action makes of the state. */
export function applied(state: ClusterState, action: Action, now: number): ClusterState {
  switch (action.kind) {
    case 'create':
      return created(state, action.store, now);
    case 'delete':
      return withStores(
        state,
        state.stores.filter(({ name }) => name !== action.index),
      );
    case 'pack':
      return afterPack(state, action, now);
    case 'snapshot':
      return saved(state, snapshotOf(action.snapshot, now, action.indices));
    case 'forget':
      return { ...state, snapshots: (state.snapshots ?? []).filter(({ name }) => name !== action.snapshot) };
    case 'extend':
    case 'close':
    case 'replicas':
    case 'merge':
    case 'warm':
    case 'cold':
      return withStores(
        state,
        state.stores.map((one) => (one.name === action.index ? changed(one, action) : one)),
      );
  }
}

function saved(state: ClusterState, snapshot: SnapshotState): ClusterState {
  const { snapshots = [] } = state;
  return snapshots.some(({ name }) => name === snapshot.name) ? state : { ...state, snapshots: [...snapshots, snapshot] };
}

type Change = Exclude<Action, { kind: 'create' | 'delete' | 'pack' | 'snapshot' | 'forget' }>;

function changed(one: StoreState, action: Change): StoreState {
  switch (action.kind) {
    case 'extend':
      return { ...one, periods: [...new Set([...one.periods, ...action.periods])] };
    case 'close':
      return { ...one, readOnly: true };
    case 'replicas':
      return { ...one, replicas: action.replicas };
    case 'merge':
      return { ...one, segments: 1 };
    case 'warm':
      return { ...one, tier: 'warm', replicas: 0 };
    case 'cold':
      return { ...one, tier: 'cold' };
  }
}

function created(state: ClusterState, { name, periods, settings = {} }: NewStore, now: number): ClusterState {
  if (state.stores.some((one) => one.name === name) || periods.some((period) => state.taken.has(period))) return state;
  const made = store(name, {
    ...{ periods, shards: Number(settings['index.number_of_shards'] ?? 1), bytes: 0, created: now, codec: 'default' },
  });
  return withStores(state, [...state.stores, made]);
}

export function snapshotOf(name: string, started: number, indices: readonly string[], state = 'SUCCESS'): SnapshotState {
  return { name, state, started, indices };
}

function afterPack(state: ClusterState, { index, into, shards, periods }: Extract<Action, { kind: 'pack' }>, now: number): ClusterState {
  const source = state.stores.find(({ name }) => name === index);
  if (source === undefined || source.periods.length === 0) return state;
  const parts = storeOf(into);
  const copy = {
    ...{ ...source, name: into, generation: parts?.generation ?? 0, shards, periods, segments: 3, codec: 'best_compression', created: now },
    shardBytes: Array.from({ length: shards }, () => source.bytes / shards),
  };
  const others = state.stores.filter(({ name }) => name !== index && name !== into);
  return withStores(state, [...others, { ...source, periods: [] }, copy]);
}

function withStores(state: ClusterState, stores: readonly StoreState[]): ClusterState {
  return { ...state, stores, taken: new Set(stores.flatMap(({ periods }) => periods)) };
}

/** One run: the plan, and what becomes of the state when all of it is done. */
export function run(
  state: ClusterState,
  settings: LifecycleSettings,
  now: number,
): { readonly state: ClusterState; readonly actions: readonly Action[] } {
  const { actions } = plan(state, settings, now);
  return { state: actions.reduce((before, action) => applied(before, action, now), state), actions };
}

/** Events of some hours, into the store that has their period; where none has, the index function makes one, a period long. */
export function ingested(state: ClusterState, cls: string, now: number, bytes: number): ClusterState {
  const period = periodAt(cls, now);
  const home = state.stores.find(({ periods }) => periods.includes(period));
  const before =
    home ??
    store(storeName({ cls, span: period.slice(`ocsf-${cls}-`.length), generation: 1 }), { bytes: 0, created: now, codec: 'default' });
  if (before.readOnly) throw new Error(`${period} is closed`);
  const total = before.bytes + bytes;
  const after = {
    ...before,
    bytes: total,
    docs: Math.round(total / BYTES_PER_DOC),
    shardBytes: Array.from({ length: before.shards }, () => total / before.shards),
    segments: 12,
  };
  const stores = [...state.stores.filter(({ name }) => name !== before.name), after];
  return { ...withStores(state, stores), volumes: new Map(state.volumes).set(cls, counted(state.volumes.get(cls) ?? [], now, bytes)) };
}

function counted(before: readonly DayVolume[], now: number, bytes: number): readonly DayVolume[] {
  const from = startOfDay(now);
  const same = before.find((one) => one.from === from);
  const total = (same?.bytes ?? 0) + bytes;
  const kept = before.filter((one) => one.from !== from && one.from >= from - WINDOW_DAYS * DAY_MS);
  return [...kept, { from, bytes: total, docs: Math.round(total / BYTES_PER_DOC) }];
}

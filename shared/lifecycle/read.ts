// The state of a cluster, by core APIs that every OpenSearch has. https://docs.opensearch.org/latest/api-reference/cat/cat-shards/,
// https://docs.opensearch.org/latest/api-reference/nodes-apis/nodes-stats/, https://docs.opensearch.org/latest/api-reference/tasks/
import { ask, messageOf, numberOf } from '../opensearch/ask.ts';
import { INDEX_PREFIX, periodOf, STORE_PREFIX, storeOf } from '../opensearch/index-name.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import type { Hold } from '../retention/holds.ts';
import { readSnapshots } from './repository.ts';
import type { LifecycleSettings } from './settings.ts';
import { extentOf } from './spans.ts';
import type { ClusterState, DataNode, StoreState } from './state.ts';
import { coldStores, movingIndices, type Moving } from './tiers.ts';
import { readVolumes } from './volumes.ts';

export interface Reading {
  readonly client: OpenSearch;
  readonly settings: LifecycleSettings;
  /** Legal holds that are open. */
  readonly holds: () => Promise<readonly Hold[]>;
  readonly now: number;
}

/** Everything of ours, by whatever name. */
const OURS = `${STORE_PREFIX}*,${INDEX_PREFIX}*`;

/** @throws ResponseError and ConnectionError as they come: without the cluster's state there is nothing to decide. */
export async function readState({ client, settings, holds, now }: Reading): Promise<ClusterState> {
  const faults: string[] = [];
  const moving = await movingIndices(client, settings);
  const hot = await readStores(client, moving);
  const cold = await coldStores(client, settings);
  const stores = [...hot, ...cold.stores].toSorted((a, b) => extentOf(a).from - extentOf(b).from || a.name.localeCompare(b.name));
  const repository = await readSnapshots(client, settings);
  const held = await holds().catch((error: unknown) => {
    faults.push(`legal holds cannot be read: ${messageOf(error)}`);
    return undefined;
  });
  const { volumes, faults: uncounted } = await readVolumes(client, hot, now);
  return {
    nodes: await readNodes(client),
    stores,
    taken: new Set(stores.flatMap(({ periods }) => periods)),
    volumes,
    merging: await readMerging(client),
    snapshots: repository.snapshots,
    holds: held,
    faults: [...faults, ...repository.faults, ...moving.faults, ...cold.faults, ...uncounted],
  };
}

async function readStores(client: OpenSearch, moving: Moving): Promise<readonly StoreState[]> {
  const named = { expand_wildcards: 'all', ignore_unavailable: 'true' };
  const aliases = object(await ask(client, `/${OURS}/_alias`, { query: named })) ?? {};
  const names = Object.keys(aliases).filter((name) => storeOf(name) !== undefined || periodOf(name) !== undefined);
  if (names.length === 0) return [];
  const settings = object(await ask(client, `/${OURS}/_settings`, { query: { ...named, flat_settings: 'true' } })) ?? {};
  // An upgrade says there what it is at (shared/upgrade).
  const mappings = object(await ask(client, `/${OURS}/_mapping`, { query: { ...named, filter_path: '*.mappings._meta' } })) ?? {};
  const shards = shardsByIndex(
    await ask(client, `/_cat/shards/${OURS}`, {
      query: { format: 'json', bytes: 'b', h: 'index,shard,prirep,state,docs,store,segments.count' },
    }),
  );
  return names.map((name) => {
    const flat = object(object(settings[name])?.['settings']) ?? {};
    const own = object(object(aliases[name])?.['aliases']) ?? {};
    const meta = object(object(object(mappings[name])?.['mappings'])?.['_meta']);
    const isMoving = moving.names.has(name) || meta?.['moving'] === true;
    return storeState(name, { flat, aliases: Object.keys(own), shards: shards.get(name) ?? [], moving: isMoving });
  });
}

interface Parts {
  readonly flat: Readonly<Record<string, unknown>>;
  readonly aliases: readonly string[];
  readonly shards: readonly Shard[];
  readonly moving: boolean;
}

function storeState(name: string, { flat, aliases, shards, moving }: Parts): StoreState {
  const store = storeOf(name);
  const period = periodOf(name);
  const primaries = shards.filter(({ primary, started }) => primary && started);
  const count = numberOf(flat['index.number_of_shards']);
  return {
    name,
    cls: store?.cls ?? period?.cls ?? '',
    span: store?.span ?? period?.label ?? '',
    generation: store?.generation ?? 0,
    periods: store === undefined ? [name] : aliases.filter((alias) => periodOf(alias) !== undefined).toSorted(),
    shards: count,
    replicas: numberOf(flat['index.number_of_replicas']),
    docs: primaries.reduce((sum, { docs }) => sum + docs, 0),
    bytes: primaries.reduce((sum, { bytes }) => sum + bytes, 0),
    shardBytes: primaries.map(({ bytes }) => bytes),
    segments: Math.max(0, ...shards.map(({ segments }) => segments)),
    readOnly: [flat['index.blocks.write'], flat['index.blocks.read_only']].some((found) => text(found) === 'true'),
    complete: primaries.length === count,
    created: numberOf(flat['index.creation_date']),
    tier: flat['index.routing.allocation.require.box_type'] === 'warm' ? 'warm' : 'hot',
    moving,
    codec: text(flat['index.codec']) ?? 'default',
  };
}

interface Shard {
  readonly primary: boolean;
  readonly started: boolean;
  readonly docs: number;
  readonly bytes: number;
  readonly segments: number;
}

function shardsByIndex(body: unknown): ReadonlyMap<string, readonly Shard[]> {
  const found = new Map<string, Shard[]>();
  for (const row of isArray(body) ? body : []) {
    if (!isObject(row)) continue;
    const index = text(row['index']) ?? '';
    const shard = {
      primary: row['prirep'] === 'p',
      // A shard that moves is still where it was.
      started: row['state'] === 'STARTED' || row['state'] === 'RELOCATING',
      docs: numberOf(row['docs']),
      bytes: numberOf(row['store']),
      segments: numberOf(row['segments.count']),
    };
    found.set(index, [...(found.get(index) ?? []), shard]);
  }
  return found;
}

/** Data nodes; those of a warm tier have no volumes that could become full. */
async function readNodes(client: OpenSearch): Promise<readonly DataNode[]> {
  const stats = object(object(await ask(client, '/_nodes/stats/fs,jvm'))?.['nodes']) ?? {};
  const rows = await ask(client, '/_cat/allocation', { query: { format: 'json', bytes: 'b', h: 'node,shards' } });
  const shards = new Map((isArray(rows) ? rows : []).map((row) => [text(object(row)?.['node']), numberOf(object(row)?.['shards'])]));
  return Object.values(stats).flatMap((node) => {
    if (!isObject(node)) return [];
    const roles = isArray(node['roles']) ? node['roles'] : [];
    if (!roles.includes('data') || object(node['attributes'])?.['box_type'] === 'warm') return [];
    const disk = object(object(node['fs'])?.['total']);
    const name = text(node['name']) ?? '';
    return [
      {
        name,
        diskBytes: numberOf(disk?.['total_in_bytes']),
        freeBytes: numberOf(disk?.['available_in_bytes']),
        heapBytes: numberOf(object(object(node['jvm'])?.['mem'])?.['heap_max_in_bytes']),
        shards: shards.get(name) ?? 0,
      },
    ];
  });
}

/** Indices that are being merged, by whoever. */
async function readMerging(client: OpenSearch): Promise<ReadonlySet<string>> {
  const body = object(await ask(client, '/_tasks', { query: { actions: 'indices:admin/forcemerge', detailed: 'true', group_by: 'none' } }));
  const tasks = body?.['tasks'];
  const list = isArray(tasks) ? tasks : Object.values(object(tasks) ?? {});
  return new Set(list.flatMap((task) => text(object(task)?.['description'])?.match(/(?:events|ocsf)-[a-z0-9_.-]+/g) ?? []));
}

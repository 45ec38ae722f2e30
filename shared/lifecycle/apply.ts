// Does what the plan says, one action after the other; each can be repeated. https://docs.opensearch.org/latest/api-reference/index-apis/index/
import type { OpenSearch } from '../opensearch/client.ts';
import { createStore } from '../opensearch/periods.ts';
import { assertProvisioned } from '../opensearch/provision.ts';
import { object } from '../outcome.ts';
import type { Action } from './actions.ts';
import { ask, ifThere, typeOf } from '../opensearch/ask.ts';
import { mergeIndex, type Waiting } from './merge.ts';
import { packStore } from './pack.ts';

export interface Applying extends Waiting {
  readonly client: OpenSearch;
  /** Whether a hold has been set on the index since the plan was made. @throws where that cannot be told. */
  readonly isHeld: (index: string) => Promise<boolean>;
}

/** `done`; `left`: the next run goes on with it, since time is up or something else has to end first. */
export type Outcome = 'done' | 'left';

/** @throws ResponseError as it comes. */
export async function apply(action: Action, deps: Applying): Promise<Outcome> {
  const { client } = deps;
  switch (action.kind) {
    case 'create':
      // Without its template an index could not be mended.
      await assertProvisioned(client);
      // Where another process was faster, the next plan sees what it made.
      return (await createStore(client, action.store)) ? 'done' : 'left';
    case 'extend':
      return await extend(client, action);
    case 'close':
      return await putSettings(client, action.index, CLOSED);
    case 'delete':
      return await remove(action, deps);
    case 'pack':
      return await packStore(action, deps);
    case 'replicas':
      return await putSettings(client, action.index, { 'index.auto_expand_replicas': false, 'index.number_of_replicas': action.replicas });
    case 'snapshot':
      return await snapshot(client, action);
    case 'forget':
      await ifThere(ask(client, `/_snapshot/${action.repository}/${action.snapshot}`, { method: 'DELETE' }));
      return 'done';
    case 'merge':
      return await mergeIndex(action.index, deps);
    case 'warm':
      await ask(client, `/_ultrawarm/migration/${action.index}/_warm`, { method: 'POST' });
      return 'done';
    case 'cold': {
      const body = { start_time: action.from, end_time: `${action.to}T23:59:59Z` };
      await ask(client, `/_ultrawarm/migration/${action.index}/_cold`, { method: 'POST', body });
      return 'done';
    }
  }
}

/** Nothing is written any more, so its shards may lie anywhere. */
const CLOSED = { 'index.blocks.write': true, 'index.routing.allocation.total_shards_per_node': null };

async function putSettings(client: OpenSearch, index: string, body: Readonly<Record<string, unknown>>): Promise<Outcome> {
  await ask(client, `/${index}/_settings`, { method: 'PUT', body });
  return 'done';
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

async function extend(client: OpenSearch, { index, periods }: ActionOf<'extend'>): Promise<Outcome> {
  const own = Object.keys(object(object(object(await ask(client, `/${index}/_alias`))?.[index])?.['aliases']) ?? {})[0];
  // An upgrade has put another in its place since: that one is extended by the next run.
  if (own === undefined) return 'left';
  // Refused as a whole where another index has one of them by now, or this one has lost its own.
  const kept = [{ remove: { index, alias: own, must_exist: true } }, { add: { index, alias: own, is_write_index: true } }];
  const added = periods.map((alias) => ({ add: { index, alias, is_write_index: true } }));
  await ask(client, '/_aliases', { method: 'POST', body: { actions: [...kept, ...added] } });
  return 'done';
}

async function remove({ index, tier }: ActionOf<'delete'>, { client, isHeld }: Applying): Promise<Outcome> {
  if (await isHeld(index)) return 'left';
  // By its own name alone: patterns and aliases delete nothing.
  try {
    await ifThere(ask(client, tier === 'cold' ? `/_cold/${index}` : `/${index}`, { method: 'DELETE' }));
    return 'done';
  } catch (error) {
    // The next run is after the snapshot.
    if (typeOf(error) === 'snapshot_in_progress_exception') return 'left';
    throw error;
  }
}

const SNAPSHOT_TAKEN: ReadonlySet<string> = new Set(['invalid_snapshot_name_exception', 'concurrent_snapshot_execution_exception']);

async function snapshot(client: OpenSearch, { repository, snapshot: name, indices }: ActionOf<'snapshot'>): Promise<Outcome> {
  const body = { indices: indices.join(','), ignore_unavailable: true, include_global_state: false, partial: false };
  try {
    await ask(client, `/_snapshot/${repository}/${name}`, { method: 'PUT', query: { wait_for_completion: 'false' }, body });
    return 'done';
  } catch (error) {
    // There by now, or another one is under way.
    if (SNAPSHOT_TAKEN.has(typeOf(error) ?? '')) return 'left';
    throw error;
  }
}

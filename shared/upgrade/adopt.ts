// Makes a store of a plain index of an earlier version. An alias cannot have the name of an index, so the index has to go in the moment in which the
// alias comes; what it held is in a clone of it by then, which takes seconds whatever the size (hard links), and nobody writes meanwhile: writers
// are told to come again. https://docs.opensearch.org/latest/api-reference/index-apis/clone/, https://docs.opensearch.org/latest/api-reference/index-apis/alias/
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { storeName } from '../opensearch/index-name.ts';
import { object, text } from '../outcome.ts';
import { ask } from './ask.ts';
import { countOf, refresh } from './copy.ts';
import { blockWrites } from './move.ts';
import { findStores, isWriteBlocked, putMeta, putSettings, type Found } from './stores.ts';

export interface Adopting {
  readonly client: OpenSearch;
  readonly assertMine: () => void;
}

/** Writers wait for it, in the hub stream if it takes long. */
const OPEN_WITHIN_MS = 60_000;
const REQUEST_TIMEOUT = 408;
const CLOSED_WITHIN_MS = 30 * 60_000;

/**
 * Puts a store behind the period that a plain index is named like. Where it does not come about, the index is as it was.
 * @param generation of the store. @returns its name.
 * @throws RetryableError where copies of the clone do not come about in time, and errors of OpenSearch.
 */
export async function adopt(adopting: Adopting, plain: Found, generation: number): Promise<string> {
  const { client } = adopting;
  const store = storeName({ cls: plain.cls, span: plain.span, generation });
  // A write block that an earlier try has left is ours.
  const isClosed = isWriteBlocked(plain) && plain.meta.moving !== true;
  await removeLeftover(client, plain, store);
  // Left by an earlier try as well, and in the way of what follows.
  if (plain.meta.moving === true) await putSettings(client, plain.name, { 'index.blocks.read_only_allow_delete': null });
  if (!isClosed) await putMeta(client, plain.name, { moving: true });
  try {
    await blockWrites(client, plain.name);
    // With this one as well, writers know that it is for a moment (shared/opensearch/bulk.ts). OpenSearch may lift it; the other one it does not.
    if (!isClosed) await putSettings(client, plain.name, { 'index.blocks.read_only_allow_delete': true });
    await cloneOf(client, plain.name, store, isClosed);
    await isAsHealthy(client, plain.name, store, isClosed ? CLOSED_WITHIN_MS : OPEN_WITHIN_MS);
    await refresh(client, plain.name);
    await refresh(client, store);
    const [before, after] = [await countOf(client, plain.name), await countOf(client, store)];
    if (before !== after) throw new RetryableError(`the clone of ${plain.name} has ${after} documents instead of ${before}: run it again`);
    await putMeta(client, store, { moving: undefined });
    await replace(adopting, plain.name, store);
    return store;
  } catch (error) {
    if (await isThere(client, plain.name)) await restore(client, plain.name, store, isClosed);
    throw error;
  }
}

async function cloneOf(client: OpenSearch, source: string, target: string, isClosed: boolean): Promise<void> {
  const blocks = { 'index.blocks.read_only_allow_delete': null, ...(isClosed ? {} : { 'index.blocks.write': null }) };
  await ask(client, {
    method: 'PUT',
    path: `/${source}/_clone/${target}`,
    querystring: { wait_for_active_shards: '1', timeout: '60s' },
    body: { settings: blocks },
  });
}

/** The one step: before it the index is searched, after it the store. */
async function replace({ client, assertMine }: Adopting, plain: string, store: string): Promise<void> {
  // It stands in the way of any change of aliases.
  await putSettings(client, plain, { 'index.blocks.read_only_allow_delete': null });
  const [found] = await findStores(client, plain);
  if (found === undefined || !isWriteBlocked(found))
    throw new RetryableError(`somebody took the write block of ${plain} away: run it again`);
  assertMine();
  const actions = [{ remove_index: { index: plain } }, { add: { index: store, alias: plain, is_write_index: true } }];
  await ask(client, { method: 'POST', path: '/_aliases', body: { actions } });
}

async function isThere(client: OpenSearch, plain: string): Promise<boolean> {
  const found = await findStores(client, plain);
  return found.some(({ name }) => name === plain);
}

async function restore(client: OpenSearch, plain: string, store: string, isClosed: boolean): Promise<void> {
  await ask(client, { method: 'DELETE', path: `/${store}` }, { ignore: [404] });
  if (isClosed) return;
  // One after the other: with this block an index takes no other change than that it goes.
  await putSettings(client, plain, { 'index.blocks.read_only_allow_delete': null });
  await putSettings(client, plain, { 'index.blocks.write': null });
  await putMeta(client, plain, { moving: undefined });
}

/** The clone of a try that was killed: the index itself is there still, and has all of it. */
async function removeLeftover(client: OpenSearch, plain: Found, store: string): Promise<void> {
  const [found] = await findStores(client, store);
  if (found === undefined) return;
  const source = text(object(object(found.settings['resize'])?.['source'])?.['name']);
  if (source !== plain.name || found.periods.length > 0)
    throw new RetryableError(`${store} is there already and is no clone of ${plain.name}: look at it, and remove it if nobody needs it`);
  await ask(client, { method: 'DELETE', path: `/${store}` });
}

/**
 * Waits until an index is on as many nodes as another one. Of one that has copies missing itself nothing more is asked.
 * @throws RetryableError where it is not in time.
 */
export async function isAsHealthy(client: OpenSearch, like: string, index: string, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  const { status } = await ask(client, { method: 'GET', path: `/_cluster/health/${like}` });
  const wanted = status === 'yellow' ? 'yellow' : 'green';
  for (;;) {
    const querystring = { wait_for_status: wanted, timeout: '5s' };
    const body = await ask(client, { method: 'GET', path: `/_cluster/health/${index}`, querystring }, { ignore: [REQUEST_TIMEOUT] });
    if (body['status'] === 'green' || body['status'] === wanted) return;
    if (Date.now() > until)
      throw new RetryableError(`copies of ${index} are not complete after ${withinMs / 1000} s: run it again once nodes are free`);
    await sleep(100);
  }
}

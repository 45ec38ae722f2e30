// A closed store gets a copy that is compressed as well as can be, with more shards where its own are too large; the copy then takes its periods in
// one step: nobody who searches notices. What is written and looked at most, the last days, is quick to read (codec `default`); a list of 50 hits
// of what is compressed takes some 5 ms longer, and a third less room. The copy shares the files until it is merged, which writes them anew.
// https://docs.opensearch.org/latest/api-reference/index-apis/clone/ and https://docs.opensearch.org/latest/api-reference/index-apis/split/
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, object } from '../outcome.ts';
import type { Action } from './actions.ts';
import type { Outcome } from './apply.ts';
import type { Waiting } from './merge.ts';
import { ask, numberOf, typeOf } from '../opensearch/ask.ts';

type Pack = Extract<Action, { readonly kind: 'pack' }>;

/** @returns `left` where the copy is not ready in time: the next run goes on. */
export async function packStore({ index, into, shards, isSplit, periods }: Pack, waiting: Waiting): Promise<Outcome> {
  const { client, now, deadline } = waiting;
  if (now() >= deadline) return 'left';
  try {
    await ask(client, `/${index}/${isSplit ? '_split' : '_clone'}/${into}`, {
      method: 'POST',
      query: { wait_for_active_shards: '0' },
      body: { settings: { 'index.codec': 'best_compression', 'index.number_of_shards': shards, 'index.blocks.write': true } },
    });
  } catch (error) {
    // An earlier run has begun it.
    if (typeOf(error) !== 'resource_already_exists_exception') throw error;
  }
  for (let pause = 200; !(await isWhole(client, into, shards)); pause = Math.min(pause * 2, 5000)) {
    if (now() + pause >= deadline) return 'left';
    await sleep(pause);
  }
  const [before, after] = [await count(client, index), await count(client, into)];
  if (before !== after) throw new Error(`${into} has ${after} documents, ${index} has ${before}: nothing is changed; delete ${into}`);
  const actions = periods.flatMap((alias) => [
    { remove: { index, alias, must_exist: true } },
    { add: { index: into, alias, is_write_index: true } },
  ]);
  await ask(client, '/_aliases', { method: 'POST', body: { actions } });
  return 'done';
}

async function isWhole(client: OpenSearch, index: string, shards: number): Promise<boolean> {
  const rows = await ask(client, `/_cat/shards/${index}`, { query: { format: 'json', h: 'prirep,state' } });
  const started = (isArray(rows) ? rows : []).filter((row) => object(row)?.['prirep'] === 'p' && object(row)?.['state'] === 'STARTED');
  return started.length === shards;
}

/** Documents, by the numbers of its shards: no document is read. */
async function count(client: OpenSearch, index: string): Promise<number> {
  await ask(client, `/${index}/_refresh`, { method: 'POST' });
  const rows = await ask(client, `/_cat/shards/${index}`, { query: { format: 'json', h: 'prirep,docs' } });
  const primaries = (isArray(rows) ? rows : []).filter((row) => object(row)?.['prirep'] === 'p');
  return primaries.reduce<number>((sum, row) => sum + numberOf(object(row)?.['docs']), 0);
}

// What the job remembers, in an index of its own: one document per entity and key of a baseline, and one that says how far it has come.
// https://docs.opensearch.org/latest/api-reference/document-apis/multi-get/ and https://docs.opensearch.org/latest/api-reference/search-apis/multi-search/
import { RetryableError } from '../errors.ts';
import { digest } from '../ids.ts';
import { ask, ifThere, numberOf, typeOf } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { KINDS, type Kind } from './model.ts';
import { profileId } from './judge.ts';
import { decodeValues, encodeValues, type Found, type Profile } from './profile.ts';
import type { Context } from './score.ts';
import { decodeState, encodeState } from './state.ts';
import type { ContextQuestion, Pair, ProfileStore, State } from './store.ts';

export const BASELINES_INDEX = 'strongroom-baselines';

/** A profile of a busy entity has a few KiB: requests and answers stay below what OpenSearch and Lambda take. */
const AT_ONCE = 500;
const ASKED_AT_ONCE = 100;
const STATE_ID = 'state';

const NAMED = { type: 'keyword', ignore_above: 8191 };
const KEPT = { type: 'object', enabled: false };
const INDEX = {
  settings: { index: { number_of_shards: 1, auto_expand_replicas: '0-1', codec: 'best_compression' } },
  mappings: {
    dynamic: false,
    properties: {
      baseline: { type: 'keyword' },
      entity: NAMED,
      key: NAMED,
      first: { type: 'long' },
      last: { type: 'long' },
      values: { type: 'keyword', index: false, doc_values: false },
      found: KEPT,
      high: KEPT,
    },
  },
};

/** Makes the index where it is not there. */
export async function ensureBaselines(client: OpenSearch): Promise<void> {
  const { body } = await client.indices.exists({ index: BASELINES_INDEX });
  if (body) return;
  try {
    await ask(client, `/${BASELINES_INDEX}`, { method: 'PUT', body: INDEX });
  } catch (error) {
    if (typeOf(error) !== 'resource_already_exists_exception') throw error;
  }
}

export function openSearchStore(client: OpenSearch): ProfileStore {
  return {
    profiles: (baseline, pairs) => readProfiles(client, baseline, pairs),
    save: (baseline, profiles) => saveProfiles(client, baseline, [...profiles]),
    contexts: (question) => readContexts(client, question),
  };
}

function idOf(baseline: string, entity: string, key: string): string {
  return digest(18, 'profile', baseline, JSON.stringify([entity, key]));
}

async function readProfiles(client: OpenSearch, baseline: string, pairs: readonly Pair[]): Promise<Map<string, Profile>> {
  const found = new Map<string, Profile>();
  for (let at = 0; at < pairs.length; at += AT_ONCE) {
    const ids = pairs.slice(at, at + AT_ONCE).map(({ entity, key }) => idOf(baseline, entity, key));
    const answer = await ask(client, `/${BASELINES_INDEX}/_mget`, { method: 'POST', body: { ids } });
    for (const doc of list(answer, 'docs')) {
      const profile = readProfile(object(object(doc)?.['_source']));
      if (profile !== undefined) found.set(profileId(profile.entity, profile.key), profile);
      else if (object(doc)?.['found'] !== false) throw new RetryableError('OpenSearch did not answer for a baseline');
    }
  }
  return found;
}

function readProfile(source: ReturnType<typeof object>): Profile | undefined {
  const [baseline, entity] = [text(source?.['baseline']), text(source?.['entity'])];
  if (source === undefined || baseline === undefined || entity === undefined) return undefined;
  const found = new Map<Kind, Found>();
  for (const kind of KINDS) {
    const told = object(object(source['found'])?.[kind]);
    if (told !== undefined) found.set(kind, { slot: numberOf(told['slot']), surprise: numberOf(told['surprise']) });
  }
  return {
    ...{ baseline, entity, key: text(source['key']) ?? '', first: numberOf(source['first']), last: numberOf(source['last']), found },
    values: decodeValues(text(source['values']) ?? ''),
    high: new Set(list(source, 'high').map(numberOf)),
  };
}

async function saveProfiles(client: OpenSearch, baseline: string, profiles: readonly Profile[]): Promise<void> {
  for (let at = 0; at < profiles.length; at += AT_ONCE) {
    const lines = profiles.slice(at, at + AT_ONCE).flatMap((profile) => {
      const { entity, key, first, last, found, high } = profile;
      const document = { baseline, entity, key, first, last, values: encodeValues(profile) };
      return [{ index: { _id: idOf(baseline, entity, key) } }, { ...document, found: Object.fromEntries(found), high: [...high] }];
    });
    const answer = await client.transport.request({
      method: 'POST',
      path: `/${BASELINES_INDEX}/_bulk`,
      bulkBody: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      querystring: { filter_path: 'errors,items.*.error.type', require_alias: 'false' },
    });
    const body: unknown = answer.body;
    if (object(body)?.['errors'] !== false)
      throw new RetryableError(`OpenSearch did not take all baselines: ${JSON.stringify(body).slice(0, 300)}`);
  }
}

/** Two questions per pair: what keys the entity has had, and who has the key. */
async function readContexts(client: OpenSearch, { baseline, pairs, slot, memory, warmUp }: ContextQuestion): Promise<Map<string, Context>> {
  await client.indices.refresh({ index: BASELINES_INDEX });
  const before = [{ term: { baseline } }, { range: { first: { lt: slot } } }];
  const all = await ask(client, `/${BASELINES_INDEX}/_search`, {
    method: 'POST',
    body: { size: 0, query: { bool: { filter: before } }, aggs: { entities: { cardinality: { field: 'entity' } } } },
  });
  const entities = numberOf(aggregation(all, 'entities')?.['value']);
  const out = new Map<string, Context>();
  for (let at = 0; at < pairs.length; at += ASKED_AT_ONCE) {
    const some = pairs.slice(at, at + ASKED_AT_ONCE);
    const lines = some.flatMap(({ entity, key }) => [
      {},
      {
        size: 0,
        track_total_hits: false,
        query: { bool: { filter: [...before, { term: { entity } }] } },
        aggs: { first: { min: { field: 'first' } } },
      },
      {},
      { size: 0, track_total_hits: true, query: { bool: { filter: [...before, { term: { key } }], must_not: [{ term: { entity } }] } } },
    ]);
    const answers = await searchAll(client, lines);
    for (const [index, { entity, key }] of some.entries()) {
      const first = aggregation(answers[2 * index], 'first')?.['value'];
      if (typeof first !== 'number') continue;
      const holders = numberOf(object(object(object(answers[2 * index + 1])?.['hits'])?.['total'])?.['value']);
      out.set(profileId(entity, key), { first, newKeys: 0, entities, holders });
    }
  }
  await addNewKeys(client, out, { before, pairs, after: slot - memory, warmUp });
  return out;
}

interface NewKeys {
  readonly before: readonly object[];
  readonly pairs: readonly Pair[];
  readonly after: number;
  readonly warmUp: number;
}

/** Where an entity's warm-up ends is known only now. */
async function addNewKeys(client: OpenSearch, contexts: Map<string, Context>, { before, pairs, after, warmUp }: NewKeys): Promise<void> {
  const known = pairs.flatMap(({ entity, key }) => {
    const id = profileId(entity, key);
    const context = contexts.get(id);
    return context === undefined ? [] : [{ id, entity, context }];
  });
  for (let at = 0; at < known.length; at += ASKED_AT_ONCE) {
    const some = known.slice(at, at + ASKED_AT_ONCE);
    const lines = some.flatMap(({ entity, context }) => {
      const isNew = { range: { first: { gt: Math.max(context.first + warmUp, after) } } };
      return [{}, { size: 0, track_total_hits: true, query: { bool: { filter: [...before, { term: { entity } }, isNew] } } }];
    });
    const answers = await searchAll(client, lines);
    for (const [index, { id, context }] of some.entries()) {
      const newKeys = numberOf(object(object(object(answers[index])?.['hits'])?.['total'])?.['value']);
      contexts.set(id, { ...context, newKeys });
    }
  }
}

async function searchAll(client: OpenSearch, lines: readonly object[]): Promise<readonly unknown[]> {
  const answered = await client.transport.request({
    method: 'POST',
    path: `/${BASELINES_INDEX}/_msearch`,
    bulkBody: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  const answers = list(answered.body, 'responses');
  const failed = answers.find((answer) => object(answer)?.['error'] !== undefined);
  if (failed !== undefined || answers.length * 2 !== lines.length)
    throw new RetryableError(`OpenSearch did not answer about baselines: ${JSON.stringify(failed ?? '').slice(0, 300)}`);
  return answers;
}

export interface KeptState {
  readonly state: State;
  /** Of the document: it is replaced only where nobody else has. */
  readonly version: { readonly if_seq_no: string; readonly if_primary_term: string };
}

/** @returns undefined where the job has never run. */
export async function readState(client: OpenSearch): Promise<KeptState | undefined> {
  const found = object(await ifThere(ask(client, `/${BASELINES_INDEX}/_doc/${STATE_ID}`)));
  const state = decodeState(object(found?.['_source']));
  if (found === undefined || state === undefined) return undefined;
  return { state, version: { if_seq_no: String(numberOf(found['_seq_no'])), if_primary_term: String(numberOf(found['_primary_term'])) } };
}

/** @throws ResponseError (409) where another run was faster. @returns the version to replace next. */
export async function saveState(
  client: OpenSearch,
  state: State,
  version: KeptState['version'] | undefined,
): Promise<KeptState['version']> {
  const saved = object(
    await ask(client, `/${BASELINES_INDEX}/_doc/${STATE_ID}`, {
      method: 'PUT',
      query: { ...(version ?? { op_type: 'create' }) },
      body: encodeState(state),
    }),
  );
  return { if_seq_no: String(numberOf(saved?.['_seq_no'])), if_primary_term: String(numberOf(saved?.['_primary_term'])) };
}

/** Forgets what nobody has done for half a year. @param before slots of a grain. */
export async function forget(client: OpenSearch, baseline: string, before: number): Promise<void> {
  const filter = [{ term: { baseline } }, { range: { last: { lt: before } } }];
  await ask(client, `/${BASELINES_INDEX}/_delete_by_query`, {
    method: 'POST',
    query: { conflicts: 'proceed' },
    body: { query: { bool: { filter } } },
  });
}

function aggregation(answer: unknown, name: string): ReturnType<typeof object> {
  return object(object(object(answer)?.['aggregations'])?.[name]);
}

function list(answer: unknown, name: string): readonly unknown[] {
  const found = isObject(answer) ? answer[name] : undefined;
  return isArray(found) ? found : [];
}

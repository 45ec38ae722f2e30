// What has come into the index since the last time, in the order in which it came: `_seq_no`, which every shard gives its documents one by one,
// whatever their own time. https://docs.opensearch.org/latest/api-reference/index-apis/stats/
// A shard's global checkpoint is the number up to which every copy has everything; after a refresh all of that is found.
import type { JsonObject } from '../model.ts';
import { ask, ifThere, numberOf } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX, storeOf } from '../opensearch/index-name.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { hitsOf, whole } from '../search/stream.ts';
import type { Hit } from '../search/value.ts';

export interface Shard {
  readonly store: string;
  /** Of the index: one of the same name that was made anew counts from 0. */
  readonly uuid: string;
  readonly number: number;
  /** -1: nothing yet. */
  readonly checkpoint: number;
}

/** @returns the shards of all stores that are searched. @throws as the client does. */
export async function shardsOf(client: OpenSearch): Promise<readonly Shard[]> {
  const answer = await ask(client, `/${INDEX_PREFIX}*/_stats/docs`, {
    query: { level: 'shards', filter_path: '_shards,indices.*.uuid,indices.*.shards.*.routing.primary,indices.*.shards.*.seq_no' },
  });
  const indices = object(isObject(answer) ? answer['indices'] : undefined) ?? {};
  return Object.entries(indices).flatMap(([store, index]) => {
    const { uuid, shards } = object(index) ?? {};
    if (storeOf(store) === undefined) return [];
    return Object.entries(object(shards) ?? {}).flatMap(([number, copies]) => {
      const checkpoint = checkpointOf(isArray(copies) ? copies : []);
      return checkpoint === undefined ? [] : [{ store, uuid: text(uuid) ?? '', number: Number(number), checkpoint }];
    });
  });
}

/** As the primary says it. @returns undefined while there is none: what it has comes later. */
function checkpointOf(copies: readonly unknown[]): number | undefined {
  for (const copy of copies) {
    if (!isObject(copy) || object(copy['routing'])?.['primary'] !== true) continue;
    const checkpoint = object(copy['seq_no'])?.['global_checkpoint'];
    if (typeof checkpoint === 'number') return checkpoint;
  }
  return undefined;
}

/** Makes everything up to the checkpoints findable. @returns those of the stores that are there. */
export async function refresh(client: OpenSearch, stores: readonly string[]): Promise<readonly string[]> {
  const there: string[] = [];
  for (const store of stores) {
    const answer = await ifThere(ask(client, `/${store}/_refresh`, { method: 'POST', timeoutMs: PATIENCE_MS }));
    const { failed } = object(isObject(answer) ? answer['_shards'] : undefined) ?? {};
    if (answer !== undefined && numberOf(failed) === 0) there.push(store);
  }
  return there;
}

export interface Page {
  readonly hits: readonly Hit[];
  /** Everything up to here is seen. */
  readonly seen: number;
}

export interface Asked {
  /** Number up to which everything is seen. */
  readonly after: number;
  readonly query: JsonObject;
  readonly size?: number | undefined;
}

const PAGE = 1000;
const PATIENCE_MS = 120_000;

/** @returns the next documents after `after` that meet the query. @throws PartialAnswerError, and as the client does. */
export async function nextPage(client: OpenSearch, shard: Shard, { after, query, size = PAGE }: Asked): Promise<Page> {
  const answer = await ask(client, `/${shard.store}/_search`, {
    method: 'POST',
    timeoutMs: PATIENCE_MS,
    // Copies are refreshed each in their time; what was asked for its checkpoint is asked for the documents.
    query: { preference: `_shards:${shard.number}|_primary`, allow_partial_search_results: 'false' },
    body: {
      size,
      sort: [{ _seq_no: 'asc' }],
      track_total_hits: false,
      query: { bool: { filter: [{ range: { _seq_no: { gt: after, lte: shard.checkpoint } } }, query] } },
    },
  });
  const found = whole(object(answer) ?? {});
  const hits = hitsOf(found);
  return { hits, seen: hits.length < size ? shard.checkpoint : lastNumber(found, after) };
}

function lastNumber(answer: JsonObject, unless: number): number {
  const hits = object(answer['hits'])?.['hits'];
  const last = isArray(hits) ? hits.at(-1) : undefined;
  const sort = isObject(last) ? last['sort'] : undefined;
  const [number] = isArray(sort) ? sort : [];
  return typeof number === 'number' ? number : unless;
}

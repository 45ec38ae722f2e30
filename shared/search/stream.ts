// Hits of a search, all of them, each once, newest first. https://docs.opensearch.org/latest/api-reference/search-apis/scroll/
// By scroll and not by search_after on a point in time: many events share their millisecond, so that paging needs a tie-break which no two
// documents share. A scroll has one inside (index, shard, document). For a point in time it came with OpenSearch 3.3 (_shard_doc,
// https://github.com/opensearch-project/OpenSearch/pull/18924); before that there is only `_id`, whose fielddata takes memory by the document.
import { errors } from '@opensearch-project/opensearch';
import type { Json, JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { PartialAnswerError } from './errors.ts';
import type { Hit } from './value.ts';

export interface Question {
  /** Patterns with commas between them. */
  readonly periods: string;
  readonly query: JsonObject;
  /** Hits at most; Infinity for all. */
  readonly limit: number;
  /** Default: the latest first. */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Hits of one page, and how long OpenSearch waits for who reads the next; given in tests only. */
  readonly page?: { readonly size: number; readonly keepAlive: string } | undefined;
}

/** Documents may be large: a page of them is held in memory. A reader of a pipe may pause. */
const PAGE = { size: 1000, keepAlive: '10m' } as const;
/** A search over months of a bank takes its time. */
const PATIENCE_MS = 300_000;

export interface Found {
  /** How many there are, whatever the limit. */
  readonly total: number;
  /** To be read once. */
  readonly hits: AsyncIterable<Hit>;
}

/**
 * Asks for the first page, and for the others as they are read.
 * @throws PartialAnswerError where not every shard answered in full; the errors of the client.
 */
export async function search(client: OpenSearch, { periods, query, limit, order = 'desc', page = PAGE }: Question): Promise<Found> {
  const isPaged = limit > page.size;
  const body = {
    query,
    size: Math.min(limit, page.size),
    track_total_hits: true,
    sort: [{ time: { order, unmapped_type: 'date' } }],
  };
  const first = await asked(client, `/${periods}/_search`, body, isPaged ? { ...WHOLE, scroll: page.keepAlive } : WHOLE);
  return { total: totalOf(first), hits: pages(client, first, limit, page) };
}

/** Rather an error than an answer of some of the shards. An index that somebody has closed would be left out without a word. */
const WHOLE = { allow_partial_search_results: 'false', expand_wildcards: 'open,closed' } as const;

/** @returns how many documents match. @throws as search(). */
export async function count(client: OpenSearch, { periods, query }: Pick<Question, 'periods' | 'query'>): Promise<number> {
  return totalOf(await asked(client, `/${periods}/_search`, { query, size: 0, track_total_hits: true }, WHOLE));
}

/** @returns aggregations by name. @throws as search(). */
export async function aggregations(
  client: OpenSearch,
  { periods, query, aggs }: Pick<Question, 'periods' | 'query'> & { readonly aggs: JsonObject },
): Promise<JsonObject> {
  const answer = await asked(client, `/${periods}/_search`, { query, size: 0, aggs }, WHOLE);
  return isObject(answer['aggregations']) ? answer['aggregations'] : {};
}

async function* pages(
  client: OpenSearch,
  first: JsonObject,
  limit: number,
  { keepAlive }: { readonly keepAlive: string },
): AsyncGenerator<Hit> {
  let scroll = text(first['_scroll_id']);
  try {
    let given = 0;
    for (let answer = first; ;) {
      const hits = hitsOf(answer);
      for (const hit of hits) {
        if (given++ >= limit) return;
        yield hit;
      }
      if (hits.length === 0 || given >= limit || scroll === undefined) return;
      answer = await asked(client, '/_search/scroll', { scroll: keepAlive, scroll_id: scroll });
      scroll = text(answer['_scroll_id']) ?? scroll;
    }
  } finally {
    // Left open it would hold its segments until its time is over.
    if (scroll !== undefined)
      await client.transport
        .request({ method: 'DELETE', path: '/_search/scroll', body: { scroll_id: [scroll] } }, { ignore: [404] })
        .catch(() => undefined);
  }
}

async function asked(
  client: OpenSearch,
  path: string,
  body: Record<string, unknown>,
  querystring: Readonly<Record<string, string>> = {},
): Promise<JsonObject> {
  try {
    const request = { method: 'POST', path, querystring: { ...querystring }, body };
    const answer = await client.transport.request(request, { requestTimeout: PATIENCE_MS });
    const found: unknown = answer.body;
    return whole(isObject(found) ? found : {});
  } catch (error) {
    const index = error instanceof errors.ResponseError ? closedIndex(error.body) : undefined;
    if (index === undefined) throw error;
    throw new PartialAnswerError(
      `${index} is closed, the answer would be a part of the whole one: open it (POST /${index}/_open), then ask again`,
    );
  }
}

function closedIndex(body: unknown): string | undefined {
  const error = isObject(body) ? body['error'] : undefined;
  return isObject(error) && error['type'] === 'index_closed_exception' ? (text(error['index']) ?? 'an index') : undefined;
}

/** @throws PartialAnswerError unless every shard answered in time. */
export function whole(answer: JsonObject): JsonObject {
  const shards = answer['_shards'];
  const { total, failed, failures } = isObject(shards) ? shards : {};
  if (answer['timed_out'] === true)
    throw new PartialAnswerError('OpenSearch ran out of time: the answer would be a part of the whole one; ask for less');
  if (typeof failed !== 'number' || typeof total !== 'number') throw new Error('OpenSearch did not answer as a search does');
  if (failed === 0) return answer;
  throw new PartialAnswerError(
    `${failed} of ${total} shards did not answer (${reasonOf(failures)}): the answer would be a part of the whole one; see that the cluster is green, then ask again`,
  );
}

function reasonOf(failures: Json | undefined): string {
  const first = isArray(failures) ? failures[0] : undefined;
  const reason = isObject(first) && isObject(first['reason']) ? first['reason'] : {};
  return text(reason['reason']) ?? text(reason['type']) ?? 'no reason given';
}

function totalOf(answer: JsonObject): number {
  const hits = answer['hits'];
  const total = isObject(hits) && isObject(hits['total']) ? hits['total']['value'] : undefined;
  return typeof total === 'number' ? total : 0;
}

/** @param answer of a search, or of `top_hits`. */
export function hitsOf(answer: JsonObject): readonly Hit[] {
  const hits = isObject(answer['hits']) ? answer['hits']['hits'] : undefined;
  return (isArray(hits) ? hits : []).flatMap((hit) => {
    if (!isObject(hit)) return [];
    return [{ index: text(hit['_index']) ?? '', id: text(hit['_id']) ?? '', event: object(hit['_source']) ?? {} }];
  });
}

// An analyst who never stops searching, while the indices change behind the periods: what was found once has to be found ever after, and once.
// https://docs.opensearch.org/latest/api-reference/search-apis/search/
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import { isArray, object, text } from '../../shared/outcome.ts';
import { ask } from '../../shared/upgrade/ask.ts';

export interface Watched {
  readonly searches: number;
  /** Searches without an answer, or with one that lacks a shard. */
  readonly failed: number;
  /** Documents that a search had found and a later one did not. */
  readonly lostFromSight: number;
  /** Documents that a search found more than once. */
  readonly foundTwice: number;
  /** What went wrong, in words; the first few. */
  readonly notes: readonly string[];
}

export interface Watch {
  /** Ends the searching. */
  stop(): Promise<Watched>;
}

/** A search returns no more. */
export const MOST_DOCUMENTS = 10_000;
const EACH_MS = 40;
const NOTES = 10;

/** Searches as everybody does, by `ocsf-*`, from now on. */
export function watchSearches(client: OpenSearch): Watch {
  const seen = new Set<string>();
  const notes: string[] = [];
  const counts = { searches: 0, failed: 0, lostFromSight: 0, foundTwice: 0 };
  const state = { isOver: false };
  const note = (line: string): void => {
    if (notes.length < NOTES) notes.push(`${new Date().toISOString()} ${line}`);
  };
  const look = async (): Promise<void> => {
    counts.searches++;
    try {
      const ids = await allIds(client);
      const found = new Set(ids);
      const lost = [...seen].filter((id) => !found.has(id));
      if (lost.length > 0) note(`${lost.length} documents lost from sight, ${lost[0] ?? ''} …`);
      if (found.size < ids.length) note(`${ids.length - found.size} documents found twice`);
      counts.lostFromSight += lost.length;
      counts.foundTwice += ids.length - found.size;
      for (const id of found) seen.add(id);
    } catch (error) {
      counts.failed++;
      note(error instanceof Error ? error.message : String(error));
    }
  };
  const running = (async () => {
    while (!state.isOver) {
      await look();
      await sleep(EACH_MS);
    }
  })();
  return {
    async stop() {
      state.isOver = true;
      await running;
      return { ...counts, notes };
    },
  };
}

/** @returns the id of every document that can be searched, one that is there twice twice. @throws Error where a shard did not answer. */
export async function allIds(client: OpenSearch): Promise<readonly string[]> {
  const body = { size: MOST_DOCUMENTS, _source: false, track_total_hits: true };
  const answer = await ask(client, { method: 'POST', path: '/ocsf-*/_search', body });
  const hits = object(answer['hits']);
  const shards = object(answer['_shards']);
  const total = Number(object(hits?.['total'])?.['value']);
  const ids = (isArray(hits?.['hits']) ? hits['hits'] : []).map((hit) => text(object(hit)?.['_id']) ?? '');
  if (answer['timed_out'] !== false || Number(shards?.['failed']) !== 0)
    throw new Error(`a search without all shards: ${JSON.stringify(shards)}`);
  if (total !== ids.length) throw new Error(`a search returned ${ids.length} of ${total} documents`);
  return ids;
}

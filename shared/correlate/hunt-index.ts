// A hunt over the index: OpenSearch finds what the rules may match, the rules decide on the events as they are stored.
// https://docs.opensearch.org/latest/api-reference/search-apis/scroll/
import type { OpenSearch } from '../opensearch/client.ts';
import { periodsOf } from '../search/periods.ts';
import { timeFilter } from '../search/query.ts';
import { search, type Question } from '../search/stream.ts';
import { eventOf, familyQuery, type EvaluateDeps } from './evaluate.ts';
import type { Hunt } from './hunt.ts';

export interface IndexHunt {
  readonly client: OpenSearch;
  readonly lists: EvaluateDeps['lists'];
  readonly from: number;
  readonly to: number;
  /** ms since the epoch. */
  readonly now: number;
  /** Is told how many of how many events were read. */
  readonly onProgress: (read: number, of: number) => void;
  /** Pages of the scroll; given in tests only. */
  readonly page?: Question['page'];
}

const TOLD_EVERY = 50_000;

/** @returns how many events were read. @throws PartialAnswerError, and as the client does. */
export async function huntIndex(hunt: Hunt, { client, lists, from, to, now, onProgress, page }: IndexHunt): Promise<number> {
  if (hunt.rules.length === 0) return 0;
  const range = { from: Math.max(0, from - hunt.spanMs), to };
  const query = { bool: { filter: [timeFilter(range), familyQuery({ rules: hunt.rules, ways: [] }, [], lists)] } };
  const { total, hits } = await search(client, { periods: periodsOf(range, now), query, limit: Infinity, order: 'asc', page });
  let read = 0;
  for await (const { event } of hits) {
    const known = eventOf(event);
    if (known !== undefined) hunt.add(known);
    if (++read % TOLD_EVERY === 0) onProgress(read, total);
  }
  return read;
}

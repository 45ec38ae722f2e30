// What came of each class on each of the last days, by the time of the events.
// https://docs.opensearch.org/latest/aggregations/bucket/date-histogram/
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, object } from '../outcome.ts';
import { ask, messageOf, numberOf } from '../opensearch/ask.ts';
import { DAY_MS, extentOf, startOfDay } from './spans.ts';
import { isLive, type DayVolume, type StoreState } from './state.ts';
import { WINDOW_DAYS } from './volume.ts';

export interface Volumes {
  /** By class. Of those that were not seen for two weeks there is nothing. */
  readonly volumes: ReadonlyMap<string, readonly DayVolume[]>;
  readonly faults: readonly string[];
}

export async function readVolumes(client: OpenSearch, stores: readonly StoreState[], now: number): Promise<Volumes> {
  const since = startOfDay(now) - WINDOW_DAYS * DAY_MS;
  const recent = stores.filter((store) => isLive(store) && store.docs > 0 && extentOf(store).to > since);
  const volumes = new Map<string, readonly DayVolume[]>();
  const faults: string[] = [];
  for (const cls of [...new Set(recent.map((store) => store.cls))].toSorted()) {
    const own = recent.filter((store) => store.cls === cls);
    const docs = own.reduce((sum, store) => sum + store.docs, 0);
    const bytesPerDoc = own.reduce((sum, { bytes }) => sum + bytes, 0) / docs;
    try {
      const counts = await docsByDay(client, cls, { since, now });
      if (counts.size > 0) volumes.set(cls, days(counts, bytesPerDoc, now));
    } catch (error) {
      faults.push(`no index is made ahead for ${cls}, whose events cannot be counted: ${messageOf(error)}`);
    }
  }
  return { volumes, faults };
}

/** From the first day that has something to the present one. */
function days(counts: ReadonlyMap<number, number>, bytesPerDoc: number, now: number): readonly DayVolume[] {
  const first = Math.min(...counts.keys());
  const length = Math.round((startOfDay(now) - first) / DAY_MS) + 1;
  return Array.from({ length }, (_, day) => {
    const from = first + day * DAY_MS;
    const docs = counts.get(from) ?? 0;
    return { from, docs, bytes: docs * bytesPerDoc };
  });
}

async function docsByDay(
  client: OpenSearch,
  cls: string,
  { since, now }: { readonly since: number; readonly now: number },
): Promise<ReadonlyMap<number, number>> {
  const body = await ask(client, `/${INDEX_PREFIX}${cls}-*/_search`, {
    method: 'POST',
    query: { ignore_unavailable: 'true', allow_no_indices: 'true', request_cache: 'false' },
    body: {
      size: 0,
      track_total_hits: false,
      query: { range: { time: { gte: since, lte: now } } },
      aggs: { days: { date_histogram: { field: 'time', calendar_interval: 'day', min_doc_count: 1 } } },
    },
  });
  const buckets = object(object(object(body)?.['aggregations'])?.['days'])?.['buckets'];
  return new Map(
    (isArray(buckets) ? buckets : []).map((bucket) => [numberOf(object(bucket)?.['key']), numberOf(object(bucket)?.['doc_count'])]),
  );
}

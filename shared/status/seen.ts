// When each source was last heard of, by account and region, and in which hours of the last day: asked of the index, by the events' own time.
// https://docs.opensearch.org/latest/aggregations/bucket/filters/
import type { BankConfig } from '../config.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { scopeQuery, tellableSources } from '../opensearch/roles-scope.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { periodsOf } from '../search/periods.ts';
import { timeFilter } from '../search/query.ts';
import { aggregations } from '../search/stream.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What was not heard of for longer counts as never. */
export const KNOWN_MS = 30 * DAY_MS;
/** Clocks of others. */
const AHEAD_MS = HOUR_MS;
const MOST_ACCOUNTS = 1000;
const MOST_REGIONS = 60;

export interface Seen {
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** Time of the newest event, ms since the epoch. */
  readonly last: number;
  /** Beginnings of hours of the last day that have events, ms since the epoch. */
  readonly hours: readonly number[];
}

/**
 * Sources whose events cannot be told from others by product and class (application-json and the like) are not in it; two of one product and
 * class (alb-connection, alb-health-check) come together under the name of each.
 * @param now ms since the epoch. @throws PartialAnswerError, and the errors of the client.
 */
export async function seenInIndex(client: OpenSearch, bank: BankConfig, sources: readonly string[], now: number): Promise<readonly Seen[]> {
  const tellable = new Set(tellableSources(bank));
  const filters: JsonObject = Object.fromEntries(
    sources.flatMap((name) => (tellable.has(name) ? [[name, queryOf(name, bank)] as const] : [])),
  );
  if (Object.keys(filters).length === 0) return [];
  const range = { from: now - KNOWN_MS, to: now + AHEAD_MS };
  const found = await aggregations(client, {
    periods: periodsOf(range, now),
    query: { bool: { filter: [timeFilter(range)] } },
    aggs: { sources: { filters: { filters }, aggs: byPlace(now) } },
  });
  const buckets = object(object(found['sources'])?.['buckets']) ?? {};
  return Object.entries(buckets).flatMap(([source, bucket]) => placesOf(source, object(bucket) ?? {}));
}

function queryOf(source: string, bank: BankConfig): JsonObject {
  const query: unknown = scopeQuery({ sources: [source] }, bank);
  return isObject(query) ? query : {};
}

function byPlace(now: number): JsonObject {
  const last = { max: { field: 'time' } };
  const hours = {
    filter: { range: { time: { gte: now - DAY_MS, format: 'epoch_millis' } } },
    aggs: { hours: { date_histogram: { field: 'time', fixed_interval: '1h', min_doc_count: 1 } } },
  };
  const regions = { terms: { field: 'cloud.region', size: MOST_REGIONS, missing: '' }, aggs: { last, hours } };
  return { accounts: { terms: { field: 'cloud.account.uid', size: MOST_ACCOUNTS, missing: '' }, aggs: { regions } } };
}

function placesOf(source: string, bucket: JsonObject): readonly Seen[] {
  return bucketsOf(bucket['accounts']).flatMap((account) =>
    bucketsOf(account['regions']).map((region) => ({
      source,
      account: keyOf(account),
      region: keyOf(region),
      last: numberIn(region['last'], 'value'),
      hours: bucketsOf(object(region['hours'])?.['hours']).map((hour) => numberIn(hour, 'key')),
    })),
  );
}

function bucketsOf(aggregation: unknown): readonly JsonObject[] {
  const buckets = object(aggregation)?.['buckets'];
  return isArray(buckets) ? buckets.filter(isObject) : [];
}

/** What an event does not say is `unknown`, as in the keys of evidence. */
function keyOf({ key }: JsonObject): string {
  return text(key) || 'unknown';
}

function numberIn(candidate: unknown, name: string): number {
  const value = object(candidate)?.[name];
  return typeof value === 'number' ? value : 0;
}

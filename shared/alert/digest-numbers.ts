// The week in numbers, from the index. https://docs.opensearch.org/latest/aggregations/metric/cardinality/
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import { isArray, isObject, object } from '../outcome.ts';
import { periodsOf } from '../search/periods.ts';
import { timeFilter } from '../search/query.ts';
import { aggregations } from '../search/stream.ts';

const DAY_MS = 86_400_000;
/** A source that was there in this time and not in the last day has fallen silent. */
const KNOWN_DAYS = 30;
const SILENT_MS = DAY_MS;
const MOST = 10;

export interface DigestRange {
  /** ms since the epoch; `to` is not in it. */
  readonly from: number;
  readonly to: number;
}

export interface Counted {
  readonly name: string;
  readonly findings: number;
}

export interface DigestNumbers {
  readonly findings: number;
  /** Of each severity id. */
  readonly severities: readonly Counted[];
  /** The noisiest, and accounts with most of them. */
  readonly rules: readonly Counted[];
  readonly accounts: readonly Counted[];
  /** Products that have fallen silent, and when they were last heard of, ms since the epoch. */
  readonly silent: readonly { readonly product: string; readonly last: number }[];
}

/** @throws PartialAnswerError, and the errors of the client. */
export async function digestNumbers(client: OpenSearch, range: DigestRange): Promise<DigestNumbers> {
  const found = await aggregations(client, {
    periods: `${INDEX_PREFIX}*_finding-*`,
    query: { bool: { filter: [timeFilter(range)], must_not: [{ term: { activity_id: 3 } }] } },
    aggs: {
      findings: { cardinality: { field: 'finding_info.uid', precision_threshold: 10_000 } },
      severities: byFindings('severity_id'),
      rules: byFindings('finding_info.analytic.name'),
      accounts: byFindings('cloud.account.uid'),
    },
  });
  return {
    findings: valueOf(found['findings']),
    severities: countedOf(found['severities']),
    rules: countedOf(found['rules']),
    accounts: countedOf(found['accounts']),
    silent: await silentProducts(client, range.to),
  };
}

/** Versions of a finding are one. */
function byFindings(field: string): JsonObject {
  const findings = { cardinality: { field: 'finding_info.uid', precision_threshold: 10_000 } };
  return { terms: { field, size: MOST, order: { findings: 'desc' } }, aggs: { findings } };
}

async function silentProducts(client: OpenSearch, to: number): Promise<DigestNumbers['silent']> {
  const range = { from: to - KNOWN_DAYS * DAY_MS, to };
  const aggs = { products: { terms: { field: 'metadata.product.name', size: 200 }, aggs: { last: { max: { field: 'time' } } } } };
  const found = await aggregations(client, { periods: periodsOf(range, to), query: { bool: { filter: [timeFilter(range)] } }, aggs });
  return bucketsOf(found['products'])
    .map((bucket) => ({ product: nameOf(bucket), last: valueOf(bucket['last']) }))
    .filter(({ last }) => last < to - SILENT_MS)
    .sort((one, other) => one.last - other.last);
}

function countedOf(aggregation: unknown): readonly Counted[] {
  return bucketsOf(aggregation).map((bucket) => ({ name: nameOf(bucket), findings: valueOf(bucket['findings']) }));
}

function bucketsOf(aggregation: unknown): readonly JsonObject[] {
  const buckets = object(aggregation)?.['buckets'];
  return isArray(buckets) ? buckets.filter(isObject) : [];
}

function nameOf({ key }: JsonObject): string {
  return typeof key === 'string' || typeof key === 'number' ? String(key) : 'unknown';
}

function valueOf(aggregation: unknown): number {
  const value = object(aggregation)?.['value'];
  return typeof value === 'number' ? value : 0;
}

/** @returns whether somebody answers with such numbers. */
export function isDigestNumbers(candidate: unknown): candidate is DigestNumbers {
  if (!isObject(candidate) || typeof candidate['findings'] !== 'number') return false;
  return ['severities', 'rules', 'accounts', 'silent'].every((name) => isArray(candidate[name]));
}

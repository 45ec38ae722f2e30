// A visualization as it stands in a saved object: what Dashboards would ask OpenSearch for it, and what the answer must be.
// https://github.com/opensearch-project/OpenSearch-Dashboards/tree/main/src/plugins/data/common/search/aggs
import type { SavedObject } from '../../shared/dashboards/model.ts';
import { array, member, number, parsed, string } from './json.ts';
import { valuesOf, type Indexed } from './indexed.ts';
import { matches, parseQuery } from './lucene.ts';

export interface Aggregation {
  readonly id: string;
  readonly type: string;
  readonly params: unknown;
}

export interface Visualization {
  readonly id: string;
  readonly query: string;
  readonly metrics: readonly Aggregation[];
  readonly buckets: readonly Aggregation[];
}

const METRICS: ReadonlySet<string> = new Set(['count', 'sum', 'max', 'min', 'cardinality']);
const DAY_MS = 86_400_000;

/** @returns undefined for what asks nothing (markdown, controls). */
export function readVisualization({ id, attributes }: SavedObject): Visualization | undefined {
  const aggregations = array(parsed(attributes['visState']), 'aggs').map((agg) => ({
    id: string(agg, 'id'),
    type: string(agg, 'type'),
    params: member(agg, 'params'),
  }));
  if (aggregations.length === 0) return undefined;
  return {
    id,
    query: queryOf(attributes),
    metrics: aggregations.filter(({ type }) => METRICS.has(type)),
    buckets: aggregations.filter(({ type }) => !METRICS.has(type)),
  };
}

export function queryOf(attributes: SavedObject['attributes']): string {
  return string(member(parsed(member(attributes['kibanaSavedObjectMeta'], 'searchSourceJSON')), 'query'), 'query');
}

/** The body of the search, for a time range that holds everything. */
export function searchBody({ query, metrics, buckets }: Visualization): object {
  return { size: 0, track_total_hits: true, query: boolOf(query), aggs: nested(metrics, buckets) };
}

export function boolOf(query: string): object {
  const time = {
    range: { time: { gte: '2000-01-01T00:00:00.000Z', lte: '2100-01-01T00:00:00.000Z', format: 'strict_date_optional_time' } },
  };
  return { bool: { must: mustOf(query), filter: [{ match_all: {} }, time], should: [], must_not: [] } };
}

function mustOf(query: string): readonly object[] {
  return query.trim() === '' ? [] : [{ query_string: { query, analyze_wildcard: true, time_zone: 'UTC' } }];
}

function nested(metrics: readonly Aggregation[], [bucket, ...inner]: readonly Aggregation[]): object {
  if (bucket === undefined) return metricsOf(metrics);
  const deeper = nested(metrics, inner);
  if (bucket.type === 'terms') {
    const { by, metric } = orderOf(bucket, metrics);
    const terms = { field: fieldOf(bucket), size: number(bucket.params, 'size'), order: { [by]: string(bucket.params, 'order') } };
    return { [bucket.id]: { terms, aggs: { ...deeper, ...(metric === undefined ? {} : metricsOf([metric])) } } };
  }
  if (bucket.type === 'date_histogram') {
    return {
      [bucket.id]: { date_histogram: { field: 'time', calendar_interval: '1d', time_zone: 'UTC', min_doc_count: 1 }, aggs: deeper },
    };
  }
  const filters = Object.fromEntries(
    filtersOf(bucket).map(({ label, query }) => [label, { bool: { must: mustOf(query), filter: [], should: [], must_not: [] } }]),
  );
  return { [bucket.id]: { filters: { filters }, aggs: deeper } };
}

function metricsOf(metrics: readonly Aggregation[]): object {
  const asked = metrics.filter(({ type }) => type !== 'count');
  return Object.fromEntries(asked.map((metric) => [metric.id, { [metric.type]: { field: fieldOf(metric) } }]));
}

function orderOf({ params }: Aggregation, metrics: readonly Aggregation[]): { readonly by: string; readonly metric?: Aggregation } {
  const metric = metrics.find(({ id }) => id === string(params, 'orderBy'));
  if (metric === undefined) throw new Error('ordered by a metric that is not there');
  return metric.type === 'count' ? { by: '_count' } : { by: metric.id, metric };
}

function fieldOf({ params }: Aggregation): string {
  return string(params, 'field');
}

function filtersOf({ params }: Aggregation): readonly { readonly label: string; readonly query: string }[] {
  return array(params, 'filters').map((filter) => ({ label: string(filter, 'label'), query: string(member(filter, 'input'), 'query') }));
}

/** One level of the answer: metrics by id, and the buckets of the next level by key. */
export interface Level {
  readonly count: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly buckets: ReadonlyMap<string, Level>;
  /** Of terms: by what they are ordered. Which of equal ones come first, or at all, is the server's choice. */
  readonly order: readonly (number | null)[];
}

/** @returns what the documents hold, every bucket of terms, however many are shown. */
export function expected(visualization: Visualization, documents: readonly Indexed[]): Level {
  const query = parseQuery(visualization.query);
  return levelOf(
    documents.filter((document) => matches(query, document)),
    visualization.metrics,
    visualization.buckets,
  );
}

function levelOf(documents: readonly Indexed[], metrics: readonly Aggregation[], [bucket, ...inner]: readonly Aggregation[]): Level {
  const values = Object.fromEntries(
    metrics.filter(({ type }) => type !== 'count').map((metric) => [metric.id, metricOf(metric, documents)]),
  );
  if (bucket === undefined) return { count: documents.length, metrics: values, buckets: new Map(), order: [] };
  const groups = [...groupsOf(bucket, documents)].map(([key, group]): [string, Level] => [key, levelOf(group, metrics, inner)]);
  const buckets = new Map(groups.filter(([, { count }]) => count > 0 || bucket.type === 'filters'));
  return { count: documents.length, metrics: values, buckets, order: bucket.type === 'terms' ? orderIn(bucket, metrics, groups) : [] };
}

function orderIn(bucket: Aggregation, metrics: readonly Aggregation[], groups: readonly [string, Level][]): readonly (number | null)[] {
  const { metric } = orderOf(bucket, metrics);
  const by = groups.map(([, level]) => (metric === undefined ? level.count : (level.metrics[metric.id] ?? null)));
  const sign = string(bucket.params, 'order') === 'desc' ? 1 : -1;
  // What has no value of the metric comes last, whichever way it goes.
  const missing = -Infinity * sign;
  return by.toSorted((one, other) => sign * ((other ?? missing) - (one ?? missing)) || 0).slice(0, number(bucket.params, 'size'));
}

function groupsOf(bucket: Aggregation, documents: readonly Indexed[]): ReadonlyMap<string, readonly Indexed[]> {
  const groups = new Map<string, Indexed[]>();
  const add = (key: string, document: Indexed): void => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [document]);
    else group.push(document);
  };
  if (bucket.type === 'filters') {
    return new Map(
      filtersOf(bucket).map(({ label, query }) => [label, documents.filter((document) => matches(parseQuery(query), document))]),
    );
  }
  for (const document of documents) {
    for (const value of valuesOf(document, fieldOf(bucket))) {
      add(bucket.type === 'date_histogram' ? String(Math.floor(Number(value) / DAY_MS) * DAY_MS) : String(value), document);
    }
  }
  return groups;
}

function metricOf(metric: Aggregation, documents: readonly Indexed[]): number | null {
  const values = documents.flatMap((document) => valuesOf(document, fieldOf(metric)));
  if (metric.type === 'cardinality') return new Set(values).size;
  const numbers = values.map(Number);
  if (metric.type === 'sum') return numbers.reduce((sum, one) => sum + one, 0);
  if (numbers.length === 0) return null;
  return numbers.reduce((best, one) => (metric.type === 'max' ? Math.max(best, one) : Math.min(best, one)));
}

/** @returns the answer of the server in the same form. */
export function answered({ metrics, buckets }: Visualization, count: number, aggregations: unknown): Level {
  return answeredLevel(count, aggregations, metrics, buckets);
}

function answeredLevel(count: number, node: unknown, metrics: readonly Aggregation[], [bucket, ...inner]: readonly Aggregation[]): Level {
  const values: Record<string, number | null> = {};
  for (const metric of metrics) {
    const value = member(member(node, metric.id), 'value');
    if (typeof value === 'number' || value === null) values[metric.id] = value;
  }
  if (bucket === undefined) return { count, metrics: values, buckets: new Map(), order: [] };
  const listed = member(member(node, bucket.id), 'buckets');
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(listed)
    ? listed.map((one: unknown) => [keyOf(one), one])
    : Object.entries(listed ?? {});
  const found = entries.map(([key, one]): [string, Level] => [key, answeredLevel(number(one, 'doc_count'), one, metrics, inner)]);
  const metric = bucket.type === 'terms' ? orderOf(bucket, metrics) : undefined;
  const order = found.map(([, level]) => (metric?.metric === undefined ? level.count : (level.metrics[metric.metric.id] ?? null)));
  return { count, metrics: values, buckets: new Map(found), order: bucket.type === 'terms' ? order : [] };
}

function keyOf(bucket: unknown): string {
  const key = member(bucket, 'key');
  if (typeof key !== 'string' && typeof key !== 'number') throw new Error('a bucket without a key');
  return String(key);
}

/** @returns what is wrong with the answer to a visualization, one line each. */
export function differences({ metrics }: Visualization, answer: Level, wanted: Level): readonly string[] {
  const distinct = new Set(metrics.flatMap(({ id, type }) => (type === 'cardinality' ? [id] : [])));
  return compared(answer, wanted, distinct, '');
}

function compared(answer: Level, wanted: Level, distinct: ReadonlySet<string>, path: string): readonly string[] {
  const found: string[] = [];
  if (answer.count !== wanted.count) found.push(`${path}: ${answer.count} events instead of ${wanted.count}`);
  for (const [id, value] of Object.entries(answer.metrics)) {
    const other = wanted.metrics[id];
    if (!isSame(value, other, distinct.has(id))) found.push(`${path}: metric ${id} is ${String(value)} instead of ${String(other)}`);
  }
  const shown = wanted.order.length > 0 ? wanted.order.length : wanted.buckets.size;
  if (answer.buckets.size !== shown) found.push(`${path}: ${answer.buckets.size} buckets instead of ${shown}`);
  if (!answer.order.every((value, at) => isSame(value, wanted.order[at], distinct.size > 0))) {
    found.push(`${path}: order ${String(answer.order)} instead of ${String(wanted.order)}`);
  }
  for (const [key, level] of answer.buckets) {
    const other = wanted.buckets.get(key);
    if (other === undefined) found.push(`${path}: bucket ${key} is in no document`);
    else found.push(...compared(level, other, distinct, `${path}/${key}`));
  }
  return found;
}

/** Distinct values are counted by their hashes: of hundreds, one may be missed. https://docs.opensearch.org/latest/aggregations/metric/cardinality/ */
function isSame(value: number | null, wanted: number | null | undefined, isDistinct: boolean): boolean {
  if (value === wanted) return true;
  return isDistinct && typeof value === 'number' && typeof wanted === 'number' && wanted > 200 && Math.abs(value - wanted) <= wanted / 100;
}

/** @returns whether there is anything to look at. */
export function isEmpty({ count, buckets, metrics }: Level, depth: number): boolean {
  if (count === 0) return true;
  if (depth > 0) return [...buckets.values()].every((level) => isEmpty(level, depth - 1));
  return Object.keys(metrics).length > 0 && Object.values(metrics).every((value) => value === null || value === 0);
}

// What OpenSearch counts for a baseline: composite aggregations by slot, entity and key; no document is read one by one.
// https://docs.opensearch.org/latest/aggregations/bucket/composite/
import { RetryableError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { ask, numberOf } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { BASELINES } from './baselines.ts';
import type { Baseline, Clause } from './model.ts';
import { HOUR_MS, SLOT_MS } from './calendar.ts';
import { profileId, type Observation } from './judge.ts';
import type { Principal } from './principal.ts';

/** Buckets of one answer, below search.max_buckets with what is in them. */
const PAGE = 5000;
const ISSUER = 'actor.session.issuer';
const ACTOR = 'actor.user.uid';
/** Distinct counts are exact below it. */
const PRECISION = 3000;
/** Counting a busy hour takes longer than finding an event. */
export const COUNT_TIMEOUT_MS = 120_000;

/** A stretch of time, ms since the epoch; `to` is not in it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export type PrincipalOf = (issuer: string | undefined, uid: string) => Principal | undefined;

/**
 * @param stretch whole slots of the baseline.
 * @returns observations by slot.
 * @throws RetryableError where OpenSearch could not count all of it: half a count would be a wrong one.
 */
export async function countSlots(
  client: OpenSearch,
  baseline: Baseline,
  stretch: Stretch,
  principalOf: PrincipalOf,
): Promise<ReadonlyMap<number, readonly Observation[]>> {
  const slots = new Map<number, Map<string, Observation>>();
  let after: JsonObject | undefined;
  do {
    const answer = await ask(client, `/${indicesOf(baseline)}/_search`, {
      method: 'POST',
      query: SEARCH,
      body: { size: 0, track_total_hits: false, query: queryOf(baseline, stretch), aggs: { seen: aggregationOf(baseline, after) } },
      timeoutMs: COUNT_TIMEOUT_MS,
    });
    const seen = aggregationIn(answer, 'seen');
    const buckets = seen?.['buckets'];
    for (const bucket of isArray(buckets) ? buckets : []) if (isObject(bucket)) addBucket(slots, bucket, baseline, principalOf);
    after = object(seen?.['after_key']);
  } while (after !== undefined);
  return new Map([...slots].map(([slot, seen]) => [slot, [...seen.values()]]));
}

/** A period may not be there yet, but a part of the answer is none. */
const SEARCH = { ignore_unavailable: 'true', allow_no_indices: 'true', allow_partial_search_results: 'false' } as const;

function indicesOf({ classes }: Baseline): string {
  return classes.map(({ name }) => `${INDEX_PREFIX}${name}-*`).join(',');
}

/** Query of the events that a baseline counts. */
export function queryOf({ products, filter, except }: Baseline, { from, to }: Stretch): Clause {
  const time = { range: { time: { gte: from, lt: to, format: 'epoch_millis' } } };
  const ofProducts = products.length === 0 ? [] : [{ terms: { 'metadata.product.name': products } }];
  return { bool: { filter: [time, ...ofProducts, ...filter], must_not: except } };
}

function aggregationOf({ entity, key, measure, grain }: Baseline, after: JsonObject | undefined): Clause {
  const terms = (field: string, more: object = {}): Clause => ({ terms: { field, ...more } });
  const sources = [
    { slot: { date_histogram: { field: 'time', fixed_interval: `${SLOT_MS[grain] / HOUR_MS}h` } } },
    ...(entity === 'principal'
      ? [{ issuer: terms(ISSUER, { missing_bucket: true }) }, { entity: terms(ACTOR) }]
      : [{ entity: terms(entity) }]),
    ...(key === undefined ? [] : [{ key: terms(key) }]),
  ];
  const composite = { size: PAGE, sources, ...(after === undefined ? {} : { after }) };
  if (measure.kind === 'count') return { composite };
  const value =
    measure.kind === 'sum' ? { sum: { field: measure.field } } : { cardinality: { field: measure.field, precision_threshold: PRECISION } };
  return { composite, aggs: { value } };
}

function addBucket(slots: Map<number, Map<string, Observation>>, bucket: JsonObject, baseline: Baseline, principalOf: PrincipalOf): void {
  const names = object(bucket['key']) ?? {};
  const who = entityOf(names, baseline, principalOf);
  if (who === undefined) return;
  const { entity, isAutomation } = who;
  const key = wordOf(names['key']) ?? '';
  const value = numberOf(baseline.measure.kind === 'count' ? bucket['doc_count'] : object(bucket['value'])?.['value']);
  const slot = Math.round(numberOf(names['slot']) / SLOT_MS[baseline.grain]);
  const seen = slots.get(slot) ?? new Map<string, Observation>();
  slots.set(slot, seen);
  const id = profileId(entity, key);
  // Sessions of one role are one principal.
  seen.set(id, { entity, key, value: value + (seen.get(id)?.value ?? 0), isAutomation });
}

function entityOf(
  names: JsonObject,
  baseline: Baseline,
  principalOf: PrincipalOf,
): Pick<Required<Observation>, 'entity' | 'isAutomation'> | undefined {
  const uid = wordOf(names['entity']);
  if (uid === undefined || baseline.entity !== 'principal') return uid === undefined ? undefined : { entity: uid, isAutomation: false };
  const principal = principalOf(text(names['issuer']), uid);
  return principal === undefined ? undefined : { entity: principal.name, isAutomation: principal.cls === 'automation' };
}

/** Ports come as numbers. */
function wordOf(candidate: unknown): string | undefined {
  return typeof candidate === 'number' ? String(candidate) : text(candidate);
}

/** @returns how many events of the baseline's classes and products there are by hour, whoever caused them. */
export async function countTotals(client: OpenSearch, baseline: Baseline, { from, to }: Stretch): Promise<ReadonlyMap<number, number>> {
  const query = queryOf({ ...baseline, filter: [], except: [] }, { from, to });
  const answer = await ask(client, `/${indicesOf(baseline)}/_search`, {
    method: 'POST',
    query: SEARCH,
    body: {
      ...{ size: 0, track_total_hits: false, query },
      aggs: { hours: { date_histogram: { field: 'time', fixed_interval: '1h', min_doc_count: 1 } } },
    },
    timeoutMs: COUNT_TIMEOUT_MS,
  });
  const buckets = aggregationIn(answer, 'hours')?.['buckets'];
  const totals = new Map<number, number>();
  for (const bucket of isArray(buckets) ? buckets : [])
    if (isObject(bucket)) totals.set(Math.round(numberOf(bucket['key']) / HOUR_MS), numberOf(bucket['doc_count']));
  return totals;
}

/** @returns the hour of the earliest event of any baseline; undefined where there is none. */
export async function earliestHour(client: OpenSearch, { from, to }: Stretch): Promise<number | undefined> {
  const indices = [...new Set(BASELINES.map(indicesOf))].join(',');
  const answer = await ask(client, `/${indices}/_search`, {
    method: 'POST',
    query: SEARCH,
    body: {
      size: 0,
      query: { range: { time: { gte: from, lt: to, format: 'epoch_millis' } } },
      aggs: { first: { min: { field: 'time' } } },
    },
    timeoutMs: COUNT_TIMEOUT_MS,
  });
  const first = aggregationIn(answer, 'first')?.['value'];
  return typeof first === 'number' ? Math.floor(first / HOUR_MS) : undefined;
}

function aggregationIn(answer: unknown, name: string): JsonObject | undefined {
  const body = object(answer);
  if (body?.['timed_out'] === true || numberOf(object(body?.['_shards'])?.['failed']) > 0)
    throw new RetryableError('OpenSearch counted a part only: the next run counts again');
  return object(object(body?.['aggregations'])?.[name]);
}

/** A few of the events behind a finding: what it is about is told by them. */
export async function examples(
  client: OpenSearch,
  baseline: Baseline,
  stretch: Stretch,
  { entity, key }: { readonly entity: string; readonly key: string },
): Promise<readonly JsonObject[]> {
  const query = queryOf(baseline, stretch);
  const actor = { bool: { should: [{ term: { [ISSUER]: entity } }, { term: { [ACTOR]: entity } }], minimum_should_match: 1 } };
  const about = [
    baseline.entity === 'principal' ? actor : { term: { [baseline.entity]: entity } },
    ...(baseline.key === undefined ? [] : [{ term: { [baseline.key]: key } }]),
  ];
  const answer = await ask(client, `/${indicesOf(baseline)}/_search`, {
    method: 'POST',
    query: SEARCH,
    body: { size: EXAMPLES, query: { bool: { filter: [query, ...about] } }, sort: [{ time: 'asc' }], _source: SHOWN },
    timeoutMs: COUNT_TIMEOUT_MS,
  });
  const hits = object(object(answer)?.['hits'])?.['hits'];
  return (isArray(hits) ? hits : []).flatMap((hit) => {
    const source = object(object(hit)?.['_source']);
    return source === undefined ? [] : [source];
  });
}

const EXAMPLES = 5;
const SHOWN = [
  ...['metadata.uid', 'metadata.product.name', 'type_uid', 'severity_id', 'time', 'cloud', 'actor', 'user', 'src_endpoint', 'dst_endpoint'],
  ...['connection_info', 'api.operation', 'api.service', 'resources'],
];

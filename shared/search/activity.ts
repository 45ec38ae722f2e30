// What an actor or an address did: in the time around a finding, in the days before it, and when it was seen at all.
// https://docs.opensearch.org/latest/aggregations/bucket/terms/ and https://docs.opensearch.org/latest/aggregations/bucket/filter/
import type { JsonObject } from '../model.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { STATUS } from '../ocsf/classes.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { periodsOf } from './periods.ts';
import { timeFilter } from './query.ts';
import { aggregations } from './stream.ts';
import type { FieldTypes } from './fields.ts';
import type { TimeRange } from './time.ts';

/** Findings tell of events; they are none. */
const NO_FINDINGS = `-${INDEX_PREFIX}*_finding-*`;
const DAY_MS = 86_400_000;
/** What was not seen for so long is new. */
export const BEFORE_DAYS = 30;
/** Values of each kind, the most frequent ones. */
const MOST = 25;

/** What is told of an actor or address: name → field. */
export const DIMENSIONS = {
  operations: 'api.operation',
  accounts: 'cloud.account.uid',
  regions: 'cloud.region',
  actors: 'actor.user.uid',
  addresses: 'src_endpoint.ip',
  'user agents': 'http_request.user_agent',
} as const;

export type Dimension = keyof typeof DIMENSIONS;

export interface Value {
  readonly value: string;
  readonly count: number;
  /** Seen in the time around the finding, and not in the days before it. */
  readonly isNew: boolean;
}

export interface Activity {
  /** In the whole index, ms since the epoch; undefined where it is not in it. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly total: number;
  /** Around the finding. */
  readonly events: number;
  readonly failed: number;
  readonly values: Readonly<Record<Dimension, readonly Value[]>>;
}

/** @param around the time around the finding. @throws PartialAnswerError, and the errors of the client. */
export async function activityOf(
  client: OpenSearch,
  query: JsonObject,
  { around, types, now }: { readonly around: TimeRange; readonly types: FieldTypes; readonly now: number },
): Promise<Activity> {
  const known = Object.entries(DIMENSIONS).filter(([, field]) => types.has(field));
  const whole = await aggregations(client, {
    periods: `${INDEX_PREFIX}*,${NO_FINDINGS}`,
    query,
    aggs: {
      ...{ first: { min: { field: 'time' } }, last: { max: { field: 'time' } }, total: { value_count: { field: 'time' } } },
      around: {
        filter: timeFilter(around),
        aggs: {
          ...Object.fromEntries(known.map(([name, field]) => [name, { terms: { field, size: MOST } }])),
          ...(types.has('status_id') ? { failed: { filter: { term: { status_id: STATUS.failure } } } } : {}),
        },
      },
    },
  });
  const inside = object(whole['around']) ?? {};
  const seen = await seenBefore(client, query, { around, now, known, inside });
  return {
    first: numberOf(whole['first']),
    last: numberOf(whole['last']),
    total: numberOf(whole['total']) ?? 0,
    events: docCount(inside),
    failed: docCount(object(inside['failed']) ?? {}),
    values: valuesOf(inside, seen),
  };
}

interface Before {
  readonly around: TimeRange;
  readonly now: number;
  readonly known: readonly (readonly [string, string])[];
  readonly inside: JsonObject;
}

/** Asks for those values only: however many others there are, none of them is missed. */
async function seenBefore(client: OpenSearch, query: JsonObject, { around, now, known, inside }: Before): Promise<JsonObject> {
  const asked = known.flatMap(([name, field]) => {
    const include = bucketsOf(inside[name]).map(({ value }) => value);
    return include.length === 0 ? [] : [[name, { terms: { field, include, size: include.length } }] as const];
  });
  if (asked.length === 0) return {};
  const before = { from: around.from - BEFORE_DAYS * DAY_MS, to: around.from };
  const periods = `${periodsOf(before, now)},${NO_FINDINGS}`;
  return await aggregations(client, { periods, query: { bool: { filter: [query, timeFilter(before)] } }, aggs: Object.fromEntries(asked) });
}

function valuesOf(inside: JsonObject, before: JsonObject): Activity['values'] {
  const one = (name: Dimension): readonly Value[] => {
    const old = new Set(bucketsOf(before[name]).map(({ value }) => value));
    return bucketsOf(inside[name]).map((bucket) => ({ ...bucket, isNew: !old.has(bucket.value) }));
  };
  return {
    operations: one('operations'),
    accounts: one('accounts'),
    regions: one('regions'),
    actors: one('actors'),
    addresses: one('addresses'),
    'user agents': one('user agents'),
  };
}

function bucketsOf(aggregation: unknown): readonly { readonly value: string; readonly count: number }[] {
  const buckets = isObject(aggregation) ? aggregation['buckets'] : undefined;
  return (isArray(buckets) ? buckets : []).flatMap((bucket) => {
    const value = isObject(bucket) ? text(bucket['key']) : undefined;
    return value === undefined || !isObject(bucket) ? [] : [{ value, count: docCount(bucket) }];
  });
}

function docCount({ doc_count: count }: JsonObject): number {
  return typeof count === 'number' ? count : 0;
}

function numberOf(aggregation: unknown): number | undefined {
  const value = isObject(aggregation) ? aggregation['value'] : undefined;
  return typeof value === 'number' ? value : undefined;
}

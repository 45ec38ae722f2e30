// Between which two queries the events lie that something is true of. A query is never exact where the index knows less than the event, and
// "not" turns the two around: what surely is not, is what cannot be. https://docs.opensearch.org/latest/query-dsl/compound/bool/
import type { JsonObject } from '../model.ts';

/** `all` and `none` are not sent where they can be left out. */
export type Query = 'all' | 'none' | JsonObject;

export interface Bound {
  /** Finds every event that it is true of, and maybe others. */
  readonly over: Query;
  /** Finds only events that it is true of, maybe not all. */
  readonly under: Query;
}

/** Nothing can be said. */
export const UNKNOWN: Bound = { over: 'all', under: 'none' };
export const NEVER: Bound = { over: 'none', under: 'none' };

export function exactly(query: Query): Bound {
  return { over: query, under: query };
}

/** What may be, and is not sure. */
export function atMost(query: Query): Bound {
  return { over: query, under: 'none' };
}

export function not({ over, under }: Bound): Bound {
  return { over: negated(under), under: negated(over) };
}

export function everyOf(bounds: readonly Bound[]): Bound {
  return { over: all(bounds.map(({ over }) => over)), under: all(bounds.map(({ under }) => under)) };
}

export function anyOf(bounds: readonly Bound[]): Bound {
  return { over: any(bounds.map(({ over }) => over)), under: any(bounds.map(({ under }) => under)) };
}

export function isExact({ over, under }: Bound): boolean {
  return over === under || JSON.stringify(over) === JSON.stringify(under);
}

export function negated(query: Query): Query {
  if (query === 'all') return 'none';
  return query === 'none' ? 'all' : { bool: { must_not: [query] } };
}

export function all(queries: readonly Query[]): Query {
  if (queries.includes('none')) return 'none';
  const filter = different(queries);
  const [only] = filter;
  if (only === undefined) return 'all';
  return filter.length === 1 ? only : { bool: { filter } };
}

export function any(queries: readonly Query[]): Query {
  if (queries.includes('all')) return 'all';
  const should = different(queries);
  const [only] = should;
  if (only === undefined) return 'none';
  return should.length === 1 ? only : { bool: { should, minimum_should_match: 1 } };
}

function different(queries: readonly Query[]): readonly JsonObject[] {
  const found = queries.filter((query) => typeof query === 'object');
  return [...new Map(found.map((query) => [JSON.stringify(query), query])).values()];
}

/** @returns it as OpenSearch takes it. */
export function sent(query: Query): JsonObject {
  if (query === 'all') return { match_all: {} };
  return query === 'none' ? { match_none: {} } : query;
}

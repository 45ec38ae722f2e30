// Ten questions that analysts ask, each in the words of our mapping and in those of the default one.
// https://docs.opensearch.org/latest/query-dsl/ and https://docs.opensearch.org/latest/aggregations/
import type { JsonObject } from '../shared/model.ts';
import { FIRST, SPAN_MS } from './search-load.ts';

/** How a mapping has to be asked. */
export interface Dialect {
  /** @returns the field for exact values and for counting by value. */
  readonly exact: (path: string) => string;
  /** @param network the first three numbers of an address. */
  readonly network: (path: string, network: string) => JsonObject;
  /** @returns the query for a word anywhere in a payload. */
  readonly word: (path: string, word: string) => JsonObject;
}

export const OURS: Dialect = {
  exact: (path) => path,
  network: (path, network) => ({ term: { [path]: `${network}.0/24` } }),
  word: (path, word) => ({ match_phrase: { [path]: word } }),
};

/**
 * Texts are analysed there, with a `.keyword` beside them; addresses are texts too, so that a network is the beginning of one (which only goes
 * for /8, /16 and /24); a payload is as many fields as it has keys.
 */
export const BY_DEFAULT: Dialect = {
  exact: (path) => `${path}.keyword`,
  network: (path, network) => ({ prefix: { [`${path}.keyword`]: `${network}.` } }),
  word: (path, word) => ({ multi_match: { query: word, type: 'phrase', fields: [`${path}.*`], lenient: true } }),
};

export interface Question {
  readonly name: string;
  /** Of which class; undefined for all. */
  readonly cls?: string;
  readonly body: (dialect: Dialect) => JsonObject;
  /** Whether values with equal counts may stand at the end of a list: which of them is shown is then up to the server. */
  readonly ties?: boolean;
}

/** Neither mapping can tell by the index alone that all of it is meant: a day that begins at six. */
const DAY = { range: { time: { gte: FIRST + 30 * 3_600_000, lt: FIRST + 54 * 3_600_000 } } };
const ALL = { range: { time: { gte: FIRST + 3_600_000, lt: FIRST + SPAN_MS - 3_600_000 } } };
const MINUTES = { field: 'time', fixed_interval: '1m', min_doc_count: 1 };

function newest(filter: readonly JsonObject[], size = 50): JsonObject {
  return { size, track_total_hits: true, query: { bool: { filter } }, sort: [{ time: 'desc' }] };
}

function counted(filter: readonly JsonObject[], aggs: JsonObject): JsonObject {
  return { size: 0, track_total_hits: true, query: { bool: { filter } }, aggs };
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'who-did: calls of one person in 24 h, newest 50',
    cls: 'api_activity',
    body: ({ exact }) => newest([{ term: { [exact('actor.user.uid')]: 'arn:aws:iam::222222222222:user/elin.keller' } }, DAY]),
  },
  {
    name: 'network: calls from a /24 in 24 h, newest 50',
    cls: 'api_activity',
    body: ({ network }) => newest([network('src_endpoint.ip', '198.51.100'), DAY]),
  },
  {
    name: 'failed: failed calls, top 20 operations and how many actors each',
    cls: 'api_activity',
    body: ({ exact }) =>
      counted([{ term: { status_id: 2 } }, ALL], {
        operations: {
          terms: { field: exact('api.operation'), size: 20 },
          aggs: { actors: { cardinality: { field: exact('actor.user.uid') } } },
        },
      }),
  },
  {
    name: 'word: a bucket named in requests, newest 50',
    cls: 'api_activity',
    body: ({ word }) => newest([word('api.request.data', 'bank-payments-landing'), ALL]),
  },
  {
    name: 'resource: history of one table, 100 newest',
    cls: 'api_activity',
    body: ({ exact }) =>
      newest([{ term: { [exact('resources.uid')]: 'arn:aws:dynamodb:eu-central-1:222222222222:table/payments-api' } }, ALL], 100),
  },
  {
    name: 'rejects: port 22 in 24 h, by country, top 20 addresses by bytes',
    cls: 'network_activity',
    body: ({ exact }) =>
      counted([{ term: { action_id: 2 } }, { term: { 'dst_endpoint.port': 22 } }, DAY], {
        countries: { terms: { field: exact('src_endpoint.location.country'), size: 20 } },
        addresses: {
          terms: { field: exact('src_endpoint.ip'), size: 20, order: { bytes: 'desc' } },
          aggs: { bytes: { sum: { field: 'traffic.bytes' } } },
        },
      }),
  },
  {
    name: 'talkers: top 20 addresses by bytes in 24 h',
    cls: 'network_activity',
    body: ({ exact }) =>
      counted([DAY], {
        addresses: {
          terms: { field: exact('src_endpoint.ip'), size: 20, order: { bytes: 'desc' } },
          aggs: { bytes: { sum: { field: 'traffic.bytes' } } },
        },
      }),
  },
  {
    name: 'address: one address in flows, calls and requests, newest 50, by class',
    body: ({ exact }) => ({
      ...newest([{ bool: { should: ['src', 'dst'].map((end) => ({ term: { [exact(`${end}_endpoint.ip`)]: '203.0.113.12' } })) } }, ALL]),
      aggs: { classes: { terms: { field: 'class_uid' } } },
    }),
  },
  {
    name: 'web: 5xx by minute and path in 24 h',
    cls: 'http_activity',
    ties: true,
    body: ({ exact }) =>
      counted([{ range: { 'http_response.code': { gte: 500, lt: 600 } } }, DAY], {
        minutes: { date_histogram: MINUTES, aggs: { paths: { terms: { field: exact('http_request.url.path'), size: 5 } } } },
      }),
  },
  {
    name: 'histogram: flows by minute and action in 24 h',
    cls: 'network_activity',
    body: () => counted([DAY], { minutes: { date_histogram: MINUTES, aggs: { actions: { terms: { field: 'action_id' } } } } }),
  },
];

// Three questions of an analyst, asked of the index as Dashboards would ask them.
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import { isObject } from '../../shared/outcome.ts';
import type { Json, JsonObject } from '../../shared/model.ts';
import { aggregate, bucketsOf, hitsOf, searchIndex, shown } from './search.ts';

export interface Answer {
  readonly question: string;
  readonly lines: readonly string[];
}

export async function askQuestions(client: OpenSearch): Promise<readonly Answer[]> {
  return [await refusedCalls(client), await talkers(client), await opened(client)];
}

async function refusedCalls(client: OpenSearch): Promise<Answer> {
  const aggregations = await aggregate(client, {
    query: { bool: { filter: [{ term: { status_id: 2 } }, { term: { class_uid: 6003 } }] } },
    aggs: { who: { terms: { field: 'actor.user.uid', size: 3 }, aggs: { what: { terms: { field: 'api.operation', size: 3 } } } } },
  });
  const lines = bucketsOf(aggregations['who']).map((bucket) => `${count(bucket)} × ${shown(bucket['key'])}: ${keys(bucket['what'])}`);
  return { question: 'Whose API calls were refused most, and what did they try?', lines };
}

async function talkers(client: OpenSearch): Promise<Answer> {
  const aggregations = await aggregate(client, {
    query: { term: { class_uid: 4001 } },
    aggs: {
      to: {
        terms: { field: 'dst_endpoint.ip', size: 3, order: { bytes: 'desc' } },
        aggs: { bytes: { sum: { field: 'traffic.bytes' } }, from: { cardinality: { field: 'src_endpoint.ip' } } },
      },
    },
  });
  const lines = bucketsOf(aggregations['to']).map((bucket) => {
    return `${(number(bucket['bytes']) / 1e9).toFixed(1)} GB to ${shown(bucket['key'])} from ${number(bucket['from'])} addresses`;
  });
  return { question: 'Which addresses received most data?', lines };
}

async function opened(client: OpenSearch): Promise<Answer> {
  const payload = { match: { 'api.request.data': { query: '0.0.0.0/0', operator: 'and' } } };
  const answer = await searchIndex(client, {
    size: 3,
    query: payload,
    _source: ['time', 'api.operation', 'actor.user.uid', 'src_endpoint.ip'],
    sort: [{ time: 'desc' }],
  });
  const lines = hitsOf(answer).flatMap(({ _source: event }) => (isObject(event) ? [describe(event)] : []));
  return { question: 'Which calls carried 0.0.0.0/0 in their payload?', lines };
}

function describe(event: JsonObject): string {
  const at = (...path: readonly string[]): string =>
    shown(path.reduce<Json | undefined>((node, name) => (isObject(node) ? node[name] : undefined), event));
  return `${new Date(Number(event['time'])).toISOString()} ${at('api', 'operation')} by ${at('actor', 'user', 'uid')} from ${at('src_endpoint', 'ip')}`;
}

function keys(aggregation: unknown): string {
  return bucketsOf(aggregation)
    .map((bucket) => shown(bucket['key']))
    .join(', ');
}

function count(bucket: JsonObject): number {
  return Number(bucket['doc_count']);
}

function number(aggregation: unknown): number {
  return isObject(aggregation) ? Number(aggregation['value']) : 0;
}

// Asking the index, and reading its answers. https://docs.opensearch.org/latest/api-reference/search-apis/search/
import type { JsonObject } from '../../shared/model.ts';
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import { isArray, isObject } from '../../shared/outcome.ts';

/** @param index name or pattern; one that is not there has no documents. @returns the answer's body. */
export async function searchIndex(client: OpenSearch, body: Record<string, unknown>, index = 'ocsf-*'): Promise<JsonObject> {
  const request = { method: 'POST', path: `/${index}/_search`, querystring: { ignore_unavailable: 'true' }, body };
  const answer = await client.transport.request(request);
  return isObject(answer.body) ? answer.body : {};
}

/** @returns the aggregations by name, without any document. */
export async function aggregate(client: OpenSearch, body: Record<string, unknown>): Promise<JsonObject> {
  const { aggregations } = await searchIndex(client, { size: 0, ...body });
  return isObject(aggregations) ? aggregations : {};
}

export function hitsOf(answer: JsonObject): readonly JsonObject[] {
  return objectsIn(answer['hits'], 'hits');
}

export function bucketsOf(aggregation: unknown): readonly JsonObject[] {
  return objectsIn(aggregation, 'buckets');
}

function objectsIn(parent: unknown, name: string): readonly JsonObject[] {
  const found = isObject(parent) ? parent[name] : undefined;
  return (isArray(found) ? found : []).filter(isObject);
}

/** @returns the string or number as text; nothing for anything else. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

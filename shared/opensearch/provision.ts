// Applies the index templates; runs at every deploy. https://docs.opensearch.org/latest/api-reference/index-apis/create-index-template/
import { RetryableError } from '../errors.ts';
import { isArray, isObject, text } from '../outcome.ts';
import type { OpenSearch } from './client.ts';
import { indexTemplates, type IndexTemplate } from './template.ts';

/** Puts every template whose contents differ from what the domain has. Running it again changes nothing. */
export async function provision(
  client: OpenSearch,
): Promise<{ readonly applied: readonly string[]; readonly unchanged: readonly string[] }> {
  const stale = await staleTemplates(client);
  for (const { name, body } of stale) await client.transport.request({ method: 'PUT', path: `/_index_template/${name}`, body });
  const applied = stale.map(({ name }) => name);
  return { applied, unchanged: indexTemplates().flatMap(({ name }) => (applied.includes(name) ? [] : [name])) };
}

/** @throws RetryableError while templates are missing: an index made without its template could not be mended without a reindex. */
export async function assertProvisioned(client: OpenSearch): Promise<void> {
  const stale = await staleTemplates(client);
  if (stale.length > 0) {
    throw new RetryableError(
      `OpenSearch lacks ${stale.length} index templates (${stale[0]?.name ?? ''} …): invoke the provision function, as serverless deploy does`,
    );
  }
}

async function staleTemplates(client: OpenSearch): Promise<readonly IndexTemplate[]> {
  const { body } = await client.indices.getIndexTemplate({ name: 'strongroom-*' }, { ignore: [404] });
  const found = new Map<string, unknown>();
  const listed: unknown = body.index_templates;
  for (const entry of isArray(listed) ? listed : []) {
    if (!isObject(entry) || !isObject(entry['index_template'])) continue;
    const meta = entry['index_template']['_meta'];
    found.set(text(entry['name']) ?? '', isObject(meta) ? meta['strongroom'] : undefined);
  }
  return indexTemplates().filter(({ name, body: wanted }) => found.get(name) !== wanted._meta.strongroom);
}

// Applies the index templates and gives access; runs at every deploy. https://docs.opensearch.org/latest/api-reference/index-apis/create-index-template/
import { RetryableError } from '../errors.ts';
import { isArray, isObject, text } from '../outcome.ts';
import { INDEX_ROLE, mapIndexRole } from './access.ts';
import type { OpenSearch } from './client.ts';
import { indexTemplates, type IndexTemplate } from './template.ts';

export interface Provisioned {
  /** Names of templates. */
  readonly applied: readonly string[];
  readonly unchanged: readonly string[];
  /** IAM role that was let in, by its role in OpenSearch. */
  readonly mapped: Readonly<Record<string, string>>;
}

/**
 * Puts every template whose contents differ from what the domain has, then lets the index function in. Running it again changes nothing.
 * @param indexRoleArn IAM role of the index function; left out where access to the domain is not ours to give.
 */
export async function provision(client: OpenSearch, indexRoleArn?: string): Promise<Provisioned> {
  const stale = await staleTemplates(client);
  for (const { name, body } of stale) await client.transport.request({ method: 'PUT', path: `/_index_template/${name}`, body });
  if (indexRoleArn !== undefined) await mapIndexRole(client, indexRoleArn);
  const applied = stale.map(({ name }) => name);
  return {
    applied,
    unchanged: indexTemplates().flatMap(({ name }) => (applied.includes(name) ? [] : [name])),
    mapped: indexRoleArn === undefined ? {} : { [INDEX_ROLE]: indexRoleArn },
  };
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

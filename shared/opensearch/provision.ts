// Applies the index templates and gives access; runs at every deploy. https://docs.opensearch.org/latest/api-reference/index-apis/create-index-template/
import { RetryableError } from '../errors.ts';
import { isArray, isObject, text } from '../outcome.ts';
import { applyAccess, type Access } from './access.ts';
import type { OpenSearch } from './client.ts';
import type { Role } from './roles.ts';
import { indexTemplates, type IndexTemplate } from './template.ts';

export interface Provisioned {
  /** Names of templates. */
  readonly applied: readonly string[];
  readonly unchanged: readonly string[];
  /** Roles of the security plugin and its audit log. */
  readonly access: Access;
}

/**
 * Puts every template whose contents differ from what the domain has, then brings its roles to what they must be. Running it again changes nothing.
 * @param roles left out where access to the domain is not ours to give.
 * @throws MisconfiguredError where the domain does not let us.
 */
export async function provision(client: OpenSearch, roles?: readonly Role[]): Promise<Provisioned> {
  const stale = await staleTemplates(client);
  await putTemplates(client, stale);
  const access = roles === undefined ? OF_OTHERS : await applyAccess(client, roles);
  const applied = stale.map(({ name }) => name);
  return { applied, unchanged: indexTemplates().flatMap(({ name }) => (applied.includes(name) ? [] : [name])), access };
}

const OF_OTHERS: Access = {
  applied: [],
  unchanged: [],
  removed: [],
  skipped: "the domain's administrators give access: the bank's file has neither opensearch.domain nor access",
};

/** @throws RetryableError while templates are missing: an index made without its template could not be mended without a reindex. */
export async function assertProvisioned(client: OpenSearch): Promise<void> {
  const stale = await staleTemplates(client);
  if (stale.length > 0) {
    throw new RetryableError(
      `OpenSearch lacks ${stale.length} index templates (${stale[0]?.name ?? ''} …): invoke the provision function, as serverless deploy does`,
    );
  }
}

export async function putTemplates(client: OpenSearch, templates: readonly IndexTemplate[]): Promise<void> {
  for (const { name, body } of templates) await client.transport.request({ method: 'PUT', path: `/_index_template/${name}`, body });
}

/** @returns those that the domain lacks, or has with other contents. */
export async function staleTemplates(client: OpenSearch, templates = indexTemplates()): Promise<readonly IndexTemplate[]> {
  const { body } = await client.indices.getIndexTemplate({ name: 'strongroom-*' }, { ignore: [404] });
  const found = new Map<string, unknown>();
  const listed: unknown = body.index_templates;
  for (const entry of isArray(listed) ? listed : []) {
    if (!isObject(entry) || !isObject(entry['index_template'])) continue;
    const meta = entry['index_template']['_meta'];
    found.set(text(entry['name']) ?? '', isObject(meta) ? meta['strongroom'] : undefined);
  }
  return templates.filter(({ name, body: wanted }) => found.get(name) !== wanted._meta.strongroom);
}

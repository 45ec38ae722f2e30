// https://docs.opensearch.org/latest/security/api/role-mappings/create-role-mapping/, https://docs.opensearch.org/latest/security/api/roles/index/
// Lets the index function into a domain of our own, whose access control knows at first only the provision function, its master user.
import { errors } from '@opensearch-project/opensearch';
import { MisconfiguredError } from '../errors.ts';
import type { OpenSearch } from './client.ts';
import { INDEX_PREFIX, REPLAY_PREFIX } from './index-name.ts';

/** Name of the role in OpenSearch; stacks/resources/opensearch-domain.yml lets provision write this one and no other. */
export const INDEX_ROLE = 'strongroom-index';

const FORBIDDEN = 403;

/**
 * What `index` does, and nothing else: it looks at the templates and creates documents, the first of which makes the index.
 * Mappings are never changed by documents (template.ts), so there is no right to.
 * https://docs.opensearch.org/latest/security/access-control/permissions/
 */
const RIGHTS = {
  cluster_permissions: ['indices:admin/index_template/get', 'indices:data/write/bulk'],
  index_permissions: [
    {
      index_patterns: [`${INDEX_PREFIX}*`, `${REPLAY_PREFIX}*`],
      // The parts of a bulk request have names of their own, and there is no right to create documents but not to replace them.
      allowed_actions: ['indices:admin/create', 'indices:data/write/bulk*', 'indices:data/write/index'],
    },
  ],
};

/**
 * Puts role and mapping as they must be, whatever they were; running it again changes nothing.
 * @param arn of the index function's IAM role. @throws MisconfiguredError where provision may not do it.
 */
export async function mapIndexRole(client: OpenSearch, arn: string): Promise<void> {
  try {
    await client.security.createRole({ role: INDEX_ROLE, body: RIGHTS });
    await client.security.createRoleMapping({ role: INDEX_ROLE, body: { backend_roles: [arn] } });
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== FORBIDDEN) throw error;
    const message = `OpenSearch does not let provision map ${arn} to role ${INDEX_ROLE}: provision's IAM role must be the domain's master user`;
    throw new MisconfiguredError(message, { cause: error });
  }
}

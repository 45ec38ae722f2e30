// The roles of the functions in OpenSearch: each can do its work and nothing else.
// https://docs.opensearch.org/latest/security/access-control/permissions/
import { BASELINES_INDEX } from '../anomalies/opensearch-store.ts';
import { INDEX_PREFIX, REPLAY_PREFIX, STORE_PREFIX } from './index-name.ts';
import { MARK, ROLE_PREFIX, type Role } from './roles.ts';

export const INDEX_ROLE = `${ROLE_PREFIX}index`;
export const LIFECYCLE_ROLE = `${ROLE_PREFIX}lifecycle`;
export const DIGEST_ROLE = `${ROLE_PREFIX}digest`;
export const ANOMALIES_ROLE = `${ROLE_PREFIX}anomalies`;
export const INTEL_HUNT_ROLE = `${ROLE_PREFIX}intel-hunt`;
export const CORRELATE_ROLE = `${ROLE_PREFIX}correlate`;

/** ARNs of the functions' IAM roles; left out where there is no such function. */
export interface FunctionArns {
  readonly index?: string | undefined;
  readonly lifecycle?: string | undefined;
  readonly digest?: string | undefined;
  readonly anomalies?: string | undefined;
  readonly intelHunt?: string | undefined;
  readonly correlate?: string | undefined;
}

/** Periods are aliases: to make one takes the right for the alias and for the store behind it. */
const OURS = [`${INDEX_PREFIX}*`, `${STORE_PREFIX}*`, `${REPLAY_PREFIX}*`];

/**
 * `index` looks at the templates, makes stores with their periods and creates documents. What comes too late for a closed period it looks up by
 * its id. Mappings are never changed by documents (template.ts), so there is no right to; nor is there one to search or to delete.
 */
const INDEX: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  cluster_permissions: ['indices:admin/index_template/get', 'indices:data/write/bulk', 'indices:data/read/mget'],
  index_permissions: [
    {
      index_patterns: OURS,
      allowed_actions: [
        'indices:admin/create',
        'indices:admin/aliases',
        // HEAD of an index asks for its description.
        'indices:admin/get',
        // The parts of a bulk request have names of their own, and there is no right to create documents but not to replace them.
        'indices:data/write/bulk*',
        'indices:data/write/index',
        'indices:data/read/get',
        'indices:data/read/mget*',
      ],
    },
  ],
};

/**
 * `lifecycle` makes, closes, merges, splits, moves, snapshots and deletes indices. It searches for how many events there are by day; OpenSearch
 * splits nothing for who sees only some attributes, so there is no narrower right.
 */
const LIFECYCLE: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  cluster_permissions: [
    'cluster:monitor/*',
    'cluster:admin/repository/get',
    'cluster:admin/snapshot/create',
    'cluster:admin/snapshot/get',
    'cluster:admin/snapshot/status',
    'cluster:admin/snapshot/delete',
    'indices:admin/index_template/get',
    'indices:admin/aliases*',
    // UltraWarm and cold storage of Amazon OpenSearch Service: as its roles ultrawarm_manager and cold_manager.
    'cluster:admin/ultrawarm/*',
    'cluster:admin/cold/*',
  ],
  index_permissions: [
    {
      index_patterns: OURS,
      allowed_actions: [
        'indices:monitor/*',
        'indices:admin/get',
        'indices:admin/aliases*',
        'indices:admin/create',
        'indices:admin/resize',
        'indices:admin/delete',
        'indices:admin/settings/update',
        'indices:admin/mappings/get*',
        'indices:admin/block/add*',
        'indices:admin/forcemerge*',
        'indices:admin/flush*',
        'indices:admin/refresh*',
        'indices:admin/ultrawarm/*',
        'indices:data/read/minmax',
        'indices:data/read/search*',
      ],
    },
  ],
};

/**
 * `anomalies` counts events and looks at a few of them, and keeps its baselines in an index of its own. Whether a period is there it never asks:
 * what is not there counts as nothing.
 */
const ANOMALIES: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  // Deleting by a query scrolls through what it deletes.
  cluster_permissions: ['indices:data/write/bulk', 'indices:data/read/mget', 'indices:data/read/msearch', 'indices:data/read/scroll*'],
  index_permissions: [
    { index_patterns: [`${INDEX_PREFIX}*`, `${STORE_PREFIX}*`], allowed_actions: ['indices:data/read/search*'] },
    {
      index_patterns: [BASELINES_INDEX],
      allowed_actions: [
        'indices:admin/create',
        'indices:admin/get',
        'indices:admin/refresh*',
        'indices:data/read/get',
        'indices:data/read/mget*',
        'indices:data/read/search*',
        'indices:data/read/msearch',
        'indices:data/write/bulk*',
        'indices:data/write/index',
        'indices:data/write/delete',
        'indices:data/write/delete/byquery',
      ],
    },
  ],
};

/** `correlate` asks how far each store has come and of which one it is a copy, and reads what has come and what belongs to it. */
const CORRELATE: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  cluster_permissions: ['indices:data/read/scroll*'],
  index_permissions: [
    {
      index_patterns: [`${INDEX_PREFIX}*`, `${STORE_PREFIX}*`],
      allowed_actions: ['indices:monitor/stats', 'indices:monitor/settings/get', 'indices:admin/refresh*', 'indices:data/read/search*'],
    },
  ],
};

/** `digest` counts findings, and looks when products were last heard of. */
const DIGEST: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  cluster_permissions: [],
  index_permissions: [{ index_patterns: [`${INDEX_PREFIX}*`], allowed_actions: ['indices:data/read/search*'] }],
};

/** `intel-hunt` searches events, page by page, and lets go of the pages. */
const INTEL_HUNT: Pick<Role, 'cluster_permissions' | 'index_permissions'> = {
  cluster_permissions: ['indices:data/read/scroll*'],
  index_permissions: [{ index_patterns: [`${INDEX_PREFIX}*`, `${STORE_PREFIX}*`], allowed_actions: ['indices:data/read/search*'] }],
};

/** @returns the roles of the functions that there are. */
export function rolesOfFunctions({ index, lifecycle, anomalies, correlate, digest, intelHunt }: FunctionArns): readonly Role[] {
  return [
    ...(index === undefined ? [] : [functionRole(INDEX_ROLE, INDEX, index)]),
    ...(lifecycle === undefined ? [] : [functionRole(LIFECYCLE_ROLE, LIFECYCLE, lifecycle)]),
    ...(digest === undefined ? [] : [functionRole(DIGEST_ROLE, DIGEST, digest)]),
    ...(anomalies === undefined ? [] : [functionRole(ANOMALIES_ROLE, ANOMALIES, anomalies)]),
    ...(intelHunt === undefined ? [] : [functionRole(INTEL_HUNT_ROLE, INTEL_HUNT, intelHunt)]),
    ...(correlate === undefined ? [] : [functionRole(CORRELATE_ROLE, CORRELATE, correlate)]),
  ];
}

function functionRole(name: string, rights: Pick<Role, 'cluster_permissions' | 'index_permissions'>, arn: string): Role {
  return {
    name,
    description: `${MARK}function ${name.slice(ROLE_PREFIX.length)}; what is changed here is changed back`,
    ...rights,
    tenant_permissions: [],
    members: { backend_roles: [arn], users: [] },
  };
}

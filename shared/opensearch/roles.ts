// Who may see what in OpenSearch: the roles of people, as the bank's file (`access.roles`) asks for them.
// https://docs.opensearch.org/latest/security/access-control/permissions/, https://docs.opensearch.org/latest/security/access-control/document-level-security/
import type { AccessRole, BankConfig, BaseRole, PersonalData } from '../config.ts';
import { REPLAY_PREFIX, STORE_PREFIX, INDEX_PREFIX } from './index-name.ts';
import { fieldsFor } from './roles-personal.ts';
import { scopeQuery } from './roles-scope.ts';

/** Beginning of the names of all roles and tenants that are ours. */
export const ROLE_PREFIX = 'strongroom-';

/** Beginning of the description of all that is ours: what only has such a name is somebody else's. */
export const MARK = 'Strongroom: ';

/** Where responders keep the dashboards and searches of a case. The platform's own are in the global tenant. */
export const RESPONSE_TENANT = `${ROLE_PREFIX}response`;

export interface IndexPermission {
  readonly index_patterns: readonly string[];
  readonly allowed_actions: readonly string[];
  /** Query that a document must match, as JSON text. */
  readonly dls?: string;
  /** Attributes that are shown; all where it is left out. */
  readonly fls?: readonly string[];
  /** Attributes whose text is shown as a hash. */
  readonly masked_fields?: readonly string[];
}

/** A role of the security plugin, and who has it. */
export interface Role {
  readonly name: string;
  readonly description: string;
  readonly cluster_permissions: readonly string[];
  readonly index_permissions: readonly IndexPermission[];
  readonly tenant_permissions: readonly { readonly tenant_patterns: readonly string[]; readonly allowed_actions: readonly string[] }[];
  readonly members: { readonly backend_roles: readonly string[]; readonly users: readonly string[] };
}

/** All that is searched. The plugin grants for an alias what it grants for the index behind it: stores need no pattern of their own, and one
 * without an alias stays out of sight. */
const SEARCHED = [`${INDEX_PREFIX}*`, `${REPLAY_PREFIX}*`];
const OPERATED = [...SEARCHED, `${STORE_PREFIX}*`];

/** Saved objects of the global tenant, by their alias: other tenants are behind indices whose names begin alike. Whoever could give a store this
 * alias would have these rights on its events, and so with any other pattern: an alias is granted as an index of its name is. See RENAME. */
const SAVED_OBJECTS = ['.kibana', '.opensearch_dashboards'];

const READ = [
  'indices:data/read/search*',
  'indices:data/read/msearch*',
  'indices:data/read/get*',
  'indices:data/read/mget*',
  'indices:data/read/field_caps*',
  'indices:admin/resolve/index',
];

/** `cluster:monitor/main` says which version it is: Dashboards asks for it with the user's rights. */
const READ_CLUSTER = ['cluster:monitor/main', 'indices:data/read/mget', 'indices:data/read/msearch', 'indices:data/read/scroll*'];

const WRITE_SAVED_OBJECTS = [
  'indices:data/write/bulk*',
  'indices:data/write/index',
  'indices:data/write/update*',
  'indices:data/write/delete*',
];

/** Indices as such: none of these shows or changes a document, or gives an index another name. */
const OPERATE = [
  'indices:monitor/*',
  'indices:admin/get',
  'indices:admin/aliases/get',
  // Without aliases: those take the right to aliases, too.
  'indices:admin/create',
  'indices:admin/delete',
  'indices:admin/settings/update',
  'indices:admin/mapping/put',
  'indices:admin/mappings/get*',
  'indices:admin/block/add*',
  'indices:admin/forcemerge*',
  'indices:admin/flush*',
  'indices:admin/refresh*',
  'indices:admin/cache/clear*',
  'indices:admin/resolve/index',
];

const OPERATE_CLUSTER = [
  'cluster:monitor/*',
  'cluster:admin/repository/get',
  'cluster:admin/snapshot/create',
  'cluster:admin/snapshot/get',
  'cluster:admin/snapshot/status*',
  'cluster:admin/snapshot/delete',
  'indices:admin/index_template/get',
];

/** What puts events under another name, splits and clones with their aliases included: only for who reads all events anyway. */
const RENAME = ['indices:admin/aliases*', 'indices:admin/resize'];
const RENAME_CLUSTER = ['indices:admin/aliases*', 'indices:admin/index_template/*', 'cluster:admin/snapshot/*'];

/** Copies documents from store to store, and reads them to compare. Whoever copies sees every event in clear, and can replace it. */
const COPY = [...OPERATE, ...RENAME, 'indices:data/read/search*', 'indices:data/write/bulk*', 'indices:data/write/index'];
const COPY_CLUSTER = [
  ...OPERATE_CLUSTER,
  ...RENAME_CLUSTER,
  'indices:data/write/reindex',
  'indices:data/write/bulk',
  'indices:data/read/scroll*',
];

const SEE_DASHBOARDS = { tenant_patterns: ['global_tenant'], allowed_actions: ['kibana_all_read'] };
const CHANGE_DASHBOARDS = { tenant_patterns: ['global_tenant'], allowed_actions: ['kibana_all_write'] };
const SEE_CASES = { tenant_patterns: [RESPONSE_TENANT], allowed_actions: ['kibana_all_read'] };
const CHANGE_CASES = { tenant_patterns: [RESPONSE_TENANT], allowed_actions: ['kibana_all_write'] };

/** What a base role reads, and what it sees of personal data where the bank's file does not say. */
interface Reader {
  readonly indices: readonly string[];
  readonly personal: PersonalData;
  readonly tenants: Role['tenant_permissions'];
}

const READERS: Readonly<Record<Exclude<BaseRole, 'platform' | 'upgrade'>, Reader>> = {
  analyst: { indices: SEARCHED, personal: 'clear', tenants: [SEE_DASHBOARDS, SEE_CASES] },
  responder: { indices: SEARCHED, personal: 'clear', tenants: [SEE_DASHBOARDS, CHANGE_CASES] },
  // Saved searches of a case name people in clear.
  auditor: { indices: SEARCHED, personal: 'masked', tenants: [SEE_DASHBOARDS] },
  // What is replayed for an investigation is none of his.
  regulator: { indices: [`${INDEX_PREFIX}*`], personal: 'masked', tenants: [SEE_DASHBOARDS] },
};

/** Name in OpenSearch of a role of the bank's file. */
export function roleName({ role, name }: Pick<AccessRole, 'role' | 'name'>): string {
  return `${ROLE_PREFIX}${role}-${name}`;
}

/** @returns what the bank's file asks for; nothing where it says nothing of access. */
export function rolesOfPeople(bank: Pick<BankConfig, 'access' | 'declared'>): readonly Role[] {
  return (bank.access?.roles ?? []).map((asked) => ({
    name: roleName(asked),
    description: `${MARK}${asked.role} ${asked.name} of the bank's file; what is changed here is changed back`,
    ...rightsOf(asked, bank),
    members: membersOf(asked.members),
  }));
}

type Rights = Pick<Role, 'cluster_permissions' | 'index_permissions' | 'tenant_permissions'>;

function rightsOf(asked: AccessRole, bank: Pick<BankConfig, 'declared'>): Rights {
  if (asked.role === 'platform') return OPERATOR;
  if (asked.role === 'upgrade') return UPGRADER;
  const { indices, personal, tenants } = READERS[asked.role];
  const dls = scopeQuery(asked, bank);
  const shown = asked.personal_data ?? personal;
  const documents = {
    index_patterns: indices,
    allowed_actions: READ,
    ...(dls === undefined ? {} : { dls: JSON.stringify(dls) }),
    ...fieldsFor(shown),
  };
  return {
    cluster_permissions: READ_CLUSTER,
    index_permissions: [documents, { index_patterns: SAVED_OBJECTS, allowed_actions: READ }],
    // A case is of any account, and names people: it is for who sees all events, and sees them whole.
    tenant_permissions: dls === undefined && shown === 'clear' ? tenants : [SEE_DASHBOARDS],
  };
}

/** Keeps the platform going, without a look at what it holds; imports the dashboards. */
const OPERATOR: Rights = {
  cluster_permissions: [
    ...OPERATE_CLUSTER,
    'indices:data/read/mget',
    'indices:data/read/msearch',
    'indices:data/read/scroll*',
    'indices:data/write/bulk',
  ],
  index_permissions: [
    { index_patterns: OPERATED, allowed_actions: OPERATE },
    { index_patterns: SAVED_OBJECTS, allowed_actions: [...READ, ...WRITE_SAVED_OBJECTS] },
  ],
  tenant_permissions: [CHANGE_DASHBOARDS],
};

/** Does `strongroom upgrade`: reads and writes every event as it is, without scope or mask, because copies must be the same. */
const UPGRADER: Rights = {
  cluster_permissions: COPY_CLUSTER,
  index_permissions: [
    { index_patterns: OPERATED, allowed_actions: COPY },
    // Says who upgrades: shared/upgrade/lock.ts.
    {
      index_patterns: [`${ROLE_PREFIX}upgrade`],
      allowed_actions: [
        'indices:admin/create',
        'indices:data/read/get',
        'indices:data/write/bulk*',
        'indices:data/write/index',
        'indices:data/write/delete',
      ],
    },
    // Which version made an index: a domain's next version does not read them all.
    { index_patterns: ['*'], allowed_actions: ['indices:monitor/settings/get'] },
  ],
  tenant_permissions: [],
};

/** IAM users are known by their name, IAM roles and groups of the identity provider by what OpenSearch calls backend roles. */
function membersOf(members: readonly string[]): Role['members'] {
  const isUser = (member: string): boolean => /^arn:aws:iam::\d{12}:user\//.test(member);
  return { backend_roles: members.filter((member) => !isUser(member)), users: members.filter(isUser) };
}

// The security plugin is not in the OpenSearch that runs locally (core modules only): its API is a fake here, after the documentation.
import { INDEX_ROLE } from '../../../shared/opensearch/access.ts';
import { indexOf } from '../../../shared/opensearch/index-name.ts';
import { provision } from '../../../shared/opensearch/provision.ts';
import { indexTemplates } from '../../../shared/opensearch/template.ts';
import { OCSF_CLASSES } from '../../../shared/ocsf/classes.ts';
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';

const ARN = 'arn:aws:iam::111111111111:role/strongroom-demo-index';
const ROLE = `/_plugins/_security/api/roles/${INDEX_ROLE}`;
const MAPPING = `/_plugins/_security/api/rolesmapping/${INDEX_ROLE}`;

let server: Omit<FakeOpenSearch, 'requests'> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Role {
  readonly cluster_permissions: readonly string[];
  readonly index_permissions: readonly { readonly index_patterns: readonly string[]; readonly allowed_actions: readonly string[] }[];
}

/** A domain that keeps what is put, without templates at first. @param refused part of the paths that it refuses. */
async function start(kept: Map<string, unknown>, refused = 'nothing'): Promise<Omit<FakeOpenSearch, 'requests'>> {
  server = await startOpenSearch(({ method, url, body }) => {
    if (url.includes(refused)) return { status: 403, body: { status: 'FORBIDDEN', message: 'No permission to access REST API' } };
    if (method === 'PUT') {
      const status = kept.has(url) ? { status: 200, body: { status: 'OK' } } : { status: 201, body: { status: 'CREATED' } };
      kept.set(url, JSON.parse(body));
      return status;
    }
    const templates = [...kept].flatMap(([path, template]) =>
      path.startsWith('/_index_template/') ? [{ name: path.replace('/_index_template/', ''), index_template: template }] : [],
    );
    return templates.length === 0 ? { status: 404, body: { status: 404 } } : { status: 200, body: { index_templates: templates } };
  });
  return server;
}

function puts(): readonly string[] {
  return (server?.asked ?? []).filter(({ method }) => method === 'PUT').map(({ url }) => url);
}

test('the index function is let in after the templates are there: first its role, then the mapping', async () => {
  const kept = new Map<string, unknown>();
  const { client } = await start(kept);

  const { mapped } = await provision(client, ARN);

  expect(mapped).toEqual({ 'strongroom-index': ARN });
  expect(puts()).toEqual([...indexTemplates().map(({ name }) => `/_index_template/${name}`), ROLE, MAPPING]);
  expect(kept.get(MAPPING)).toEqual({ backend_roles: [ARN] });
});

test('it may read templates and create documents, with their indices, in every index of ours: no more', async () => {
  const kept = new Map<string, unknown>();
  const { client } = await start(kept);

  await provision(client, ARN);

  const { cluster_permissions: cluster, index_permissions: indices } = kept.get(ROLE) as Role;
  expect(cluster).toEqual(['indices:admin/index_template/get', 'indices:data/write/bulk']);
  expect(indices).toEqual([
    {
      index_patterns: ['ocsf-*', 'replay-*'],
      allowed_actions: ['indices:admin/create', 'indices:data/write/bulk*', 'indices:data/write/index'],
    },
  ]);
  for (const { uid } of OCSF_CLASSES) expect(indexOf(uid, 0)).toMatch(/^ocsf-/);
});

test('again, it ends in the same state, whatever somebody has changed meanwhile', async () => {
  const kept = new Map<string, unknown>();
  const { client } = await start(kept);
  await provision(client, ARN);
  const once = new Map(kept);
  kept.set(MAPPING, { backend_roles: ['somebody else'] });

  const { applied, mapped } = await provision(client, ARN);

  expect(applied).toEqual([]);
  expect(mapped).toEqual({ 'strongroom-index': ARN });
  expect(kept).toEqual(once);
});

test('in a domain of somebody else nothing is mapped', async () => {
  const { client } = await start(new Map());

  await provision(client);

  expect(puts().filter((url) => url.includes('/_plugins/_security'))).toEqual([]);
});

test.each([ROLE, MAPPING])(
  'a refusal of %s fails the provisioning and says what must be: the index function would stay outside',
  async (path) => {
    const { client } = await start(new Map(), path);

    await expect(provision(client, ARN)).rejects.toMatchObject({
      name: 'MisconfiguredError',
      message: `OpenSearch does not let provision map ${ARN} to role strongroom-index: provision's IAM role must be the domain's master user`,
    });
  },
);

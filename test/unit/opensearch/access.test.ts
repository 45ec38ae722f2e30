// What provision asks of the security API, against a fake after its documentation. test/integration/roles.test.ts has the real one.
import type { AccessRole } from '../../../shared/config.ts';
import type { Json } from '../../../shared/model.ts';
import { AUDIT, AUDIT_LOG } from '../../../shared/opensearch/access.ts';
import { provision } from '../../../shared/opensearch/provision.ts';
import { INDEX_ROLE, rolesOfFunctions } from '../../../shared/opensearch/roles-functions.ts';
import { MARK, RESPONSE_TENANT, rolesOfPeople, type Role } from '../../../shared/opensearch/roles.ts';
import { indexTemplates } from '../../../shared/opensearch/template.ts';
import { object, parseJson } from '../../../shared/outcome.ts';
import type { Answer } from '../../fakes/http-server.ts';
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';

const ARN = 'arn:aws:iam::111111111111:role/strongroom-demo-index';
const API = '/_plugins/_security/api';
const FUNCTIONS = rolesOfFunctions({ index: ARN });
const SOC: AccessRole = { name: 'soc', role: 'analyst', members: ['analysts', 'arn:aws:iam::111111111111:user/anna'] };
const DEFAULT_AUDIT: Json = { config: { enabled: false, audit: { ignore_headers: [] }, compliance: {} }, _readonly: [] };

let server: Omit<FakeOpenSearch, 'requests'> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function wanted(...people: readonly AccessRole[]): readonly Role[] {
  return [...FUNCTIONS, ...rolesOfPeople({ access: { roles: people } })];
}

/** What is kept by path; `override` answers first. */
async function start(
  kept: Map<string, Json>,
  override: (method: string, url: string) => Answer | undefined = () => undefined,
): Promise<void> {
  server = await startOpenSearch(({ method, url, body }) => {
    const given = override(method, url);
    if (given !== undefined) return given;
    const path = url.replace(API, '');
    if (method === 'PUT') {
      kept.set(path, path === '/audit/config' ? { config: parseJson(body) ?? null, _readonly: [] } : asKept(path, body));
      return { status: 200, body: { status: 'OK' } };
    }
    if (method === 'DELETE') return kept.delete(path) ? { status: 200, body: { status: 'OK' } } : { status: 404, body: {} };
    if (path === '/audit') return { status: 200, body: kept.get('/audit/config') ?? DEFAULT_AUDIT };
    if (url.startsWith('/_index_template')) return templates(kept);
    return {
      status: 200,
      body: Object.fromEntries([...kept].flatMap(([at, one]) => (at.startsWith(`${path}/`) ? [[at.slice(path.length + 1), one]] : []))),
    };
  });
}

/** The plugin adds what a role has by default, and of a role without `dls` it tells null. */
function asKept(path: string, body: string): Json {
  const given = object(parseJson(body)) ?? {};
  if (!path.startsWith('/roles/')) return { reserved: false, and_backend_roles: [], ...given };
  const permissions = given['index_permissions'];
  const index_permissions = (Array.isArray(permissions) ? permissions : []).map((one: unknown) => ({ dls: null, ...object(one) }));
  return { reserved: false, hidden: false, static: false, ...given, index_permissions };
}

function templates(kept: Map<string, Json>): Answer {
  const index_templates = [...kept].flatMap(([path, index_template]) =>
    path.startsWith('/_index_template/') ? [{ name: path.replace('/_index_template/', ''), index_template }] : [],
  );
  return { status: 200, body: { index_templates } };
}

async function run(roles: readonly Role[] | undefined): ReturnType<typeof provision> {
  if (server === undefined) throw new Error('no server');
  return await provision(server.client, roles);
}

/** Changes of the security plugin, in order. */
function changes(): readonly string[] {
  const asked = (server?.asked ?? []).filter(({ method, url }) => method !== 'GET' && url.startsWith(API));
  return asked.map(({ method, url }) => `${method} ${url.replace(API, '')}`);
}

describe('roles in OpenSearch', () => {
  it('are made after the templates: first a role, then who has it; and the audit log is on', async () => {
    const kept = new Map<string, Json>();
    await start(kept);

    const { access } = await run(wanted(SOC));

    expect(access).toEqual({
      applied: [`tenant ${RESPONSE_TENANT}`, INDEX_ROLE, 'strongroom-analyst-soc', AUDIT_LOG],
      unchanged: [],
      removed: [],
    });
    expect(changes()).toEqual([
      `PUT /tenants/${RESPONSE_TENANT}`,
      `PUT /roles/${INDEX_ROLE}`,
      `PUT /rolesmapping/${INDEX_ROLE}`,
      'PUT /roles/strongroom-analyst-soc',
      'PUT /rolesmapping/strongroom-analyst-soc',
      'PUT /audit/config',
    ]);
    expect(server?.asked.findIndex(({ url }) => url.startsWith(API))).toBeGreaterThan(indexTemplates().length);
    expect(kept.get(`/rolesmapping/${INDEX_ROLE}`)).toMatchObject({ backend_roles: [ARN], users: [], hosts: [] });
    expect(kept.get('/rolesmapping/strongroom-analyst-soc')).toMatchObject({
      backend_roles: ['analysts'],
      users: ['arn:aws:iam::111111111111:user/anna'],
    });
    expect(kept.get('/audit/config')).toMatchObject({ config: { ...AUDIT, audit: { ...AUDIT.audit, ignore_headers: [] } } });
  });

  it('are left alone when all is as it must be, and only what differs is put', async () => {
    const kept = new Map<string, Json>();
    await start(kept);
    await run(wanted(SOC));
    const once = new Map(kept);
    const before = changes().length;

    expect((await run(wanted(SOC))).access).toMatchObject({ applied: [], removed: [] });
    expect(changes()).toHaveLength(before);

    kept.set('/rolesmapping/strongroom-analyst-soc', { backend_roles: ['analysts', 'everybody'], users: [], hosts: [] });
    expect((await run(wanted(SOC))).access).toMatchObject({ applied: ['strongroom-analyst-soc'] });
    expect(changes().slice(before)).toEqual(['PUT /rolesmapping/strongroom-analyst-soc']);
    expect(kept).toEqual(once);
  });

  it('go when the bank’s file has them no more, members first; what somebody else made stays, whatever its name', async () => {
    const kept = new Map<string, Json>([
      ['/roles/all_access', { description: `${MARK}not by its name` }],
      ['/roles/strongroom-of-somebody', { description: 'mine' }],
      ['/roles/strongroom-without', {}],
    ]);
    await start(kept);
    await run(wanted(SOC));
    const before = changes().length;

    expect((await run(wanted())).access.removed).toEqual(['strongroom-analyst-soc']);
    expect(changes().slice(before)).toEqual(['DELETE /rolesmapping/strongroom-analyst-soc', 'DELETE /roles/strongroom-analyst-soc']);
    expect([...kept.keys()]).toEqual(
      expect.arrayContaining(['/roles/all_access', '/roles/strongroom-of-somebody', '/roles/strongroom-without']),
    );
  });

  it('are not asked for where others give access', async () => {
    await start(new Map());

    expect((await run(undefined)).access.skipped).toContain("the domain's administrators give access");
    expect(server?.asked.filter(({ url }) => url.startsWith(API))).toEqual([]);
  });

  it.each([400, 404, 405])('are left out where nobody answers for the plugin (%d), which the answer says', async (status) => {
    await start(new Map(), (_, url) => (url.startsWith(API) ? { status, body: { error: 'no handler found for uri' } } : undefined));

    const { applied, access } = await run(wanted(SOC));

    expect(applied).toHaveLength(indexTemplates().length);
    expect(access).toEqual({ applied: [], unchanged: [], removed: [], skipped: 'this OpenSearch has no security plugin' });
    expect(changes()).toEqual([]);
  });

  it.each(['/roles', `/tenants/${RESPONSE_TENANT}`, `/roles/${INDEX_ROLE}`, `/rolesmapping/${INDEX_ROLE}`, '/audit/config'])(
    'a refusal of %s fails the provisioning and says what must be',
    async (path) => {
      await start(new Map(), (_, url) => (url === `${API}${path}` ? { status: 403, body: { status: 'FORBIDDEN' } } : undefined));

      await expect(run(wanted())).rejects.toMatchObject({
        name: 'MisconfiguredError',
        message: `OpenSearch does not let provision use ${API}${path}: provision's IAM role must be the domain's master user, or be mapped to its role security_manager`,
      });
    },
  );

  it('a part of the audit log that the domain fixes stays as it is', async () => {
    const fixed: Json = {
      config: { enabled: true, audit: { log_request_body: false }, compliance: {} },
      _readonly: ['/audit/log_request_body'],
    };
    const kept = new Map<string, Json>([['/audit/config', fixed]]);
    await start(kept);

    await run(wanted());

    expect(kept.get('/audit/config')).toMatchObject({ config: { audit: { ...AUDIT.audit, log_request_body: false } } });
  });
});

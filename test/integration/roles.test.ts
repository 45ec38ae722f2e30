// The roles in a real OpenSearch with its real security plugin, over the golden events of every source.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errors, type Client } from '@opensearch-project/opensearch';
import type { AccessRole } from '../../shared/config.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import type { HubDocument, OcsfEvent } from '../../shared/model.ts';
import { AUDIT_LOG } from '../../shared/opensearch/access.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { INDEX_ROLE, LIFECYCLE_ROLE, rolesOfFunctions } from '../../shared/opensearch/roles-functions.ts';
import { IMPERSONAL, PERSONAL } from '../../shared/opensearch/roles-personal.ts';
import { SELF_NAMED } from '../../shared/opensearch/roles-scope.ts';
import { RESPONSE_TENANT, rolesOfPeople, type Role } from '../../shared/opensearch/roles.ts';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { startSecuredOpenSearch, type SecuredOpenSearch } from '../secured-opensearch/server.ts';

const ACCOUNT = '222222222222';
const INDEX_ARN = 'arn:aws:iam::111111111111:role/strongroom-demo-index';
const LIFECYCLE_ARN = 'arn:aws:iam::111111111111:role/strongroom-demo-lifecycle';
const ROLES: readonly AccessRole[] = [
  { name: 'soc', role: 'analyst', members: ['analysts'] },
  { name: 'payments', role: 'analyst', members: ['payments'], accounts: [ACCOUNT] },
  { name: 'trails', role: 'analyst', members: ['trails'], sources: ['cloudtrail', 'alb'] },
  { name: 'soc', role: 'responder', members: ['responders'] },
  { name: 'internal', role: 'auditor', members: ['auditors'] },
  { name: 'authority', role: 'regulator', members: ['authority'], sources: ['cloudtrail'], from: '2026-03-02', to: '2026-03-02' },
  { name: 'court', role: 'regulator', members: ['court'], sources: ['cloudtrail'], personal_data: 'hidden' },
  { name: 'ops', role: 'platform', members: ['operators'] },
  { name: 'ops', role: 'upgrade', members: ['upgraders'] },
];
const CHANGED = rolesOfFunctions({ index: INDEX_ARN, lifecycle: LIFECYCLE_ARN });

interface Golden {
  readonly source: string;
  readonly event: OcsfEvent;
  readonly document: HubDocument;
}

let search: SecuredOpenSearch;
const clients = new Map<string, Client>();
const golden = goldenEvents();

beforeAll(async () => {
  search = await startSecuredOpenSearch();
  await provision(search.admin, roles());
  for (const group of [INDEX_ARN, LIFECYCLE_ARN, ...ROLES.flatMap(({ members }) => members), 'nobody']) {
    clients.set(group, await search.user(group.replace(/^.*\//, ''), [group]));
  }
  // As the index function does it, with the rights it has.
  const index = as(INDEX_ARN);
  await ensurePeriods(
    index,
    golden.map(({ document }) => document.index),
  );
  const written = await writeDocuments(
    golden.map(({ document }) => document),
    index,
  );
  expect(written.refused).toEqual([]);
  await search.admin.indices.refresh({ index: 'ocsf-*' });
}, 300_000);

afterAll(async () => {
  await search.stop();
}, 60_000);

function roles(asked: readonly AccessRole[] = ROLES): readonly Role[] {
  return [...CHANGED, ...rolesOfPeople({ access: { roles: asked } })];
}

/** Every golden event, once, in the index of its year: few indices are made faster. */
function goldenEvents(): readonly Golden[] {
  const found = new Map<string, Golden>();
  for (const source of readdirSync('test/golden')) {
    for (const name of readdirSync(join('test/golden', source))) {
      const file = join('test/golden', source, name, 'expected.ndjson');
      if (!existsSync(file)) continue;
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        const event = fromDocument(line);
        if (event === undefined) continue;
        const document = toDocument(event, { origin: { time: 0 }, way: 'test' });
        if (!found.has(document.id)) found.set(document.id, { source, event, document });
      }
    }
  }
  return [...found.values()];
}

function as(group: string): Client {
  const client = clients.get(group);
  if (client === undefined) throw new Error(`no user of ${group}`);
  return client;
}

interface Hit {
  readonly id: string;
  readonly source: unknown;
}

async function all(client: Client, body: object = {}, index = 'ocsf-*'): Promise<readonly Hit[]> {
  const answer = await client.transport.request({ method: 'POST', path: `/${index}/_search`, body: { size: 10_000, ...body } });
  const hits = object(object(answer.body)?.['hits'])?.['hits'];
  return (isArray(hits) ? hits : []).map((hit) => ({ id: text(object(hit)?.['_id']) ?? '', source: object(hit)?.['_source'] }));
}

async function idsSeenBy(group: string): Promise<readonly string[]> {
  return (await all(as(group), { _source: false })).map(({ id }) => id).sort();
}

function idsOf(events: readonly Golden[]): readonly string[] {
  return events.map(({ document }) => document.id).sort();
}

/** @returns 200 where it is let, 403 where it is not. */
async function statusOf(client: Client, method: string, path: string, body?: object): Promise<number> {
  return await statusIn('', client, { method, path, ...(body === undefined ? {} : { body }) });
}

/** @param tenant whose saved objects are meant; empty: the global one. */
async function statusIn(tenant: string, client: Client, request: Parameters<Client['transport']['request']>[0]): Promise<number> {
  try {
    const answer = await client.transport.request(request, { headers: tenant === '' ? {} : { securitytenant: tenant } });
    return answer.statusCode ?? 0;
  } catch (error) {
    if (error instanceof errors.ResponseError) return error.statusCode;
    throw error;
  }
}

/** Paths and values of what is no object. */
function leaves(value: unknown, path = ''): readonly { readonly path: string; readonly value: unknown }[] {
  if (isArray(value)) return value.flatMap((one) => leaves(one, path));
  if (!isObject(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}

function isOn(list: readonly string[], path: string): boolean {
  return list.some((one) => one === path || (one.endsWith('.*') && path.startsWith(one.slice(0, -1))));
}

describe('provisioning', () => {
  it('changes nothing the second time, brings back what was changed, takes away what is not asked for any more, and leaves others alone', async () => {
    const api = '/_plugins/_security/api';
    const put = (path: string, body: object): Promise<number> => statusOf(search.admin, 'PUT', `${api}/${path}`, body);
    expect((await provision(search.admin, roles())).access).toMatchObject({ applied: [], removed: [] });

    await put(`roles/${INDEX_ROLE}`, { cluster_permissions: ['*'] });
    await put('rolesmapping/strongroom-analyst-soc', { backend_roles: ['analysts', 'somebody'] });
    await put('audit/config', { enabled: false, audit: {}, compliance: {} });
    await put('roles/strongroom-of-somebody', { cluster_permissions: ['cluster:monitor/main'] });
    const more: AccessRole = { name: 'gone', role: 'analyst', members: ['gone'] };
    await provision(search.admin, roles([...ROLES, more]));
    await put(`roles/${INDEX_ROLE}`, { cluster_permissions: ['*'] });

    expect((await provision(search.admin, roles())).access).toMatchObject({ applied: [INDEX_ROLE], removed: ['strongroom-analyst-gone'] });
    expect(await statusOf(search.admin, 'GET', `${api}/roles/strongroom-analyst-gone`)).toBe(404);
    expect(await statusOf(search.admin, 'GET', `${api}/rolesmapping/strongroom-analyst-gone`)).toBe(404);
    expect(await statusOf(search.admin, 'GET', `${api}/roles/strongroom-of-somebody`)).toBe(200);
    const again = await provision(search.admin, roles());
    expect(again.access).toMatchObject({ applied: [], removed: [] });
    expect(again.access.unchanged).toEqual(expect.arrayContaining([AUDIT_LOG, INDEX_ROLE, LIFECYCLE_ROLE, 'strongroom-regulator-court']));
  }, 60_000);

  it('is refused to who is no administrator', async () => {
    await expect(provision(as('analysts'), roles())).rejects.toThrow(/index_template|security_manager/);
  });
});

describe('documents', () => {
  it('are seen whole by analysts, by way of periods and of nothing else', async () => {
    expect(await idsSeenBy('analysts')).toEqual(idsOf(golden));
    await search.admin.index({ index: 'events-api_activity-2020-9', id: 'old', body: { time: 0 }, refresh: true });

    for (const group of ['analysts', 'authority', 'nobody']) {
      expect(await statusOf(as(group), 'GET', '/events-api_activity-2020-9/_search')).toBe(403);
    }
    expect(await statusOf(as('nobody'), 'GET', '/ocsf-*/_search')).toBe(403);
  }, 30_000);

  it('are those of the accounts of the role, also where the store is asked by name, counted, or asked for by id', async () => {
    const theirs = golden.filter(({ event }) => object(object(event['cloud'])?.['account'])?.['uid'] === ACCOUNT);
    const other = golden.find(({ event }) => object(object(event['cloud'])?.['account'])?.['uid'] === '111111111111');
    expect(theirs.length).toBeGreaterThan(10);
    expect(await idsSeenBy('payments')).toEqual(idsOf(theirs));
    expect((await as('payments').count({ index: 'ocsf-*' })).body).toMatchObject({ count: theirs.length });
    const stores = (await search.admin.indices.getAlias({ index: 'ocsf-*' })).body;
    const byStore = await all(as('payments'), { _source: false }, Object.keys(stores).join());
    expect(byStore.map(({ id }) => id).sort()).toEqual(idsOf(theirs));
    expect(await statusOf(as('payments'), 'GET', `/${other?.document.index ?? ''}/_doc/${other?.document.id ?? ''}`)).toBe(404);
    const body = { size: 0, aggs: { by: { terms: { field: 'cloud.account.uid' } } } };
    const answer = await as('payments').transport.request({ method: 'POST', path: '/ocsf-*/_search', body });
    expect(object(answer.body)?.['aggregations']).toMatchObject({ by: { buckets: [{ key: ACCOUNT, doc_count: theirs.length }] } });
  }, 30_000);

  it('are those of the sources of the role; what others call by the same product comes from senders who name themselves', async () => {
    const seen = new Set(await idsSeenBy('trails'));
    const theirs = golden.filter(({ source }) => source === 'cloudtrail' || source === 'alb');

    expect(idsOf(theirs).filter((id) => !seen.has(id))).toEqual([]);
    const foreign = golden.filter(({ source, document }) => seen.has(document.id) && source !== 'cloudtrail' && source !== 'alb');
    expect([...new Set(foreign.map(({ source }) => source))].filter((source) => !SELF_NAMED.includes(source))).toEqual([]);
  }, 30_000);

  it('are those of the days of the role', async () => {
    const [from, to] = [Date.UTC(2026, 2, 2), Date.UTC(2026, 2, 3)];
    const trails = new Set(await idsSeenBy('trails'));
    const theirs = golden.filter(
      ({ event, document: { id } }) =>
        trails.has(id) && event.metadata.product.name === 'CloudTrail' && event.time >= from && event.time < to,
    );
    expect(theirs.length).toBeGreaterThan(5);
    expect(await idsSeenBy('authority')).toEqual(idsOf(theirs));
  }, 30_000);
});

describe('personal data', () => {
  it.each([
    ['auditors', [...IMPERSONAL, ...PERSONAL]],
    ['court', IMPERSONAL],
  ])(
    '%s see the attributes that are on the list, and hashes for names',
    async (group, shown) => {
      const byId = new Map(golden.map(({ event, document }) => [document.id, event]));
      const hits = await all(as(group));
      expect(hits.length).toBeGreaterThan(50);
      let hashes = 0;
      for (const { id, source } of hits) {
        const found = leaves(source);
        expect(found.filter(({ path }) => !isOn(shown, path))).toEqual([]);
        const originals = new Set(leaves(byId.get(id)).flatMap(({ path, value }) => (isOn(PERSONAL, path) ? [value] : [])));
        for (const { path, value } of found) {
          if (!isOn(PERSONAL, path) || typeof value !== 'string') continue;
          expect(originals.has(value)).toBe(false);
          hashes += 1;
        }
      }
      expect(hashes > 0).toBe(group === 'auditors');
    },
    60_000,
  );

  it('is not found by searching for it either, in no field', async () => {
    const queries = [
      { query_string: { query: 'anna.meier OR "anna.meier"' } },
      { term: { 'actor.user.name': 'anna.meier' } },
      { prefix: { 'actor.user.uid': 'arn:aws' } },
      { match: { 'api.request.data': 'anna.meier' } },
      { range: { 'src_endpoint.ip': { gte: '0.0.0.0' } } },
      { match: { message: 'login' } },
    ];
    expect((await all(as('analysts'), { query: { term: { 'actor.user.name': 'anna.meier' } } })).length).toBeGreaterThan(0);
    for (const query of queries) expect(await all(as('auditors'), { query })).toEqual([]);
  }, 30_000);

  it('is counted and grouped by its hash', async () => {
    const by = async (group: string): Promise<readonly unknown[]> => {
      const body = { size: 0, query: { term: { class_uid: 3002 } }, aggs: { by: { terms: { field: 'actor.user.name', size: 1000 } } } };
      const answer = await as(group).search({ index: 'ocsf-*', body });
      const buckets = object(object(object(answer.body)?.['aggregations'])?.['by'])?.['buckets'];
      return (isArray(buckets) ? buckets : []).map((bucket) => object(bucket)?.['doc_count']);
    };
    const clear = await by('analysts');
    expect(clear.length).toBeGreaterThan(2);
    expect(await by('auditors')).toEqual(clear);
  }, 30_000);
});

describe('nobody', () => {
  const PEOPLE = ['analysts', 'payments', 'responders', 'auditors', 'authority'];

  it.each([...PEOPLE, 'operators', INDEX_ARN])('of %s deletes or changes events, or reads the roles', async (group) => {
    const { document } = golden[0] ?? { document: { index: '', id: '' } };
    const client = as(group);
    expect(await statusOf(client, 'DELETE', `/${document.index}/_doc/${document.id}`)).toBe(403);
    expect(await statusOf(client, 'POST', `/${document.index}/_update/${document.id}`, { doc: { message: 'x' } })).toBe(403);
    expect(await statusOf(client, 'PUT', `/${document.index}/_mapping`, { properties: { x: { type: 'keyword' } } })).toBe(
      group === 'operators' ? 200 : 403,
    );
    expect(await statusOf(client, 'GET', '/_plugins/_security/api/roles')).toBe(403);
    expect(await statusOf(client, 'GET', '/.opendistro_security/_search')).not.toBe(200);
    if (group !== 'operators') expect(await statusOf(client, 'DELETE', '/ocsf-api_activity-2026')).toBe(403);
  });

  it('who operates or fills indices searches an event', async () => {
    for (const group of ['operators', INDEX_ARN]) expect(await statusOf(as(group), 'GET', '/ocsf-*/_search')).toBe(403);
    for (const group of ['upgraders', LIFECYCLE_ARN]) expect(await statusOf(as(group), 'GET', '/ocsf-*/_count')).toBe(200);
  });

  it('but who operates them makes and removes indices', async () => {
    for (const group of ['operators', LIFECYCLE_ARN, 'upgraders']) {
      const client = as(group);
      const body = { aliases: { 'ocsf-api_activity-2019': { is_write_index: true } } };
      expect(await statusOf(client, 'PUT', '/events-api_activity-2019-1', group === 'operators' ? {} : body)).toBe(200);
      expect(await statusOf(client, 'PUT', '/events-api_activity-2019-1/_block/write')).toBe(200);
      expect(await statusOf(client, 'PUT', '/events-api_activity-2019-1/_settings', { index: { number_of_replicas: 0 } })).toBe(200);
      expect(await statusOf(client, 'POST', '/events-api_activity-2019-1/_forcemerge?max_num_segments=1')).toBe(200);
      expect(await statusOf(client, 'GET', '/_cat/indices/events-*?format=json')).toBe(200);
      expect(await statusOf(client, 'GET', '/events-*/_stats')).toBe(200);
      expect(await statusOf(client, 'GET', '/_cluster/health')).toBe(200);
      expect(await statusOf(client, 'GET', '/_nodes/stats')).toBe(200);
      expect(await statusOf(client, 'GET', '/_snapshot')).toBe(200);
      expect(await statusOf(client, 'GET', '/_cat/shards/events-*?format=json')).toBe(200);
      expect(await statusOf(client, 'GET', '/_cat/allocation?format=json')).toBe(200);
      expect(await statusOf(client, 'GET', '/ocsf-*,events-*/_settings?flat_settings=true')).toBe(200);
      expect(await statusOf(client, 'GET', '/ocsf-*,events-*/_alias')).toBe(200);
      // They put events under another name.
      const renames = group === 'operators' ? 403 : 200;
      const split = { settings: { 'index.number_of_shards': 2, 'index.blocks.write': true } };
      expect(await statusOf(client, 'POST', '/events-api_activity-2019-1/_split/events-api_activity-2019-2', split)).toBe(renames);
      expect(await statusOf(client, 'PUT', '/events-api_activity-2019-1/_clone/events-api_activity-2019-3')).toBe(renames);
      for (const generation of [2, 3])
        expect(await statusOf(client, 'DELETE', `/events-api_activity-2019-${generation}`)).toBe(renames === 200 ? 200 : 404);
      expect(await mergedIn(client, 'events-api_activity-2019-1')).toBe(true);
      const actions = [{ remove: { index: 'events-api_activity-2019-1', alias: 'ocsf-api_activity-2019' } }];
      expect(await statusOf(client, 'POST', '/_aliases', { actions })).toBe(renames);
      expect(await statusOf(client, 'DELETE', '/events-api_activity-2019-1')).toBe(200);
      expect(await statusOf(client, 'DELETE', '/somebody-elses')).toBe(403);
    }
  }, 60_000);
});

/** @returns whether a merge that nobody waits for is found as a task that has ended well. */
async function mergedIn(client: Client, index: string): Promise<boolean> {
  const path = `/${index}/_forcemerge?max_num_segments=1&wait_for_completion=false`;
  const begun = await client.transport.request({ method: 'POST', path });
  const task = text(object(begun.body)?.['task']) ?? '';
  for (let attempt = 0; attempt < 50; attempt++) {
    const found = object((await client.transport.request({ method: 'GET', path: `/_tasks/${task}` })).body);
    if (found?.['completed'] === true) return found['error'] === undefined;
    await delay(100);
  }
  return false;
}

test('who upgrades says so in an index that is for that', async () => {
  const client = as('upgraders');
  expect(await statusOf(client, 'PUT', '/strongroom-upgrade', { mappings: { dynamic: false } })).toBe(200);
  expect(await statusOf(client, 'PUT', '/strongroom-upgrade/_doc/lock?op_type=create', { holder: 'me' })).toBe(201);
  expect(await statusOf(client, 'GET', '/strongroom-upgrade/_doc/lock')).toBe(200);
  expect(await statusOf(client, 'DELETE', '/strongroom-upgrade/_doc/lock')).toBe(200);
  expect(await statusOf(client, 'GET', '/_all/_settings?expand_wildcards=all&filter_path=*.settings.index.version.created')).toBe(200);
  expect(await statusOf(client, 'GET', '/_index_template/strongroom-*')).toBe(200);
  expect(await statusOf(as('analysts'), 'GET', '/strongroom-upgrade/_doc/lock')).toBe(403);
});

describe('Dashboards', () => {
  it('everybody reads those of the platform; only who operates it changes them, and only responders those of cases', async () => {
    await search.admin.indices.create({ index: '.kibana_1', body: { aliases: { '.kibana': {} }, mappings: { dynamic: false } } });
    const save = (group: string, tenant = ''): Promise<number> =>
      statusIn(tenant, as(group), { method: 'PUT', path: '/.kibana/_doc/dashboard:x?refresh=true', body: { type: 'dashboard' } });
    const read = (group: string, tenant = ''): Promise<number> => statusIn(tenant, as(group), { method: 'GET', path: '/.kibana/_search' });

    expect(await save('operators')).toBe(201);
    for (const group of ['analysts', 'responders', 'auditors', 'authority']) {
      expect([group, await read(group), await save(group)]).toEqual([group, 200, 403]);
      // What somebody makes for himself.
      expect([group, await save(group, '__user__')]).toEqual([group, 201]);
    }
    expect(await save('responders', RESPONSE_TENANT)).toBe(201);
    expect([await read('analysts', RESPONSE_TENANT), await save('analysts', RESPONSE_TENANT)]).toEqual([200, 403]);
    for (const group of ['authority', 'auditors', 'payments']) expect([group, await read(group, RESPONSE_TENANT)]).toEqual([group, 403]);
    expect(await read('nobody')).toBe(403);
    // Nobody's own are read by others.
    const own = Object.keys((await search.admin.indices.get({ index: '.kibana_*analysts*' })).body);
    expect(own).toHaveLength(1);
    expect(await statusOf(as('responders'), 'GET', `/${own[0] ?? ''}/_search`)).toBe(403);
  }, 60_000);

  // The plugin grants for an alias what it grants for an index of its name.
  it.each(['.kibana', '.kibana_7', '.opensearch_dashboards'])(
    'their name %s is not given to events by who may change them',
    async (alias) => {
      const [client, store, copy] = [as('operators'), 'events-api_activity-2018-1', 'events-api_activity-2018-2'];
      const template = { index_patterns: [`${store}*`], template: { aliases: { [alias]: {} } } };
      const ways: readonly (readonly [string, string, object?])[] = [
        ['POST', '/_aliases', { actions: [{ add: { index: store, alias } }] }],
        ['PUT', `/${store}/_alias/${alias}`],
        ['PUT', `/${store}/_clone/${copy}`, { aliases: { [alias]: {} }, settings: { 'index.blocks.write': null } }],
        ['POST', `/${store}/_split/${copy}`, { aliases: { [alias]: {} }, settings: { 'index.number_of_shards': 2 } }],
        ['PUT', `/${copy}`, { aliases: { [alias]: {} } }],
        ['PUT', '/_index_template/renaming', template],
        ['PUT', '/_template/renaming', { index_patterns: [`${store}*`], aliases: { [alias]: {} } }],
      ];
      await search.admin.index({ index: store, id: '1', body: { time: 0, message: 'x' }, refresh: true });
      expect(await statusOf(search.admin, 'PUT', `/${store}/_block/write`)).toBe(200);

      for (const [method, path, body] of ways) expect([path, await statusOf(client, method, path, body)]).toEqual([path, 403]);
      expect(await statusOf(search.admin, 'PUT', `/${store}/_settings`, { 'index.blocks.write': null })).toBe(200);
      expect(await statusOf(client, 'GET', `/${store}/_search`)).toBe(403);
      expect(await statusOf(client, 'DELETE', `/${store}/_doc/1`)).toBe(403);
      expect((await all(client, {}, '.kibana')).filter(({ id }) => !id.startsWith('dashboard:'))).toEqual([]);
      expect(await statusOf(search.admin, 'DELETE', `/${store}`)).toBe(200);
    },
    30_000,
  );

  it('are imported by who operates the platform', async () => {
    const body = [{ index: { _index: '.kibana', _id: 'dashboard:y' } }, { type: 'dashboard' }];
    const answer = await as('operators').bulk({ body, refresh: true });
    expect(answer.body).toMatchObject({ errors: false });
    expect(await statusOf(as('operators'), 'GET', '/.kibana/_doc/dashboard:y')).toBe(200);
    expect(await statusOf(as('operators'), 'POST', '/.kibana/_update/dashboard:y', { doc: { type: 'dashboard' } })).toBe(200);
    expect(await statusOf(as('operators'), 'DELETE', '/.kibana/_doc/dashboard:y')).toBe(200);
  });

  it('what they ask for an index pattern works for who reads', async () => {
    expect(await statusOf(as('auditors'), 'GET', '/ocsf-*/_field_caps?fields=*')).toBe(200);
    expect(await statusOf(as('auditors'), 'GET', '/_resolve/index/ocsf-*')).toBe(200);
    expect(await statusOf(as('auditors'), 'GET', '/')).toBe(200);
  });
});

test('the audit log tells who searched what, who was refused, and nothing of the writing of events', async () => {
  await all(as('analysts'), { size: 0, query: { term: { 'actor.user.name': 'somebody-looked-for' } } });
  await statusOf(as('authority'), 'DELETE', '/ocsf-api_activity-2026/_doc/refused-to-him');
  await delay(2_000);
  const lines = readFileSync(search.log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('audit_category'));

  expect(lines.some((line) => line.includes('"audit_request_effective_user":"analysts"') && line.includes('somebody-looked-for'))).toBe(
    true,
  );
  expect(lines.some((line) => line.includes('MISSING_PRIVILEGES') && line.includes('"audit_request_effective_user":"authority"'))).toBe(
    true,
  );
  expect(lines.filter((line) => line.includes('"audit_rest_request_path":"/_bulk"'))).toEqual([]);
});

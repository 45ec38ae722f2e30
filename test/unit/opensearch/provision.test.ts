import { RetryableError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/model.ts';
import { assertProvisioned, provision } from '../../../shared/opensearch/provision.ts';
import { indexTemplates } from '../../../shared/opensearch/template.ts';
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';

const NAMES = indexTemplates().map(({ name }) => name);

let server: Omit<FakeOpenSearch, 'requests'> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A server that keeps the templates it is given. */
async function start(templates: Map<string, Json>): Promise<Omit<FakeOpenSearch, 'requests'>> {
  server = await startOpenSearch(({ method, url, body }) => {
    const name = /^\/_index_template\/([^?]+)/.exec(url)?.[1] ?? '';
    if (method === 'PUT') {
      templates.set(name, JSON.parse(body) as Json);
      return { status: 200, body: { acknowledged: true } };
    }
    const found = [...templates].filter(([each]) => each.startsWith(decodeURIComponent(name).replace('*', '')));
    if (found.length === 0) return { status: 404, body: { error: { type: 'resource_not_found_exception' }, status: 404 } };
    return { status: 200, body: { index_templates: found.map(([each, template]) => ({ name: each, index_template: template })) } };
  });
  return server;
}

function puts(): readonly string[] {
  return (server?.asked ?? []).filter(({ method }) => method === 'PUT').map(({ url }) => url.replace('/_index_template/', ''));
}

describe('provisioning', () => {
  it('puts every template where there is none, and nothing the second time', async () => {
    const templates = new Map<string, Json>();
    const { client } = await start(templates);

    expect(await provision(client)).toMatchObject({
      applied: NAMES,
      unchanged: [],
      access: { skipped: expect.stringContaining('administrators') as unknown },
    });
    expect([...templates.keys()]).toEqual(NAMES);
    expect([...templates.values()]).toEqual(indexTemplates().map(({ body }) => body));
    expect(await provision(client)).toMatchObject({
      applied: [],
      unchanged: NAMES,
      access: { skipped: expect.stringContaining('administrators') as unknown },
    });
    expect(puts()).toEqual(NAMES);
  });

  it('puts the one that differs, and leaves the templates of others alone', async () => {
    const templates = new Map<string, Json>([['strongroom-of-somebody', {}]]);
    const { client } = await start(templates);
    await provision(client);
    templates.set('strongroom-http_activity', { _meta: { strongroom: 'older' } });

    const { applied, unchanged } = await provision(client);

    expect(applied).toEqual(['strongroom-http_activity']);
    expect(unchanged).toEqual(NAMES.filter((name) => name !== 'strongroom-http_activity'));
    expect(templates.get('strongroom-of-somebody')).toEqual({});
  });
});

describe('before the first document is written', () => {
  it('missing or older templates are RetryableError: nothing may be indexed without them', async () => {
    const templates = new Map<string, Json>();
    const { client } = await start(templates);

    await expect(assertProvisioned(client)).rejects.toThrow(RetryableError);
    await expect(assertProvisioned(client)).rejects.toThrow(`lacks ${NAMES.length} index templates (strongroom-base_event`);
    await provision(client);
    await expect(assertProvisioned(client)).resolves.toBeUndefined();
    templates.set('strongroom-base_event', { _meta: {} });
    await expect(assertProvisioned(client)).rejects.toThrow('lacks 1 index templates');
  });
});

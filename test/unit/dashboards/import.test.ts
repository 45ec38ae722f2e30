import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { dashboardsExport, dashboardsImport } from '../../../cli/commands/dashboards.ts';
import { dashboardsApi } from '../../../cli/dashboards-api.ts';
import { savedObjects, toNdjson } from '../../../shared/dashboards/saved-objects.ts';
import { startFakeDashboards, type FakeDashboards, type Held } from '../../dashboards/fake-dashboards.ts';
import { string } from '../../dashboards/json.ts';
import { startHttpServer } from '../../fakes/http-server.ts';

const ours = savedObjects();
let fake: FakeDashboards;

beforeEach(async () => {
  fake = await startFakeDashboards();
});

afterEach(async () => {
  await fake.server.close();
});

async function run(
  options: { readonly dryRun?: boolean; readonly json?: boolean; readonly url?: string } = {},
): Promise<{ code: number; text: string }> {
  let text = '';
  const out = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  const code = await dashboardsImport({ url: `${fake.server.url}/`, bank: 'demo', tenant: 'global', ...options }, out);
  return { code, text };
}

function held(type: string, id: string): Held {
  const found = fake.held.get(`${type} ${id}`);
  if (found === undefined) throw new Error(`${type} ${id} is not there`);
  return found;
}

function change(type: string, id: string, attributes: Readonly<Record<string, unknown>>): void {
  const before = held(type, id);
  fake.held.set(`${type} ${id}`, { ...before, attributes: { ...before.attributes, ...attributes } });
}

test('everything comes into an empty Dashboards, in the global tenant, and nothing is asked for in the query of a URL', async () => {
  expect(await run()).toEqual({ code: 0, text: `dashboards: ${ours.length} new, 0 replaced, 0 up to date\n` });
  expect(fake.held.size).toBe(ours.length);
  expect(fake.server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /api/saved_objects/_bulk_get',
    'POST /api/saved_objects/_import',
  ]);
  for (const { headers } of fake.server.asked) {
    expect(headers).toMatchObject({ 'osd-xsrf': 'true', securitytenant: 'global' });
    expect(headers).not.toHaveProperty('authorization');
  }
});

test('a second time nothing is written', async () => {
  await run();
  expect((await run()).text).toBe(`dashboards: 0 new, 0 replaced, ${ours.length} up to date\n`);
  expect(fake.server.asked.map(({ url }) => url).slice(2)).toEqual(['/api/saved_objects/_bulk_get']);
});

test('a dry run writes nothing', async () => {
  const { code, text } = await run({ dryRun: true });
  expect([code, text]).toEqual([0, `dashboards: ${ours.length} new, 0 replaced, 0 up to date (dry run: nothing was written)\n`]);
  expect(fake.held.size).toBe(0);
});

test('what somebody changed is kept, once, and the rest brought up to date; what others made is not touched', async () => {
  await run();
  const dashboard = 'strongroom-findings';
  change('dashboard', dashboard, { timeFrom: 'now-90d' });
  fake.held.set('visualization mine', { type: 'visualization', id: 'mine', attributes: { title: 'Mine' }, references: [] });
  fake.held.delete('search strongroom-search-root-activity');

  const { code, text } = await run();
  const copy = [...fake.held.values()].find(({ id }) => id.startsWith(`${dashboard}-kept-`));
  expect(code).toBe(0);
  expect(text.split('\n')).toEqual([
    `dashboards: 1 new, 1 replaced, ${ours.length - 2} up to date`,
    `kept: dashboard "Strongroom: GuardDuty and findings triage (kept)" was changed since its import; the change is in ${copy?.id ?? ''}`,
    '',
  ]);
  expect(copy?.attributes['timeFrom']).toBe('now-90d');
  expect(held('dashboard', dashboard).attributes['timeFrom']).toBe('now-7d');
  expect(held('visualization', 'mine').attributes).toEqual({ title: 'Mine' });

  // The same change made again is kept already.
  change('dashboard', dashboard, { timeFrom: 'now-90d' });
  const before = fake.held.size;
  expect((await run()).text).toBe(`dashboards: 0 new, 1 replaced, ${ours.length - 1} up to date\n`);
  expect(fake.held.size).toBe(before);
});

test('an object with one of our ids that we did not make is left as it is, said, and the exit code tells', async () => {
  const taken = { type: 'dashboard', id: 'strongroom-web', attributes: { title: 'Our own', description: '' }, references: [] };
  fake.held.set('dashboard strongroom-web', taken);

  const { code, text } = await run();
  expect(code).toBe(1);
  expect(text).toContain('left: dashboard strongroom-web was not made by Strongroom; delete it or give it another id, then import again');
  expect(held('dashboard', 'strongroom-web')).toEqual(taken);
  expect(JSON.parse((await run({ json: true })).text)).toEqual({
    created: [],
    replaced: [],
    kept: [],
    unchanged: ours.length - 1,
    left: [{ type: 'dashboard', id: 'strongroom-web' }],
  });
});

test('requests to Amazon are signed, body and all', async () => {
  const environment = { ...process.env };
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' });
  try {
    const api = dashboardsApi({ url: fake.server.url, tenant: 'global', access: { kind: 'aws', region: 'eu-central-1' } });
    await api.create(ours);
  } finally {
    process.env = environment;
  }
  const [asked] = fake.server.asked;
  expect(asked?.headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/es\/aws4_request, SignedHeaders=[^,]*content-type/,
  );
  expect(asked?.headers['x-amz-content-sha256']).toBe(
    createHash('sha256')
      .update(asked?.body ?? '')
      .digest('hex'),
  );
  expect(fake.held.size).toBe(ours.length);
});

test('a Dashboards with users of its own is told who we are by a header that the environment holds', async () => {
  process.env['DASHBOARDS_AUTHORIZATION'] = 'Basic ZXhhbXBsZQ==';
  try {
    await run();
  } finally {
    delete process.env['DASHBOARDS_AUTHORIZATION'];
  }
  expect(fake.server.asked.map(({ headers }) => headers['authorization'])).toEqual(['Basic ZXhhbXBsZQ==', 'Basic ZXhhbXBsZQ==']);
});

test('whatever else answers there, the message says where, and what it answered', async () => {
  await expect(run({ url: 'localhost:5601' })).rejects.toThrow('--url must be the address of Dashboards');
  await expect(run({ url: 'http://127.0.0.1:9' })).rejects.toThrow('http://127.0.0.1:9/api/saved_objects/_bulk_get cannot be reached');
  const other = await startHttpServer(({ url }) =>
    url.includes('/denied') ? { status: 403, body: { message: 'Forbidden' } } : { status: 200, body: {} },
  );
  try {
    await expect(run({ url: `${other.url}/denied` })).rejects.toThrow('answered 403 Forbidden');
    await expect(run({ url: other.url })).rejects.toThrow('is no OpenSearch Dashboards');
  } finally {
    await other.close();
  }
});

test('an import that Dashboards refuses in part is an error that names the object', async () => {
  const api = dashboardsApi({ url: fake.server.url, tenant: 'global', access: { kind: 'none' } });
  const dashboards = ours.filter(({ type }) => type === 'search');
  await expect(api.create(dashboards)).rejects.toThrow(/imported 0 of \d+ objects \(search strongroom-search-[a-z-]+: missing_references/);
});

test('export writes everything in an order in which it can be imported', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'dashboards-')), 'all.ndjson');
  let said = '';
  const out = new Writable({
    write(chunk, _, done) {
      said += String(chunk);
      done();
    },
  });
  expect(dashboardsExport({ out: file }, out)).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(toNdjson(ours));
  expect(said).toMatch(/: 11 dashboards, \d+ visualizations, 14 searches, 18 index patterns\n$/);
  const seen = new Set<string>();
  for (const { type, id, references } of ours) {
    for (const reference of references) expect([id, seen.has(`${reference.type} ${reference.id}`)]).toEqual([id, true]);
    seen.add(`${type} ${id}`);
  }
  expect(string(ours[0], 'type')).toBe('index-pattern');
});

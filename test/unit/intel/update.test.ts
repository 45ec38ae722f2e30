// An hour after the other: feeds from real servers, the bucket in memory, and what is matched in the end.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bankNamed } from '../../../cli/bank.ts';
import type { IntelFeed } from '../../../shared/intel/config.ts';
import { intelEnricher } from '../../../shared/enrich/intel.ts';
import { createFetch } from '../../../shared/intel/fetch.ts';
import { createIntelIndex, type IntelIndex } from '../../../shared/intel/index/match.ts';
import { openIndex } from '../../../shared/intel/index/open.ts';
import { readCopy, readIndexFile, readManifest, writeManifest, type Manifest } from '../../../shared/intel/store.ts';
import { updateIntel, type UpdateDeps, type Updated } from '../../../shared/intel/update.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { createFakeS3 } from '../../fakes/s3.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 20, 12);
const SECRET = 'very-secret-key';
const DEMO = bankNamed('demo');

let server: Server;
let url = '';
let pages: Record<string, (request: IncomingMessage) => { status?: number; headers?: Record<string, string>; body?: string }> = {};
let asked: IncomingMessage[] = [];
let now = START;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    const { status = 200, headers = {}, body = '' } = pages[new URL(request.url ?? '', url).pathname]?.(request) ?? { status: 404 };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  [pages, asked, now] = [{}, [], START];
});

interface World {
  readonly run: (only?: readonly string[]) => Promise<Updated>;
  readonly manifest: () => Promise<Manifest>;
  readonly index: () => Promise<IntelIndex>;
  readonly said: { readonly message: string; readonly about: unknown }[];
  readonly s3: ReturnType<typeof createFakeS3>;
  readonly deps: UpdateDeps;
}

function world(feeds: readonly (Partial<IntelFeed> & { readonly name: string })[]): World {
  const s3 = createFakeS3({ now: () => now });
  const said: World['said'][number][] = [];
  const say: UpdateDeps['log']['info'] = (message, ...about) => void said.push({ message: message as string, about });
  const deps: UpdateDeps = {
    bank: { ...DEMO, intel: { feeds: feeds.map((feed) => ({ format: 'list', url: `${url}/${feed.name}`, ...feed })) } },
    store: { s3: s3.client, bucket: 'reference' },
    fetch: createFetch({ allowLocal: true }),
    secret: () => Promise.resolve(` ${SECRET}\n`),
    log: { info: say, warn: say },
    metrics: createMetrics(),
    now: () => now,
  };
  async function manifest(): Promise<Manifest> {
    const found = await readManifest(deps.store);
    if (found === undefined || found === 'same') throw new Error('no manifest');
    return found.manifest;
  }
  return {
    run: (only) => updateIntel(deps, only),
    manifest,
    async index() {
      const { index } = await manifest();
      const file = await readIndexFile(deps.store, index.key);
      return createIntelIndex(openIndex(file ?? Buffer.alloc(0), index.sha256));
    },
    said,
    s3,
    deps,
  };
}

function addresses(count: number, from = 0): string {
  return Array.from({ length: count }, (_, at) => `198.51.100.${from + at}`).join('\n');
}

describe('a run', () => {
  it('makes an index of all feeds, and none again where nothing has changed', async () => {
    const { run, index, s3, manifest } = world([
      { name: 'one', label: 'Tor exit', confidence: 90 },
      { name: 'two', tlp: 'AMBER' },
    ]);
    pages = { '/one': () => ({ body: addresses(3) }), '/two': () => ({ body: '203.0.113.0/24\nbad.example' }) };
    await expect(run()).resolves.toEqual({ read: ['one', 'two'], failed: [], size: 5, changed: true });
    const first = await index();
    const [record = -1] = first.address('198.51.100.1');
    expect(first.known(record)).toMatchObject({
      feed: 'one',
      names: ['Tor exit'],
      confidence: 90,
      tlp: 'CLEAR',
      until: START - (START % DAY_MS) + 14 * DAY_MS,
    });
    expect(first.known(first.domain('www.bad.example')[0] ?? -1)).toMatchObject({ feed: 'two', confidence: 50, tlp: 'AMBER' });
    now += HOUR_MS;
    await expect(run()).resolves.toMatchObject({ read: ['one', 'two'], changed: false });
    expect(s3.keys('reference').filter((key) => key.startsWith('intel/index/'))).toHaveLength(1);
    expect((await manifest()).since).toBe(START);
  });

  it('asks a feed when it is due, or when it is told to', async () => {
    const { run } = world([{ name: 'slow', every_hours: 24 }, { name: 'quick' }, { name: 'by-hand', url: undefined } as never]);
    pages = { '/slow': () => ({ body: addresses(1) }), '/quick': () => ({ body: addresses(1, 9) }) };
    await run();
    now += HOUR_MS;
    await expect(run()).resolves.toMatchObject({ read: ['quick'] });
    await expect(run(['slow'])).resolves.toMatchObject({ read: ['slow'] });
    now += 24 * HOUR_MS - 60_000;
    await expect(run()).resolves.toMatchObject({ read: ['slow', 'quick'] });
  });

  it('says where nothing has changed, and the list lives on', async () => {
    const { run, index } = world([{ name: 'one', ttl_days: 2 }]);
    pages = {
      '/one': ({ headers }) => (headers['if-none-match'] === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: addresses(30) }),
    };
    await run();
    for (let days = 0; days < 5; days++) {
      now += DAY_MS;
      await run();
    }
    expect(asked).toHaveLength(6);
    const found = await index();
    expect(found.isActive(found.address('198.51.100.1')[0] ?? -1, now)).toBe(true);
  });

  it('keeps the last good copy of a feed that fails, and tries it the next time', async () => {
    const { run, index, manifest, said } = world([{ name: 'one', every_hours: 24 }, { name: 'two' }]);
    pages = { '/one': () => ({ body: addresses(30) }), '/two': () => ({ body: 'bad.example' }) };
    await run();
    now += 25 * HOUR_MS;
    pages['/one'] = () => ({ status: 500 });
    await expect(run()).resolves.toMatchObject({ read: ['two'], failed: ['one'], size: 31 });
    now += HOUR_MS;
    pages['/one'] = () => ({ body: '<html>'.repeat(3) });
    await expect(run()).resolves.toMatchObject({ failed: ['one'] });
    expect((await manifest()).feeds['one']).toMatchObject({
      failures: 2,
      live: 30,
      error: expect.stringMatching(/indicators where it had 30/) as string,
    });
    expect((await index()).address('198.51.100.7')).toHaveLength(1);
    expect(said.filter(({ message }) => message.includes('last good copy'))).toHaveLength(2);
    now += HOUR_MS;
    pages['/one'] = () => ({ body: addresses(30) });
    await expect(run()).resolves.toMatchObject({ read: ['one', 'two'], failed: [] });
    expect((await manifest()).feeds['one']).toMatchObject({ failures: 0 });
  });

  it('refuses a copy that has shrunk, unless it may', async () => {
    const { run, deps } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(40) }) };
    await run();
    now += HOUR_MS;
    pages = { '/one': () => ({ body: addresses(19) }) };
    await expect(run()).resolves.toMatchObject({ failed: ['one'], size: 40 });
    const feeds = (deps.bank.intel?.feeds ?? []).map((feed) => ({ ...feed, may_shrink: true }));
    await expect(updateIntel({ ...deps, bank: { ...deps.bank, intel: { feeds } } })).resolves.toMatchObject({ read: ['one'], failed: [] });
  });

  it('does not take networks that are most of the Internet', async () => {
    const { run } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(3) }) };
    await run();
    now += HOUR_MS;
    pages = { '/one': () => ({ body: Array.from({ length: 17 }, (_, at) => `${at + 20}.0.0.0/8`).join('\n') }) };
    await expect(run()).resolves.toMatchObject({ failed: ['one'], size: 3 });
  });

  it('goes on with the index before where the next one is larger than ingest can hold', async () => {
    const { run, deps } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(3) }) };
    await run();
    const enricher = intelEnricher(deps.store, { feeds: [] });
    await enricher.load();
    const found = await readManifest(deps.store);
    if (found === undefined || found === 'same') throw new Error('no manifest');
    const { manifest } = found;
    await writeManifest(deps.store, { ...manifest, index: { ...manifest.index, sha256: 'f'.repeat(64), bytes: 400 * 1024 ** 2 } });
    await expect(enricher.load()).rejects.toThrow('ingest takes');
  });

  it('lets what a list has no more end there and then, and forgets it a month later', async () => {
    const { run, index, deps } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(10) }) };
    await run();
    now += HOUR_MS;
    pages = { '/one': () => ({ body: addresses(9) }) };
    await run();
    const found = await index();
    const [gone = -1] = found.address('198.51.100.9');
    expect([START, now - 1, now].map((time) => found.isActive(gone, time))).toEqual([true, true, false]);
    now += 31 * DAY_MS;
    await run();
    expect(await readCopy(deps.store, 'one')).toHaveLength(9);
  });

  it('sends keys to the feed alone and says them to nobody', async () => {
    const { run, said, s3, manifest } = world([
      { name: 'header', secret_arn: 'arn:1', auth: 'Auth-Key' },
      { name: 'bearer', secret_arn: 'arn:1', auth: 'bearer' },
      { name: 'basic', secret_arn: 'arn:1', auth: 'basic' },
    ]);
    pages = { '/header': () => ({ status: 403 }), '/bearer': () => ({ body: '' }), '/basic': () => ({ body: '' }) };
    await run();
    expect(asked.map(({ headers }) => headers['auth-key'] ?? headers.authorization)).toEqual([
      SECRET,
      `Bearer ${SECRET}`,
      `Basic ${Buffer.from(SECRET).toString('base64')}`,
    ]);
    const stored = s3.keys('reference').map((key) => s3.versions('reference', key)[0]?.body.toString('latin1') ?? '');
    expect(JSON.stringify([said, await manifest(), stored])).not.toContain(SECRET);
  });

  it('puts a key into an address that has room for it', async () => {
    const { run } = world([{ name: 'one', url: `${url}/files/{secret}/recent`, secret_arn: 'arn:1' }]);
    pages = { [`/files/${SECRET}/recent`]: () => ({ body: 'bad.example' }) };
    await expect(run()).resolves.toMatchObject({ read: ['one'], size: 1 });
  });

  it('goes on without a feed whose key cannot be read', async () => {
    const { deps } = world([{ name: 'one', secret_arn: 'arn:1', auth: 'bearer' }, { name: 'two' }]);
    pages = { '/two': () => ({ body: 'bad.example' }) };
    const secret = (): Promise<string> => Promise.reject(new Error(`not for ${SECRET}`));
    await expect(updateIntel({ ...deps, secret })).resolves.toEqual({ read: ['two'], failed: ['one'], size: 1, changed: true });
  });

  it('fails where the bucket does, and loses nothing by it', async () => {
    const { run, s3 } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(3) }) };
    s3.fail = (command, key) => (command === 'PutObjectCommand' && key.startsWith('intel/index/') ? new Error('away') : undefined);
    await expect(run()).rejects.toThrow('away');
    s3.fail = () => undefined;
    await expect(run()).resolves.toMatchObject({ size: 3, changed: true });
  });
});

function stixIndicator(id: number, more: object = {}): object {
  const modified = new Date(START - DAY_MS).toISOString();
  return {
    type: 'indicator',
    id: `indicator--${id}`,
    pattern: `[ipv4-addr:value = '198.51.100.${id}']`,
    pattern_type: 'stix',
    modified,
    valid_from: modified,
    ...more,
  };
}

describe('TAXII', () => {
  const path = '/api/collections/1/objects/';

  it('is read page by page, then from where it ended', async () => {
    const { run, index } = world([{ name: 'intel', format: 'taxii', url: `${url}/api/collections/1/` }]);
    pages = {
      [path]: (request) => {
        const query = new URL(request.url ?? '', url).searchParams;
        expect(request.headers.accept).toBe('application/taxii+json;version=2.1');
        const added = { 'x-taxii-date-added-last': query.get('next') === '2' ? '2026-11-19T02:00:00Z' : '2026-11-19T01:00:00Z' };
        if (query.get('added_after') === '2026-11-19T02:00:00Z')
          return { body: JSON.stringify({ objects: [stixIndicator(1, { revoked: true, modified: new Date(START).toISOString() })] }) };
        return query.get('next') === null
          ? { headers: added, body: JSON.stringify({ more: true, next: '2', objects: [stixIndicator(1)] }) }
          : { headers: added, body: JSON.stringify({ more: false, objects: [stixIndicator(2)] }) };
      },
    };
    await expect(run()).resolves.toMatchObject({ read: ['intel'], size: 2 });
    now += HOUR_MS;
    await run();
    expect(asked.map(({ url: one }) => one)).toEqual([path, `${path}?next=2`, `${path}?added_after=2026-11-19T02%3A00%3A00Z`]);
    const found = await index();
    expect(['1', '2'].map((last) => found.isActive(found.address(`198.51.100.${last}`)[0] ?? -1, now))).toEqual([false, true]);
  });

  it('goes on by the time of adding where there is no mark', async () => {
    const { run } = world([{ name: 'intel', format: 'taxii', url: `${url}/api/collections/1/objects/` }]);
    pages = {
      [path]: (request) => {
        const after = new URL(request.url ?? '', url).searchParams.get('added_after');
        return {
          headers: { 'x-taxii-date-added-last': '2026-11-19T01:00:00Z' },
          body: JSON.stringify({ more: after === null, objects: [stixIndicator(after === null ? 1 : 2)] }),
        };
      },
    };
    await expect(run()).resolves.toMatchObject({ size: 2 });
  });

  it('is not asked for ever', async () => {
    const { run, manifest } = world([{ name: 'intel', format: 'taxii', url: `${url}/api/collections/1/` }]);
    pages = { [path]: () => ({ body: JSON.stringify({ more: true, next: 'x', objects: [] }) }) };
    await expect(run()).resolves.toMatchObject({ failed: ['intel'] });
    expect(asked).toHaveLength(2);
    expect((await manifest()).feeds['intel']?.error).toBe('says that there is more and not where');
  });
});

describe('MISP', () => {
  it('is read event by event, and again only where one has changed', async () => {
    const uuids = ['11111111-2222-4333-8444-555555555551', '11111111-2222-4333-8444-555555555552'] as const;
    const { run, index } = world([{ name: 'misp', format: 'misp', url: `${url}/feed` }]);
    const seconds = START / 1000;
    let second = { timestamp: String(seconds) };
    const event = (value: string, to_ids = true) => ({
      body: JSON.stringify({
        Event: { info: 'x', Attribute: [{ uuid: value, type: 'ip-dst', value, to_ids, timestamp: String(seconds) }] },
      }),
    });
    pages = {
      '/feed/manifest.json': () => ({ body: JSON.stringify({ [uuids[0]]: { timestamp: seconds }, [uuids[1]]: second }) }),
      [`/feed/${uuids[0]}.json`]: () => event('198.51.100.1'),
      [`/feed/${uuids[1]}.json`]: () => event('198.51.100.2'),
    };
    await expect(run()).resolves.toMatchObject({ size: 2 });
    now += HOUR_MS;
    await run();
    expect(asked).toHaveLength(4);
    second = { timestamp: String(seconds + 60) };
    pages[`/feed/${uuids[1]}.json`] = () => event('198.51.100.2', false);
    now += HOUR_MS;
    await run();
    expect(asked.slice(4).map(({ url: one }) => one)).toEqual(['/feed/manifest.json', `/feed/${uuids[1]}.json`]);
    const found = await index();
    expect(['1', '2'].map((last) => found.isActive(found.address(`198.51.100.${last}`)[0] ?? -1, now))).toEqual([true, false]);
  });
});

describe('ingest', () => {
  const event = (ip: string) => ({
    ...{ activity_id: 6, category_uid: 4, class_uid: 4001, type_uid: 400106, severity_id: 1, time: START },
    metadata: { uid: 'x', version: '1.8.0', product: { name: 'VPC Flow', vendor_name: 'AWS' } },
    dst_endpoint: { ip },
  });

  it('takes the index in use, once, and the next when there is one', async () => {
    const { run, deps, s3 } = world([{ name: 'one' }]);
    const enricher = intelEnricher(deps.store, { feeds: [] });
    await enricher.load();
    expect(enricher.enrich(event('198.51.100.1'))).not.toHaveProperty('osint');
    pages = { '/one': () => ({ body: addresses(2) }) };
    await run();
    await enricher.load();
    expect(enricher.enrich(event('198.51.100.1'))).toMatchObject({
      metadata: { profiles: ['osint'] },
      osint: [{ value: '198.51.100.1', vendor_name: 'one' }],
    });
    s3.calls.length = 0;
    await enricher.load();
    expect(s3.calls).toHaveLength(1);
    now += HOUR_MS;
    pages = { '/one': () => ({ body: addresses(2, 1) }) };
    await run();
    await enricher.load();
    expect(enricher.enrich(event('198.51.100.2'))).toHaveProperty('osint');
  });

  it('keeps the index it has where the next one is damaged', async () => {
    const { run, deps, s3, manifest } = world([{ name: 'one' }]);
    pages = { '/one': () => ({ body: addresses(2) }) };
    await run();
    const enricher = intelEnricher(deps.store, { feeds: [] });
    await enricher.load();
    now += HOUR_MS;
    pages = { '/one': () => ({ body: addresses(3) }) };
    await run();
    const file = s3.versions('reference', (await manifest()).index.key)[0]?.body;
    file?.writeUInt8(1, file.length - 9);
    await expect(enricher.load()).rejects.toThrow('not the one with the digest');
    expect(enricher.enrich(event('198.51.100.1'))).toHaveProperty('osint');
  });
});

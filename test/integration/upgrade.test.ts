// Upgrades of mappings on the real OpenSearch, while documents are written and searched.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { allIds, watchSearches } from '../../local/drill/upgrade-watch.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import type { HubDocument } from '../../shared/model.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { createStore, ensurePeriods } from '../../shared/opensearch/periods.ts';
import { putTemplates } from '../../shared/opensearch/provision.ts';
import type { IndexTemplate } from '../../shared/opensearch/template.ts';
import { applyUpgrade } from '../../shared/upgrade/apply.ts';
import { ask } from '../../shared/upgrade/ask.ts';
import { planUpgrade } from '../../shared/upgrade/plan.ts';
import { rollbackUpgrade } from '../../shared/upgrade/rollback.ts';
import { findStores } from '../../shared/upgrade/stores.ts';

jest.setTimeout(120_000);

const TODAY = '2026.11.21';
const YESTERDAY = '2026.11.20';
const now = (): number => Date.UTC(2026, 10, 21, 12);
const LEASE = { leaseMs: 3000 };

let server: OpenSearchServer;
let client: OpenSearch;

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

afterEach(async () => {
  await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  await ask(client, { method: 'DELETE', path: '/ocsf-*,events-*', querystring: { expand_wildcards: 'all' } });
  for (const { name } of await findStores(client)) await ask(client, { method: 'DELETE', path: `/${name}` });
});

/** Templates of a release, of which a later one has more fields. */
function release(digest: string, ...fields: readonly string[]): readonly IndexTemplate[] {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: 'keyword' }]));
  const mappings = { dynamic: false, _meta: { strongroom: digest }, properties };
  return ['api_activity', 'network_activity'].map((cls) => ({
    name: `strongroom-${cls}`,
    body: {
      index_patterns: [`events-${cls}-*`, `ocsf-${cls}-*`],
      priority: 500,
      version: 1,
      _meta: { strongroom: digest },
      template: { settings: { index: { number_of_shards: 1, auto_expand_replicas: '0-1', refresh_interval: '300ms' } }, mappings },
    },
  }));
}

const [OLD, NEW] = [release('old', 'name'), release('new', 'name', 'place')];

function documents(index: string, from: number, count: number): readonly HubDocument[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `${index}#${from + at}`;
    return { id, index, json: JSON.stringify({ name: id, place: 'here', text: 'x'.repeat(200) }) };
  });
}

async function write(index: string, from: number, count: number): Promise<void> {
  await writeDocuments(documents(index, from, count), client);
}

async function refresh(): Promise<void> {
  await ask(client, { method: 'POST', path: '/ocsf-*/_refresh' });
}

async function countOf(query: object): Promise<number> {
  const body = await ask(client, { method: 'POST', path: '/ocsf-*/_count', body: { query } });
  return Number(body['count']);
}

async function periodsAt(): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await findStores(client)).flatMap(({ name, periods }) => periods.map((period) => [period, name])));
}

/** Of a period: all are listed by every search. */
const MOST = 3000;

const stops: (() => Promise<unknown>)[] = [];

/** Delivers to the periods without end, some of it twice, as the hub does. */
function intake(periods: readonly string[]): { stop(): Promise<readonly string[]> } {
  const written: string[] = [];
  const refused: string[] = [];
  let isOver = false;
  const writers = periods.map(async (period) => {
    for (let at = 0; !isOver && at < MOST; at += 15) {
      await ensurePeriods(client, [period]);
      const again = at > 0 && randomInt(4) === 0 ? documents(period, randomInt(at), 10) : [];
      const result = await writeDocuments([...documents(period, at, 15), ...again], client);
      written.push(...documents(period, at, 15).map(({ id }) => id));
      refused.push(...result.refused.map(({ reason }) => reason));
      await sleep(80);
    }
  });
  const stop = async (): Promise<readonly string[]> => {
    isOver = true;
    await Promise.all(writers);
    expect(refused).toEqual([]);
    return written;
  };
  stops.push(stop);
  return { stop };
}

test('apply, back and apply again under intake and searches: nothing is lost, found twice, out of sight, or fails', async () => {
  await putTemplates(client, OLD);
  const store = `ocsf-api_activity-${TODAY}`;
  const over = `ocsf-api_activity-${YESTERDAY}`;
  await createStore(client, { name: 'events-api_activity-2026.w47-1', periods: [store, over], settings: { 'index.number_of_shards': 2 } });
  const other = `ocsf-network_activity-${TODAY}`;
  const delivering = intake([store, over, other]);
  await sleep(1500);
  const watch = watchSearches(client);

  const first = await applyUpgrade(client, { templates: NEW, all: true, now, ...LEASE });
  await sleep(500);
  const back = await rollbackUpgrade(client, LEASE);
  await sleep(500);
  const again = await applyUpgrade(client, { templates: NEW, all: true, now, ...LEASE });
  await sleep(500);

  const written = await delivering.stop();
  await sleep(700);
  const watched = await watch.stop();
  await refresh();
  expect(watched).toMatchObject({ failed: 0, lostFromSight: 0, foundTwice: 0, notes: [] });
  expect(watched.searches).toBeGreaterThan(20);
  expect((await allIds(client)).toSorted()).toEqual(written.toSorted());
  const moves = [
    ['events-api_activity-2026.w47-1', 'events-api_activity-2026.w47-2'],
    [`events-network_activity-${TODAY}-1`, `events-network_activity-${TODAY}-2`],
  ];
  const moved = (result: readonly { from: string; to: string }[]): unknown => result.map(({ from, to }) => [from, to]);
  expect(moved(first.moved)).toEqual(moves);
  expect(moved(back)).toEqual(moves.map(([from, to]) => [to, from]));
  expect(moved(again.moved)).toEqual(moves);
  expect(await periodsAt()).toEqual({
    [store]: 'events-api_activity-2026.w47-2',
    [over]: 'events-api_activity-2026.w47-2',
    [other]: `events-network_activity-${TODAY}-2`,
  });
  expect(await countOf({ term: { place: 'here' } })).toBe(written.length);
});

test('a plain index of an earlier version that is written becomes a store, and nothing is lost', async () => {
  await putTemplates(client, OLD);
  const period = `ocsf-api_activity-${TODAY}`;
  // It wants a copy that a single node has no place for.
  const settings = { index: { auto_expand_replicas: false, number_of_replicas: 1 } };
  await ask(client, { method: 'PUT', path: `/${period}`, body: { settings } });
  const delivering = intake([period]);
  await sleep(700);
  const watch = watchSearches(client);

  const { moved } = await applyUpgrade(client, { templates: NEW, all: true, now, ...LEASE });
  await sleep(300);
  // A search of the very moment in which the index goes may fail (the plan says so); none misses a document.
  expect(await watch.stop()).toMatchObject({ lostFromSight: 0, foundTwice: 0 });
  const written = await delivering.stop();
  await refresh();

  expect(moved).toMatchObject([{ from: period, to: `events-api_activity-${TODAY}-2` }]);
  expect((await allIds(client)).toSorted()).toEqual(written.toSorted());
  expect(await periodsAt()).toEqual({ [period]: `events-api_activity-${TODAY}-2` });
  await rollbackUpgrade(client, LEASE);
  expect(await periodsAt()).toEqual({ [period]: `events-api_activity-${TODAY}-1` });
  expect((await allIds(client)).toSorted()).toEqual(written.toSorted());
});

test('a closed store stays closed and merged, what is in use is left alone, and with finish the former generation goes', async () => {
  await putTemplates(client, OLD);
  const [closed, open] = [`ocsf-api_activity-${YESTERDAY}`, `ocsf-api_activity-${TODAY}`];
  await ensurePeriods(client, [closed, open]);
  await write(closed, 0, 50);
  await write(open, 0, 10);
  await ask(client, { method: 'POST', path: `/${closed}/_forcemerge`, querystring: { max_num_segments: '1' } });
  await ask(client, { method: 'PUT', path: `/${closed}/_block/write` });

  const plan = await planUpgrade(client, { templates: NEW, now });
  const { moved, skipped, deleted } = await applyUpgrade(client, { templates: NEW, now, finish: true, ...LEASE });

  expect(plan).toMatchObject({
    templates: ['strongroom-api_activity', 'strongroom-network_activity'],
    steps: [{ action: 'copy', documents: 50, open: false }],
  });
  expect(moved).toMatchObject([{ from: `events-api_activity-${YESTERDAY}-1`, documents: 50 }]);
  expect(skipped).toMatchObject([{ periods: [open] }]);
  expect(deleted).toEqual([`events-api_activity-${YESTERDAY}-1`]);
  const [store] = await findStores(client, `events-api_activity-${YESTERDAY}-2`);
  expect(store).toMatchObject({
    documents: 50,
    segments: 1,
    settings: { blocks: { write: 'true' }, auto_expand_replicas: '0-1', refresh_interval: '300ms' },
  });
  expect(await planUpgrade(client, { templates: NEW, now, all: true })).toMatchObject({
    templates: [],
    current: 1,
    steps: [{ periods: [open] }],
  });
});

/** Somebody does not let us have something done. */
function refusing(part: string): OpenSearch {
  const own = openSearchClient(server.url, 'eu-central-1');
  const send = own.transport.request.bind(own.transport);
  Object.assign(own.transport, {
    request: (...args: Parameters<typeof send>) => (args[0].path.includes(part) ? Promise.reject(new Error('refused')) : send(...args)),
  });
  return own;
}

/** As a process that is killed after so many requests: nothing it still wanted to do is done. */
function killedAfter(requests: number): OpenSearch {
  const own = openSearchClient(server.url, 'eu-central-1');
  const send = own.transport.request.bind(own.transport);
  let left = requests;
  Object.assign(own.transport, {
    request: (...args: Parameters<typeof send>) => (left-- > 0 ? send(...args) : Promise.reject(new Error('killed'))),
  });
  return own;
}

test('where a plain index cannot become a store, it is as it was: searched and written', async () => {
  await putTemplates(client, OLD);
  const period = `ocsf-api_activity-${TODAY}`;
  await ask(client, { method: 'PUT', path: `/${period}` });
  await write(period, 0, 20);
  const failing = refusing('_aliases');

  await expect(applyUpgrade(failing, { templates: NEW, all: true, now, ...LEASE })).rejects.toThrow('refused');
  await failing.close();
  await write(period, 20, 20);
  await refresh();

  expect(await allIds(client)).toHaveLength(40);
  expect((await findStores(client)).map(({ name, settings }) => [name, settings['blocks']])).toEqual([[period, undefined]]);
});

test('killed anywhere, the next run goes on, and nobody notices', async () => {
  await putTemplates(client, OLD);
  const [plain, store] = [`ocsf-api_activity-${YESTERDAY}`, `ocsf-network_activity-${TODAY}`];
  await ask(client, { method: 'PUT', path: `/${plain}` });
  await write(plain, 0, 200);
  const delivering = intake([store]);
  await sleep(400);
  let runs = 0;
  for (let requests = 9; ; requests += 7) {
    const mortal = killedAfter(requests);
    const outcome = await applyUpgrade(mortal, { templates: NEW, all: true, now, leaseMs: 300 }).then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
    await mortal.close();
    if (outcome === 'done') break;
    expect(outcome).toBe('killed');
    runs++;
  }
  const written = await delivering.stop();
  await refresh();

  expect(runs).toBeGreaterThan(4);
  expect((await allIds(client)).toSorted()).toEqual([...written, ...documents(plain, 0, 200).map(({ id }) => id)].toSorted());
  expect(await periodsAt()).toEqual({ [plain]: `events-api_activity-${YESTERDAY}-2`, [store]: `events-network_activity-${TODAY}-2` });
  expect(await planUpgrade(client, { templates: NEW, all: true, now })).toMatchObject({ steps: [], skipped: [], current: 2 });
});

test('of two that run at once one waits or gives up, and both leave the same', async () => {
  await putTemplates(client, OLD);
  const period = `ocsf-api_activity-${TODAY}`;
  await ensurePeriods(client, [period]);
  await write(period, 0, 300);
  await refresh();

  const both = await Promise.allSettled([0, 1].map(() => applyUpgrade(client, { templates: NEW, all: true, now, leaseMs: 400 })));

  expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
  for (const result of both) if (result.status === 'rejected') expect(String(result.reason)).toMatch(/an upgrade is under way/);
  expect(await periodsAt()).toEqual({ [period]: `events-api_activity-${TODAY}-2` });
  expect(await allIds(client)).toHaveLength(300);
});

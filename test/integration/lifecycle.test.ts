// The life cycle on the real OpenSearch: what it makes, closes, merges, copies and deletes, and that a second run finds nothing to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { asText } from '../../cli/commands/capacity.ts';
import { capacityOf } from '../../shared/lifecycle/capacity.ts';
import type { Action } from '../../shared/lifecycle/actions.ts';
import { apply } from '../../shared/lifecycle/apply.ts';
import { ask } from '../../shared/opensearch/ask.ts';
import { readState } from '../../shared/lifecycle/read.ts';
import { runLifecycle, type LifecycleDeps, type LifecycleRun } from '../../shared/lifecycle/run.ts';
import { settingsOf, type LifecycleSettings } from '../../shared/lifecycle/settings.ts';
import { DAY_MS } from '../../shared/lifecycle/spans.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { indexOf } from '../../shared/opensearch/index-name.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { indexTemplates } from '../../shared/opensearch/template.ts';
import { isArray, object } from '../../shared/outcome.ts';
import type { Hold } from '../../shared/retention/holds.ts';
import { SOURCES } from '../../shared/sources/registry.ts';
import { bankNamed } from '../../cli/bank.ts';

jest.setTimeout(120_000);

const NOON = Date.UTC(2026, 10, 21, 12);
const API = 6003;
const FINDING = 2004;

let server: OpenSearchServer;
let client: OpenSearch;
let settings: LifecycleSettings;
let holds: () => Promise<readonly Hold[]>;

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  for (const { name, body } of indexTemplates()) {
    const patterns = [...new Set(body.index_patterns.flatMap((pattern) => [pattern, pattern.replace(/^ocsf-/, 'events-')]))];
    await ask(client, `/_index_template/${name}`, { method: 'PUT', body: { ...body, index_patterns: patterns } });
  }
  // Relative: below path.repo.
  await ask(client, '/_snapshot/bank', { method: 'PUT', body: { type: 'fs', settings: { location: 'bank' } } });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

beforeEach(() => {
  settings = { ...settingsOf(bankNamed('demo'), SOURCES), snapshots: { repository: 'bank', keepDays: 14 } };
  holds = () => Promise.resolve([]);
});

afterEach(async () => {
  await snapshotsEnd();
  await ask(client, '/events-*,ocsf-*', { method: 'DELETE', query: { ignore_unavailable: 'true' } });
  await ask(client, '/_snapshot/bank/*', { method: 'DELETE' }).catch(() => undefined);
});

async function write(cls: number, time: number, count: number): Promise<void> {
  const index = indexOf(cls, time);
  await ensurePeriods(client, [index]);
  // Each batch is a segment of its own.
  for (let batch = 0; batch < 3; batch++) {
    const documents = Array.from({ length: count / 3 }, (_, at) => ({
      id: `${index}-${batch}-${at}`,
      index,
      json: JSON.stringify({ class_uid: cls, time: time - at, message: `event ${at}`, api: { operation: `Call${at % 7}` } }),
    }));
    await writeDocuments(documents, client);
    await ask(client, `/${index}/_refresh`, { method: 'POST' });
  }
}

async function run(now: number, options: { dryRun: boolean; budgetMs?: number } = { dryRun: false }): Promise<LifecycleRun> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const deps: LifecycleDeps = {
    client,
    settings,
    holds,
    log,
    now: () => now + (Date.now() - started),
    budgetMs: options.budgetMs ?? 60_000,
  };
  const started = Date.now();
  return await runLifecycle(deps, options);
}

async function snapshotsEnd(): Promise<void> {
  for (let left = 100; left > 0; left--) {
    const status = object(await ask(client, '/_snapshot/_status'))?.['snapshots'];
    if (!isArray(status) || status.length === 0) return;
    await sleep(100);
  }
}

async function countOf(index: string): Promise<unknown> {
  return object(await ask(client, `/${index}/_count`))?.['count'];
}

async function writeDay(day: number, count: number): Promise<void> {
  await write(API, NOON + day * DAY_MS, count);
}

it('makes what comes next, closes, merges and saves what is over, and then has nothing left to do', async () => {
  await writeDay(-5, 60);
  await writeDay(-3, 60);
  await writeDay(0, 60);
  await write(FINDING, NOON, 30);

  const first = await run(NOON);
  await snapshotsEnd();
  const second = await run(NOON);
  const third = await run(NOON);
  const state = await readState({ client, settings, holds, now: NOON });

  expect(first.faults).toEqual([]);
  expect(first.done).toEqual([
    'create events-api_activity-2026.11-1 for ocsf-api_activity-2026.11.22',
    'close events-api_activity-2026.11.16-1',
    'close events-api_activity-2026.11.18-1',
    'pack events-api_activity-2026.11.16-1 into events-api_activity-2026.11.16-2',
    'pack events-api_activity-2026.11.18-1 into events-api_activity-2026.11.18-2',
    'snapshot strongroom-2026.11.21 in bank',
  ]);
  expect(second.done).toEqual(['merge events-api_activity-2026.11.16-2', 'merge events-api_activity-2026.11.18-2']);
  expect(third).toMatchObject({ planned: [], done: [], faults: [] });
  const searched = state.stores.filter(({ periods }) => periods.length > 0);
  expect(searched.map(({ name, readOnly, codec, segments, docs }) => [name, readOnly, codec, segments > 1, docs])).toEqual([
    ['events-detection_finding-2026.11-1', false, 'default', true, 30],
    ['events-api_activity-2026.11.16-2', true, 'best_compression', false, 60],
    ['events-api_activity-2026.11.18-2', true, 'best_compression', false, 60],
    ['events-api_activity-2026.11.21-1', false, 'default', true, 60],
    ['events-api_activity-2026.11-1', false, 'default', false, 0],
  ]);
  expect(state.volumes.get('api_activity')?.map(({ docs }) => docs)).toEqual([60, 0, 60, 0, 0, 60]);
  expect(state.nodes).toEqual([expect.objectContaining({ name: 'n1', heapBytes: expect.any(Number) as number })]);
  expect(await countOf('ocsf-*')).toBe(210);
});

it('a closed period refuses what comes late, and a later day is given to the store of its month in time', async () => {
  await writeDay(-5, 60);
  await writeDay(0, 60);
  await run(NOON);

  const late = await client.transport
    .request({ method: 'PUT', path: '/ocsf-api_activity-2026.11.16/_create/late', body: { time: NOON } })
    .catch((error: unknown) => error);
  const next = await run(NOON + DAY_MS);

  expect(late).toMatchObject({ statusCode: 403, body: { error: { type: 'cluster_block_exception' } } });
  expect(next.done).toContain('extend events-api_activity-2026.11-1 to ocsf-api_activity-2026.11.23');
  await writeDay(2, 60);
  expect(await countOf('events-api_activity-2026.11-1')).toBe(60);
});

it('what was deleted comes back from the snapshot, with its aliases', async () => {
  await writeDay(-5, 60);
  const { snapshots } = settings;
  settings = { ...settings, snapshots: undefined };
  for (let packedAndMerged = 0; packedAndMerged < 2; packedAndMerged++) await run(NOON);
  settings = { ...settings, snapshots };
  await run(NOON);
  await snapshotsEnd();
  await ask(client, '/events-api_activity-2026.11.16-2', { method: 'DELETE' });
  await ask(client, '/_snapshot/bank/strongroom-2026.11.21/_restore', {
    method: 'POST',
    query: { wait_for_completion: 'true' },
    body: { indices: 'events-api_activity-2026.11.16-2', include_aliases: true },
  });

  expect(await countOf('ocsf-api_activity-2026.11.16')).toBe(60);
  expect((await run(NOON)).planned).toEqual([]);
});

describe('deletes by the time of events', () => {
  const IN_TIME = NOON + 364 * DAY_MS;
  const OVER = NOON + 366 * DAY_MS;
  const hold: Hold = {
    ...{ id: 'h', statement: '', at: 0, who: '', reason: '' },
    scope: { source: 'cloudtrail', from: '2026-11-22', to: '2026-11-30' },
  };

  beforeEach(async () => {
    await writeDay(0, 60);
    // Made in time, as far as the server's clock goes.
    settings = { ...settings, snapshots: undefined };
  });

  it('not before, then once', async () => {
    const before = await run(IN_TIME);
    const after = await run(OVER);
    const again = await run(OVER);

    expect(before.done).toEqual([
      'close events-api_activity-2026.11.21-1',
      'pack events-api_activity-2026.11.21-1 into events-api_activity-2026.11.21-2',
    ]);
    expect(after.done).toEqual([
      'delete events-api_activity-2026.11.21-1 (its events are older than 365 days)',
      'delete events-api_activity-2026.11.21-2 (its events are older than 365 days)',
    ]);
    expect(again.planned).toEqual([]);
    expect(await countOf('ocsf-*')).toBe(0);
  });

  it('not under a legal hold, not while holds cannot be read, and not when one is set in the meantime', async () => {
    for (let packedAndMerged = 0; packedAndMerged < 2; packedAndMerged++) await run(IN_TIME);
    holds = () => Promise.resolve([hold]);
    const held = await run(OVER);
    holds = () => Promise.reject(new Error('S3 does not answer'));
    const blind = await run(OVER);
    let asked = 0;
    holds = () => Promise.resolve(asked++ === 0 ? [] : [hold]);
    const late = await run(OVER);

    expect(held).toMatchObject({ planned: [], faults: [] });
    expect(blind.planned).toEqual([]);
    expect(blind.faults).toEqual([
      expect.stringContaining('S3 does not answer'),
      expect.stringContaining('1 stores whose time is over stay'),
    ]);
    expect(late).toMatchObject({
      done: [],
      left: [expect.stringContaining('delete') as string],
    });
    expect(await countOf('ocsf-*')).toBe(60);
  });
});

it('tells what is missing, and does everything else', async () => {
  await writeDay(-5, 60);
  settings = { ...settings, snapshots: { repository: 'nowhere', keepDays: 14 } };
  const { done, faults } = await run(NOON);

  expect(done).toContain('close events-api_activity-2026.11.16-1');
  expect(faults).toEqual([expect.stringMatching(/^no snapshots in nowhere: .*register it: PUT _snapshot/)]);
});

it('capacity is told of what is there', async () => {
  await writeDay(-2, 60);
  const state = await readState({ client, settings, holds, now: NOON });
  const text = asText('demo', capacityOf(state, settings, NOON), { settings, faults: state.faults });

  expect(text).toMatch(/^api_activity +30 .* 100\.0 % +100\.0 % +365 +day +1 /m);
  expect(text).toMatch(/^n1 /m);
  expect(text).toMatch(/^10× +\d+ /m);
});

it('a dry run changes nothing, and what there is no time for is left', async () => {
  await writeDay(-5, 60);
  settings = { ...settings, snapshots: undefined };
  const dry = await run(NOON, { dryRun: true });
  const hurried = await run(NOON, { dryRun: false, budgetMs: 0 });

  expect(dry).toMatchObject({ done: [], left: [] });
  expect(dry.planned).toContain('close events-api_activity-2026.11.16-1');
  expect(hurried.left).toEqual(['pack events-api_activity-2026.11.16-1 into events-api_activity-2026.11.16-2']);
});

it('shards that grew too large are split behind the same alias, once', async () => {
  await writeDay(-5, 60);
  const name = 'events-api_activity-2026.11.16';
  const periods = ['ocsf-api_activity-2026.11.16'];
  const deps = { client, now: Date.now, deadline: Date.now() + 60_000, isHeld: () => Promise.resolve(false) };
  const split: Action = { kind: 'pack', index: `${name}-1`, into: `${name}-2`, shards: 4, isSplit: true, periods };
  await apply({ kind: 'close', index: `${name}-1` }, deps);

  expect(await apply(split, deps)).toBe('done');
  const { stores } = await readState({ client, settings, holds, now: NOON });

  expect(stores.map((store) => [store.name, store.periods, store.shards, store.docs, store.readOnly])).toEqual([
    [`${name}-1`, [], 1, 60, true],
    [`${name}-2`, periods, 4, 60, true],
  ]);
  expect(await countOf('ocsf-*')).toBe(60);
  await apply({ kind: 'replicas', index: `${name}-2`, replicas: 0 }, deps);
});

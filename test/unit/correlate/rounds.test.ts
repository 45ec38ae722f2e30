// How a run goes through the shards, with an OpenSearch that only says how far they have come.
import { bankNamed } from '../../../cli/bank.ts';
import { correlationRules } from '../../../shared/correlate/family.ts';
import { correlateOnce, type CorrelateDeps, type Correlated } from '../../../shared/correlate/run.ts';
import { loadPosition, savePosition, shardKey } from '../../../shared/correlate/state.ts';
import { correlationsOf } from '../../../shared/detect/pack.ts';
import { NO_SUPPRESSIONS } from '../../../shared/detect/suppress.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { openSearchClient } from '../../../shared/opensearch/client.ts';
import { packLists, readPack } from '../../../tools/rules.ts';
import { startAlertTable, type FakeAlertTable } from '../../fakes/alert-table.ts';

const START = Date.UTC(2026, 10, 20, 12);
const client = openSearchClient('http://127.0.0.1:1', 'eu-central-1');
const metrics = createMetrics();
const rules = correlationRules(correlationsOf(readPack('rules').pack), packLists());
jest.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
  metrics.clearMetrics();
  return metrics;
});

let table: FakeAlertTable;
let now: number;
/** By store, how many documents it has, and how many come in a second. */
let stores: Map<string, { documents: number; perSecond: number }>;
let pages: Map<string, number>;

beforeEach(async () => {
  table = await startAlertTable();
  now = START;
  pages = new Map();
  jest
    .spyOn(client.transport, 'request')
    .mockImplementation(((request: { path: string }) =>
      Promise.resolve({ body: answer(request.path) })) as unknown as typeof client.transport.request);
});

afterEach(() => table.close());
afterAll(() => client.close());

function answer(path: string): unknown {
  const [, name = '', what = ''] = path.split('/');
  if (what === '_stats') {
    const elapsed = (now - START) / 1000;
    const indices = [...stores].map(([store, { documents, perSecond }]) => {
      const copy = { routing: { primary: true }, seq_no: { global_checkpoint: Math.floor(documents + elapsed * perSecond) } };
      return [store, { uuid: store.slice(-12), shards: { 0: [copy] } }];
    });
    return { indices: Object.fromEntries(indices) as unknown };
  }
  if (what === '_settings') return {};
  if (what === '_refresh') return { _shards: { failed: 0 } };
  pages.set(name, (pages.get(name) ?? 0) + 1);
  // A page takes its time.
  now += 1000;
  return { timed_out: false, _shards: { total: 1, failed: 0 }, hits: { hits: [] } };
}

async function run(): Promise<Correlated> {
  const untouched = {} as unknown;
  const deps: CorrelateDeps = {
    bank: bankNamed('demo'),
    claims: { dynamo: table.client, table: 'alerts' },
    sns: untouched as CorrelateDeps['sns'],
    topicArn: 'arn:aws:sns:eu-central-1:222222222222:alerts',
    hub: untouched as CorrelateDeps['hub'],
    vaultBucket: 'vault',
    ...{ client, rules, lists: packLists(), suppressions: NO_SUPPRESSIONS, metrics },
    log: { info: () => undefined, warn: () => undefined },
    budgetMs: 2 * 60_000,
    now: () => now,
  };
  return await correlateOnce(deps);
}

test('the busiest shard has its turn, however many others have something new all the time', async () => {
  const quiet = Array.from(
    { length: 60 },
    (_, at) => `events-dns_activity-2026.${String((at % 12) + 1).padStart(2, '0')}.${String(10 + Math.floor(at / 12))}-1`,
  );
  const busy = 'events-api_activity-2026.11.20-1';
  stores = new Map([
    ...quiet.map((store) => [store, { documents: 50, perSecond: 5 }] as const),
    [busy, { documents: 1_000_000, perSecond: 500 }],
  ]);
  const { behind } = await run();
  expect(pages.get(busy)).toBeGreaterThan(0);
  expect(behind).toBe(0);
});

test('where shards were read to fits into an item, of years of stores', async () => {
  const claims = { dynamo: table.client, table: 'alerts' };
  const seen = new Map(
    Array.from({ length: 20_000 }, (_, at) => {
      const uuid = Buffer.from(String((at * 2654435761) % 4294967296)).toString('base64url');
      const store = `events-network_activity-2026.${String(at % 12)}.${String(at % 28)}-1`;
      return [shardKey({ store, uuid, number: at }), at * 7919] as const;
    }),
  );
  const position = await loadPosition(claims, START);
  await savePosition(claims, { ...position, seen, due: [] }, START);
  expect((await loadPosition(claims, START)).seen).toEqual(seen);
  const sizes = [...table.items.values()].map((item) => JSON.stringify(item).length);
  expect(Math.max(...sizes)).toBeLessThan(400_000);
});

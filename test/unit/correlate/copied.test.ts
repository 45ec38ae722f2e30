// A copy of a store begins where the store was read to. That OpenSearch keeps the numbers is tried on the real one: test/integration/correlate.test.ts.
import { seenOf } from '../../../shared/correlate/copied.ts';
import type { Shard } from '../../../shared/correlate/ingested.ts';
import { shardKey } from '../../../shared/correlate/state.ts';
import { openSearchClient } from '../../../shared/opensearch/client.ts';

const OLD = { store: 'events-api_activity-2026.11.20-1', uuid: 'oldoldold' };
const NEW = { store: 'events-api_activity-2026.11.20-2', uuid: 'newnewnew' };
const client = openSearchClient('http://127.0.0.1:1', 'eu-central-1');
let asked = 0;

beforeEach(() => {
  asked = 0;
  const settings = { 'index.resize.source.name': OLD.store, 'index.resize.source.uuid': OLD.uuid };
  jest.spyOn(client.transport, 'request').mockImplementation((() => {
    asked++;
    return Promise.resolve({ body: { [NEW.store]: { settings } } });
  }) as unknown as typeof client.transport.request);
});

afterAll(() => client.close());

function shards(store: typeof OLD, count: number): readonly Shard[] {
  return Array.from({ length: count }, (_, number) => ({ ...store, number, checkpoint: 1000 }));
}

const BEFORE = new Map([
  [shardKey({ ...OLD, number: 0 }), 700],
  [shardKey({ ...OLD, number: 1 }), 900],
]);

async function seen(now: readonly Shard[], before: ReadonlyMap<string, number> = BEFORE): Promise<readonly number[]> {
  return [...(await seenOf(client, now, before)).values()];
}

test('a copy goes on where its store was, shard by shard, and with more shards', async () => {
  expect(await seen(shards(NEW, 2))).toEqual([700, 900]);
  expect(await seen(shards(NEW, 4))).toEqual([700, 700, 900, 900]);
});

test('what does not fit is read from its beginning', async () => {
  expect(await seen(shards(NEW, 3))).toEqual([-1, -1, -1]);
  expect(await seen(shards(NEW, 2), new Map([['another store', 5]]))).toEqual([-1, -1]);
  expect(await seen(shards({ ...NEW, store: 'events-api_activity-2026.11.21-1' }, 1))).toEqual([-1]);
});

test('nobody is asked about what is known, nor before the first run', async () => {
  expect(await seen(shards(OLD, 2))).toEqual([700, 900]);
  expect(await seen(shards(NEW, 2), new Map())).toEqual([-1, -1]);
  expect(asked).toBe(0);
});

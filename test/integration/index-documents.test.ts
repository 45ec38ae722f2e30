// Documents into the real OpenSearch: none is refused for what a record holds, the mapping never grows, a period is made once whoever makes it,
// and what comes after its period was closed is found all the same.
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { toDocument } from '../../shared/hub/document.ts';
import type { HubDocument, OcsfEvent } from '../../shared/model.ts';
import { API_ACTIVITY, classify, OCSF_VERSION } from '../../shared/ocsf/classes.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { storeName, storeOf } from '../../shared/opensearch/index-name.ts';
import { indexDocuments } from '../../shared/opensearch/late.ts';
import { createStore, ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { goldenCases, runGolden } from '../golden-runner.ts';

jest.setTimeout(120_000);

let server: OpenSearchServer;
let client: OpenSearch;

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

const TIME = Date.UTC(2026, 10, 21, 12);

function call(uid: string, changes: object = {}, time = TIME): HubDocument {
  const event: OcsfEvent = {
    ...classify(API_ACTIVITY, 1),
    severity_id: 1,
    time,
    metadata: { uid, version: OCSF_VERSION, product: { name: 'CloudTrail', vendor_name: 'AWS' } },
    ...changes,
  };
  return toDocument(event);
}

async function count(query: string, index = 'ocsf-*'): Promise<number> {
  await client.indices.refresh({ index: 'events-*' });
  return (await client.count({ index, q: query })).body.count;
}

async function fieldsOf(index: string): Promise<string> {
  const { body } = await client.indices.getMapping({ index });
  return JSON.stringify(Object.values(body));
}

test('every golden event of every source is taken, and taken once', async () => {
  const documents: HubDocument[] = [];
  for (const golden of goldenCases()) documents.push(...(await runGolden(golden)).events.map((event) => toDocument(event)));
  const ids = new Set(documents.map(({ index, id }) => `${index} ${id}`)).size;

  const first = await indexDocuments(documents, client);
  const again = await indexDocuments(documents, client);

  expect(first).toEqual({ created: ids, duplicate: documents.length - ids, refused: [] });
  expect(again).toEqual({ created: 0, duplicate: documents.length, refused: [] });
  expect(await count('*')).toBe(ids);
});

test('no value refuses a document, and none adds a field', async () => {
  await ensurePeriods(client, [call('a').index]);
  const before = await fieldsOf(call('a').index);
  const long = 'x'.repeat(40_000);
  const documents = [
    call('nasty-long', { api: { operation: long, service: { name: long }, request: { data: { [long]: long } } }, message: long }),
    call('nasty-types', {
      src_endpoint: { ip: 'nowhere', port: 'many', location: { country: long } },
      resources: [{ uid: long, name: long }],
    }),
    call('nasty-object', { unmapped: { 'a.b': { c: [1, 'two', { three: null }] }, a: 'x' }, api: { request: { data: { a: 1 } } } }),
    call('nasty-array', { api: { request: { data: [{ a: { b: 1 } }, 'a'] }, response: { data: 'text' } }, actor: { user: { uid: long } } }),
  ];

  expect(await indexDocuments(documents, client)).toEqual({ created: documents.length, duplicate: 0, refused: [] });
  expect(await fieldsOf(call('a').index)).toBe(before);
  expect(await count('_id:"nasty-long"', call('a').index)).toBe(1);
});

test('of many that make a period at once one does', async () => {
  const index = 'ocsf-api_activity-2026.12.01';
  await Promise.all(Array.from({ length: 6 }, () => ensurePeriods(client, [index])));
  const { body } = await client.indices.getAlias({ name: index });

  expect(Object.keys(body)).toEqual([storeName({ cls: 'api_activity', span: '2026.12.01', generation: 1 })]);
  // Nor does a longer one take a period that has its store.
  expect(await createStore(client, { name: 'events-api_activity-2026.w49-1', periods: [index, 'ocsf-api_activity-2026.12.02'] })).toBe(
    false,
  );
  expect(storeOf('events-api_activity-2026.w49-1')).toEqual({ cls: 'api_activity', span: '2026.w49', generation: 1 });
});

test('what went to the year is not made again in its period, when that was deleted or is open again', async () => {
  const day = Date.UTC(2026, 6, 1, 12);
  const [early, late] = [call('july-in-time', {}, day), call('july-too-late', {}, day)];
  await indexDocuments([early], client);
  await client.indices.putSettings({ index: early.index, body: { index: { blocks: { write: true } } } });
  await indexDocuments([late], client);
  await client.indices.delete({ index: storeName({ cls: 'api_activity', span: '2026.07.01', generation: 1 }) });

  expect(await indexDocuments([early, late], client)).toEqual({ created: 1, duplicate: 1, refused: [] });
  expect(await count('_id:"july-too-late" OR _id:"july-in-time"')).toBe(2);
});

test('a period whose first store has lost its alias gets the next one', async () => {
  const [document] = [call('orphan', {}, Date.UTC(2026, 7, 1, 12))];
  const store = storeName({ cls: 'api_activity', span: '2026.08.01', generation: 1 });
  await client.indices.create({ index: store });

  expect(await indexDocuments([document], client)).toEqual({ created: 1, duplicate: 0, refused: [] });
  expect(Object.keys((await client.indices.getAlias({ name: document.index })).body)).toEqual([store.replace(/1$/, '2')]);
});

test('a replay that was closed for writing refuses, and holds up nothing else', async () => {
  const [frozen, today] = [{ ...call('frozen'), index: 'replay-case' }, call('beside-the-frozen')];
  await client.indices.create({ index: 'replay-case' });
  await client.indices.putSettings({ index: 'replay-case', body: { index: { blocks: { write: true } } } });

  expect(await indexDocuments([frozen, today], client)).toMatchObject({
    created: 1,
    duplicate: 0,
    refused: [{ document: { id: 'frozen' } }],
  });
});

test('what comes too late for its period is in the one of the year, once; what the period has already is a duplicate', async () => {
  const day = Date.UTC(2026, 5, 1, 12);
  const [early, late] = [call('in-time', {}, day), call('too-late', {}, day)];
  await indexDocuments([early], client);
  await client.indices.putSettings({ index: early.index, body: { index: { blocks: { write: true } } } });

  expect(await indexDocuments([early, late, call('today')], client)).toEqual({ created: 2, duplicate: 1, refused: [] });
  expect(await indexDocuments([late, early], client)).toEqual({ created: 0, duplicate: 2, refused: [] });
  expect(await count('_id:"too-late"', 'ocsf-api_activity-2026')).toBe(1);
  expect(await count('_id:"too-late" OR _id:"in-time"')).toBe(2);
});

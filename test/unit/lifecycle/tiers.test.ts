// What only Amazon's domains have, as its documentation shows the answers: no such server runs here.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ultrawarm.html
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';
import { apply } from '../../../shared/lifecycle/apply.ts';
import { coldStores, movingIndices } from '../../../shared/lifecycle/tiers.ts';
import { settingsWith } from './cluster.ts';

const SETTINGS = settingsWith({ warmAfterDays: 14, coldAfterDays: 90 });
const STATUS = `index migration_type state
events-api_activity-2026.11.01-1 HOT_TO_WARM RUNNING_SHARD_RELOCATION
events-api_activity-2026.11.02-1 HOT_TO_WARM FAILED_FORCE_MERGE
of-others HOT_TO_WARM PENDING_FORCE_MERGE
`;

let server: Omit<FakeOpenSearch, 'requests'>;
let status = 200;
let pages: readonly (readonly string[])[] = [];

beforeEach(async () => {
  status = 200;
  server = await startOpenSearch(({ url }) => {
    if (status !== 200) return { status, body: { error: { type: 'invalid_index_name_exception', reason: 'no such API' } } };
    if (url.startsWith('/_ultrawarm/migration/_status')) return { status, body: STATUS };
    if (!url.startsWith('/_cold/indices/_search')) return { status, body: { acknowledged: true } };
    const [names = [], ...rest] = pages;
    pages = rest;
    const indices = names.map((index) => ({ index, size: 10339, creation_date: '2026-06-28T20:23:31.206Z' }));
    return { status, body: { pagination_id: 'next', total_results: 3, indices } };
  });
});

afterEach(() => server.close());

it('indices on their way are known by name, and those that got stuck are told of', async () => {
  const { names, faults } = await movingIndices(server.client, SETTINGS);

  expect([...names]).toEqual(['events-api_activity-2026.11.01-1', 'events-api_activity-2026.11.02-1']);
  expect(faults).toEqual([expect.stringMatching(/2026\.11\.02-1 could not be moved.*FAILED_FORCE_MERGE.*_retry/)]);
});

it('stores in cold storage are all listed, with the periods that were theirs', async () => {
  pages = [['events-api_activity-2026.05.01-1', 'of-others'], ['events-detection_finding-2026.05-1']];
  const { stores, faults } = await coldStores(server.client, SETTINGS);

  expect(faults).toEqual([]);
  expect(stores.map(({ name, periods, bytes, tier }) => [name, periods, bytes, tier])).toEqual([
    ['events-api_activity-2026.05.01-1', ['ocsf-api_activity-2026.05.01'], 10339, 'cold'],
    ['events-detection_finding-2026.05-1', ['ocsf-detection_finding-2026.05'], 10339, 'cold'],
  ]);
});

it('where the domain has neither, it is told, and keeps nothing else from being done', async () => {
  status = 400;

  expect((await movingIndices(server.client, SETTINGS)).faults).toEqual([expect.stringContaining('UltraWarm does not answer')]);
  expect(await coldStores(server.client, SETTINGS)).toEqual({
    stores: [],
    faults: [expect.stringContaining('cold storage does not answer')],
  });
});

it('where the bank’s file names neither, nothing is asked', async () => {
  await movingIndices(server.client, settingsWith());
  await coldStores(server.client, settingsWith());

  expect(server.asked).toEqual([]);
});

it('moves and deletes with the service’s own requests', async () => {
  const deps = { client: server.client, now: () => 0, deadline: 1, isHeld: () => Promise.resolve(false) };
  const index = 'events-api_activity-2026.05.01-1';
  await apply({ kind: 'warm', index }, deps);
  await apply({ kind: 'cold', index, from: '2026-05-01', to: '2026-05-01' }, deps);
  await apply({ kind: 'delete', index, tier: 'cold', why: '' }, deps);

  expect(server.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `POST /_ultrawarm/migration/${index}/_warm`,
    `POST /_ultrawarm/migration/${index}/_cold`,
    `DELETE /_cold/${index}`,
  ]);
});

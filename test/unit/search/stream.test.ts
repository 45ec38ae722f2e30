import { aggregations, count, search, type Question } from '../../../shared/search/stream.ts';
import { startOpenSearch, type FakeOpenSearch } from '../../fakes/opensearch.ts';
import type { Answer, Asked } from '../../fakes/http-server.ts';

const SHARDS = { total: 2, successful: 2, skipped: 0, failed: 0 };
const ASKED: Question = { periods: 'ocsf-*-2026.11.20', query: { match_all: {} }, limit: Infinity, page: { size: 2, keepAlive: '1m' } };

let server: Omit<FakeOpenSearch, 'requests'> | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function answering(answer: (asked: Asked) => Answer): Promise<Omit<FakeOpenSearch, 'requests'>> {
  return (server = await startOpenSearch(answer));
}

function page(ids: readonly string[], more: object = {}): Answer {
  const hits = { total: { value: 5, relation: 'eq' }, hits: ids.map((_id) => ({ _index: 'events-x-1', _id, _source: { time: 1 } })) };
  return { status: 200, body: { timed_out: false, _shards: SHARDS, hits, ...more } };
}

async function ids({ hits }: Awaited<ReturnType<typeof search>>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { id } of hits) found.push(id);
  return found;
}

/** Five hits in pages of two. */
function scrolling({ method, url }: Asked, scrolled: { pages: number }): Answer {
  if (method === 'DELETE') return { status: 200, body: {} };
  if (!url.startsWith('/_search/scroll')) return page(['a', 'b'], { _scroll_id: 's1' });
  return [page(['c', 'd'], { _scroll_id: 's2' }), page(['e'], { _scroll_id: 's2' }), page([])][scrolled.pages++] ?? page([]);
}

test('reads page after page and ends the scroll that was last', async () => {
  const scrolled = { pages: 0 };
  const { client, asked } = await answering((one) => scrolling(one, scrolled));
  const found = await search(client, ASKED);
  expect(found.total).toBe(5);
  expect(await ids(found)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(asked[0]?.url).toContain('scroll=1m');
  expect(asked[0]?.body).toContain('"unmapped_type":"date"');
  expect(asked.at(-1)).toMatchObject({ method: 'DELETE', body: '{"scroll_id":["s2"]}' });
});

test('who stops reading leaves no scroll open', async () => {
  const { client, asked } = await answering((one) => scrolling(one, { pages: 0 }));
  for await (const { id } of (await search(client, ASKED)).hits) if (id === 'b') break;
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
});

test('a limit within a page needs no scroll', async () => {
  const { client, asked } = await answering(() => page(['a', 'b']));
  expect(await ids(await search(client, { ...ASKED, limit: 2 }))).toEqual(['a', 'b']);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toBe('/ocsf-*-2026.11.20/_search?allow_partial_search_results=false&expand_wildcards=open%2Cclosed');
});

test('a limit beyond it ends in the middle of one', async () => {
  const { client } = await answering((one) => scrolling(one, { pages: 0 }));
  expect(await ids(await search(client, { ...ASKED, limit: 3 }))).toEqual(['a', 'b', 'c']);
});

const FAILED = { _shards: { total: 2, failed: 1, failures: [{ reason: { type: 'x', reason: 'disk gone' } }] } };

test.each([
  ['a shard that failed', FAILED, /1 of 2 shards did not answer \(disk gone\)/],
  ['time that ran out', { timed_out: true }, /ran out of time/],
  ['no answer of a search', { _shards: undefined }, /did not answer as a search does/],
])('%s is no answer, of any kind', async (_, more, message) => {
  const { client } = await answering(() => page(['a'], more));
  await expect(search(client, ASKED)).rejects.toThrow(message);
  await expect(count(client, ASKED)).rejects.toThrow(message);
  await expect(aggregations(client, { ...ASKED, aggs: {} })).rejects.toThrow(message);
});

test('a page in the middle that is a part fails the whole', async () => {
  const { client, asked } = await answering(({ url }) =>
    url.startsWith('/_search/scroll') ? page(['c'], FAILED) : page(['a', 'b'], { _scroll_id: 's1' }),
  );
  await expect(ids(await search(client, ASKED))).rejects.toThrow(/a part of the whole/);
  expect(asked.at(-1)?.method).toBe('DELETE');
});

test('a scroll that was left alone too long fails the whole', async () => {
  const { client } = await answering(({ url, method }) =>
    method === 'POST' && url.startsWith('/_search/scroll')
      ? { status: 404, body: { error: 'gone' } }
      : page(['a', 'b'], { _scroll_id: 's1' }),
  );
  await expect(ids(await search(client, ASKED))).rejects.toThrow();
});

test('a document that is not shown is counted and given all the same', async () => {
  const hits = { total: { value: 1, relation: 'eq' }, hits: [{ _index: 'i', _id: 'a' }] };
  const { client } = await answering(() => ({ status: 200, body: { timed_out: false, _shards: SHARDS, hits } }));
  expect(await ids(await search(client, { ...ASKED, limit: 1 }))).toEqual(['a']);
});

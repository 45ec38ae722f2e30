import { RetryableError } from '../../../shared/errors.ts';
import type { HubDocument } from '../../../shared/model.ts';
import { writeDocuments, type BulkResult } from '../../../shared/opensearch/bulk.ts';
import { openSearchClient } from '../../../shared/opensearch/client.ts';
import { startBulkServer, type BulkRules, type FakeOpenSearch, type Item } from '../../fakes/opensearch.ts';

const AT_ONCE = { baseMs: 0, capMs: 0, attempts: 4 };
const MAPPING: Item = { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse field [time]' };
const BUSY: Item = { status: 429, type: 'rejected_execution_exception', reason: 'queue is full' };
const SHARD_LIMIT: Item = { status: 400, type: 'validation_exception', reason: 'this action would add [2] shards' };

let server: FakeOpenSearch | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function write(
  documents: readonly HubDocument[],
  rules: BulkRules,
): Promise<{ result: BulkResult; requests: readonly (readonly string[])[] }> {
  server = await startBulkServer(rules);
  const result = await writeDocuments(documents, server.client, AT_ONCE);
  return { result, requests: idsOf(server) };
}

function idsOf({ requests }: FakeOpenSearch): readonly (readonly string[])[] {
  return requests.map((documents) => documents.map(({ id }) => id));
}

function documents(...ids: readonly string[]): readonly HubDocument[] {
  return ids.map((id) => ({ id, index: `ocsf-api_activity-2026.01.15`, json: JSON.stringify({ message: `größe ${id}` }) }));
}

describe('one request', () => {
  it('carries the documents as they are, compressed, to be created', async () => {
    const given = documents('a', 'b');
    await write(given, {});

    expect(server?.requests).toEqual([given]);
    const [asked] = server?.asked ?? [];
    expect(asked).toMatchObject({ method: 'POST', headers: { 'content-encoding': 'gzip' } });
    expect(asked?.url).toMatch(/^\/_bulk\?/);
  });

  it('gives every document its own outcome', async () => {
    const outcomes: Record<string, Item> = {
      created: { status: 201 },
      there: { status: 409, type: 'version_conflict_engine_exception', reason: 'document already exists' },
      wrong: MAPPING,
    };
    const given = documents('created', 'there', 'wrong', 'created');
    const { result, requests } = await write(given, { item: ({ id }) => outcomes[id] ?? { status: 500 } });

    expect(result).toEqual({
      created: 2,
      duplicate: 1,
      refused: [{ document: given[2], reason: 'mapper_parsing_exception: failed to parse field [time]' }],
    });
    expect(requests).toHaveLength(1);
  });

  it('is not made for nothing', async () => {
    const { result, requests } = await write([], {});

    expect(result).toEqual({ created: 0, duplicate: 0, refused: [] });
    expect(requests).toEqual([]);
  });
});

test('a document for a period that was made read-only is refused: it must not hold up those behind it', async () => {
  const closed: Item = {
    status: 403,
    type: 'cluster_block_exception',
    reason: 'index [ocsf-x] blocked by: [FORBIDDEN/8/index write (api)];',
  };
  const { result } = await write(documents('a', 'b'), { item: ({ id }) => (id === 'a' ? closed : { status: 201 }) });

  expect(result).toMatchObject({ created: 1, refused: [{ document: { id: 'a' } }] });
});

describe('what OpenSearch cannot take for now', () => {
  it.each([
    ['429', BUSY],
    ['503', { status: 503, type: 'unavailable_shards_exception', reason: '' }],
    ['a blocked cluster', { status: 403, type: 'cluster_block_exception', reason: 'blocked by: [FORBIDDEN/6/cluster read-only (api)];' }],
    ['the shard limit, a 400 that is not about the document', SHARD_LIMIT],
  ])('%s is tried again, and only that', async (_, refusal: Item) => {
    const { result, requests } = await write(documents('a', 'b', 'c', 'd'), {
      item: ({ id }, request) => (request < 2 && (id === 'b' || id === 'd') ? refusal : id === 'c' ? MAPPING : { status: 201 }),
    });

    expect(result).toMatchObject({ created: 3, duplicate: 0, refused: [{ document: { id: 'c' } }] });
    expect(requests).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
      ['b', 'd'],
    ]);
  });

  it('is counted as duplicate where an attempt without an answer had created it', async () => {
    const { result } = await write(documents('a', 'b'), {
      whole: (_, request) => (request === 0 ? { status: 504 } : undefined),
      item: ({ id }) => (id === 'a' ? { status: 409, type: 'version_conflict_engine_exception' } : { status: 201 }),
    });

    expect(result).toEqual({ created: 1, duplicate: 1, refused: [] });
  });

  it.each([429, 500, 502, 503, 401, 403])('a request that fails as a whole with %i is tried again', async (status) => {
    const { result, requests } = await write(documents('a', 'b'), {
      whole: (_, request) => (request < 2 ? { status, body: { error: 'x', status } } : undefined),
    });

    expect(result.created).toBe(2);
    expect(requests).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('ends in RetryableError after the last attempt, and tells why in terms of those that are left', async () => {
    const writing = write(documents('a', 'b', 'c'), { item: ({ id }) => (id === 'a' ? MAPPING : id === 'b' ? BUSY : { status: 201 }) });

    await expect(writing).rejects.toThrow(new RetryableError('OpenSearch did not take 1 of 3 documents: rejected_execution_exception'));
    expect(server === undefined ? [] : idsOf(server)).toEqual([['a', 'b', 'c'], ['b'], ['b'], ['b']]);
  });

  it('an answer that leaves documents out is no outcome for them', async () => {
    const { result, requests } = await write(documents('a', 'b'), {
      whole: (_, request) => (request === 0 ? { status: 200, body: { items: [{ create: { status: 201 } }] } } : undefined),
    });

    expect(result.created).toBe(2);
    expect(requests).toEqual([['a', 'b'], ['b']]);
  });

  it('an answer that is none is no outcome at all', async () => {
    const { requests } = await write(documents('a'), { whole: (_, request) => (request === 0 ? { status: 200, body: 'ok' } : undefined) });

    expect(requests).toEqual([['a'], ['a']]);
  });

  it('nobody listening is RetryableError too', async () => {
    const gone = await startBulkServer({});
    const url = String(gone.client.connectionPool.connections[0]?.url);
    await gone.close();
    const client = openSearchClient(url, 'eu-central-1');

    const writing = writeDocuments(documents('a'), client, AT_ONCE);

    await expect(writing).rejects.toThrow(RetryableError);
    await expect(writing).rejects.toThrow(/^OpenSearch did not take 1 of 1 documents: ConnectionError .*ECONNREFUSED/);
    await client.close();
  });
});

describe('a request that is refused as a whole for what is in it', () => {
  it('is halved until it is small enough', async () => {
    const { result, requests } = await write(documents('a', 'b', 'c', 'd', 'e'), {
      whole: ({ length }) => (length > 2 ? { status: 413 } : undefined),
    });

    expect(result).toEqual({ created: 5, duplicate: 0, refused: [] });
    expect(requests.filter(({ length }) => length <= 2)).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
  });

  it.each([
    ['larger than OpenSearch takes', 413],
    ['no document to OpenSearch', 400],
  ])('one document that is %s is refused, those beside it are created', async (_, status) => {
    const given = documents('a', 'b', 'huge', 'd');
    const { result } = await write(given, {
      whole: (all) => (all.some(({ id }) => id === 'huge') ? { status, body: { error: { type: 'x', reason: 'y' } } } : undefined),
    });

    expect(result).toMatchObject({ created: 3, duplicate: 0, refused: [{ document: given[2] }] });
    expect(result.refused[0]?.reason).not.toBe('');
  });

  it('a half that cannot be taken for now is tried again, the other one is not', async () => {
    let busy = true;
    const { result, requests } = await write(documents('a', 'b', 'c', 'd'), {
      whole(all) {
        if (all.length > 2) return { status: 413 };
        if (all[0]?.id !== 'a' || !busy) return undefined;
        busy = false;
        return { status: 503 };
      },
    });

    expect(result.created).toBe(4);
    expect(requests).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'b'],
      ['c', 'd'],
      ['a', 'b'],
    ]);
  });
});

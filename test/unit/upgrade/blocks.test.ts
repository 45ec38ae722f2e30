// Writers meet blocks while an upgrade puts another index behind their period: none of it may be taken for the end of the period.
import { writeDocuments } from '../../../shared/opensearch/bulk.ts';
import { startBulkServer } from '../../fakes/opensearch.ts';

const AT_ONCE = { baseMs: 0, capMs: 0, attempts: 6 };
const WRITE = '[FORBIDDEN/8/index write (api)];';
const LIFTED_SOON = '[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];';

/** @returns how many requests it took, and what became of the document. */
async function met(index: string, blocks: string, times: number): Promise<{ requests: number; created: number; refused: number }> {
  const reason = `index [${index}] blocked by: ${blocks}`;
  const server = await startBulkServer({
    item: (_, request) => (request < times ? { status: 403, type: 'cluster_block_exception', reason } : { status: 201 }),
  });
  try {
    const document = { id: 'a', index: 'ocsf-api_activity-2026.11.21', json: '{}' };
    const { created, refused } = await writeDocuments([document], server.client, AT_ONCE);
    return { requests: server.requests.length, created, refused: refused.length };
  } finally {
    await server.close();
  }
}

test('a store that has just lost its periods refuses once: the second request goes to the next generation', async () => {
  expect(await met('events-api_activity-2026.11.21-1', WRITE, 1)).toEqual({ requests: 2, created: 1, refused: 0 });
});

test('a closed store refuses twice, and that is final', async () => {
  expect(await met('events-api_activity-2026.11.21-1', WRITE, 9)).toEqual({ requests: 2, created: 0, refused: 1 });
});

test('a plain index that is on its way to become a store is waited for, but not for long', async () => {
  expect(await met('ocsf-api_activity-2026.11.21', WRITE, 3)).toEqual({ requests: 4, created: 1, refused: 0 });
  expect(await met('ocsf-api_activity-2026.11.21', WRITE, 9)).toEqual({ requests: 4, created: 0, refused: 1 });
});

test('the block that does not stay is never final', async () => {
  await expect(met('events-api_activity-2026.11.21-1', `${LIFTED_SOON}${WRITE}`, 9)).rejects.toThrow(/did not take 1 of 1 documents/);
});

// A real OpenSearch for one benchmark: with more memory than the demo's, and the compiler unhindered.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startOpenSearch } from '../local/opensearch.ts';
import { cacheDirectory, ensureDirectory } from '../local/paths.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';

const HEAP_MIB = 3072;

export async function withServer<T>(work: (client: OpenSearch) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(ensureDirectory(join(cacheDirectory(), 'bench')), 'opensearch-'));
  const server = await startOpenSearch({ directory, heapMib: HEAP_MIB, isLasting: true, say: (line) => process.stderr.write(`${line}\n`) });
  const client = openSearchClient(server.url, 'eu-central-1');
  try {
    return await work(client);
  } finally {
    await client.close();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

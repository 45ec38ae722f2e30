// A real OpenSearch for one benchmark: with more memory than the demo's, and the compiler unhindered.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startOpenSearch } from '../local/opensearch.ts';
import { cacheDirectory, ensureDirectory } from '../local/paths.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';

export interface ServerOptions {
  readonly heapMib?: number;
  /** Where its data are, and stay; left out: nothing stays. */
  readonly kept?: string | undefined;
}

export async function withServer<T>(work: (client: OpenSearch) => Promise<T>, { heapMib = 3072, kept }: ServerOptions = {}): Promise<T> {
  const directory = kept ?? mkdtempSync(join(ensureDirectory(join(cacheDirectory(), 'bench')), 'opensearch-'));
  const server = await startOpenSearch({ directory, heapMib, isLasting: true, say: (line) => process.stderr.write(`${line}\n`) });
  const client = openSearchClient(server.url, 'eu-central-1');
  try {
    return await work(client);
  } finally {
    await client.close();
    await server.stop();
    if (kept === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

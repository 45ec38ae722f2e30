// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
// Our own bounded writer: the client's bulk helper can hang for ever (opensearch-js issue 1061) and tells less about single items.
import { backOff, type Backoff } from '../backoff.ts';
import { RetryableError } from '../errors.ts';
import { actionLine } from '../hub/batch.ts';
import type { HubDocument } from '../model.ts';
import { isArray, isObject, text } from '../outcome.ts';
import type { OpenSearch } from './client.ts';

export interface BulkResult {
  readonly created: number;
  /** Were there already: an earlier delivery of the same event. */
  readonly duplicate: number;
  /** Refused for good, with the reason; they are to be parked. */
  readonly refused: readonly { readonly document: HubDocument; readonly reason: string }[];
}

const BACKOFF: Backoff = { baseMs: 200, capMs: 5000, attempts: 6 };

interface Item {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/**
 * Creates the documents, each exactly once whatever is delivered twice.
 * @throws RetryableError when OpenSearch cannot take some of them for now (429, 5xx, blocked index, no answer) after several attempts.
 */
export async function writeDocuments(documents: readonly HubDocument[], client: OpenSearch): Promise<BulkResult> {
  let created = 0;
  let duplicate = 0;
  const refused: { document: HubDocument; reason: string }[] = [];
  let waiting = documents;
  for (let attempt = 0; waiting.length > 0; attempt++) {
    const { items, problem } = await send(waiting, client);
    const again: HubDocument[] = [];
    for (const [at, document] of waiting.entries()) {
      const item = items[at];
      if (item?.status === 201) created++;
      else if (item?.status === 409) duplicate++;
      else if (item !== undefined && isFinal(item)) refused.push({ document, reason: `${item.type}: ${item.reason}` });
      else again.push(document);
    }
    waiting = again;
    if (waiting.length === 0) break;
    const last = problem ?? items.find(({ status }) => status >= 400 && status !== 409)?.type ?? 'no reason given';
    if (attempt + 1 >= BACKOFF.attempts) throw new RetryableError(`OpenSearch did not take ${waiting.length} of ${documents.length} documents: ${last}`);
    await backOff(attempt, BACKOFF);
  }
  return { created, duplicate, refused };
}

/** 400 is about the document, except where it is about the cluster (its shard limit). */
function isFinal({ status, type }: Item): boolean {
  return status === 400 && type !== 'validation_exception';
}

/** @returns one item per document in order; none where the request as a whole failed. */
async function send(documents: readonly HubDocument[], client: OpenSearch): Promise<{ items: readonly Item[]; problem: string | undefined }> {
  let body = '';
  for (const document of documents) body += `${actionLine(document)}\n${document.json}\n`;
  try {
    const querystring = { filter_path: 'items.*.status,items.*.error.type,items.*.error.reason' };
    const answer = await client.transport.request({ method: 'POST', path: '/_bulk', bulkBody: body, querystring });
    return { items: readItems(answer.body), problem: undefined };
  } catch (error) {
    return { items: [], problem: error instanceof Error ? `${error.name} ${error.message}`.slice(0, 200) : 'unknown' };
  }
}

function readItems(body: unknown): readonly Item[] {
  const items = isObject(body) ? body['items'] : undefined;
  return (isArray(items) ? items : []).map((item) => {
    const outcome = isObject(item) ? item['create'] : undefined;
    const error = isObject(outcome) && isObject(outcome['error']) ? outcome['error'] : {};
    return {
      status: isObject(outcome) && typeof outcome['status'] === 'number' ? outcome['status'] : 0,
      type: text(error['type']) ?? '',
      // Reasons quote the value: they go to the parked record, never to a log.
      reason: text(error['reason']) ?? '',
    };
  });
}

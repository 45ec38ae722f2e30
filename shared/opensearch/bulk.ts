// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
// Our own bounded writer: the client's bulk helper can hang for ever (opensearch-js issue 1061) and tells less about single items.
import { errors } from '@opensearch-project/opensearch';
import { backOff, type Backoff } from '../backoff.ts';
import { RetryableError } from '../errors.ts';
import { actionLine } from '../hub/format.ts';
import type { HubDocument } from '../model.ts';
import { isArray, isObject, text } from '../outcome.ts';
import type { OpenSearch } from './client.ts';
import { INDEX_PREFIX } from './index-name.ts';

export interface BulkResult {
  readonly created: number;
  /** Were there already: an earlier delivery of the same event. */
  readonly duplicate: number;
  /** Refused for good, with the reason; they are to be parked. */
  readonly refused: readonly { readonly document: HubDocument; readonly reason: string }[];
}

const BACKOFF: Backoff = { baseMs: 200, capMs: 5000, attempts: 6 };

const CREATED = 201;
const BAD_REQUEST = 400;
const CONFLICT = 409;
const FORBIDDEN = 403;
/** How OpenSearch names the block `read_only_allow_delete`, which never stands for ever. */
const LIFTED_SOON = '[TOO_MANY_REQUESTS/12/';
/** Attempts, about a second: longer, and many late documents would hold up those behind them. */
const MOMENT = 3;
const TOO_LARGE = 413;

/** What OpenSearch says of one document; status 0 where it says nothing. */
interface Item {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/**
 * Creates the documents, each exactly once whatever is delivered twice.
 * @param backoff between attempts; given in tests only.
 * @throws RetryableError when OpenSearch cannot take some of them for now (429, 5xx, blocked index, no answer) after several attempts.
 */
export async function writeDocuments(documents: readonly HubDocument[], client: OpenSearch, backoff = BACKOFF): Promise<BulkResult> {
  let created = 0;
  let duplicate = 0;
  const refused: { document: HubDocument; reason: string }[] = [];
  let waiting = documents;
  for (let attempt = 0; waiting.length > 0; attempt++) {
    const items = await send(waiting, client);
    const again: HubDocument[] = [];
    let why = '';
    for (const [at, document] of waiting.entries()) {
      const item = items[at] ?? UNANSWERED;
      if (item.status === CREATED) created++;
      else if (item.status === CONFLICT) duplicate++;
      else if (isFinal(item) && !mayPass(item, attempt)) refused.push({ document, reason: `${item.type}: ${item.reason}` });
      else {
        again.push(document);
        why = item.type;
      }
    }
    waiting = again;
    if (waiting.length === 0) break;
    if (attempt + 1 >= backoff.attempts) {
      throw new RetryableError(`OpenSearch did not take ${waiting.length} of ${documents.length} documents: ${why}`);
    }
    await backOff(attempt, backoff);
  }
  return { created, duplicate, refused };
}

/** 400 is about the document, except where it is about the cluster (its shard limit). */
function isFinal({ status, type, reason }: Item): boolean {
  // The period was made read-only: the document comes too late, and must not hold up those behind it. A block of the cluster passes.
  if (status === FORBIDDEN && type === 'cluster_block_exception') return reason.startsWith('index [');
  return status === TOO_LARGE || (status === BAD_REQUEST && type !== 'validation_exception');
}

/**
 * Blocks of the moment, while `upgrade` puts another index behind the period (shared/upgrade/move.ts, adopt.ts): who comes again is sent to that
 * one. A closed period says no once more; a plain index of an earlier version, which may be on its way to become a store, a few times.
 */
function mayPass({ status, reason }: Item, attempt: number): boolean {
  if (status !== FORBIDDEN) return false;
  return reason.includes(LIFTED_SOON) || attempt < (reason.startsWith(`index [${INDEX_PREFIX}`) ? MOMENT : 1);
}

const UNANSWERED: Item = { status: 0, type: 'no answer for it', reason: '' };

/** @returns one item per document, in order. */
async function send(documents: readonly HubDocument[], client: OpenSearch): Promise<readonly Item[]> {
  let body = '';
  for (const document of documents) body += `${actionLine(document)}\n${document.json}\n`;
  try {
    const querystring = { filter_path: 'items.*.status,items.*.error.type,items.*.error.reason' };
    const answer = await client.transport.request({ method: 'POST', path: '/_bulk', bulkBody: body, querystring });
    return readItems(answer.body);
  } catch (error) {
    const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
    // About a document, but refused as a whole: the halves are tried alone until the one is found.
    if ((status === BAD_REQUEST || status === TOO_LARGE) && documents.length > 1) {
      const half = documents.length >> 1;
      const first = await send(documents.slice(0, half), client);
      return [...pad(first, half), ...(await send(documents.slice(half), client))];
    }
    const item = { status: status ?? 0, type: problemOf(error), reason: '' };
    return documents.map(() => item);
  }
}

function pad(items: readonly Item[], length: number): readonly Item[] {
  return Array.from({ length }, (_, at) => items[at] ?? UNANSWERED);
}

function problemOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}`.slice(0, 200) : 'unknown';
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

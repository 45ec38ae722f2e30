// Copies documents from one index to another as often as it takes: each pass takes what was written since the pass before, by sequence number, and
// leaves alone what is there. https://docs.opensearch.org/latest/api-reference/document-apis/reindex/, https://docs.opensearch.org/latest/api-reference/tasks/
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@opensearch-project/opensearch';
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { ask } from './ask.ts';

export interface Copying {
  readonly client: OpenSearch;
  readonly from: string;
  readonly to: string;
  /** Documents per second at most; as fast as it goes where absent. */
  readonly rate?: number | undefined;
  /** Told while a pass runs. */
  readonly onProgress?: (done: number, total: number) => void;
  /** @throws where the work is somebody else's by now. */
  readonly assertMine: () => void;
}

const NOT_FOUND = 404;
const POLL_MS = { first: 40, longest: 2000 };
/** The last pass before a swap is to be short. */
const FEW = 2000;
const MOST_PASSES = 40;
/** How far an index was read, by the sequence numbers of its shards. */
export interface Reached {
  /** The lowest: what comes later on any shard has a higher number. */
  readonly lowest: number;
  /** Of all shards: the same means that nothing was written. */
  readonly sum: number;
}

export const NOTHING: Reached = { lowest: -1, sum: Number.NaN };

/** Makes searchable what was written until now. */
export async function refresh(client: OpenSearch, index: string): Promise<void> {
  await ask(client, { method: 'POST', path: `/${index}/_refresh` });
}

/**
 * @returns how far every operation is on all copies of its shard.
 * @throws RetryableError while a primary shard is missing.
 */
export async function checkpointOf(client: OpenSearch, index: string): Promise<Reached> {
  const filter_path = 'indices.*.shards.*.seq_no.global_checkpoint,indices.*.shards.*.routing.primary';
  const body = await ask(client, {
    method: 'GET',
    path: `/${index}/_stats`,
    querystring: { level: 'shards', filter_path },
  });
  const shards = object(object(object(body['indices'])?.[index])?.['shards']) ?? {};
  const reached = Object.values(shards)
    .flatMap((copies) => (isArray(copies) ? copies.filter(isObject) : []))
    .filter((copy) => object(copy['routing'])?.['primary'] === true)
    .map((copy) => Number(object(copy['seq_no'])?.['global_checkpoint']));
  if (reached.length === 0 || reached.some(Number.isNaN))
    throw new RetryableError(`a shard of ${index} is missing: run it again once it is back`);
  return { lowest: Math.min(...reached), sum: reached.reduce((sum, one) => sum + one, 0) };
}

export async function countOf(client: OpenSearch, index: string): Promise<number> {
  const body = await ask(client, { method: 'GET', path: `/${index}/_count` });
  const count = body['count'];
  if (typeof count !== 'number') throw new RetryableError(`the documents of ${index} could not be counted`);
  return count;
}

/**
 * Passes until one has next to nothing to do. @param since as of an earlier pass. @returns what the next pass may begin with.
 * @throws RetryableError where documents come faster than they are copied.
 */
export async function copyAlmostAll(copying: Copying, since: Reached): Promise<Reached> {
  await otherTasksEnded(copying);
  let reached = since;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const { created, upTo } = await copyPass(copying, reached);
    reached = upTo;
    if (created <= FEW) return reached;
  }
  throw new RetryableError(
    `${copying.from} grows faster than it is copied: run it again with a higher --rate, or when its periods are over`,
  );
}

/** One pass over what was written after `since` and before now. */
export async function copyPass(copying: Copying, since: Reached): Promise<{ readonly created: number; readonly upTo: Reached }> {
  copying.assertMine();
  const { client, from, to, rate } = copying;
  const upTo = await checkpointOf(client, from);
  if (upTo.sum === since.sum) return { created: 0, upTo };
  await refresh(client, from);
  const query = { range: { _seq_no: { gt: since.lowest } } };
  const body = await ask(client, {
    method: 'POST',
    path: '/_reindex',
    querystring: {
      wait_for_completion: 'false',
      slices: 'auto',
      ...(rate === undefined ? {} : { requests_per_second: String(rate) }),
    },
    body: { conflicts: 'proceed', source: { index: from, query }, dest: { index: to, op_type: 'create' } },
  });
  const task = text(body['task']);
  if (task === undefined) throw new RetryableError(`OpenSearch began no copy of ${from}`);
  const response = await taskEnded(client, task, (status) =>
    copying.onProgress?.(Number(status['created'] ?? 0) + Number(status['version_conflicts'] ?? 0), Number(status['total'] ?? 0)),
  );
  const failures = isArray(response['failures']) ? response['failures'] : [];
  if (failures.length > 0) throw refused(from, to, failures);
  return { created: Number(response['created'] ?? 0), upTo };
}

function refused(from: string, to: string, failures: readonly unknown[]): Error {
  const [first] = failures.filter(isObject);
  const cause = object(first?.['cause']);
  const status = Number(first?.['status'] ?? 0);
  const type = text(cause?.['type']) ?? 'unknown';
  // The reason quotes the value: it is not for a terminal's log.
  const message = `${failures.length} documents of ${from} or more were not taken by ${to}, the first one ${text(first?.['id']) ?? ''}: ${type}`;
  return status === 400 ? new MisconfiguredError(`${message}; ${from} stays as it is`) : new RetryableError(`${message}; run it again`);
}

/** @returns the task's response. @throws RetryableError where its node is gone, or it was cancelled. */
export async function taskEnded(
  client: OpenSearch,
  task: string,
  onStatus: (status: JsonObject) => void = () => undefined,
): Promise<JsonObject> {
  for (let wait = POLL_MS.first; ; wait = Math.min(POLL_MS.longest, wait * 1.5)) {
    await sleep(wait);
    const answer = await ask(client, { method: 'GET', path: `/_tasks/${task}` }, { ignore: [NOT_FOUND] });
    if (answer['status'] === NOT_FOUND) throw new RetryableError(`OpenSearch lost its task ${task}, as when a node restarts: run it again`);
    const error = object(answer['error']);
    if (error !== undefined) throw new RetryableError(`OpenSearch gave up task ${task}: ${text(error['type']) ?? ''}`);
    onStatus(object(object(answer['task'])?.['status']) ?? {});
    if (answer['completed'] !== true) continue;
    const response = object(answer['response']) ?? {};
    if (text(response['canceled']) !== undefined) throw new RetryableError(`task ${task} was cancelled: run it again`);
    return response;
  }
}

/** What an upgrade that was killed had begun goes on in OpenSearch: two copies at once would only take longer. */
async function otherTasksEnded({ client, to }: Copying): Promise<void> {
  for (;;) {
    const body = await ask(client, {
      method: 'GET',
      path: '/_tasks',
      querystring: { actions: '*reindex', detailed: 'true', group_by: 'none' },
    });
    const tasks = body['tasks'];
    const own = (isArray(tasks) ? tasks : []).filter((task) => text(object(task)?.['description'])?.includes(`to [${to}]`) === true);
    if (own.length === 0) return;
    await sleep(POLL_MS.longest);
  }
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof errors.ResponseError && error.statusCode === status;
}

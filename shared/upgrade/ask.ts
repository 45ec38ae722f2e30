// Requests of an upgrade: all that are answered with an object, some after a long time. https://docs.opensearch.org/latest/clients/javascript/index/
import type { JsonObject } from '../model.ts';
import { ask as askOpenSearch } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { object } from '../outcome.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly querystring?: Record<string, string>;
  readonly body?: Record<string, unknown>;
}

interface Terms {
  /** ms until it must have answered; refreshes, blocks and clones of a busy cluster take long. */
  readonly requestTimeout?: number;
  /** HTTP statuses that are answers like others. */
  readonly ignore?: number[];
}

/** @returns the answer; empty where it is no object. @throws ResponseError, ConnectionError and TimeoutError as they come. */
export async function ask(
  client: OpenSearch,
  { method, path, querystring: query, body }: Request,
  { requestTimeout: timeoutMs = 120_000, ignore = [] }: Terms = {},
): Promise<JsonObject> {
  const question = { method, ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }), timeoutMs, ignore };
  return object(await askOpenSearch(client, path, question)) ?? {};
}

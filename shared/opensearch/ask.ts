// Requests to OpenSearch whose answers are looked at as unknown JSON, and its errors by their type. https://docs.opensearch.org/latest/api-reference/
import { errors } from '@opensearch-project/opensearch';
import { isObject, text } from '../outcome.ts';
import type { OpenSearch } from './client.ts';

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Until it must have answered; default: the client's. */
  readonly timeoutMs?: number;
  /** HTTP statuses that are answers like others. */
  readonly ignore?: readonly number[];
}

/** @returns the body of the answer. @throws ResponseError and ConnectionError as they come. */
export async function ask(client: OpenSearch, path: string, question: Question = {}): Promise<unknown> {
  const { method = 'GET', query, body, timeoutMs, ignore } = question;
  const request = { method, path, ...(query === undefined ? {} : { querystring: query }), ...(body === undefined ? {} : { body }) };
  const answer = await client.transport.request(request, {
    ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
    ...(ignore === undefined ? {} : { ignore: [...ignore] }),
  });
  return answer.body;
}

/** OpenSearch tells numbers as numbers here, as text there. @returns 0 where it is neither. */
export function numberOf(candidate: unknown): number {
  const found = typeof candidate === 'string' || typeof candidate === 'number' ? Number(candidate) : 0;
  return Number.isFinite(found) ? found : 0;
}

/** @returns what OpenSearch calls the error, `repository_missing_exception` for example; undefined where it is none of its errors. */
export function typeOf(error: unknown): string | undefined {
  if (!(error instanceof errors.ResponseError)) return undefined;
  const body: unknown = error.body;
  const found = isObject(body) ? body['error'] : undefined;
  return isObject(found) ? text(found['type']) : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const NOT_FOUND = 404;

/** @returns undefined where what was asked for is not there. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === NOT_FOUND) return undefined;
    throw error;
  }
}

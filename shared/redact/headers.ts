// Credentials in HTTP headers that a log repeats (WAF does): their names stay, their values do not. The sealed evidence keeps them.
// https://www.rfc-editor.org/rfc/rfc9110#section-11, https://www.rfc-editor.org/rfc/rfc6265
import type { Transform } from '../normalise.ts';
import { isArray, isObject, value } from '../outcome.ts';

const MASK = '***';

/** In lower case. */
const SECRET: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-amz-security-token',
  'x-auth-token',
  'x-csrf-token',
]);

export const withoutCredentials: Transform = (event) => {
  const request = event['http_request'];
  const headers = isObject(request) ? request['http_headers'] : undefined;
  if (!isArray(headers) || !headers.some(isSecret)) return value(event);
  const masked = headers.map((header) => (isSecret(header) ? { ...(isObject(header) ? header : {}), value: MASK } : header));
  return value({ ...event, http_request: { ...(isObject(request) ? request : {}), http_headers: masked } });
};

function isSecret(header: unknown): boolean {
  return isObject(header) && typeof header['name'] === 'string' && SECRET.has(header['name'].toLowerCase());
}

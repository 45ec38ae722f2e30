// Credentials in HTTP headers that a log repeats (WAF and CloudFront do): their names stay, their values do not. The sealed evidence keeps them.
// https://www.rfc-editor.org/rfc/rfc9110#section-11, https://www.rfc-editor.org/rfc/rfc6265
import type { Transform } from '../normalise.ts';
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject, value } from '../outcome.ts';

const MASK = '***';

/** In lower case. */
const SECRET: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookies',
  'set-cookie',
  'x-api-key',
  'x-amz-security-token',
  'x-auth-token',
  'x-csrf-token',
]);

export const withoutCredentials: Transform = (event) => {
  const request = withoutListed(event['http_request']);
  const response = withoutListed(event['http_response']);
  const cookies = isArray(event['http_cookies']) ? event['http_cookies'].map(withoutValue) : undefined;
  const unmapped = event.unmapped === undefined ? undefined : inMembers(event.unmapped);
  if (request === event['http_request'] && response === event['http_response'] && unmapped === event.unmapped && cookies === undefined) {
    return value(event);
  }
  return value({
    ...event,
    ...(request === undefined ? {} : { http_request: request }),
    ...(response === undefined ? {} : { http_response: response }),
    ...(cookies === undefined ? {} : { http_cookies: cookies }),
    ...(unmapped === undefined ? {} : { unmapped }),
  });
};

function withoutListed(message: unknown): unknown {
  const headers = isObject(message) ? message['http_headers'] : undefined;
  if (!isObject(message) || !isArray(headers) || !headers.some(isSecret)) return message;
  return { ...message, http_headers: headers.map((header) => (isSecret(header) ? withoutValue(header) : header)) };
}

function withoutValue(header: Json): Json {
  return isObject(header) ? { ...header, value: MASK } : header;
}

function isSecret(header: unknown): header is JsonObject {
  return isObject(header) && isSecretName(header['name']);
}

function isSecretName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= LONGEST_NAME && SECRET.has(plainName(name));
}

const LONGEST_NAME = 40;

/** Logs write cs(Cookie), cs-cookie, request_cookie. */
function plainName(name: string): string {
  const plain = name.toLowerCase().replaceAll('_', '-');
  return SAID_BY.exec(plain)?.[1] ?? plain;
}

const SAID_BY = /^(?:[cs]s?-|[cs]s?\(|http-|request-|response-)([a-z-]+)\)?$/;

/** Copies along the way to what is masked, nothing else. */
function inMembers(node: JsonObject): JsonObject {
  if (isSecret(node) && node['value'] !== undefined) return { ...node, value: MASK };
  let copy: Record<string, Json | undefined> | undefined;
  for (const [name, member] of Object.entries(node)) {
    if (member === null || member === undefined || typeof member === 'number' || typeof member === 'boolean') continue;
    const clean = isSecretName(name) ? masked(member) : inValue(member, name);
    if (clean === member) continue;
    copy ??= { ...node };
    copy[name] = clean;
  }
  return copy ?? node;
}

function inValue(member: Json, name: string): Json {
  if (typeof member === 'string') return isHeaders(name) ? inLines(member) : member;
  if (isObject(member)) return inMembers(member);
  if (!isArray(member)) return member;
  // Frameworks write a header as a pair.
  if (member.length === 2 && isSecretName(member[0])) return [member[0] ?? null, MASK];
  const clean = member.map((element) => inValue(element, name));
  return clean.some((element, at) => element !== member[at]) ? clean : member;
}

function isHeaders(name: string): boolean {
  return name.length <= LONGEST_NAME && /headers?$/i.test(name);
}

/** CloudFront writes `host:a.example%0Acookie:b=c%0A`. */
function inLines(headers: string): string {
  const lines = headers.split(/(%0A|\n)/i);
  const clean = lines.map((line) => {
    const [, name, colon = ''] = NAME.exec(line) ?? [];
    return isSecretName(name) ? `${name ?? ''}${colon}${MASK}` : line;
  });
  return clean.join('');
}

const NAME = /^\s?([A-Za-z_-]{1,40})(:|%3A)/i;

/** All texts of it; a hyphen says that there is none. */
function masked(member: Json): Json {
  if (typeof member === 'string') return member === '' || member === '-' ? member : MASK;
  if (isArray(member)) return member.map(masked);
  if (!isObject(member)) return member;
  return Object.fromEntries(Object.entries(member).map(([name, inner]) => [name, inner === undefined ? inner : masked(inner)]));
}

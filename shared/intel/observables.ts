// What of an event is looked up: addresses, names, URLs, hashes, mail addresses, wallets, vulnerabilities. https://schema.ocsf.io/1.8.0/objects/observable
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { BLOCKCHAIN_ADDRESS } from '../sources/lib/observables.ts';

/** `host` may be a name or an address. */
export type ObservedKind = 'address' | 'host' | 'url' | 'hash' | 'email' | 'user_agent' | 'wallet' | 'cve';

/** @param path of the attribute, as `answers[].rdata`. */
export type Observe = (kind: ObservedKind, path: string, value: string) => void;

type Node = Readonly<Record<string, unknown>>;

/** Calls `take` with each text that may be an indicator, as the event has it; lists are looked at so far. */
const MAX_LISTED = 256;

export function observeEvent(event: OcsfEvent, take: Observe): void {
  endpoint(event['src_endpoint'], 'src_endpoint', take);
  endpoint(event['dst_endpoint'], 'dst_endpoint', take);
  // Most events are flows: they have nothing of what follows.
  const { http_request: request, query, observables } = event;
  if (isObject(request)) web(request, take);
  if (isObject(query)) text(query['hostname'], 'host', 'query.hostname', take);
  for (const answer of list(event['answers'])) if (isObject(answer)) text(answer['rdata'], 'host', 'answers[].rdata', take);
  endpoint(event['proxy_endpoint'], 'proxy_endpoint', take);
  if (isObject(event['url'])) link(event['url'], 'url', take);
  people(event, take);
  files(event, take);
  for (const own of list(observables)) {
    if (isObject(own) && own['type'] === BLOCKCHAIN_ADDRESS) text(own['value'], 'wallet', 'observables[].value', take);
  }
  for (const found of list(event['vulnerabilities'])) {
    const cve = isObject(found) ? found['cve'] : undefined;
    if (isObject(cve)) text(cve['uid'], 'cve', 'vulnerabilities[].cve.uid', take);
  }
}

function text(value: unknown, kind: ObservedKind, path: string, take: Observe): void {
  if (typeof value === 'string' && value !== '') take(kind, path, value);
}

function list(candidate: unknown): readonly unknown[] {
  if (!isArray(candidate)) return NONE;
  return candidate.length > MAX_LISTED ? candidate.slice(0, MAX_LISTED) : candidate;
}

const NONE: readonly unknown[] = [];

function endpoint(node: unknown, path: string, take: Observe): void {
  if (!isObject(node)) return;
  const { ip, hostname, domain, intermediate_ips: between } = node;
  if (typeof ip === 'string') take('address', PATHS[path] ?? `${path}.ip`, ip);
  if (hostname !== undefined) text(hostname, 'host', `${path}.hostname`, take);
  if (domain !== undefined) text(domain, 'host', `${path}.domain`, take);
  if (between !== undefined) for (const one of list(between)) text(one, 'address', `${path}.intermediate_ips[]`, take);
}

/** Not made anew for every flow. */
const PATHS: Readonly<Record<string, string>> = { src_endpoint: 'src_endpoint.ip', dst_endpoint: 'dst_endpoint.ip' };

function web(request: Node, take: Observe): void {
  if (isObject(request['url'])) link(request['url'], 'http_request.url', take);
  text(request['user_agent'], 'user_agent', 'http_request.user_agent', take);
  for (const one of list(request['x_forwarded_for'])) text(one, 'address', 'http_request.x_forwarded_for[]', take);
}

/** Where the URL is told in parts alone, it is put together again. */
function link(url: Node, path: string, take: Observe): void {
  const { url_string: whole, hostname, path: place = '/', query_string: query } = url;
  text(hostname, 'host', `${path}.hostname`, take);
  if (typeof whole === 'string' && whole !== '') take('url', `${path}.url_string`, whole);
  else if (typeof hostname === 'string' && hostname !== '' && typeof place === 'string')
    take('url', `${path}.path`, hostname + place + (typeof query === 'string' && query !== '' ? `?${query}` : ''));
}

function people(event: OcsfEvent, take: Observe): void {
  const { actor, user, email } = event;
  for (const [one, path] of [
    [isObject(actor) ? actor['user'] : undefined, 'actor.user'],
    [user, 'user'],
  ] as const) {
    if (!isObject(one)) continue;
    text(one['email_addr'], 'email', `${path}.email_addr`, take);
    const { name } = one;
    if (typeof name === 'string' && name.includes('@')) take('email', `${path}.name`, name);
  }
  if (!isObject(email)) return;
  text(email['from'], 'email', 'email.from', take);
  for (const one of list(email['to'])) text(one, 'email', 'email.to[]', take);
}

function files(event: OcsfEvent, take: Observe): void {
  const { file, process } = event;
  hashes(file, 'file', take);
  if (isObject(process)) hashes(process['file'], 'process.file', take);
}

function hashes(file: unknown, path: string, take: Observe): void {
  if (!isObject(file)) return;
  for (const hash of list(file['hashes'])) if (isObject(hash)) text(hash['value'], 'hash', `${path}.hashes[].value`, take);
}

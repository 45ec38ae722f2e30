// The request in a record of AWS WAF to attributes of HTTP Activity: headers and URL.
// https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html (httpRequest)
import type { JsonObject } from '../model.ts';
import { ipOf } from '../ocsf/event.ts';
import { isArray, object } from '../outcome.ts';
import { type Fields, markTaken, peekText, takeText } from './lib/fields.ts';
import { portOf } from './lib/values.ts';

export interface Headers {
  readonly host?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly referrer?: string | undefined;
  readonly forwardedFor?: readonly string[] | undefined;
  /** All others, and what came a second time. */
  readonly others?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

export function headersOf(request: Fields): Headers {
  const listed = request.members['headers'];
  if (!isArray(listed)) return {};
  const found: { -readonly [K in keyof Headers]: Headers[K] } = {};
  const others: { name: string; value: string }[] = [];
  for (const header of listed) {
    const name = object(header)?.['name'];
    const said = object(header)?.['value'];
    // All of them or none: the list stays what it was.
    if (typeof name !== 'string' || typeof said !== 'string') return {};
    if (!moved(found, name.toLowerCase(), said)) others.push({ name, value: said });
  }
  markTaken(request, 'headers');
  if (others.length > 0) found.others = others;
  return found;
}

/** @returns true where the header has an attribute of its own that is not set yet. */
function moved(found: { -readonly [K in keyof Headers]: Headers[K] }, name: string, said: string): boolean {
  if (said === '') return false;
  switch (name) {
    case 'host':
      if (found.host !== undefined) return false;
      found.host = said;
      return true;
    case 'user-agent':
      if (found.userAgent !== undefined) return false;
      found.userAgent = said;
      return true;
    case 'referer':
      if (found.referrer !== undefined) return false;
      found.referrer = said;
      return true;
    case 'x-forwarded-for': {
      const ips = said.split(',').map((one) => one.trim());
      if (found.forwardedFor !== undefined || !ips.every((ip) => ipOf(ip) !== undefined)) return false;
      found.forwardedFor = ips;
      return true;
    }
    default:
      return false;
  }
}

/** OCSF wants a path in every URL. */
export function urlOf(request: Fields, { host }: Headers): JsonObject | undefined {
  const path = takeText(request, 'uri');
  const own = peekText(request, 'host');
  const authority = host ?? own;
  if (authority === own) markTaken(request, 'host');
  if (path === undefined) return authority === undefined ? undefined : { url_string: `//${authority}` };
  return {
    scheme: takeText(request, 'scheme'),
    ...(authority === undefined ? undefined : hostOf(authority)),
    path,
    query_string: takeText(request, 'args'),
  };
}

function hostOf(authority: string): { readonly hostname: string; readonly port?: number } {
  const colon = authority.lastIndexOf(':');
  const port = colon <= 0 ? undefined : portOf(authority.slice(colon + 1));
  return port === undefined ? { hostname: authority } : { hostname: authority.slice(0, colon), port };
}

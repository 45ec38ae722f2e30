// Request lines and URLs of HTTP (RFC 9112) to the attributes of HTTP Activity. https://www.rfc-editor.org/rfc/rfc9112#section-3
import { portOf } from './values.ts';

/** Activity ids of HTTP Activity by method: OCSF allows no other method in http_method, so another one is the activity_name. https://schema.ocsf.io/1.8.0/classes/http_activity */
export const HTTP_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['CONNECT', 1],
  ['DELETE', 2],
  ['GET', 3],
  ['HEAD', 4],
  ['OPTIONS', 5],
  ['POST', 6],
  ['PUT', 7],
  ['TRACE', 8],
  ['PATCH', 9],
]);
const SCHEMES: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss', 'h2', 'grpcs']);

/** https://schema.ocsf.io/1.8.0/objects/url: either its parts, or the whole where they would not give the whole again. */
export interface Url {
  readonly scheme?: string;
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: string;
  readonly query_string?: string | undefined;
  readonly url_string?: string;
}

export interface RequestLine {
  readonly method: string;
  readonly url: Url;
  readonly version: string | undefined;
}

/** Method up to the first space, version behind the last one: whatever stands between them, spaces too, was asked for. */
export function requestLineOf(text: string | undefined): RequestLine | undefined {
  if (text === undefined) return undefined;
  const first = text.indexOf(' ');
  const last = text.lastIndexOf(' ');
  if (first <= 0 || last <= first + 1) return undefined;
  const version = text.slice(last + 1);
  return {
    method: text.slice(0, first),
    url: urlOf(text.slice(first + 1, last)),
    version: version === '' ? undefined : version,
  };
}

export function urlOf(text: string): Url {
  const colon = text.indexOf('://');
  const scheme = text.slice(0, Math.max(colon, 0));
  const slash = text.indexOf('/', colon + 3);
  if (!SCHEMES.has(scheme) || slash < 0) return { url_string: text };
  const mark = text.indexOf('?', colon + 3);
  const portAt = text.lastIndexOf(':', slash);
  const number = portAt < colon + 4 ? undefined : portOf(text.slice(portAt + 1, slash));
  if (number === undefined || (mark >= 0 && mark < slash)) return { url_string: text };
  return {
    scheme,
    hostname: text.slice(colon + 3, portAt),
    port: number,
    path: mark < 0 ? text.slice(slash) : text.slice(slash, mark),
    query_string: mark < 0 ? undefined : text.slice(mark + 1),
  };
}

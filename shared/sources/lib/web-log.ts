// Access logs of web servers (common and combined format, with a virtual host before it or more fields behind it) to HTTP Activity 4002, lines
// of their error logs to Base Event 0. https://httpd.apache.org/docs/2.4/logs.html, https://nginx.org/en/docs/http/ngx_http_log_module.html
//  - The client is src_endpoint, the virtual host dst_endpoint, the authenticated user the actor.
//  - What the server sent is traffic.bytes_in of the client.
//  - Text is kept as the server wrote it: nginx writes a quote as `\x22`, Apache as `\"`.
//  - The header that a line has which came by syslog is in `unmapped`.
import type { JsonObject, OcsfEvent, OcsfMetadata, Outcome, RawRecord } from '../../model.ts';
import { BASE_EVENT, classify, HTTP_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../../ocsf/classes.ts';
import { ipOf } from '../../ocsf/event.ts';
import { reject, text, value } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { deliveredAt, deliveredCloud, deliveryOf, profilesOf } from './delivery.ts';
import { HTTP_ACTIVITIES, requestLineOf, urlOf, type RequestLine, type Url } from './http.ts';
import { severityOfLevel } from './levels.ts';
import { unmappedFrom, type Stray } from './line.ts';
import { fieldAt, quotedFields } from './quoted.ts';
import { parseSyslog } from './syslog.ts';
import { accessLogTime } from './times.ts';
import { portOf, wholeOf } from './values.ts';

export interface Access {
  readonly kind: 'access';
  /** ms since the epoch. */
  readonly time: number;
  readonly timeText: string;
  /** `host:port` of vhost_combined. */
  readonly vhost: string | undefined;
  readonly client: string;
  readonly ident: string | undefined;
  readonly user: string | undefined;
  /** From the request line on. */
  readonly fields: readonly string[];
}

export interface ServerError {
  readonly kind: 'error';
  readonly time: number;
  readonly timeText: string;
  readonly level: string;
  readonly message: string;
  readonly pid: number | undefined;
  readonly code: string | undefined;
  readonly stray: readonly Stray[];
}

/** One line. */
export interface WebRecord {
  readonly line: Access | ServerError;
  /** What stood before it. */
  readonly header: string | undefined;
}

const REQUEST = 0;
const STATUS_CODE = 1;
const BYTES = 2;
const REFERER = 3;
const AGENT = 4;
const MORE = 5;

/** `[10/Oct/2000:13:55:36 -0700] `, as long as it always is, or with milliseconds. */
const TIME = /\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d{4})\] $/;
const MAX_TIME = 40;

/** @param read the line, without what syslog puts before it. */
export function webRecord(record: RawRecord, context: Context, read: (line: string) => Outcome<Access | ServerError>): Outcome<WebRecord> {
  const message = record.text.startsWith('<') ? parseSyslog(record.text, deliveredAt(record, context))?.message : undefined;
  const line = read(message ?? record.text);
  const header = message === undefined ? undefined : record.text.slice(0, record.text.length - message.length).trimEnd();
  return line.kind === 'value' ? value({ line: line.value, header }) : line;
}

/**
 * The first quote opens the request line: servers write quotes in what stands before it, a user's name, in another way. So the time right
 * before it is the server's own.
 */
export function accessOf(line: string): Outcome<Access> {
  const quote = requestAt(line);
  if (quote < 0) return reject('malformed_record', 'no request line in quotes');
  const match = TIME.exec(line.slice(Math.max(0, quote - MAX_TIME), quote));
  const timeText = match?.[1];
  if (match === null || timeText === undefined) return reject('malformed_record', 'no time before the request line');
  const time = accessLogTime(timeText);
  if (time === undefined) return reject('bad_value', 'the time is none');
  const fields = quotedFields(line.slice(quote));
  if (fields === undefined) return reject('malformed_record', 'the quotes do not pair up');
  if (fields.length <= STATUS_CODE) return reject('malformed_record', 'it ends before the status code');
  const who = whoOf(line.slice(0, quote - match[0].length).trimEnd());
  return who === undefined
    ? reject('malformed_record', 'fewer than 3 fields before the time')
    : value({ kind: 'access', time, timeText, ...who, fields });
}

/** In a user's name Apache writes a quote behind a backslash, and a name that is empty as two quotes. */
function requestAt(line: string): number {
  let quote = line.indexOf('"');
  while (quote > 0 && isEscaped(line, quote)) quote = line.indexOf('"', quote + 1);
  return quote >= 0 && line.startsWith('"" [', quote) ? line.indexOf('"', quote + 2) : quote;
}

function isEscaped(line: string, at: number): boolean {
  let before = at;
  while (line.charAt(before - 1) === '\\') before--;
  return (at - before) % 2 === 1;
}

/** @param text what stands before the time. */
function whoOf(text: string): Pick<Access, 'vhost' | 'client' | 'ident' | 'user'> | undefined {
  const words = text.split(' ');
  const first = words[0] ?? '';
  // An IPv6 address may look like a host with a port.
  const vhost = words.length > 3 && ipOf(first) === undefined && /:\d{1,5}$/.test(first) ? words.shift() : undefined;
  const [client = '', ident, ...user] = words;
  if (client === '' || user.length === 0) return undefined;
  const name = user.join(' ');
  return { vhost, client, ident: dashed(ident), user: name === '""' ? '' : dashed(name) };
}

function dashed(field: string | undefined): string | undefined {
  return field === '-' ? undefined : text(field);
}

export interface WebServer {
  readonly product: OcsfMetadata['product'];
  /** Whether a single field behind the user agent holds the addresses of X-Forwarded-For. */
  readonly forwarded: boolean;
}

const OTHER = 99;

export function webEvent({ line, header }: WebRecord, server: WebServer, record: RawRecord, context: Context): OcsfEvent {
  const { attributes, host, metadata, stray } = line.kind === 'access' ? accessAttributes(line, server) : errorAttributes(line);
  return {
    ...attributes,
    time: line.time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: server.product,
      profiles: profilesOf(context, host),
      // A time of UTC says no more than its ms.
      original_time: line.timeText.endsWith(' +0000') ? undefined : line.timeText,
      ...metadata,
      ...deliveryOf(record, line.time, context),
    },
    cloud: deliveredCloud(context),
    unmapped: unmappedFrom(header === undefined ? stray : [...stray, ['syslog', header]]),
  };
}

interface Attributes {
  readonly attributes: ReturnType<typeof classify> & { readonly severity_id: number; readonly [attribute: string]: unknown };
  /** Whether attributes of profile `host` are among them. */
  readonly host: boolean;
  readonly metadata?: Partial<OcsfMetadata>;
  readonly stray: readonly Stray[];
}

function accessAttributes(access: Access, server: WebServer): Attributes {
  const { fields, user } = access;
  const request = requestOf(fieldAt(fields, REQUEST));
  const method = request?.method === '-' ? undefined : request?.method;
  const activity = method === undefined ? 0 : (HTTP_ACTIVITIES.get(method) ?? OTHER);
  const code = wholeOf(fieldAt(fields, STATUS_CODE));
  const sent = wholeOf(fieldAt(fields, BYTES));
  const forwarded = server.forwarded && fields.length === MORE + 1 ? addressesOf(fieldAt(fields, MORE)) : undefined;
  return {
    attributes: {
      ...classify(HTTP_ACTIVITY, activity),
      activity_name: activity === OTHER ? method : undefined,
      severity_id: SEVERITY.informational,
      ...responseOf(code),
      actor: user === undefined ? undefined : { user: { name: user } },
      src_endpoint: endpointOf(access.client),
      dst_endpoint: vhostOf(access.vhost),
      http_request: {
        http_method: activity === OTHER ? undefined : method,
        url: request?.url,
        version: request?.version,
        referrer: fieldAt(fields, REFERER),
        user_agent: fieldAt(fields, AGENT),
        x_forwarded_for: forwarded,
      },
      traffic: sent === undefined ? undefined : { bytes_in: sent },
    },
    host: user !== undefined,
    stray: strayOf(access, { request: request !== undefined, code, sent, forwarded: forwarded !== undefined }),
  };
}

function responseOf(code: number | undefined): { readonly status_id?: number; readonly http_response?: { readonly code: number } } {
  return code === undefined ? {} : { status_id: code < 400 ? STATUS.success : STATUS.failure, http_response: { code } };
}

/** A request line of HTTP 0.9 has no version. */
function requestOf(line: string | undefined): RequestLine | undefined {
  const request = requestLineOf(line) ?? shortRequest(line);
  return request === undefined ? undefined : { ...request, url: pathOf(request.url) };
}

function shortRequest(line: string | undefined): RequestLine | undefined {
  const [method = '', target = ''] = line?.split(' ', 3) ?? [];
  return line === `${method} ${target}` && HTTP_ACTIVITIES.has(method) && target !== ''
    ? { method, url: urlOf(target), version: undefined }
    : undefined;
}

function pathOf(url: Url): Url {
  const target = url.url_string;
  if (target?.startsWith('/') !== true) return url;
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target } : { path: target.slice(0, mark), query_string: target.slice(mark + 1) };
}

function endpointOf(client: string): JsonObject {
  const ip = ipOf(client);
  return ip === undefined ? { domain: client } : { ip };
}

function vhostOf(vhost: string | undefined): JsonObject | undefined {
  if (vhost === undefined) return undefined;
  const colon = vhost.lastIndexOf(':');
  const port = portOf(vhost.slice(colon + 1));
  return port === undefined ? { hostname: vhost } : { hostname: vhost.slice(0, colon), port };
}

function addressesOf(field: string | undefined): readonly string[] | undefined {
  const addresses = field?.split(',').map((address) => ipOf(address.trim()));
  return addresses?.every((address) => address !== undefined) === true ? addresses : undefined;
}

interface Placed {
  readonly request: boolean;
  readonly code: number | undefined;
  readonly sent: number | undefined;
  readonly forwarded: boolean;
}

function strayOf({ fields, ident }: Access, placed: Placed): readonly Stray[] {
  const stray: Stray[] = [];
  const [request, code, bytes] = [fieldAt(fields, REQUEST), fieldAt(fields, STATUS_CODE), fieldAt(fields, BYTES)];
  if (ident !== undefined) stray.push(['ident', ident]);
  if (!placed.request && request !== undefined) stray.push(['request', request]);
  if (placed.code === undefined && code !== undefined) stray.push(['status', code]);
  if (placed.sent === undefined && bytes !== undefined) stray.push(['bytes_sent', bytes]);
  if (!placed.forwarded && fields.slice(MORE).some((field) => field !== '-')) stray.push(['additional_fields', fields.slice(MORE)]);
  return stray;
}

// ── Error logs ──

function errorAttributes({ level, pid, code, message, stray }: ServerError): Attributes {
  // Apache counts traces from 1 to 8.
  return {
    attributes: {
      ...classify(BASE_EVENT, 0),
      ...severityOfLevel(level.startsWith('trace') ? 'trace' : level),
      message: text(message),
      actor: pid === undefined ? undefined : { process: { pid } },
    },
    host: pid !== undefined,
    metadata: { log_level: level, event_code: code },
    stray,
  };
}

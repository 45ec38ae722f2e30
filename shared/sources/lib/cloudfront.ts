// One request in CloudFront's logs, standard or real-time, to HTTP Activity 4002. https://schema.ocsf.io/1.8.0/classes/http_activity
//  - The viewer is src_endpoint, the distribution dst_endpoint; bytes to the viewer are traffic.bytes_in of the source.
//  - Standard logs call the host that the viewer asked for x-host-header and the distribution's own name cs(Host); real-time logs the other
//    way round.
//  - URLs, referrers and the rest are kept as CloudFront wrote them, URL-encoded; the user agent is decoded, as other sources have it.
//  - Status 000 is a viewer that left before the answer: no response, status_code 000.
//  - `-` is absence. Every other value without a place is in `unmapped`, under the column's name.
import { digest } from '../../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../../model.ts';
import { classify, HTTP_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../../ocsf/classes.ts';
import { epochMs, ipOf } from '../../ocsf/event.ts';
import { reject, value } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { cell, type Column, type Row } from './cloudfront-columns.ts';
import { HTTP_ACTIVITIES } from './http.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './line.ts';
import { millisecondsOf, portOf, wholeOf } from './values.ts';

/** What tells the logs apart. */
export interface Kind {
  readonly source: string;
  readonly product: { readonly name: string; readonly vendor_name: string; readonly feature?: { readonly name: string } };
  /** Column of the host that the viewer asked for, and of the distribution's name. */
  readonly asked: Column;
  readonly distribution: Column;
}

/** One row, and when it happened, ms since the epoch. */
export interface Request {
  readonly row: Row;
  readonly time: number;
}

const OTHER = 99;
const PROFILES = ['cloud'];
const CLIENT_LEFT = '000';

/** @param isGuessed the order of the columns was not told by the file: values that do not fit mean that it was another one. */
export function readRow(row: Row, isGuessed: boolean): Outcome<Request> {
  const time = timeOf(row);
  if (time === undefined) return reject('bad_value', 'no column holds the time it should; is the order of the fields right?');
  const wrong = isGuessed ? misfit(row) : undefined;
  if (wrong !== undefined) return reject('bad_value', `${wrong} does not hold what its name says; is the order of the fields right?`);
  return value({ row, time });
}

function timeOf(row: Row): number | undefined {
  const ms = wholeOf(cell(row, 'timestamp(ms)'));
  if (ms !== undefined) return ms;
  const date = cell(row, 'date');
  const clock = cell(row, 'time');
  if (date !== undefined && clock !== undefined) return epochMs(`${date}T${clock}Z`);
  return stampMs(cell(row, 'timestamp'));
}

/** @param text seconds since the epoch, mostly with three decimals; milliseconds, where there are so many digits. */
function stampMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{9,13}(?:\.\d{1,3})?$/.test(text)) return undefined;
  const number = Number(text);
  return Math.round(number < 100_000_000_000 ? number * 1000 : number);
}

function misfit(row: Row): Column | undefined {
  if (isOdd(cell(row, 'c-ip'), (found) => ipOf(found) !== undefined)) return 'c-ip';
  if (isOdd(cell(row, 'c-port'), (found) => portOf(found) !== undefined)) return 'c-port';
  return isOdd(cell(row, 'sc-status'), (found) => /^\d{3}$/.test(found)) ? 'sc-status' : undefined;
}

function isOdd(found: string | undefined, isRight: (found: string) => boolean): boolean {
  return found !== undefined && !isRight(found);
}

export function mapRow({ row, time }: Request, kind: Kind, record: RawRecord, context: Context): OcsfEvent {
  const stray: Stray[] = [];
  const method = cell(row, 'cs-method');
  const activity = method === undefined ? 0 : (HTTP_ACTIVITIES.get(method) ?? OTHER);
  const duration = take(row, 'time-taken', millisecondsOf, stray);
  const base = {
    ...classify(HTTP_ACTIVITY, activity),
    activity_name: activity === OTHER ? method : undefined,
    severity_id: SEVERITY.informational,
    ...statusOf(row),
    time,
    duration,
    metadata: metadataOf(row, kind, record, context),
    cloud: cloudAt(context.origin),
    src_endpoint: viewerOf(row, stray),
    ...askedOf(row, kind, activity === OTHER ? undefined : method, stray),
    http_response: responseOf(row, stray),
    traffic: trafficOf(row, stray),
    tls: tlsOf(row, stray),
    connection_info: connectionOf(row, stray),
  };
  unplaced(row, time, stray);
  return { ...base, unmapped: unmappedFrom(stray) };
}

/** Reads a column; what cannot be read goes to `unmapped`. */
function take<T>(row: Row, column: Column, read: (text: string | undefined) => T | undefined, stray: Stray[]): T | undefined {
  const text = cell(row, column);
  const found = read(text);
  if (found === undefined) strand(row, column, text, stray);
  return found;
}

function strand({ plan }: Row, column: Column, text: string | undefined, stray: Stray[]): void {
  if (text !== undefined) stray.push([plan.names[plan.at[column]] ?? column, text]);
}

function statusOf(row: Row): JsonObject {
  const status = cell(row, 'sc-status');
  const code = wholeOf(status);
  const detail = cell(row, 'x-edge-detailed-result-type');
  if (status === CLIENT_LEFT) return { status_id: STATUS.failure, status_code: status, status_detail: detail };
  const id = code === undefined ? undefined : code < 400 ? STATUS.success : STATUS.failure;
  return { status_id: id, status_detail: detail };
}

/**
 * The request's id is CloudFront's, unique over all distributions: a request that is logged twice is one document. Who writes to a log group
 * chooses the ids in his messages: there, the log event's own id is taken.
 */
function metadataOf(row: Row, kind: Kind, record: RawRecord, context: Context): OcsfEvent['metadata'] {
  const id = cell(row, 'x-edge-request-id');
  const isMessage = context.logGroup !== undefined;
  return {
    uid: id === undefined || isMessage ? context.uid(record.index) : digest(15, kind.source, JSON.stringify(id)),
    version: OCSF_VERSION,
    product: kind.product,
    profiles: PROFILES,
    original_time: isMessage ? (cell(row, 'timestamp(ms)') ?? cell(row, 'timestamp') ?? dateOf(row)) : undefined,
  };
}

function dateOf(row: Row): string | undefined {
  const date = cell(row, 'date');
  const clock = cell(row, 'time');
  return date === undefined || clock === undefined ? undefined : `${date}T${clock}Z`;
}

function viewerOf(row: Row, stray: Stray[]): JsonObject | undefined {
  const ip = take(row, 'c-ip', ipOf, stray);
  if (ip === undefined) {
    for (const column of ['c-port', 'c-country', 'asn'] as const) strand(row, column, cell(row, column), stray);
    return undefined;
  }
  const country = cell(row, 'c-country');
  const asn = take(row, 'asn', wholeOf, stray);
  return {
    ip,
    port: take(row, 'c-port', portOrNone, stray),
    location: country === undefined ? undefined : { country },
    autonomous_system: asn === undefined ? undefined : { number: asn },
  };
}

function portOrNone(text: string | undefined): number | undefined {
  return text === undefined ? undefined : portOf(text);
}

/** What was asked for, and of whom. */
function askedOf(row: Row, kind: Kind, method: string | undefined, stray: Stray[]): JsonObject {
  const asked = cell(row, kind.asked);
  const name = cell(row, kind.distribution) ?? asked;
  const uid = cell(row, 'distributionid') ?? cell(row, 'primary-distribution-id');
  const ip = take(row, 's-ip', ipOf, stray);
  const url = urlOf(row, asked ?? name, stray);
  const isNamed = name !== undefined || uid !== undefined || ip !== undefined;
  if (url === undefined && asked !== name) strand(row, kind.asked, asked, stray);
  return {
    dst_endpoint: isNamed ? { hostname: name, uid, ip } : undefined,
    http_request: {
      uid: cell(row, 'x-edge-request-id'),
      http_method: method,
      url,
      version: cell(row, 'cs-protocol-version'),
      referrer: cell(row, 'cs-referer'),
      user_agent: decoded(cell(row, 'cs-user-agent')),
      x_forwarded_for: take(row, 'x-forwarded-for', forwarded, stray),
    },
  };
}

/** Real-time logs have the query in cs-uri-stem as well. */
function urlOf(row: Row, hostname: string | undefined, stray: Stray[]): JsonObject | undefined {
  const stem = cell(row, 'cs-uri-stem');
  const query = cell(row, 'cs-uri-query');
  const scheme = cell(row, 'cs-protocol');
  if (stem === undefined) {
    strand(row, 'cs-uri-query', query, stray);
    strand(row, 'cs-protocol', scheme, stray);
    return undefined;
  }
  const mark = stem.indexOf('?');
  if (mark < 0) return { scheme, hostname, path: stem, query_string: query };
  const own = stem.slice(mark + 1);
  if (query !== own) strand(row, 'cs-uri-query', query, stray);
  return { scheme, hostname, path: stem.slice(0, mark), query_string: own };
}

/** Older logs have the agent encoded twice. */
function decoded(agent: string | undefined): string | undefined {
  if (agent?.includes('%') !== true) return agent;
  const once = decode(agent);
  return once.includes('%20') && !once.includes(' ') ? decode(once) : once;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const MAX_FORWARDED = 100;

/** @returns the addresses, if the text is a list of nothing else; spaces in it are encoded in one of two ways. */
function forwarded(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const found: string[] = [];
  for (const part of text.split(',', MAX_FORWARDED + 1)) {
    const ip = ipOf(part.replace(/^(?:%20|\\x20| )/, ''));
    if (ip === undefined) return undefined;
    found.push(ip);
  }
  return found.length > MAX_FORWARDED ? undefined : found;
}

function responseOf(row: Row, stray: Stray[]): JsonObject | undefined {
  const status = cell(row, 'sc-status');
  const code = wholeOf(status);
  const length = take(row, 'sc-content-len', wholeOf, stray);
  const latency = take(row, 'time-to-first-byte', millisecondsOf, stray);
  const type = cell(row, 'sc-content-type');
  if (code !== undefined) return { code, content_type: type, body_length: length, latency };
  // What was read has no place after all.
  if (status !== CLIENT_LEFT) strand(row, 'sc-status', status, stray);
  if (length !== undefined) strand(row, 'sc-content-len', cell(row, 'sc-content-len'), stray);
  if (latency !== undefined) strand(row, 'time-to-first-byte', cell(row, 'time-to-first-byte'), stray);
  strand(row, 'sc-content-type', type, stray);
  return undefined;
}

function trafficOf(row: Row, stray: Stray[]): JsonObject | undefined {
  const sent = take(row, 'sc-bytes', wholeOf, stray);
  const received = take(row, 'cs-bytes', wholeOf, stray);
  return sent === undefined && received === undefined ? undefined : { bytes_in: sent, bytes_out: received };
}

/** OCSF wants the version in every TLS object. */
function tlsOf(row: Row, stray: Stray[]): JsonObject | undefined {
  const version = cell(row, 'ssl-protocol');
  const cipher = cell(row, 'ssl-cipher');
  if (version !== undefined) return { version, cipher };
  strand(row, 'ssl-cipher', cipher, stray);
  return undefined;
}

const IP_VERSIONS: ReadonlyMap<string, number> = new Map([
  ['IPv4', 4],
  ['IPv6', 6],
]);

function connectionOf(row: Row, stray: Stray[]): JsonObject | undefined {
  const version = take(row, 'c-ip-version', (text) => IP_VERSIONS.get(text ?? ''), stray);
  const uid = cell(row, 'connection-id');
  return version === undefined && uid === undefined ? undefined : { direction_id: 0, protocol_ver_id: version, uid };
}

function unplaced(row: Row, time: number, stray: Stray[]): void {
  const { plan, cells, more } = row;
  for (const { name, at } of plan.rest) {
    const found = cells[at];
    if (found !== '-' && found !== '') keep(stray, name, found);
  }
  if (cell(row, 'distributionid') !== undefined) strand(row, 'primary-distribution-id', cell(row, 'primary-distribution-id'), stray);
  contradictions(row, time, stray);
  if (cells.length > plan.names.length) stray.push(['additional_columns', cells.slice(plan.names.length)]);
  for (const [name, member] of more) stray.push([name, member]);
}

/** Times that say another second than the event's. */
function contradictions(row: Row, time: number, stray: Stray[]): void {
  const written = dateOf(row);
  const second = written === undefined ? undefined : epochMs(written);
  if (second === undefined || second !== Math.floor(time / 1000) * 1000) {
    strand(row, 'date', cell(row, 'date'), stray);
    strand(row, 'time', cell(row, 'time'), stray);
  }
  const stamp = cell(row, 'timestamp');
  if (stamp !== undefined && stampMs(stamp) !== time) strand(row, 'timestamp', stamp, stray);
  if (wholeOf(cell(row, 'timestamp(ms)')) === undefined) strand(row, 'timestamp(ms)', cell(row, 'timestamp(ms)'), stray);
}

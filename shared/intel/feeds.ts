// What reading a feed means, by its format: which requests it takes, and whether what came is all of it.
import type { IntelFeed } from './config.ts';
import type { JsonObject } from '../model.ts';
import { isArray, isObject, object, parseJson, text } from '../outcome.ts';
import type { Fetch, Fetched, FetchLimits } from './fetch.ts';
import { parseFeodo } from './formats/feodo.ts';
import { FeedError, type ParseFeed } from './formats/format.ts';
import { parseKev } from './formats/kev.ts';
import { parseList } from './formats/list.ts';
import { parseManifest, parseMispEvent, type MispEntry } from './formats/misp.ts';
import { parseOfac } from './formats/ofac.ts';
import { parseStix, parseStixObjects, type StixParsed } from './formats/stix.ts';
import { parseThreatfox } from './formats/threatfox.ts';
import { parseUrlhaus } from './formats/urlhaus.ts';
import type { Parsed } from './indicator.ts';

export interface Reading extends Parsed {
  /** The feed's whole contents: what is not in it is gone. Otherwise what is new in it. */
  readonly complete: boolean;
  /** Ids that are no longer to be used. */
  readonly revoked: readonly string[];
  /** Handed back at the next reading. */
  readonly state: JsonObject;
}

export interface FeedDeps {
  readonly fetch: Fetch;
  /** What goes to the feed's host and nowhere else. */
  readonly credentials: Readonly<Record<string, string>>;
  /** With its key in it, where it has one. */
  readonly url: string;
}

type ReadFeed = (feed: IntelFeed, state: JsonObject, deps: FeedDeps) => Promise<Reading | undefined>;

const MIB = 1024 ** 2;
const MAX_MIB = 64;

/** Expanded, a list is a few times as large; not hundreds of times. */
export function limitsOf({ max_mib: mib = MAX_MIB }: IntelFeed): FetchLimits {
  return { bytes: mib * MIB, expandedBytes: mib * MIB * 4, timeoutMs: 120_000 };
}

/** Formats of one file. */
export const FILES: Readonly<Partial<Record<IntelFeed['format'], ParseFeed>>> = {
  stix: parseStix,
  feodo: parseFeodo,
  urlhaus: parseUrlhaus,
  threatfox: parseThreatfox,
  kev: parseKev,
  ofac: parseOfac,
  list: parseList,
};

/** Where an indicator of a format is shown to people. */
export const LINKS: Readonly<Partial<Record<IntelFeed['format'], string>>> = {
  urlhaus: 'https://urlhaus.abuse.ch/url/{id}/',
  threatfox: 'https://threatfox.abuse.ch/ioc/{id}/',
  kev: 'https://nvd.nist.gov/vuln/detail/{id}',
  ofac: 'https://sanctionssearch.ofac.treas.gov/Details.aspx?id={id}',
};

/** @param state of the reading before; empty the first time. @returns undefined where nothing has changed. @throws FeedError */
export async function readFeed(feed: IntelFeed, state: JsonObject, deps: FeedDeps): Promise<Reading | undefined> {
  if (feed.format === 'taxii') return await readTaxii(feed, state, deps);
  if (feed.format === 'misp') return await readMisp(feed, state, deps);
  return await readFile(feed, state, deps);
}

const readFile: ReadFeed = async (feed, state, { fetch, credentials, url }) => {
  const parse = FILES[feed.format];
  if (parse === undefined) throw new FeedError(`has an unknown format ${feed.format}`);
  const fetched = await fetch({ url, credentials, limits: limitsOf(feed), ...validatorsOf(state) });
  if (fetched === undefined) return undefined;
  const parsed = parse(fetched.body);
  return { revoked: [], ...parsed, complete: true, state: stateOf(fetched) };
};

function validatorsOf(state: JsonObject): { readonly etag: string | undefined; readonly lastModified: string | undefined } {
  return { etag: text(state['etag']), lastModified: text(state['last_modified']) };
}

function stateOf({ etag, lastModified }: Fetched): JsonObject {
  return { etag, last_modified: lastModified };
}

/** For a feed of many requests, each of which may be slow: the function has other feeds to read. */
const PATIENCE_MS = 180_000;

/** @returns whether the reading has to end with so many bytes: what is left comes next time. */
function patience(feed: IntelFeed): (bytes: number) => boolean {
  const end = performance.now() + PATIENCE_MS;
  const { expandedBytes } = limitsOf(feed);
  return (bytes) => bytes > expandedBytes || performance.now() > end;
}

/** Pages of one reading; what is beyond comes next time. */
const MAX_PAGES = 500;
const MAX_OBJECTS = 1_000_000;
const TAXII = 'application/taxii+json;version=2.1';

/** https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html#_Toc31107528 */
const readTaxii: ReadFeed = async (feed, state, { fetch, credentials, url }) => {
  const objects: JsonObject[] = [];
  let place: TaxiiPlace = { added: text(state['added_after']), next: undefined };
  const isOver = patience(feed);
  let size = 0;
  for (let page = 0; page < MAX_PAGES && objects.length < MAX_OBJECTS && !isOver(size); page++) {
    const fetched = await fetch({ url: taxiiUrl(url, place), credentials, headers: { accept: TAXII }, limits: limitsOf(feed) });
    const envelope = object(parseJson(fetched?.body.toString('utf8') ?? ''));
    if (fetched === undefined || envelope === undefined) throw new FeedError('answers without a TAXII envelope');
    size += fetched.body.length;
    const found = envelope['objects'];
    if (isArray(found)) objects.push(...found.filter(isObject));
    const last = text(fetched.headers['x-taxii-date-added-last']) ?? place.added;
    if (envelope['more'] !== true) return taxiiReading(objects, last);
    place = nextPlace(place, text(envelope['next']), last);
  }
  return taxiiReading(objects, place.added);
};

/** Where the next page is: behind a mark that the server gives, or after the time at which the last object of this one was added. */
interface TaxiiPlace {
  readonly added: string | undefined;
  readonly next: string | undefined;
}

/** @throws FeedError for a server that gives neither, or the same again: it would be asked for ever. */
function nextPlace(place: TaxiiPlace, next: string | undefined, last: string | undefined): TaxiiPlace {
  const following = next === undefined ? { added: last, next } : { added: place.added, next };
  if (following.added === place.added && following.next === place.next) throw new FeedError('says that there is more and not where');
  return following;
}

function taxiiReading(objects: readonly JsonObject[], added: string | undefined): Reading {
  return { ...parseStixObjects(objects), complete: false, state: { added_after: added } };
}

function taxiiUrl(collection: string, { added, next }: TaxiiPlace): string {
  const url = new URL(collection);
  url.pathname = `${url.pathname.replace(/\/(?:objects\/?)?$/, '')}/objects/`;
  if (added !== undefined) url.searchParams.set('added_after', added);
  if (next !== undefined) url.searchParams.set('next', next);
  return url.href;
}

/** Events read at once; the rest comes next time, the latest first. */
const MAX_EVENTS = 500;

const readMisp: ReadFeed = async (feed, state, { fetch, credentials, url }) => {
  const limits = limitsOf(feed);
  const base = url.endsWith('manifest.json') ? url : `${url.replace(/\/$/, '')}/manifest.json`;
  const manifest = await fetch({ url: base, credentials, limits });
  if (manifest === undefined) return undefined;
  const known = object(state['events']) ?? {};
  const listed = parseManifest(manifest.body);
  const changed = listed.filter(({ uuid, timestamp }) => known[uuid] !== timestamp);
  if (changed.length === 0) return undefined;
  const read: StixParsed[] = [];
  const isOver = patience(feed);
  let [size, done] = [0, 0];
  for (const { uuid } of changed.slice(0, MAX_EVENTS)) {
    if (isOver(size)) break;
    done++;
    const event = await fetch({ url: new URL(`${uuid}.json`, base).href, credentials, limits });
    if (event === undefined) continue;
    size += event.body.length;
    read.push(parseMispEvent(event.body));
  }
  return { ...joined(read), complete: false, state: { events: eventsOf(listed, changed.slice(done)) } };
};

/** What is left for the next time stands with the time it had. */
function eventsOf(listed: readonly MispEntry[], rest: readonly MispEntry[]): JsonObject {
  const left = new Set(rest.map(({ uuid }) => uuid));
  return Object.fromEntries(listed.flatMap(({ uuid, timestamp }) => (left.has(uuid) ? [] : [[uuid, timestamp]])));
}

function joined(read: readonly StixParsed[]): StixParsed {
  const skipped: Record<string, number> = {};
  for (const one of read) for (const [reason, count] of Object.entries(one.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count;
  return { indicators: read.flatMap(({ indicators }) => indicators), revoked: read.flatMap(({ revoked }) => revoked), skipped };
}

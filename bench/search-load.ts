// The documents of `npm run bench -- search`: days of three sources, made, normalised and written piece by piece, so that memory stays what it is
// for 100,000 as for 5 million. Each goes into the store of its period, as in production, and into an index that is mapped dynamically by default.
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
import { createRandom, type Random } from '../local/demo/random.ts';
import { toDocument } from '../shared/hub/document.ts';
import type { HubDocument, OcsfEvent } from '../shared/model.ts';
import { API_ACTIVITY, HTTP_ACTIVITY, NETWORK_ACTIVITY, type OcsfClass } from '../shared/ocsf/classes.ts';
import { writeDocuments } from '../shared/opensearch/bulk.ts';
import type { OpenSearch } from '../shared/opensearch/client.ts';
import { periodOf, storeName } from '../shared/opensearch/index-name.ts';
import { isObject, object } from '../shared/outcome.ts';
import { eventsOf, templateOf } from './index-events.ts';
import { balancerLine, flowRecord, FLOW_HEADER } from './storage-data.ts';
import { trailRecord } from './storage-trail.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of the first event. */
export const FIRST = Date.UTC(2026, 10, 2);
/** From the first event to the last: three periods of each class. */
export const SPAN_MS = 72 * HOUR_MS;
/** Indices of the default mapping: this, where ours have `ocsf-`. */
export const DEFAULT_PREFIX = 'default-';

interface Kind {
  readonly source: string;
  /** The class of its events; what it gives of others (sign-ins) is left out. */
  readonly cls: OcsfClass;
  /** Of all documents. */
  readonly share: number;
  readonly record: (random: Random, index: number) => string;
  readonly file: (records: readonly string[]) => string;
}

const KINDS: readonly Kind[] = [
  {
    source: 'vpc-flow',
    cls: NETWORK_ACTIVITY,
    share: 0.6,
    record: flowRecord,
    file: (records) => `${FLOW_HEADER}\n${records.join('\n')}\n`,
  },
  { source: 'cloudtrail', cls: API_ACTIVITY, share: 0.2, record: trailRecord, file: (records) => `{"Records":[${records.join(',')}]}` },
  { source: 'alb', cls: HTTP_ACTIVITY, share: 0.2, record: balancerLine, file: (records) => `${records.join('\n')}\n` },
];

const PIECE_EVENTS = 2_000;
const MERGE_WITHIN_MS = 3_600_000;

export interface Loaded {
  readonly documents: number;
  /** Documents that the default mapping did not take: a value had another type before. */
  readonly defaultRefused: number;
  readonly bytes: number;
  readonly defaultBytes: number;
}

/** @param say takes a line of progress. */
export async function load(client: OpenSearch, events: number, say: (line: string) => void): Promise<Loaded> {
  const known = new Set<string>();
  let documents = 0;
  let defaultRefused = 0;
  for (const kind of KINDS) {
    const started = Date.now();
    const count = Math.round(events * kind.share);
    let before: Promise<number> = Promise.resolve(0);
    for (const piece of pieces(kind, count)) {
      documents += piece.length;
      await createIndices(client, piece, known);
      // The next piece is made while the server takes this one.
      const written = write(client, piece);
      defaultRefused += await before;
      before = written;
    }
    defaultRefused += await before;
    say(`search: ${count} documents of ${kind.source}, twice, in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
  for (const index of known) {
    await client.indices.forcemerge({ index: [index, byDefault(index)], max_num_segments: 1 }, { requestTimeout: MERGE_WITHIN_MS });
  }
  await client.indices.refresh({ index: [...known].flatMap((index) => [index, byDefault(index)]) });
  return { documents, defaultRefused, bytes: await bytesOf(client, 'ocsf-*'), defaultBytes: await bytesOf(client, `${DEFAULT_PREFIX}*`) };
}

/** @returns what an earlier run has loaded; undefined where there is nothing. */
export async function loaded(client: OpenSearch): Promise<Loaded | undefined> {
  const [documents, byDefault] = [await countOf(client, 'ocsf-*'), await countOf(client, `${DEFAULT_PREFIX}*`)];
  if (documents === 0) return undefined;
  const [bytes, defaultBytes] = [await bytesOf(client, 'ocsf-*'), await bytesOf(client, `${DEFAULT_PREFIX}*`)];
  return { documents, defaultRefused: documents - byDefault, bytes, defaultBytes };
}

async function countOf(client: OpenSearch, index: string): Promise<number> {
  const { body } = await client.count({ index, allow_no_indices: true });
  return body.count;
}

interface Piece {
  readonly document: HubDocument;
  /** The event as `normalize` prints it. */
  readonly plain: string;
}

function* pieces(kind: Kind, count: number): Generator<readonly Piece[]> {
  const random = createRandom(7);
  const { first, each } = clock(kind);
  for (let at = 0; at < count; at += PIECE_EVENTS) {
    const size = Math.min(PIECE_EVENTS, count - at);
    const records = Array.from({ length: size }, (_, number) => {
      const time = FIRST + ((at + number) / count) * SPAN_MS;
      return kind.record(random, (time - first) / each);
    });
    yield normalised(kind, records, at).map((event) => ({ document: toDocument(event), plain: JSON.stringify(event) }));
  }
}

/** When the generator's record number 0 is, and how much later each next one. */
function clock(kind: Kind): { readonly first: number; readonly each: number } {
  const far = 1_000_000;
  const times = [0, far].map((index) => normalised(kind, [kind.record(createRandom(1), index)], index)[0]?.time ?? 0);
  const [first = 0, last = 0] = times;
  return { first, each: (last - first) / far };
}

/** @param at makes the name of the file, and so the ids of its events. */
function normalised({ source, cls, file }: Kind, records: readonly string[], at: number): readonly OcsfEvent[] {
  return eventsOf({ source, classUid: cls.uid, bytes: Buffer.from(file(records)), uri: `file://${source}/${at}` });
}

function byDefault(period: string): string {
  return period.replace(/^ocsf-/, DEFAULT_PREFIX);
}

/** As periods are that are merged: without replicas here, for there is one node. What a filter found before is not kept, for each run is to search. */
const SETTINGS = {
  number_of_shards: 1,
  number_of_replicas: 0,
  refresh_interval: -1,
  'queries.cache.enabled': false,
  'translog.durability': 'async',
};

async function createIndices(client: OpenSearch, piece: readonly Piece[], known: Set<string>): Promise<void> {
  for (const name of new Set(piece.map(({ document }) => document.index))) {
    const period = periodOf(name);
    if (known.has(name) || period === undefined) continue;
    const template = templateOf(period.cls);
    const settings = object(template['settings']);
    // The first of the three days has been over for two days when the last event comes: packed, see shared/lifecycle/pack.ts.
    const packed = period.from < FIRST + DAY_MS ? { codec: 'best_compression' } : {};
    const index = { ...object(settings?.['index']), ...SETTINGS, ...packed, auto_expand_replicas: false };
    const store = storeName({ cls: period.cls, span: period.label, generation: 1 });
    const aliases = { [name]: { is_write_index: true } };
    await create(client, store, { ...template, settings: { ...settings, index }, aliases });
    await create(client, byDefault(name), { settings: { index: SETTINGS } });
    known.add(name);
  }
}

async function create(client: OpenSearch, index: string, body: Record<string, unknown>): Promise<void> {
  await client.transport.request({ method: 'PUT', path: `/${index}`, body });
}

/** A server that is short of memory says so for a while. */
const PATIENCE = { baseMs: 500, capMs: 10_000, attempts: 20 };

/** Two writers: one for ours, one for the default. @returns how many the default mapping refused. */
async function write(client: OpenSearch, piece: readonly Piece[]): Promise<number> {
  const plain = piece.map(({ document, plain: json }) => ({ ...document, index: byDefault(document.index), json }));
  const ours = piece.map(({ document }) => document);
  const [written, writtenPlain] = await Promise.all([writeDocuments(ours, client, PATIENCE), writeDocuments(plain, client, PATIENCE)]);
  if (written.refused.length > 0) throw new Error(`bench: our mapping refused ${written.refused.length} documents`);
  return writtenPlain.refused.length;
}

async function bytesOf(client: OpenSearch, index: string): Promise<number> {
  const { body } = await client.indices.stats({ index, metric: ['store'] });
  const bytes = object(object(object(isObject(body) ? body['_all'] : undefined)?.['primaries'])?.['store'])?.['size_in_bytes'];
  if (typeof bytes !== 'number') throw new Error('bench: OpenSearch tells no size');
  return bytes;
}

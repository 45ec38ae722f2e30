// `npm run bench -- storage [--json]`: bytes that an event takes in OpenSearch, in our indices and in one that is mapped dynamically by default,
// on the real server in one run: 1 shard, no replica, merged into one segment. https://docs.opensearch.org/latest/api-reference/index-apis/stats/
import { gzipSync } from 'node:zlib';
import { createRandom, type Random } from '../local/demo/random.ts';
import { toDocument } from '../shared/hub/document.ts';
import type { HubDocument, JsonObject, OcsfEvent } from '../shared/model.ts';
import { API_ACTIVITY, HTTP_ACTIVITY, NETWORK_ACTIVITY, type OcsfClass } from '../shared/ocsf/classes.ts';
import { isObject, object, parseJson } from '../shared/outcome.ts';
import { writeDocuments } from '../shared/opensearch/bulk.ts';
import type { OpenSearch } from '../shared/opensearch/client.ts';
import { eventsOf, templateOf } from './index-events.ts';
import { withServer } from './server.ts';
import { balancerLine, flowRecord, FLOW_HEADER } from './storage-data.ts';
import { trailRecord } from './storage-trail.ts';

interface StorageRow {
  readonly source: string;
  readonly events: number;
  /** In the index, `_source` included. */
  readonly bytesPerEvent: number;
  /** The same events as `normalize` prints them, in an index without a mapping of its own. */
  readonly defaultBytesPerEvent: number;
  /** Documents that the default mapping refused. */
  readonly defaultRefused: number;
  /** Of the log as it was delivered, gzip. */
  readonly deliveredBytesPerEvent: number;
  /** What the index would be smaller by without the attribute, stored and indexed, by attribute; the greatest first. */
  readonly groups: Readonly<Record<string, number>>;
}

interface Kind {
  readonly source: string;
  /** The class of its events; what it gives of others (sign-ins) is left out. */
  readonly cls: OcsfClass;
  readonly events: number;
  readonly text: (random: Random, events: number) => string;
}

const KINDS: readonly Kind[] = [
  {
    source: 'cloudtrail',
    cls: API_ACTIVITY,
    events: 50_000,
    text: (random, events) => `{"Records":[${lines(random, events, trailRecord).join(',')}]}`,
  },
  {
    source: 'vpc-flow',
    cls: NETWORK_ACTIVITY,
    events: 100_000,
    text: (random, events) => `${FLOW_HEADER}\n${lines(random, events, flowRecord).join('\n')}\n`,
  },
  { source: 'alb', cls: HTTP_ACTIVITY, events: 50_000, text: (random, events) => `${lines(random, events, balancerLine).join('\n')}\n` },
];

/** Of the events, for the bytes by attribute: each takes an index of its own. */
const SAMPLE = 20_000;
const BULK_EVENTS = 2_000;

function lines(random: Random, count: number, make: (random: Random, index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => make(random, index));
}

/** @param only sources; all three where it is empty. @param onRow takes each row as soon as it is measured. */
async function storageRows(only: readonly string[], onRow: (row: StorageRow) => void): Promise<void> {
  await withServer(async (client) => {
    for (const kind of KINDS) if (only.length === 0 || only.includes(kind.source)) onRow(await measure(client, kind));
  });
}

async function measure(client: OpenSearch, { source, cls, events: count, text }: Kind): Promise<StorageRow> {
  const delivered = Buffer.from(text(createRandom(7), count));
  const events = eventsOf({ source, classUid: cls.uid, bytes: delivered, uri: `file://${source}` });
  const mapped = templateOf(cls.name);
  const documents = (chosen: readonly OcsfEvent[], index: string): readonly HubDocument[] =>
    chosen.map((event) => ({ ...toDocument(event), index }));
  const ours = await indexed(client, documents(events, `bench-${source}`), mapped);
  const plain = events.map((event) => ({ ...toDocument(event), index: `bench-${source}-default`, json: JSON.stringify(event) }));
  const byDefault = await indexed(client, plain, {});
  return {
    source,
    events: events.length,
    bytesPerEvent: perEvent(ours.bytes, events.length),
    defaultBytesPerEvent: perEvent(byDefault.bytes, byDefault.documents),
    defaultRefused: events.length - byDefault.documents,
    deliveredBytesPerEvent: perEvent(gzipSync(delivered).length, count),
    groups: await bytesByAttribute(client, events.slice(0, SAMPLE), mapped, source),
  };
}

function perEvent(bytes: number, events: number): number {
  return Number((bytes / events).toFixed(1));
}

interface Indexed {
  readonly bytes: number;
  readonly documents: number;
}

/** Writes the documents into a new index, which is taken away again. */
async function indexed(client: OpenSearch, documents: readonly HubDocument[], template: object): Promise<Indexed> {
  const index = documents[0]?.index ?? 'bench-none';
  const settings = object(object(template)?.['settings']);
  await client.indices.delete({ index, ignore_unavailable: true });
  const own = {
    ...object(settings?.['index']),
    // As shared/lifecycle/pack.ts leaves a period that is over; the default one has what it always has.
    ...(settings === undefined ? {} : { codec: 'best_compression' }),
    auto_expand_replicas: false,
    number_of_replicas: 0,
    number_of_shards: 1,
    refresh_interval: -1,
  };
  await client.transport.request({ method: 'PUT', path: `/${index}`, body: { ...template, settings: { ...settings, index: own } } });
  let created = 0;
  for (let at = 0; at < documents.length; at += BULK_EVENTS)
    created += (await writeDocuments(documents.slice(at, at + BULK_EVENTS), client)).created;
  await client.indices.forcemerge({ index, max_num_segments: 1 });
  await client.indices.refresh({ index });
  const { body } = await client.indices.stats({ index, metric: ['store'] });
  await client.indices.delete({ index });
  return { bytes: storeBytes(body), documents: created };
}

function storeBytes(body: unknown): number {
  const store = object(object(object(isObject(body) ? body['_all'] : undefined)?.['primaries'])?.['store']);
  const bytes = store?.['size_in_bytes'];
  if (typeof bytes !== 'number') throw new Error('bench: OpenSearch tells no size');
  return bytes;
}

async function bytesByAttribute(
  client: OpenSearch,
  events: readonly OcsfEvent[],
  template: object,
  source: string,
): Promise<Record<string, number>> {
  const documents = events.map((event) => ({ ...toDocument(event), index: `bench-${source}-part` }));
  const whole = await indexed(client, documents, template);
  const parsed = documents.map(({ json }) => object(parseJson(json)) ?? {});
  const attributes = [...new Set(parsed.flatMap((event) => Object.keys(event)))].filter((name) => name !== 'time');
  const groups: [string, number][] = [];
  for (const name of attributes) {
    const without = documents.map((document, at) => ({ ...document, json: JSON.stringify(omit(parsed[at] ?? {}, name)) }));
    groups.push([name, perEvent(whole.bytes - (await indexed(client, without, template)).bytes, events.length)]);
  }
  return Object.fromEntries(groups.sort(([, a], [, b]) => b - a));
}

function omit(event: JsonObject, name: string): JsonObject {
  return { ...event, [name]: undefined };
}

/** One line of JSON per source, or a table with the bytes by attribute. */
export async function benchStorage(only: readonly string[], asJson: boolean): Promise<void> {
  const rows: StorageRow[] = [];
  await storageRows(only, (row) => {
    rows.push(row);
    if (asJson) console.log(JSON.stringify(row));
  });
  if (asJson) return;
  console.log(
    'bytes per event in OpenSearch, `_source` included: 1 shard, no replica, one segment; default: the same events, mapped dynamically',
  );
  console.table(
    rows.map(({ source, events, bytesPerEvent, defaultBytesPerEvent, defaultRefused, deliveredBytesPerEvent }) => ({
      source,
      events,
      'bytes/event': bytesPerEvent,
      'default bytes/event': defaultBytesPerEvent,
      'of default': Number((bytesPerEvent / defaultBytesPerEvent).toFixed(2)),
      'refused by default': defaultRefused,
      'delivered (gzip) bytes/event': deliveredBytesPerEvent,
    })),
  );
  for (const { source, groups } of rows) {
    const shown = Object.entries(groups).filter(([, bytes]) => bytes >= 0.5);
    console.log(`${source}, bytes that each attribute adds: ${shown.map(([name, bytes]) => `${name} ${bytes}`).join(', ')}`);
  }
}

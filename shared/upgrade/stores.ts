// What of stores an upgrade looks at: which index is behind which period, what mapping it was made with, how much it holds.
// https://docs.opensearch.org/latest/api-reference/index-apis/get-index/, https://docs.opensearch.org/latest/api-reference/index-apis/stats/
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX, periodOf, STORE_PREFIX, storeOf } from '../opensearch/index-name.ts';
import { isObject, object, text } from '../outcome.ts';
import { ask } from './ask.ts';

/** What an index says of itself in `_meta` of its mapping. */
export interface Meta {
  /** The contents of the template that it was made from. Undefined: made by a version that did not say so. */
  readonly strongroom?: string | undefined;
  /** The index whose documents it has taken over, or is taking over. */
  readonly former?: string | undefined;
  /** What of its own operations lies up to here (sequence number), `former` holds too. */
  readonly since?: number | undefined;
  /** It has taken the periods over from `former`, or is about to, and what was under way meanwhile is not copied yet. */
  readonly moving?: boolean | undefined;
}

export interface Found {
  readonly name: string;
  readonly cls: string;
  readonly span: string;
  /** 0: a plain index of an earlier version, named like its period. */
  readonly generation: number;
  /** With their properties. A plain index has none. */
  readonly aliases: Readonly<Record<string, JsonObject>>;
  /** Periods that are searched in it: its aliases, or its own name. */
  readonly periods: readonly string[];
  readonly meta: Meta;
  /** Below `index`. */
  readonly settings: JsonObject;
  readonly documents: number;
  /** Of its primaries; with their copies. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Of its primaries. */
  readonly segments: number;
}

/** @returns all stores, and the plain indices of earlier versions; closed ones are not looked at. */
export async function findStores(client: OpenSearch, pattern = `${STORE_PREFIX}*,${INDEX_PREFIX}*`): Promise<readonly Found[]> {
  const common = { ignore_unavailable: 'true', allow_no_indices: 'true', expand_wildcards: 'open' };
  const [described, measured] = await Promise.all([
    get(client, `/${pattern}`, { ...common, filter_path: '*.aliases,*.mappings._meta,*.settings.index' }),
    get(client, `/${pattern}/_stats/docs,store,segments`, {
      ...common,
      filter_path: 'indices.*.*.docs.count,indices.*.*.store.size_in_bytes,indices.*.primaries.segments.count',
    }),
  ]);
  const numbers = object(measured['indices']) ?? {};
  return Object.entries(described).flatMap(([name, one]) => found(name, one, numbers[name]) ?? []);
}

async function get(client: OpenSearch, path: string, querystring: Record<string, string>): Promise<JsonObject> {
  const body = await ask(client, { method: 'GET', path, querystring });
  return body;
}

function found(name: string, described: unknown, measured: unknown): Found | undefined {
  const place = placeOf(name);
  if (place === undefined) return undefined;
  const aliases = Object.fromEntries(Object.entries(at(described, 'aliases')).map(([alias, value]) => [alias, object(value) ?? {}]));
  const [primaries, total] = [at(measured, 'primaries'), at(measured, 'total')];
  return {
    name,
    ...place,
    aliases,
    periods: place.generation === 0 ? [name] : Object.keys(aliases).filter((alias) => periodOf(alias) !== undefined),
    meta: metaOf(at(described, 'mappings', '_meta')),
    settings: at(described, 'settings', 'index'),
    documents: count(at(primaries, 'docs')['count']),
    bytes: count(at(primaries, 'store')['size_in_bytes']),
    totalBytes: count(at(total, 'store')['size_in_bytes']),
    segments: count(at(primaries, 'segments')['count']),
  };
}

function placeOf(name: string): Pick<Found, 'cls' | 'span' | 'generation'> | undefined {
  const store = storeOf(name);
  if (store !== undefined) return store;
  const period = periodOf(name);
  return period === undefined ? undefined : { cls: period.cls, span: period.label, generation: 0 };
}

function at(parent: unknown, ...path: readonly string[]): JsonObject {
  let node: unknown = parent;
  for (const name of path) node = isObject(node) ? node[name] : undefined;
  return object(node) ?? {};
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function metaOf(meta: JsonObject): Meta {
  const { since, moving } = meta;
  return {
    strongroom: text(meta['strongroom']),
    former: text(meta['former']),
    since: typeof since === 'number' ? since : undefined,
    moving: moving === true,
  };
}

/** Says something else of an index, beside what it says already. */
export async function putMeta(client: OpenSearch, name: string, changes: Meta): Promise<void> {
  const [index] = await findStores(client, name);
  const merged = { ...index?.meta, ...changes };
  const meta = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined && value !== false));
  await ask(client, { method: 'PUT', path: `/${name}/_mapping`, body: { _meta: meta } });
}

export async function putSettings(client: OpenSearch, name: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await ask(client, { method: 'PUT', path: `/${name}/_settings`, body: settings });
}

export function isWriteBlocked({ settings }: Pick<Found, 'settings'>): boolean {
  return at(settings, 'blocks')['write'] === 'true';
}

/** The indices of one class and span: one of them is searched, the others are its former generations, or copies in the making. */
export function generationsOf(stores: readonly Found[]): readonly (readonly Found[])[] {
  const groups = new Map<string, Found[]>();
  for (const store of stores.filter(({ generation }) => generation > 0)) {
    const key = `${store.cls} ${store.span}`;
    groups.set(key, [...(groups.get(key) ?? []), store]);
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.generation - b.generation));
}

/** The one that is searched: it has the periods. Of two, which is for a moment so, the one that they go to. */
export function liveOf(generations: readonly Found[]): Found | undefined {
  const searched = generations.filter(({ periods }) => periods.length > 0);
  return searched.find(({ meta }) => meta.moving === true) ?? searched.at(-1);
}

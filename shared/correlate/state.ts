// What correlations remember between runs, in the table of claims: how far every shard was read, what has to be looked at when its window is
// over, and the windows that have fired. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
import { gunzipSync, gzipSync } from 'node:zlib';
import { readItems, writeItems, type ClaimTable, type Stored } from '../alert/claims.ts';
import { digest } from '../ids.ts';
import { isArray, isObject, object, parseJson, text } from '../outcome.ts';

const DAY_MS = 86_400_000;
const POSITION_ID = 'correlate/position';
const FIRED_PREFIX = 'correlate/fired/';
/** Longer than events are waited for. */
const KEPT_MS = 45 * DAY_MS;
/** Who comes back after a year begins anew. */
const POSITION_KEPT_MS = 400 * DAY_MS;
const MAX_WINDOWS = 50;
const MAX_DUE = 2000;

/** A group that has to be looked at again. */
export interface Due {
  /** Id of the correlation. */
  readonly correlation: string;
  readonly group: readonly string[];
  /** Of the matches; ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** ms since the epoch: not before. */
  readonly at: number;
}

export interface Position {
  /** Events before this are history from before the first run; ms since the epoch. */
  readonly since: number;
  /** By store and shard: up to which number it was read. */
  readonly seen: ReadonlyMap<string, number>;
  readonly due: readonly Due[];
  readonly stored: Stored;
}

/** Before the first run, what was in the index is history: only its end is looked at. */
const START_MS = DAY_MS;

export async function loadPosition(claims: ClaimTable, now: number): Promise<Position> {
  const stored = (await readItems(claims, [POSITION_ID], now))(POSITION_ID);
  const { since, due, shards } = stored.content ?? {};
  const seen = typeof shards === 'string' ? parseJson(gunzipSync(Buffer.from(shards, 'base64')).toString()) : undefined;
  return {
    since: typeof since === 'number' ? since : now - START_MS,
    seen: new Map(Object.entries(object(seen) ?? {}).flatMap(([shard, number]) => (typeof number === 'number' ? [[shard, number]] : []))),
    due: isArray(due) ? due.flatMap((one) => dueOf(one) ?? []) : [],
    stored,
  };
}

function dueOf(one: unknown): Due | undefined {
  if (!isObject(one)) return undefined;
  const { correlation, group, from, to, at } = one;
  if (typeof correlation !== 'string' || !isArray(group) || typeof from !== 'number' || typeof to !== 'number' || typeof at !== 'number')
    return undefined;
  return { correlation, group: group.filter((value) => typeof value === 'string'), from, to, at };
}

/** @returns the position as it is now; undefined where another run has written it since. */
export async function savePosition(claims: ClaimTable, position: Position, now: number): Promise<Position | undefined> {
  const { since, seen, due, stored } = position;
  const kept = due.slice(0, MAX_DUE);
  // An item may have 400 KB: years of stores are thousands of shards, whose names are alike.
  const shards = gzipSync(JSON.stringify(Object.fromEntries(seen))).toString('base64');
  const content = { since, shards, due: kept };
  const written = await writeItems(claims, [{ before: stored, content, expires: now + POSITION_KEPT_MS }]);
  return written ? { ...position, due: kept, stored: { ...stored, version: stored.version + 1 } } : undefined;
}

export function shardKey({ store, uuid, number }: { readonly store: string; readonly uuid: string; readonly number: number }): string {
  return `${store} ${uuid.slice(0, 8)} ${number}`;
}

/** A window that fired. */
export interface FiredWindow {
  /** ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Of its finding. */
  readonly uid: string;
  /** The finding is out. */
  readonly raised: boolean;
}

export interface FiredWindows {
  readonly windows: readonly FiredWindow[];
  readonly stored: Stored;
}

/** @returns by group, as JSON. */
export async function loadFired(
  claims: ClaimTable,
  correlation: string,
  groups: readonly (readonly string[])[],
  now: number,
): Promise<ReadonlyMap<string, FiredWindows>> {
  const ids = groups.map((group) => [JSON.stringify(group), firedId(correlation, group)] as const);
  const item = await readItems(
    claims,
    ids.map(([, id]) => id),
    now,
  );
  return new Map(
    ids.map(([group, id]) => {
      const stored = item(id);
      const { windows } = stored.content ?? {};
      return [group, { windows: isArray(windows) ? windows.flatMap((one) => windowOf(one) ?? []) : [], stored }];
    }),
  );
}

function firedId(correlation: string, group: readonly string[]): string {
  return FIRED_PREFIX + digest(16, correlation, JSON.stringify(group));
}

function windowOf(one: unknown): FiredWindow | undefined {
  if (!isObject(one)) return undefined;
  const { start, end, uid, raised } = one;
  const named = text(uid);
  if (typeof start !== 'number' || typeof end !== 'number' || named === undefined) return undefined;
  return { start, end, uid: named, raised: raised === true };
}

/** @returns undefined where another run has written them since. */
export async function saveFired(claims: ClaimTable, { windows, stored }: FiredWindows, now: number): Promise<FiredWindows | undefined> {
  // Those of the latest times: late events may still come into any of them.
  const kept = [...windows].sort((one, other) => one.start - other.start).slice(-MAX_WINDOWS);
  const expires = Math.max(now, ...kept.map(({ end }) => end)) + KEPT_MS;
  const written = await writeItems(claims, [{ before: stored, content: { windows: kept }, expires }]);
  return written ? { windows: kept, stored: { ...stored, version: stored.version + 1 } } : undefined;
}

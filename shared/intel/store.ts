// What lies below intel/ in the reference bucket: a copy of each feed as it was last taken, the indices, and which one is in use.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { JsonObject } from '../model.ts';
import { isObject, object, parseJson, text } from '../outcome.ts';
import { readReference, writeReference, type ReferenceStore } from '../reference/reference.ts';
import { TYPES } from './indicator.ts';
import type { Kept } from './life.ts';

/** `intel/current.json`: small, read by every function that matches. */
export interface Manifest {
  readonly v: 1;
  readonly index: {
    readonly key: string;
    readonly sha256: string;
    readonly bytes: number;
    /** Records, and by type. */
    readonly size: number;
    readonly counts: Readonly<Record<string, number>>;
  };
  /** When the index became the one in use, ms since the epoch. */
  readonly since: number;
  readonly feeds: Readonly<Record<string, FeedStatus>>;
}

export interface FeedStatus {
  /** ms since the epoch: when it was last asked, and last gave something. */
  readonly checked: number;
  readonly changed?: number;
  /** Indicators that count. */
  readonly live: number;
  /** What of it was passed over, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Why the last reading failed, and how many in a row have. */
  readonly error?: string;
  readonly failures: number;
}

const MANIFEST = 'intel/current.json';
const MAX_MANIFEST = 4 * 1024 ** 2;
const MAX_STATE = 16 * 1024 ** 2;
const MAX_COPY = 512 * 1024 ** 2;
/** Ten million indicators. */
const MAX_INDEX = 1536 * 1024 ** 2;
const JSON_TYPE = 'application/json';
const MAX_EXPANDED = 2 * 1024 ** 3;
const LINE_FEED = 10;
const compress = promisify(gzip);
const expand = promisify(gunzip);

export function indexKey(sha256: string): string {
  return `intel/index/${sha256}`;
}

/** @returns undefined before the first index, `same` where the manifest still has the ETag. */
export async function readManifest(
  store: ReferenceStore,
  ifNot?: string,
): Promise<{ readonly manifest: Manifest; readonly etag: string | undefined } | 'same' | undefined> {
  const found = await readReference(store, MANIFEST, { ifNot, maxBytes: MAX_MANIFEST });
  if (found === undefined || found === 'same') return found;
  const manifest: unknown = parseJson(found.bytes.toString('utf8'));
  return isManifest(manifest) ? { manifest, etag: found.etag } : undefined;
}

// Written by writeManifest() alone, so its version tells its shape.
function isManifest(candidate: unknown): candidate is Manifest {
  return isObject(candidate) && candidate['v'] === 1 && text(object(candidate['index'])?.['sha256']) !== undefined;
}

export async function writeManifest(store: ReferenceStore, manifest: Manifest): Promise<void> {
  await writeReference(store, MANIFEST, { body: JSON.stringify(manifest), type: JSON_TYPE });
}

export async function readIndexFile(store: ReferenceStore, key: string): Promise<Buffer | undefined> {
  const found = await readReference(store, key, { maxBytes: MAX_INDEX });
  return found === undefined || found === 'same' ? undefined : found.bytes;
}

export async function writeIndexFile(store: ReferenceStore, sha256: string, file: Buffer): Promise<void> {
  await writeReference(store, indexKey(sha256), { body: file, type: 'application/octet-stream', once: true });
}

/** What a job remembers, below `intel/`: validators of feeds, the position of the retro-hunt. */
export async function readState(store: ReferenceStore, name: string): Promise<JsonObject> {
  const found = await readReference(store, `intel/${name}.json`, { maxBytes: MAX_STATE });
  if (found === undefined || found === 'same') return {};
  return object(parseJson(found.bytes.toString('utf8'))) ?? {};
}

export async function writeState(store: ReferenceStore, name: string, state: JsonObject): Promise<void> {
  await writeReference(store, `intel/${name}.json`, { body: JSON.stringify(state), type: JSON_TYPE });
}

function copyKey(feed: string): string {
  return `intel/feeds/${feed}.ndjson.gz`;
}

/** @returns the last good copy of a feed, or nothing. */
export async function readCopy(store: ReferenceStore, feed: string): Promise<readonly Kept[]> {
  const found = await readReference(store, copyKey(feed), { maxBytes: MAX_COPY });
  if (found === undefined || found === 'same') return [];
  const bytes = await expand(found.bytes, { maxOutputLength: MAX_EXPANDED });
  const kept: Kept[] = [];
  for (let at = 0, end = bytes.indexOf(LINE_FEED); end >= 0; at = end + 1, end = bytes.indexOf(LINE_FEED, at)) {
    const one: unknown = parseJson(bytes.toString('utf8', at, end));
    if (isKept(one)) kept.push(one);
  }
  return kept;
}

function isKept(candidate: unknown): candidate is Kept {
  if (!isObject(candidate)) return false;
  const { type, value, first, seen } = candidate;
  return TYPES.some((one) => one === type) && text(value) !== undefined && typeof first === 'number' && typeof seen === 'number';
}

export async function writeCopy(store: ReferenceStore, feed: string, kept: readonly Kept[]): Promise<void> {
  const body = await compress(Buffer.concat(kept.map((one) => Buffer.from(`${JSON.stringify(one)}\n`))));
  await writeReference(store, copyKey(feed), { body, type: 'application/gzip' });
}

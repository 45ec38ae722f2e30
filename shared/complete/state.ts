// What is remembered from one run to the next: one small object in the parked bucket. Where it is lost, watching begins anew with what the log has
// of late; nothing is told that is not so, and what was told is not told again, because findings are named after what they are about.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { newFollowState, type FollowState } from '../cloudtrail-digest/follow-state.ts';
import type { Json } from '../model.ts';
import { isObject, parseJson } from '../outcome.ts';
import { ifThere } from '../s3.ts';
import type { Offsets } from './offsets.ts';
import type { Seen, Told } from './silence.ts';

export interface WatchState {
  readonly v: typeof VERSION;
  /** When watching began, ms since the epoch. */
  readonly since: number;
  /** Leaves of the log that were read; and the checkpoint up to which, once there was one. */
  position: number;
  log: { readonly size: number; readonly root: string } | undefined;
  readonly seen: Seen;
  readonly told: Told;
  readonly offsets: Offsets;
  readonly follow: FollowState;
}

export interface StateStore {
  readonly s3: S3Client;
  /** The parked bucket. */
  readonly bucket: string;
}

const VERSION = 1;
const KEY = 'watch/state.json.gz';
/** About 100 bytes each, expanded. A bank with more log files in three hours is told of those that are kept. */
const MAX_FILES = 200_000;
const compress = promisify(gzip);
const expand = promisify(gunzip);

export function newState(now: number): WatchState {
  return { v: VERSION, since: now, position: 0, log: undefined, seen: {}, told: {}, offsets: {}, follow: newFollowState() };
}

/** @returns what was saved, or a new beginning where there is none of this version. */
export async function loadState(store: StateStore, now: number): Promise<WatchState> {
  const saved = await loadKept(store, KEY);
  return isState(saved) ? saved : newState(now);
}

/** @returns what saveKept() wrote there; undefined where there is nothing, or nothing that was written whole. */
export async function loadKept({ s3, bucket }: StateStore, key: string): Promise<Json | undefined> {
  const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  if (answer?.Body === undefined) return undefined;
  return parseJson((await expand(await answer.Body.transformToByteArray())).toString());
}

/** @param key ends in .json.gz */
export async function saveKept({ s3, bucket }: StateStore, key: string, content: object): Promise<void> {
  const Body = await compress(JSON.stringify(content));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/gzip' }));
}

// Written by saveState() alone, so its version tells its shape.
function isState(candidate: unknown): candidate is WatchState {
  return isObject(candidate) && candidate['v'] === VERSION;
}

/** @returns how many log files were forgotten because there are too many. */
export async function saveState(store: StateStore, state: WatchState): Promise<number> {
  const forgotten = trim(state.follow.unnamed, ({ delivered }) => delivered) + trim(state.follow.wanted, ({ since }) => since);
  await saveKept(store, KEY, state);
  return forgotten;
}

/** The oldest go. */
function trim<T>(entries: Record<string, T>, timeOf: (entry: T) => number): number {
  const all = Object.entries(entries);
  const excess = Math.max(0, all.length - MAX_FILES);
  if (excess === 0) return 0;
  for (const [id] of all.sort(([, one], [, other]) => timeOf(one) - timeOf(other)).slice(0, excess)) Reflect.deleteProperty(entries, id);
  return excess;
}

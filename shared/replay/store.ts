// What is kept of a replay, in the parked bucket below `replay/<id>/`: the plan, the manifest of each chunk, and what became of each.
import { randomBytes } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { EvidenceError, MisconfiguredError } from '../errors.ts';
import type { Counts, Json, JsonObject, ReplayMark } from '../model.ts';
import { isArray, isObject, object, parseJson, text } from '../outcome.ts';
import type { ParkedStore } from '../park/parked.ts';
import { ifThere, listKeys } from '../s3.ts';
import type { Totals } from './plan.ts';
import type { Selection } from './select.ts';
import { isReplayMark } from './target.ts';

/** A sealed object that is to be replayed. */
export interface ReplayEntry {
  readonly key: string;
  readonly version: string;
  readonly records: number;
  /** As delivered. */
  readonly bytes: number;
}

export interface ReplayPlan {
  readonly format: 1;
  readonly bank: string;
  readonly mark: ReplayMark;
  readonly selection: Selection;
  readonly chunks: number;
  readonly totals: Totals;
  /** Records per second of the whole replay. */
  readonly rate: number;
}

/** What became of a chunk, written when all of it is done. */
export interface ChunkDone extends Counts {
  /** Opened and processed. */
  readonly objects: number;
  /** Objects whose period's key was destroyed: there is nothing to replay any more. */
  readonly erased: number;
  /** Objects that are not what was sealed. */
  readonly refused: number;
  /** Of the refused, the first ones. */
  readonly problems: readonly { readonly key: string; readonly detail: string }[];
}

export interface ChunkFailure {
  /** Vault key of the access statement: which run of the replay it is of. */
  readonly access: string;
  /** From 1. */
  readonly attempt: number;
  readonly reason: string;
}

const REPLAYS = 'replay/';
const DIGITS = 6;
/** `20261121T093000Z-9f3c21ab`, as statements are named. */
const ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

/** @param now ms since the epoch */
export function newReplayId(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
}

export function isReplayId(candidate: string): boolean {
  return ID.test(candidate);
}

export async function putPlan(store: ParkedStore, plan: ReplayPlan): Promise<void> {
  await put(store, planKey(plan.mark.id), JSON.stringify(plan));
}

/** @throws MisconfiguredError where there is no such replay. */
export async function readPlan(store: ParkedStore, id: string): Promise<ReplayPlan> {
  const plan = isReplayId(id) ? parseJson((await get(store, planKey(id))) ?? '') : undefined;
  if (!isPlan(plan)) throw new MisconfiguredError(`replay ${id} is not in ${store.bucket}, or of another version`);
  return plan;
}

export async function putManifest(store: ParkedStore, id: string, chunk: number, ndjson: Buffer): Promise<void> {
  await put(store, `${REPLAYS}${id}/manifest/${number(chunk)}`, ndjson);
}

/** @throws MisconfiguredError where it is not there, or holds something else. */
export async function readManifest(store: ParkedStore, id: string, chunk: number): Promise<readonly ReplayEntry[]> {
  const key = `${REPLAYS}${id}/manifest/${number(chunk)}`;
  const lines = (await get(store, key))?.split('\n').filter((line) => line !== '') ?? [];
  const entries = lines.map(parseJson).filter(isEntry);
  if (entries.length === 0 || entries.length < lines.length)
    throw new MisconfiguredError(`${key} in ${store.bucket} is no manifest of a replay`);
  return entries;
}

export async function putDone(store: ParkedStore, id: string, chunk: number, done: ChunkDone): Promise<void> {
  await put(store, `${folder(id, 'done')}${number(chunk)}.json`, JSON.stringify(done));
}

/** @returns undefined where it is not done yet. */
export async function readDone(store: ParkedStore, id: string, chunk: number): Promise<ChunkDone | undefined> {
  const key = `${folder(id, 'done')}${number(chunk)}.json`;
  const content = await get(store, key);
  if (content === undefined) return undefined;
  const done = parseJson(content);
  if (!isDone(done)) throw new EvidenceError(`${key} in ${store.bucket} does not say what was done`);
  return done;
}

export async function putFailure(store: ParkedStore, id: string, chunk: number, failure: ChunkFailure): Promise<void> {
  await put(store, `${folder(id, 'failed')}${number(chunk)}.json`, JSON.stringify(failure));
}

export async function readFailure(store: ParkedStore, id: string, chunk: number): Promise<ChunkFailure | undefined> {
  const failure = object(parseJson((await get(store, `${folder(id, 'failed')}${number(chunk)}.json`)) ?? ''));
  const [access, attempt, reason] = [text(failure?.['access']), failure?.['attempt'], text(failure?.['reason'])];
  return access !== undefined && typeof attempt === 'number' && reason !== undefined ? { access, attempt, reason } : undefined;
}

/** Numbers of the chunks that are done, or that have failed. */
export async function listChunks(store: ParkedStore, id: string, state: 'done' | 'failed'): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const prefix = folder(id, state);
  for await (const key of listKeys(store, prefix)) found.add(Number(key.slice(prefix.length, -'.json'.length)));
  return found;
}

function planKey(id: string): string {
  return `${REPLAYS}${id}/plan.json`;
}

function folder(id: string, state: 'done' | 'failed'): string {
  return `${REPLAYS}${id}/${state}/`;
}

function number(chunk: number): string {
  return String(chunk).padStart(DIGITS, '0');
}

async function put({ s3, bucket }: ParkedStore, key: string, body: string | Buffer): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }));
}

async function get({ s3, bucket }: ParkedStore, key: string): Promise<string | undefined> {
  const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  return await answer?.Body?.transformToString();
}

function isPlan(candidate: unknown): candidate is ReplayPlan {
  if (!isObject(candidate) || candidate['format'] !== 1) return false;
  const [selection, totals] = [object(candidate['selection']), object(candidate['totals'])];
  return (
    text(candidate['bank']) !== undefined &&
    isReplayMark(candidate['mark']) &&
    areNumbers(candidate, ['chunks', 'rate']) &&
    areNumbers(totals, ['objects', 'records', 'bytes']) &&
    areNumbers(selection, ['from', 'to']) &&
    text(selection?.['source']) !== undefined &&
    isArray(selection?.['accounts'])
  );
}

function isEntry(candidate: Json | undefined): candidate is JsonObject & ReplayEntry {
  if (!isObject(candidate)) return false;
  return areNumbers(candidate, ['records', 'bytes']) && text(candidate['key']) !== undefined && text(candidate['version']) !== undefined;
}

function isDone(candidate: unknown): candidate is ChunkDone {
  if (!isObject(candidate) || !isArray(candidate['problems'])) return false;
  return areNumbers(candidate, ['objects', 'erased', 'refused', 'records', 'events', 'excluded', 'parked']);
}

function areNumbers(candidate: JsonObject | undefined, names: readonly string[]): boolean {
  return names.every((name) => Number.isFinite(candidate?.[name]));
}

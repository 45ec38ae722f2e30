// Digests that came: opened, followed, and the log files that they name checked. What did not come is looked for once more before anybody is told.
import { followDigest, overdue, type ToCheck } from '../cloudtrail-digest/follow.ts';
import type { Chain, FollowState, Unnamed, Wanted } from '../cloudtrail-digest/follow-state.ts';
import { alteredFile, extraOf, missingFile, type Found } from '../cloudtrail-digest/found.ts';
import { digestKeys, readDigest, type DigestKeys, type ReadDigest } from '../cloudtrail-digest/digest.ts';
import type { S3Place } from '../cloudtrail-digest/names.ts';
import type { DigestKey } from '../cloudtrail-digest/types.ts';
import { EvidenceError } from '../errors.ts';
import { inOrder } from '../verify/in-order.ts';
import type { Archive } from './archive.ts';
import { SIGNALS, type Signal, type SignalKind } from './signals.ts';

export interface TrailDeps {
  readonly archive: Archive;
  readonly keys: KeyRing;
  readonly bank: string;
  readonly now: () => number;
}

/** The public keys that are known, and where to ask for others. */
export interface KeyRing {
  known(): Promise<readonly DigestKey[]>;
  /** Asks CloudTrail, and keeps what it says. @param at end of a digest's hour, ms since the epoch. */
  ask(region: string, at: number): Promise<void>;
}

const AT_ONCE = 16;
/** Objects of a day and account that are looked through for one that was not noticed. */
const MAX_LOOKED_AT = 20_000;
const HOUR_MS = 3_600_000;

/** @param keys of the digests in the vault. @param toCheck files whose digest came before them. */
export async function followDigests(
  state: FollowState,
  { keys, toCheck }: { readonly keys: readonly string[]; readonly toCheck: readonly ToCheck[] },
  deps: TrailDeps,
): Promise<readonly Signal[]> {
  const { reads, found } = await readDigests(keys, deps);
  const known = await keysFor(reads, deps);
  const checks = [...toCheck];
  for (const read of reads.sort((one, other) => one.digest.end - other.digest.end)) {
    const followed = followDigest(state, read, known, deps.now());
    found.push(...followed.found);
    checks.push(...followed.toCheck);
  }
  for await (const checked of inOrder(checks, AT_ONCE, (check) => checkFile(check, deps))) found.push(...checked);
  return found.map(signalOf);
}

async function readDigests(
  keys: readonly string[],
  { archive }: TrailDeps,
): Promise<{ readonly reads: ReadDigest[]; readonly found: Found[] }> {
  const reads: ReadDigest[] = [];
  const found: Found[] = [];
  for await (const delivered of archive.digests(keys)) {
    const read = 'reason' in delivered ? delivered : readDigest(delivered);
    if ('digest' in read) reads.push(read);
    else found.push(unreadable(delivered.at, 'reason' in read ? read.reason : read.detail));
  }
  return { reads, found };
}

/** The folder in the vault tells account, region and day. */
function unreadable(at: string, detail: string): Found {
  const [, , account = '', region = '', ...rest] = at.split('/');
  const time = Date.parse(rest.slice(0, 3).join('-'));
  return { code: 'digest_unreadable', about: [at], at, detail: `${at}: ${detail}`, account, region, time };
}

async function keysFor(reads: readonly ReadDigest[], { keys }: TrailDeps): Promise<DigestKeys> {
  const before = digestKeys(await keys.known());
  const unknown = reads.filter(({ digest, name }) => before.get(digest.fingerprint)?.some(({ region }) => region === name.region) !== true);
  if (unknown.length === 0) return before;
  // One question for each region and key, at the time of one of its digests.
  const questions = new Map(
    unknown.map(({ digest, name }) => [`${name.region} ${digest.fingerprint}`, { region: name.region, at: digest.end }]),
  );
  for (const { region, at } of questions.values()) await keys.ask(region, at);
  return digestKeys(await keys.known());
}

async function checkFile({ wanted, at }: ToCheck, { archive, now }: TrailDeps): Promise<readonly Found[]> {
  const closed = wanted.told ? [{ ...missingFile(wanted), closed: now() }] : [];
  try {
    const { hasHash } = await archive.file(at);
    const fits = hasHash?.(wanted.hash);
    return fits === true ? closed : [...closed, alteredFile(wanted, at, fits === false)];
  } catch (error) {
    if (error instanceof EvidenceError) return [...closed, alteredFile(wanted, at, false)];
    throw error;
  }
}

/** To be called when everything that is in the log was taken. */
export async function overdueTrails(state: FollowState, deps: TrailDeps): Promise<readonly Signal[]> {
  const now = deps.now();
  const { found, missing, extra } = overdue(state, now);
  const all = [...found];
  const folders = new Map<string, Promise<ReadonlyMap<string, string>>>();
  for (const [id, wanted] of missing) {
    const at = await lookFor(wanted, folders, deps);
    if (at === undefined) {
      state.wanted[id] = { ...wanted, told: true };
      all.push(missingFile(wanted));
    } else {
      Reflect.deleteProperty(state.wanted, id);
      all.push(...(await checkFile({ wanted, at }, deps)));
    }
  }
  all.push(...(await extraFiles(state, extra, deps)));
  return all.map(signalOf);
}

/** A file may have come when nobody watched. @returns its vault key. */
async function lookFor(
  { bucket, object, account, region }: Wanted,
  folders: Map<string, Promise<ReadonlyMap<string, string>>>,
  deps: TrailDeps,
): Promise<string | undefined> {
  const day = /\/(\d{4}\/\d\d\/\d\d)\/[^/]+$/.exec(object)?.[1];
  if (day === undefined) return undefined;
  const dayAfter = new Date(Date.parse(day.replaceAll('/', '-')) + 86_400_000).toISOString().slice(0, 10).replaceAll('-', '/');
  for (const date of [day, dayAfter]) {
    const prefix = `${deps.bank}/cloudtrail/${account}/${region}/${date}/`;
    const folder = folders.get(prefix) ?? placesIn(prefix, deps.archive);
    folders.set(prefix, folder);
    const at = (await folder).get(`${bucket}/${object}`);
    if (at !== undefined) return at;
  }
  return undefined;
}

async function placesIn(prefix: string, archive: Archive): Promise<ReadonlyMap<string, string>> {
  const keys: string[] = [];
  for await (const key of archive.list(prefix)) if (keys.push(key) === MAX_LOOKED_AT) break;
  const places = new Map<string, string>();
  for await (const [key, place] of inOrder(keys, AT_ONCE, async (key) => [key, await placeOf(key, archive)] as const))
    if (place !== undefined) places.set(`${place.bucket}/${place.key}`, key);
  return places;
}

async function placeOf(key: string, archive: Archive): Promise<S3Place | undefined> {
  try {
    return await archive.place(key);
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}

interface ExtraFile {
  readonly id: string;
  readonly unnamed: Unnamed;
  readonly chain: Chain;
}

/** A file that was delivered a second time was named the first time: the digests of its time are opened again. */
async function extraFiles(state: FollowState, extra: readonly ExtraFile[], deps: TrailDeps): Promise<readonly Found[]> {
  const near = (file: ExtraFile): readonly string[] =>
    file.chain.recent.flatMap(({ at, end }) => (end >= file.unnamed.delivered - HOUR_MS ? [at] : []));
  const { reads } = await readDigests([...new Set(extra.flatMap(near))], deps);
  const found: Found[] = [];
  for (const file of extra) {
    const { id, unnamed, chain } = file;
    Reflect.deleteProperty(state.unnamed, id);
    const oldest = Math.min(...chain.recent.map(({ end }) => end));
    const place = oldest - HOUR_MS > unnamed.delivered ? undefined : await placeOf(unnamed.at, deps.archive);
    if (place === undefined) continue;
    const naming = reads.find(({ digest }) => digest.files.some(({ bucket, object }) => bucket === place.bucket && object === place.key));
    const named = naming?.digest.files.find(({ bucket, object }) => bucket === place.bucket && object === place.key);
    if (naming === undefined || named === undefined) {
      state.unnamed[id] = { ...unnamed, told: true };
      found.push({ ...extraOf(unnamed, chain), resource: `s3://${place.bucket}/${place.key}` });
    } else {
      const { account, region } = naming.name;
      const wanted = { ...named, by: naming.at, end: naming.digest.end, account, region, since: 0, told: false };
      found.push(...(await checkFile({ wanted, at: unnamed.at }, deps)));
    }
  }
  return found;
}

function signalOf({ code, at, ...found }: Found): Signal {
  if (!isSignal(code)) throw new Error(`${code} is told of nowhere`);
  return { ...found, kind: code, source: 'cloudtrail', evidence: at };
}

function isSignal(code: string): code is SignalKind {
  return Object.hasOwn(SIGNALS, code);
}

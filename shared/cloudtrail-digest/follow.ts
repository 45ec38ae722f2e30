// Digests and log files as they come, hour by hour: the same checks as verify.ts makes of a whole archive, with what has to be remembered
// between two runs kept small. What is not there yet is late before it is missing.
import { DIGEST_LAG_MS } from './chain.ts';
import { isAuthentic, linkProblem, ownProblems, placeOf, type DigestKeys, type ReadDigest } from './digest.ts';
import { FILE_LAG_MS, isCovered, joined, NAME_LAG_MS } from './files.ts';
import { fileId, folderId, type Chain, type FollowState, type Gap, type Unnamed, type Wanted } from './follow-state.ts';
import { aboutDigest, clock, endOf, extraOf, hoursOf, missingOf, type Found, type Hour } from './found.ts';
import { folderPlace, logFileFolder, type S3Place } from './names.ts';
import type { DigestProblem } from './types.ts';

const HOUR_MS = 3_600_000;
const SPANS_KEPT_MS = 48 * HOUR_MS;
/** After so long a file that no digest could have named is forgotten. */
const FORGOTTEN_MS = 24 * HOUR_MS;
/** Hours are told one by one for so long; what is missing then is a chain that ended. */
const ENDED_MS = 48 * HOUR_MS;
/** What was told of is remembered so long, to be closed. */
const REMEMBERED_MS = 7 * 24 * HOUR_MS;
const MAX_RECENT = 8;

/** Notes a log file that was delivered. @returns the name by which a digest wants it already, for checkFile(). */
export function noteFile(state: FollowState, file: S3Place & { readonly at: string; readonly delivered: number }): Wanted | undefined {
  if (logFileFolder(file.key) === undefined) return undefined;
  const id = fileId(file);
  const wanted = state.wanted[id];
  if (wanted !== undefined) {
    Reflect.deleteProperty(state.wanted, id);
    return wanted;
  }
  state.unnamed[id] = { at: file.at, delivered: file.delivered, folder: folderId(folderPlace(file)), told: false };
  return undefined;
}

/** A log file that is there and that a digest names: to be checked by its hash. */
export interface ToCheck {
  readonly wanted: Wanted;
  /** Vault key of the log file. */
  readonly at: string;
}

export interface Followed {
  readonly found: readonly Found[];
  readonly toCheck: readonly ToCheck[];
}

/** Takes a digest that came; of several those of a chain in the order of their time. */
export function followDigest(state: FollowState, read: ReadDigest, keys: DigestKeys, now: number): Followed {
  const own = ownProblems(read, keys);
  const found: Found[] = own.map(({ code, detail }) => ({ ...aboutDigest(read, code, detail), about: [placeOf(read), read.hash] }));
  if (!read.name.backfill && mayContinue(read, own, now)) found.push(...followChain(state, read, now));
  // The files of a digest that somebody else wrote prove nothing; what it names is not held against anybody either.
  const { closed, toCheck } = namedFiles(state, read, isAuthentic(own), now);
  return { found: [...found, ...closed], toCheck };
}

/** A forged digest must not stand in the way of those that come. Where only the key is not known, hours go on. */
function mayContinue({ digest }: ReadDigest, problems: readonly DigestProblem[], now: number): boolean {
  return digest.end <= now + HOUR_MS && problems.every(({ code }) => code === 'digest_moved' || code === 'key_unknown');
}

interface Named {
  readonly closed: readonly Found[];
  readonly toCheck: readonly ToCheck[];
}

function namedFiles(state: FollowState, read: ReadDigest, authentic: boolean, now: number): Named {
  const toCheck: ToCheck[] = [];
  const closed: Found[] = [];
  const { account, region } = read.name;
  for (const file of read.digest.files) {
    const id = fileId({ bucket: file.bucket, key: file.object });
    const wanted = { ...file, by: read.at, end: read.digest.end, account, region, since: now, told: false };
    const there = state.unnamed[id];
    Reflect.deleteProperty(state.unnamed, id);
    if (there?.told === true) closed.push({ ...extraOf(there, wanted), closed: now });
    if (!authentic) continue;
    if (there === undefined) state.wanted[id] ??= wanted;
    else toCheck.push({ wanted, at: there.at });
  }
  return { closed, toCheck };
}

function followChain(state: FollowState, read: ReadDigest, now: number): readonly Found[] {
  const { chain: name, account, region, trail, folder } = read.name;
  const { digest, hash, signature, at } = read;
  const last = { at, place: placeOf(read), hash, signature, end: digest.end };
  const folderOf = folderId(`${digest.bucket}/${folder}`);
  const chain = state.chains[name];
  if (chain === undefined) {
    state.chains[name] = {
      ...{ name, account, region, trail, folder: folderOf, last, gaps: [], told: 0, ended: false },
      spans: [[digest.start, digest.end]],
      recent: [{ at, end: digest.end }],
    };
    return [];
  }
  if (chain.last.place === last.place && chain.last.hash === hash) return [];
  chain.spans = joined([...chain.spans, [digest.start, digest.end]]).filter(([, end]) => end > now - SPANS_KEPT_MS);
  chain.recent = [...chain.recent, { at, end: digest.end }].sort((one, other) => one.end - other.end).slice(-MAX_RECENT);
  if (digest.end <= chain.last.end) return fillGap(chain, read, now);
  const found = continued(chain, read, now);
  Object.assign(chain, { last, folder: folderOf, ended: false, told: 0 });
  return found;
}

/** The next digest of a chain. */
function continued(chain: Chain, read: ReadDigest, now: number): readonly Found[] {
  const { previous, start } = read.digest;
  const { last, told } = chain;
  const open = [
    ...(chain.ended ? [endOf(chain)] : []),
    // Hours that were told to be missing and that this digest is about after all.
    ...hoursOf(last.end, told).flatMap((hour) => (hour.until > start ? [missingOf(chain, hour)] : [])),
  ];
  const closed = open.map((one) => ({ ...one, closed: now }));
  if (previous === undefined) {
    const detail = `digests of trail ${chain.trail} begin anew at ${clock(start)}; the last one before ended at ${clock(last.end)}`;
    return [...closed, { ...aboutDigest(read, 'digest_restart', detail), about: [placeOf(read)], time: last.end, until: start }];
  }
  if (`${previous.bucket}/${previous.object}` === last.place) {
    const wrong = linkProblem(previous, last);
    return wrong === undefined ? closed : [...closed, chainBroken(read, wrong)];
  }
  const until = Math.max(start, last.end);
  chain.gaps.push({ time: last.end, until, named: previous, since: now, told: told >= until });
  return closed;
}

function chainBroken(read: ReadDigest, wrong: string): Found {
  return { ...aboutDigest(read, 'digest_chain', wrong), about: [placeOf(read), read.hash] };
}

/** A digest that came late. */
function fillGap(chain: Chain, read: ReadDigest, now: number): readonly Found[] {
  const { start, end, previous } = read.digest;
  const gap = chain.gaps.find(({ time, until }) => time <= start && end <= until + DIGEST_LAG_MS);
  // What is older than anybody remembers, or came a second time, is for `strongroom verify`.
  if (gap === undefined) return [];
  const { named } = gap;
  const isNamed = named !== undefined && `${named.bucket}/${named.object}` === placeOf(read);
  const wrong = isNamed ? linkProblem(named, read) : undefined;
  const rest: Gap[] = [
    { ...gap, until: start, named: previous },
    { ...gap, time: end },
  ].filter((part, at) => part.until > part.time && !(at === 1 && isNamed));
  chain.gaps = [...chain.gaps.filter((one) => one !== gap), ...rest];
  const closed = gap.told
    ? gapHours(gap.time, gap.until)
        .filter((hour) => hour.time < end && hour.until > start)
        .map((hour) => ({ ...missingOf(chain, hour), closed: now }))
    : [];
  return wrong === undefined ? closed : [...closed, chainBroken(read, wrong)];
}

export interface Overdue extends Followed {
  /** Named, and not there in time: whoever can looks once more, then tells. */
  readonly missing: readonly (readonly [id: string, wanted: Wanted])[];
  /** There, and not named in time: whoever can looks once more into the digests of that time, then tells. */
  readonly extra: readonly { readonly id: string; readonly unnamed: Unnamed; readonly chain: Chain }[];
}

/** What was given time and did not come. To be asked when everything that came was taken. */
export function overdue(state: FollowState, now: number): Omit<Overdue, 'toCheck'> {
  const chains = Object.values(state.chains);
  const found = chains.flatMap((chain) => [...gapsOf(chain, now), ...hoursBehind(chain, now)]);
  const missing = Object.entries(state.wanted).filter(([, { since, told }]) => !told && since + FILE_LAG_MS <= now);
  const byFolder = Map.groupBy(chains, ({ folder }) => folder);
  const extra = Object.entries(state.unnamed).flatMap(([id, unnamed]) => {
    if (unnamed.told || unnamed.delivered + NAME_LAG_MS > now) return [];
    const chain = byFolder.get(unnamed.folder)?.find((one) => isCovered(unnamed.delivered, one));
    return chain === undefined ? [] : [{ id, unnamed, chain }];
  });
  forget(state, now);
  return { found, missing, extra };
}

function forget(state: FollowState, now: number): void {
  for (const [id, { delivered, told }] of Object.entries(state.unnamed))
    if (delivered + (told ? REMEMBERED_MS : FORGOTTEN_MS) <= now) Reflect.deleteProperty(state.unnamed, id);
  for (const [id, { since, told }] of Object.entries(state.wanted))
    if (told && since + REMEMBERED_MS <= now) Reflect.deleteProperty(state.wanted, id);
  for (const chain of Object.values(state.chains))
    chain.gaps = chain.gaps.filter(({ told, since }) => !told || since + REMEMBERED_MS > now);
}

function gapsOf(chain: Chain, now: number): readonly Found[] {
  const due = chain.gaps.filter(({ told, since }) => !told && since + DIGEST_LAG_MS <= now);
  chain.gaps = chain.gaps.map((gap) => (due.includes(gap) ? { ...gap, told: true } : gap));
  return due.flatMap(({ time, until }) => gapHours(time, until).map((hour, at) => ({ ...missingOf(chain, hour), quiet: at > 0 })));
}

/** What goes on for days is told in one piece from then on. */
function gapHours(time: number, until: number): readonly Hour[] {
  const hours = hoursOf(time, Math.min(until, time + ENDED_MS));
  return until > time + ENDED_MS ? [...hours, { time: time + ENDED_MS, until }] : hours;
}

/** Hours behind the last digest, as they become due. */
function hoursBehind(chain: Chain, now: number): readonly Found[] {
  if (chain.ended) return [];
  const { end } = chain.last;
  if (now >= end + ENDED_MS + DIGEST_LAG_MS) {
    chain.ended = true;
    return [endOf(chain)];
  }
  const due = hoursOf(end, now - DIGEST_LAG_MS).filter(({ until }) => until > chain.told && until + DIGEST_LAG_MS <= now);
  const found = due.map((hour) => ({ ...missingOf(chain, hour), quiet: hour.time > end }));
  chain.told = due.at(-1)?.until ?? chain.told;
  return found;
}

// Digests of one trail, account and region, one after the other: CloudTrail writes one every hour, also when nothing happened, so what is not
// there is missing. A chain begins with a digest that names no predecessor: when validation is switched on, or logging started again.
import { about, linkProblem, placeOf, type ReadDigest } from './digest.ts';
import { digestName } from './names.ts';
import type { DigestProblem } from './types.ts';

const HOUR_MS = 3_600_000;
/** A digest comes within minutes of its hour's end; later than this it is missing. */
export const DIGEST_LAG_MS = HOUR_MS;

export interface ChainProblem extends DigestProblem {
  /** The digest about which it is. */
  readonly digest: ReadDigest;
}

export interface Bounds {
  readonly from: number;
  readonly until: number;
  readonly now: number;
}

/** @param chain by time. @param byPlace every digest there is. */
export function chainProblems(
  chain: readonly ReadDigest[],
  byPlace: ReadonlyMap<string, readonly ReadDigest[]>,
  bounds: Bounds,
): readonly ChainProblem[] {
  const found: ChainProblem[] = [];
  for (const [at, one] of chain.entries()) {
    const { end } = one.digest;
    if (end < bounds.from || end > bounds.until) continue;
    const problem = one.digest.previous === undefined ? startOf(one, chain[at - 1]) : linkOf(one, chain[at - 1], byPlace, bounds.from);
    if (problem !== undefined) found.push({ ...problem, digest: one });
  }
  const last = chain.at(-1);
  const end = last === undefined ? undefined : endOf(last, bounds);
  return last === undefined || end === undefined ? found : [...found, { ...end, digest: last }];
}

function startOf(one: ReadDigest, before: ReadDigest | undefined): DigestProblem {
  const { start } = one.digest;
  if (before === undefined) return about(one, 'digest_start', `digests of ${nameOf(one)} begin at ${clock(start)}`, { time: start });
  const gap = { time: before.digest.end, until: start };
  return about(
    one,
    'digest_restart',
    `digests of ${nameOf(one)} begin anew at ${clock(start)}; nothing proves what was delivered ${span(gap)}`,
    gap,
  );
}

function linkOf(
  one: ReadDigest,
  before: ReadDigest | undefined,
  byPlace: ReadonlyMap<string, readonly ReadDigest[]>,
  from: number,
): DigestProblem | undefined {
  const { previous, start } = one.digest;
  if (previous === undefined) return undefined;
  const candidates = byPlace.get(`${previous.bucket}/${previous.object}`) ?? [];
  if (candidates.length > 0) {
    const wrong = candidates.map((candidate) => linkProblem(previous, candidate));
    const first = wrong.every((words) => words !== undefined) ? wrong[0] : undefined;
    return first === undefined ? undefined : about(one, 'digest_chain', `${first}: s3://${previous.bucket}/${previous.object}`);
  }
  const previousEnd = digestName(previous.object)?.end ?? start;
  if (previousEnd < from) return undefined;
  const gap = { time: Math.min(before?.digest.end ?? previousEnd - HOUR_MS, start), until: start };
  return about(
    one,
    'digest_missing',
    `it names s3://${previous.bucket}/${previous.object}, which is not there: no digest ${span(gap)}`,
    gap,
  );
}

/** What follows the last digest there is: nothing, long after its time. */
function endOf(last: ReadDigest, { from, until, now }: Bounds): DigestProblem | undefined {
  const { end } = last.digest;
  const asked = Math.min(until, now);
  if (end < from || asked === Infinity || end + HOUR_MS + DIGEST_LAG_MS > asked) return undefined;
  const gap = { time: end, until: asked };
  return about(last, 'digest_end', `the last digest of ${nameOf(last)}: none ${span(gap)}`, gap);
}

/** Hours without a digest, as they would have been written. */
export function missingHours({ time, until }: { readonly time: number; readonly until: number }): number {
  return Math.max(1, Math.round((until - time) / HOUR_MS));
}

function span(gap: { readonly time: number; readonly until: number }): string {
  return `from ${clock(gap.time)} to ${clock(gap.until)} (${missingHours(gap)} h)`;
}

function nameOf({ name: { account, region, trail } }: ReadDigest): string {
  return `trail ${trail} in account ${account}, ${region},`;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

export function samePlace(digests: Iterable<ReadDigest>): ReadonlyMap<string, readonly ReadDigest[]> {
  const byPlace = new Map<string, ReadDigest[]>();
  for (const one of digests) {
    const same = byPlace.get(placeOf(one));
    if (same === undefined) byPlace.set(placeOf(one), [one]);
    else same.push(one);
  }
  return byPlace;
}

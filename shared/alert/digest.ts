// Once a week: what was found, what nobody has answered, what is loud and what is silent. Numbers come from the index and from the table; where the
// index cannot be asked it is tried again for some hours, then the digest goes without it and says so.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type { Weekday } from './config.ts';
import { errorFields, type Log } from '../observe/log.ts';
import { listedItems, readItems, writeItems, type Stored, type Write } from './claims.ts';
import { digestMessage, type Digest, type Open } from './digest-text.ts';
import type { DigestNumbers, DigestRange } from './digest-numbers.ts';
import { LEASE_MS, type Episode } from './episode.ts';
import { episodeOf } from './ledger.ts';
import { alertSettings } from './settings.ts';
import { send, type TellDeps } from './tell.ts';

export const DIGEST_ID = 'digest';
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const RETRY_MS = 600_000;
/** Three hours. */
const MAX_TRIES = 18;
/** Findings of a list that are looked at. */
const MAX_LISTED = 5000;
const MAX_OPEN = 10;

export interface DigestDeps {
  /** @throws where the index cannot be asked. */
  readonly numbers: (range: DigestRange) => Promise<DigestNumbers>;
}

interface Plan {
  readonly format: 1;
  /** When the next one is due, ms since the epoch, and when it is tried again. */
  readonly next: number;
  readonly retry: number;
  readonly tries: number;
}

const WEEKDAYS: readonly Weekday[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** @returns the first time after `now` at that hour of that day (UTC), ms since the epoch. */
export function nextDigest({ weekday, hour }: { readonly weekday: Weekday; readonly hour: number }, now: number): number {
  const midnight = Math.floor(now / DAY_MS) * DAY_MS;
  const days = (WEEKDAYS.indexOf(weekday) - new Date(midnight).getUTCDay() + 7) % 7;
  const at = midnight + days * DAY_MS + hour * 3_600_000;
  return at > now ? at : at + WEEK_MS;
}

/** Sends the digest if it is due. @returns how many were sent. */
export async function sendDigest({ numbers }: DigestDeps, deps: TellDeps & { readonly log: Pick<Log, 'warn'> }): Promise<number> {
  const { claims, now: clock, bank } = deps;
  const settings = alertSettings(bank).digest;
  if (settings === undefined) return 0;
  const now = clock();
  const stored = (await readItems(claims, [DIGEST_ID], now))(DIGEST_ID);
  const plan = planOf(stored);
  // Another day in the bank's file counts from now on.
  const upcoming = nextDigest(settings, now);
  if (plan === undefined || plan.next > upcoming) {
    await writeItems(claims, [planWrite(stored, { format: 1, next: upcoming, retry: upcoming, tries: 0 }, now)]);
    return 0;
  }
  if (plan.next > now || plan.retry > now) return 0;
  // Whoever fails from here on leaves it to a later run.
  const mine = { ...plan, retry: now + LEASE_MS, tries: plan.tries + 1 };
  if (!(await writeItems(claims, [planWrite(stored, mine, now)]))) return 0;
  const held = { ...stored, version: stored.version + 1 };
  const range = { from: plan.next - WEEK_MS, to: plan.next };
  const asked = await askNumbers(numbers, range);
  if (asked.numbers === undefined && mine.tries < MAX_TRIES) {
    deps.log.warn('the index could not be asked for the digest, it is tried again', { tries: mine.tries, reason: asked.reason });
    await writeItems(claims, [planWrite(held, { ...mine, retry: now + RETRY_MS }, now)]);
    return 0;
  }
  await send(digestMessage(bank, { range, ...asked, ...(await answersOf(deps, range)) }), deps);
  await writeItems(claims, [planWrite(held, { format: 1, next: upcoming, retry: upcoming, tries: 0 }, now)]);
  return 1;
}

function planOf({ content }: Stored): Plan | undefined {
  const { next, retry, tries } = content ?? {};
  if (typeof next !== 'number' || typeof retry !== 'number' || typeof tries !== 'number') return undefined;
  return { format: 1, next, retry, tries };
}

/** Not in the queue of what is due: every run looks. */
function planWrite(before: Stored, content: Plan, now: number): Write {
  return { before, content, expires: now + 60 * DAY_MS };
}

async function askNumbers(
  numbers: DigestDeps['numbers'],
  range: DigestRange,
): Promise<{ readonly numbers: DigestNumbers | undefined; readonly reason: string | undefined }> {
  try {
    return { numbers: await numbers(range), reason: undefined };
  } catch (error) {
    const { error: name, reason } = errorFields(error);
    return { numbers: undefined, reason: `${name}: ${reason}` };
  }
}

/** What people have answered to and what not, as the table has it. */
async function answersOf(
  deps: TellDeps,
  { from, to }: DigestRange,
): Promise<Pick<Digest, 'open' | 'openCount' | 'answered' | 'meanAnswerMs'>> {
  const open = await listOf(deps, 'new');
  const answers: number[] = [];
  for (const status of ['acknowledged', 'closed', 'suppressed'] as const) {
    for (const { answered, opened } of await listOf(deps, status)) {
      if (answered !== undefined && answered >= from && answered < to) answers.push(answered - opened);
    }
  }
  const oldest = [...open].sort((one, other) => other.severity - one.severity || one.opened - other.opened).slice(0, MAX_OPEN);
  return {
    open: oldest.map(({ uid, title, severity, account, opened, count }): Open => ({ uid, title, severity, account, opened, count })),
    openCount: open.length,
    answered: answers.length,
    meanAnswerMs: answers.length === 0 ? undefined : answers.reduce((sum, one) => sum + one, 0) / answers.length,
  };
}

/** The latest of a list. */
export async function listOf(
  { claims, now }: Pick<TellDeps, 'claims' | 'now'>,
  status: Episode['status'],
  most = MAX_LISTED,
): Promise<readonly (Episode & { readonly id: string })[]> {
  const ids: string[] = [];
  for await (const id of listedItems(claims, status)) {
    ids.push(id);
    if (ids.length >= most) break;
  }
  const item = await readItems(claims, ids, now());
  return ids.flatMap((id) => {
    const episode = episodeOf(item(id));
    // The index is a moment behind the table.
    return episode === undefined || episode.status !== status ? [] : [{ ...episode, id }];
  });
}

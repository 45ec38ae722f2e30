// Whether an object is locked as it was promised. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import type { Lock } from '../retention/classes.ts';
import { problem, type Problem } from './problems.ts';
import type { StoredObject } from './vault-reader.ts';

const DAY_MS = 86_400_000;

export interface Promised {
  /** Undefined where nobody knows what was promised: then only that there is a lock is looked at. */
  readonly lock: Lock | undefined;
  /** When the object was stored, ms since the epoch. */
  readonly stored: number;
  readonly now: number;
  /** Whether a legal hold covers it. */
  readonly toBeHeld?: boolean | undefined;
}

export function lockProblems(at: string, { lock, isHeld }: Pick<StoredObject, 'lock' | 'isHeld'>, promised: Promised): readonly Problem[] {
  const held = heldProblems(at, isHeld, promised.toBeHeld === true);
  const { stored, now } = promised;
  const until = promised.lock === undefined ? stored : stored + promised.lock.days * DAY_MS;
  if (lock === undefined) {
    const over = promised.lock !== undefined && until < now;
    return [
      over ? problem('lock_ended', at, `it was promised until ${day(until)}`) : problem('not_locked', at, 'it has no retention'),
      ...held,
    ];
  }
  if (lock.until < until)
    return [problem('lock_too_short', at, `it is locked until ${day(lock.until)} and was promised until ${day(until)}`), ...held];
  const ended = lock.until < now ? [problem('lock_ended', at, `it was locked until ${day(lock.until)}`)] : [];
  const weaker = promised.lock?.mode === 'compliance' && lock.mode === 'governance';
  const mode = weaker ? [problem('lock_weaker', at, 'it is locked in governance mode')] : [];
  return [...ended, ...mode, ...held];
}

function heldProblems(at: string, isHeld: boolean, toBeHeld: boolean): readonly Problem[] {
  if (isHeld) return [problem('held', at, 'it is under a legal hold')];
  return toBeHeld ? [problem('hold_missing', at, 'an open hold covers it, and S3 does not hold it: run `strongroom hold apply`')] : [];
}

/** Whether an object that is not there any more was promised to be there. */
export function isExpired({ lock, stored, now }: Promised): boolean {
  return lock !== undefined && stored + lock.days * DAY_MS < now;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

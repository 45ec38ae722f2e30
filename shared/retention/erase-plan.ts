// What an erasure would do, and what stands against it: found on the objects themselves, not in the bank's file, which may have changed since.
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { periodKeyPlace, type PeriodKeyPlace } from '../seal/period-key-store.ts';
import type { VaultSource } from '../seal/vault.ts';
import { s3VaultReader } from '../verify/vault-reader.ts';
import { keyState, type EraseDeps, type KeyState } from './erase.ts';
import { ANY_SOURCE, openOnes, readHolds, scopeText, type HoldScope } from './holds.ts';
import { inParallel } from './parallel.ts';
import { evidenceVersions } from './versions.ts';

export interface ErasePlan {
  readonly place: PeriodKeyPlace;
  readonly key: KeyState;
  readonly found: Found;
  /** Why it must not be done. */
  readonly against: readonly string[];
  /** Why it must not be done yet: overruled with `--before-retention`. */
  readonly tooEarly: readonly string[];
  /** Asked again when the intent stands. @returns a hold that covers what would be erased. */
  readonly objection: () => Promise<string | undefined>;
}

/** Versions of evidence of that class and month. */
export interface Found {
  readonly versions: number;
  /** Of ciphertext. */
  readonly bytes: number;
  /** The last lock's end, ms since the epoch. */
  readonly lockedUntil: number | undefined;
  /** Under S3's legal hold. */
  readonly held: number;
  /** Whose metadata does not say its class. */
  readonly unknown: readonly string[];
}

const AT_ONCE = 64;
const EXAMPLES = 3;
/** Queues keep what could not be taken in for 14 days: evidence of a month may still arrive for as long. */
const LATE_DAYS = 15;
const DAY_MS = 86_400_000;

export async function planErasure(className: string, period: string, deps: Omit<EraseDeps, 'by'>): Promise<ErasePlan> {
  const { vault, keys, now = Date.now() } = deps;
  const place = periodKeyPlace(keys.bank, className, period);
  const days: HoldScope = { source: ANY_SOURCE, ...monthOf(period) };
  const found = await scan(vault, keys.bank, days, className);

  // What a hold covers is looked for anew each time: more may have been sealed since, and scanning a month takes its time.
  const objection = async (): Promise<string | undefined> => {
    for (const { id, scope, reason } of openOnes(await readHolds(vault))) {
      const shared = { ...scope, from: later(scope.from, days.from), to: earlier(scope.to, days.to) };
      if (shared.from > shared.to) continue;
      const { versions, unknown } = await scan(vault, keys.bank, shared, className);
      if (versions + unknown.length > 0) return `legal hold ${id} covers some of it (${scopeText(scope)}: ${reason})`;
    }
    return undefined;
  };
  const overAt = Date.parse(`${days.to}T00:00:00Z`) + DAY_MS;
  return {
    ...{ place, found, objection },
    key: await keyState(keys, place),
    against: [
      ...(now < overAt ? [`${period} is not over: nothing of the class could be sealed any more`] : []),
      ...(await objection().then((hold) => (hold === undefined ? [] : [hold]))),
      ...(found.held > 0 ? [`${found.held} versions are under S3's legal hold`] : []),
      ...(found.unknown.length > 0
        ? [`the class of ${found.unknown.length} objects cannot be told, such as ${found.unknown.slice(0, EXAMPLES).join(', ')}`]
        : []),
    ],
    tooEarly: [
      ...(now < overAt + LATE_DAYS * DAY_MS
        ? [`until ${dayOf(overAt + LATE_DAYS * DAY_MS)} evidence of ${period} may still arrive, and could not be sealed`]
        : []),
      ...(found.lockedUntil !== undefined && found.lockedUntil > now
        ? [`it is to be kept until ${dayOf(found.lockedUntil)}, when its last lock ends`]
        : []),
    ],
  };
}

/** @returns first and last day. */
function monthOf(period: string): { readonly from: string; readonly to: string } {
  const [year = 0, month = 0] = period.split('-').map(Number);
  return { from: `${period}-01`, to: dayOf(Date.UTC(year, month, 0)) };
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

async function scan({ s3, bucket }: VaultSource, bank: string, days: HoldScope, className: string): Promise<Found> {
  const found = { versions: 0, bytes: 0, held: 0 };
  const unknown: string[] = [];
  let lockedUntil: number | undefined;
  await inParallel(evidenceVersions(s3VaultReader({ s3, bucket }), bank, days), AT_ONCE, async ({ key, version, size }) => {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
    const sealedIn = head.Metadata?.['class'];
    if (sealedIn === undefined) unknown.push(key);
    if (sealedIn !== className) return;
    found.versions++;
    found.bytes += size;
    if (head.ObjectLockLegalHoldStatus === 'ON') found.held++;
    const until = head.ObjectLockRetainUntilDate?.getTime();
    if (until !== undefined) lockedUntil = Math.max(lockedUntil ?? 0, until);
  });
  return { ...found, lockedUntil, unknown };
}

// All that the log and the vault have under one key.
import { EvidenceError, MisconfiguredError } from '../errors.ts';
import { backOff, type Backoff } from '../backoff.ts';
import { decodeLeaf, type Leaf } from '../notary/leaf.ts';
import type { Joined } from './join.ts';
import type { LoggedLeaf } from './log-check.ts';
import { isExpired } from './lock.ts';
import { checkObject, lockOfLeaf, type Checked, type ObjectDeps, type Taps } from './object-check.ts';
import { problem, type Problem } from './problems.ts';
import type { ObjectVersion } from './vault-reader.ts';

export interface KeyDeps extends ObjectDeps {
  /** Leaves from there on are in no checkpoint yet. */
  readonly logSize: number;
  /** What was stored later than this may not be in the log yet, ms since the epoch. */
  readonly cutoff: number;
  /** Keys that nothing is said about: the statement of this very verification. */
  readonly ignored: ReadonlySet<string>;
}

export interface KeyChecked {
  readonly key: string;
  readonly problems: readonly Problem[];
  readonly objects: number;
  readonly sealedBytes: number;
  readonly plainBytes: number;
  readonly erased: number;
}

/** Reading a body fails now and then where thousands are read: that says nothing about the object. */
const AGAIN: Backoff = { baseMs: 200, capMs: 5000, attempts: 4 };

/** A new one for each attempt at each object. */
export type TapsOf = (at: LoggedLeaf) => Taps;

export async function checkKey(deps: KeyDeps, { key, leaves, versions }: Joined, tapsOf: TapsOf): Promise<KeyChecked> {
  const problems: Problem[] = [];
  const logged = new Map<string, Leaf>();
  const first: LoggedLeaf[] = [];
  for (const { bytes, index } of leaves) {
    const leaf = decodeLeaf(bytes, `leaf ${index}`);
    if (logged.has(leaf.version)) problems.push(problem('duplicate_leaf', key, `leaf ${index} repeats version ${leaf.version}`));
    else {
      logged.set(leaf.version, leaf);
      first.push({ index, bytes, leaf });
    }
  }
  problems.push(...unlogged(deps, versions, logged));
  const checked: Checked[] = [];
  for (const at of first) {
    const one = await patiently(() => checkTapped(deps, at.leaf, tapsOf(at)));
    checked.push(one);
    problems.push(...overlaid(deps, versions, { leaf: at.leaf, class: one.class }));
  }
  const sum = (of: (one: Checked) => number): number => checked.reduce((total, one) => total + of(one), 0);
  return {
    key,
    problems: [...problems, ...checked.flatMap((one) => one.problems)],
    objects: checked.length,
    sealedBytes: sum((one) => one.sealedBytes),
    plainBytes: sum((one) => one.plainBytes),
    erased: sum((one) => Number(one.isErased)),
  };
}

export async function checkTapped(deps: ObjectDeps, leaf: Leaf, taps: Taps): Promise<Checked> {
  try {
    const checked = await checkObject(deps, leaf, taps);
    await taps.onChecked?.(checked);
    return checked;
  } catch (error) {
    await taps.onFailed?.();
    throw error;
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof EvidenceError || error instanceof MisconfiguredError || attempt + 1 >= AGAIN.attempts;
      if (isFinal) throw error;
      await backOff(attempt, AGAIN);
    }
  }
}

/** Versions that the log does not have. */
function unlogged(deps: KeyDeps, versions: readonly ObjectVersion[], logged: ReadonlyMap<string, Leaf>): readonly Problem[] {
  return (
    versions
      // What was stored after the verification had begun belongs to the next one.
      .filter(({ isMarker, version, key, modified }) => !isMarker && !logged.has(version) && !deps.ignored.has(key) && modified <= deps.now)
      .map(({ key, version, modified }) => {
        const at = `version ${version}, stored at ${new Date(modified).toISOString()}`;
        return problem(modified > deps.cutoff ? 'not_yet_in_log' : 'not_in_log', key, at);
      })
  );
}

interface Under {
  readonly leaf: Leaf;
  /** That is written beside it, if it is evidence and there. */
  readonly class: string | undefined;
}

/** What lies over a version that is in the log. */
function overlaid({ retention, now }: KeyDeps, versions: readonly ObjectVersion[], { leaf, class: known }: Under): readonly Problem[] {
  const { key, version, stored } = leaf;
  const current = versions.find(({ isLatest }) => isLatest) ?? versions[0];
  if (current === undefined || current.version === version) return [];
  const at = `${current.isMarker ? 'put there' : `version ${current.version}, stored`} at ${new Date(current.modified).toISOString()}, lies over version ${version}`;
  if (!current.isMarker) return [problem('version_replaced', key, at)];
  // Behind the end of retention, lifecycle rules lay markers.
  return isExpired({ lock: lockOfLeaf(leaf, retention, known), stored, now })
    ? [problem('object_expired', key, `a delete marker, ${at}`)]
    : [problem('delete_marker', key, at)];
}

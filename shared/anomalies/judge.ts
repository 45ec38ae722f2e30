// One slot of one baseline: what was counted against what is usual. Nothing is read or written here, so that a simulated quarter runs the same.
// https://en.wikipedia.org/wiki/Robust_statistics
import type { Baseline, Kind, Volume } from './model.ts';
import { HIGH_SLOTS, learn, newProfile, type Profile } from './profile.ts';
import {
  isQuietHour,
  isRare,
  isWarm,
  peakOf,
  scoreOf,
  surpriseOfKey,
  surpriseOfVolume,
  usualAt,
  valueAt,
  WARM_UP_DAYS,
  daysBetween,
  type Context,
  type Past,
  type Usual,
} from './score.ts';

/** What OpenSearch counted. */
export interface Observation {
  readonly entity: string;
  /** Empty where the baseline has none. */
  readonly key: string;
  readonly value: number;
  /** The bank's own automation: its volumes tell nothing. */
  readonly isAutomation?: boolean;
}

export interface Candidate {
  readonly baseline: Baseline;
  readonly kind: Kind;
  readonly entity: string;
  readonly key: string;
  readonly slot: number;
  readonly value: number;
  readonly surprise: number;
  /** Of a volume. */
  readonly usual?: Usual & { readonly peak: number };
  /** Of a key. */
  readonly context?: Context;
}

export interface Judging {
  readonly baseline: Baseline;
  readonly slot: number;
  readonly past: Past;
  /** Whether what was found in the slot `at` was closed by somebody since: what it was is usual now. */
  readonly isClosed: (profile: Profile, kind: Kind, at: number) => boolean;
}

/** Less is nothing. */
const LEAST_SURPRISE = 2;
/** For so many days the same of the same entity is one finding, unless it grows; it is not learned either. */
export const EPISODE_DAYS = 7;
const GROWN = 0.6;
/** Learned of a time with an open finding: at most so many deviations. */
const FROZEN_SCORE = 3;
/** Over the busiest hours. */
const OVER_PEAK = 1.5;

export function profileId(entity: string, key: string): string {
  return `${entity}\n${key}`;
}

/** @returns those whose surprise takes to know what others have: the store is asked. */
export function newOnes(
  observations: readonly Observation[],
  profiles: ReadonlyMap<string, Profile>,
  { baseline, slot }: Pick<Judging, 'baseline' | 'slot'>,
): readonly Observation[] {
  return observations.filter((seen) => keyKind(seen, profiles.get(profileId(seen.entity, seen.key)), baseline, slot) !== undefined);
}

/**
 * Judges every observation, then learns it.
 * @param profiles are changed; new ones are added.
 * @param contexts of newOnes(), by profileId(); where one is missing, nothing is known for long enough to be surprised.
 */
export function judge(
  observations: readonly Observation[],
  profiles: Map<string, Profile>,
  contexts: ReadonlyMap<string, Context>,
  judging: Judging,
): readonly Candidate[] {
  const { baseline, slot } = judging;
  const found: Candidate[] = [];
  for (const seen of observations) {
    const id = profileId(seen.entity, seen.key);
    const profile = profiles.get(id) ?? newProfile(baseline.id, seen.entity, seen.key, slot);
    profiles.set(id, profile);
    const kind = keyKind(seen, profile, baseline, slot);
    const context = contexts.get(id);
    const ofKey = kind === undefined || context === undefined ? undefined : keyCandidate(seen, kind, context, judging);
    const { candidate: ofVolume, learned } = volumeCandidate(seen, profile, judging);
    for (const candidate of [ofKey, ofVolume]) {
      if (candidate !== undefined && candidate.surprise >= LEAST_SURPRISE && begins(profile, candidate)) found.push(candidate);
    }
    learn(profile, slot, learned, baseline.grain);
  }
  return spread(found);
}

/** @returns whether the key is new to the entity, or rare; a key that came yesterday, too seldom to count, is still new. */
function keyKind({ value }: Observation, profile: Profile | undefined, baseline: Baseline, slot: number): Kind | undefined {
  const { kinds, grain, least = 1 } = baseline;
  if (!kinds.includes('first_seen')) return undefined;
  if (profile === undefined) return value >= least ? 'first_seen' : undefined;
  if (daysBetween(profile.first, slot, grain) < EPISODE_DAYS) {
    let before = 0;
    for (const [at, count] of profile.values) if (at < slot) before += count;
    return before < least && before + value >= least ? 'first_seen' : undefined;
  }
  return kinds.includes('rare') && isRare(profile, slot, grain) ? 'rare' : undefined;
}

/** A key that the entity had once tells ten times less than one that it never had. */
const RARE_LESS = 1;

function keyCandidate(seen: Observation, kind: Kind, context: Context, { baseline, slot }: Judging): Candidate | undefined {
  if (daysBetween(context.first, slot, baseline.grain) < WARM_UP_DAYS) return undefined;
  const surprise = surpriseOfKey(context, slot, seen.value, baseline) - (kind === 'rare' ? RARE_LESS : 0);
  return { baseline, kind, entity: seen.entity, key: seen.key, slot, value: seen.value, surprise, context };
}

/** @returns what is unusual of it, and what of the value is learned. */
function volumeCandidate(
  seen: Observation,
  profile: Profile,
  judging: Judging,
): { readonly candidate?: Candidate | undefined; readonly learned: number } {
  const { baseline, slot, past } = judging;
  const { volume } = baseline;
  const { value } = seen;
  const usual = volume === undefined ? undefined : usualAt(profile, slot, baseline, past);
  if (volume === undefined || usual === undefined) return { learned: value };
  const isHigh = scoreOf(value, usual) > volume.score && value > volume.floor && value > volume.times * usual.median;
  if (isHigh) profile.high.add(slot);
  else if (profile.high.size > 0) profile.high.delete(slot);
  const learned = Math.min(value, valueAt(isFrozen(profile, judging) ? FROZEN_SCORE : volume.score, usual));
  const isJudged = isHigh && seen.isAutomation !== true && isWarm(profile, slot, baseline.grain);
  if (!isJudged || highSlots(profile, slot) < (volume.persist ?? 1)) return { learned };
  return { candidate: overPeak(seen, profile, { judging, usual, volume }), learned };
}

interface High {
  readonly judging: Judging;
  readonly usual: Usual;
  readonly volume: Volume;
}

/** What is much for the hour may be little for the day: work moves. Where people never work, it is unusual all the same. */
function overPeak({ entity, key, value }: Observation, profile: Profile, { judging, usual, volume }: High): Candidate | undefined {
  const { baseline, slot, past } = judging;
  const peak = peakOf(profile, slot);
  const isQuiet = baseline.kinds.includes('off_hours') && isQuietHour(profile, slot, past);
  if (!isQuiet && value <= OVER_PEAK * peak) return undefined;
  const surprise = surpriseOfVolume(value, usual, isQuiet ? 0 : peak, volume);
  return { baseline, kind: isQuiet ? 'off_hours' : 'volume', entity, key, slot, value, surprise, usual: { ...usual, peak } };
}

/** @returns how many of the last slots were high; those that were judged after this one, before it came again, are not. */
function highSlots({ high }: Profile, slot: number): number {
  return [...high].filter((at) => at <= slot && at > slot - HIGH_SLOTS).length;
}

/** @returns whether its volume was unusual lately, and nobody has said yet what that was. */
function isFrozen(profile: Profile, { baseline: { grain }, slot, isClosed }: Judging): boolean {
  if (profile.found.size === 0) return false;
  return (['volume', 'off_hours'] as const).some((kind) => {
    const open = profile.found.get(kind);
    return (
      open !== undefined && open.slot < slot && daysBetween(open.slot, slot, grain) < EPISODE_DAYS && !isClosed(profile, kind, open.slot)
    );
  });
}

/** @returns false where it goes on, and was told: by an earlier slot, or by a later one before this came, late. */
function begins(profile: Profile, { kind, slot, surprise, baseline }: Candidate): boolean {
  const before = profile.found.get(kind);
  const goesOn = before !== undefined && Math.abs(daysBetween(before.slot, slot, baseline.grain)) < EPISODE_DAYS;
  if (goesOn && before.slot !== slot && (slot < before.slot || surprise < before.surprise + GROWN)) return false;
  profile.found.set(kind, { slot, surprise });
  return true;
}

/** More at the same time are one event of the bank, a release or a campaign: each of them tells less. */
const ALONE = 3;

function spread(found: readonly Candidate[]): readonly Candidate[] {
  const same = new Map<string, number>();
  const nameOf = ({ kind, key }: Candidate): string => (kind === 'volume' || kind === 'off_hours' ? kind : `${kind} ${key}`);
  for (const candidate of found) same.set(nameOf(candidate), (same.get(nameOf(candidate)) ?? 0) + 1);
  return found.flatMap((candidate) => {
    const others = same.get(nameOf(candidate)) ?? 1;
    const surprise = candidate.surprise - (others > ALONE ? Math.log10(others) : 0);
    return surprise < LEAST_SURPRISE ? [] : [{ ...candidate, surprise }];
  });
}

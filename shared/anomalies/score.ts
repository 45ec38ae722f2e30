// How unusual a value or a key is. https://en.wikipedia.org/wiki/Median_absolute_deviation (robust z-score)
// Both kinds end in one number, the surprise: how many times rarer than usual, in powers of ten. That makes them comparable, for the budget.
import type { Baseline, Volume } from './model.ts';
import { MEMORY, type Calendar, type Grain } from './calendar.ts';
import type { Profile } from './profile.ts';

/** What an entity has at such a time. */
export interface Usual {
  readonly median: number;
  /** Deviation that is usual: never zero. */
  readonly deviation: number;
  /** How many slots tell so. */
  readonly samples: number;
}

/** A normal distribution deviates from its median by this share of its standard deviation, half of the time. */
const NORMAL = 0.6745;
/** Fewer such hours of the week, and hours of the day have to do. */
const LEAST_ALIKE = 6;
/** Of what is counted by chance, the deviation is the root of the median. */
const RELATIVE_NOISE = 0.15;

/**
 * @param knows whether it is known what happened in a slot: the source delivered.
 * @returns undefined where too little is known.
 */
export function usualAt(
  profile: Profile,
  slot: number,
  { grain, measure, volume }: Baseline,
  { calendar, knows }: Past,
): Usual | undefined {
  const valuesAt = (slots: readonly number[]): number[] => {
    const values: number[] = [];
    for (const at of slots) if (at >= profile.first && knows(at)) values.push(profile.values.get(at) ?? 0);
    return values;
  };
  const alike = valuesAt(calendar.alike(slot, grain));
  const values = alike.length >= LEAST_ALIKE ? alike : valuesAt(calendar.kindred(slot, grain));
  if (values.length < LEAST_ALIKE) return undefined;
  const median = medianOf(values);
  const spread = medianOf(values.map((value) => Math.abs(value - median)));
  const counted = measure.kind === 'sum' ? 0 : NORMAL * Math.sqrt(median);
  return { median, deviation: Math.max(spread, volume?.noise ?? 1, RELATIVE_NOISE * median, counted), samples: values.length };
}

/** What came before. */
export interface Past {
  readonly calendar: Calendar;
  readonly knows: (slot: number) => boolean;
}

export function scoreOf(value: number, { median, deviation }: Usual): number {
  return (NORMAL * (value - median)) / deviation;
}

/** @returns the value at which the score is reached. */
export function valueAt(score: number, { median, deviation }: Usual): number {
  return median + (score * deviation) / NORMAL;
}

/** Where its busiest hours are: the one hour of a batch that went wrong is not counted. */
const PEAK_RANK = 3;

/** @returns the third highest value of the last eight weeks before the slot. */
export function peakOf({ values }: Profile, slot: number): number {
  const highest: number[] = [];
  for (const [at, value] of values) {
    if (at < slot) highest.push(value);
  }
  return highest.sort((one, other) => other - one)[PEAK_RANK - 1] ?? 0;
}

/** Of hours without work, so many may have had some. */
const SELDOM = 0.03;

/** @returns whether there was hardly ever anything at this hour, the two before and the two after, on any such day of the last eight weeks. */
export function isQuietHour(profile: Profile, slot: number, { calendar, knows }: Past): boolean {
  let known = 0;
  let busy = 0;
  for (let around = -2; around <= 2; around++) {
    for (const at of calendar.kindred(slot + around, 'hour')) {
      if (at >= slot || at < profile.first || !knows(at)) continue;
      known++;
      if ((profile.values.get(at) ?? 0) > 0) busy++;
    }
  }
  return known >= 5 * LEAST_ALIKE && busy <= SELDOM * known;
}

const SLOTS_A_DAY: Readonly<Record<Grain, number>> = { hour: 24, day: 1 };
export const WARM_UP_DAYS = 14;
/** With so many slots in which something happened, half the time does. */
const ENOUGH_VALUES = 30;

export function daysBetween(first: number, slot: number, grain: Grain): number {
  return (slot - first) / SLOTS_A_DAY[grain];
}

/** @returns whether enough is known to be surprised: two weeks, or one in which much happened. */
export function isWarm(profile: Profile, slot: number, grain: Grain): boolean {
  const days = daysBetween(profile.first, slot, grain);
  return days >= WARM_UP_DAYS || (days >= WARM_UP_DAYS / 2 && profile.values.size >= ENOUGH_VALUES);
}

/** What is known of others, and of the entity's other keys. */
export interface Context {
  /** Slot in which the entity was seen first. */
  readonly first: number;
  /** New keys it had in the last eight weeks, without those of its first two. */
  readonly newKeys: number;
  /** Entities of the baseline, and those of them that have the key already. */
  readonly entities: number;
  readonly holders: number;
}

/** Ten times as often tells so much more, up to twice. */
const OFTEN = 0.25;

/** Of fewer entities nobody can say that what none of them has is less rare. */
const LEAST_ENTITIES = 30;

/** Many new keys in its life, and a new one is no surprise; a key that many others have is none either. */
export function surpriseOfKey({ first, newKeys, entities, holders }: Context, slot: number, value: number, baseline: Baseline): number {
  const { grain, weight, least = 1 } = baseline;
  const days = Math.min(daysBetween(first, slot, grain), MEMORY[grain] / SLOTS_A_DAY[grain]);
  const often = OFTEN * Math.min(2, Math.max(0, Math.log10(value / least)));
  return (
    weight +
    often +
    Math.log10((days + 1) / (newKeys + 1)) +
    Math.log10(((holders === 0 ? Math.max(entities, LEAST_ENTITIES) : entities) + 1) / (holders + 1))
  );
}

/** Of a volume that is just unusual. */
const LEAST_SURPRISE = 2;
/** More says nothing more. */
const MOST_SURPRISE = 4;

/** @param peak of its busiest hours; of work at hours without work they tell nothing: 0. */
export function surpriseOfVolume(value: number, usual: Usual, peak: number, { score, floor, times }: Volume): number {
  const deviations = Math.log10(scoreOf(value, usual) / score);
  const over = Math.log10(value / Math.max(peak * times, floor));
  return LEAST_SURPRISE + Math.min(MOST_SURPRISE, Math.max(0, deviations) / 2 + Math.max(0, over));
}

const RARE_KNOWN_DAYS = 28;
const RARE_AWAY_DAYS = 14;
const RARE_DAYS = 2;

/** @returns whether it has the key on a day or two of the last eight weeks, and not lately. */
export function isRare(profile: Profile, slot: number, grain: Grain): boolean {
  if (daysBetween(profile.first, slot, grain) < RARE_KNOWN_DAYS) return false;
  // Most are seen all the time.
  if (profile.last < slot && daysBetween(profile.last, slot, grain) < RARE_AWAY_DAYS) return false;
  const days = new Set<number>();
  for (const at of profile.values.keys()) {
    if (at >= slot) continue;
    if (daysBetween(at, slot, grain) < RARE_AWAY_DAYS) return false;
    days.add(Math.floor(at / SLOTS_A_DAY[grain]));
  }
  return days.size <= RARE_DAYS;
}

export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values);
  if (sorted.length > FEW) sorted.sort();
  else sortFew(sorted);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Mostly there are eight, of each of thousands of entities in an hour. */
const FEW = 16;

function sortFew(values: Float64Array): void {
  for (let at = 1; at < values.length; at++) {
    const value = values[at] ?? 0;
    let to = at;
    for (; to > 0 && (values[to - 1] ?? 0) > value; to--) values[to] = values[to - 1] ?? 0;
    values[to] = value;
  }
}

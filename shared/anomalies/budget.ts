// Millions of comparisons a day make false alarms whatever the threshold is: so the number of alerts is fixed, and the most surprising ones take
// it. What is beyond stays in the index, as informational. https://en.wikipedia.org/wiki/Multiple_comparisons_problem
import type { Candidate } from './judge.ts';

/** What was found on a day. */
export interface Told {
  readonly uid: string;
  readonly entity: string;
  /** Baseline and kind. */
  readonly analytic: string;
  readonly about: string;
  readonly surprise: number;
  readonly alerted: boolean;
}

/** By day since the epoch (UTC), in order. */
export type Days = Map<number, readonly Told[]>;

export interface Placed {
  readonly candidate: Candidate;
  readonly uid: string;
  /** Day since the epoch on which it is told. */
  readonly day: number;
}

export interface Decision extends Placed {
  readonly alerted: boolean;
  /** Of the entity that day, with what else was found of it until then. */
  readonly together: number;
  /** Kinds of things that were unusual of the entity that day. */
  readonly confirmedBy: number;
}

/** Whatever the budget would take. */
export const LEAST_TO_ALERT = 2.2;
/** Of two kinds of things together: each by itself may be a chance. */
const LEAST_CONFIRMED = 3.5;
const REMEMBERED_DAYS = 28;
/** Of the budget, what the usual noise may take: the rest is for days on which there is more. */
const AIMED_AT = 0.4;
/** Cuts are made from so many days on: before, all that is surprising enough is told, up to the budget. */
const LEAST_DAYS = 3;
const CONFIRMS = 0.5;
const MOST_A_DAY = 200;

/**
 * Decides what is alerted of what was found in an hour: one alert per entity and day, the most surprising first, what is above the cut.
 * Who decides again what was decided before (the same id, the same day) comes to the same.
 * @param days are changed.
 */
export function decide(found: readonly Placed[], days: Days, budget: number): readonly Decision[] {
  if (found.length === 0) return [];
  const decisions: Decision[] = [];
  const ordered = [...found].sort(
    (one, other) => other.candidate.surprise - one.candidate.surprise || (one.uid < other.uid ? -1 : Number(one.uid > other.uid)),
  );
  const cuts = new Map<number, ReadonlyMap<string, number>>();
  for (const placed of ordered) {
    const { candidate, day, uid } = placed;
    const { entity, baseline, surprise } = candidate;
    const told = days.get(day) ?? [];
    const about = { together: togetherOf(candidate, told), confirmedBy: kindsOf(candidate, told) };
    const known = told.find((one) => one.uid === uid);
    if (known !== undefined) {
      decisions.push({ ...placed, ...about, alerted: known.alerted });
      continue;
    }
    const cut = cuts.get(day) ?? cutsOf(days, day, budget);
    cuts.set(day, cut);
    const isOpen = !told.some((one) => one.alerted && one.entity === entity);
    const left = budget - told.filter((one) => one.alerted).length;
    const analytic = analyticOf(candidate);
    const isAlone = baseline.confirms?.includes(candidate.kind) !== true && surprise >= (cut.get(analytic) ?? LEAST_TO_ALERT);
    const isConfirmed = about.confirmedBy > 1 && about.together >= LEAST_CONFIRMED;
    const alerted = isOpen && left > 0 && (isAlone || isConfirmed);
    decisions.push({ ...placed, ...about, alerted });
    days.set(day, trim([...told, { uid, entity, analytic, about: baseline.about, surprise, alerted }]));
  }
  const latest = Math.max(...days.keys());
  for (const day of [...days.keys()]) if (day < latest - REMEMBERED_DAYS) days.delete(day);
  return decisions;
}

function analyticOf({ baseline, kind }: Candidate): string {
  return `${baseline.id}:${kind}`;
}

/** The most surprising of each kind: the greatest counts whole, the others half. */
function togetherOf({ baseline, entity, surprise }: Candidate, told: readonly Told[]): number {
  const most = new Map<string, number>([[baseline.about, surprise]]);
  for (const one of told) if (one.entity === entity) most.set(one.about, Math.max(most.get(one.about) ?? 0, one.surprise));
  const all = [...most.values()];
  const greatest = Math.max(...all);
  return greatest + CONFIRMS * (all.reduce((sum, one) => sum + one, 0) - greatest);
}

function kindsOf({ baseline, entity }: Candidate, told: readonly Told[]): number {
  return new Set([baseline.about, ...told.filter((one) => one.entity === entity).map(({ about }) => about)]).size;
}

/**
 * @returns by analytic the surprise that is alerted. Each gets the same share of the budget; what one does not use is for the others, so a
 * quiet one is always heard, and a noisy one takes no more than what is left.
 */
export function cutsOf(days: Days, today: number, budget: number): ReadonlyMap<string, number> {
  const past = [...days].filter(([day]) => day < today && day >= today - REMEMBERED_DAYS);
  const span = today - Math.min(today, ...past.map(([day]) => day));
  if (span < LEAST_DAYS) return new Map();
  const reached = new Map<string, number[]>();
  for (const [, told] of past) {
    for (const { analytic, surprise } of told) {
      const known = reached.get(analytic) ?? [];
      reached.set(analytic, known);
      if (surprise >= LEAST_TO_ALERT) known.push(surprise);
    }
  }
  const share = shareOf(
    [...reached.values()].map((known) => known.length / span),
    budget * AIMED_AT,
  );
  const cuts = [...reached].map(([analytic, known]) => {
    const sorted = known.sort((one, other) => other - one);
    return [analytic, Math.max(LEAST_TO_ALERT, sorted[Math.floor(share * span)] ?? 0)] as const;
  });
  return new Map(cuts);
}

/** @returns how much each may have at most, so that together they have all there is. */
function shareOf(wanted: readonly number[], all: number): number {
  let left = all;
  const ordered = [...wanted].sort((one, other) => one - other);
  for (const [at, want] of ordered.entries()) {
    const share = left / (ordered.length - at);
    if (want > share) return share;
    left -= want;
  }
  return Infinity;
}

/** What was alerted stays: by it the budget is counted. */
function trim(told: readonly Told[]): readonly Told[] {
  if (told.length <= MOST_A_DAY) return told;
  return [...told].sort((one, other) => Number(other.alerted) - Number(one.alerted) || other.surprise - one.surprise).slice(0, MOST_A_DAY);
}

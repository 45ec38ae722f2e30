// One hour: every baseline whose slot has ended is judged and learned, then the budget decides. https://docs.opensearch.org/latest/aggregations/bucket/composite/
import { digest } from '../ids.ts';
import { decide, type Decision, type Placed } from './budget.ts';
import type { Baseline, Kind } from './model.ts';
import { HOUR_MS, MEMORY, SLOT_MS, type Calendar, type Grain } from './calendar.ts';
import { judge, newOnes, profileId, type Candidate, type Observation } from './judge.ts';
import type { Profile } from './profile.ts';
import { WARM_UP_DAYS } from './score.ts';
import type { Pair, ProfileStore, State } from './store.ts';

export interface HourDeps {
  readonly bank: string;
  readonly store: ProfileStore;
  readonly state: State;
  readonly calendar: Calendar;
  readonly budgetPerDay: number;
  /** Ids of findings that somebody has closed. */
  readonly closed: ReadonlySet<string>;
}

export interface SlotCounts {
  readonly baseline: Baseline;
  readonly slot: number;
  readonly observations: readonly Observation[];
}

const HOURS: Readonly<Record<Grain, number>> = { hour: 1, day: 24 };
/** Of a day, so many hours must be known. */
const LEAST_HOURS = 12;
/** Asked about others at once; more than a bank has on any day but its first. */
const MOST_ASKED = 500;

/** What a baseline counts events of: baselines of one activity are known at the same hours. */
export function activityOf({ classes, products }: Baseline): string {
  return [...classes.map(({ name }) => name), ...products].join(' ');
}

/** @returns slots whose end lies in the hour. */
export function slotOf(grain: Grain, hour: number): number | undefined {
  const hours = HOURS[grain];
  return (hour + 1) % hours === 0 ? (hour + 1) / hours - 1 : undefined;
}

/** @param counts of the hour, and of what came late for hours before it. @returns what was found, and what of it is to be alerted. */
export async function judgeHour(counts: readonly SlotCounts[], deps: HourDeps): Promise<readonly Decision[]> {
  const placed: Placed[] = [];
  for (const one of counts) {
    for (const candidate of await judgeSlot(one, deps)) {
      if (hourOf(candidate) < deps.state.since) continue;
      const uid = uidOf(deps.bank, candidate.baseline, candidate, candidate);
      placed.push({ candidate, uid, day: dayOf(candidate) });
    }
  }
  return decide(placed, deps.state.days, deps.budgetPerDay);
}

async function judgeSlot({ baseline, slot, observations }: SlotCounts, deps: HourDeps): Promise<readonly Candidate[]> {
  const { bank, store, state, calendar, closed } = deps;
  const { id, grain } = baseline;
  const totals = state.totals.get(activityOf(baseline)) ?? new Map<number, number>();
  const profiles = await store.profiles(id, observations);
  const warmUp = (WARM_UP_DAYS * 24) / HOURS[grain];
  const first = firstOf(totals);
  const isWarm = first !== undefined && slot * HOURS[grain] - first >= WARM_UP_DAYS * 24;
  // While everything is new, nobody is asked.
  const unknown =
    isWarm && slot * HOURS[grain] >= state.since ? inTurn(newOnes(observations, profiles, { baseline, slot })).slice(0, MOST_ASKED) : [];
  const contexts =
    unknown.length === 0 ? new Map() : await store.contexts({ baseline: id, pairs: unknown, slot, memory: MEMORY[grain], warmUp });
  const isClosed = (profile: Profile, kind: Kind, at: number): boolean => closed.has(uidOf(bank, baseline, profile, { kind, slot: at }));
  const knows = (at: number): boolean => knownHours(totals, at, grain);
  const found = judge(observations, profiles, contexts, { baseline, slot, past: { calendar, knows }, isClosed });
  await store.save(
    id,
    observations.flatMap(({ entity, key }) => profiles.get(profileId(entity, key)) ?? []),
  );
  return found;
}

/** @returns the first of each entity, then the second of each: a host that tries every port must not hide what is new of another. */
export function inTurn<T extends Pair>(pairs: readonly T[]): readonly T[] {
  const turns = new Map<string, number>();
  const placed = pairs.map((pair) => {
    const turn = turns.get(pair.entity) ?? 0;
    turns.set(pair.entity, turn + 1);
    return { pair, turn };
  });
  return placed.sort((one, other) => one.turn - other.turn).map(({ pair }) => pair);
}

function firstOf(totals: ReadonlyMap<number, number>): number | undefined {
  let first: number | undefined;
  for (const hour of totals.keys()) first = Math.min(first ?? hour, hour);
  return first;
}

function knownHours(totals: ReadonlyMap<number, number>, slot: number, grain: Grain): boolean {
  if (grain === 'hour') return totals.has(slot);
  let known = 0;
  for (let hour = slot * 24; hour < (slot + 1) * 24; hour++) if (totals.has(hour)) known++;
  return known >= LEAST_HOURS;
}

/** The last hour of the slot. */
function hourOf({ slot, baseline: { grain } }: Candidate): number {
  return (slot + 1) * HOURS[grain] - 1;
}

/** Told on the day of its last hour, whenever it is found. */
function dayOf(candidate: Candidate): number {
  return Math.floor((hourOf(candidate) * HOUR_MS) / SLOT_MS.day);
}

/** @returns id of the finding: the same whenever it is found again. */
function uidOf(
  bank: string,
  { id, grain }: Baseline,
  { entity, key }: Pair,
  { kind, slot }: { readonly kind: Kind; readonly slot: number },
): string {
  const day = Math.floor((slot * SLOT_MS[grain]) / SLOT_MS.day);
  return digest(16, 'finding', bank, 'anomaly', id, kind, JSON.stringify([entity, key, day]));
}

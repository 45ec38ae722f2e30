// Baselines and a past for tests of the core: everything is known, the calendar is UTC's.
import { BASELINES } from '../../../shared/anomalies/baselines.ts';
import type { Baseline } from '../../../shared/anomalies/model.ts';
import { createCalendar } from '../../../shared/anomalies/calendar.ts';
import { judge, type Candidate, type Judging, type Observation } from '../../../shared/anomalies/judge.ts';
import type { Profile } from '../../../shared/anomalies/profile.ts';
import type { Context, Past } from '../../../shared/anomalies/score.ts';

/** Monday, midnight, as an hour since the epoch. */
export const MONDAY = Date.UTC(2026, 10, 16) / 3_600_000;

export const PAST: Past = { calendar: createCalendar({ timezone: 'UTC', holidays: new Set() }), knows: () => true };

export function baseline(id: string): Baseline {
  const found = BASELINES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no baseline ${id}`);
  return found;
}

export interface Bench {
  readonly profiles: Map<string, Profile>;
  /** Judges one observation. */
  see(
    slot: number,
    value: number,
    more?: Partial<Observation & Pick<Judging, 'isClosed' | 'past'>> & { readonly context?: Context },
  ): readonly Candidate[];
}

/** @param of id of a baseline. */
export function bench(of: string): Bench {
  const profiles = new Map<string, Profile>();
  return {
    profiles,
    see(slot, value, { entity = 'alice', key = '', isAutomation = false, context, isClosed = () => false, past = PAST } = {}) {
      const contexts = new Map(context === undefined ? [] : [[`${entity}\n${key}`, context]]);
      return judge([{ entity, key, value, isAutomation }], profiles, contexts, { baseline: baseline(of), slot, past, isClosed });
    },
  };
}

// What the job remembers, whoever keeps it: shared/anomalies/opensearch-store.ts, or a simulation in memory.
// https://docs.opensearch.org/latest/api-reference/document-apis/index/
import type { Days } from './budget.ts';
import type { Profile } from './profile.ts';
import type { Context } from './score.ts';

export interface Pair {
  readonly entity: string;
  readonly key: string;
}

export interface ProfileStore {
  /** @returns those that are known, by profileId(). */
  profiles(baseline: string, pairs: readonly Pair[]): Promise<Map<string, Profile>>;
  /** Takes the place of what is there: what is saved twice is the same. */
  save(baseline: string, profiles: Iterable<Profile>): Promise<void>;
  /** @returns what was known before the slot, by profileId(); nothing of entities that were not. @param slots of eight weeks, of two. */
  contexts(question: ContextQuestion): Promise<Map<string, Context>>;
}

export interface ContextQuestion {
  readonly baseline: string;
  readonly pairs: readonly Pair[];
  readonly slot: number;
  /** In slots. */
  readonly memory: number;
  readonly warmUp: number;
}

/** How far the job has come. Hours are numbered from the epoch. */
export interface State {
  /** First hour that was to be judged when the job began: what is older was learned only. */
  readonly since: number;
  /** The next hour. */
  through: number;
  /** Events by activity and hour, of the last eight weeks: an hour that is not there is one of which nothing is known. */
  readonly totals: Map<string, Map<number, number>>;
  readonly days: Days;
}

// Times that contradict each other: events dated after their delivery, or long before it.
import type { Signal } from './signals.ts';

export interface TimedUnit {
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** Vault key. */
  readonly key: string;
  readonly origin: string;
  /** ms since the epoch; null without events. */
  readonly first: number | null;
  readonly last: number | null;
  readonly delivered: number;
}

const DAY_MS = 86_400_000;
/** As for the names of indices, see shared/hub/document.ts. */
export const CLOCK = { after: DAY_MS, before: 35 * DAY_MS };

/** What the security team imports is old and may be. */
const IMPORTED = /^s3:\/\/[^/]+\/imports\//;

/** @returns what is wrong with a unit's times: one finding a day for each source and account, of which the first unit is named. */
export function clockAnomalies(unit: TimedUnit): readonly Signal[] {
  const { source, account, region, key, first, last, delivered } = unit;
  if (IMPORTED.test(unit.origin)) return [];
  const found: Signal[] = [];
  const add = (kind: 'clock_future' | 'clock_past', time: number): void => {
    const day = new Date(delivered).toISOString().slice(0, 10);
    const detail = `${source} of account ${account}: delivered ${iso(delivered)}, with an event of ${iso(time)}: ${key}`;
    found.push({ kind, about: [source, account, day], detail, time: Date.parse(day), source, account, region, evidence: key, quiet: true });
  };
  if (last !== null && last > delivered + CLOCK.after) add('clock_future', last);
  if (first !== null && first < delivered - CLOCK.before) add('clock_past', first);
  return found;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

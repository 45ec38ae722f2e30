// Times as people write them, all in UTC. https://www.rfc-editor.org/rfc/rfc3339
import { epochMs, inRange } from '../ocsf/event.ts';
import { QueryError } from './errors.ts';

/** ms since the epoch; without `to`, whatever is dated later counts too. */
export interface TimeRange {
  readonly from: number;
  readonly to: number | undefined;
}

export interface TimeWords {
  readonly last?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** No event is older: see inRange(). */
const EARLIEST = Date.UTC(2000, 0);

/** Where nobody says from when on. */
export const DEFAULT_LAST = '24h';

/** @param now ms since the epoch. @throws QueryError naming the option that is wrong. */
export function timeRange({ last, from, to }: TimeWords, now: number): TimeRange {
  if (last !== undefined && from !== undefined) throw new QueryError('--last and --from say the same: give one of them');
  const end = to === undefined ? undefined : readTime('--to', to);
  const start =
    from === undefined ? Math.max(EARLIEST, (end ?? now) - readDuration('--last', last ?? DEFAULT_LAST)) : readTime('--from', from);
  if (end !== undefined && end <= start) throw new QueryError(`--to must be after ${new Date(start).toISOString()} (found "${to ?? ''}")`);
  return { from: start, to: end };
}

/** @returns ms. @throws QueryError. */
export function readDuration(option: string, given: string): number {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(given) ?? [];
  const ms = Number(count) * (UNITS[unit ?? ''] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new QueryError(`${option} must be a length of time such as 15m, 24h or 7d (found "${given}")`);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const SECONDS = /[T ]\d{2}:\d{2}:\d{2}/;

/** A day is its beginning; a time without a zone is UTC. @returns ms since the epoch. @throws QueryError. */
export function readTime(option: string, given: string): number {
  const time = epochMs(DAY.test(given) ? `${given}T00:00:00Z` : zoned(given));
  if (time !== undefined && inRange(time)) return time;
  throw new QueryError(`${option} must be a time such as 2026-11-21T09:30:00Z, or a day, of the years 2000 to 2099 (found "${given}")`);
}

function zoned(given: string): string {
  const [zone = ''] = ZONE.exec(given.slice(11)) ?? [];
  const clock = given.slice(0, given.length - zone.length);
  return `${clock}${SECONDS.test(clock) ? '' : ':00'}${zone === '' ? 'Z' : zone}`;
}

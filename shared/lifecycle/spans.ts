// The stretches of time that stores are for: a day, an ISO week, a month, a year. All in UTC.
// https://en.wikipedia.org/wiki/ISO_week_date
import { OCSF_CLASSES } from '../ocsf/classes.ts';
import { extentOfLabel, INDEX_PREFIX, isMonthly, periodOf } from '../opensearch/index-name.ts';

export const DAY_MS = 86_400_000;

export type SpanKind = 'day' | 'week' | 'month' | 'year';

export interface Extent {
  /** ms since the epoch; `to` is not in it. */
  readonly from: number;
  readonly to: number;
}

const THURSDAY = 3;
const DAYS_OF_WEEK = 7;

/** Days since the week's Monday. 1970-01-01 was a Thursday. */
function weekday(time: number): number {
  const day = Math.floor(time / DAY_MS) + THURSDAY;
  return ((day % DAYS_OF_WEEK) + DAYS_OF_WEEK) % DAYS_OF_WEEK;
}

export function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

/** @returns the span of the kind that the time lies in: `2026.11.21`, `2026.w48`, `2026.11` or `2026`. */
export function spanAt(kind: SpanKind, time: number): string {
  const date = new Date(time).toISOString();
  if (kind === 'day') return date.slice(0, 10).replaceAll('-', '.');
  if (kind === 'month') return date.slice(0, 7).replace('-', '.');
  if (kind === 'year') return date.slice(0, 4);
  // The year of a week is that of its Thursday.
  const thursday = startOfDay(time) + (THURSDAY - weekday(time)) * DAY_MS;
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0)) / (DAYS_OF_WEEK * DAY_MS)) + 1;
  return `${year}.w${String(week).padStart(2, '0')}`;
}

export function kindOf(span: string): SpanKind {
  if (span.includes('w')) return 'week';
  return (['year', 'month', 'day'] as const)[span.split('.').length - 1] ?? 'day';
}

export function extentOfSpan(span: string): Extent {
  const [year = 0, week] = span.split('.w').map(Number);
  if (week === undefined) return extentOfLabel(span);
  // The fourth of January is always in the first week.
  const fourth = Date.UTC(year, 0, 4);
  const from = fourth + ((week - 1) * DAYS_OF_WEEK - weekday(fourth)) * DAY_MS;
  return { from, to: from + DAYS_OF_WEEK * DAY_MS };
}

interface Stretch {
  readonly periods: readonly string[];
  readonly span: string;
}

/** Asked for again and again of stores that never change. */
const extents = new WeakMap<Stretch, Extent>();

/** When the events of a store are from: of its periods; of one without any, its span. */
export function extentOf(store: Stretch): Extent {
  const extent = extents.get(store) ?? measured(store);
  extents.set(store, extent);
  return extent;
}

function measured({ periods, span }: Stretch): Extent {
  const found = periods.flatMap((name) => periodOf(name) ?? []);
  if (found.length === 0) return extentOfSpan(span);
  return { from: Math.min(...found.map(({ from }) => from)), to: Math.max(...found.map(({ to }) => to)) };
}

/** @returns the period of a class that events of the time are addressed to: see indexOf(). */
export function periodAt(cls: string, time: number): string {
  return `${INDEX_PREFIX}${cls}-${spanAt(isByMonth(cls) ? 'month' : 'day', time)}`;
}

const UIDS: ReadonlyMap<string, number> = new Map(OCSF_CLASSES.map(({ name, uid }) => [name, uid]));

/** @returns undefined for a class that has no number. */
export function uidOf(cls: string): number | undefined {
  const known = UIDS.get(cls);
  if (known !== undefined) return known;
  const [, uid] = /^class_(\d{1,9})$/.exec(cls) ?? [];
  return uid === undefined ? undefined : Number(uid);
}

export function isByMonth(cls: string): boolean {
  const uid = uidOf(cls);
  return uid !== undefined && isMonthly(uid);
}

// Which periods can hold an event of a time: the day, the month or the year that it is addressed to (shared/opensearch/index-name.ts).
// https://docs.opensearch.org/latest/api-reference/multi-index-search/ : patterns that match nothing ask nothing.
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import type { TimeRange } from './time.ts';

const DAY_MS = 86_400_000;
/** An address may have 4 KiB. Longer times are asked by the month, then by the year; the filter on `time` does the rest. */
const MOST_DAYS = 45;
const MOST_MONTHS = 40;

/** No event is dated later: see inRange(). */
const LATEST = Date.UTC(2100, 0);

/** @param now ms since the epoch: clocks of others may be a day ahead of it. @returns patterns of aliases, with commas between them. */
export function periodsOf({ from, to }: TimeRange, now: number): string {
  const end = Math.min(to ?? Math.max(from, now) + DAY_MS, LATEST);
  const years = labels(from, end, 4);
  // Without an end, what is dated further ahead counts too.
  const ahead = to === undefined ? yearsAfter(end) : [];
  if (end - from > MOST_MONTHS * 30 * DAY_MS) return patterns([...years.map((year) => `${year}*`), ...ahead]);
  const months = labels(from, end, 7);
  if (end - from > MOST_DAYS * DAY_MS) return patterns([...months.map((month) => `${month}*`), ...years, ...ahead]);
  return patterns([...labels(from, end, 10), ...months, ...years, ...ahead]);
}

function yearsAfter(time: number): readonly string[] {
  const [last, latest] = [time - 1, LATEST - 1].map((one) => new Date(one).getUTCFullYear());
  return Array.from({ length: (latest ?? 0) - (last ?? 0) }, (_, at) => `${(last ?? 0) + at + 1}*`);
}

function patterns(ends: readonly string[]): string {
  return ends.map((end) => `${INDEX_PREFIX}*-${end}`).join();
}

/** @param length of the beginning of an ISO time. @returns each different one between the two times. */
function labels(from: number, to: number, length: number): readonly string[] {
  const found = new Set<string>();
  for (let time = from; time < to + DAY_MS; time += DAY_MS) found.add(labelOf(Math.min(time, to - 1), length));
  return [...found];
}

function labelOf(time: number, length: number): string {
  return new Date(time).toISOString().slice(0, length).replaceAll('-', '.');
}

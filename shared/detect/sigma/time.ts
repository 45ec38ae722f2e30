// Parts of times, as numbers: `eventTime|hour`. No time zones are reckoned with: of a text the numbers count that are written there, of a
// number (ms or s since the epoch) those in UTC.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (Time Modifiers)
import type { Tests } from './comparisons.ts';
import { textsOf } from './found.ts';
import type { TimeComparison, TimePart } from './rule.ts';

const TEXT = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?/;
const NUMBER = /^\d{9,16}(?:\.\d+)?$/;
/** Since 1973, ms have more digits than s will have until 5138. */
const FIRST_MS = 1e11;
const DAY_MS = 86_400_000;
const LAST_MS = Date.UTC(9999, 11, 31);

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const OPERATORS = {
  equals: (found: number, value: number) => found === value,
  lt: (found: number, value: number) => found < value,
  lte: (found: number, value: number) => found <= value,
  gt: (found: number, value: number) => found > value,
  gte: (found: number, value: number) => found >= value,
};

export function partTests({ part, operator, values, every }: TimeComparison): Tests {
  const holds = OPERATORS[operator];
  const tests = values.map(
    (value) => (found: Parameters<typeof textsOf>[0]) =>
      textsOf(found).some((text) => {
        const number = partOf(text, part);
        return number !== undefined && holds(number, value);
      }),
  );
  return { tests, every };
}

/** @returns undefined where the text is no time, or one without that part. */
export function partOf(text: string, part: TimePart): number | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const number = part === 'week' ? weekOf(parts) : parts[part];
  return Number.isNaN(number) ? undefined : number;
}

function partsOf(text: string): Parts | undefined {
  if (NUMBER.test(text)) {
    const number = Number(text);
    const ms = number < FIRST_MS ? number * 1000 : number;
    if (ms > LAST_MS) return undefined;
    const time = new Date(ms);
    return {
      ...{ year: time.getUTCFullYear(), month: time.getUTCMonth() + 1, day: time.getUTCDate() },
      ...{ hour: time.getUTCHours(), minute: time.getUTCMinutes() },
    };
  }
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN] = match.slice(1).map((one) => Number.parseInt(one, 10));
  return { year, month, day, hour, minute };
}

/** The week with the year's first Thursday is its first: https://www.iso.org/iso-8601-date-and-time-format.html */
function weekOf({ year, month, day }: Parts): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const thursday = date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * DAY_MS;
  const first = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return 1 + Math.floor((thursday - first) / (7 * DAY_MS));
}

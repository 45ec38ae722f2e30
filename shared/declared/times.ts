// Times as logs write them, by a pattern of Unicode's date field symbols. https://www.unicode.org/reports/tr35/tr35-dates.html#Date_Field_Symbol_Table
import { epochMs, inRange } from '../ocsf/event.ts';
import type { Json } from '../model.ts';
import { timeOfParts, timeWithoutYear } from '../sources/lib/times.ts';
import type { TimeFormat } from './plan.ts';
import { zoneOffset, type Offset } from './zones.ts';

/**
 * @param reference when the record was delivered, ms since the epoch: it says the year where the pattern does not.
 * @returns undefined where the value is not a time of that format within the years 2000 to 2099.
 */
export type TimeReader = (value: Json, reference: number) => ReadTime | undefined;

export interface ReadTime {
  /** Since the epoch (UTC). */
  readonly ms: number;
  /** `ms` says all that the value said. */
  readonly isExact: boolean;
}

/** Digits behind the seconds. */
const EPOCHS: ReadonlyMap<string, number> = new Map([
  ['epoch_s', 0],
  ['epoch_ms', 3],
  ['epoch_us', 6],
  ['epoch_ns', 9],
]);

/** The parts a pattern may have; each is read with the expression beside it. A symbol stands before those that begin it. */
const SYMBOLS: readonly (readonly [symbol: string, part: Part | undefined, expression: string])[] = [
  ['yyyy', 'year', '(\\d{4})'],
  ['yy', 'shortYear', '(\\d{2})'],
  ['MMM', 'month', '([A-Za-z]{3})'],
  ['MM', 'month', '(\\d{2})'],
  ['M', 'month', '(\\d{1,2})'],
  ['dd', 'day', '(\\d{2})'],
  ['d', 'day', ' ?(\\d{1,2})'],
  ['EEE', undefined, '[A-Za-z]{3}'],
  ['HH', 'hour', '(\\d{2})'],
  ['H', 'hour', '(\\d{1,2})'],
  ['hh', 'hour12', '(\\d{2})'],
  ['h', 'hour12', '(\\d{1,2})'],
  ['mm', 'minute', '(\\d{2})'],
  ['ss', 'second', '(\\d{2})'],
  ['SSS', 'fraction', '(\\d{1,9})'],
  ['a', 'half', '([AaPp][Mm])'],
  ['Z', 'zone', '(Z|[+-]\\d{2}:?\\d{2})'],
  ['z', 'zone', '([A-Za-z]{1,4})'],
];

type Part = 'year' | 'shortYear' | 'month' | 'day' | 'hour' | 'hour12' | 'minute' | 'second' | 'fraction' | 'half' | 'zone';

/** @throws Error naming what is wrong with a format or with the zone. */
export function timeReader({ formats, zone }: TimeFormat): TimeReader {
  const offset = zone === undefined ? undefined : zoneOffset(zone);
  const readers = formats.map((format) => formatReader(format, offset));
  return (value, reference) => {
    for (const read of readers) {
      const found = read(value, reference);
      if (found !== undefined && inRange(found.ms)) return found;
    }
    return undefined;
  };
}

function formatReader(format: string, offset: Offset | undefined): TimeReader {
  const digits = EPOCHS.get(format);
  if (digits !== undefined) return epochReader(digits);
  return format === 'iso' ? isoReader(offset) : patternReader(format, offset);
}

const EPOCH_TEXT = /^(\d{1,19})(?:\.(\d{1,9}))?$/;

function epochReader(digits: number): TimeReader {
  const perMs = 10 ** (digits - 3);
  const cut = digits - 3;
  return (value) => {
    if (typeof value === 'number') return exactly(value / perMs);
    const [, whole, fraction = ''] = typeof value === 'string' ? (EPOCH_TEXT.exec(value) ?? []) : [];
    if (whole === undefined) return undefined;
    if (cut <= 0) return exactly(Number(`${whole}.${fraction}`) / perMs);
    // Digits behind the ms are cut off in the text: a number has no room for them.
    return { ms: Number(whole.slice(0, -cut)), isExact: /^0*$/.test(whole.slice(-cut) + fraction) };
  };
}

/** Fractions are binary: what is meant is the nearest µs. */
function exactly(ms: number): ReadTime | undefined {
  if (!Number.isFinite(ms)) return undefined;
  const meant = Math.round(ms * 1e3) / 1e3;
  return { ms: Math.floor(meant), isExact: Number.isInteger(meant) };
}

/** Up to ms, and in UTC. */
const EXACT = /T.{8}(?:\.\d{1,3}0*)?(?:Z|\+00:?00)$/;

function isoReader(offset: Offset | undefined): TimeReader {
  return (value) => {
    if (typeof value !== 'string') return undefined;
    const ms = epochMs(value);
    if (ms !== undefined) return { ms, isExact: EXACT.test(value) };
    const wall = offset === undefined ? undefined : epochMs(`${value}Z`);
    return wall === undefined || offset === undefined ? undefined : { ms: wall - offset(wall), isExact: false };
  };
}

function patternReader(pattern: string, offset: Offset | undefined): TimeReader {
  const { expression, at } = compilePattern(pattern);
  if (at.zone === undefined && offset === undefined)
    throw new Error(`names no zone: put Z (an offset) or z (a name) into the pattern, or say zone: 'Z' (UTC), '+01:00' or Europe/Berlin`);
  return (value, reference) => {
    const match = typeof value === 'string' ? expression.exec(value) : null;
    if (match === null) return undefined;
    const wall = wallOf((part) => (at[part] === undefined ? undefined : match[at[part]]), reference);
    if (wall === undefined) return undefined;
    return { ms: at.zone === undefined && offset !== undefined ? wall - offset(wall) : wall, isExact: false };
  };
}

/** @returns ms since the epoch; had the clock shown UTC, where no part names the zone. */
function wallOf(part: (name: Part) => string | undefined, reference: number): number | undefined {
  const month = named(part('month') ?? '');
  const day = part('day') ?? '';
  const hour12 = part('hour12');
  const hour = hour12 === undefined ? (part('hour') ?? '00') : hourOf(Number(hour12), part('half'));
  const fraction = part('fraction');
  const time = `${hour.padStart(2, '0')}:${part('minute') ?? '00'}:${part('second') ?? '00'}${fraction === undefined ? '' : `.${fraction}`}`;
  const shortYear = part('shortYear');
  const year = shortYear === undefined ? part('year') : `20${shortYear}`;
  if (year === undefined) return timeWithoutYear(month, day, time, reference);
  return timeOfParts({ year, month, day }, time, part('zone')?.toUpperCase());
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const BY_WORD: ReadonlyMap<string, string> = new Map(
  MONTHS.flatMap((name, at) => [name.toLowerCase(), String(at + 1), String(at + 1).padStart(2, '0')].map((word) => [word, name] as const)),
);

/** @returns the month's name as lib/times.ts has it; nothing that is one where the word is no month. */
function named(month: string): string {
  return BY_WORD.get(month.toLowerCase()) ?? '99';
}

function hourOf(hour: number, half = 'am'): string {
  // 13 pm is no hour.
  return hour < 1 || hour > 12 ? '99' : String((hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0));
}

interface Compiled {
  readonly expression: RegExp;
  /** Group of each part that the pattern has. */
  readonly at: Readonly<Partial<Record<Part, number>>>;
}

function compilePattern(pattern: string): Compiled {
  const parts: Part[] = [];
  let expression = '';
  for (let at = 0; at < pattern.length;) {
    const { length, part, expression: next } = pieceAt(pattern, at);
    if (part !== undefined && parts.includes(part)) throw new Error(`says the ${part} twice`);
    if (part !== undefined) parts.push(part);
    expression += next;
    at += length;
  }
  checkParts(new Set(parts));
  return { expression: new RegExp(`^${expression}$`), at: Object.fromEntries(parts.map((part, index) => [part, index + 1])) };
}

interface Piece {
  /** Characters of the pattern. */
  readonly length: number;
  readonly part?: Part | undefined;
  readonly expression: string;
}

function pieceAt(pattern: string, at: number): Piece {
  const rest = pattern.slice(at);
  const symbol = SYMBOLS.find(([name]) => rest.startsWith(name));
  if (symbol !== undefined) return { length: symbol[0].length, part: symbol[1], expression: symbol[2] };
  if (rest.startsWith("'")) {
    const end = rest.indexOf("'", 1);
    if (end < 0) throw new Error("has a ' without an end");
    return { length: end + 1, expression: RegExp.escape(rest.slice(1, end)) };
  }
  if (/^[A-Za-z]/.test(rest)) {
    const known = SYMBOLS.map(([name]) => name).join(', ');
    throw new Error(
      `holds "${rest.charAt(0)}"; must be iso, ${[...EPOCHS.keys()].join(', ')}, or made of ${known}, and letters in single quotes`,
    );
  }
  return { length: 1, expression: RegExp.escape(rest.charAt(0)) };
}

function checkParts(parts: ReadonlySet<Part>): void {
  const missing = (['month', 'day'] as const).find((part) => !parts.has(part));
  if (missing !== undefined) throw new Error(`names no ${missing}`);
  if (parts.has('year') && parts.has('shortYear')) throw new Error('says the year twice');
  if (parts.has('hour') && parts.has('hour12')) throw new Error('says the hour twice');
  if (parts.has('hour12') && !parts.has('half')) throw new Error('names an hour up to 12 without a (am or pm); H is an hour up to 23');
  if (parts.has('zone') && !parts.has('year') && !parts.has('shortYear')) throw new Error('names a zone and no year');
}

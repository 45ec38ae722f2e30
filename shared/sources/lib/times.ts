// Times that are no RFC 3339: with the names of months, without a year, without a zone. What names no day or hour there is, is no time.
// https://www.rfc-editor.org/rfc/rfc3164#section-4.1.2 (syslog), https://httpd.apache.org/docs/2.4/mod/mod_log_config.html (%t)
import { epochMs, inRange } from '../../ocsf/event.ts';

const MONTHS: ReadonlyMap<string, string> = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, at) => [
    name,
    String(at + 1).padStart(2, '0'),
  ]),
);

/** A clock may be ahead, or a zone unknown: what is later than this after its delivery is of the year before. */
const AHEAD_MS = 2 * 86_400_000;
/** Years to go back for a 29 February. */
const YEARS_BACK = 8;

/**
 * @param time `hh:mm:ss`, with a fraction or without.
 * @param reference when it was delivered, ms since the epoch: the year is the last one that does not put the time after that.
 * @returns ms since the epoch, taken as UTC.
 */
export function timeWithoutYear(month: string, day: string, time: string, reference: number): number | undefined {
  const number = MONTHS.get(month);
  if (number === undefined || !Number.isFinite(reference)) return undefined;
  const year = new Date(reference + AHEAD_MS).getUTCFullYear();
  for (let back = 0; back <= YEARS_BACK; back++) {
    const ms = epochMs(`${year - back}-${number}-${day.padStart(2, '0')}T${time}Z`);
    if (ms !== undefined && ms <= reference + AHEAD_MS) return ms;
  }
  return undefined;
}

/** @param zone `Z`, `+hhmm`, `+hh:mm`, or the name of a zone whose offset is known; undefined: UTC. @returns ms since the epoch. */
export function timeOfParts(
  date: { readonly year: string; readonly month: string; readonly day: string },
  time: string,
  zone?: string,
): number | undefined {
  const month = MONTHS.get(date.month) ?? date.month.padStart(2, '0');
  const offset = offsetOf(zone);
  if (offset === undefined) return undefined;
  const ms = epochMs(`${date.year}-${month}-${date.day.padStart(2, '0')}T${time.padStart(8, '0')}${offset}`);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

const CLF = /^(\d{1,2})\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d(?:\.\d{1,9})?) ([+-]\d{4})$/;

/** @param text as access logs write it, `10/Oct/2000:13:55:36 -0700`. */
export function accessLogTime(text: string): number | undefined {
  const [, day, month, year, time, zone] = CLF.exec(text) ?? [];
  if (day === undefined || month === undefined || year === undefined || time === undefined) return undefined;
  return timeOfParts({ year, month, day }, time, zone);
}

const NAMED =
  /^([A-Z][a-z]{2}) {1,2}(\d{1,2}),? (\d{4}) (\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?)(?: ?([A-Z]{1,4}|(?:GMT|UTC)?[+-]\d{1,2}:?\d{0,2}))?$/;
const NUMBERED = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)(?: ?([A-Z]{1,4}|(?:GMT|UTC)?[+-]\d{1,2}:?\d{0,2}))?$/;
const EPOCH = /^\d{10}(?:\.\d{1,9}|\d{3})?$/;
/** Longest of these with some room. */
const MAX_TIME_LENGTH = 48;

/** A time as products write it: seconds or ms since the epoch, `Jan 28 2015 02:00:36.123 GMT+00:00`, `2015-01-28 02:00:36`. Without a zone it is UTC. */
export function productTime(text: string | undefined): number | undefined {
  if (text === undefined || text.length > MAX_TIME_LENGTH) return undefined;
  if (EPOCH.test(text)) {
    const ms = text.length === 13 && !text.includes('.') ? Number(text) : Math.floor(Number(text) * 1000);
    return inRange(ms) ? ms : undefined;
  }
  const named = NAMED.exec(text);
  const [, year = '', month = '', day = '', time = '', zone] = (named === null ? NUMBERED.exec(text) : inOrder(named)) ?? [];
  return year === '' ? undefined : timeOfParts({ year, month, day }, time.replace(',', '.'), zone);
}

/** The year first, as in NUMBERED. */
function inOrder([whole = '', month = '', day = '', year = '', time = '', zone]: readonly string[]): readonly (string | undefined)[] {
  return [whole, year, month, day, time, zone];
}

/** Names of zones that mean one offset wherever they are used in logs. */
const ZONES: ReadonlyMap<string, string> = new Map([
  ['Z', 'Z'],
  ['UTC', 'Z'],
  ['GMT', 'Z'],
  ['WET', 'Z'],
  ['WEST', '+01:00'],
  ['CET', '+01:00'],
  ['CEST', '+02:00'],
  ['EET', '+02:00'],
  ['EEST', '+03:00'],
  ['EST', '-05:00'],
  ['EDT', '-04:00'],
  ['CDT', '-05:00'],
  ['MST', '-07:00'],
  ['MDT', '-06:00'],
  ['PST', '-08:00'],
  ['PDT', '-07:00'],
  ['JST', '+09:00'],
]);
const OFFSET = /^(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?$/;

/** @returns the offset as RFC 3339 writes it. */
function offsetOf(zone: string | undefined): string | undefined {
  if (zone === undefined) return 'Z';
  const known = ZONES.get(zone);
  if (known !== undefined) return known;
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? [];
  return sign === undefined || hours === undefined ? undefined : `${sign}${hours.padStart(2, '0')}:${minutes ?? '00'}`;
}

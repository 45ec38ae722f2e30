// Helpers every source maps with: times, addresses and the objects all events share. https://schema.ocsf.io/1.8.0
import { isIPv6 } from 'node:net';
import type { Json, JsonObject } from '../model.ts';

/** OCSF cloud object. https://schema.ocsf.io/1.8.0/objects/cloud */
export interface Cloud {
  readonly provider: 'AWS';
  readonly account?: { readonly uid: string };
  readonly region?: string;
}

/** The cloud object every AWS event carries. A part that is undefined, empty or `unknown` (see Origin) is left out. */
export function cloudOf(account: string | undefined, region: string | undefined): Cloud {
  const uid = known(account);
  const place = known(region);
  if (uid === undefined) return place === undefined ? { provider: 'AWS' } : { provider: 'AWS', region: place };
  return place === undefined ? { provider: 'AWS', account: { uid } } : { provider: 'AWS', account: { uid }, region: place };
}

function known(part: string | undefined): string | undefined {
  return part === undefined || part === '' || part === '-' || part === 'unknown' ? undefined : part;
}

// ip_t of OCSF holds at most 40 characters.
const MAX_IP = 40;

/** @returns the text if it is an IPv4 or IPv6 address (no zone, no network, no port) as OCSF's ip_t wants it, else undefined. */
export function ipOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_IP) return undefined;
  if (!text.includes(':')) return isDotted(text) ? text : undefined;
  // isIPv6 takes a zone (fe80::1%eth0), an ip field in OpenSearch does not.
  return isIPv6(text) && !text.includes('%') ? text : undefined;
}

const ZERO = 48;
const SPACE = 32;
const PLUS = 43;
const DASH = 45;
const DOT = 46;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;

/** Four numbers of at most 255 without leading zeros: what isIPv4() of node:net takes, at a fraction of its price. */
function isDotted(text: string): boolean {
  let dots = 0;
  let number = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (number < 0) return false;
      dots++;
      number = -1;
    } else {
      // Behind a leading zero no digit follows.
      if (code < ZERO || code > ZERO + 9 || number === 0) return false;
      number = (number < 0 ? 0 : number * 10) + code - ZERO;
      if (number > 255) return false;
    }
  }
  return dots === 3 && number >= 0;
}

const MIN_TIME = Date.UTC(2000, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1);

/** @param ms since the epoch. @returns true for the years 2000 to 2099: what lies outside is a wrong unit or a broken clock. */
export function inRange(ms: number): boolean {
  return ms >= MIN_TIME && ms < MAX_TIME;
}

/**
 * RFC 3339 date and time, `T` or a space between them, a fraction of any length (cut to ms), `Z` or an offset (`+hh:mm`, `+hhmm`).
 * @returns ms since the epoch; undefined where the text is anything else, has no zone, or names a day or hour that does not exist.
 */
export function epochMs(iso: string): number | undefined {
  if (iso.length < 20 || !hasSeparators(iso)) return undefined;
  const year = pair(iso, 0) * 100 + pair(iso, 2);
  const month = pair(iso, 5);
  const day = pair(iso, 8);
  const hour = pair(iso, 11);
  const minute = pair(iso, 14);
  const second = pair(iso, 17);
  // A pair that is no number is negative enough to fail these, in the year too.
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  const end = endOfFraction(iso);
  const offset = offsetMs(iso, end);
  if (offset === undefined) return undefined;
  const seconds = ((daysBefore(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  return seconds * 1000 + milliseconds(iso, end) - offset;
}

/** Of a year that is no leap year, before each month. */
const DAYS = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** Before 1970. */
const LEAP_DAYS = 477;

/** @returns the days from 1970-01-01 to that day, which exists. Date.UTC() takes several times as long. */
function daysBefore(year: number, month: number, day: number): number {
  const last = month > 2 ? year : year - 1;
  const leapDays = Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) - LEAP_DAYS;
  return (year - 1970) * 365 + leapDays + (DAYS[month] ?? 0) + day - 1;
}

function hasSeparators(iso: string): boolean {
  const between = iso.charCodeAt(10);
  return (
    iso.charCodeAt(4) === DASH &&
    iso.charCodeAt(7) === DASH &&
    (between === LETTER_T || between === SPACE) &&
    iso.charCodeAt(13) === COLON &&
    iso.charCodeAt(16) === COLON
  );
}

const NOT_A_PAIR = -1_000_000;

/** @returns the number that two digits write, or NOT_A_PAIR. Integers only: NaN would make this the slowest step of a flow record. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  // >>> 0 makes negative numbers, and the NaN behind the end, fail the same comparison (NaN >>> 0 is 0, so the length is checked first).
  return at + 2 > text.length || tens >>> 0 > 9 || ones >>> 0 > 9 ? NOT_A_PAIR : tens * 10 + ones;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** @returns where the zone starts: behind the seconds and their fraction, if they have one. */
function endOfFraction(iso: string): number {
  if (iso.charCodeAt(19) !== DOT) return 19;
  let end = 20;
  while (isDigit(iso, end)) end++;
  return end === 20 ? 19 : end;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= ZERO + 9;
}

function milliseconds(iso: string, end: number): number {
  if (end === 19) return 0;
  let ms = 0;
  for (let at = 20; at < 23; at++) ms = ms * 10 + (at < end ? iso.charCodeAt(at) - ZERO : 0);
  return ms;
}

function offsetMs(iso: string, at: number): number | undefined {
  const sign = iso.charCodeAt(at);
  if (sign === LETTER_Z) return iso.length === at + 1 ? 0 : undefined;
  if (sign !== PLUS && sign !== DASH) return undefined;
  const minutesAt = iso.charCodeAt(at + 3) === COLON ? at + 4 : at + 3;
  const hours = pair(iso, at + 1);
  const minutes = pair(iso, minutesAt);
  if (iso.length !== minutesAt + 2 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return (hours * 60 + minutes) * (sign === DASH ? -60_000 : 60_000);
}

/** @returns the members of the record whose names are not in `mapped`, as they came, for `unmapped`; undefined where nothing is left. */
export function unmappedOf(record: JsonObject, mapped: ReadonlySet<string>): JsonObject | undefined {
  const rest: [string, Json][] = [];
  for (const [name, member] of Object.entries(record)) if (member !== undefined && !mapped.has(name)) rest.push([name, member]);
  // fromEntries defines own members, whatever they are called (`__proto__` too).
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

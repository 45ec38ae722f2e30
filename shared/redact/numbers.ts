// Card and account numbers in a text, by their form: ISO/IEC 7812-1 annex B (Luhn), ISO 13616-1 (IBAN, modulo 97 by ISO/IEC 7064).
//  - A text may be JSON or a URL: what an escape (\n, \u0021, %22) ends with is not the beginning of the number behind it.
//  - Every group of digits is tried as the beginning and read no further than a number is long, so that the work is linear.
//  - Between groups of four there may be one of several separators; other groups (equally long, the last one shorter) have single spaces.
//  - What is part of a longer number, of a hexadecimal id, of a UUID or of an ARN (but for names of S3 objects) is no card number.

/** How card numbers of the schemes begin, and how many digits they have. https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN) */
const SCHEMES: readonly { readonly begins: RegExp; readonly digits: readonly number[] }[] = [
  { begins: /^4/, digits: [13, 16, 19] },
  { begins: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, digits: [16] },
  { begins: /^3[47]/, digits: [15] },
  { begins: /^3(?:0[0-5]|[689])/, digits: [14, 15, 16, 17, 18, 19] },
  { begins: /^(?:6011|64[4-9]|65)/, digits: [16, 17, 18, 19] },
  { begins: /^35(?:2[89]|[3-8])/, digits: [16, 17, 18, 19] },
  { begins: /^62/, digits: [16, 17, 18, 19] },
  { begins: /^(?:5[06-9]|6[37])/, digits: [13, 14, 15, 16, 17, 18, 19] },
];

export function isPan(digits: string): boolean {
  // Most fail here.
  if (!hasLuhnDigit(digits)) return false;
  return SCHEMES.some((scheme) => scheme.digits.includes(digits.length) && scheme.begins.test(digits));
}

export function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Characters of an IBAN by country, from the registry. https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    15: 'NO',
    16: 'BE',
    18: 'DK FO FI GL NL SD FK',
    19: 'MK SI',
    20: 'AT BA EE KZ LT LU XK MN',
    21: 'CR HR LI LV CH',
    22: 'BH BG GE DE IE ME RS GB VA',
    23: 'TL GI IQ IL OM SO AE',
    24: 'AD CZ MD PK RO SA SK ES SE TN VG DZ',
    25: 'AO LY PT ST MZ',
    26: 'IS TR IR',
    27: 'BI DJ FR GR IT MC SM MR MG CM CF CG GA KM BF',
    28: 'AL AZ BY CY DO SV GT HU LB NI PL HN BJ CI ML NE SN TD TG MA',
    29: 'BR EG PS QA UA',
    30: 'JO KW MU YE',
    31: 'MT SC',
    32: 'LC',
    33: 'RU',
  }).flatMap(([length, countries]) => countries.split(' ').map((country) => [country, Number(length)] as const)),
);

/** @param iban upper-case letters and digits. */
export function isIban(iban: string): boolean {
  if (IBAN_LENGTHS.get(iban.slice(0, 2)) !== iban.length) return false;
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const code = character.charCodeAt(0);
    // A letter counts as two digits: A is 10.
    remainder = code >= 65 ? (remainder * 100 + code - 55) % 97 : (remainder * 10 + code - 48) % 97;
  }
  return remainder === 1;
}

export interface Found {
  readonly start: number;
  readonly end: number;
  /** The same however it is written. */
  readonly plain: string;
}

/** Between two groups. */
const SEPARATOR = String.raw`(?:  ?|[.+_/\u00a0\u2007\u2009\u202f\u2010-\u2013-]|%(?:25)?2[0dD]|%C2%A0|&nbsp;|\\{1,2}u00[aA]0)`;
const ESCAPED = String.raw`%(?:25)?[\dA-Fa-f]{2}|\\u[\dA-Fa-f]{4}`;

const PAN_LIKE = String.raw`[2-6](?:(?: ?\d){12}|\d{3}${SEPARATOR}(?:\d{4}${SEPARATOR}\d{4}${SEPARATOR}|\d{6}${SEPARATOR}\d{3})\d)`;

/** One matches in every text, and in the JSON of every text, in which pansIn() finds something; seldom in another. Two are quicker than one. */
export const MAY_HOLD_PAN: readonly RegExp[] = [
  new RegExp(String.raw`(?<!\d)${PAN_LIKE}`),
  new RegExp(String.raw`(?:%(?:25)?[\dA-Fa-f]|\\u[\dA-Fa-f]{3})\d${PAN_LIKE}`),
];

/** The same for ibansIn(). It looks back from the digits, which is quicker than to look at every word. */
export const MAY_HOLD_IBAN: readonly RegExp[] = [
  new RegExp(
    String.raw`[A-Za-z]{2}\d{2}(?<=(?<![A-Za-z\d](?<!${ESCAPED}|\\[bfnrt]|[Ii][Bb][Aa][Nn]))${countries()}..)(?:${SEPARATOR}?[A-Za-z\d]){11}`,
  ),
];

function countries(): string {
  const seconds = new Map<string, string>();
  for (const country of IBAN_LENGTHS.keys()) seconds.set(country.charAt(0), (seconds.get(country.charAt(0)) ?? '') + country.charAt(1));
  const pairs = [...seconds].map(([first, second]) => `[${first}${first.toLowerCase()}][${second}${second.toLowerCase()}]`);
  return `(?:${pairs.join('|')})`;
}

const MOST_DIGITS = 19;
const LEAST_DIGITS = 13;

/** @returns card numbers in order of their beginnings; they may overlap. */
export function pansIn(text: string): readonly Found[] {
  const found: Found[] = [];
  for (const { 0: digits, index } of text.matchAll(/\d+/g)) {
    readPans(text, index, found);
    for (const end of escapeEnds(text, index)) if (end > index && end < index + digits.length) readPans(text, end, found);
  }
  return found;
}

function readPans(text: string, start: number, found: Found[]): void {
  const first = text.charCodeAt(start) - ZERO;
  if (first < 2 || first > 6) return;
  const groups: number[] = [];
  let digits = '';
  let spaced = true;
  for (let at = start; ;) {
    const end = runEnd(text, at, MOST_DIGITS - digits.length, isDigit);
    if (end === at || isDigit(text.charCodeAt(end))) return;
    digits += text.slice(at, end);
    groups.push(end - at);
    if (digits.length >= LEAST_DIGITS && isGrouped(groups, spaced) && isPan(digits) && standsAlone(text, start, end)) {
      found.push({ start, end, plain: digits });
    }
    at = end + separatorLength(text, end);
    if (at === end) return;
    spaced &&= at === end + 1 && text.charAt(end) === ' ';
  }
}

/** @param groups numbers of digits. */
function isGrouped(groups: readonly number[], spaced: boolean): boolean {
  const [first = 0, second, last = 0] = groups;
  if (groups.length === 1) return true;
  if (groups.length === 3 && first === 4 && second === 6) return last === 4 || last === 5;
  if (first !== 4 && (!spaced || first > 6)) return false;
  return groups.every((group, at) => group === first || (at === groups.length - 1 && group < first));
}

/** @returns accounts in order of their beginnings; they may overlap. */
export function ibansIn(text: string): readonly Found[] {
  const found: Found[] = [];
  for (const { 0: head, index } of text.matchAll(/[A-Za-z]{2}\d{2}/g)) {
    const length = IBAN_LENGTHS.get(head.slice(0, 2).toUpperCase());
    const one = length === undefined ? undefined : readIban(text, index, length);
    if (one !== undefined) found.push(one);
  }
  return found;
}

function readIban(text: string, start: number, length: number): Found | undefined {
  let iban = '';
  let spaced = true;
  let inFours = true;
  let at = start;
  for (;;) {
    const end = runEnd(text, at, length - iban.length, isAlphanumeric);
    iban += text.slice(at, end);
    at = end;
    if (iban.length === length) break;
    const next = at + separatorLength(text, at);
    if (next === at || !isAlphanumeric(text.charCodeAt(next))) return undefined;
    spaced &&= next === at + 1 && text.charAt(at) === ' ';
    inFours &&= iban.length % 4 === 0;
    at = next;
  }
  const plain = iban.toUpperCase();
  if (!inFours && !(spaced && plain === iban)) return undefined;
  return isWhole(text, start, at) && isIban(plain) && !isId(iban) ? { start, end: at, plain } : undefined;
}

function isWhole(text: string, start: number, end: number): boolean {
  if (isAlphanumeric(text.charCodeAt(end))) return false;
  if (!isAlphanumeric(text.charCodeAt(start - 1)) || escapeEnds(text, start).includes(start)) return true;
  return text.slice(Math.max(0, start - 4), start).toUpperCase() === 'IBAN';
}

/** Ids have lower-case letters too, not only in the country: hexadecimal ones, or mixed with upper-case ones. */
function isId(iban: string): boolean {
  if (iban.toUpperCase() === iban || /^..\d+$/.test(iban)) return false;
  return /^[\da-f]+$/.test(iban) || iban.toLowerCase() !== iban;
}

/** Whether the digits are not the part of something else. */
function standsAlone(text: string, start: number, end: number): boolean {
  return isFreeBefore(text, start, end) && isFreeBehind(text, end) && !isInArn(text.slice(Math.max(0, start - LONGEST_ARN), start));
}

const LONGEST_ARN = 400;
const WORD = 40;
const AWS_ID_DIGITS = 17;

function isFreeBefore(text: string, start: number, end: number): boolean {
  if (escapeEnds(text, start).includes(start)) return true;
  const before = text.slice(Math.max(0, start - WORD), start);
  const last = before.at(-1);
  // A decimal fraction.
  if (last === '.') return !/\d\.$/.test(before);
  // eni-0123456789abcdef0
  if (last === '-') return !isIdPart(/([A-Za-z\d]*)-$/.exec(before)?.[1]) && !(end - start === AWS_ID_DIGITS && /[a-z]-$/.test(before));
  // Track 1 of a card's magnetic stripe begins with %B.
  return isWordOrNone(/[A-Za-z\d]*$/.exec(before)?.[0]) || /%(?:25)?B$/.test(before);
}

function isFreeBehind(text: string, end: number): boolean {
  const behind = text.slice(end, end + WORD);
  if (behind.startsWith('-')) return !isIdPart(/^-([A-Za-z\d]*)/.exec(behind)?.[1]);
  // Track 2: the separator is = or D, then the year and the month of expiry.
  return isWordOrNone(/^[A-Za-z\d]*/.exec(behind)?.[0]) || /^[Dd]\d\d(?:0[1-9]|1[0-2])/.test(behind);
}

/** Letters only, and not those of a hexadecimal number alone: cardno4111… */
function isWordOrNone(beside = ''): boolean {
  return beside === '' || (beside.length < WORD && /^[A-Za-z]*[G-Zg-z][A-Za-z]*$/.test(beside));
}

/** Hexadecimal, with letters and digits: a group of a UUID, a trace id. */
function isIdPart(beside = ''): boolean {
  return /^[\dA-Fa-f]+$/.test(beside) && /\d/.test(beside) && /[A-Fa-f]/.test(beside);
}

function isInArn(before: string): boolean {
  const arn = before.slice(Math.max(0, before.lastIndexOf('arn:aws')));
  return /^arn:aws[a-z-]*:(?!s3:)[^\s"'<>,;?&]*$/.test(arn);
}

/** @returns where escapes that begin before `at` and do not end before it may end; `%25` may be the beginning of a longer one. */
function escapeEnds(text: string, at: number): readonly number[] {
  let ends: number[] | undefined;
  for (let from = Math.max(0, at - 6); from < at; from++) {
    const code = text.charCodeAt(from);
    if (code !== PERCENT && code !== BACKSLASH) continue;
    const rest = text.slice(from, from + 6);
    for (const form of ESCAPES) {
      const end = from + (form.exec(rest)?.[0].length ?? 0);
      if (end >= at) (ends ??= []).push(end);
    }
  }
  return ends ?? NONE;
}

const NONE: readonly number[] = [];
const [ZERO, PERCENT, BACKSLASH] = [48, 37, 92];
const ESCAPES = [/^%[\dA-Fa-f]{2}/, /^%25[\dA-Fa-f]{2}/, /^\\u[\dA-Fa-f]{4}/, /^\\[bfnrt]/];

/** @returns 0 where there is none. */
function separatorLength(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === ' ') return text.charAt(at + 1) === ' ' ? 2 : 1;
  if (SINGLE.has(character)) return 1;
  if (character !== '%' && character !== '&' && character !== '\\') return 0;
  return LONG.exec(text.slice(at, at + 6))?.[0].length ?? 0;
}

const SINGLE: ReadonlySet<string> = new Set('.+_/-\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013');
const LONG = /^(?:%(?:25)?2[0dD]|%C2%A0|&nbsp;|\\u00[aA]0)/;

function runEnd(text: string, start: number, most: number, belongs: (code: number) => boolean): number {
  let end = start;
  while (end < start + most && belongs(text.charCodeAt(end))) end++;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

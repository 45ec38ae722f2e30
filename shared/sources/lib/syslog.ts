// The header of a syslog message. https://www.rfc-editor.org/rfc/rfc5424#section-6 and https://www.rfc-editor.org/rfc/rfc3164#section-4
//  - A message whose header is no RFC 5424 header is read as RFC 3164 has it, which is a custom more than a format: the priority, the time and
//    the host may each be missing (files under /var/log have no priority), the time may be RFC 3339 or have a year.
//  - A time without a year is of the year in which it was delivered, or the one before; one without a zone is taken as UTC.
//  - Where the header does not say when, the message is dated by its delivery.
import type { Json, JsonObject } from '../../model.ts';
import { epochMs } from '../../ocsf/event.ts';
import { timeOfParts, timeWithoutYear } from './times.ts';

export interface Syslog {
  /** Facility * 8 + severity; undefined where none is given. */
  readonly priority: number | undefined;
  /** ms since the epoch. */
  readonly time: number;
  /** As written; undefined where the header has no time. */
  readonly timeText: string | undefined;
  readonly host: string | undefined;
  readonly app: string | undefined;
  readonly process: string | undefined;
  readonly messageId: string | undefined;
  /** RFC 5424 structured data: parameters by element. */
  readonly data: JsonObject | undefined;
  readonly message: string;
}

const MAX_PRIORITY = 191;
const PRIORITY = /^<(\d{1,3})>/;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * @param delivered when it was delivered, ms since the epoch.
 * @returns undefined where the text has neither a priority nor a time at its beginning, or a priority that there is not.
 */
export function parseSyslog(text: string, delivered: number): Syslog | undefined {
  const digits = PRIORITY.exec(text)?.[1];
  const priority = digits === undefined ? undefined : Number(digits);
  if (priority !== undefined && priority > MAX_PRIORITY) return undefined;
  const at = digits === undefined ? 0 : digits.length + 2;
  const modern = priority === undefined ? undefined : modernHeader(text, at, { priority, delivered });
  return modern ?? oldHeader(text, at, { priority, delivered });
}

/** The header before an event of another format. @param text up to where that begins; what cannot be read of it is the message. */
export function headerBefore(text: string, delivered: number): Syslog {
  return parseSyslog(text, delivered) ?? { ...EMPTY, time: delivered, message: text.trim() };
}

const EMPTY: Omit<Syslog, 'time' | 'message'> = {
  priority: undefined,
  timeText: undefined,
  host: undefined,
  app: undefined,
  process: undefined,
  messageId: undefined,
  data: undefined,
};

/** What is known before the header is read. */
interface Known {
  readonly priority: number | undefined;
  readonly delivered: number;
}

// ── RFC 5424 ──

const VERSION = /[1-9]\d{0,2} /y;

/** @param at behind the priority. @returns undefined where that is no RFC 5424 header. */
function modernHeader(text: string, at: number, { priority, delivered }: Known): Syslog | undefined {
  VERSION.lastIndex = at;
  if (!VERSION.test(text)) return undefined;
  const fields = wordsFrom(text, VERSION.lastIndex, 5);
  const [timeText, host, app, process, messageId] = fields.words;
  const time = timeText === undefined ? delivered : epochMs(timeText);
  if (time === undefined) return undefined;
  const { data, end } = structuredData(text, fields.end);
  const from = text.startsWith(BYTE_ORDER_MARK, end) ? end + 1 : end;
  return { priority, time, timeText, host, app, process, messageId, data, message: text.slice(from) };
}

/** @returns the next words between single spaces, undefined for one that is `-` or empty, and where the text behind them begins. */
function wordsFrom(text: string, at: number, count: number): { readonly words: readonly (string | undefined)[]; readonly end: number } {
  const words: (string | undefined)[] = [];
  let start = at;
  while (words.length < count && start <= text.length) {
    const space = text.indexOf(' ', start);
    const end = space < 0 ? text.length : space;
    const word = text.slice(start, end);
    words.push(word === '-' || word === '' ? undefined : word);
    start = end + 1;
  }
  return { words, end: Math.min(start, text.length) };
}

/** Parameters by element, the values of each. */
type Elements = Map<string, Map<string, string[]>>;

function objectOf(parameters: ReadonlyMap<string, readonly string[]>): JsonObject {
  // A parameter may be given more than once. fromEntries defines own members, whatever they are called.
  return Object.fromEntries(
    [...parameters].map(([name, values]): [string, Json] => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}

/** @returns the elements at a place, and where the message behind them begins. What cannot be read as such is part of the message. */
function structuredData(text: string, at: number): { readonly data: JsonObject | undefined; readonly end: number } {
  if (text.charAt(at) === '-' && (at + 1 === text.length || text.charAt(at + 1) === ' ')) return { data: undefined, end: at + 2 };
  const elements: Elements = new Map();
  let end = at;
  while (text.charAt(end) === '[') {
    const next = element(text, end, elements);
    if (next === undefined) return { data: undefined, end: at };
    end = next;
  }
  if (end < text.length && text.charAt(end) !== ' ') return { data: undefined, end: at };
  const data = Object.fromEntries([...elements].map(([id, parameters]) => [id, objectOf(parameters)]));
  return { data: elements.size === 0 ? undefined : data, end: elements.size === 0 ? end : Math.min(end + 1, text.length) };
}

const ELEMENT_ID = /\[([^ =\]"]+)/y;
const PARAMETER = / ([^ =\]"]+)="/y;

/** @returns where the element ends; undefined where it is none. */
function element(text: string, at: number, elements: Elements): number | undefined {
  ELEMENT_ID.lastIndex = at;
  const id = ELEMENT_ID.exec(text)?.[1];
  if (id === undefined) return undefined;
  const parameters = elements.get(id) ?? new Map<string, string[]>();
  elements.set(id, parameters);
  let end = ELEMENT_ID.lastIndex;
  for (;;) {
    PARAMETER.lastIndex = end;
    const name = PARAMETER.exec(text)?.[1];
    if (name === undefined) return text.charAt(end) === ']' ? end + 1 : undefined;
    const quote = closingQuote(text, PARAMETER.lastIndex);
    if (quote < 0) return undefined;
    const value = unescaped(text.slice(PARAMETER.lastIndex, quote));
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
    end = quote + 1;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return at;
    if (character === '\\') at++;
  }
  return -1;
}

/** Only `"`, `\` and `]` are escaped; a backslash before anything else is one. */
function unescaped(value: string): string {
  return value.includes('\\') ? value.replaceAll(/\\(["\\\]])/g, '$1') : value;
}

// ── RFC 3164 ──

/** With a year behind the day or without; Cisco puts a mark before it and a colon behind. */
const OLD_TIME = /[*.]?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d:\d\d:\d\d)(\.\d{1,9})?(?: (UTC|GMT|[+-]\d\d:\d\d))?:?(?: |$)/y;
const NEW_TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?: |$)/y;

interface Dated {
  readonly time: number;
  readonly timeText: string | undefined;
  /** Where the header goes on. */
  readonly end: number;
}

function oldHeader(text: string, at: number, known: Known): Syslog | undefined {
  const { priority, delivered } = known;
  const dated = oldTime(text, at, delivered) ?? newTime(text, at);
  if (dated === undefined) {
    if (priority === undefined) return undefined;
    return { ...EMPTY, priority, time: delivered, message: text.slice(at) };
  }
  const { time, timeText, end } = dated;
  return { ...EMPTY, priority, time, timeText, ...sender(text, end) };
}

function oldTime(text: string, at: number, delivered: number): Dated | undefined {
  OLD_TIME.lastIndex = at;
  const match = OLD_TIME.exec(text);
  if (match === null) return undefined;
  const [whole, month = '', day = '', year, clock = '', fraction = '', zone] = match;
  const time =
    year === undefined
      ? timeWithoutYear(month, day, clock + fraction, delivered)
      : timeOfParts({ year, month, day }, clock + fraction, zone);
  return time === undefined ? undefined : { time, timeText: whole.trimEnd(), end: at + whole.length };
}

function newTime(text: string, at: number): Dated | undefined {
  NEW_TIME.lastIndex = at;
  const whole = NEW_TIME.exec(text)?.[0];
  if (whole === undefined) return undefined;
  const timeText = whole.trimEnd();
  const time = epochMs(timeText) ?? epochMs(`${timeText}Z`);
  return time === undefined ? undefined : { time, timeText, end: at + whole.length };
}

/** A program's name, with a process in brackets or without, before a colon. */
const TAG = /([^\s:[]{1,128})(?:\[([^\s\]]{1,128})\])?:(?: |$)/y;
const HOST = /([^\s:[\]]{1,255}|[0-9A-Fa-f:.]{2,45}) /y;

/** The host is left out in messages that never left it: then the tag comes first. */
function sender(text: string, at: number): Pick<Syslog, 'host' | 'app' | 'process' | 'message'> {
  TAG.lastIndex = at;
  const local = TAG.exec(text);
  if (local !== null) return { host: undefined, app: local[1], process: local[2], message: text.slice(TAG.lastIndex) };
  HOST.lastIndex = at;
  const host = HOST.exec(text)?.[1];
  const from = host === undefined ? at : HOST.lastIndex;
  TAG.lastIndex = from;
  const tag = TAG.exec(text);
  return { host, app: tag?.[1], process: tag?.[2], message: text.slice(tag === null ? from : TAG.lastIndex) };
}

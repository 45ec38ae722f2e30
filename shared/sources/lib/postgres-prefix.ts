// What stands before each message of PostgreSQL, as log_line_prefix makes it. https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LINE-PREFIX
// The prefix is made a list of steps once; a line is read by them from left to right, without going back: names may hold anything.

/** RDS has no other unless its parameter group says so. */
export const RDS_PREFIX = '%t:%r:%u@%d:[%p]:';

/** What the prefix told, by the letter of its escape. */
export type PrefixValues = ReadonlyMap<string, string>;

interface Step {
  /** Letter of the escape; undefined for text that stands there as it is. */
  readonly escape: string | undefined;
  readonly literal: string;
  /** Text behind a value that has no form of its own. */
  readonly until: string;
}

const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? (?:[A-Za-z]{1,6}|[+-]\d\d(?:\d\d)?)/y;
/** Numbers may be filled up with spaces; the last of them may be the format's own. */
const PADDED = / *-?\d{0,20}(?: +(?= ))?/y;
/** The forms of values that have one. */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['t', TIME],
  ['m', TIME],
  ['s', TIME],
  ['n', /\d{10}\.\d{3}/y],
  ['r', /\[local\]|[^\s()]{1,255}\(\d{1,5}\)|/y],
  ['p', PADDED],
  ['P', PADDED],
  ['l', PADDED],
  ['x', PADDED],
  ['Q', PADDED],
  ['c', /[0-9a-f]{1,8}\.[0-9a-f]{1,8}|/y],
  ['e', /[0-9A-Z]{5}/y],
]);
/** Longest value without a form: names have at most 63 bytes. */
const MAX_TEXT = 256;

const plans = new Map<string, readonly Step[]>();

function planOf(format: string): readonly Step[] {
  const known = plans.get(format);
  if (known !== undefined) return known;
  const parts = [...format.matchAll(/%(%|-?\d{0,3}[a-zA-Z])|[^%]+|%/g)].map(([whole, escape]) =>
    escape === undefined || escape === '%' ? { literal: escape ?? whole } : { escape: escape.slice(-1), literal: '' },
  );
  const steps = parts.map((part, at) => ({ escape: undefined, ...part, until: parts[at + 1]?.literal ?? '' }));
  plans.set(format, steps);
  return steps;
}

export interface Prefix {
  readonly values: PrefixValues;
  /** Where the message begins. */
  readonly end: number;
}

/** @returns undefined where the line does not begin as the format says. */
export function prefixOf(line: string, format: string): Prefix | undefined {
  const values = new Map<string, string>();
  let at = 0;
  /** Processes without a session stop there. */
  let sessionsOnly: Prefix | undefined;
  for (const step of planOf(format)) {
    if (step.escape === 'q') {
      sessionsOnly = { values: new Map(values), end: at };
      continue;
    }
    const end = step.escape === undefined ? (line.startsWith(step.literal, at) ? at + step.literal.length : -1) : valueEnd(line, at, step);
    if (end < 0) return sessionsOnly;
    if (step.escape !== undefined) values.set(step.escape, line.slice(at, end).trim());
    at = end;
  }
  return { values: withWholeUser(values, format), end: at };
}

function valueEnd(line: string, at: number, { escape = '', until }: Step): number {
  const form = FORMS.get(escape);
  if (form !== undefined) {
    form.lastIndex = at;
    return form.test(line) ? form.lastIndex : -1;
  }
  if (until === '') return endOfWord(line, at);
  const end = line.slice(at, at + MAX_TEXT).indexOf(until);
  return end < 0 ? -1 : at + end;
}

function endOfWord(line: string, at: number): number {
  const space = line.slice(at, at + MAX_TEXT).indexOf(' ');
  return space < 0 ? Math.min(line.length, at + MAX_TEXT) : at + space;
}

/** Of `%u@%d` the last `@` is the one between them: names of databases seldom have one, those of users may be mail addresses. */
function withWholeUser(values: Map<string, string>, format: string): PrefixValues {
  const database = values.get('d');
  const between = database?.lastIndexOf('@') ?? -1;
  if (database === undefined || between < 0 || !format.includes('%u@%d')) return values;
  values.set('u', `${values.get('u') ?? ''}@${database.slice(0, between)}`);
  values.set('d', database.slice(between + 1));
  return values;
}

// Reads the query string syntax far enough to know its terms and their fields; what it means is OpenSearch's to say.
// https://docs.opensearch.org/latest/query-dsl/full-text/query-string/#query-string-syntax and
// https://lucene.apache.org/core/10_3_2/queryparser/org/apache/lucene/queryparser/classic/package-summary.html
import { isIP } from 'node:net';
import { isNetwork } from '../detect/sigma/network.ts';
import { QueryError } from './errors.ts';

export interface Term {
  /** Path, without escapes; undefined where it is not said. */
  readonly field: string | undefined;
  /** Where the name of the field begins; `at` where none stands before the value itself. */
  readonly fieldAt: number;
  /** Where the value begins and ends, its suffix included. */
  readonly at: number;
  readonly end: number;
  readonly kind: 'word' | 'wildcard' | 'phrase' | 'regexp' | 'range' | 'comparison';
  /** Without quotes, escapes and suffix. */
  readonly text: string;
  /** As written, without suffix. */
  readonly raw: string;
  /** `~1`, `^2` or both. */
  readonly suffix: string;
}

interface Group {
  readonly at: number;
  readonly field: string | undefined;
}

const SPACE = /\s+/y;
const OPERATOR = /(?:AND|OR|NOT|&&|\|\|)(?=[\s()]|$)/y;
/** Before a word, not in it. */
const SIGN = /[+\-!](?=\S)/y;
const FIELD = /((?:\\.|[^\s:()"[\]{}\\/!^~<>=])+):/y;
const TOKEN = /[^\s()"]+/y;
const PHRASE = /"((?:\\.|[^"\\])*)"/sy;
const RANGE = /[[{](?:\\.|"(?:\\.|[^"\\])*"|[^\]}\\"])*[\]}]/sy;
const REGEXP = /\/(?:\\.|[^/\\])+\/(?=[\s)^]|$)/sy;
const COMPARISON = /[<>]=?\s*((?:\\.|[^\s()"\\])+)/y;
const VALUE = /(?:\\.|[^\s()"\\])+/sy;
const SUFFIX = /(?:~\d*(?:\.\d+)?)?(?:\^\d+(?:\.\d+)?)?/y;
const SUFFIX_AT_END = /(?:~\d*(?:\.\d+)?)?(?:\^\d+(?:\.\d+)?)?$/;

/** @returns its terms, in order. @throws QueryError where brackets or quotes are not closed, or a field has no value. */
export function termsOf(query: string): readonly Term[] {
  const reading: Reading = { query, at: 0, open: [], terms: [], operator: undefined, isFirst: true };
  while (reading.at < query.length) {
    const skipped = match(SPACE, query, reading.at) ?? match(SIGN, query, reading.at);
    if (skipped !== undefined) reading.at += skipped[0].length;
    else if (match(OPERATOR, query, reading.at) !== undefined) readOperator(reading);
    else if (query[reading.at] === '(') open(reading, reading.open.at(-1)?.field);
    else if (query[reading.at] === ')') close(reading);
    else readTerm(reading);
  }
  const left = reading.open.at(-1);
  if (left !== undefined) fail(query, 'this bracket is not closed', left.at);
  if (reading.terms.length === 0) throw new QueryError("the query is empty: '*' finds every event");
  assertComplete(reading);
  return reading.terms;
}

interface Reading {
  readonly query: string;
  at: number;
  /** Brackets that are open. */
  readonly open: Group[];
  readonly terms: Term[];
  /** Where the operator begins that has nothing behind it yet. */
  operator: number | undefined;
  /** Nothing stands before, in the query or in the bracket. */
  isFirst: boolean;
}

function readOperator(reading: Reading): void {
  const { query, at, isFirst } = reading;
  const [operator = ''] = match(OPERATOR, query, at) ?? [];
  if (operator !== 'NOT') {
    assertComplete(reading);
    if (isFirst) fail(query, `nothing stands before ${operator}`, at);
  }
  reading.operator = at;
  reading.at += operator.length;
}

function assertComplete({ query, operator }: Reading): void {
  if (operator !== undefined) fail(query, 'nothing stands behind it', operator);
}

function open(reading: Reading, field: string | undefined): void {
  reading.open.push({ at: reading.at++, field });
  reading.operator = undefined;
  reading.isFirst = true;
}

function close(reading: Reading): void {
  if (reading.open.pop() === undefined) fail(reading.query, 'this bracket closes none', reading.at);
  if (reading.isFirst) fail(reading.query, 'nothing stands in these brackets', reading.at);
  assertComplete(reading);
  reading.at++;
  reading.at += lengthOf(SUFFIX, reading);
}

function readTerm(reading: Reading): void {
  const { query } = reading;
  const group = reading.open.at(-1)?.field;
  const fieldAt = reading.at;
  // In the brackets of a field everything is a value, and so is an address of IPv6.
  const isValue = group !== undefined || isAddress(match(TOKEN, query, fieldAt)?.[0]);
  const named = isValue ? undefined : match(FIELD, query, fieldAt);
  const field = named === undefined ? group : unescaped(named[1] ?? '');
  if (named !== undefined) {
    reading.at += named[0].length;
    reading.at += lengthOf(SPACE, reading);
    if (query[reading.at] === '(') {
      open(reading, field);
      return;
    }
  }
  const { at } = reading;
  const value = valueAt(query, at) ?? fail(query, problemAt(query, at, field), at);
  reading.at = at + value.raw.length + value.suffix.length;
  reading.operator = undefined;
  reading.isFirst = false;
  reading.terms.push({ field, fieldAt, at, end: reading.at, ...value });
}

function lengthOf(expression: RegExp, { query, at }: Reading): number {
  return match(expression, query, at)?.[0].length ?? 0;
}

function fail(query: string, message: string, at: number): never {
  throw new QueryError(`the query is wrong: ${message}`, { query, at });
}

type Value = Pick<Term, 'kind' | 'text' | 'raw' | 'suffix'>;

function valueAt(query: string, at: number): Value | undefined {
  const phrase = match(PHRASE, query, at);
  if (phrase !== undefined) return { kind: 'phrase', text: unescaped(phrase[1] ?? ''), ...behind(phrase[0], query, at) };
  const range = match(RANGE, query, at);
  if (range !== undefined) return { kind: 'range', text: range[0], ...behind(range[0], query, at) };
  const regexp = match(REGEXP, query, at);
  if (regexp !== undefined) return { kind: 'regexp', text: regexp[0].slice(1, -1), ...behind(regexp[0], query, at) };
  const compared = match(COMPARISON, query, at);
  if (compared !== undefined) return { kind: 'comparison', text: unescaped(compared[1] ?? ''), raw: compared[0], suffix: '' };
  if (query[at] === '[' || query[at] === '{') return undefined;
  const [value] = match(VALUE, query, at) ?? [];
  if (value === undefined) return undefined;
  const suffix = SUFFIX_AT_END.exec(value)?.[0] ?? '';
  const raw = value.slice(0, value.length - suffix.length);
  return { kind: isWild(raw) ? 'wildcard' : 'word', text: unescaped(raw), raw, suffix };
}

function behind(raw: string, query: string, at: number): Pick<Value, 'raw' | 'suffix'> {
  return { raw, suffix: match(SUFFIX, query, at + raw.length)?.[0] ?? '' };
}

function problemAt(query: string, at: number, field: string | undefined): string {
  const next = query[at];
  if (next === '"') return 'this quotation mark is not closed';
  if (next === '[' || next === '{') return 'this range is not closed: it ends with ] or }';
  if (next === '\\') return 'a backslash stands before the character that it makes plain';
  return field === undefined ? 'a word was expected here' : `${field} has no value`;
}

function match(expression: RegExp, query: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(query) ?? undefined;
}

export function isAddress(candidate: string | undefined): boolean {
  return candidate !== undefined && (isIP(candidate) !== 0 || (candidate.includes('/') && isNetwork(candidate)));
}

function isWild(raw: string): boolean {
  return /[*?]/.test(raw.replaceAll(/\\./gs, ''));
}

function unescaped(raw: string): string {
  return raw.replaceAll(/\\(.)/gs, '$1');
}

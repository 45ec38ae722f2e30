// The part of STIX patterns that says no more than "one of these values": observations joined by OR, of comparisons joined by OR. Anything else is
// named and left alone: half of a pattern would match what the whole does not. https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_e8slinrhxcc9
import type { IndicatorType } from '../indicator.ts';

export interface PatternValue {
  readonly type: IndicatorType | 'address';
  readonly text: string;
}

export type Pattern = { readonly values: readonly PatternValue[] } | { readonly unsupported: string };

interface Token {
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  readonly text: string;
}

/** What is not supported, thrown to whoever asked for the pattern and no further. */
class Unsupported extends Error {}

const MAX_PATTERN = 20_000;
const MAX_VALUES = 1000;

export function parsePattern(pattern: string): Pattern {
  if (pattern.length > MAX_PATTERN) return { unsupported: 'pattern too long' };
  try {
    return { values: patternOf(tokens(pattern)) };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    throw error;
  }
}

/** Words with their dots and quoted steps (`file:hashes.'SHA-256'`), texts in quotes, signs. */
const TOKEN =
  /\s+|'((?:[^'\\]|\\.)*)'|([A-Za-z_][\w:.-]*(?:'[^']*'[\w:.-]*)*(?:\[[\w*]+\][\w:.-]*)*)|(!=|<=|>=|[=<>[\](),])|(-?\d[\w.:+-]*)/gy;

function tokens(pattern: string): readonly Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.length) {
    const match = TOKEN.exec(pattern);
    if (match === null) throw new Unsupported('malformed pattern');
    const [, quoted, word, sign, number] = match;
    if (quoted !== undefined) found.push({ kind: 'text', text: quoted.replaceAll(/\\(.)/g, '$1') });
    else if (word !== undefined) found.push({ kind: 'word', text: word });
    else if (sign !== undefined) found.push({ kind: 'sign', text: sign });
    else if (number !== undefined) found.push({ kind: 'text', text: number });
  }
  return found;
}

const END: Token = { kind: 'end', text: '' };
const MAX_DEPTH = 32;

/** Where in the pattern the parser is, and what it has found. */
interface Cursor {
  readonly tokens: readonly Token[];
  readonly values: PatternValue[];
  at: number;
  depth: number;
}

function patternOf(list: readonly Token[]): readonly PatternValue[] {
  const cursor: Cursor = { tokens: list, values: [], at: 0, depth: 0 };
  alternatives(cursor, observation);
  if (peek(cursor).kind !== 'end') throw new Unsupported('malformed pattern');
  return cursor.values;
}

function peek({ tokens: list, at }: Cursor): Token {
  return list[at] ?? END;
}

/** @returns whether it was there; it is then behind us. */
function takeSign(cursor: Cursor, sign: string): boolean {
  const { kind, text } = peek(cursor);
  if (kind !== 'sign' || text !== sign) return false;
  cursor.at++;
  return true;
}

function expect(cursor: Cursor, sign: string): void {
  if (!takeSign(cursor, sign)) throw new Unsupported('malformed pattern');
}

function keyword(cursor: Cursor): string | undefined {
  const { kind, text } = peek(cursor);
  return kind === 'word' && /^[A-Z]+$/.test(text) ? text : undefined;
}

/** Parts joined by OR, until something else comes. Whatever joins them otherwise is named. */
function alternatives(cursor: Cursor, part: (cursor: Cursor) => void): void {
  if (++cursor.depth > MAX_DEPTH) throw new Unsupported('pattern nested too deeply');
  part(cursor);
  while (keyword(cursor) === 'OR') {
    cursor.at++;
    part(cursor);
  }
  const other = keyword(cursor);
  if (other !== undefined) throw new Unsupported(`unsupported pattern: ${other.slice(0, 20)}`);
  cursor.depth--;
}

function inside(cursor: Cursor, part: (cursor: Cursor) => void, end: string): void {
  alternatives(cursor, part);
  expect(cursor, end);
}

function observation(cursor: Cursor): void {
  if (takeSign(cursor, '(')) {
    inside(cursor, observation, ')');
    return;
  }
  expect(cursor, '[');
  inside(cursor, comparison, ']');
}

function comparison(cursor: Cursor): void {
  if (takeSign(cursor, '(')) {
    inside(cursor, comparison, ')');
    return;
  }
  const path = peek(cursor);
  if (path.kind !== 'word' || !path.text.includes(':')) throw new Unsupported('malformed pattern');
  cursor.at++;
  const type = typeOf(path.text);
  for (const text of operands(cursor, type))
    if (cursor.values.push({ type, text }) > MAX_VALUES) throw new Unsupported('pattern with too many values');
}

function operands(cursor: Cursor, type: PatternValue['type']): readonly string[] {
  if (takeSign(cursor, '=')) return [literal(cursor)];
  const word = keyword(cursor);
  const isSubset = word === 'ISSUBSET' && type === 'address';
  if (!isSubset && word !== 'IN') throw new Unsupported(`unsupported pattern: ${word ?? peek(cursor).text}`.slice(0, 60));
  cursor.at++;
  return isSubset ? [literal(cursor)] : set(cursor);
}

function set(cursor: Cursor): readonly string[] {
  expect(cursor, '(');
  const found = [literal(cursor)];
  while (takeSign(cursor, ',')) found.push(literal(cursor));
  expect(cursor, ')');
  return found;
}

function literal(cursor: Cursor): string {
  const { kind, text } = peek(cursor);
  if (kind !== 'text') throw new Unsupported('malformed pattern');
  cursor.at++;
  return text;
}

const PATHS: Readonly<Record<string, PatternValue['type']>> = {
  'ipv4-addr:value': 'address',
  'ipv6-addr:value': 'address',
  'network-traffic:dst_ref.value': 'address',
  'network-traffic:src_ref.value': 'address',
  'domain-name:value': 'domain',
  'url:value': 'url',
  'email-addr:value': 'email',
  'email-message:from_ref.value': 'email',
  'email-message:sender_ref.value': 'email',
  'cryptocurrency-wallet:value': 'wallet',
  'cryptocurrency-wallet:address': 'wallet',
};
const HASHES = /^(?:file|artifact|x509-certificate):hashes\.'?[A-Za-z0-9-]+'?$/;
const AGENT = /^(?:user-agent:value|network-traffic:extensions\.'http-request-ext'\.request_header\.'User-Agent')$/;

function typeOf(path: string): PatternValue['type'] {
  const type = PATHS[path];
  if (type !== undefined) return type;
  if (HASHES.test(path)) return 'hash';
  if (AGENT.test(path)) return 'user_agent';
  throw new Unsupported(`unsupported path: ${path.slice(0, 60)}`);
}

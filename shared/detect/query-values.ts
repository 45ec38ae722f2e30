// One comparison of a rule with one attribute of the index → what of it a query can tell. Rules do not tell case apart, in any alphabet
// (String.toLowerCase); OpenSearch's `case_insensitive` means the letters of ASCII only.
// https://docs.opensearch.org/latest/query-dsl/term/
import type { JsonObject } from '../model.ts';
import type { Search } from '../opensearch/field-groups.ts';
import { all, anyOf, atMost, everyOf, exactly, NEVER, UNKNOWN, type Bound, type Query } from './query-bound.ts';
import { isNetwork } from './sigma/network.ts';
import type { Comparison } from './sigma/rule.ts';

/** Where a value is asked: `key` names what of a payload is meant. */
export interface Target {
  readonly path: string;
  readonly search: Search;
  /** Names that lead into a payload; empty for the payload itself. */
  readonly keys: readonly string[];
}

/** A comparison with the lists in place of their names. */
export type Plain = Pick<Comparison, 'operator' | 'every' | 'cased'> & { readonly values: readonly string[] };

/** Clauses of one query are counted, 1,024 are allowed. */
const MOST_VALUES = 300;
/** The index takes expressions of 1,000 characters. In one, a letter may become five, which somebody who chooses his name may count on. */
const LONGEST_PATTERN = 500;
const LONGEST_REGEXP = 1000;

/** @returns the events whose attribute meets it. */
export function compared(target: Target, { operator, values, every, cased }: Plain): Bound {
  const there = exists(target);
  if (operator === 'null') return { over: target.search === 'payload' ? 'all' : without(target), under: 'none' };
  if (operator === 'exists') return values[0] === 'true' ? atMost(there) : UNKNOWN;
  if (values.length > MOST_VALUES) return target.search === 'ip' && !every ? listed(target, operator, values) : atMost(there);
  const each = values.map((value) => valued(target, operator, value, cased));
  return every ? everyOf(each) : anyOf(each);
}

function valued(target: Target, operator: Comparison['operator'], value: string, cased: boolean): Bound {
  switch (target.search) {
    case 'keyword':
    case 'facet':
      return keyword(target, operator, value, cased);
    case 'ip':
      return address(target, operator, value);
    case 'number':
    case 'measure':
    case 'time':
      return number(target, operator, value);
    case 'words':
      return words(target, operator, value);
    case 'payload':
      return payload(target, operator, value);
  }
}

/** Has a value, though it may be one that the index left out: too long, or no address. */
function exists({ path, search, keys }: Target): Query {
  if (search === 'payload' && keys.length > 0) return all([{ exists: { field: path } }, keyed(path, keys)]);
  return orIgnored(path, { exists: { field: path } });
}

function without({ path }: Target): Query {
  return { bool: { must_not: [{ exists: { field: path } }, ignored(path)] } };
}

function ignored(path: string): JsonObject {
  return { term: { _ignored: path } };
}

function orIgnored(path: string, query: JsonObject): JsonObject {
  return { bool: { should: [query, ignored(path)], minimum_should_match: 1 } };
}

type Anchors = readonly [start: boolean, end: boolean];

const ANCHORS: Readonly<Partial<Record<Comparison['operator'], Anchors>>> = {
  equals: [true, true],
  contains: [false, false],
  startswith: [true, false],
  endswith: [false, true],
};

/** A rule's text with its escapes read: characters, `*` and `?`. */
export type Piece = { readonly text: string } | '*' | '?';

/** A backslash takes away the meaning of `*`, `?` and itself; before anything else it is a backslash. See sigma/text.ts. */
export function piecesOf(value: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  const end = (): void => {
    if (text !== '') pieces.push({ text });
    text = '';
  };
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    const next = value.charAt(at + 1);
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      at++;
    } else if (character === '*' || character === '?') {
      end();
      pieces.push(character);
    } else text += character;
  }
  end();
  return pieces;
}

function keyword(target: Target, operator: Comparison['operator'], value: string, cased: boolean): Bound {
  const { path } = target;
  const anchors = ANCHORS[operator];
  if (anchors === undefined || value.length > LONGEST_PATTERN) return atMost(exists(target));
  const pieces = piecesOf(value);
  const [only] = pieces;
  const isWhole = !anchors.includes(false);
  // Of objects and lists within, an empty text means more than it says.
  if (only === undefined) return atMost(isWhole ? { term: { [path]: '' } } : exists(target));
  if (isWhole && pieces.length === 1 && typeof only === 'object' && (cased || isPlain(only.text)))
    return exactly({ term: { [path]: { value: only.text, ...caseOf(cased) } } });
  return patterned(target, pieces, anchors, cased);
}

function caseOf(cased: boolean): JsonObject {
  return cased ? {} : { case_insensitive: true };
}

function patterned(target: Target, pieces: readonly Piece[], [atStart, atEnd]: Anchors, cased: boolean): Bound {
  const { path, search } = target;
  const whole: readonly Piece[] = [...(atStart ? [] : ANY_TEXT), ...pieces, ...(atEnd ? [] : ANY_TEXT)];
  const [kind, pattern] = patternOf(whole, search, cased);
  if (kind === 'regexp' && pattern.length > LONGEST_REGEXP) return atMost(exists(target));
  const found: JsonObject = { [kind]: { [path]: { value: pattern, ...caseOf(cased) } } };
  const isSure = !pieces.includes('?') && (cased || pieces.every((piece) => isText(piece, isAscii)));
  // What is longer than the index takes may match too: only a value without wildcards is surely shorter.
  return { over: whole.some((piece) => typeof piece !== 'object') ? orIgnored(path, found) : found, under: isSure ? found : 'none' };
}

const ANY_TEXT: readonly Piece[] = ['*'];

function isText(piece: Piece, test: (text: string) => boolean): boolean {
  return typeof piece !== 'object' || test(piece.text);
}

/** In doc values alone, OpenSearch 3.6 finds nothing by a wildcard that takes either case. */
function patternOf(pieces: readonly Piece[], search: Search, cased: boolean): Pattern {
  const isSimple = search === 'keyword' && pieces.every((piece) => isText(piece, isPlain));
  return cased || isSimple ? wildcard(pieces) : regexp(pieces);
}

/** Of its letters no character beyond ASCII is the other case: the Kelvin sign is a k, and a dotted capital I begins with an i. */
function isPlain(text: string): boolean {
  return isAscii(text) && !/[ki]/i.test(text);
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

type Pattern = readonly [kind: 'wildcard' | 'regexp', pattern: string];

/** `?` is one unit of UTF-16 in a rule and one character here. */
function wildcard(pieces: readonly Piece[]): Pattern {
  return ['wildcard', pieces.map((piece) => (typeof piece === 'object' ? piece.text.replaceAll(/[*?\\]/g, '\\$&') : '*')).join('')];
}

const KELVIN = '\u212a';
const DOTTED_I = '\u0130';

/** https://docs.opensearch.org/latest/query-dsl/regex-syntax/ : other alphabets are left open. */
function regexp(pieces: readonly Piece[]): Pattern {
  const parts = pieces.map((piece, at) => {
    if (typeof piece !== 'object') return '.*';
    const characters = Array.from(piece.text.replaceAll(/[^\0-\x7f]+/g, '\u0080'));
    return characters
      .map((character, position) => {
        if (character === '\u0080') return '.*';
        if (/[kK]/.test(character)) return `(k|${KELVIN})`;
        const next = characters[position + 1];
        // Its lower case is two characters, of which the second may be left over here.
        const isOpen = next === '\u0080' || (next === undefined && at + 1 < pieces.length);
        if (/[iI]/.test(character)) return isOpen ? `(i|${DOTTED_I})` : 'i';
        return /[\w]/.test(character) ? character : `\\${character}`;
      })
      .join('');
  });
  return ['regexp', parts.join('')];
}

function address(target: Target, operator: Comparison['operator'], value: string): Bound {
  const { path } = target;
  const isPlainAddress = isNetwork(value) && !value.includes('/');
  if (operator === 'cidr') {
    const query: JsonObject = { term: { [path]: masked(value) } };
    // An IPv4 address is an IPv6 one to the index, which networks of IPv6 may contain.
    return isNetwork(value) ? (value.includes(':') ? atMost(query) : exactly(query)) : NEVER;
  }
  if (operator === 'equals' && isPlainAddress) return atMost(orIgnored(path, { term: { [path]: value } }));
  return atMost(exists(target));
}

/** Of thousands of addresses, as lists of the bank have them. */
function listed({ path, ...target }: Target, operator: Comparison['operator'], values: readonly string[]): Bound {
  if (operator !== 'cidr' && operator !== 'equals') return atMost(exists({ path, ...target }));
  const known = values.filter(isNetwork).map(masked);
  return atMost(orIgnored(path, { terms: { [path]: known } }));
}

/** The index takes host bits in a network too, but no prefix that counts the 96 bits before a mapped IPv4 address. */
function masked(network: string): string {
  const [, inner, length] = /^::ffff:(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/i.exec(network) ?? [];
  if (inner === undefined) return network;
  return length === undefined ? inner : `${inner}/${Number(length) - 96}`;
}

const RANGES: ReadonlySet<string> = new Set(['lt', 'lte', 'gt', 'gte']);
const INTEGER = /^-?(?:0|[1-9]\d{0,14})$/;

function number(target: Target, operator: Comparison['operator'], value: string): Bound {
  const { path } = target;
  if (RANGES.has(operator) && Number.isFinite(Number(value))) return exactly({ range: { [path]: { [operator]: Number(value) } } });
  if (operator === 'equals' && INTEGER.test(value)) return exactly({ term: { [path]: Number(value) } });
  return atMost(exists(target));
}

/** Words of a whole text are the words of its value; of a part, those at its ends may be longer. */
function words(target: Target, operator: Comparison['operator'], value: string): Bound {
  const { path } = target;
  const pieces = piecesOf(value);
  const [only] = pieces;
  if (operator !== 'equals' || pieces.length !== 1 || typeof only !== 'object' || !isAscii(only.text)) return atMost(exists(target));
  return atMost({ match: { [path]: { query: only.text, operator: 'and', zero_terms_query: 'all' } } });
}

/** As the analyzer `payload` of tools/index-templates.ts cuts JSON. */
const CUTS = /[\s"{}[\],:=&?;()<>\\/]+/;
const LONGEST_WORD = 72;

function payload(target: Target, operator: Comparison['operator'], value: string): Bound {
  const { path, keys } = target;
  const anchors = ANCHORS[operator];
  if (anchors === undefined || value.length > LONGEST_PATTERN) return atMost(exists(target));
  const pieces = piecesOf(value);
  const found = pieces.flatMap((piece, at) => {
    if (typeof piece !== 'object') return [];
    // Where it is not the payload itself but a text in it, its ends are quotation marks, and so ends of words.
    const isFirst = at === 0 && anchors[0] && keys.length > 0;
    const isLast = at === pieces.length - 1 && anchors[1] && keys.length > 0;
    return wordsIn(piece.text, isFirst, isLast);
  });
  return atMost(all([exists(target), ...found.map((word): Query => ({ term: { [path]: word } }))]));
}

/** @returns the words that are whole in the text, as they stand in JSON. */
function wordsIn(text: string, startsWord: boolean, endsWord: boolean): readonly string[] {
  const parts = JSON.stringify(text).slice(1, -1).split(CUTS);
  return parts
    .slice(startsWord ? 0 : 1, endsWord ? undefined : -1)
    .filter((part) => part !== '' && part.length <= LONGEST_WORD && isAscii(part))
    .map((part) => part.toLowerCase());
}

/** The names that lead to a value are words of the JSON; one name may hold the dots between two. */
function keyed(path: string, keys: readonly string[]): Query {
  const [first = '', second] = keys;
  const named = (name: string): Query => all(wordsIn(name, true, true).map((word): Query => ({ term: { [path]: word } })));
  if (second === undefined) return named(first);
  if (keys.length > 2) return 'all';
  const [apart, together] = [all([named(first), named(second)]), named(`${first}.${second}`)];
  if (apart === 'all' || together === 'all') return 'all';
  return { bool: { should: [apart, together].flatMap((query) => (typeof query === 'object' ? [query] : [])), minimum_should_match: 1 } };
}

// The regular expressions of Sigma rules, read into a tree. The syntax is that of PCRE without what needs backtracking (look-around,
// back-references, possessive quantifiers): https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (re)
import { RuleError } from './rule.ts';

export type Node =
  /** `code`, where it is this code unit and no other. */
  | { readonly kind: 'character'; readonly test: Test; readonly code?: number | undefined }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Node[] }
  /** `max` may be Infinity. */
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }
  | { readonly kind: 'assert'; readonly holds: Assertion };

/** True for the code units it stands for. */
export type Test = (code: number) => boolean;

/** Between two code units (NaN outside the text). */
export type Assertion = (before: number, after: number) => boolean;

export interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

const MAX_LENGTH = 1024;
const MAX_DEPTH = 50;
const MAX_COUNT = 1000;

interface Reader {
  readonly text: string;
  readonly flags: Flags;
  at: number;
  depth: number;
}

/** @throws RuleError naming what is not part of the syntax. */
export function parseRegex(source: string, flags: Flags): Node {
  if (source.length > MAX_LENGTH) throw problem(`longer than ${MAX_LENGTH} characters`);
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const given = inline?.[1] ?? '';
  const reader: Reader = {
    text: source,
    flags: {
      ignoreCase: flags.ignoreCase || given.includes('i'),
      multiline: flags.multiline || given.includes('m'),
      dotAll: flags.dotAll || given.includes('s'),
    },
    at: inline?.[0].length ?? 0,
    depth: 0,
  };
  const node = choice(reader);
  if (reader.at < source.length) throw problem('a parenthesis is closed that was not opened');
  return node;
}

/** @returns an expression that means this text and nothing else. */
export function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** @returns the longest text that stands in every match; empty where there is none. */
export function requiredText(node: Node): string {
  if (node.kind === 'character') return node.code === undefined ? '' : String.fromCharCode(node.code);
  if (node.kind === 'repeat') return node.min > 0 ? requiredText(node.of) : '';
  if (node.kind !== 'sequence') return '';
  let longest = '';
  let run = '';
  for (const part of node.of) {
    const text = requiredText(part);
    // Only single characters stand right beside each other for certain.
    run = part.kind === 'character' && text !== '' ? run + text : '';
    for (const one of [run, text]) if (one.length > longest.length) longest = one;
  }
  return longest;
}

function problem(reason: string): RuleError {
  return new RuleError(`regular expression: ${reason}`, []);
}

function choice(reader: Reader): Node {
  const alternatives = [sequence(reader)];
  while (take(reader, '|')) alternatives.push(sequence(reader));
  return alternatives.length === 1 && alternatives[0] !== undefined ? alternatives[0] : { kind: 'choice', of: alternatives };
}

function sequence(reader: Reader): Node {
  const of: Node[] = [];
  while (reader.at < reader.text.length && !'|)'.includes(reader.text.charAt(reader.at))) of.push(repeated(reader, atom(reader)));
  return { kind: 'sequence', of };
}

const COUNT = /\{(\d{1,6})(,(\d{1,6})?)?\}/y;

function repeated(reader: Reader, of: Node): Node {
  const bounds = count(reader);
  if (bounds === undefined) return of;
  const [min, max] = bounds;
  if (max < min) throw problem('a repetition whose end lies before its start');
  if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT)) throw problem(`a repetition of more than ${MAX_COUNT}`);
  // Whether as much or as little as possible is taken makes no difference to whether there is a match.
  take(reader, '?');
  if ('*+?{'.includes(reader.text.charAt(reader.at)) && count({ ...reader }) !== undefined) throw problem('a repetition of a repetition');
  return { kind: 'repeat', of, min, max };
}

function count(reader: Reader): readonly [number, number] | undefined {
  if (take(reader, '*')) return [0, Infinity];
  if (take(reader, '+')) return [1, Infinity];
  if (take(reader, '?')) return [0, 1];
  COUNT.lastIndex = reader.at;
  const match = COUNT.exec(reader.text);
  if (match === null) return undefined;
  reader.at = COUNT.lastIndex;
  const min = Number(match[1]);
  return [min, match[2] === undefined ? min : match[3] === undefined ? Infinity : Number(match[3])];
}

function atom(reader: Reader): Node {
  const character = reader.text.charAt(reader.at++);
  if (character === '(') return group(reader);
  if (character === '[') return { kind: 'character', test: set(reader) };
  if (character === '\\') return escape(reader);
  if (character === '.') return { kind: 'character', test: reader.flags.dotAll ? () => true : (code) => !isLineEnd(code) };
  if (character === '^') return assertion(reader.flags.multiline ? (before) => Number.isNaN(before) || isLineEnd(before) : Number.isNaN);
  if (character === '$') {
    return assertion(reader.flags.multiline ? (_, after) => Number.isNaN(after) || isLineEnd(after) : (_, after) => Number.isNaN(after));
  }
  if ('*+?'.includes(character)) throw problem('a repetition of nothing');
  return literal(character.charCodeAt(0), reader.flags);
}

function literal(code: number, flags: Flags): Node {
  return { kind: 'character', test: folded(one(code), flags), code: flags.ignoreCase ? undefined : code };
}

function group(reader: Reader): Node {
  if (++reader.depth > MAX_DEPTH) throw problem(`groups nested deeper than ${MAX_DEPTH}`);
  const head = /\?(?::|P?<[A-Za-z_]\w*>)/y;
  head.lastIndex = reader.at;
  if (head.test(reader.text)) reader.at = head.lastIndex;
  else if (reader.text.charAt(reader.at) === '?') throw problem('look-around, atomic groups and flags inside are not supported');
  const inner = choice(reader);
  if (!take(reader, ')')) throw problem('a parenthesis is not closed');
  reader.depth--;
  return inner;
}

const CLASSES: Readonly<Record<string, Test>> = {
  d: (code) => code >= 48 && code <= 57,
  w: isWord,
  s: (code) => code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff || code === 0x2028 || code === 0x2029,
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

function escape(reader: Reader): Node {
  const name = reader.text.charAt(reader.at);
  if (name === 'b' || name === 'B') {
    reader.at++;
    return assertion((before, after) => (isWord(before) !== isWord(after)) === (name === 'b'));
  }
  if (/[1-9kgAzZGK]/.test(name)) throw problem(`\\${name} is not supported`);
  const escaped = escapedTest(reader);
  return typeof escaped === 'number' ? literal(escaped, reader.flags) : { kind: 'character', test: folded(escaped, reader.flags) };
}

/** @returns the code unit an escape stands for, or a test where it stands for several. */
function escapedTest(reader: Reader): number | Test {
  const name = reader.text.charAt(reader.at++);
  if (name === '') throw problem('it ends in a backslash');
  const lower = name.toLowerCase();
  const cls = Object.hasOwn(CLASSES, lower) ? CLASSES[lower] : undefined;
  if (cls !== undefined) return name === lower ? cls : (code) => !cls(code);
  if (Object.hasOwn(CONTROLS, name)) return CONTROLS[name] ?? 0;
  const digits = name === 'x' ? 2 : name === 'u' ? 4 : 0;
  if (digits > 0) {
    const hex = reader.text.slice(reader.at, reader.at + digits);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits) throw problem(`\\${name} needs ${digits} hexadecimal digits`);
    reader.at += digits;
    return Number.parseInt(hex, 16);
  }
  if (/[A-Za-z0-9]/.test(name)) throw problem(`\\${name} is not supported`);
  return name.charCodeAt(0);
}

function set(reader: Reader): Test {
  const negated = take(reader, '^');
  const tests: Test[] = [];
  // A bracket that comes first is a member.
  for (let first = true; first || reader.text.charAt(reader.at) !== ']'; first = false) {
    if (reader.at >= reader.text.length) throw problem('a bracket is not closed');
    const from = member(reader);
    const ranges = reader.text.charAt(reader.at) === '-' && !['', ']'].includes(reader.text.charAt(reader.at + 1));
    if (!ranges || typeof from !== 'number') {
      tests.push(typeof from === 'number' ? one(from) : from);
      continue;
    }
    reader.at++;
    const to = member(reader);
    if (typeof to !== 'number' || to < from) throw problem('a range whose end lies before its start');
    tests.push((code) => code >= from && code <= to);
  }
  reader.at++;
  // Case is looked away from before the negation: what is not `a` is not `A` either.
  const isMember = folded((code) => tests.some((test) => test(code)), reader.flags);
  return (code) => isMember(code) !== negated;
}

function member(reader: Reader): number | Test {
  if (reader.text.startsWith('[:', reader.at)) throw problem('POSIX classes are not supported');
  if (take(reader, '\\')) return escapedTest(reader);
  return reader.text.charCodeAt(reader.at++);
}

function take(reader: Reader, character: string): boolean {
  if (reader.text.charAt(reader.at) !== character) return false;
  reader.at++;
  return true;
}

function assertion(holds: Assertion): Node {
  return { kind: 'assert', holds };
}

function one(wanted: number): Test {
  return (code) => code === wanted;
}

function folded(test: Test, { ignoreCase }: Flags): Test {
  if (!ignoreCase) return test;
  return (code) => {
    if (test(code)) return true;
    const character = String.fromCharCode(code);
    return test(character.toLowerCase().charCodeAt(0)) || test(character.toUpperCase().charCodeAt(0));
  };
}

export function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
}

export function isLineEnd(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029;
}

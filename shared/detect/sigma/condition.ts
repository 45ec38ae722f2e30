// The condition of a rule: `selection and not 1 of filter_*` → an expression over the rule's selections.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Condition)
import { matchText } from './text.ts';
import { RuleError, type Expression } from './rule.ts';

// A rule is somebody else's input: bounds on what is parsed by recursion.
const MAX_LENGTH = 4096;
const MAX_DEPTH = 50;

const TOKEN = /\s*([()]|[A-Za-z0-9_*-]+)/y;

interface Reader {
  readonly tokens: readonly string[];
  readonly selections: ReadonlyMap<string, Expression>;
  /** Where the condition stands in the document. */
  readonly path: readonly string[];
  at: number;
  depth: number;
}

/**
 * Binds, strongest first: parentheses, `1 of` and `all of`, `not`, `and`, `or`.
 * @param selections the rule's selections by name.
 * @throws RuleError naming what is not understood, a selection that does not exist or a pattern that names none.
 */
export function parseCondition(
  condition: string,
  selections: ReadonlyMap<string, Expression>,
  path: readonly string[] = ['detection', 'condition'],
): Expression {
  const reader: Reader = { tokens: tokens(condition, path), selections, path, at: 0, depth: 0 };
  const expression = readOr(reader);
  const rest = reader.tokens[reader.at];
  if (rest !== undefined) throw new RuleError(`condition: "${rest}" is not expected there`, path);
  return expression;
}

function tokens(condition: string, path: readonly string[]): readonly string[] {
  if (condition.length > MAX_LENGTH) throw new RuleError(`condition: longer than ${MAX_LENGTH} characters`, path);
  if (condition.includes('|')) {
    throw new RuleError('condition: aggregations after "|" are gone from Sigma; write a correlation rule instead', path);
  }
  const found: string[] = [];
  const text = condition.trim();
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new RuleError(`condition: "${text.slice(at).trim().charAt(0)}" has no meaning there`, path);
    found.push(token);
  }
  return found;
}

function readOr(reader: Reader): Expression {
  const parts = [readAnd(reader)];
  while (takeKeyword(reader, 'or')) parts.push(readAnd(reader));
  return join('any', parts);
}

function readAnd(reader: Reader): Expression {
  const parts = [readNot(reader)];
  while (takeKeyword(reader, 'and')) parts.push(readNot(reader));
  return join('all', parts);
}

function readNot(reader: Reader): Expression {
  if (!takeKeyword(reader, 'not')) return readAtom(reader);
  return { kind: 'not', of: nested(reader, readNot) };
}

function readAtom(reader: Reader): Expression {
  const token = reader.tokens[reader.at++];
  if (token === undefined || token === ')') throw new RuleError('condition: a selection is missing', reader.path);
  if (token === '(') {
    const inner = nested(reader, readOr);
    if (reader.tokens[reader.at++] !== ')') throw new RuleError('condition: a parenthesis is not closed', reader.path);
    return inner;
  }
  if (isKeyword(reader, reader.at, 'of')) return readQuantified(reader, token);
  const selection = reader.selections.get(token);
  if (selection === undefined) throw new RuleError(`condition: there is no selection "${token}"`, reader.path);
  return selection;
}

function readQuantified(reader: Reader, quantifier: string): Expression {
  reader.at++;
  const pattern = reader.tokens[reader.at++];
  if (pattern === undefined) throw new RuleError(`condition: "${quantifier} of" what?`, reader.path);
  const names = [...reader.selections.keys()].filter(selects(pattern));
  if (names.length === 0) throw new RuleError(`condition: "${pattern}" names no selection`, reader.path);
  const parts = names.flatMap((name) => reader.selections.get(name) ?? []);
  const word = quantifier.toLowerCase();
  if (word === 'all') return join('all', parts);
  if (word === '1' || word === 'any') return join('any', parts);
  throw new RuleError(`condition: "${quantifier} of" is not supported; Sigma has "1 of", "any of" and "all of"`, reader.path);
}

/** Selections whose names begin with `_` are left out unless the pattern begins with it too. */
function selects(pattern: string): (name: string) => boolean {
  if (pattern.toLowerCase() === 'them') return (name) => !name.startsWith('_');
  const match = matchText(pattern);
  return (name) => match(name) && (pattern.startsWith('_') || !name.startsWith('_'));
}

function nested(reader: Reader, read: (reader: Reader) => Expression): Expression {
  if (++reader.depth > MAX_DEPTH) throw new RuleError(`condition: nested deeper than ${MAX_DEPTH}`, reader.path);
  const inner = read(reader);
  reader.depth--;
  return inner;
}

function takeKeyword(reader: Reader, word: string): boolean {
  if (!isKeyword(reader, reader.at, word)) return false;
  reader.at++;
  return true;
}

/** Keywords are lower case; in capitals they are taken too, unless a selection has that name. */
function isKeyword(reader: Reader, at: number, word: string): boolean {
  const token = reader.tokens[at];
  return token === word || (token?.toLowerCase() === word && !reader.selections.has(token));
}

function join(kind: 'all' | 'any', parts: readonly Expression[]): Expression {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind, of: parts };
}

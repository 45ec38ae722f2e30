// Selections of a rule (`EventName|startswith: [Stop, Delete]`) → expressions.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
import { isArray, isObject } from '../../outcome.ts';
import { isNetwork } from './network.ts';
import { matchRegex } from './regex.ts';
import { RuleError, type Comparison, type Expression, type Operator, type Value } from './rule.ts';

type Path = readonly (string | number)[];

/** @throws RuleError naming the key that is not understood, with its path. */
export function parseSelection(selection: unknown, path: Path): Expression {
  if (isArray(selection)) {
    if (selection.length === 0) throw new RuleError('an empty list matches nothing', path);
    return join(
      'any',
      selection.map((member, at) => parseSelection(member, [...path, at])),
    );
  }
  if (!isObject(selection)) throw new RuleError('keyword searches (values without a field) are not supported', path);
  const items = Object.entries(selection);
  if (items.length === 0) throw new RuleError('an empty selection', path);
  return join(
    'all',
    items.map(([key, given]) => parseItem(key, given, [...path, key])),
  );
}

function join(kind: 'all' | 'any', of: readonly Expression[]): Expression {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind, of };
}

/** Modifiers that say how to compare; a field has one of them. */
const OPERATORS: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith', 're', 'cidr', 'exists', 'lt', 'lte', 'gt', 'gte']);
const FLAGS: Readonly<Partial<Record<string, string>>> = { i: 'i', ignorecase: 'i', m: 'm', multiline: 'm', s: 's', dotall: 's' };
const OTHERS: ReadonlySet<string> = new Set(['all', 'cased', 'neq', 'expand']);

function parseItem(key: string, given: unknown, path: Path): Expression {
  const [field = '', ...modifiers] = key.split('|');
  if (field === '') throw new RuleError('keyword searches (values without a field) are not supported', path);
  const operator = operatorOf(modifiers, path);
  const flags = new Set(modifiers.map((modifier) => FLAGS[modifier] ?? ''));
  const comparison: Comparison = {
    kind: 'field',
    field,
    operator: given === null ? nullOperator(operator, path) : operator,
    values: given === null ? [] : valuesOf(given, operator, { expand: modifiers.includes('expand'), path }),
    every: modifiers.includes('all'),
    cased: operator === 're' ? !flags.has('i') : modifiers.includes('cased'),
    flags: (flags.has('m') ? 'm' : '') + (flags.has('s') ? 's' : ''),
  };
  checkRegexes(comparison, path);
  return modifiers.includes('neq') ? { kind: 'not', of: comparison } : comparison;
}

function operatorOf(modifiers: readonly string[], path: Path): Operator {
  const unknown = modifiers.find((modifier) => !OPERATORS.has(modifier) && !OTHERS.has(modifier) && !Object.hasOwn(FLAGS, modifier));
  if (unknown !== undefined) throw new RuleError(`modifier "${unknown}" is not supported`, path);
  const [operator = 'equals', another] = modifiers.filter(isOperator);
  if (another !== undefined) throw new RuleError(`modifiers "${operator}" and "${another}" exclude each other`, path);
  const flag = modifiers.find((modifier) => Object.hasOwn(FLAGS, modifier));
  if (flag !== undefined && operator !== 're') throw new RuleError(`modifier "${flag}" belongs to "re"`, path);
  if (operator === 'exists' && modifiers.length > 1) throw new RuleError('modifier "exists" stands alone', path);
  if (operator === 're' && modifiers[0] !== 're') throw new RuleError('modifier "re" comes first', path);
  return operator;
}

function isOperator(modifier: string): modifier is Operator {
  return OPERATORS.has(modifier);
}

function nullOperator(operator: Operator, path: Path): Operator {
  if (operator !== 'equals') throw new RuleError(`null cannot be compared by "${operator}"`, path);
  return 'null';
}

interface Reading {
  readonly expand: boolean;
  readonly path: Path;
}

function valuesOf(given: unknown, operator: Operator, reading: Reading): readonly Value[] {
  const list: readonly unknown[] = isArray(given) ? given : [given];
  if (list.length === 0) throw new RuleError('an empty list matches nothing', reading.path);
  return list.map((one, at) => valueOf(one, operator, { ...reading, path: isArray(given) ? [...reading.path, at] : reading.path }));
}

const PLACEHOLDER = /^%([A-Za-z0-9_.-]+)%$/;

function valueOf(one: unknown, operator: Operator, { expand, path }: Reading): Value {
  if (one === null) throw new RuleError('null cannot be one of a list; give it an item of its own', path);
  if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
    throw new RuleError('a value is a text, a number or a boolean', path);
  }
  if (expand && typeof one === 'string' && one.includes('%')) {
    const name = PLACEHOLDER.exec(one)?.[1];
    if (name === undefined) throw new RuleError(`"${one}": a placeholder must be the whole value`, path);
    return { expand: name };
  }
  return checked(one, operator, path);
}

const NUMERIC: ReadonlySet<Operator> = new Set(['lt', 'lte', 'gt', 'gte']);

function checked(one: string | number | boolean, operator: Operator, path: Path): Value {
  if (operator === 'exists' && typeof one !== 'boolean') throw new RuleError('"exists" takes true or false', path);
  if (NUMERIC.has(operator) && typeof one !== 'number') throw new RuleError(`"${operator}" takes a number`, path);
  if (operator === 'cidr' && !isNetwork(String(one))) throw new RuleError(`"${one}" is no network`, path);
  return one;
}

/** Compiled here only to learn whether they can be. */
function checkRegexes({ operator, values, cased, flags }: Comparison, path: Path): void {
  if (operator !== 're') return;
  for (const value of values) {
    if (typeof value === 'object') throw new RuleError('placeholders in regular expressions are not supported', path);
    try {
      matchRegex(String(value), { ignoreCase: !cased, multiline: flags.includes('m'), dotAll: flags.includes('s') });
    } catch (error) {
      if (error instanceof RuleError) throw new RuleError(error.reason, path);
      throw error;
    }
  }
}

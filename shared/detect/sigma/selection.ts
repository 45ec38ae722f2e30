// Selections of a rule (`EventName|startswith: [Stop, Delete]`) → expressions.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Detection)
import { isArray, isObject } from '../../outcome.ts';
import { readModifiers, type Modifiers } from './modifiers.ts';
import { RuleError, type Expression, type Keywords, type Value } from './rule.ts';
import { alternativesOf, checked } from './values.ts';

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
  // Values without a field are looked for in the whole event.
  if (!isObject(selection)) return parseItem('', selection, path);
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

/** Values that are looked for together, and how. */
const MAX_VALUES = 10_000;

function parseItem(key: string, given: unknown, path: Path): Expression {
  const [field = '', ...names] = key.split('|');
  const modifiers = readModifiers(names, path);
  if (field === '') checkKeywords(modifiers, given, path);
  const expression = modifiers.part === undefined ? comparison(field, modifiers, given, path) : time(field, modifiers, given, path);
  return modifiers.neq ? { kind: 'not', of: expression } : expression;
}

function checkKeywords({ operator, part, fieldref }: Modifiers, given: unknown, path: Path): void {
  const isWrong = part !== undefined || fieldref || ['exists', 'lt', 'lte', 'gt', 'gte'].includes(operator);
  if (isWrong) throw new RuleError('that modifier needs a field', path);
  if (given === null) throw new RuleError('null needs a field', path);
  if (given === '' || (isArray(given) && given.includes(''))) throw new RuleError('an empty keyword is in every event', path);
}

function comparison(field: string, modifiers: Modifiers, given: unknown, path: Path): Expression {
  const { operator, every, cased, flags } = modifiers;
  if (given === null && (operator !== 'equals' || modifiers.fieldref)) {
    throw new RuleError(`null cannot be compared by "${modifiers.fieldref ? 'fieldref' : operator}"`, path);
  }
  const isKeyword = field === '';
  const common = {
    operator: given === null ? ('null' as const) : isKeyword && operator === 'equals' ? ('contains' as const) : operator,
    ...{ cased, flags },
  };
  const make = (values: readonly Value[], all: boolean): Expression => {
    const rest = { ...common, values, every: all };
    return isKeyword ? ({ kind: 'keywords', ...rest } satisfies Keywords) : { kind: 'field', field, ...rest };
  };
  if (given === null) return make([], every);
  const alternatives = valuesOf(given, path).map(([one, at]) => alternativesOf(one, modifiers, at));
  const all = alternatives.flat();
  if (all.length > MAX_VALUES) throw new RuleError(`more than ${MAX_VALUES} values`, path);
  if (!every || all.length === alternatives.length) return make(all, every);
  // One of each value's alternatives.
  return join(
    'all',
    alternatives.map((values) => make(values, false)),
  );
}

function time(field: string, { part, operator, every }: Modifiers, given: unknown, path: Path): Expression {
  if (part === undefined || operator === 'contains' || operator === 'startswith' || operator === 'endswith') {
    throw new RuleError('a part of a time is a number', path);
  }
  if (operator === 're' || operator === 'cidr' || operator === 'exists' || operator === 'null') {
    throw new RuleError('a part of a time is a number', path);
  }
  const values = valuesOf(given, path).map(([one, at]) => {
    if (typeof one !== 'number' || !Number.isInteger(one)) throw new RuleError(`"${part}" takes a whole number`, at);
    return one;
  });
  return { kind: 'time', field, part, operator, values, every };
}

/** @returns the values with where each of them stands. */
function valuesOf(given: unknown, path: Path): readonly (readonly [string | number | boolean, Path])[] {
  const list: readonly unknown[] = isArray(given) ? given : [given];
  if (list.length === 0) throw new RuleError('an empty list matches nothing', path);
  return list.map((one, index) => {
    const at = isArray(given) ? [...path, index] : path;
    return [checked(one, at), at] as const;
  });
}

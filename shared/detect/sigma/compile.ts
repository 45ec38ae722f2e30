// Rule expressions → closures, once. What is compared with what, and how types meet: docs of Sigma say that all values are texts, case does
// not matter and a list of values in the log matches by any of its members.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Detection)
import { isArray, isObject } from '../../outcome.ts';
import { matchNetworks } from './network.ts';
import { matchRegex } from './regex.ts';
import { RuleError, type Comparison, type Expression } from './rule.ts';
import { matchText, type Anchors } from './text.ts';

/**
 * Looks a field up. `test` is called for every value found (several where the path leads through lists) until one answers true; a field
 * that the log does not have, or has as null, has no value.
 */
export type Field<View> = (view: View, test: (found: unknown) => boolean) => boolean;

export type Predicate<View> = (view: View) => boolean;

export interface Surroundings<View> {
  readonly field: (name: string) => Field<View>;
  /** Lists that placeholders stand for. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** @throws RuleError where a placeholder has no list. */
export function compile<View>(expression: Expression, surroundings: Surroundings<View>): Predicate<View> {
  switch (expression.kind) {
    case 'all': {
      const parts = expression.of.map((part) => compile(part, surroundings));
      return (view) => parts.every((part) => part(view));
    }
    case 'any': {
      const parts = expression.of.map((part) => compile(part, surroundings));
      return (view) => parts.some((part) => part(view));
    }
    case 'not': {
      const inner = compile(expression.of, surroundings);
      return (view) => !inner(view);
    }
    case 'field':
      return compileComparison(expression, surroundings);
  }
}

function compileComparison<View>(comparison: Comparison, surroundings: Surroundings<View>): Predicate<View> {
  const field = surroundings.field(comparison.field);
  if (comparison.operator === 'null') return (view) => !field(view, present);
  const tests = testsOf(comparison, surroundings.lists);
  if (comparison.operator === 'exists') return (view) => field(view, present) === comparison.values[0];
  const [only] = tests;
  if (only === undefined) return () => false;
  if (tests.length === 1) return (view) => field(view, only);
  if (comparison.every) return (view) => tests.every((test) => field(view, test));
  return (view) => field(view, (found) => tests.some((test) => test(found)));
}

function present(): boolean {
  return true;
}

type Test = (found: unknown) => boolean;

function testsOf(comparison: Comparison, lists: Readonly<Record<string, readonly string[]>>): readonly Test[] {
  const values = comparison.values.flatMap((value) => (typeof value === 'object' ? listed(value.expand, lists) : [String(value)]));
  const { operator, cased } = comparison;
  switch (operator) {
    case 'exists':
    case 'null':
      return [];
    case 'cidr':
      return networkTests(values, comparison.every);
    case 're':
      return values.map((value) => anyText(matchRegex(value, regexFlags(comparison)), true));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return values.map((value) => anyNumber(orders[operator], Number(value)));
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return values.map((value) => anyText(textTest(value, ANCHORS[operator], cased), operator === 'contains'));
  }
}

function listed(name: string, lists: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const list = Object.hasOwn(lists, name) ? lists[name] : undefined;
  if (list === undefined) throw new RuleError(`there is no list "${name}" for the placeholder %${name}%`, ['detection']);
  return list;
}

/** A list is one look-up, unless each of its networks has to be met. */
function networkTests(networks: readonly string[], every: boolean): readonly Test[] {
  if (networks.length === 0) return [];
  const lists = every ? networks.map((network) => [network]) : [networks];
  return lists.map((list) => anyText(matchNetworks(list), false));
}

function regexFlags({ cased, flags }: Comparison): { ignoreCase: boolean; multiline: boolean; dotAll: boolean } {
  return { ignoreCase: !cased, multiline: flags.includes('m'), dotAll: flags.includes('s') };
}

const ANCHORS: Readonly<Record<'equals' | 'contains' | 'startswith' | 'endswith', Anchors>> = {
  equals: { start: true, end: true },
  contains: { start: false, end: false },
  startswith: { start: true, end: false },
  endswith: { start: false, end: true },
};

function textTest(value: string, anchors: Anchors, cased: boolean): (text: string) => boolean {
  if (cased) return matchText(value, anchors);
  const test = matchText(value.toLowerCase(), anchors);
  return (text) => test(text.toLowerCase());
}

/** @param inside texts deep inside an object count as well, not only the object written as JSON: policies are JSON in a text there. */
function anyText(test: (text: string) => boolean, inside: boolean): Test {
  function any(found: unknown): boolean {
    if (typeof found === 'string') return test(found);
    if (typeof found === 'number' || typeof found === 'boolean') return test(String(found));
    if (isArray(found)) return found.some(any);
    return isObject(found) && (test(JSON.stringify(found)) || (inside && Object.values(found).some(any)));
  }
  return any;
}

const orders = {
  lt: (found: number, value: number) => found < value,
  lte: (found: number, value: number) => found <= value,
  gt: (found: number, value: number) => found > value,
  gte: (found: number, value: number) => found >= value,
};

function anyNumber(holds: (found: number, value: number) => boolean, value: number): Test {
  function any(found: unknown): boolean {
    if (typeof found === 'number') return holds(found, value);
    if (typeof found === 'string') return found.trim() !== '' && holds(Number(found), value);
    return isArray(found) && found.some(any);
  }
  return any;
}

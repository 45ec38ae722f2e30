import fc from 'fast-check';
import { parseCondition } from '../../../../shared/detect/sigma/condition.ts';
import { RuleError, type Expression } from '../../../../shared/detect/sigma/rule.ts';

const NAMES = ['a', 'b', 'filter_1', 'filter_2', '_hidden', 'sel-x'];
const SELECTIONS = new Map<string, Expression>(
  NAMES.map((name) => [name, { kind: 'field', field: name, operator: 'equals', values: [1], every: false, cased: false, flags: '' }]),
);

/** The expression as text, so that a test can be read. */
function shape(expression: Expression): string {
  if (expression.kind === 'field') return expression.field;
  if (expression.kind === 'not') return `!${shape(expression.of)}`;
  if (expression.kind === 'keywords' || expression.kind === 'time') return expression.kind;
  return `(${expression.of.map(shape).join(expression.kind === 'all' ? ' & ' : ' | ')})`;
}

function parsed(condition: string): string {
  return shape(parseCondition(condition, SELECTIONS));
}

describe('parseCondition', () => {
  it.each([
    ['a', 'a'],
    ['a and b', '(a & b)'],
    ['a or b and sel-x', '(a | (b & sel-x))'],
    ['(a or b) and sel-x', '((a | b) & sel-x)'],
    ['not a and b', '(!a & b)'],
    ['not (a or b)', '!(a | b)'],
    ['not not a', '!!a'],
    ['a and not 1 of filter_*', '(a & !(filter_1 | filter_2))'],
    ['all of filter_*', '(filter_1 & filter_2)'],
    ['any of filter_*', '(filter_1 | filter_2)'],
    ['1 of them', '(a | b | filter_1 | filter_2 | sel-x)'],
    ['all of *', '(a & b & filter_1 & filter_2 & sel-x)'],
    ['1 of _*', '_hidden'],
    ['1 of *_1', 'filter_1'],
    ['1 of *er*2', 'filter_2'],
    ['1 of a', 'a'],
    ['  ( a )  ', 'a'],
    ['a AND NOT b', '(a & !b)'],
    ['_hidden', '_hidden'],
  ])('%j is %s', (condition, expected) => {
    expect(parsed(condition)).toBe(expected);
  });

  it('takes a selection by its name even if the name is a keyword in capitals', () => {
    const selections = new Map(SELECTIONS).set('OR', {
      kind: 'field',
      field: 'OR',
      operator: 'null',
      values: [],
      every: false,
      cased: false,
      flags: '',
    });
    expect(shape(parseCondition('a and OR', selections))).toBe('(a & OR)');
  });

  it.each([
    ['a and missing', 'there is no selection "missing"'],
    ['1 of nothing_*', '"nothing_*" names no selection'],
    ['1 of fil', '"fil" names no selection'],
    ['2 of filter_*', '"2 of" is not supported'],
    ['a | count() > 5', 'aggregations'],
    ['(a', 'not closed'],
    ['a)', '")" is not expected'],
    ['a b', '"b" is not expected'],
    ['', 'a selection is missing'],
    ['a and', 'a selection is missing'],
    ['not', 'a selection is missing'],
    ['1 of', '"1 of" what'],
    ['a & b', '"&" has no meaning'],
    [`${'('.repeat(100)}a${')'.repeat(100)}`, 'nested deeper'],
    [`${'not '.repeat(100)}a`, 'nested deeper'],
    ['a or '.repeat(2000), 'longer than'],
  ])('refuses %j', (condition, reason) => {
    expect(() => parsed(condition)).toThrow(RuleError);
    expect(() => parsed(condition)).toThrow(reason);
  });
});

/** A condition as a tree, its text with as many parentheses as somebody may write, and what it means. */
type Tree =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'quantified'; readonly all: boolean; readonly pattern: string }
  | { readonly kind: 'not'; readonly of: Tree }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Tree[]; readonly extra: boolean };

const TREES = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('name' as const), name: fc.constantFrom(...NAMES) }),
    fc.record({
      kind: fc.constant('quantified' as const),
      all: fc.boolean(),
      pattern: fc.constantFrom('them', '*', 'filter_*', '_*', '*_*', 'a', '*1'),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('tree') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      extra: fc.boolean(),
    }),
  ),
})).tree;

const BINDING = { or: 0, and: 1, not: 2, name: 3, quantified: 3 } as const;

function written(tree: Tree, around = 0): string {
  if (tree.kind === 'name') return tree.name;
  if (tree.kind === 'quantified') return `${tree.all ? 'all' : '1'} of ${tree.pattern}`;
  const text =
    tree.kind === 'not'
      ? `not ${written(tree.of, BINDING.not)}`
      : tree.of.map((part) => written(part, BINDING[tree.kind] + 1)).join(` ${tree.kind} `);
  return BINDING[tree.kind] < around || (tree.kind !== 'not' && tree.extra) ? `(${text})` : text;
}

function selected(pattern: string): readonly string[] {
  const expression = new RegExp(`^${pattern === 'them' ? '.*' : pattern.replaceAll('*', '.*')}$`);
  return NAMES.filter((name) => expression.test(name) && (pattern.startsWith('_') || !name.startsWith('_')));
}

function meant(tree: Tree, truth: ReadonlySet<string>): boolean {
  switch (tree.kind) {
    case 'name':
      return truth.has(tree.name);
    case 'quantified': {
      const names = selected(tree.pattern);
      return tree.all ? names.every((name) => truth.has(name)) : names.some((name) => truth.has(name));
    }
    case 'not':
      return !meant(tree.of, truth);
    case 'and':
      return tree.of.every((part) => meant(part, truth));
    case 'or':
      return tree.of.some((part) => meant(part, truth));
  }
}

function holds(expression: Expression, truth: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'all':
      return expression.of.every((part) => holds(part, truth));
    case 'any':
      return expression.of.some((part) => holds(part, truth));
    case 'not':
      return !holds(expression.of, truth);
    case 'field':
      return truth.has(expression.field);
    case 'keywords':
    case 'time':
      throw new Error(expression.kind);
  }
}

it('means what a condition says, however it is put in parentheses', () => {
  fc.assert(
    fc.property(TREES, fc.subarray(NAMES), (tree, names) => {
      const truth = new Set(names);
      expect(holds(parseCondition(written(tree), SELECTIONS), truth)).toBe(meant(tree, truth));
    }),
    { numRuns: 2000 },
  );
});

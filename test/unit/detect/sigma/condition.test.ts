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

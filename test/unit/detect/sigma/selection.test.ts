import { RuleError } from '../../../../shared/detect/sigma/rule.ts';
import { parseSelection } from '../../../../shared/detect/sigma/selection.ts';

describe('parseSelection refuses', () => {
  it.each([
    [{ 'f|base64': 'x' }, 'modifier "base64" is not supported'],
    [{ 'f|fieldref': 'g' }, 'modifier "fieldref" is not supported'],
    [{ 'f|windash|contains': 'x' }, 'modifier "windash" is not supported'],
    [{ 'f|constructor': 'x' }, 'modifier "constructor" is not supported'],
    [{ 'f|contains|startswith': 'x' }, 'exclude each other'],
    [{ 'f|i': 'x' }, 'belongs to "re"'],
    [{ 'f|cased|re': 'x' }, '"re" comes first'],
    [{ 'f|re': '(?=a)' }, 'look-around'],
    [{ 'f|re|expand': '%x%' }, 'placeholders in regular expressions'],
    [{ 'f|exists': 'yes' }, '"exists" takes true or false'],
    [{ 'f|exists|neq': true }, '"exists" stands alone'],
    [{ 'f|cidr': 'example' }, '"example" is no network'],
    [{ 'f|gt': '5' }, '"gt" takes a number'],
    [{ 'f|contains': null }, 'null cannot be compared by "contains"'],
    [{ f: [] }, 'an empty list'],
    [{ f: ['a', null] }, 'null cannot be one of a list'],
    [{ f: { a: 1 } }, 'a value is a text'],
    [{ f: [['a']] }, 'a value is a text'],
    [{ 'f|expand': 'a%b%' }, 'a placeholder must be the whole value'],
    [{ '|all': ['a'] }, 'keyword searches'],
    [['keyword'], 'keyword searches'],
    ['keyword', 'keyword searches'],
    [null, 'keyword searches'],
    [[], 'an empty list'],
    [{}, 'an empty selection'],
  ])('%j: %s', (selection, reason) => {
    expect(() => parseSelection(selection, ['detection', 'sel'])).toThrow(RuleError);
    expect(() => parseSelection(selection, ['detection', 'sel'])).toThrow(reason);
  });

  it('and says where', () => {
    const refuse = (): unknown => parseSelection([{ a: 1 }, { b: ['x', null] }], ['detection', 'sel']);
    expect(refuse).toThrow(expect.objectContaining({ path: ['detection', 'sel', 1, 'b', 1] }) as Error);
  });
});

import { RuleError } from '../../../../shared/detect/sigma/rule.ts';
import { parseSelection } from '../../../../shared/detect/sigma/selection.ts';

describe('parseSelection refuses', () => {
  it.each([
    [{ 'f|base32': 'x' }, 'modifier "base32" is not known'],
    [{ 'f|constructor': 'x' }, 'modifier "constructor" is not known'],
    [{ 'f|': 'x' }, 'modifier "" is not known'],
    [{ 'f|base64': 'a*' }, '"a*": a value with wildcards cannot be encoded'],
    [{ 'f|base64': '' }, 'an empty value cannot be encoded'],
    [{ 'f|wide|utf16be|base64': 'a' }, 'UTF-16 of UTF-16'],
    [{ 'f|base64offset|contains': 'a' }, 'too short for base64offset'],
    [{ 'f|contains|base64': 'x' }, 'modifier "base64" comes before "contains"'],
    [{ 'f|re|base64': 'x' }, 'modifiers "base64" and "re" exclude each other'],
    [{ 'f|cidr|windash': '10.0.0.0/8' }, 'exclude each other'],
    [{ 'f|base64|expand': '%x%' }, 'modifiers "base64" and "expand" exclude each other'],
    [{ 'f|windash': '-a -b -c -d -e' }, 'windash with more than 4 dashes'],
    [{ 'f|wide|windash': '-a' }, 'windash comes before an encoding'],
    [{ 'f|fieldref|re': 'g' }, '"re" comes first'],
    [{ 'f|fieldref|gt': 'g' }, 'modifiers "fieldref" and "gt" exclude each other'],
    [{ 'f|fieldref': 5 }, '"fieldref" takes the name of a field'],
    [{ 'f|fieldref': null }, 'null cannot be compared by "fieldref"'],
    [{ 'f|fieldref|expand': '%x%' }, 'exclude each other'],
    [{ 'f|hour': '9' }, '"hour" takes a whole number'],
    [{ 'f|hour': 9.5 }, '"hour" takes a whole number'],
    [{ 'f|hour|contains': 9 }, 'a part of a time is a number'],
    [{ 'f|hour|day': 9 }, 'modifiers "hour" and "day" exclude each other'],
    [{ 'f|hour': null }, 'null cannot be one of a list'],
    [{ f: 12345678901234567890 }, 'write it in quotes'],
    [{ 'f|contains': Array.from({ length: 10_001 }, (_, at) => at) }, 'more than 10000 values'],
    [{ 'f|contains|startswith': 'x' }, 'exclude each other'],
    [{ 'f|i': 'x' }, 'belongs to "re"'],
    [{ 'f|cased|re': 'x' }, '"re" comes first'],
    [{ 'f|re': '(?=a)' }, 'look-around'],
    [{ 'f|re|startswith': 'x' }, 'exclude each other'],
    [{ 'f|exists|expand': '%x%' }, '"exists" stands alone'],
    [{ 'f|exists': 'yes' }, '"exists" takes true or false'],
    [{ 'f|exists|neq': true }, '"exists" stands alone'],
    [{ 'f|cidr': 'example' }, '"example" is no network'],
    [{ 'f|gt': '5' }, '"gt" takes a number'],
    [{ 'f|contains': null }, 'null cannot be compared by "contains"'],
    [{ f: [] }, 'an empty list'],
    [{ f: ['a', null] }, 'null cannot be one of a list'],
    [{ f: { a: 1 } }, 'a value is a text'],
    [{ f: [['a']] }, 'a value is a text'],
    [{ '|exists': true }, 'that modifier needs a field'],
    [{ '|gt': 5 }, 'that modifier needs a field'],
    [{ '|hour': 5 }, 'that modifier needs a field'],
    [{ '|fieldref': 'f' }, 'that modifier needs a field'],
    [{ '|all': null }, 'null needs a field'],
    [{ '|all': [{ a: 1 }] }, 'a value is a text'],
    ['', 'an empty keyword'],
    [['a', ''], 'an empty keyword'],
    [null, 'null needs a field'],
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

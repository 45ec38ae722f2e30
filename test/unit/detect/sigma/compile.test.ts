import { compile, type Field } from '../../../../shared/detect/sigma/compile.ts';
import { RuleError } from '../../../../shared/detect/sigma/rule.ts';
import { parseSelection } from '../../../../shared/detect/sigma/selection.ts';
import { pathOf, someAt, viewOf, type EventView } from '../../../../shared/detect/view.ts';
import type { OcsfEvent } from '../../../../shared/model.ts';

/** Fields are paths in the event, null is no value: what log-sources.ts does for every log. */
function field(name: string): Field<EventView> {
  const path = pathOf(name);
  return (view, test) => someAt(view, path, (found) => found !== null && test(found));
}

function met(selection: unknown, event: object, lists: Record<string, readonly string[]> = {}): boolean {
  return compile(parseSelection(selection, []), { field, lists })(viewOf(event as OcsfEvent));
}

describe('values', () => {
  it.each([
    [{ f: 'abc' }, { f: 'ABC' }, true],
    [{ f: 'ÄB' }, { f: 'äb' }, true],
    [{ f: 'abc' }, { f: 'abcd' }, false],
    [{ f: 'ab*' }, { f: 'abcd' }, true],
    [{ 'f|cased': 'abc' }, { f: 'ABC' }, false],
    [{ 'f|cased': 'abc' }, { f: 'abc' }, true],
    [{ f: '4625' }, { f: 4625 }, true],
    [{ f: 4625 }, { f: '4625' }, true],
    [{ f: 1 }, { f: 1.0 }, true],
    [{ f: 'false' }, { f: false }, true],
    [{ f: false }, { f: 'False' }, true],
    [{ f: true }, { f: false }, false],
    [{ f: ['x', 'y'] }, { f: 'y' }, true],
    [{ f: ['x', 'y'] }, { f: 'z' }, false],
    [{ f: 'x' }, { f: ['a', 'x'] }, true],
    [{ f: 'x' }, { f: [] }, false],
    [{ f: 'x' }, {}, false],
    [{ f: '' }, { f: '' }, true],
    [{ f: '' }, {}, false],
    [{ f: '' }, { f: null }, false],
    [{ f: null }, {}, true],
    [{ f: null }, { f: null }, true],
    [{ f: null }, { f: '' }, false],
    [{ f: null }, { f: [] }, false],
    [{ f: null }, { f: 0 }, false],
    [{ 'f|neq': null }, { f: 'x' }, true],
    [{ 'f|neq': null }, {}, false],
    [{ a: 1, b: 2 }, { a: 1, b: 2 }, true],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[{ a: 1 }, { b: 2 }], { b: 2 }, true],
    [[{ a: 1 }, { b: 2 }], { b: 3 }, false],
  ])('%j against %j: %s', (selection, event, expected) => {
    expect(met(selection, event)).toBe(expected);
  });
});

describe('modifiers', () => {
  it.each([
    [{ 'f|contains': 'b' }, { f: 'aBc' }, true],
    [{ 'f|contains': 'x' }, { f: 'abc' }, false],
    [{ 'f|contains|cased': 'B' }, { f: 'abc' }, false],
    [{ 'f|contains': 'a*c' }, { f: 'xxabbbcxx' }, true],
    [{ 'f|contains': '*' }, { f: 'x' }, true],
    [{ 'f|contains': '*' }, { f: '' }, true],
    [{ 'f|contains': '*' }, { f: ['x'] }, true],
    [{ 'f|contains': '*' }, { f: null }, false],
    [{ 'f|contains': '*' }, { f: [] }, false],
    [{ 'f|contains': '*' }, {}, false],
    [{ 'f|contains|all': ['a', 'b'] }, { f: 'b-a' }, true],
    [{ 'f|contains|all': ['a', 'b'] }, { f: 'a' }, false],
    [{ 'f|contains|all': ['a', 'b'] }, { f: ['a', 'b'] }, true],
    [{ 'f|all': ['a', 'b'] }, { f: ['a', 'b', 'c'] }, true],
    [{ 'f|all': ['a', 'b'] }, { f: 'a' }, false],
    [{ 'f|startswith': 'ab' }, { f: 'ABc' }, true],
    [{ 'f|startswith': '12' }, { f: 123 }, true],
    [{ 'f|startswith': 'bc' }, { f: 'abc' }, false],
    [{ 'f|endswith': ['x', 'bc'] }, { f: 'abc' }, true],
    [{ 'f|exists': true }, { f: 'x' }, true],
    [{ 'f|exists': true }, {}, false],
    [{ 'f|exists': false }, {}, true],
    [{ 'f|exists': false }, { f: '' }, false],
    [{ 'f|neq': ['a', 'b'] }, { f: 'c' }, true],
    [{ 'f|neq': ['a', 'b'] }, { f: 'b' }, false],
    [{ 'f|neq': 'a' }, {}, true],
    [{ 'f|neq|contains': 'a' }, { f: 'xax' }, false],
    [{ 'f|cidr': '10.0.0.0/8' }, { f: '10.1.1.1' }, true],
    [{ 'f|cidr': ['10.0.0.0/8', '192.0.2.0/24'] }, { f: '192.0.2.9' }, true],
    [{ 'f|cidr|all': ['10.0.0.0/8', '10.1.0.0/16'] }, { f: '10.2.0.1' }, false],
    [{ 'f|cidr|all': ['10.0.0.0/8', '10.1.0.0/16'] }, { f: '10.1.0.1' }, true],
    [{ 'f|cidr': '10.0.0.0/8' }, { f: 'AWS Internal' }, false],
    [{ 'f|cidr': '10.0.0.0/8' }, { f: ['x', '10.0.0.1'] }, true],
    [{ 'f|re': 'b.d' }, { f: 'abcde' }, true],
    [{ 'f|re': 'B.D' }, { f: 'abcde' }, false],
    [{ 'f|re|i': 'B.D' }, { f: 'abcde' }, true],
    [{ 'f|re': '^12' }, { f: 123 }, true],
    [{ 'f|re|all': ['a', 'b'] }, { f: 'xaxb' }, true],
    [{ 'f|gt': 5 }, { f: 6 }, true],
    [{ 'f|gt': 5 }, { f: '6' }, true],
    [{ 'f|gte': 5 }, { f: 5 }, true],
    [{ 'f|lt': 5 }, { f: 5 }, false],
    [{ 'f|lte': 5 }, { f: '5' }, true],
    [{ 'f|lt': 5 }, { f: '' }, false],
    [{ 'f|lt': 5 }, { f: '3x' }, false],
    [{ 'f|lt': 5 }, {}, false],
  ])('%j against %j: %s', (selection, event, expected) => {
    expect(met(selection, event)).toBe(expected);
  });
});

describe('objects', () => {
  const policy = { f: { policy: '{"Effect":"Allow"}', list: [{ name: 'x' }], flag: 'Suspended' } };

  it('are compared as compact JSON, and contains also finds texts inside', () => {
    expect(met({ 'f|contains': '"flag":"Suspended"' }, policy)).toBe(true);
    expect(met({ 'f|contains': '"Effect":"Allow"' }, policy)).toBe(true);
    expect(met({ 'f|startswith': '{"policy"' }, policy)).toBe(true);
    expect(met({ f: 'Suspended' }, policy)).toBe(false);
  });

  it('are walked through lists, any member counting', () => {
    const event = { a: [{ b: 1 }, { b: [{ c: 'x' }, { c: 'y' }] }] };
    expect(met({ 'a.b.c': 'y' }, event)).toBe(true);
    expect(met({ 'a.b.c': 'z' }, event)).toBe(false);
    expect(met({ 'a.b': 1 }, event)).toBe(true);
  });

  it('are asked for a key with dots too, and it hides nothing', () => {
    expect(met({ 'a.b': 'flat' }, { 'a.b': 'flat', a: { b: 'nested' } })).toBe(true);
    expect(met({ 'a.b': 'nested' }, { 'a.b': 'flat', a: { b: 'nested' } })).toBe(true);
    expect(met({ 'a.b': 'neither' }, { 'a.b': 'flat', a: { b: 'nested' } })).toBe(false);
    expect(met({ 'a.b.c': 1 }, { a: { 'b.c': 1 } })).toBe(true);
  });

  it('have no fields by inheritance', () => {
    expect(met({ 'constructor|exists': true }, {})).toBe(false);
    expect(met({ 'a.toString|exists': true }, { a: {} })).toBe(false);
  });
});

describe('placeholders', () => {
  it('stand for the values of a list', () => {
    const lists = { nets: ['192.0.2.0/24', '203.0.113.9'], names: ['Root', 'ad*'] };
    expect(met({ 'f|expand|cidr': '%nets%' }, { f: '203.0.113.9' }, lists)).toBe(true);
    expect(met({ 'f|cidr|expand': '%nets%' }, { f: '203.0.113.8' }, lists)).toBe(false);
    expect(met({ 'f|expand': ['%names%', 'other'] }, { f: 'ADMIN' }, lists)).toBe(true);
    expect(met({ 'f|expand': '%names%' }, { f: 'root' }, { names: [] })).toBe(false);
    expect(met({ f: '%names%' }, { f: '%names%' }, lists)).toBe(true);
  });

  it('that nobody knows make the rule unusable', () => {
    expect(() => met({ 'f|expand': '%unknown%' }, {})).toThrow(RuleError);
    expect(() => met({ 'f|expand': '%constructor%' }, {})).toThrow('there is no list "constructor"');
  });
});

import { compile, type Reader } from '../../../../shared/detect/sigma/compile.ts';
import { foundOf, leaves, type Found } from '../../../../shared/detect/sigma/found.ts';
import { RuleError } from '../../../../shared/detect/sigma/rule.ts';
import { parseSelection } from '../../../../shared/detect/sigma/selection.ts';
import { pathOf, someAt, viewOf, type EventView } from '../../../../shared/detect/view.ts';
import type { OcsfEvent } from '../../../../shared/model.ts';

/** Fields are paths in the event, null is no value: what log-sources.ts does for every log. */
function field(name: string): Reader<EventView> {
  const path = pathOf(name);
  return (view) => {
    const values: unknown[] = [];
    someAt(view, path, (found) => {
      if (found !== null) values.push(found);
      return false;
    });
    return foundOf(values);
  };
}

function everything(view: EventView): Found {
  const texts: string[] = [];
  leaves(view.event, texts);
  return foundOf(texts);
}

function met(selection: unknown, event: object, lists: Record<string, readonly string[]> = {}): boolean {
  return compile(parseSelection(selection, []), { field, everything, lists })(viewOf(event as OcsfEvent));
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
    [{ 'f|gt': 5 }, { f: '6.5' }, true],
    [{ 'f|gt': 5 }, { f: '0x10' }, false],
    [{ 'f|gt': 5 }, { f: [1, 9] }, true],
    [{ 'f|gt': 5 }, { f: true }, false],
    [{ 'f|exists': true }, { f: null }, false],
    [{ 'f|exists': false }, { f: null }, true],
    [{ 'f|exists': true }, { f: [] }, true],
    [{ 'f|neq|all': ['a', 'b'] }, { f: 'a' }, true],
    [{ 'f|base64': 'foo bar' }, { f: 'Zm9vIGJhcg==' }, true],
    [{ 'f|base64|contains': 'foobar' }, { f: '-enc Zm9vYmFy' }, true],
    [{ 'f|base64offset|contains': 'foobar' }, { f: Buffer.from('xfoobar').toString('base64') }, true],
    [{ 'f|wide|base64offset|contains': 'ping' }, { f: Buffer.from('ping', 'utf16le').toString('base64') }, true],
    [{ 'f|utf16be|base64|startswith': 'ab' }, { f: 'AGEAYg==' }, true],
    [{ 'f|utf16|base64': 'a' }, { f: '//5hAA==' }, true],
    [{ 'f|wide|contains': 'ab' }, { f: 'xa\0b\0' }, true],
    [{ 'f|wide': '\\*' }, { f: '*\0' }, true],
    [{ 'f|windash|contains': ' -f' }, { f: 'cmd /f' }, true],
    [{ 'f|windash|contains': ' -f' }, { f: 'cmd \u2013f' }, true],
    [{ 'f|contains|windash': ' -f' }, { f: 'cmd +f' }, false],
    [{ 'f|windash|contains|all': ['-a', '-b'] }, { f: '/b -a' }, true],
    [{ 'f|windash|contains|all': ['-a', '-b'] }, { f: '/a -a' }, false],
    [{ 'f|fieldref': 'g' }, { f: 'Same', g: 'same' }, true],
    [{ 'f|fieldref|cased': 'g' }, { f: 'Same', g: 'same' }, false],
    [{ 'f|fieldref': 'g' }, { f: 1, g: '1' }, true],
    [{ 'f|fieldref': 'g' }, { f: 'a', g: ['b', 'a'] }, true],
    [{ 'f|fieldref': 'g' }, { f: 'a' }, false],
    [{ 'f|fieldref': 'g' }, {}, false],
    [{ 'f|fieldref|neq': 'g' }, { f: 'a', g: 'b' }, true],
    [{ 'f|fieldref|neq': 'g' }, { f: 'a', g: 'a' }, false],
    [{ 'f|fieldref|neq': 'g' }, { f: 'a' }, true],
    [{ 'f|fieldref|startswith': 'g' }, { f: 'abc', g: 'ab' }, true],
    [{ 'f|fieldref|endswith': 'g' }, { f: 'abc', g: 'ab' }, false],
    [{ 'f|contains|fieldref': 'g' }, { f: 'a*c', g: '*' }, true],
    [{ 'f|fieldref|contains': 'g' }, { f: 'abc', g: '*' }, false],
    [{ 'f|fieldref|all': ['g', 'h'] }, { f: 'a', g: 'a', h: 'b' }, false],
    [{ 'f|fieldref': ['g', 'h'] }, { f: 'a', g: 'a', h: 'b' }, true],
    [{ 'f|hour': 9 }, { f: '2026-03-02T09:14:05+11:00' }, true],
    [{ 'f|hour|gte': 18 }, { f: '2026-03-02T17:59:59Z' }, false],
    [{ 'f|minute': [13, 14] }, { f: '2026-03-02 09:14:05' }, true],
    [{ 'f|day': 2 }, { f: 1_772_442_000 }, true],
    [{ 'f|month': 3 }, { f: 1_772_442_000_000 }, true],
    [{ 'f|year|lt': 2026 }, { f: '1772442000' }, false],
    [{ 'f|week': 10 }, { f: '2026-03-02' }, true],
    [{ 'f|week': 53 }, { f: '2021-01-03T00:00:00Z' }, true],
    [{ 'f|week': 1 }, { f: '2024-12-30' }, true],
    [{ 'f|hour': 0 }, { f: '2026-03-02' }, false],
    [{ 'f|hour': 0 }, { f: 'never' }, false],
    [{ 'f|hour|neq': 9 }, { f: '2026-03-02T08:00:00Z' }, true],
  ])('%j against %j: %s', (selection, event, expected) => {
    expect(met(selection, event)).toBe(expected);
  });
});

describe('keywords', () => {
  const event = { a: 'Mimikatz was here', b: [{ c: 4444 }, 'deep'], d: { e: { f: 'C:\\Win' } }, g: null };

  it.each([
    ['mimikatz', true],
    ['MIMI*here', true],
    ['4444', true],
    [4444, true],
    ['eep', true],
    ['c', true],
    ['C:\\Win', true],
    ['absent', false],
    ['null', false],
    [['absent', 'deep'], true],
    [{ '|all': ['deep', 4444] }, true],
    [{ '|all': ['deep', 'absent'] }, false],
    [{ '|contains': ['deep'] }, true],
    [{ '|re': 'wa.{2}here' }, true],
    [{ '|re|i': '^mimi' }, true],
    [{ '|cased': 'mimikatz' }, false],
    [{ '|startswith': 'was' }, false],
    [{ '|cidr': '10.0.0.0/8' }, false],
    [{ '|neq': 'deep' }, false],
    [{ '|base64offset|contains': 'xyz' }, false],
    [['absent', { a: '*here' }], true],
    [{ '|all': ['deep', 4444], a: 'no' }, false],
  ])('%j: %s', (selection, expected) => {
    expect(met(selection, event)).toBe(expected);
  });

  it('are no names of fields, and end where nobody looks', () => {
    expect(met('bbb', { bbb: 'x' })).toBe(false);
    const deep = JSON.parse(`${'['.repeat(3000)}"x"${']'.repeat(3000)}`) as unknown;
    expect(met('x', { f: deep })).toBe(false);
    expect(met('y', { f: deep, g: 'y' })).toBe(true);
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
    expect(met({ 'f|expand': '%nets%' }, { f: '192.0.2.9' }, lists)).toBe(false);
  });

  it('stand for parts of values as well, and in regular expressions at their word', () => {
    const lists = { users: ['ann', 'b.b'], hosts: ['x', 'y*'] };
    expect(met({ 'f|expand': 'user/%users%@%hosts%' }, { f: 'USER/ann@yes' }, lists)).toBe(true);
    expect(met({ 'f|expand': 'user/%users%@%hosts%' }, { f: 'user/carl@x' }, lists)).toBe(false);
    expect(met({ 'f|expand|endswith': '/%users%' }, { f: 'a/b.b' }, lists)).toBe(true);
    expect(met({ 'f|re|expand': '^(%users%)@' }, { f: 'b.b@x' }, lists)).toBe(true);
    expect(met({ 'f|re|expand': '^(%users%)@' }, { f: 'bxb@x' }, lists)).toBe(false);
    expect(met({ 'f|cidr|expand': '192.0.2.0/%bits%' }, { f: '192.0.2.200' }, { bits: ['25', '24'] })).toBe(true);
    expect(met({ 'f|gt|expand': '%limit%' }, { f: 6 }, { limit: ['5'] })).toBe(true);
    expect(met({ 'f|expand': '100\\%' }, { f: '100%' }, lists)).toBe(true);
    expect(met({ 'f|expand': '50% of it' }, { f: '50% of it' }, lists)).toBe(true);
    expect(() => met({ 'f|gt|expand': '%users%' }, {}, lists)).toThrow('"ann" is no number');
    expect(() => met({ 'f|expand': '%big%%big%' }, {}, { big: Array.from({ length: 2000 }, String) })).toThrow('more than 1000000 values');
  });

  it('that nobody knows make the rule unusable', () => {
    expect(() => met({ 'f|expand': '%unknown%' }, {})).toThrow(RuleError);
    expect(() => met({ 'f|expand': '%constructor%' }, {})).toThrow('there is no list "constructor"');
  });
});

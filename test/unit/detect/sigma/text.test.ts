import fc from 'fast-check';
import { matchText } from '../../../../shared/detect/sigma/text.ts';

const START = { start: true, end: false };
const END = { start: false, end: true };
const ANYWHERE = { start: false, end: false };

describe('matchText', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['', '', true],
    ['', 'a', false],
    ['a*', 'a', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'ac', true],
    ['a*c', 'abcb', false],
    ['*', '', true],
    ['**', 'x', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '', false],
    ['*a?', 'xxab', true],
    ['*a?*b', 'aab', true],
    ['*a?*b', 'ab', false],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a--b--b--c', true],
  ])('%j as a whole against %j: %s', (value, text, expected) => {
    expect(matchText(value)(text)).toBe(expected);
  });

  it('lets * run over line ends', () => {
    expect(matchText('{*}')('{\n "a": 1\n}')).toBe(true);
  });

  it.each([
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['\\?', '?', true],
    ['C:\\Win', 'C:\\Win', true],
    ['C:\\\\Win', 'C:\\Win', true],
    ['\\\\*', '\\anything', true],
    ['\\\\*', 'anything', false],
    ['\\\\\\*', '\\*', true],
    ['\\\\\\*', '\\x', false],
    ['\\\\\\\\', '\\\\', true],
    ['a\\', 'a\\', true],
  ])('takes the escapes in %j: %j is %s', (value, text, expected) => {
    expect(matchText(value)(text)).toBe(expected);
  });

  it('anchors at the ends that are asked for', () => {
    expect(matchText('ab', START)('abc')).toBe(true);
    expect(matchText('bc', START)('abc')).toBe(false);
    expect(matchText('bc', END)('abc')).toBe(true);
    expect(matchText('ab', END)('abc')).toBe(false);
    expect(matchText('b', ANYWHERE)('abc')).toBe(true);
    expect(matchText('a*c', ANYWHERE)('xxabcxx')).toBe(true);
    expect(matchText('?b', START)('abc')).toBe(true);
    expect(matchText('b?', END)('abc')).toBe(true);
    expect(matchText('*', ANYWHERE)('')).toBe(true);
  });

  it('agrees with a regular expression on any pattern and text', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 10 });
    fc.assert(
      fc.property(letters, texts, fc.boolean(), fc.boolean(), (value, text, start, end) => {
        const body = value.replaceAll('*', '[^]*').replaceAll('?', '[^]');
        const expected = new RegExp(`${start ? '^' : ''}(?:${body})${end ? '$' : ''}`).test(text);
        expect(matchText(value, { start, end })(text)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

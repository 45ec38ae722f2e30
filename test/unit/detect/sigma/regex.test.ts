import fc from 'fast-check';
import { matchRegex } from '../../../../shared/detect/sigma/regex.ts';
import { RuleError } from '../../../../shared/detect/sigma/rule.ts';

const PLAIN = { ignoreCase: false, multiline: false, dotAll: false };

describe('matchRegex', () => {
  it.each([
    'abc',
    'a.c',
    'a|bc',
    '^a',
    'c$',
    '^$',
    'a*b+c?',
    'a{2}',
    'a{2,}b',
    'a{1,3}$',
    '(?:ab)+c',
    '(ab|c)*d',
    '[a-c]+',
    '[^a-c]',
    '[]a]',
    '[a-]',
    '\\d+\\.\\d+',
    '\\bab\\b',
    '\\Bb',
    '\\w\\W\\s',
    'a+?b',
    '(?<name>a)b',
    '\\x61\\u0062',
    '[\\d_]+$',
    'a{,3}',
    '(a|)b',
    'a$|^b',
    '.',
    '^.$',
    '[^]x]',
    '\\*\\?',
    '(a*)*b',
    '',
  ])('agrees with the language on %j', (source) => {
    const expected = new RegExp(source.replaceAll('[]a]', '[\\]a]').replaceAll('[^]x]', '[^\\]x]'));
    const match = matchRegex(source, PLAIN);
    for (const text of [
      '',
      'a',
      'b',
      'ab',
      'abc',
      'aab',
      'ABC',
      'xabcx',
      'a\nb',
      'ab ab',
      '1.5',
      'aaaa',
      'a{,3}',
      'd',
      'ababc',
      '*?',
      ']',
      'x',
      'a-b',
      '_9',
    ]) {
      expect({ text, met: match(text) }).toEqual({ text, met: expected.test(text) });
    }
  });

  it('takes the flags i, m and s, also written in front', () => {
    expect(matchRegex('^b[x-z]', { ...PLAIN, ignoreCase: true })('BY')).toBe(true);
    expect(matchRegex('^b$', { ...PLAIN, multiline: true })('a\nb\nc')).toBe(true);
    expect(matchRegex('^b$', PLAIN)('a\nb\nc')).toBe(false);
    expect(matchRegex('a.b', { ...PLAIN, dotAll: true })('a\nb')).toBe(true);
    expect(matchRegex('(?is)A.B', PLAIN)('a\nb')).toBe(true);
  });

  it('agrees with the language on random patterns and texts', () => {
    const pattern = fc.letrec<{ node: string; atom: string; many: string }>((tie) => ({
      atom: fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\b', '^', '$'),
      many: fc
        .tuple(fc.constantFrom('a', 'b', '.', '(?:ab|b)', '(a|b)'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?'))
        .map(([one, times]) => one + times),
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('atom'),
        tie('many'),
        fc.tuple(tie('node'), tie('node')).map(([one, other]) => one + other),
        fc.tuple(tie('node'), tie('node')).map(([one, other]) => `(?:${one}|${other})`),
      ),
    })).node;
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '\n', ' '), maxLength: 8 }), (source, text) => {
        const match = matchRegex(source, PLAIN);
        // Once more, with what it remembers of the first time.
        expect([match(text), match(text)]).toEqual([new RegExp(source).test(text), new RegExp(source).test(text)]);
        expect(matchRegex(source, { ...PLAIN, ignoreCase: true })(text.toUpperCase())).toBe(
          new RegExp(source, 'i').test(text.toUpperCase()),
        );
        expect(matchRegex(source, { ...PLAIN, multiline: true })(text)).toBe(new RegExp(source, 'm').test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('forgets what it remembers before that fills the memory, and is right all the same', () => {
    const source = '(?:a|b)*a(?:a|b){12}$';
    const match = matchRegex(source, PLAIN);
    const texts = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 200, maxLength: 300 }), 30);
    expect(texts.map(match)).toEqual(texts.map((text) => new RegExp(source).test(text)));
  });

  it('leaves out of a negated set both cases of a letter where case does not matter', () => {
    const match = matchRegex('^[^ab]$', { ...PLAIN, ignoreCase: true });
    expect(['A', 'b', 'c'].map(match)).toEqual([false, false, true]);
  });

  it('reads characters beyond ASCII', () => {
    expect(matchRegex('ü.ß', PLAIN)('xü–ß')).toBe(true);
    expect(matchRegex('^[ä-ü]+$', PLAIN)('äöü')).toBe(true);
    expect(matchRegex('ü', PLAIN)('u')).toBe(false);
  });

  it('does not stop on patterns that need backtracking for ever elsewhere', () => {
    const text = `${'a'.repeat(5000)}!`;
    expect(matchRegex('^(a+)+$', PLAIN)(text)).toBe(false);
    expect(matchRegex('(a|aa)+$', PLAIN)(text)).toBe(false);
    expect(matchRegex('^(([a-z])+.)+[A-Z]([a-z])+$', PLAIN)(text)).toBe(false);
  });

  it.each([
    ['(?=a)', 'look-around'],
    ['(?!a)', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(a)\\1', '\\1'],
    ['\\k<a>', '\\k'],
    ['a++', 'a repetition of a repetition'],
    ['*a', 'a repetition of nothing'],
    ['(a', 'a parenthesis is not closed'],
    ['a)', 'a parenthesis is closed'],
    ['[a', 'a bracket is not closed'],
    ['[b-a]', 'a range'],
    ['[[:alpha:]]', 'POSIX'],
    ['a{3,2}', 'a repetition whose end'],
    ['a{1001}', 'a repetition of more than'],
    ['(a{1000}){1000}', 'states'],
    ['((){1000}){1000}', 'states'],
    ['\\p{L}', '\\p'],
    ['\\x4', '\\x needs'],
    ['a\\', 'it ends in a backslash'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 'nested deeper'],
    ['a'.repeat(2000), 'longer than'],
  ])('refuses %j', (source, reason) => {
    expect(() => matchRegex(source, PLAIN)).toThrow(RuleError);
    expect(() => matchRegex(source, PLAIN)).toThrow(reason);
  });

  it('throws nothing but its own error, whatever the pattern', () => {
    const source = fc.string({ unit: fc.constantFrom(...Array.from('ab()[]{}|*+?.^$\\-,:<=!dwsxu0123')), maxLength: 20 });
    fc.assert(
      fc.property(source, (pattern) => {
        try {
          expect(typeof matchRegex(pattern, PLAIN)('ab')).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

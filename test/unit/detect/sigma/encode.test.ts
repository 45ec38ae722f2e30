import fc from 'fast-check';
import { encoded } from '../../../../shared/detect/sigma/encode.ts';
import { RuleError } from '../../../../shared/detect/sigma/rule.ts';
import { escaped, literalOf, matchText } from '../../../../shared/detect/sigma/text.ts';

const ANYWHERE = { start: false, end: false };

describe('base64offset', () => {
  it('finds a value wherever it stands in what was encoded', () => {
    const bytes = fc.uint8Array({ maxLength: 9 });
    const value = fc.string({ minLength: 3, maxLength: 12, unit: 'grapheme' });
    fc.assert(
      fc.property(bytes, value, bytes, fc.boolean(), (before, text, after, isWide) => {
        const inner = Buffer.from(text, isWide ? 'utf16le' : 'utf8');
        const whole = Buffer.concat([before, inner, after]).toString('base64');
        const forms = encoded(escaped(text), isWide ? ['wide', 'base64offset'] : ['base64offset']);
        expect(forms).toHaveLength(3);
        expect(forms.some((form) => whole.includes(form))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds nothing that is not there: each form decodes to the value, but for the bytes at its ends', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5, maxLength: 12, unit: 'grapheme-ascii' }), (text) => {
        for (const [before, form] of encoded(escaped(text), ['base64offset']).entries()) {
          // Filled up to whole groups of four, the characters that depend on the neighbours being any.
          const filled = 'AAA'.slice(0, [0, 2, 3][before]) + form;
          expect(Buffer.from(filled, 'base64').toString('latin1')).toContain(text.slice(1, -2));
        }
      }),
    );
  });
});

describe('encodings', () => {
  it.each([
    ['foo', ['base64'], ['Zm9v']],
    ['cmd', ['wide'], ['c\0m\0d\0']],
    ['cmd', ['utf16le'], ['c\0m\0d\0']],
    ['cmd', ['utf16be'], ['\0c\0m\0d']],
    ['c', ['utf16'], ['ÿþc\0']],
    ['\\*', ['base64'], ['Kg==']],
    ['\\*', ['wide'], ['\\*\0']],
    ['foo', ['base64', 'base64'], ['Wm05dg==']],
  ] as const)('of %j by %j are %j', (value, modifiers, expected) => {
    expect(encoded(value, modifiers)).toEqual(expected);
  });
});

describe('windash', () => {
  const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'];

  it.each([
    ['-a', DASHES.map((dash) => `${dash}a`)],
    ['x-a', ['x-a']],
    ['- a', ['- a']],
    ['C:\\a /b', DASHES.map((dash) => `C:\\a ${dash}b`)],
  ])('of %j', (value, expected) => {
    expect(encoded(value, ['windash'])).toEqual(expected);
  });

  it('is each with each, and bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('-a', '/b', 'c', ' '), { maxLength: 8 }),
        fc.array(fc.constantFrom(...DASHES), { minLength: 8 }),
        (parts, dashes) => {
          const value = parts.join(' ');
          const count = parts.filter((part) => /^[-/]/.test(part)).length;
          if (count > 4) {
            expect(() => encoded(value, ['windash'])).toThrow(RuleError);
            return;
          }
          const forms = encoded(value, ['windash']);
          expect(new Set(forms).size).toBe(5 ** count);
          let at = 0;
          const other = value.replaceAll(/(?<= |^)[-/]/g, () => dashes[at++] ?? '-');
          expect(forms).toContain(other);
        },
      ),
    );
  });
});

describe('escaped and literalOf', () => {
  it('are each other’s inverse, and what is escaped matches itself only', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '*', '?', '\\', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(literalOf(escaped(one))).toBe(one);
        expect(matchText(escaped(one))(other)).toBe(one === other);
        expect(matchText(escaped(one), ANYWHERE)(other)).toBe(other.includes(one));
        const literal = literalOf(one);
        if (literal !== undefined) expect(matchText(one)(other)).toBe(literal === other);
      }),
      { numRuns: 2000 },
    );
  });
});

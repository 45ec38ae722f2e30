// Modifiers that change a value before it is looked for: encodings, and characters that Windows takes for one another.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (String Modifiers)
import { RuleError } from './rule.ts';
import { escaped, literalOf } from './text.ts';

/** Values as a rule has them (with wildcards and escapes), or bytes on their way to Base64. */
export type Form = string | Buffer;

export type Encoding = keyof typeof ENCODINGS;

const ENCODINGS = {
  wide: (value: Form) => [utf16le(value)],
  utf16le: (value: Form) => [utf16le(value)],
  utf16be: (value: Form) => [utf16le(value).swap16()],
  utf16: (value: Form) => [Buffer.concat([BYTE_ORDER_MARK, utf16le(value)])],
  base64: (value: Form) => [bytesOf(value).toString('base64')],
  base64offset: (value: Form) => base64Offsets(bytesOf(value)),
  windash: (value: Form) => dashes(value),
} as const satisfies Readonly<Record<string, (value: Form) => readonly Form[]>>;

const BYTE_ORDER_MARK = Buffer.from([0xff, 0xfe]);

export function isEncoding(modifier: string): modifier is Encoding {
  return Object.hasOwn(ENCODINGS, modifier);
}

/**
 * @param modifiers in their order.
 * @returns values any of which may be there instead of the given one.
 * @throws RuleError where a value cannot be encoded.
 */
export function encoded(value: string, modifiers: readonly Encoding[]): readonly string[] {
  let forms: readonly Form[] = [value];
  for (const modifier of modifiers) forms = forms.flatMap((form): readonly Form[] => ENCODINGS[modifier](form));
  // Bytes that did not become Base64: a character stands for each, as in logs that were read byte by byte.
  return forms.map((form) => (typeof form === 'string' ? form : escaped(form.toString('latin1'))));
}

function bytesOf(value: Form): Buffer {
  if (typeof value !== 'string') return value;
  const literal = literalOf(value);
  if (literal === undefined) throw new RuleError(`"${value}": a value with wildcards cannot be encoded`, []);
  if (literal === '') throw new RuleError('an empty value cannot be encoded', []);
  return Buffer.from(literal, 'utf8');
}

function utf16le(value: Form): Buffer {
  if (typeof value !== 'string') throw new RuleError('UTF-16 of UTF-16 makes no sense', []);
  return Buffer.from(bytesOf(value).toString('utf8'), 'utf16le');
}

/** Characters of Base64 that depend on what stands before, by how many bytes do; and behind, by how many bytes the last group has. */
const LEADING = [0, 2, 3] as const;
const TRAILING = [0, 3, 2] as const;

/** @returns what the bytes look like in the Base64 of something longer, for each place in a group of three that they may begin at. */
function base64Offsets(bytes: Buffer): readonly string[] {
  const forms = LEADING.map((leading, before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return text.slice(leading, text.length - (TRAILING[(before + bytes.length) % 3] ?? 0));
  });
  // Of a very short value nothing is left that does not depend on its neighbours.
  if (forms.includes('')) throw new RuleError('the value is too short for base64offset', []);
  return forms;
}

const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;
/** As Windows tools see an option: a dash before a word, with no word before it. */
const DASH = /\B[-/]\b/g;
const MAX_DASHES = 4;

function dashes(value: Form): readonly string[] {
  if (typeof value !== 'string') throw new RuleError('windash comes before an encoding', []);
  const parts = value.split(DASH);
  if (parts.length - 1 > MAX_DASHES) throw new RuleError(`"${value}": windash with more than ${MAX_DASHES} dashes`, []);
  const [first = '', ...rest] = parts;
  return rest.reduce<readonly string[]>((forms, part) => forms.flatMap((form) => DASHES.map((dash) => form + dash + part)), [first]);
}

// Values of a rule: what may stand there, what the modifiers make of it, placeholders.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
import { encoded } from './encode.ts';
import type { Modifiers } from './modifiers.ts';
import { isNetwork } from './network.ts';
import { matchRegex } from './regex.ts';
import { RuleError, type Operator, type Placeholder, type Value } from './rule.ts';

type Path = readonly (string | number)[];
type Scalar = string | number | boolean;

/** @throws RuleError where it is nothing that a field can be compared with. */
export function checked(one: unknown, path: Path): Scalar {
  if (one === null) throw new RuleError('null cannot be one of a list; give it an item of its own', path);
  if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
    throw new RuleError('a value is a text, a number or a boolean', path);
  }
  if (typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one)) {
    throw new RuleError('the number is too long to be exact; write it in quotes', path);
  }
  return one;
}

/** @returns what the modifiers make of the value: any of these will do. */
export function alternativesOf(one: Scalar, modifiers: Modifiers, path: Path): readonly Value[] {
  const { operator, encodings } = modifiers;
  if (modifiers.fieldref) {
    if (typeof one !== 'string' || one === '') throw new RuleError('"fieldref" takes the name of a field', path);
    return [{ ref: one }];
  }
  const value = modifiers.expand && typeof one === 'string' ? withPlaceholders(one) : one;
  if (typeof value === 'object') {
    if (operator === 'exists') throw new RuleError('"exists" takes true or false', path);
    return [value];
  }
  checkOperand(value, operator, path);
  if (operator === 're') checkRegex(String(value), modifiers, path);
  if (encodings.length === 0) return [value];
  try {
    return encoded(String(value), encodings);
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(error.reason, path);
    throw error;
  }
}

const NUMERIC: ReadonlySet<Operator> = new Set(['lt', 'lte', 'gt', 'gte']);

function checkOperand(value: Scalar, operator: Operator, path: Path): void {
  if (operator === 'exists' && typeof value !== 'boolean') throw new RuleError('"exists" takes true or false', path);
  if (NUMERIC.has(operator) && typeof value !== 'number') throw new RuleError(`"${operator}" takes a number`, path);
  if (operator === 'cidr' && !isNetwork(String(value))) throw new RuleError(`"${value}" is no network`, path);
}

/** Compiled here only to learn whether it can be. */
function checkRegex(value: string, { cased, flags }: Modifiers, path: Path): void {
  try {
    matchRegex(value, { ignoreCase: !cased, multiline: flags.includes('m'), dotAll: flags.includes('s') });
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(error.reason, path);
    throw error;
  }
}

const PLACEHOLDER = /%([A-Za-z0-9_.-]+)%/y;

/** @param value with `%name%` for a placeholder, `\%` for the character. */
function withPlaceholders(value: string): Value {
  const parts: (string | Placeholder)[] = [];
  let text = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    PLACEHOLDER.lastIndex = at;
    const name = PLACEHOLDER.exec(value)?.[1];
    if (name !== undefined) {
      if (text !== '') parts.push(text);
      parts.push({ expand: name });
      text = '';
      at += name.length + 1;
    } else if (character === '\\' && value.charAt(at + 1) === '%') text += value.charAt(++at);
    else if (character === '\\' && value.charAt(at + 1) === '\\') text += character + value.charAt(++at);
    else text += character;
  }
  if (parts.length === 0) return text;
  if (text !== '') parts.push(text);
  const [only] = parts;
  return typeof only === 'object' && parts.length === 1 ? only : { parts };
}

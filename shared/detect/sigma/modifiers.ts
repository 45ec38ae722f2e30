// What stands behind the name of a field: `field|base64offset|contains`.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
import { isEncoding, type Encoding } from './encode.ts';
import { RuleError, type Operator, type TimePart } from './rule.ts';

export interface Modifiers {
  readonly operator: Operator;
  /** Changes to the value, in their order. */
  readonly encodings: readonly Encoding[];
  readonly part: TimePart | undefined;
  readonly every: boolean;
  readonly cased: boolean;
  readonly neq: boolean;
  readonly expand: boolean;
  readonly fieldref: boolean;
  /** Of `re`, beside `i`. */
  readonly flags: string;
}

/** Modifiers that say how to compare; a field has one of them. */
const OPERATORS: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith', 're', 'cidr', 'exists', 'lt', 'lte', 'gt', 'gte']);
const TEXT_OPERATORS: ReadonlySet<string> = new Set(['equals', 'contains', 'startswith', 'endswith']);
const PARTS: ReadonlySet<string> = new Set(['minute', 'hour', 'day', 'week', 'month', 'year']);
const FLAGS: Readonly<Partial<Record<string, string>>> = { i: 'i', ignorecase: 'i', m: 'm', multiline: 'm', s: 's', dotall: 's' };
const OTHERS: ReadonlySet<string> = new Set(['all', 'cased', 'neq', 'expand', 'fieldref']);

/** @throws RuleError naming the modifier that is not known, or two that do not go together. */
export function readModifiers(names: readonly string[], path: readonly (string | number)[]): Modifiers {
  const unknown = names.find((name) => !isModifier(name));
  if (unknown !== undefined) throw new RuleError(`modifier "${unknown}" is not known`, path);
  const [operator = 'equals', another] = names.filter(isOperator);
  if (another !== undefined) throw new RuleError(`modifiers "${operator}" and "${another}" exclude each other`, path);
  const [part, otherPart] = names.filter(isPart);
  if (otherPart !== undefined) throw new RuleError(`modifiers "${part}" and "${otherPart}" exclude each other`, path);
  const flags = new Set(names.flatMap((name) => FLAGS[name] ?? []));
  const problem = problemOf(names, operator);
  if (problem !== undefined) throw new RuleError(problem, path);
  return {
    operator,
    encodings: names.filter(isEncoding),
    part,
    every: names.includes('all'),
    cased: operator === 're' ? !flags.has('i') : names.includes('cased'),
    neq: names.includes('neq'),
    expand: names.includes('expand'),
    fieldref: names.includes('fieldref'),
    flags: (flags.has('m') ? 'm' : '') + (flags.has('s') ? 's' : ''),
  };
}

function problemOf(names: readonly string[], operator: Operator): string | undefined {
  const flag = names.find((name) => Object.hasOwn(FLAGS, name));
  if (flag !== undefined && operator !== 're') return `modifier "${flag}" belongs to "re"`;
  if (operator === 'exists' && names.length > 1) return 'modifier "exists" stands alone';
  if (operator === 're' && names[0] !== 're') return 'modifier "re" comes first';
  const isText = TEXT_OPERATORS.has(operator);
  const encoding = names.find(isEncoding);
  const part = names.find(isPart);
  if (encoding !== undefined && !isText) return `modifiers "${encoding}" and "${operator}" exclude each other`;
  // What is added to a value would be encoded with it; dashes are the same before and after.
  const late = names.slice(names.indexOf(operator) + 1).find((name) => isEncoding(name) && name !== 'windash');
  if (operator !== 'equals' && late !== undefined) return `modifier "${late}" comes before "${operator}"`;
  const [one, other] = [encoding, part, ...['expand', 'fieldref'].filter((name) => names.includes(name))].filter(
    (name) => name !== undefined,
  );
  if (other !== undefined) return `modifiers "${one}" and "${other}" exclude each other`;
  if (names.includes('fieldref') && !isText) return `modifiers "fieldref" and "${operator}" exclude each other`;
  return undefined;
}

function isModifier(name: string): boolean {
  return OPERATORS.has(name) || OTHERS.has(name) || PARTS.has(name) || isEncoding(name) || Object.hasOwn(FLAGS, name);
}

function isOperator(name: string): name is Operator {
  return OPERATORS.has(name);
}

function isPart(name: string): name is TimePart {
  return PARTS.has(name);
}

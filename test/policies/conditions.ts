// Conditions, wildcards and variables of IAM policies, as far as Strongroom's policies use them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import type { JsonObject } from '../../shared/model.ts';
import { isArray, isObject } from '../../shared/outcome.ts';

/** Keys in lower case: IAM does not tell upper from lower case in them. One value, or several for a key that may have several. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** How one value of the request is compared with one of the policy. */
type Compare = (actual: string, wanted: string) => boolean;

const OPERATORS: Readonly<Record<string, { readonly compare: Compare; readonly negated?: boolean }>> = {
  StringEquals: { compare: equal },
  StringNotEquals: { compare: equal, negated: true },
  StringEqualsIgnoreCase: { compare: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { compare: equalIgnoringCase, negated: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, negated: true },
  ArnEquals: { compare: arnLike },
  ArnLike: { compare: arnLike },
  ArnNotEquals: { compare: arnLike, negated: true },
  ArnNotLike: { compare: arnLike, negated: true },
  Bool: { compare: equalIgnoringCase },
  NumericEquals: { compare: (actual, wanted) => Number(actual) === Number(wanted) },
  NumericNotEquals: { compare: (actual, wanted) => Number(actual) === Number(wanted), negated: true },
  NumericLessThan: { compare: (actual, wanted) => Number(actual) < Number(wanted) },
  NumericLessThanEquals: { compare: (actual, wanted) => Number(actual) <= Number(wanted) },
  NumericGreaterThan: { compare: (actual, wanted) => Number(actual) > Number(wanted) },
  NumericGreaterThanEquals: { compare: (actual, wanted) => Number(actual) >= Number(wanted) },
};

/** @returns whether all of a statement's conditions hold. @throws Error naming an operator that is not known here. */
export function holds(condition: unknown, context: Context): boolean {
  if (condition === undefined) return true;
  if (!isObject(condition)) throw new Error('a Condition must be an object');
  return Object.entries(condition).every(([operator, keys]) => {
    if (!isObject(keys)) throw new Error(`${operator} must hold keys with their values`);
    return Object.entries(keys).every(([key, wanted]) => holdsFor(operator, key, textsOf(wanted), context));
  });
}

function holdsFor(operator: string, key: string, wanted: readonly string[], context: Context): boolean {
  const actual = context.get(key.toLowerCase()) ?? [];
  if (operator === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (actual.length === 0));
  const [, set, name = '', ifExists] = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const known = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (known === undefined) throw new Error(`the condition operator ${operator} is not known to this evaluator`);
  const { compare, negated = false } = known;
  const fits = (value: string): boolean => wanted.some((one) => compareResolved(compare, value, one, context)) !== negated;
  if (actual.length === 0) return set === 'ForAllValues' || (set === undefined && (negated || ifExists !== undefined));
  if (set === 'ForAnyValue') return actual.some(fits);
  if (set === undefined && actual.length > 1) throw new Error(`${key} has several values: ${operator} needs ForAnyValue or ForAllValues`);
  return actual.every(fits);
}

function compareResolved(compare: Compare, actual: string, wanted: string, context: Context): boolean {
  const resolved = withVariables(wanted, context);
  return resolved !== undefined && compare(actual, resolved);
}

/** @returns the text with its `${key}` filled in, undefined where the request lacks one: then nothing matches it. */
export function withVariables(text: string, context: Context): string | undefined {
  const keys = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, key = '']) => key);
  const unknown = keys.find((key) => !/^[a-z0-9-]+:[A-Za-z0-9:/_-]+$/.test(key));
  if (unknown !== undefined) throw new Error(`the policy variable \${${unknown}} is not known to this evaluator`);
  const valueOf = (key: string): readonly string[] => context.get(key.toLowerCase()) ?? [];
  if (!keys.every((key) => valueOf(key).length === 1)) return undefined;
  return text.replace(/\$\{([^}]*)\}/g, (_, key: string) => valueOf(key)[0] ?? '');
}

/** `*` stands for any run of characters, `?` for one. */
export function like(actual: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(actual);
}

/** Wildcards stay inside one of the six parts between colons. */
function arnLike(actual: string, pattern: string): boolean {
  const [parts, wanted] = [partsOf(actual), partsOf(pattern)];
  return parts.length === wanted.length && wanted.every((part, at) => like(parts[at] ?? '', part));
}

/** The sixth part of an ARN may have colons of its own. */
function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length > 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : parts;
}

function equal(actual: string, wanted: string): boolean {
  return actual === wanted;
}

function equalIgnoringCase(actual: string, wanted: string): boolean {
  return actual.toLowerCase() === wanted.toLowerCase();
}

/** @returns one value or a list as texts. @throws Error where there is anything that is no text, number or truth value, such as a function of CloudFormation. */
export function textsOf(value: unknown): readonly string[] {
  if (isArray(value)) return value.flatMap(textsOf);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  throw new Error(`a policy must hold texts here (found ${JSON.stringify(value)})`);
}

/** @returns the statements of a policy document, given as JSON or as the text of it. */
export function statementsOf(policy: unknown): readonly JsonObject[] {
  const document: unknown = typeof policy === 'string' ? JSON.parse(policy) : policy;
  const statements = isObject(document) ? document['Statement'] : undefined;
  const all = isArray(statements) ? statements : [statements];
  if (!all.every(isObject)) throw new Error(`a policy needs a Statement (found ${JSON.stringify(document)})`);
  return all;
}

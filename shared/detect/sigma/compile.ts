// Rule expressions → closures, once. Where the specification leaves it open: null is no value, for `exists` too (events do not keep it);
// `neq` is a negation and holds where the field is absent; what `base64` makes is compared without regard to case, as every text is; a
// keyword may be in any value, text or number, and with `all` each in another.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Detection)
import { testsOf, type Tests } from './comparisons.ts';
import { foldedOf, textsOf, type Found } from './found.ts';
import type { Comparison, Expression, Keywords, Value } from './rule.ts';
import { partTests } from './time.ts';

/**
 * Looks a field up. `test` is called for every value found (several where the path leads through lists) until one answers true; a field
 * that the log does not have, or has as null, has no value.
 */
export type Field<View> = (view: View, test: (found: unknown) => boolean) => boolean;

/** Looks a field up, or for keywords the whole event. */
export type Reader<View> = (view: View) => Found;

export type Predicate<View> = (view: View) => boolean;

export interface Surroundings<View> {
  readonly field: (name: string) => Reader<View>;
  /** All values of the event. */
  readonly everything: Reader<View>;
  /** Lists that placeholders stand for. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** @throws RuleError where a placeholder has no list. */
export function compile<View>(expression: Expression, surroundings: Surroundings<View>): Predicate<View> {
  switch (expression.kind) {
    case 'all':
      return every(expression.of.map((part) => compile(part, surroundings)));
    case 'any':
      return some(expression.of.map((part) => compile(part, surroundings)));
    case 'not': {
      const inner = compile(expression.of, surroundings);
      return (view) => !inner(view);
    }
    case 'field':
      return compare(expression, surroundings.field(expression.field), surroundings);
    case 'keywords':
      return compare(expression, surroundings.everything, surroundings);
    case 'time': {
      const read = surroundings.field(expression.field);
      return meets(read, partTests(expression));
    }
  }
}

function every<View>(parts: readonly Predicate<View>[]): Predicate<View> {
  const [first, second, third] = parts;
  if (first !== undefined && second !== undefined && third === undefined) return (view) => first(view) && second(view);
  return (view) => {
    for (const part of parts) if (!part(view)) return false;
    return true;
  };
}

function some<View>(parts: readonly Predicate<View>[]): Predicate<View> {
  return (view) => {
    for (const part of parts) if (part(view)) return true;
    return false;
  };
}

function compare<View>(comparison: Comparison | Keywords, read: Reader<View>, surroundings: Surroundings<View>): Predicate<View> {
  const { operator, values } = comparison;
  if (operator === 'null') return (view) => read(view).values.length === 0;
  if (operator === 'exists') return (view) => read(view).values.length > 0 === values[0];
  const references = values.flatMap((value) => (isReference(value) ? [value.ref] : []));
  if (references.length > 0) return compareFields(comparison, read, references, surroundings);
  return meets(read, testsOf(comparison, surroundings.lists));
}

function meets<View>(read: Reader<View>, { tests, every: all }: Tests): Predicate<View> {
  const [only] = tests;
  if (only === undefined) return () => false;
  if (tests.length === 1) return (view) => only(read(view));
  return all ? (view) => tests.every((test) => test(read(view))) : (view) => tests.some((test) => test(read(view)));
}

function isReference(value: Value): value is { readonly ref: string } {
  return typeof value === 'object' && 'ref' in value;
}

const RELATIONS = {
  equals: (one: string, other: string) => one === other,
  contains: (one: string, other: string) => one.includes(other),
  startswith: (one: string, other: string) => one.startsWith(other),
  endswith: (one: string, other: string) => one.endsWith(other),
};

/** Two fields of one event: any value of the one with any of the other; none where either has no value. */
function compareFields<View>(
  { operator, cased, every: all }: Comparison | Keywords,
  read: Reader<View>,
  names: readonly string[],
  { field }: Surroundings<View>,
): Predicate<View> {
  const holds = operator in RELATIONS ? RELATIONS[operator as keyof typeof RELATIONS] : RELATIONS.equals;
  const texts = cased ? textsOf : foldedOf;
  const parts = names.map((name): Predicate<View> => {
    const other = field(name);
    return (view) => {
      const right = texts(other(view));
      return texts(read(view)).some((one) => right.some((two) => holds(one, two)));
    };
  });
  return all ? every(parts) : some(parts);
}

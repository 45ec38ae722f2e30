// What an event has where a rule looks: its values, and as texts in the forms that comparisons need. Each form is made once, when the first
// rule asks. How types meet: Sigma says that all values are texts, and a list in the log matches by any of its members.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Detection)
import { isArray, isObject } from '../../outcome.ts';

export interface Found {
  /** None where the log has no such field, or has it as null. */
  readonly values: readonly unknown[];
  /** Texts of the values, members of lists one by one, objects as compact JSON. */
  texts: readonly string[] | undefined;
  /** The same in lower case. */
  folded: readonly string[] | undefined;
  /** Beside texts: those deep inside objects. A policy in CloudTrail is JSON in a text in an object. */
  inner: readonly string[] | undefined;
  innerFolded: readonly string[] | undefined;
}

const NOTHING: readonly string[] = [];
const NONE: Found = { values: NOTHING, texts: NOTHING, folded: NOTHING, inner: NOTHING, innerFolded: NOTHING };

export function foundOf(values: readonly unknown[]): Found {
  if (values.length === 0) return NONE;
  const [only] = values;
  // By far the most.
  if (typeof only === 'string' && values.length === 1)
    return { values, texts: [only], folded: undefined, inner: NOTHING, innerFolded: NOTHING };
  return { values, texts: undefined, folded: undefined, inner: undefined, innerFolded: undefined };
}

export function textsOf(found: Found): readonly string[] {
  if (found.texts === undefined) {
    const texts: string[] = [];
    for (const value of found.values) addTexts(value, texts);
    found.texts = texts;
  }
  return found.texts;
}

export function foldedOf(found: Found): readonly string[] {
  found.folded ??= textsOf(found).map(folded);
  return found.folded;
}

/** @returns the texts that `contains` and `re` look at beside textsOf(). */
export function innerOf(found: Found): readonly string[] {
  if (found.inner === undefined) {
    const texts: string[] = [];
    for (const value of found.values) addInner(value, texts);
    found.inner = texts.length === 0 ? NOTHING : texts;
  }
  return found.inner;
}

export function innerFoldedOf(found: Found): readonly string[] {
  found.innerFolded ??= innerOf(found).map(folded);
  return found.innerFolded;
}

/** Case as Sigma does not see it; of rules and events alike. */
export function folded(text: string): string {
  return text.toLowerCase();
}

function addTexts(value: unknown, to: string[]): void {
  if (typeof value === 'string') to.push(value);
  else if (typeof value === 'number' || typeof value === 'boolean') to.push(String(value));
  else if (isArray(value)) for (const member of value) addTexts(member, to);
  else if (isObject(value)) to.push(JSON.stringify(value));
}

function addInner(value: unknown, to: string[]): void {
  if (isArray(value)) for (const member of value) addInner(member, to);
  else if (isObject(value)) leaves(value, to, MAX_DEPTH);
}

/** As deep as a log is read. */
const MAX_DEPTH = 64;

/** Adds all texts, numbers and booleans in a value, keys not among them. */
export function leaves(value: unknown, to: string[], depth: number = MAX_DEPTH): void {
  if (typeof value === 'string') to.push(value);
  else if (typeof value === 'number' || typeof value === 'boolean') to.push(String(value));
  else if (depth === 0) return;
  else if (isArray(value)) for (const member of value) leaves(member, to, depth - 1);
  else if (isObject(value)) for (const key of Object.keys(value)) leaves(value[key], to, depth - 1);
}

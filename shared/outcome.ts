// Constructors and guards for outcomes and JSON values: the one way in which unknown data is looked at.
import type { Json, JsonObject, RawRecord, RejectCode } from './model.ts';

export function value<T>(result: T): { readonly kind: 'value'; readonly value: T } {
  return { kind: 'value', value: result };
}

/** @param detail what was wrong, without the record's contents: it is logged. */
export function reject(
  code: RejectCode,
  detail: string,
): { readonly kind: 'reject'; readonly reject: { code: RejectCode; detail: string } } {
  return { kind: 'reject', reject: { code, detail } };
}

/** @param rule name of the rule that leaves the record out; it is counted under that name. */
export function exclude(rule: string): { readonly kind: 'exclude'; readonly rule: string } {
  return { kind: 'exclude', rule };
}

/** JSON.parse that never throws. @returns the value, or undefined where the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** @returns the record's value, or undefined where it is not JSON. */
export function jsonOf(record: RawRecord): Json | undefined {
  return record.json ?? parseJson(record.text);
}

/** @returns the record's own text. Of a part it is made where it is asked for: few are parked. */
export function textOf({ isPart, text: whole, json }: Pick<RawRecord, 'isPart' | 'text' | 'json'>): string {
  if (isPart !== true) return whole;
  try {
    return JSON.stringify(json);
  } catch {
    // JSON.parse takes any depth, JSON.stringify does not.
    return whole;
  }
}

export function isObject(candidate: unknown): candidate is JsonObject {
  return typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
}

export function isArray(candidate: unknown): candidate is readonly Json[] {
  return Array.isArray(candidate);
}

/** @returns the value if it is a non-empty string, else undefined. */
export function text(candidate: unknown): string | undefined {
  return typeof candidate === 'string' && candidate !== '' ? candidate : undefined;
}

/** @returns the value if it is an object, else undefined. */
export function object(candidate: unknown): JsonObject | undefined {
  return isObject(candidate) ? candidate : undefined;
}

// Looking into documents as they come from the index. https://schema.ocsf.io/1.8.0
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';

/** A document as the index gives it. */
export interface Hit {
  readonly index: string;
  readonly id: string;
  readonly event: JsonObject;
}

/** @returns every value at a path, lists on the way gone through. */
export function valuesAt(node: Json | undefined, path: string): readonly Json[] {
  return walk(node, path.split('.'));
}

function walk(node: Json | undefined, steps: readonly string[]): readonly Json[] {
  if (isArray(node)) return node.flatMap((member) => walk(member, steps));
  const [step, ...rest] = steps;
  if (step === undefined) return node === undefined || node === null ? [] : [node];
  return isObject(node) && Object.hasOwn(node, step) ? walk(node[step], rest) : [];
}

/** @returns every text or number at the paths, as text, each once. */
export function textsAt(node: JsonObject, ...paths: readonly string[]): readonly string[] {
  const found = paths.flatMap((path) => valuesAt(node, path).flatMap((value) => plain(value) ?? []));
  return [...new Set(found)];
}

/** @returns the first text or number that one of the paths has, as text. */
export function textAt(node: JsonObject, ...paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const found = valuesAt(node, path)
      .map(plain)
      .find((value) => value !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function numberAt(node: JsonObject, path: string): number | undefined {
  const found = valuesAt(node, path)[0];
  return typeof found === 'number' ? found : undefined;
}

function plain(value: Json): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** @param ms since the epoch, as an event says it. @returns `2026-11-21 09:30:00Z`; what is no time stays what it is. */
export function clock(ms: number | undefined): string {
  if (ms === undefined) return '';
  return Math.abs(ms) > 8.64e15 ? String(ms) : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

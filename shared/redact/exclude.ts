// Events that the bank's file leaves out of hub and index, each under the name of its rule; the sealed evidence keeps them.
import type { Exclusion } from '../config.ts';
import { exclude, isObject, value } from '../outcome.ts';
import type { Transform } from '../normalise.ts';

/** @returns the exclusions of one source as one transform, or undefined where it has none. */
export function excluder(exclusions: readonly Exclusion[], source: string): Transform | undefined {
  const rules = exclusions.filter((rule) => rule.source === source).map((rule) => ({ rule, path: rule.field.split('.') }));
  if (rules.length === 0) return undefined;
  return (event) => {
    for (const { rule, path } of rules) if (matches(rule, valueAt(event, path))) return exclude(rule.name);
    return value(event);
  };
}

function matches(rule: Exclusion, found: unknown): boolean {
  if (rule.equals !== undefined && found === rule.equals) return true;
  return rule.starts_with !== undefined && typeof found === 'string' && found.startsWith(rule.starts_with);
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  let node = event;
  for (const name of path) node = isObject(node) ? node[name] : undefined;
  return node;
}

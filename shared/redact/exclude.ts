// Events that the bank's file leaves out of hub and index, each under the name of its rule; the sealed evidence keeps them.
import type { Condition, Exclusion } from '../config.ts';
import { exclude, isObject, value } from '../outcome.ts';
import type { Transform } from '../normalise.ts';

/**
 * @param onDryRun told the name of a rule that would leave an event out and is only being tried.
 * @returns the exclusions of one source as one transform, or undefined where it has none.
 */
export function excluder(exclusions: readonly Exclusion[], source: string, onDryRun?: (rule: string) => void): Transform | undefined {
  const rules = exclusions
    .filter((rule) => rule.source === source)
    .map((rule) => ({ rule, conditions: [rule, ...(rule.and ?? [])].map(pathed) }));
  if (rules.length === 0) return undefined;
  return (event) => {
    for (const { rule, conditions } of rules) {
      if (!conditions.every(({ condition, path }) => matches(condition, valueAt(event, path)))) continue;
      if (rule.dry_run !== true) return exclude(rule.name);
      onDryRun?.(rule.name);
    }
    return value(event);
  };
}

function pathed(condition: Condition): { readonly condition: Condition; readonly path: readonly string[] } {
  return { condition, path: condition.field.split('.') };
}

function matches({ equals, starts_with: start }: Condition, found: unknown): boolean {
  if (equals !== undefined && found === equals) return true;
  return start !== undefined && typeof found === 'string' && found.startsWith(start);
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  let node = event;
  for (const name of path) node = isObject(node) ? node[name] : undefined;
  return node;
}

// The rules that ship, as tools/rules.ts checked and compiled them from rules/.
import { isArray, isObject } from '../outcome.ts';
import { MisconfiguredError } from '../errors.ts';
import compiled from './generated/rules.json' with { type: 'json' };
import type { Rule } from './sigma/rule.ts';

/** @throws MisconfiguredError if the generated file is something else. */
export function shippedRules(): readonly Rule[] {
  const rules: unknown = compiled;
  if (!isPack(rules)) throw new MisconfiguredError('shared/detect/generated/rules.json holds no rules; run `npm run generate`');
  return rules;
}

function isPack(candidate: unknown): candidate is readonly Rule[] {
  return isArray(candidate) && candidate.every((rule) => isObject(rule) && typeof rule['id'] === 'string' && isObject(rule['condition']));
}

// The rules that ship, as tools/rules.ts checked and compiled them from rules/.
import { isArray, isObject } from '../outcome.ts';
import { MisconfiguredError } from '../errors.ts';
import compiled from './generated/rules.json' with { type: 'json' };
import type { Correlation, Rule } from './sigma/rule.ts';

export interface RulePack {
  readonly rules: readonly Rule[];
  /** They name rules by id; one that another one builds on comes before it. */
  readonly correlations: readonly Correlation[];
  /** Ids of rules and correlations that only serve correlations: they raise nothing of their own. */
  readonly silent: readonly string[];
}

/** @throws MisconfiguredError if the generated file is something else. */
export function shippedPack(): RulePack {
  const pack: unknown = compiled;
  if (!isPack(pack)) throw new MisconfiguredError('shared/detect/generated/rules.json holds no rules; run `npm run generate`');
  return pack;
}

/** @returns the rules that alert on a single event. */
export function shippedRules(): readonly Rule[] {
  return alertingRules(shippedPack());
}

/** @returns the correlations, and the rules that they build on. */
export function shippedCorrelations(): RulePack {
  return correlationsOf(shippedPack());
}

/** What runs in the stream: rules that alert on a single event. */
export function alertingRules({ rules, silent }: RulePack): readonly Rule[] {
  const left = new Set(silent);
  return rules.filter(({ id }) => !left.has(id));
}

/** What runs on a schedule: the correlations, with the rules that they build on. */
export function correlationsOf({ rules, correlations, silent }: RulePack): RulePack {
  const wanted = new Set(correlations.flatMap((correlation) => correlation.rules));
  return { rules: rules.filter(({ id }) => wanted.has(id)), correlations, silent };
}

function isPack(candidate: unknown): candidate is RulePack {
  if (!isObject(candidate)) return false;
  const { rules, correlations, silent } = candidate;
  return isArray(correlations) && isArray(silent) && isArray(rules) && rules.every((rule) => isObject(rule) && isObject(rule['condition']));
}

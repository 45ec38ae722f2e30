// The declared sources that ship, as tools/declared.ts checked and compiled them from shared/sources/declared/.
import { MisconfiguredError } from '../errors.ts';
import { isArray, isObject } from '../outcome.ts';
import compiled from '../sources/generated/declared.json' with { type: 'json' };
import type { DeclaredPlan } from './plan.ts';

/** @throws MisconfiguredError if the generated file is something else. */
export function shippedPlans(): readonly DeclaredPlan[] {
  const plans: unknown = compiled;
  if (!isPack(plans)) throw new MisconfiguredError('shared/sources/generated/declared.json holds no sources; run `npm run generate`');
  return plans;
}

function isPack(candidate: unknown): candidate is readonly DeclaredPlan[] {
  return isArray(candidate) && candidate.every((plan) => isObject(plan) && typeof plan['name'] === 'string' && isArray(plan['cases']));
}

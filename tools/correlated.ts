// Correlations over events that are all there, as the schedule would have found them: for their examples and the measurement of recall.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
import { correlationRules } from '../shared/correlate/family.ts';
import type { Match } from '../shared/detect/engine.ts';
import type { RulePack } from '../shared/detect/pack.ts';
import { correlateAll, type Fired } from '../shared/detect/sigma/windows.ts';
import type { OcsfEvent } from '../shared/model.ts';

/**
 * @param only id of the correlation that is asked; left out: all that alert.
 * @returns windows that fire, correlation by correlation; those of correlations that only serve others are not among them.
 */
export type Correlated = (events: readonly OcsfEvent[], only?: string) => readonly Fired<Match>[];

/** @param lists what placeholders stand for. @throws RuleError naming a rule that cannot be used. */
export function createCorrelated(pack: RulePack, lists: Readonly<Record<string, readonly string[]>>): Correlated {
  const rules = correlationRules(pack, lists);
  return (events, only) => {
    const met = events.flatMap((event) => rules.matches(event));
    return rules.families
      .filter(({ correlation }) => only === undefined || correlation.id === only)
      .flatMap(({ correlation: { id }, correlations }) =>
        correlateAll(correlations, met).filter(({ correlation }) => correlation.id === id),
      );
  };
}

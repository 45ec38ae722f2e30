// What has to be known of a correlation before events are looked for: the rules and correlations it builds on, how far back its matches can
// lie, and which fields of its rules say which group a match is in.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
import { createEngine, type Engine, type Match } from '../detect/engine.ts';
import { logSourceOf, type LogSource } from '../detect/log-sources.ts';
import type { RulePack } from '../detect/pack.ts';
import type { Correlation, Rule } from '../detect/sigma/rule.ts';
import { fieldOf, groupValues, type RuleMatch } from '../detect/sigma/windows.ts';
import { viewOf } from '../detect/view.ts';
import type { OcsfEvent } from '../model.ts';

/** A correlation that is told on its own, and what it builds on. */
export interface Family {
  readonly correlation: Correlation;
  /** The correlation and those below it. */
  readonly correlations: readonly Correlation[];
  readonly rules: readonly Rule[];
  /** Matches that can be in one of its windows are at most so far apart; ms. */
  readonly spanMs: number;
  /** How a match of a rule gets its group; several where several correlations below it build on the rule. */
  readonly ways: readonly Way[];
  /** One of the conditions can only be asked when a window is over. */
  readonly hasToWait: boolean;
}

export interface Way {
  readonly rule: string;
  /** Fields of the rule, in the order of the correlation's `groupBy`. */
  readonly fields: readonly string[];
}

export interface CorrelationRules {
  readonly families: readonly Family[];
  readonly rules: readonly Rule[];
  /** @returns matches of the rules below correlations, with their fields. */
  matches(event: OcsfEvent): readonly RuleMatch<Match>[];
}

/**
 * @param lists what placeholders stand for.
 * @throws RuleError naming the rule that cannot be used.
 */
export function correlationRules(
  { rules, correlations, silent }: RulePack,
  lists: Readonly<Record<string, readonly string[]>>,
): CorrelationRules {
  const quiet = new Set(silent);
  const families = correlations.filter(({ id }) => !quiet.has(id)).map((correlation) => familyOf(correlation, { rules, correlations }));
  const used = new Set(families.flatMap((family) => family.rules));
  const own = rules.filter((rule) => used.has(rule));
  const engine = createEngine(own, lists);
  const sources = new Map<string, LogSource>(own.map((rule) => [rule.id, logSourceOf(rule)]));
  return { families, rules: own, matches: (event) => matchesOf(event, engine, sources) };
}

function familyOf(correlation: Correlation, all: Pick<RulePack, 'rules' | 'correlations'>): Family {
  const byId = new Map(all.correlations.map((one) => [one.id, one]));
  const below = new Set<Correlation>();
  const visit = (one: Correlation): void => {
    if (below.has(one)) return;
    below.add(one);
    for (const id of one.rules) {
      const inner = byId.get(id);
      if (inner !== undefined) visit(inner);
    }
  };
  visit(correlation);
  const named = new Set([...below].flatMap(({ rules }) => rules));
  return {
    correlation,
    correlations: [...below],
    rules: all.rules.filter(({ id }) => named.has(id)),
    spanMs: spanOf(correlation, byId),
    ways: waysOf(correlation, byId),
    hasToWait: [...below].some(({ condition }) => condition.some(({ operator }) => operator !== 'gt' && operator !== 'gte')),
  };
}

function spanOf({ timespanMs, rules }: Correlation, byId: ReadonlyMap<string, Correlation>): number {
  const inner = rules.flatMap((id) => byId.get(id) ?? []).map((one) => spanOf(one, byId));
  return timespanMs + Math.max(0, ...inner);
}

function waysOf(correlation: Correlation, byId: ReadonlyMap<string, Correlation>): readonly Way[] {
  return correlation.rules.flatMap((id): readonly Way[] => {
    const fields = correlation.groupBy.map((name) => fieldOf(correlation, name, id));
    const known = fields.filter((field) => field !== undefined);
    // A rule that an alias leaves out has no part in any group.
    if (known.length < fields.length) return [];
    const inner = byId.get(id);
    if (inner === undefined) return [{ rule: id, fields: known }];
    const places = known.map((name) => inner.groupBy.indexOf(name));
    if (places.includes(-1)) return [];
    return waysOf(inner, byId).map((way) => ({ rule: way.rule, fields: places.flatMap((place) => way.fields[place] ?? []) }));
  });
}

function matchesOf(event: OcsfEvent, engine: Engine, sources: ReadonlyMap<string, LogSource>): readonly RuleMatch<Match>[] {
  const matches = engine.match(event);
  if (matches.length === 0) return [];
  const view = viewOf(event);
  return matches.map((match) => ({
    rule: match.rule.id,
    time: event.time,
    uid: event.metadata.uid,
    event: match,
    field(name) {
      let first: unknown;
      sources.get(match.rule.id)?.field(name)(view, (found) => {
        first = found;
        return true;
      });
      return first;
    },
  }));
}

/** @returns the groups of the family that a match may be in. */
export function groupsOf({ ways }: Family, match: Pick<RuleMatch<unknown>, 'rule' | 'field'>): readonly (readonly string[])[] {
  const groups = ways.flatMap(({ rule, fields }) => (rule === match.rule ? [groupValues(fields, match.field)] : []));
  return groups.filter((group) => group !== undefined);
}

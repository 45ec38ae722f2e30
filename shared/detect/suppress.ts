// What the bank has decided not to be alerted of, for a while: `detections.suppress` of its file. What is suppressed is still found and kept,
// as a finding that says so; nobody is called. https://schema.ocsf.io/1.8.0/classes/detection_finding (status_id 3)
import type { SuppressConfig } from './config.ts';
import type { OcsfEvent } from '../model.ts';
import { compile, type Predicate, type Reader } from './sigma/compile.ts';
import { foundOf } from './sigma/found.ts';
import { RuleError, type Rule } from './sigma/rule.ts';
import { parseSelection } from './sigma/selection.ts';
import { idsNamed } from './rule-names.ts';
import { pathOf, someAt, viewOf, type EventView } from './view.ts';

export interface Suppressions {
  /**
   * @param rule id of the rule or correlation. @param events what it is about: all of them have to be covered by one suppression.
   * @param now ms since the epoch.
   */
  of(rule: string, events: readonly OcsfEvent[], now: number): SuppressConfig | undefined;
}

/** Nothing is suppressed. */
export const NO_SUPPRESSIONS: Suppressions = { of: () => undefined };

interface Compiled {
  readonly config: SuppressConfig;
  /** Undefined: of every rule. */
  readonly rules: ReadonlySet<string> | undefined;
  readonly covers: Predicate<EventView>;
  /** ms since the epoch; the end of the last day. */
  readonly end: number;
}

const DAY_MS = 86_400_000;

/**
 * @param named what a suppression may call: rules and correlations of the bank.
 * @param lists what placeholders in `when` stand for.
 * @throws RuleError naming the suppression that cannot be used.
 */
export function createSuppressions(
  given: readonly SuppressConfig[],
  named: readonly Pick<Rule, 'id' | 'notes'>[],
  lists: Readonly<Record<string, readonly string[]>>,
): Suppressions {
  if (given.length === 0) return NO_SUPPRESSIONS;
  const all = given.map((config, at) => compiled(config, at, named, lists));
  return {
    of(rule, events, now) {
      const views = events.map(viewOf);
      // Whichever is over first: history that is looked at again is not suppressed for ever, and nobody dates himself back into it.
      return all.find(
        ({ rules, end, covers }) =>
          (rules === undefined || rules.has(rule)) && now < end && views.every((view) => view.event.time < end && covers(view)),
      )?.config;
    },
  };
}

function compiled(
  config: SuppressConfig,
  at: number,
  named: readonly Pick<Rule, 'id' | 'notes'>[],
  lists: Readonly<Record<string, readonly string[]>>,
): Compiled {
  const { rule, when, until } = config;
  const path = ['detections', 'suppress', at];
  // With neither, nothing would ever be alerted.
  if (rule === undefined && when === undefined) throw new RuleError('names neither a rule nor when', path);
  const ids = rule === undefined ? undefined : idsNamed(rule, named);
  if (ids?.length === 0) throw new RuleError(`there is no rule "${String(rule)}"`, [...path, 'rule']);
  return {
    config,
    rules: ids === undefined ? undefined : new Set(ids),
    covers:
      when === undefined
        ? () => true
        : compile(parseSelection(when, [...path, 'when']), { field: valuesAt, everything: valuesAt(''), lists }),
    end: Date.parse(`${until}T00:00:00Z`) + DAY_MS,
  };
}

/** Attribute paths of the event, whatever the rule calls its fields. */
function valuesAt(name: string): Reader<EventView> {
  const path = pathOf(name);
  return (view) => {
    const values: unknown[] = [];
    someAt(view, path, (found) => {
      if (found !== null) values.push(found);
      return false;
    });
    return foundOf(values);
  };
}

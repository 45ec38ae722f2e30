// Matches of rules → windows of correlations that fire. Pure and in one pass over time, so that the schedule, local files, hunts and the
// examples of rules mean the same thing by a correlation.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
//
// A window is as long as the timespan and slides: a group fires at the first match at which the condition holds for the matches that are at
// most a timespan older. Then its window begins with the first of them and ends a timespan later; until then the group is quiet, and
// what came until then is used up: no match counts in two windows. Conditions that too few matches could meet (lt, lte, eq, neq) are not
// asked before a window is over: such a window begins with the first match that comes when none is open.
import type { Correlation } from './rule.ts';
import { createGroups, type Groups, type GroupWindow } from './window-groups.ts';
import type { Hit } from './window-state.ts';

/** An event that a rule has matched. */
export interface RuleMatch<Event> {
  /** Id of the rule. */
  readonly rule: string;
  /** Of the event; ms since the epoch. */
  readonly time: number;
  /** `metadata.uid` of the event: the same event twice is one match. Empty where it has none. */
  readonly uid: string;
  /** @returns the first value of a field of the event, named as the rule's log source names it; undefined or null where there is none. */
  readonly field: (name: string) => unknown;
  readonly event: Event;
}

/** A correlation that was met. */
export interface Fired<Event> {
  readonly correlation: Correlation;
  /** The values that its matches have in common, in the order of `groupBy`, in lower case: groups do not tell case apart. */
  readonly group: readonly string[];
  /** Time of the first match in it. With the correlation's id and the group it names the window. ms since the epoch. */
  readonly start: number;
  /** Time of the match at which it fired; for windows that are asked when they are over, their end. */
  readonly time: number;
  /** start + timespan: until then the group is quiet. */
  readonly end: number;
  /** What the condition held for: the number of matches, of values or of rules, or the sum, mean, percentile. */
  readonly value: number;
  /** Those that made it fire, in order of time; for `temporal_ordered` in the order of its rules, for a chain those of its links. At most MAX_MATCHES. */
  readonly matches: readonly RuleMatch<Event>[];
  /** There were more matches than are looked at (see Limits). */
  readonly cut: boolean;
}

export interface Limits {
  /** Matches of one group that are held at a time; the oldest go first. Default 10,000. */
  readonly hitsPerGroup?: number;
  /** Matches that one correlation holds at a time; the groups that were quiet longest are forgotten first. Default 200,000. */
  readonly held?: number;
  /** True for times that are in windows which fired in an earlier evaluation: what is in them does not count again. Default: none is. */
  readonly isUsedUp?: (correlation: Correlation, group: readonly string[], time: number) => boolean;
}

export interface Correlator<Event> {
  /**
   * @param match not earlier than the ones before it.
   * @returns what fired by it, in order of time; windows of correlations that others refer to are among them (see alertingIds).
   */
  add(match: RuleMatch<Event>): readonly Fired<Event>[];
  /** Nothing earlier than this will come. @param until ms since the epoch; Infinity at the end of a file. @returns windows that are over. */
  end(until: number): readonly Fired<Event>[];
  /** Matches that were forgotten for want of room. */
  forgotten(): number;
}

export const MAX_MATCHES = 200;

const DEFAULTS: Required<Limits> = { hitsPerGroup: 10_000, held: 200_000, isUsedUp: () => false };

/**
 * @param correlations whose `rules` are ids; those that others refer to are among them.
 * @throws Error if they refer to each other in a circle; the loader of rules has refused that already.
 */
export function createCorrelator<Event>(correlations: readonly Correlation[], limits: Limits = {}): Correlator<Event> {
  const steps = inOrder(correlations).map((correlation) => createStep<Event>(correlation, { ...DEFAULTS, ...limits }));
  const asks = new Set(steps.flatMap(({ correlation }) => correlation.rules));
  const run = (match: RuleMatch<Event> | undefined, until: number): readonly Fired<Event>[] => {
    const fired: Fired<Event>[] = [];
    // Inner ones come first: what they tell is older than the match or as old.
    for (const step of steps) {
      const inner = fired.filter(({ correlation }) => step.correlation.rules.includes(correlation.id)).sort(byTime);
      for (const window of inner) fired.push(...step.take(matchOf(window), window.matches));
      fired.push(...step.close(match?.time ?? until));
      if (match !== undefined && step.correlation.rules.includes(match.rule)) fired.push(...step.take(match, [match]));
    }
    return fired.sort(byTime);
  };
  return {
    add: (match) => (asks.has(match.rule) ? run(match, match.time) : []),
    end: (until) => run(undefined, until),
    forgotten: () => steps.reduce((sum, { groups }) => sum + groups.forgotten(), 0),
  };
}

/** All at once, for matches that are there already. @param matches in any order. @returns what fires, in order of time. */
export function correlateAll<Event>(
  correlations: readonly Correlation[],
  matches: readonly RuleMatch<Event>[],
  limits: Limits = {},
): readonly Fired<Event>[] {
  const correlator = createCorrelator<Event>(correlations, limits);
  const sorted = [...matches].sort(byTime);
  return [...sorted.flatMap((match) => correlator.add(match)), ...correlator.end(Infinity)];
}

/** @returns ids of correlations that are told on their own: those that no other refers to, or one that says `generate: true`. */
export function alertingIds(correlations: readonly Correlation[]): ReadonlySet<string> {
  const inner = new Set(correlations.flatMap(({ rules }) => rules));
  const generated = new Set(correlations.flatMap(({ rules, generate }) => (generate ? rules : [])));
  return new Set(correlations.map(({ id }) => id).filter((id) => !inner.has(id) || generated.has(id)));
}

/** @returns the group of a match in a correlation; undefined where it has no part in any: a value is missing. */
export function groupOf(correlation: Correlation, match: Pick<RuleMatch<unknown>, 'rule' | 'field'>): readonly string[] | undefined {
  const fields = correlation.groupBy.map((name) => fieldOf(correlation, name, match.rule));
  return groupValues(fields, match.field);
}

/** @returns which field of a rule, or which group value of a correlation, has the value that a correlation is grouped by. */
export function fieldOf({ aliases }: Correlation, name: string, rule: string): string | undefined {
  const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  return alias === undefined ? name : alias[rule];
}

/** @returns the values as groups have them; undefined where one is missing. */
export function groupValues(fields: readonly (string | undefined)[], field: RuleMatch<unknown>['field']): readonly string[] | undefined {
  const values: string[] = [];
  for (const name of fields) {
    const value = name === undefined ? undefined : textOf(field(name));
    if (value === undefined) return undefined;
    values.push(value.toLowerCase());
  }
  return values;
}

function byTime(one: { readonly time: number }, other: { readonly time: number }): number {
  return one.time - other.time;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

function valueOf({ type, fields }: Correlation, match: Pick<RuleMatch<unknown>, 'field'>): Hit<unknown>['value'] {
  if (type === 'value_count') {
    const values = fields.map((name) => textOf(match.field(name)));
    return values.includes(undefined) ? undefined : JSON.stringify(values);
  }
  const [field] = fields;
  return field === undefined ? undefined : numberOf(match.field(field));
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Of a window that fired: a match of the correlation, whose fields are what it is grouped by. */
function matchOf<Event>({ correlation, group, time, matches }: Fired<Event>): Omit<RuleMatch<Event>, 'event'> {
  return {
    rule: correlation.id,
    time,
    uid: `${correlation.id} ${String(matches[0]?.time)} ${group.join(' ')}`,
    field: (name) => group[correlation.groupBy.indexOf(name)],
  };
}

interface Step<Event> {
  readonly correlation: Correlation;
  readonly groups: Groups<RuleMatch<Event>>;
  take(match: Omit<RuleMatch<Event>, 'event'>, matches: readonly RuleMatch<Event>[]): readonly Fired<Event>[];
  close(until: number): readonly Fired<Event>[];
}

function createStep<Event>(correlation: Correlation, limits: Required<Limits>): Step<Event> {
  const groups = createGroups<RuleMatch<Event>>(correlation, limits);
  const firedOf = (window: GroupWindow<RuleMatch<Event>>): Fired<Event> => {
    const matches = window.hits.flatMap((hit) => hit.matches);
    return {
      correlation,
      group: window.group,
      ...{ start: window.start, time: window.time, end: window.start + correlation.timespanMs, value: window.value },
      matches: matches.slice(0, MAX_MATCHES),
      cut: window.cut,
    };
  };
  const close = (until: number): readonly Fired<Event>[] => groups.close(until).map(firedOf);
  return {
    correlation,
    groups,
    close,
    take(match, matches) {
      const over = close(match.time);
      const group = groupOf(correlation, match);
      if (group === undefined) return over;
      const hit = { rule: match.rule, time: match.time, uid: match.uid, value: valueOf(correlation, match), matches };
      const window = groups.add(hit, group);
      return window === undefined ? over : [...over, firedOf(window)];
    },
  };
}

/** @returns them so that each stands behind those it refers to. */
function inOrder(correlations: readonly Correlation[]): readonly Correlation[] {
  const byId = new Map(correlations.map((correlation) => [correlation.id, correlation]));
  const placed = new Set<Correlation>();
  const place = (correlation: Correlation, above: readonly Correlation[]): void => {
    if (placed.has(correlation)) return;
    if (above.includes(correlation)) throw new Error(`correlation "${correlation.title}" refers to itself`);
    for (const id of correlation.rules) {
      const inner = byId.get(id);
      if (inner !== undefined) place(inner, [...above, correlation]);
    }
    placed.add(correlation);
  };
  for (const correlation of correlations) place(correlation, []);
  return [...placed];
}

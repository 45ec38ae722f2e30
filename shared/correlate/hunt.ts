// "Would this rule have fired?": the rules of one file over events of the past, wherever they are read from, with counts by day and by entity.
// Nothing is raised. https://sigmahq.io/docs/basics/rules.html
import { createEngine, type Match } from '../detect/engine.ts';
import type { RulePack } from '../detect/pack.ts';
import type { Correlation, Level, Rule } from '../detect/sigma/rule.ts';
import { createCorrelator, type Correlator, type Fired, type RuleMatch } from '../detect/sigma/windows.ts';
import { firstAt, pathOf, viewOf, type EventView, type Path } from '../detect/view.ts';
import type { OcsfEvent } from '../model.ts';
import { correlationRules } from './family.ts';

export interface HuntOptions {
  /** ms since the epoch: what fires from then on counts; events before serve the windows of correlations. */
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** OCSF paths; empty: what each rule is grouped by. */
  readonly by: readonly string[];
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

export interface Hunt {
  /** Rules to ask for: those that alert on one event, and those below correlations. */
  readonly rules: readonly Rule[];
  /** So long before `from` events can belong to a window that fires after it; ms. */
  readonly spanMs: number;
  /** @param events in order of time: correlations go by it. */
  add(event: OcsfEvent): void;
  /** Takes matches in any order, to be sorted at the end; for events that come in none. */
  addLater(event: OcsfEvent): void;
  end(): readonly Hunted[];
}

export interface Hunted {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly kind: 'rule' | 'correlation';
  /** Matches of a rule; windows of a correlation: as often as it would have fired. */
  readonly total: number;
  /** ms since the epoch; undefined where there is none. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Day (UTC) → how often, in order. */
  readonly days: readonly (readonly [string, number])[];
  readonly entityNames: readonly string[];
  /** The most frequent ones first. */
  readonly entities: readonly Entity[];
  /** Of entities that there was no room for. */
  readonly otherEntities: number;
  readonly samples: readonly Sample[];
}

export interface Entity {
  readonly values: readonly string[];
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

export interface Sample {
  readonly time: number;
  /** `metadata.uid` of the event or events. */
  readonly events: readonly string[];
  readonly values: readonly string[];
}

const MAX_ENTITIES = 100_000;
const MAX_SAMPLES = 20;
const MAX_SAMPLE_EVENTS = 20;
/** Matches of correlations' rules that wait to be sorted. */
export const MAX_WAITING = 1_000_000;
/** Ids of events whose matches were counted: evidence may hold one twice, the index does not. */
const MAX_SEEN = 5_000_000;

/** @throws RuleError naming the rule that cannot be used. */
export function createHunt({ rules, correlations, silent }: RulePack, options: HuntOptions): Hunt {
  const quiet = new Set(silent);
  const single = rules.filter(({ id }) => !quiet.has(id));
  const engine = createEngine(single, options.lists);
  const below = correlationRules({ rules, correlations, silent }, options.lists);
  const tallies = new Map<Rule | Correlation, Tally>();
  for (const rule of single) tallies.set(rule, createTally(rule, 'rule', rule.group_by, options));
  const correlators = below.families.map(({ correlation, correlations: all }) => {
    tallies.set(correlation, createTally(correlation, 'correlation', correlation.groupBy, options));
    return { correlation, correlator: createCorrelator<Match>(all) };
  });
  const isNew = createSeen();
  let waiting: RuleMatch<Match>[] = [];

  const addSingle = (event: OcsfEvent): void => {
    if (event.time < options.from || event.time >= options.to) return;
    for (const { rule } of engine.match(event)) tallies.get(rule)?.addEvent(event);
  };
  const told = (
    { correlation, correlator }: (typeof correlators)[number],
    of: (one: Correlator<Match>) => readonly Fired<Match>[],
  ): void => {
    for (const fired of of(correlator)) if (fired.correlation.id === correlation.id) tallies.get(correlation)?.addWindow(fired);
  };
  const addMatch = (match: RuleMatch<Match>): void => {
    for (const one of correlators) told(one, (correlator) => correlator.add(match));
  };

  return {
    rules: [...new Set([...single, ...below.rules])],
    spanMs: Math.max(0, ...below.families.map(({ spanMs }) => spanMs)),
    add(event) {
      addSingle(event);
      for (const match of below.matches(event)) addMatch(match);
    },
    addLater(event) {
      if (!isNew(event)) return;
      addSingle(event);
      waiting.push(...below.matches(event));
      if (waiting.length > MAX_WAITING)
        throw new RangeError(`more than ${MAX_WAITING} events match rules of correlations: ask for less time`);
    },
    end() {
      for (const match of waiting.sort((one, other) => one.time - other.time)) addMatch(match);
      waiting = [];
      for (const one of correlators) told(one, (correlator) => correlator.end(Infinity));
      return [...tallies.values()].map((tally) => tally.result());
    },
  };
}

/** @returns true the first time that it is asked of an event. */
function createSeen(): (event: OcsfEvent) => boolean {
  const seen = new Set<string>();
  return ({ metadata: { uid } }) => {
    if (seen.has(uid)) return false;
    if (seen.size < MAX_SEEN) seen.add(uid);
    return true;
  };
}

interface Tally {
  addEvent(event: OcsfEvent): void;
  addWindow(fired: Fired<Match>): void;
  result(): Hunted;
}

type Named = Pick<Rule, 'id' | 'title' | 'level'>;

function createTally({ id, title, level }: Named, kind: Hunted['kind'], own: readonly string[], { from, to, by }: HuntOptions): Tally {
  const names = by.length > 0 ? by : own;
  const paths = names.map(pathOf);
  const days = new Map<string, number>();
  const entities = new Map<string, { values: readonly string[]; count: number; first: number; last: number }>();
  const samples: Sample[] = [];
  let [total, other, first, last] = [0, 0, Infinity, -Infinity];

  const add = (time: number, values: readonly string[], events: () => readonly string[]): void => {
    if (time < from || time >= to) return;
    total++;
    first = Math.min(first, time);
    last = Math.max(last, time);
    const day = new Date(time).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
    const key = JSON.stringify(values);
    const entity = entities.get(key);
    if (entity !== undefined) {
      entity.count++;
      entity.first = Math.min(entity.first, time);
      entity.last = Math.max(entity.last, time);
    } else if (entities.size < MAX_ENTITIES) entities.set(key, { values, count: 1, first: time, last: time });
    else other++;
    if (samples.length < MAX_SAMPLES) samples.push({ time, values, events: events() });
  };

  return {
    addEvent: (event) => add(event.time, valuesOf(viewOf(event), paths), () => [event.metadata.uid]),
    addWindow({ time, group, matches }) {
      const [head] = matches;
      const values = by.length > 0 && head !== undefined ? valuesOf(viewOf(head.event.event), paths) : group;
      add(time, values, () => matches.slice(0, MAX_SAMPLE_EVENTS).map(({ uid }) => uid));
    },
    result: () => ({
      ...{ id, title, level, kind, total, otherEntities: other, samples, entityNames: names },
      first: total === 0 ? undefined : first,
      last: total === 0 ? undefined : last,
      days: [...days].sort(([one], [another]) => (one < another ? -1 : 1)),
      entities: [...entities.values()].sort((one, another) => another.count - one.count || one.first - another.first),
    }),
  };
}

function valuesOf(view: EventView, paths: readonly Path[]): readonly string[] {
  return paths.map((path) => {
    const value = firstAt(view, path);
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

// The rules, compiled once and filed so that an event is tried against few of them: by log source or class, and there by the event name
// that a rule asks for.
import type { OcsfEvent } from '../model.ts';
import { isOwn, keysOf, logSourceOf, type LogSource } from './log-sources.ts';
import { compile, type Field, type Predicate } from './sigma/compile.ts';
import { RuleError, type Expression, type Rule } from './sigma/rule.ts';
import { viewOf, type EventView } from './view.ts';

export interface Engine {
  /** @returns what the event meets, in the order of the rules. */
  match(event: OcsfEvent): readonly Match[];
}

export interface Match {
  readonly rule: Rule;
  readonly event: OcsfEvent;
  /** Values of the fields that the rule says are worth showing; several where the field has several. */
  readonly shown: Readonly<Record<string, readonly unknown[]>>;
}

interface Compiled {
  readonly rule: Rule;
  readonly position: number;
  readonly fields: readonly (readonly [string, Field<EventView>])[];
  readonly matches: Predicate<EventView>;
}

interface Shelf {
  readonly index: Field<EventView> | undefined;
  readonly byName: Map<string, Compiled[]>;
  readonly others: Compiled[];
}

/**
 * @param lists what the placeholders of rules (`%name%`) stand for.
 * @throws RuleError naming the rule that cannot be used.
 */
export function createEngine(rules: readonly Rule[], lists: Readonly<Record<string, readonly string[]>>): Engine {
  const shelves = new Map<string, Shelf>();
  for (const [position, rule] of rules.entries()) place(shelves, rule, position, lists);
  return {
    match(event) {
      if (isOwn(event)) return [];
      const view = viewOf(event);
      const met = keysOf(event).flatMap((key) => matchShelf(shelves.get(key), view));
      return met.sort((one, other) => one.position - other.position).map((compiled) => matchOf(compiled, view));
    },
  };
}

function place(shelves: Map<string, Shelf>, rule: Rule, position: number, lists: Readonly<Record<string, readonly string[]>>): void {
  try {
    const source = logSourceOf(rule);
    const fields = rule.fields.map((name) => [name, source.field(name)] as const);
    const compiled: Compiled = { rule, position, fields, matches: compile(rule.condition, { field: source.field, lists }) };
    const shelf = shelves.get(source.key) ?? newShelf(source);
    shelves.set(source.key, shelf);
    const names = source.indexField === undefined ? undefined : requiredValues(rule.condition, source.indexField);
    if (names === undefined) shelf.others.push(compiled);
    else for (const name of names) shelf.byName.set(name, [...(shelf.byName.get(name) ?? []), compiled]);
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(`rule "${rule.title}" (${rule.id}): ${error.reason}`, error.path);
    throw error;
  }
}

/** A finding is read by people: a field's first values do. */
const MAX_SHOWN = 10;

function matchOf({ rule, fields }: Compiled, view: EventView): Match {
  const shown = fields.flatMap(([name, field]) => {
    const values: unknown[] = [];
    field(view, (found) => values.push(found) === MAX_SHOWN);
    return values.length === 0 ? [] : [[name, values] as const];
  });
  return { rule, event: view.event, shown: Object.fromEntries(shown) };
}

function newShelf(source: LogSource): Shelf {
  const index = source.indexField === undefined ? undefined : source.field(source.indexField);
  return { index, byName: new Map(), others: [] };
}

function matchShelf(shelf: Shelf | undefined, view: EventView): readonly Compiled[] {
  if (shelf === undefined) return [];
  const met = shelf.others.filter(({ matches }) => matches(view));
  shelf.index?.(view, (name) => {
    const candidates = typeof name === 'string' ? shelf.byName.get(name.toLowerCase()) : undefined;
    if (candidates !== undefined) met.push(...candidates.filter(({ matches }) => matches(view)));
    return true;
  });
  return met;
}

/**
 * @returns values in lower case one of which the field has in every event that meets the expression; undefined where no such set can be told.
 */
export function requiredValues(expression: Expression, field: string): ReadonlySet<string> | undefined {
  switch (expression.kind) {
    case 'not':
      return undefined;
    case 'all': {
      const sets = expression.of.flatMap((part) => requiredValues(part, field) ?? []);
      return sets.sort((one, other) => one.size - other.size)[0];
    }
    case 'any': {
      const sets = expression.of.map((part) => requiredValues(part, field));
      const all = new Set<string>();
      for (const set of sets) {
        if (set === undefined) return undefined;
        for (const value of set) all.add(value);
      }
      return all;
    }
    case 'field': {
      if (expression.field !== field || expression.operator !== 'equals') return undefined;
      const fixed = expression.values.flatMap((value) => (typeof value === 'string' && !/[*?\\]/.test(value) ? [value.toLowerCase()] : []));
      return fixed.length === expression.values.length ? new Set(fixed) : undefined;
    }
  }
}

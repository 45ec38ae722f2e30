// The rules, compiled once and filed so that an event is tried against few of them: by log source or class, and there by a value that an
// event must have for the rule to be met at all. What rules read of an event is read once, however many ask.
import type { OcsfEvent } from '../model.ts';
import { isOwn, keysOf, logSourcesOf, type LogSource } from './log-sources.ts';
import { compile, type Field, type Predicate, type Reader } from './sigma/compile.ts';
import { foldedOf, foundOf, type Found } from './sigma/found.ts';
import { RuleError, type Rule } from './sigma/rule.ts';
import { viewOf, type EventView } from './view.ts';
import { varietyOf, witnessesOf, type Variety } from './witness.ts';

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
  /** Turn at which it was tried last: several of its values may be in one event. */
  tried: number;
}

/** The rules of one log source. */
interface Shelf {
  readonly indexes: Index[];
  readonly others: Compiled[];
}

/** By the value of one field, in lower case. */
interface Index {
  readonly field: string;
  readonly read: Reader<EventView>;
  readonly rules: Map<string, Compiled[]>;
}

type Lists = Readonly<Record<string, readonly string[]>>;

/**
 * @param lists what the placeholders of rules (`%name%`) stand for.
 * @throws RuleError naming the rule that cannot be used.
 */
export function createEngine(rules: readonly Rule[], lists: Lists): Engine {
  const shelves = new Map<string, Shelf>();
  const memory = createMemory();
  const placed = rules.flatMap((rule, position) => naming(rule, () => logSourcesOf(rule).map((source) => ({ rule, position, source }))));
  for (const [key, ofSource] of Map.groupBy(placed, ({ source }) => source.key)) {
    const variety = varietyOf(ofSource.map(({ rule }) => rule.condition));
    const shelf: Shelf = { indexes: [], others: [] };
    for (const one of ofSource) naming(one.rule, () => place(shelf, { ...one, variety, lists, memory }));
    shelves.set(key, shelf);
  }
  return {
    match(event) {
      if (isOwn(event)) return [];
      const turn = memory.next();
      const view = viewOf(event);
      const met: Compiled[] = [];
      for (const key of keysOf(event)) {
        const shelf = shelves.get(key);
        if (shelf !== undefined) matchShelf(shelf, view, turn, met);
      }
      if (met.length > 1) met.sort((one, other) => one.position - other.position);
      return met.map((compiled) => matchOf(compiled, view));
    },
  };
}

function naming<T>(rule: Rule, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(`rule "${rule.title}" (${rule.id}): ${error.reason}`, error.path);
    throw error;
  }
}

interface Placing {
  readonly rule: Rule;
  readonly position: number;
  readonly source: LogSource;
  readonly variety: Variety;
  readonly lists: Lists;
  readonly memory: Memory;
}

function place(shelf: Shelf, { rule, position, source, variety, lists, memory }: Placing): void {
  const field = (name: string): Reader<EventView> => memory.reader(`${source.key}\n${name}`, source.field(name));
  const everything = memory.reader(source.key, source.everything);
  const compiled: Compiled = {
    rule,
    position,
    fields: rule.fields.flatMap((name) => shownField(name, source)),
    matches: compile(rule.condition, { field, everything, lists }),
    tried: 0,
  };
  const witnesses = witnessesOf(rule.condition, variety);
  if (witnesses === undefined) shelf.others.push(compiled);
  for (const witness of witnesses ?? []) {
    const { rules } = indexOf(shelf, witness.field, field);
    const bucket = rules.get(witness.value);
    if (bucket === undefined) rules.set(witness.value, [compiled]);
    else bucket.push(compiled);
  }
}

/** One that cannot be told from the event is not worth losing the rule. */
function shownField(name: string, source: LogSource): readonly (readonly [string, Field<EventView>])[] {
  try {
    return [[name, source.field(name)]];
  } catch (error) {
    if (error instanceof RuleError) return [];
    throw error;
  }
}

function indexOf({ indexes }: Shelf, name: string, field: (name: string) => Reader<EventView>): Index {
  const known = indexes.find((index) => index.field === name);
  if (known !== undefined) return known;
  const made: Index = { field: name, read: field(name), rules: new Map() };
  indexes.push(made);
  return made;
}

function matchShelf({ indexes, others }: Shelf, view: EventView, turn: number, met: Compiled[]): void {
  for (const compiled of others) if (compiled.matches(view)) met.push(compiled);
  for (const { read, rules } of indexes) {
    for (const text of foldedOf(read(view))) {
      for (const compiled of rules.get(text) ?? NO_RULES) {
        if (compiled.tried === turn) continue;
        compiled.tried = turn;
        if (compiled.matches(view)) met.push(compiled);
      }
    }
  }
}

const NO_RULES: readonly Compiled[] = [];

/** What was read of the event that is being looked at. */
type Memory = ReturnType<typeof createMemory>;

function createMemory() {
  let turn = 0;
  const readers = new Map<string, Reader<EventView>>();
  return {
    /** Begins with another event. */
    next: (): number => ++turn,
    /** @returns the one reader of that name, which reads once per event. */
    reader(name: string, field: Field<EventView>): Reader<EventView> {
      const known = readers.get(name);
      if (known !== undefined) return known;
      let readAt = 0;
      let found: Found | undefined;
      const reader: Reader<EventView> = (view) => {
        if (found === undefined || readAt !== turn) {
          found = foundOf(allOf(field, view));
          readAt = turn;
        }
        return found;
      };
      readers.set(name, reader);
      return reader;
    },
  };
}

function allOf(field: Field<EventView>, view: EventView): readonly unknown[] {
  const values: unknown[] = [];
  field(view, (value) => {
    values.push(value);
    return false;
  });
  return values;
}

/** A finding is read by people: a field's first values do. */
const MAX_SHOWN = 10;

const NOTHING_SHOWN: Match['shown'] = {};

function matchOf({ rule, fields }: Compiled, view: EventView): Match {
  if (fields.length === 0) return { rule, event: view.event, shown: NOTHING_SHOWN };
  const shown = fields.flatMap(([name, field]) => {
    const values: unknown[] = [];
    field(view, (found) => values.push(found) === MAX_SHOWN);
    return values.length === 0 ? [] : [[name, values] as const];
  });
  return { rule, event: view.event, shown: Object.fromEntries(shown) };
}

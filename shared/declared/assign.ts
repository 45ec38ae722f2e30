// A record's fields to the attributes of an event, by the assignments of a plan.
// https://schema.ocsf.io/1.8.0 (an object that lacks what OCSF requires of it is left out, and its fields stay in `unmapped`)
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { createPlaces, type Places } from './places.ts';
import type { Assignment, NeedsByPlace, RawPath } from './plan.ts';
import { restOf, restTree, type RestTree, type Taken } from './rest.ts';
import { converter, type Convert } from './values.ts';

export interface Assigned extends Taken {
  /** The attributes, without what every event of the source has. */
  readonly event: JsonObject;
  /** A required attribute that no field gave a valid value for. */
  readonly missing: string | undefined;
  /** Some field gave a value. */
  readonly isSaid: boolean;
}

export interface Assigner {
  readonly tree: RestTree;
  /** @param reference when the record was delivered, ms since the epoch. */
  assign(fields: JsonObject, reference: number): Assigned;
}

interface Step {
  readonly read: Read;
  readonly fixed: Json | undefined;
  readonly slot: number;
  readonly wordSlot: number | undefined;
}

/** One record on its way. */
interface Work extends Taken {
  readonly fields: JsonObject;
  readonly reference: number;
}

/** What a field gave, and which fields it has used up. */
interface Found {
  readonly value: Json;
  readonly word?: Json | undefined;
  readonly moves: boolean;
  readonly leaves: readonly number[];
}

type Read = (work: Work) => Found | undefined;

/** @param absent texts that say that nothing is there. */
export function createAssigner(assignments: readonly Assignment[], needs: NeedsByPlace, absent: ReadonlySet<Json>): Assigner {
  const paths = assignments.flatMap(({ from }) => from);
  const tree = restTree(paths, absent);
  const places = createPlaces(needs);
  const steps = assignments.map((assignment) => stepOf(assignment, tree, places));
  return {
    tree,
    assign(fields, reference) {
      const work: Work = { fields, reference, moved: new Uint8Array(tree.leaves), left: new Map() };
      places.clear();
      let isSaid = false;
      for (const step of steps) if (run(step, work, places)) isSaid = true;
      const { event, missing } = places.build(work.moved);
      return { event, missing, isSaid, moved: work.moved, left: work.left };
    },
  };
}

function stepOf(assignment: Assignment, tree: RestTree, places: Places): Step {
  const slot = places.add(assignment.to, assignment.isFallback);
  const wordSlot = assignment.word === undefined ? undefined : places.add(assignment.word);
  return { read: reader(assignment, tree), fixed: assignment.fixed, slot, wordSlot };
}

const NONE: readonly number[] = [];

/** @returns true if a field gave the value. */
function run({ read, fixed, slot, wordSlot }: Step, work: Work, places: Places): boolean {
  const found = read(work);
  if (found === undefined) {
    if (fixed !== undefined) places.set(slot, fixed, undefined);
    return false;
  }
  const leaves = found.moves ? found.leaves : NONE;
  places.set(slot, found.value, leaves);
  if (wordSlot !== undefined && found.word !== undefined) places.set(wordSlot, found.word, NONE);
  for (const leaf of leaves) work.moved[leaf] = (work.moved[leaf] ?? 0) + 1;
  return true;
}

function reader(assignment: Assignment, tree: RestTree): Read {
  const { from, join, each } = assignment;
  if (from.length === 0) return () => undefined;
  const fields = from.map((path) => ({ path, leaves: [tree.leafOf(path)] }));
  if (each !== undefined) return listReader(fields, createAssigner(each.assignments, each.needs, tree.absent));
  const convert = converter(assignment);
  if (join !== undefined) return joinReader(fields, { join, convert, absent: tree.absent });
  const [first, ...others] = fields.map((field) => fieldReader(field, convert, tree.absent));
  if (first === undefined || others.length === 0) return first ?? (() => undefined);
  return (work) => {
    let found = first(work);
    for (let at = 0; found === undefined && at < others.length; at++) found = others[at]?.(work);
    return found;
  };
}

interface Field {
  readonly path: RawPath;
  readonly leaves: readonly number[];
}

function fieldReader({ path, leaves }: Field, convert: Convert, absent: ReadonlySet<Json>): Read {
  return ({ fields, reference }) => {
    const raw = valueAt(fields, path);
    if (raw === undefined || raw === '' || (absent.size > 0 && absent.has(raw))) return undefined;
    const converted = convert(raw, reference);
    return converted === undefined ? undefined : { ...converted, leaves };
  };
}

/** All of the fields, which are numbers or texts, as one text. */
function joinReader(
  fields: readonly Field[],
  { join, convert, absent }: { readonly join: string; readonly convert: Convert; readonly absent: ReadonlySet<Json> },
): Read {
  const leaves = fields.flatMap((field) => field.leaves);
  return (work) => {
    const parts: string[] = [];
    for (const { path } of fields) {
      const raw = valueAt(work.fields, path);
      if (raw === undefined || raw === '' || typeof raw === 'object' || absent.has(raw)) return undefined;
      parts.push(String(raw));
    }
    const converted = convert(parts.join(join), work.reference);
    return converted === undefined ? undefined : { ...converted, leaves };
  };
}

/** Each element of a list becomes an object of the attribute's list; what of them has no place in it stays in `unmapped`. */
function listReader(fields: readonly Field[], elements: Assigner): Read {
  return (work) => {
    for (const { path, leaves } of fields) {
      const raw = valueAt(work.fields, path);
      const list = isArray(raw) ? raw : isObject(raw) ? [raw] : [];
      const made: JsonObject[] = [];
      const left = list.map((element) => elementOf(element, elements, { made, reference: work.reference }));
      if (made.length === 0) continue;
      if (left.some((rest) => rest !== null)) for (const leaf of leaves) work.left.set(leaf, isArray(raw) ? left : (left[0] ?? null));
      return { value: made, moves: true, leaves };
    }
    return undefined;
  };
}

/** @returns what is left of the element. */
function elementOf(
  element: Json,
  elements: Assigner,
  { made, reference }: { readonly made: JsonObject[]; readonly reference: number },
): Json {
  if (!isObject(element)) return element;
  const assigned = elements.assign(element, reference);
  if (!assigned.isSaid || assigned.missing !== undefined) return element;
  made.push(assigned.event);
  return restOf(element, elements.tree, assigned) ?? null;
}

const INDEX = /^\d{1,6}$/;

/** @returns what lies at the path; null counts as nothing. */
export function valueAt(node: Json, path: RawPath): Json | undefined {
  let current: Json | undefined = node;
  for (const name of path) {
    if (isObject(current)) current = Object.hasOwn(current, name) ? current[name] : undefined;
    else if (isArray(current) && INDEX.test(name)) current = current[Number(name)];
    else return undefined;
  }
  return current ?? undefined;
}

// Brings JSON into the shape that OCSF 1.8.0 gives an object: types, ids, captions, profiles. https://schema.ocsf.io/1.8.0
// What does not fit is handed back as it came, under the names it had: it is the caller's to keep.
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject, text } from '../outcome.ts';
import { renamed } from './renames.ts';
import { ids, scalarOf } from './scalars.ts';
import { objectShape, type Attribute, type ClassShape, type Shape } from './shape.ts';

export interface Conforming {
  readonly cls: ClassShape;
  /** The event as it came: a profile is taken up only if what it requires is there. */
  readonly event: JsonObject;
  /** Profiles the event names or turns out to use. */
  readonly profiles: Set<string>;
  /** Profiles that cannot be used: what they require does not fit. */
  readonly barred: ReadonlySet<string>;
}

export interface Conformed {
  readonly kept: Members;
  readonly left: JsonObject | undefined;
  /** What makes the object invalid, as a path; undefined if nothing does. */
  readonly problem: string | undefined;
}

/** Attributes by the names the shape has for them. */
export type Members = Record<string, Json | undefined>;
type Left = [string, Json][];

/** Deeper objects are left as they are: OCSF nests processes in processes without bound. */
const MAX_DEPTH = 24;

/** Brings the node into its shape. @param depth of the node in the event. */
export function conform(node: JsonObject, shape: Shape, run: Conforming, depth = 0): Conformed {
  const source = renamed(node, shape);
  const kept: Members = {};
  const left: Left = [];
  const problems = new Map<string, string>();
  for (const key of Object.keys(source)) {
    const member = source[key];
    if (member === undefined || member === null) continue;
    const attribute = attributeFor(key, shape, run);
    if (attribute === undefined) {
      if (!isObject(member) || !isEmpty(member)) left.push([key, member]);
    } else if (!isCaptioned(attribute)) {
      const fitted = fit(attribute, member, run, depth);
      if (fitted.kept !== undefined) kept[key] = fitted.kept;
      if (fitted.problem !== undefined) problems.set(key, fitted.problem);
      if (fitted.left !== undefined && !asName(attribute, fitted.left, { shape, source, kept })) left.push([key, fitted.left]);
    }
  }
  for (const attribute of shape.captioned) captioned(attribute, source, run, { kept, left });
  // It may add to what is left.
  const problem = problemOf({ kept, left, source }, shape, problems);
  return { kept, left: left.length === 0 ? undefined : Object.fromEntries(left), problem };
}

/** @returns undefined where the node may not have such an attribute. */
function attributeFor(key: string, shape: Shape, run: Conforming): Attribute | undefined {
  const attribute = shape.attributes.get(key);
  return attribute === undefined || attribute.deprecated === true || !isAllowed(attribute, run) ? undefined : attribute;
}

/** Captions and their ids are looked at together. */
function isCaptioned({ isCaption, caption, ids }: Attribute): boolean {
  return isCaption === true || (caption !== undefined && ids !== undefined);
}

function isAllowed({ profiles }: Attribute, run: Conforming): boolean {
  if (profiles === undefined || profiles.some((profile) => run.profiles.has(profile))) return true;
  const usable = profiles.find(
    (profile) =>
      run.cls.profiles.has(profile) &&
      !run.barred.has(profile) &&
      (run.cls.requiredBy.get(profile) ?? []).every((name) => (run.event[name] ?? undefined) !== undefined),
  );
  if (usable !== undefined) run.profiles.add(usable);
  return usable !== undefined;
}

interface Fitted {
  readonly kept?: Json | undefined;
  readonly left?: Json | undefined;
  readonly problem?: string | undefined;
}

function fit(attribute: Attribute, member: Json, run: Conforming, depth: number): Fitted {
  if (attribute.list === true) return fitAll(attribute, isArray(member) ? member : [member], run, depth);
  // A list of one where 1.8.0 has no list.
  const only = isArray(member) && member.length === 1 && attribute.type !== 'json_t' ? member[0] : member;
  return only === undefined || only === null ? {} : fitOne(attribute, only, run, depth);
}

/** Elements that do not fit, and what is left of those that do, stand in `left` at their own positions. */
function fitAll(attribute: Attribute, elements: readonly Json[], run: Conforming, depth: number): Fitted {
  const kept: Json[] = [];
  const left: Json[] = [];
  let whole = true;
  for (const [at, element] of elements.entries()) {
    const fitted = element === null ? {} : fitOne(attribute, element, run, depth);
    if (fitted.kept !== undefined) kept.push(fitted.kept);
    if (fitted.left === undefined) continue;
    while (left.length < at) left.push(null);
    left.push(fitted.left);
    whole = false;
  }
  return { kept: kept.length === 0 ? undefined : kept, left: whole ? undefined : left };
}

function fitOne(attribute: Attribute, member: Json, run: Conforming, depth: number): Fitted {
  if (attribute.object === undefined) {
    const scalar = scalarOf(attribute, member);
    return scalar === undefined ? { left: member } : { kept: scalar };
  }
  const shape = objectShape(attribute.object);
  if (shape === undefined || !isObject(member) || depth >= MAX_DEPTH) return { left: member };
  const { kept, left, problem } = conform(member, shape, run, depth + 1);
  if (problem !== undefined) return isEmpty(member) ? { problem } : { left: member, problem };
  // Parquet writes every column there is, most of them empty.
  return Object.keys(kept).length === 0 ? { left } : { kept, left };
}

/** True for objects in which nothing is said. */
function isEmpty(node: JsonObject): boolean {
  return Object.values(node).every((member) => member === null || (isObject(member) && isEmpty(member)));
}

/** A host or a service where an address should be: it is the end's name. */
function asName({ type }: Attribute, left: Json, place: { shape: Shape; source: JsonObject; kept: Members }): boolean {
  const name = type === 'ip_t' ? text(left) : undefined;
  const { shape, source, kept } = place;
  const free = ['domain', 'hostname'].find((key) => shape.attributes.has(key) && (source[key] ?? undefined) === undefined);
  if (name === undefined || free === undefined) return false;
  kept[free] = name;
  return true;
}

/** The short form: no caption where the id says it; another word than OCSF's stays in `left`. */
function captioned(attribute: Shape['captioned'][number], source: JsonObject, run: Conforming, out: { kept: Members; left: Left }): void {
  const { name, caption } = attribute;
  const id = source[name] ?? undefined;
  const word = source[caption] ?? undefined;
  if ((id === undefined && word === undefined) || !isAllowed(attribute, run)) return;
  const found = ids(attribute, id, word);
  if (found.id !== undefined) out.kept[name] = found.id;
  if (found.caption !== undefined) out.kept[caption] = found.caption;
  if (found.leftId !== undefined) out.left.push([name, found.leftId]);
  if (found.leftCaption !== undefined) out.left.push([caption, found.leftCaption]);
}

interface Parts {
  readonly kept: Members;
  readonly left: Left;
  readonly source: JsonObject;
}

/** Ids that are required become Unknown (0), which says what is known: nothing. */
function problemOf(parts: Parts, shape: Shape, problems: ReadonlyMap<string, string>): string | undefined {
  const { kept } = parts;
  for (const { name, captions, type, list } of shape.required) {
    if (kept[name] !== undefined) continue;
    if (type !== 'integer_t' || captions?.['0'] === undefined) return pathOf(name, problems);
    kept[name] = list === true ? [0] : 0;
  }
  if (shape.any.length > 0 && !shape.any.some((path) => has(kept, path))) {
    const path = shape.any.find((name) => problems.has(name));
    return path === undefined ? `one of ${shape.any.join(', ')}` : pathOf(path, problems);
  }
  return shape.one.length === 0 ? undefined : onlyOne(parts, shape.one);
}

function pathOf(name: string, problems: ReadonlyMap<string, string>): string {
  const problem = problems.get(name);
  if (problem === undefined) return name;
  return problem.startsWith('one of ') ? `${name}: ${problem}` : `${name}.${problem}`;
}

function has(kept: Members, path: string): boolean {
  if (!path.includes('.')) return kept[path] !== undefined;
  let at: Json | undefined = kept;
  for (const step of path.split('.')) at = isObject(at) ? at[step] : undefined;
  return at !== undefined;
}

function onlyOne({ kept, left, source }: Parts, names: readonly string[]): string | undefined {
  const there = names.filter((name) => kept[name] !== undefined);
  // A vulnerability is known by its CVE first.
  const first = there.includes('cve') ? 'cve' : there[0];
  for (const name of there) {
    const whole = source[name];
    if (name === first || whole === undefined) continue;
    // In place of what of it did not fit.
    left.push([name, whole]);
    kept[name] = undefined;
  }
  return first === undefined ? `one of ${names.join(', ')}` : undefined;
}

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
  readonly profiles: string[];
  /** Profiles that cannot be used: what they require does not fit. */
  readonly barred: ReadonlySet<string>;
}

export interface Conformed {
  /** Attributes by the names the shape has for them; of an event a new object, else the node itself where nothing had to be changed. */
  readonly kept: JsonObject;
  /** The caller may add to it. */
  readonly left: Record<string, Json | undefined> | undefined;
  /** What makes the object invalid, as a path; undefined if nothing does. */
  readonly problem: string | undefined;
}

/** An object on its way into its shape. */
interface Draft {
  readonly shape: Shape;
  readonly run: Conforming;
  /** Of the object in the event. */
  readonly depth: number;
  readonly source: JsonObject;
  /** Undefined as long as it is as the source. */
  kept: Record<string, Json | undefined> | undefined;
  left: Record<string, Json | undefined> | undefined;
  /** What makes members invalid. */
  problems: Map<string, string> | undefined;
  /** Of the member that was fitted last: what remains of it, and what makes it invalid. */
  rest: Json | undefined;
  problem: string | undefined;
}

/** Deeper objects are left as they are: OCSF nests processes in processes without bound. */
const MAX_DEPTH = 24;

/** Brings the node into its shape. @param depth of the node in the event. */
export function conform(node: JsonObject, shape: Shape, run: Conforming, depth = 0): Conformed {
  let draft = begun(node, shape, run, depth);
  let bits = conformMembers(draft, shape.oldNames);
  if (bits === OLD_NAME) {
    draft = begun(renamed(node, shape), shape, run, depth);
    bits = conformMembers(draft, NO_NAMES);
  }
  for (let at = 0; bits !== 0; at++, bits >>>= 1) {
    const attribute = (bits & 1) === 0 ? undefined : shape.captioned[at];
    if (attribute !== undefined) captioned(attribute, draft);
  }
  // It may add to what is left.
  const problem = problemOf(draft);
  return { kept: draft.kept ?? draft.source, left: draft.left, problem };
}

function begun(source: JsonObject, shape: Shape, run: Conforming, depth: number): Draft {
  return {
    shape,
    run,
    depth,
    source,
    // Hardly an event is as it should be in all.
    kept: depth === 0 ? {} : undefined,
    left: undefined,
    problems: undefined,
    rest: undefined,
    problem: undefined,
  };
}

/** More ids than a shape has. */
const OLD_NAME = -1;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * @param oldNames which are to be changed first. Few objects have one, and to look for each in every object would cost as much as all the rest here.
 * @returns which of the shape's ids and captions there are, as bits; OLD_NAME where there is one of those names.
 */
function conformMembers(draft: Draft, oldNames: ReadonlySet<string>): number {
  const { shape, source, run } = draft;
  let pairs = shape.apart;
  // Of all loops, the compiler knows in this one where the members are.
  for (const key in source) {
    const member = source[key] ?? undefined;
    const attribute = member === undefined ? undefined : shape.attributes.get(key);
    if (attribute !== undefined) pairs |= attribute.pairs;
    if (member === undefined) own(draft, key);
    else if (!isPresent(attribute)) {
      if (oldNames.has(key)) return OLD_NAME;
      refuse(draft, key, member);
    } else if (!isAllowed(attribute, run)) refuse(draft, key, member);
    else if (attribute.isCaptioned || attribute.isApart) own(draft, key);
    else if (!attribute.isText || typeof member !== 'string') conformMember(draft, attribute, member);
    else if (draft.kept !== undefined) draft.kept[key] = member;
  }
  return pairs;
}

function isPresent(attribute: Attribute | undefined): attribute is Attribute {
  return attribute !== undefined && !attribute.deprecated;
}

/** Fits the member in, and finds a place for what remains of it. */
function conformMember(draft: Draft, attribute: Attribute, member: Json): void {
  const { name } = attribute;
  const fitted = fit(attribute, member, draft);
  if (fitted !== member) own(draft, name);
  if (draft.kept !== undefined && fitted !== undefined) draft.kept[name] = fitted;
  const { rest, problem } = draft;
  draft.rest = undefined;
  draft.problem = undefined;
  if (problem !== undefined) (draft.problems ??= new Map()).set(name, problem);
  if (rest !== undefined && !asName(attribute, rest, draft)) leave(draft, name, rest);
}

/** Most objects are what they should be and are taken as they are: a copy is made when the first difference is met, at this member. */
function own(draft: Draft, until?: string): Record<string, Json | undefined> {
  if (draft.kept !== undefined) return draft.kept;
  const { source } = draft;
  const kept: Record<string, Json | undefined> = {};
  for (const key in source) {
    if (key === until) break;
    kept[key] = source[key];
  }
  draft.kept = kept;
  return kept;
}

function refuse(draft: Draft, key: string, member: Json): void {
  own(draft, key);
  if (!isObject(member) || !isEmpty(member)) leave(draft, key, member);
}

function leave(draft: Draft, key: string, member: Json): void {
  const left = (draft.left ??= {});
  // Assigning to __proto__ would not make a member.
  if (key === '__proto__') Object.defineProperty(left, key, { value: member, enumerable: true, configurable: true, writable: true });
  else left[key] = member;
}

function isAllowed({ profiles }: Attribute, run: Conforming): boolean {
  if (profiles === undefined) return true;
  for (const profile of profiles) if (run.profiles.includes(profile)) return true;
  const usable = profiles.find(
    (profile) =>
      run.cls.profiles.has(profile) &&
      !run.barred.has(profile) &&
      (run.cls.requiredBy.get(profile) ?? []).every((name) => (run.event[name] ?? undefined) !== undefined),
  );
  if (usable !== undefined) run.profiles.push(usable);
  return usable !== undefined;
}

/** @returns what is kept. */
function fit(attribute: Attribute, member: Json, draft: Draft): Json | undefined {
  if (attribute.list) return fitAll(attribute, isArray(member) ? member : [member], draft);
  // A list of one where 1.8.0 has no list.
  const only = isArray(member) && member.length === 1 && attribute.type !== 'json_t' ? member[0] : member;
  return only === undefined || only === null ? undefined : fitOne(attribute, only, draft);
}

/** Elements that do not fit, and what is left of those that do, stand in `left` at their own positions. */
function fitAll(attribute: Attribute, elements: readonly Json[], draft: Draft): Json | undefined {
  let kept: Json[] | undefined;
  let left: Json[] | undefined;
  for (let at = 0; at < elements.length; at++) {
    const element = elements[at] ?? null;
    const fitted = element === null ? undefined : fitOne(attribute, element, draft);
    if (kept === undefined && fitted !== element) kept = elements.slice(0, at);
    if (kept !== undefined && fitted !== undefined) kept.push(fitted);
    draft.problem = undefined;
    if (draft.rest === undefined) continue;
    left ??= [];
    while (left.length < at) left.push(null);
    left.push(draft.rest);
    draft.rest = undefined;
  }
  draft.rest = left;
  const all = kept ?? elements;
  return all.length === 0 ? undefined : all;
}

function fitOne(attribute: Attribute, member: Json, draft: Draft): Json | undefined {
  if (attribute.object === undefined) {
    const scalar = scalarOf(attribute, member);
    if (scalar === undefined) draft.rest = member;
    return scalar;
  }
  const shape = objectShape(attribute.object);
  if (shape === undefined || !isObject(member) || draft.depth >= MAX_DEPTH) {
    draft.rest = member;
    return undefined;
  }
  const { kept, left, problem } = conform(member, shape, draft.run, draft.depth + 1);
  draft.problem = problem;
  if (problem === undefined) draft.rest = left;
  else if (!isEmpty(member)) draft.rest = member;
  // Parquet writes every column there is, most of them empty.
  return problem === undefined && hasMembers(kept) ? kept : undefined;
}

export function hasMembers(node: JsonObject): boolean {
  for (const name in node) if (Object.hasOwn(node, name)) return true;
  return false;
}

/** True for objects in which nothing is said. */
function isEmpty(node: JsonObject): boolean {
  return Object.values(node).every((member) => member === null || (isObject(member) && isEmpty(member)));
}

/** A host or a service where an address should be: it is the end's name. */
function asName({ type }: Attribute, left: Json, draft: Draft): boolean {
  const name = type === 'ip_t' ? text(left) : undefined;
  if (name === undefined) return false;
  const free = ['domain', 'hostname'].find((key) => draft.shape.attributes.has(key) && (draft.source[key] ?? undefined) === undefined);
  if (free !== undefined) own(draft)[free] = name;
  return free !== undefined;
}

/** The short form: no caption where the id says it; another word than OCSF's stays in `left`. */
function captioned(attribute: Shape['captioned'][number], draft: Draft): void {
  const { name, caption } = attribute;
  if (attribute.isApart) {
    // Its place.
    own(draft)[name] = undefined;
    return;
  }
  const id = draft.source[name] ?? undefined;
  const word = draft.source[caption] ?? undefined;
  if ((id === undefined && word === undefined) || !isAllowed(attribute, draft.run)) return;
  const kept = own(draft);
  const found = ids(attribute, id, word);
  if (found.id !== undefined) kept[name] = found.id;
  if (found.caption !== undefined) kept[caption] = found.caption;
  if (found.leftId !== undefined) leave(draft, name, found.leftId);
  if (found.leftCaption !== undefined) leave(draft, caption, found.leftCaption);
}

/** Ids that are required become Unknown (0), which says what is known: nothing. */
function problemOf(draft: Draft): string | undefined {
  const { shape } = draft;
  for (const { name, captions, type, list, isApart } of shape.required) {
    if (isApart || (draft.kept ?? draft.source)[name] !== undefined) continue;
    if (type !== 'integer_t' || captions?.['0'] === undefined) return pathOf(name, draft);
    own(draft)[name] = list ? [0] : 0;
  }
  const kept = draft.kept ?? draft.source;
  if (shape.any.length > 0 && !hasAny(kept, shape.any)) {
    const path = shape.any.find((name) => draft.problems?.has(name));
    return path === undefined ? `one of ${shape.any.join(', ')}` : pathOf(path, draft);
  }
  return shape.one.length === 0 ? undefined : onlyOne(draft, shape.one);
}

function pathOf(name: string, { problems }: Draft): string {
  const problem = problems?.get(name);
  if (problem === undefined) return name;
  return problem.startsWith('one of ') ? `${name}: ${problem}` : `${name}.${problem}`;
}

function hasAny(kept: JsonObject, paths: readonly string[]): boolean {
  for (const path of paths) if (has(kept, path)) return true;
  return false;
}

function has(kept: JsonObject, path: string): boolean {
  if (!path.includes('.')) return kept[path] !== undefined;
  let at: Json | undefined = kept;
  for (const step of path.split('.')) at = isObject(at) ? at[step] : undefined;
  return at !== undefined;
}

function onlyOne(draft: Draft, names: readonly string[]): string | undefined {
  const { source } = draft;
  const kept = draft.kept ?? source;
  const there = names.filter((name) => kept[name] !== undefined);
  // A vulnerability is known by its CVE first.
  const first = there.includes('cve') ? 'cve' : there[0];
  for (const name of there) {
    const whole = source[name];
    if (name === first || whole === undefined) continue;
    // In place of what of it did not fit.
    leave(draft, name, whole);
    own(draft)[name] = undefined;
  }
  return first === undefined ? `one of ${names.join(', ')}` : undefined;
}

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
  /** Attributes by the names the shape has for them; the node itself where nothing had to be changed. */
  readonly kept: JsonObject;
  readonly left: JsonObject | undefined;
  /** What makes the object invalid, as a path; undefined if nothing does. */
  readonly problem: string | undefined;
}

/** An object on its way into its shape. */
interface Draft {
  readonly shape: Shape;
  readonly source: JsonObject;
  readonly keys: readonly string[];
  /** Undefined as long as it is as the source. */
  kept: Record<string, Json | undefined> | undefined;
  left: [string, Json][] | undefined;
  /** What makes members invalid. */
  problems: Map<string, string> | undefined;
}

/** Deeper objects are left as they are: OCSF nests processes in processes without bound. */
const MAX_DEPTH = 24;

/** Brings the node into its shape. @param depth of the node in the event. */
export function conform(node: JsonObject, shape: Shape, run: Conforming, depth = 0): Conformed {
  const source = renamed(node, shape);
  const draft: Draft = { shape, source, keys: Object.keys(source), kept: undefined, left: undefined, problems: undefined };
  const pairs = conformMembers(draft, { run, depth, left: undefined, problem: undefined });
  for (let at = 0, bits = pairs; bits !== 0; at++, bits >>>= 1) {
    const attribute = (bits & 1) === 0 ? undefined : shape.captioned[at];
    if (attribute !== undefined) captioned(attribute, draft, run);
  }
  // It may add to what is left.
  const problem = problemOf(draft);
  return { kept: draft.kept ?? source, left: draft.left === undefined ? undefined : Object.fromEntries(draft.left), problem };
}

/** @returns which of the shape's ids and captions there are, as bits. */
function conformMembers(draft: Draft, fitting: Fitting): number {
  const { shape, source, keys } = draft;
  let pairs = 0;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    const member = source[key] ?? undefined;
    const attribute = member === undefined ? undefined : shape.attributes.get(key);
    if (attribute !== undefined) pairs |= attribute.pairs;
    if (attribute === undefined || attribute.deprecated || !isAllowed(attribute, fitting.run)) {
      own(draft, at);
      if (member !== undefined && !(isObject(member) && isEmpty(member))) leave(draft, key, member);
    } else if (attribute.isCaptioned || member === undefined) own(draft, at);
    else conformMember(draft, at, attribute, fitting);
  }
  return pairs;
}

/** Fits the member in, and finds a place for what remains of it. */
function conformMember(draft: Draft, at: number, attribute: Attribute, fitting: Fitting): void {
  const { name } = attribute;
  const member = draft.source[name] ?? null;
  const fitted = fit(attribute, member, fitting);
  if (fitted !== member) own(draft, at);
  if (draft.kept !== undefined && fitted !== undefined) draft.kept[name] = fitted;
  const { left, problem } = fitting;
  fitting.left = undefined;
  fitting.problem = undefined;
  if (problem !== undefined) (draft.problems ??= new Map()).set(name, problem);
  if (left !== undefined && !asName(attribute, left, draft)) leave(draft, name, left);
}

/** Most objects are what they should be and are taken as they are: a copy is made when the first difference is met, at this member. */
function own(draft: Draft, at = draft.keys.length): Record<string, Json | undefined> {
  if (draft.kept !== undefined) return draft.kept;
  const { source, keys } = draft;
  const kept: Record<string, Json | undefined> = {};
  for (let before = 0; before < at; before++) {
    const key = keys[before] ?? '';
    kept[key] = source[key];
  }
  draft.kept = kept;
  return kept;
}

function leave(draft: Draft, key: string, member: Json): void {
  (draft.left ??= []).push([key, member]);
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

/** Where values are fitted, and what remains of the one that was. */
interface Fitting {
  readonly run: Conforming;
  readonly depth: number;
  left: Json | undefined;
  problem: string | undefined;
}

/** @returns what is kept. */
function fit(attribute: Attribute, member: Json, fitting: Fitting): Json | undefined {
  if (attribute.list) return fitAll(attribute, isArray(member) ? member : [member], fitting);
  // A list of one where 1.8.0 has no list.
  const only = isArray(member) && member.length === 1 && attribute.type !== 'json_t' ? member[0] : member;
  return only === undefined || only === null ? undefined : fitOne(attribute, only, fitting);
}

/** Elements that do not fit, and what is left of those that do, stand in `left` at their own positions. */
function fitAll(attribute: Attribute, elements: readonly Json[], fitting: Fitting): Json | undefined {
  let kept: Json[] | undefined;
  let left: Json[] | undefined;
  for (let at = 0; at < elements.length; at++) {
    const element = elements[at] ?? null;
    const fitted = element === null ? undefined : fitOne(attribute, element, fitting);
    if (kept === undefined && fitted !== element) kept = elements.slice(0, at);
    if (kept !== undefined && fitted !== undefined) kept.push(fitted);
    fitting.problem = undefined;
    if (fitting.left === undefined) continue;
    left ??= [];
    while (left.length < at) left.push(null);
    left.push(fitting.left);
    fitting.left = undefined;
  }
  fitting.left = left;
  const all = kept ?? elements;
  return all.length === 0 ? undefined : all;
}

function fitOne(attribute: Attribute, member: Json, fitting: Fitting): Json | undefined {
  if (attribute.object === undefined) {
    const scalar = scalarOf(attribute, member);
    if (scalar === undefined) fitting.left = member;
    return scalar;
  }
  const shape = objectShape(attribute.object);
  if (shape === undefined || !isObject(member) || fitting.depth >= MAX_DEPTH) {
    fitting.left = member;
    return undefined;
  }
  const { kept, left, problem } = conform(member, shape, fitting.run, fitting.depth + 1);
  fitting.problem = problem;
  if (problem === undefined) fitting.left = left;
  else if (!isEmpty(member)) fitting.left = member;
  // Parquet writes every column there is, most of them empty.
  return problem === undefined && hasMembers(kept) ? kept : undefined;
}

function hasMembers(node: JsonObject): boolean {
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
function captioned(attribute: Shape['captioned'][number], draft: Draft, run: Conforming): void {
  const { name, caption } = attribute;
  const id = draft.source[name] ?? undefined;
  const word = draft.source[caption] ?? undefined;
  if ((id === undefined && word === undefined) || !isAllowed(attribute, run)) return;
  const found = ids(attribute, id, word);
  const kept = own(draft);
  if (found.id !== undefined) kept[name] = found.id;
  if (found.caption !== undefined) kept[caption] = found.caption;
  if (found.leftId !== undefined) leave(draft, name, found.leftId);
  if (found.leftCaption !== undefined) leave(draft, caption, found.leftCaption);
}

/** Ids that are required become Unknown (0), which says what is known: nothing. */
function problemOf(draft: Draft): string | undefined {
  const { shape } = draft;
  for (const { name, captions, type, list } of shape.required) {
    if ((draft.kept ?? draft.source)[name] !== undefined) continue;
    if (type !== 'integer_t' || captions?.['0'] === undefined) return pathOf(name, draft);
    own(draft)[name] = list ? [0] : 0;
  }
  const kept = draft.kept ?? draft.source;
  if (shape.any.length > 0 && !shape.any.some((path) => has(kept, path))) {
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

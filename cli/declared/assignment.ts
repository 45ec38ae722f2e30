// One line of a declared source: an OCSF attribute and where its value comes from. https://schema.ocsf.io/1.8.0
import type { Assignment, Scalar, TimeFormat } from '../../shared/declared/plan.ts';
import { timeReader } from '../../shared/declared/times.ts';
import { converter, OTHER } from '../../shared/declared/values.ts';
import type { Json } from '../../shared/model.ts';
import type { Problem } from '../yaml-file.ts';
import { found } from '../similar.ts';
import { attributeAt, listAt, type Attribute, type ClassSchema, type Need } from './attributes.ts';
import { lacking } from './lacking.ts';
import { pathsOf, type FieldNames } from './fields.ts';
import type { Attributes, Given, GivenMore } from './file.ts';

export interface Target {
  readonly schema: ClassSchema;
  readonly profiles: readonly string[];
  readonly fields: FieldNames;
}

/** One entry of the file. */
export interface Entry {
  /** In the file. */
  readonly path: readonly string[];
  /** In the event. */
  readonly to: readonly string[];
  readonly given: Given;
}

export interface Made {
  readonly assignments: readonly Assignment[];
  readonly needs: Readonly<Record<string, Need>>;
  readonly problems: readonly Problem[];
}

export function entriesOf(attributes: Attributes, path: readonly string[]): readonly Entry[] {
  return Object.entries(attributes).map(([name, given]) => ({ path: [...path, name], to: name.split('.'), given }));
}

/** All that fill one event, or one object of a list. */
export function assignmentsOf(entries: readonly Entry[], target: Target): Made {
  const made = entries.map((entry) => assignmentOf(entry, target));
  return {
    assignments: made.flatMap(({ assignments }) => assignments),
    needs: Object.assign({}, ...made.map(({ needs }) => needs)) as Record<string, Need>,
    problems: [...made.flatMap(({ problems }) => problems), ...repeated(entries, made)],
  };
}

/** The same attribute under two names: `status` and `attributes.status_id`. */
function* repeated(entries: readonly Entry[], made: readonly Made[]): Generator<Problem> {
  const seen = new Map<string, string>();
  for (const [at, { path }] of entries.entries()) {
    const to = made[at]?.assignments[0]?.to.join('.');
    if (to === undefined) continue;
    const other = seen.get(to);
    if (other !== undefined) yield { path, message: `is said already, as ${other}` };
    seen.set(to, path.join('.'));
  }
}

/** Attributes that the engine sets, or that have a place of their own in the file. */
const TAKEN = /^(?:metadata\.(?:uid|version|product|profiles|original_time)|(?:class|category|type)_uid|observables|unmapped)(?:\.|$)/;

function assignmentOf(entry: Entry, target: Target): Made {
  const problems: Problem[] = [];
  const more = moreOf(entry.given);
  if (TAKEN.test(entry.to.join('.'))) {
    return { assignments: [], needs: {}, problems: [{ path: entry.path, message: 'is set by Strongroom itself; take it out' }] };
  }
  const made = more.each === undefined ? valueOf(more, { entry, target, problems }) : listOf(more, { entry, target, problems });
  return made === undefined || problems.length > 0
    ? { assignments: [], needs: made?.needs ?? {}, problems }
    : { assignments: [made.assignment], needs: made.needs, problems };
}

function moreOf(given: Given): GivenMore {
  return typeof given === 'string' || isList(given) ? { from: given } : given;
}

function isList(given: Given): given is readonly string[] {
  return Array.isArray(given);
}

interface Work {
  readonly entry: Entry;
  readonly target: Target;
  /** Where what is wrong is put. */
  readonly problems: Problem[];
}

interface One {
  readonly assignment: Assignment;
  readonly needs: Readonly<Record<string, Need>>;
}

function listOf({ each = [], attributes, ...others }: GivenMore, { entry, target, problems }: Work): One | undefined {
  const { path, to } = entry;
  const list = listAt(target.schema, to);
  if (typeof list === 'string') {
    problems.push({ path, message: list });
    return undefined;
  }
  if (attributes === undefined) problems.push({ path, message: 'lacks attributes: what each element becomes' });
  const [other] = Object.keys(others);
  if (other !== undefined) problems.push({ path: [...path, other], message: 'does not go with each' });
  const inside = [...path, 'attributes'];
  const entries = entriesOf(attributes ?? {}, inside);
  const made = assignmentsOf(entries, { ...target, schema: list.elements, fields: { isFlat: false, known: undefined } });
  const needs = { ...made.needs, '': list.needed };
  problems.push(...profileProblems(list.profiles, target, path), ...made.problems);
  if (made.problems.length === 0) problems.push(...lacking(made.assignments, needs, { path: inside, what: list.elements.what, entries }));
  const from = pathsOf(each, target.fields, { path: [...path, 'each'], problems });
  const assignment: Assignment = { to: list.to, from, type: 'json', each: { assignments: made.assignments, needs } };
  return { assignment, needs: list.needs };
}

function valueOf(more: GivenMore, { entry, target, problems }: Work): One | undefined {
  const { path, to } = entry;
  const attribute = attributeAt(target.schema, to);
  if (typeof attribute === 'string') {
    problems.push({ path, message: attribute });
    return undefined;
  }
  problems.push(...profileProblems(attribute.profiles, target, path), ...shapeProblems(more, attribute, path));
  const from = more.from === undefined ? [] : pathsOf(more.from, target.fields, { path: [...path, 'from'], problems });
  const time = timeOf(more, attribute, { path, problems });
  const base: Assignment = { to: attribute.to, from, join: more.join, type: attribute.type, isList: attribute.isList, time };
  const known = (said: Scalar, key: readonly string[]): Scalar | undefined => {
    const meant = allowed(said, attribute);
    if (meant === undefined) problems.push({ path: [...path, ...key], message: expected(attribute, said) });
    return meant;
  };
  const map = mapOf(more, attribute, known);
  const fixed = fixedOf(more, attribute, known);
  if ([fixed].flat().includes(OTHER) && attribute.caption !== undefined) {
    problems.push({ path, message: `is Other, and nothing says what else; take it from a field, which ${attribute.caption} then keeps` });
  }
  return {
    needs: attribute.needs,
    assignment: {
      ...base,
      ...(map ?? limitsOf(attribute)),
      fixed: fixed ?? unknownOf(to),
      isFallback: more.fallback === undefined ? undefined : true,
      word: wordOf(attribute, to),
    },
  };
}

function profileProblems(wanted: readonly (readonly string[])[], { profiles }: Target, path: readonly string[]): readonly Problem[] {
  const lacks = wanted.find((names) => !names.some((name) => profiles.includes(name)));
  return lacks === undefined ? [] : [{ path, message: `belongs to profile ${lacks.join(' or ')}; name it under profiles` }];
}

/** What does not go together, whatever the values are. */
function* shapeProblems(more: GivenMore, attribute: Attribute, path: readonly string[]): Generator<Problem> {
  const ways = (['from', 'value', 'fallback'] as const).filter((key) => more[key] !== undefined);
  if (ways.length !== 1) yield { path, message: 'must have one of from, value and fallback' };
  const lonely = (['map', 'join', 'otherwise', 'format', 'zone'] as const).find((key) => more[key] !== undefined);
  if (ways[0] !== 'from' && lonely !== undefined) yield { path: [...path, lonely], message: `does not go with ${ways[0] ?? 'nothing'}` };
  if (more.attributes !== undefined) yield { path: [...path, 'attributes'], message: 'goes with each, which is not there' };
  if (more.join !== undefined && [more.from ?? []].flat().length < 2) {
    yield { path: [...path, 'join'], message: 'joins several fields; name them under from' };
  }
  const isTime = attribute.type === 'time';
  for (const key of ['format', 'zone'] as const) {
    if (more[key] !== undefined && !isTime) yield { path: [...path, key], message: 'is for times, and the attribute is none' };
  }
  if (more.map !== undefined && isTime) yield { path: [...path, 'map'], message: 'is of no use: the attribute is a time' };
}

function timeOf(
  { format = 'iso', zone }: GivenMore,
  { type }: Attribute,
  { path, problems }: { readonly path: readonly string[]; readonly problems: Problem[] },
): TimeFormat | undefined {
  if (type !== 'time') return undefined;
  const formats = [format].flat();
  try {
    if (zone !== undefined) timeReader({ formats: ['iso'], zone });
  } catch (error) {
    problems.push({ path: [...path, 'zone'], message: wordsOf(error) });
    return undefined;
  }
  for (const [at, one] of formats.entries()) {
    try {
      timeReader({ formats: [one], zone });
    } catch (error) {
      problems.push({
        path: [...path, 'format', ...(typeof format === 'string' ? [] : [String(at)])],
        message: `${wordsOf(error)} (found "${one}")`,
      });
    }
  }
  return problems.length === 0 ? { formats, zone } : undefined;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Limits = Pick<Assignment, 'type' | 'isList' | 'minimum' | 'maximum' | 'longest' | 'pattern' | 'values'>;

function limitsOf({ type, isList, minimum, maximum, longest, pattern, values }: Attribute): Limits {
  return { type, isList, minimum, maximum, longest, pattern, values };
}

function hasOther({ captions, caption }: Attribute): boolean {
  return caption !== undefined && [...captions.values()].includes(OTHER);
}

function wordOf(attribute: Attribute, to: readonly string[]): readonly string[] | undefined {
  if (attribute.type === 'time') return to.length === 1 && to[0] === 'time' ? ['metadata', 'original_time'] : undefined;
  return attribute.caption === undefined || !hasOther(attribute) ? undefined : [...attribute.to.slice(0, -1), attribute.caption];
}

type Known = (said: Scalar, key: readonly string[]) => Scalar | undefined;

/** @returns undefined where values are taken as they are. An id takes its captions where nothing else is said. */
function mapOf(
  { from, map, otherwise }: GivenMore,
  attribute: Attribute,
  known: Known,
): Pick<Assignment, 'map' | 'otherwise' | 'captions'> | undefined {
  const isId = attribute.captions.size > 0;
  if (from === undefined || (map === undefined && !isId)) return undefined;
  const other = hasOther(attribute) ? OTHER : undefined;
  const rest = otherwise === undefined ? other : known(otherwise, ['otherwise']);
  if (map === undefined) return { captions: Object.fromEntries(attribute.captions), otherwise: rest };
  const table = Object.entries(map).map(([raw, said]) => [raw, known(said, ['map', raw]) ?? said] as const);
  const set = new Set<unknown>([...table.map(([, meant]) => meant), rest]);
  const captions = [...attribute.captions].filter(([, id]) => set.has(id));
  return { map: Object.fromEntries(table), captions: isId ? Object.fromEntries(captions) : undefined, otherwise: rest };
}

/** @returns what is set where no field has a value: 99 stands for a word, and there is none. */
function fixedOf(more: GivenMore, attribute: Attribute, known: Known): Json | undefined {
  const key = (['value', 'fallback', 'otherwise'] as const).find((one) => more[one] !== undefined);
  const said = key === undefined ? undefined : more[key];
  const meant = key === undefined || said === undefined ? undefined : known(said, [key]);
  if (meant === undefined) return undefined;
  if (meant === OTHER && key === 'otherwise' && attribute.values?.includes(0) === true) return 0;
  return converter({ ...limitsOf(attribute), to: [], from: [] })(meant, 0)?.value;
}

/** What every event must have, and a record need not say. */
function unknownOf(to: readonly string[]): Json | undefined {
  return to.length === 1 && (to[0] === 'activity_id' || to[0] === 'severity_id') ? 0 : undefined;
}

/** @returns the value as the event has it, a caption as its id; undefined where it is none. */
function allowed(said: Scalar, attribute: Attribute): Scalar | undefined {
  const meant = typeof said === 'string' ? (idOf(said, attribute) ?? said) : said;
  const isText = attribute.type === 'text' || attribute.type === 'ip';
  // A number in text is a slip of the pen where a number is asked for, and the other way round.
  if (attribute.type !== 'time' && isText !== (typeof meant === 'string') && attribute.type !== 'json') return undefined;
  const converted = converter({ ...limitsOf(attribute), isList: undefined, to: [], from: [] })(meant, 0);
  return converted === undefined ? undefined : meant;
}

/** Captions may be written in any case. */
function idOf(said: string, { captions }: Attribute): number | undefined {
  return [...captions].find(([caption]) => caption.toLowerCase() === said.toLowerCase())?.[1];
}

function expected({ type, values, captions, minimum, maximum }: Attribute, said: Scalar): string {
  const names = captions.size > 0 ? [...captions.keys()] : values?.map(String);
  if (names !== undefined) return `must be ${names.join(', ')} ${found(String(said), names)}`;
  const bounds = type === 'integer' && minimum !== undefined ? ` from ${minimum} to ${maximum ?? ''}` : '';
  return `must be a value of type ${type}${bounds} (found ${JSON.stringify(said)})`;
}

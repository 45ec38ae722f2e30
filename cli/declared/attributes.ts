// What OCSF says of an attribute: schemas/ocsf/<uid>-<class>.json, made by tools/ocsf-schemas.ts. https://schema.ocsf.io/1.8.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assignment, Needs, ValueType } from '../../shared/declared/plan.ts';
import type { JsonObject } from '../../shared/model.ts';
import type { OcsfClass } from '../../shared/ocsf/classes.ts';
import { FULL_FORM_DATA, type FullFormTable } from '../../shared/ocsf/full.ts';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { found } from '../similar.ts';

/** A class, or the objects of a list in it. */
export interface ClassSchema {
  readonly what: string;
  /** What its own attributes are in. */
  readonly node: JsonObject;
  readonly table: FullFormTable | undefined;
  /** The whole file. */
  readonly root: JsonObject;
}

/** What is known of a place in the event, on the way to it. */
interface Place {
  /** As Assignment.to has it. */
  readonly to: readonly string[];
  /** The event must carry one of each. */
  readonly profiles: readonly (readonly string[])[];
  /** What OCSF asks of the objects on the way, by their path. */
  readonly needs: Readonly<Record<string, Need>>;
}

/** An attribute with a value of its own. */
export interface Attribute extends Place, Pick<Assignment, 'type' | 'isList' | 'minimum' | 'maximum' | 'values' | 'pattern' | 'longest'> {
  /** By caption, for an id. */
  readonly captions: ReadonlyMap<string, number>;
  /** Attribute beside an id that takes its caption. */
  readonly caption: string | undefined;
}

/** A list of objects. */
export interface ListAttribute extends Place {
  readonly elements: ClassSchema;
  /** What OCSF asks of each. */
  readonly needed: Need;
}

/** What an object must have. */
export interface Need extends Needs {
  /** Of `anyOf`, one only. */
  readonly isExclusive: boolean;
}

const SCHEMAS = join(import.meta.dirname, '../../schemas/ocsf');

export function classSchema(cls: OcsfClass): ClassSchema {
  const parsed: unknown = JSON.parse(readFileSync(join(SCHEMAS, `${cls.uid}-${cls.name}.json`), 'utf8'));
  const root = object(parsed) ?? {};
  return { what: `class ${cls.name}`, node: root, table: FULL_FORM_DATA.classes[cls.uid], root };
}

/** @returns the attribute, or what is wrong with the path. */
export function attributeAt(schema: ClassSchema, path: readonly string[]): Attribute | string {
  const member = memberAt(schema, path);
  return typeof member === 'string' ? member : leafOf(member);
}

/** @returns the list of objects, or what is wrong with the path. */
export function listAt(schema: ClassSchema, path: readonly string[]): ListAttribute | string {
  const member = memberAt(schema, path);
  if (typeof member === 'string') return member;
  const { node, place, entry, isList } = member;
  if (!isList || !hasMembers(node)) return 'is no list of objects and cannot have each';
  const table = objectTable(entry);
  return { ...place, needed: needsOf(node), elements: { what: `an object of ${path.join('.')}`, node, table, root: schema.root } };
}

interface Found {
  readonly node: JsonObject;
  readonly place: Place;
  readonly entry: FullFormTable[string] | undefined;
  readonly isList: boolean;
  /** It takes the caption of this id beside it. */
  readonly captionOf: string | undefined;
}

const INDEX = /^\d{1,2}$/;

function memberAt(schema: ClassSchema, path: readonly string[]): Found | string {
  const names = [...path];
  let { node, table } = schema;
  const to: string[] = [];
  const profiles: (readonly string[])[] = [];
  const needs: Record<string, Need> = {};
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const member = memberOf(node, name);
    if (member === undefined) return unknown(schema, path.slice(0, path.length - names.length - 1), { node, name });
    const deprecated = text(member['x-deprecated']);
    if (deprecated !== undefined) return `is deprecated ${deprecated}`;
    profiles.push(textsOf(member['x-profiles']));
    to.push(name);
    const isList = member['type'] === 'array';
    const entry = table?.[name];
    node = resolved(schema.root, isList ? (object(member['items']) ?? {}) : member);
    if (names.length === 0) {
      const place = { to, profiles: profiles.filter((some) => some.length > 0), needs };
      return { node, place, entry, isList, captionOf: idOf(name, table) };
    }
    // The first object of a list goes without its number.
    if (isList && hasMembers(node)) to.push(INDEX.test(names[0] ?? '') ? (names.shift() ?? '') : '0');
    table = objectTable(entry);
    needs[to.join('.')] = needsOf(node);
  }
  return 'names nothing; an object of a list has attributes';
}

function objectTable(entry: FullFormTable[string] | undefined): FullFormTable | undefined {
  return entry?.object === undefined ? undefined : FULL_FORM_DATA.objects[entry.object];
}

/** @returns the id that this is the caption of. */
function idOf(name: string, table: FullFormTable = {}): string | undefined {
  return Object.entries(table).find(([, { caption }]) => caption === name)?.[0];
}

function memberOf(node: JsonObject, name: string): JsonObject | undefined {
  const members = object(node['properties']);
  return members !== undefined && Object.hasOwn(members, name) ? object(members[name]) : undefined;
}

function unknown(
  { what }: ClassSchema,
  path: readonly string[],
  { node, name }: { readonly node: JsonObject; readonly name: string },
): string {
  if (!hasMembers(node)) return `${path.join('.')} is no object and has no ${name}`;
  const known = Object.entries(object(node['properties']) ?? {}).filter(([, member]) => object(member)?.['x-deprecated'] === undefined);
  const names = known.map(([one]) => one);
  return `${path.length === 0 ? what : path.join('.')} has no such attribute ${found(name, names)}; it has ${names.join(', ')}`;
}

function resolved(root: JsonObject, member: JsonObject): JsonObject {
  const name = text(member['$ref'])?.replace('#/$defs/', '');
  return name === undefined ? member : (object(object(root['$defs'])?.[name]) ?? {});
}

function hasMembers(node: JsonObject): boolean {
  return Object.keys(object(node['properties']) ?? {}).length > 0;
}

function leafOf({ node, place, entry, isList, captionOf }: Found): Attribute | string {
  if (hasMembers(node)) {
    const names = Object.keys(object(node['properties']) ?? {}).join(', ');
    return `is ${isList ? 'a list of objects' : 'an object'}; name one of its attributes: ${names}`;
  }
  if (captionOf !== undefined) return `is set beside ${captionOf}, where that is Other; map ${captionOf} instead`;
  const captions = Object.entries(FULL_FORM_DATA.captions[entry?.captions ?? -1] ?? {});
  return {
    ...place,
    type: typeOf(node),
    isList: isList ? true : undefined,
    minimum: numberOf(node['minimum']),
    maximum: numberOf(node['maximum']),
    longest: numberOf(node['maxLength']),
    pattern: text(node['pattern']),
    values: isArray(node['enum']) ? node['enum'].filter((one) => typeof one === 'number' || typeof one === 'string') : undefined,
    captions: new Map(captions.map(([id, caption]) => [caption, Number(id)])),
    caption: entry?.caption,
  };
}

/** In these schemas a bounded integer is a time in ms. */
const MIN_TIME = Date.UTC(2000, 0, 1);

function typeOf(node: JsonObject): ValueType {
  const type = node['type'];
  if (type === 'string') return JSON.stringify(node).includes('"ipv4"') ? 'ip' : 'text';
  if (type === 'integer') return node['minimum'] === MIN_TIME ? 'time' : 'integer';
  return type === 'number' || type === 'boolean' || type === 'object' ? type : 'json';
}

/** What the event itself, or an object of it, must have. */
export function needsOf(node: JsonObject): Need {
  const isExclusive = isArray(node['oneOf']);
  const sets = isArray(node['oneOf']) ? node['oneOf'] : isArray(node['anyOf']) ? node['anyOf'] : [];
  const anyOf = sets.map((one) => textsOf(isObject(one) ? one['required'] : undefined));
  return { required: textsOf(node['required']), anyOf: anyOf.filter((names) => names.length > 0), isExclusive };
}

/** What OCSF says of profiles: which a class may have, and which attributes an event must have that carries one. */
export function profilesOf({ root }: ClassSchema): {
  readonly known: readonly string[];
  readonly required: ReadonlyMap<string, readonly string[]>;
} {
  const rules = isArray(root['allOf']) ? root['allOf'].filter(isObject) : [];
  const required = new Map<string, readonly string[]>();
  let known: readonly string[] = [];
  for (const rule of rules) {
    const profiles = object(metadataOf(rule)?.['profiles']);
    known = profiles === undefined ? known : textsOf(object(profiles['items'])?.['enum']);
    const wanted = text(object(object(metadataOf(object(rule['if']) ?? {})?.['profiles'])?.['contains'])?.['const']);
    if (wanted !== undefined) required.set(wanted, textsOf(object(rule['then'])?.['required']));
  }
  return { known, required };
}

function metadataOf(rule: JsonObject): JsonObject | undefined {
  return object(object(object(rule['properties'])?.['metadata'])?.['properties']);
}

function textsOf(candidate: unknown): readonly string[] {
  return isArray(candidate) ? candidate.filter((one) => typeof one === 'string') : [];
}

function numberOf(candidate: unknown): number | undefined {
  return typeof candidate === 'number' ? candidate : undefined;
}

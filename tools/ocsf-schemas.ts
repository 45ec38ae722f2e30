// https://schema.ocsf.io/1.8.0: makes schemas/ocsf/ and the data of shared/ocsf/full.ts and shape.ts from a folder with the published OCSF
// schemas: schema-compiled.json (the compiled schema) and jsonschema/<class uid>_<class name>.json (its JSON Schema export).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FullFormData, FullFormTable } from '../shared/ocsf/full.ts';
import { OCSF_CLASSES, OCSF_VERSION, type OcsfClass } from '../shared/ocsf/classes.ts';
import { shapeData } from './ocsf-shapes.ts';

export interface GeneratedFile {
  /** Relative to the project. */
  readonly path: string;
  readonly content: string;
}

export interface Attribute {
  readonly type: string;
  readonly is_array?: boolean;
  readonly object_type?: string;
  readonly requirement: string;
  readonly profiles?: readonly string[] | null;
  readonly sibling?: string;
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>;
  readonly observable?: number;
  readonly '@deprecated'?: { readonly message: string; readonly since: string };
}
export interface Item {
  readonly uid?: number;
  readonly name?: string;
  readonly category_uid?: number;
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] } | null;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly observable?: number;
  readonly profiles?: readonly string[];
}
interface Type {
  readonly regex?: string;
  readonly range?: readonly [number, number];
  readonly observable?: number;
}
export interface Compiled {
  readonly version: string;
  readonly classes: Readonly<Record<string, Item>>;
  readonly objects: Readonly<Record<string, Item>>;
  readonly dictionary: { readonly types: { readonly attributes: Readonly<Record<string, Type>> } };
}

/** The part of JSON Schema draft-07 that the export uses. */
interface Schema {
  readonly [keyword: string]: unknown;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const MIN_TIME = Date.UTC(2000, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1) - 1;

/**
 * @param folder with the published OCSF schemas.
 * @returns schemas/ocsf/<uid>-<name>.json for every class in shared/ocsf/classes.ts; captions.json and shapes.json in shared/ocsf/generated, for
 * all classes.
 * @throws Error where the folder holds another version, or lacks a class.
 */
export function ocsfFiles(folder: string): GeneratedFile[] {
  const compiled = JSON.parse(readFileSync(join(folder, 'schema-compiled.json'), 'utf8')) as Compiled;
  if (compiled.version !== OCSF_VERSION) {
    throw new Error(`${folder}: holds OCSF ${compiled.version}, classes.ts says ${OCSF_VERSION}; take the folder of that version`);
  }
  const schemas = OCSF_CLASSES.map((cls) => {
    const exported = JSON.parse(readFileSync(join(folder, 'jsonschema', `${cls.uid}_${cls.name}.json`), 'utf8')) as Schema;
    return { path: `schemas/ocsf/${cls.uid}-${cls.name}.json`, content: oneLinePerMember(classSchema(cls, exported, compiled)) };
  });
  const captions = createCaptions();
  const fullForm = fullFormData(compiled, captions.positionOf);
  const shapes = shapeData(compiled, captions.positionOf);
  return [
    ...schemas,
    { path: 'shared/ocsf/generated/captions.json', content: oneLinePerMember({ ...fullForm, captions: captions.tables }) },
    { path: 'shared/ocsf/generated/shapes.json', content: oneLinePerMember(shapes) },
  ];
}

type Values = NonNullable<Attribute['enum']>;

/** Each table of captions once, however many attributes use it. */
function createCaptions() {
  const tables: Record<string, string>[] = [];
  const positions = new Map<string, number>();
  return {
    tables,
    positionOf: (values: Values): number => {
      const table = Object.fromEntries(Object.entries(values).map(([id, { caption }]) => [id, caption]));
      const key = JSON.stringify(table);
      const position = positions.get(key) ?? tables.push(table) - 1;
      positions.set(key, position);
      return position;
    },
  };
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T {
  const found = table[name];
  if (found === undefined) throw new Error(`the OCSF schema has no ${name}`);
  return found;
}

function classSchema(cls: OcsfClass, exported: Schema, compiled: Compiled): Schema {
  const item = lookUp(compiled.classes, cls.name);
  const { $defs = {}, required = [], properties, ...rest } = exported;
  const annotated = annotate({ properties, required: required.filter((name) => !ofProfile(item, name)) }, item, compiled);
  const rules = [ourRules(item), ...profileRules(required, item)];
  const body: Schema = { ...rest, $id: `urn:strongroom:ocsf:${OCSF_VERSION}:${cls.name}`, ...annotated, allOf: rules };
  const defs = Object.entries($defs).map(([name, def]) => [name, annotate(def, objectNamed(name, compiled), compiled)] as const);
  return { ...body, $defs: reachable(body, Object.fromEntries(defs)) };
}

/** The export writes objects of an extension (`win/reg_key`) as `win_reg_key`. */
function objectNamed(name: string, compiled: Compiled): Item {
  return compiled.objects[name] ?? lookUp(compiled.objects, name.replace('_', '/'));
}

function ofProfile(item: Item, name: string): boolean {
  return (lookUp(item.attributes, name).profiles ?? []).length > 0;
}

/** What every event of ours has beyond what OCSF demands. */
function ourRules(item: Item): Schema {
  const types = Object.keys(lookUp(item.attributes, 'type_uid').enum ?? {}).map(Number);
  const profiles = { items: { enum: [...(item.profiles ?? [])].sort() } };
  const product = { required: ['name', 'vendor_name'] };
  const metadata = { required: ['uid'], properties: { version: { const: OCSF_VERSION }, profiles, product } };
  return { properties: { type_uid: { enum: types.sort((a, b) => a - b) }, metadata } };
}

/** The export merges all profiles into the class: what a profile requires is required only where the event names the profile. */
function profileRules(required: readonly string[], item: Item): Schema[] {
  return (item.profiles ?? []).flatMap((profile) => {
    const names = required.filter((name) => lookUp(item.attributes, name).profiles?.includes(profile));
    if (names.length === 0) return [];
    const named = { required: ['profiles'], properties: { profiles: { contains: { const: profile } } } };
    return [{ if: { properties: { metadata: named } }, then: { required: names } }];
  });
}

function annotate(schema: Schema, item: Item, compiled: Compiled): Schema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const attribute = lookUp(item.attributes, name);
    const typed = withTypeRules(property, attribute, compiled);
    return [name, { ...typed, ...annotations(attribute) }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

function annotations(attribute: Attribute): Schema {
  const { profiles, '@deprecated': deprecated } = attribute;
  return {
    ...((profiles ?? []).length === 0 ? {} : { 'x-profiles': profiles }),
    ...(deprecated === undefined ? {} : { 'x-deprecated': `since ${deprecated.since}: ${plain(deprecated.message)}` }),
  };
}

function plain(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function withTypeRules(property: Schema, attribute: Attribute, compiled: Compiled): Schema {
  const rules = typeRules(attribute, compiled);
  return attribute.is_array === true ? { ...property, items: { ...property.items, ...rules } } : { ...property, ...rules };
}

function typeRules(attribute: Attribute, compiled: Compiled): Schema {
  // A pattern for addresses accepts what is none (`192.0.2x1`): the formats do not.
  if (attribute.type === 'ip_t') return { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] };
  if (attribute.type === 'timestamp_t') return { minimum: MIN_TIME, maximum: MAX_TIME };
  const type = compiled.dictionary.types.attributes[attribute.type];
  if (type?.range !== undefined) return { minimum: type.range[0], maximum: type.range[1] };
  return type?.regex === undefined ? {} : { pattern: type.regex };
}

function reachable(body: Schema, defs: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const seen = new Set<string>();
  const queue: Schema[] = [body];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const property of Object.values(next.properties ?? {})) {
      const reference = property['$ref'] ?? property.items?.['$ref'];
      if (typeof reference !== 'string') continue;
      const name = reference.slice('#/$defs/'.length);
      if (seen.has(name)) continue;
      seen.add(name);
      queue.push(lookUp(defs, name));
    }
  }
  return Object.fromEntries([...seen].sort().map((name) => [name, lookUp(defs, name)]));
}

function fullFormData(compiled: Compiled, captionsOf: (values: Values) => number): Omit<FullFormData, 'captions'> {
  const objects: Record<string, FullFormTable> = {};
  const classes: Record<string, FullFormTable> = {};
  const queue: string[] = [];
  function tableOf(item: Item): FullFormTable {
    const entries = Object.entries(item.attributes)
      .filter(([name]) => name !== 'observables')
      .map(([name, attribute]) => [name, fullFormAttribute(attribute, compiled, captionsOf)] as const);
    queue.push(...entries.flatMap(([, { object }]) => object ?? []));
    return Object.fromEntries(entries.filter(([, attribute]) => Object.keys(attribute).length > 0));
  }
  for (const cls of Object.values(compiled.classes)) classes[String(cls.uid)] = tableOf(cls);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) objects[name] ??= tableOf(lookUp(compiled.objects, name));
  const sorted = Object.fromEntries(Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1)));
  const types = lookUp(lookUp(compiled.objects, 'observable').attributes, 'type_id').enum ?? {};
  return {
    classes,
    objects: sorted,
    observables: Object.fromEntries(Object.entries(types).map(([id, { caption }]) => [id, caption])),
  };
}

function fullFormAttribute(attribute: Attribute, compiled: Compiled, captionsOf: (values: Values) => number): FullFormTable[string] {
  const { type, object_type: object, sibling, enum: values } = attribute;
  const inherited =
    object === undefined ? compiled.dictionary.types.attributes[type]?.observable : lookUp(compiled.objects, object).observable;
  const observable = attribute.observable ?? inherited;
  return {
    ...(object === undefined || Object.keys(lookUp(compiled.objects, object).attributes).length === 0 ? {} : { object }),
    ...(sibling === undefined || values === undefined ? {} : { caption: sibling, captions: captionsOf(values) }),
    ...(observable === undefined ? {} : { observable }),
  };
}

/** JSON with one line per member down to the second level: short enough to keep, long enough to read as a diff. */
function oneLinePerMember(data: object): string {
  const lines = Object.entries(data).map(([name, member]: [string, unknown]) => `${JSON.stringify(name)}: ${block(member)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function block(member: unknown): string {
  if (typeof member !== 'object' || member === null) return JSON.stringify(member);
  const isList = Array.isArray(member);
  const lines = Object.entries(member).map(
    ([name, part]: [string, unknown]) => (isList ? '' : `${JSON.stringify(name)}: `) + JSON.stringify(part),
  );
  if (lines.length === 0 || (isList && member.every((part) => typeof part !== 'object'))) return JSON.stringify(member);
  return isList ? `[\n${lines.join(',\n')}\n]` : `{\n${lines.join(',\n')}\n}`;
}

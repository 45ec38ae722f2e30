// JSON Schema of any class, from shared/ocsf/generated/shapes.json: for classes that schemas/ocsf has not. shapes.test.ts holds it against those it has.
import type { SchemaObject } from 'ajv';
import { FULL_FORM_DATA } from '../shared/ocsf/full.ts';
import { SHAPE_DATA, type ShapeEntry, type ShapeTable } from '../shared/ocsf/shape.ts';

const MIN_TIME = Date.UTC(2000, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1) - 1;

const SCALARS: Readonly<Record<string, SchemaObject>> = {
  string_t: { type: 'string' },
  integer_t: { type: 'integer' },
  boolean_t: { type: 'boolean' },
  float_t: { type: 'number' },
  json_t: {},
  object: { type: 'object' },
  timestamp_t: { type: 'integer', minimum: MIN_TIME, maximum: MAX_TIME },
  port_t: { type: 'integer', minimum: 0, maximum: 65_535 },
  ip_t: { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
};

/** @returns undefined if OCSF has no such class. */
export function classSchemaOf(uid: number): SchemaObject | undefined {
  const raw = SHAPE_DATA.classes[String(uid)];
  if (raw === undefined) return undefined;
  const attributes = { ...SHAPE_DATA.classes['0']?.attributes, ...raw.attributes };
  const profiles = { items: { enum: raw.profiles } };
  const metadata = {
    required: ['uid'],
    properties: { version: { const: '1.8.0' }, profiles, product: { required: ['name', 'vendor_name'] } },
  };
  const body = schemaOf({ ...raw, attributes });
  const ours = { properties: { class_uid: { const: uid }, category_uid: { const: raw.category }, metadata } };
  return { ...body, allOf: [ours] };
}

const OBJECTS = 'urn:strongroom:ocsf:objects';

/** The objects of all classes, which their schemas refer to. */
export function objectSchemas(): SchemaObject {
  return {
    $id: OBJECTS,
    $defs: Object.fromEntries(Object.entries(SHAPE_DATA.objects).map(([name, one]) => [nameOf(name), schemaOf(one)])),
  };
}

function schemaOf({ attributes, any, one }: { attributes: ShapeTable; any?: readonly string[]; one?: readonly string[] }): SchemaObject {
  const required = Object.entries(attributes).filter(
    ([, entry]) => typeof entry !== 'string' && entry.required === true && entry.profiles === undefined,
  );
  return {
    type: 'object',
    additionalProperties: false,
    required: required.map(([name]) => name),
    properties: Object.fromEntries(Object.entries(attributes).map(([name, entry]) => [name, propertyOf(entry)])),
    ...(any === undefined ? {} : { anyOf: any.map(requirementOf) }),
    ...(one === undefined ? {} : { oneOf: one.map(requirementOf) }),
  };
}

/** @param path of attributes, with dots. */
function requirementOf(path: string): SchemaObject {
  const [name = '', ...rest] = path.split('.');
  return { required: [name], ...(rest.length === 0 ? {} : { properties: { [name]: requirementOf(rest.join('.')) } }) };
}

function propertyOf(entry: ShapeEntry): SchemaObject {
  const { type, list, ids, profiles, deprecated } = typeof entry === 'string' ? { type: entry } : entry;
  const captions = ids === undefined ? undefined : FULL_FORM_DATA.captions[ids];
  const values = captions === undefined ? undefined : Object.keys(captions).map((id) => (type === 'integer_t' ? Number(id) : id));
  const known: SchemaObject =
    SCALARS[type] ?? (SHAPE_DATA.objects[type] === undefined ? { type: 'string' } : { $ref: `${OBJECTS}#/$defs/${nameOf(type)}` });
  const scalar = values === undefined ? known : { ...known, enum: values };
  return {
    ...(list === true ? { type: 'array', items: scalar } : scalar),
    ...(profiles === undefined ? {} : { 'x-profiles': profiles }),
    ...(deprecated === true ? { 'x-deprecated': 'in 1.8.0' } : {}),
  };
}

function nameOf(object: string): string {
  return object.replace('/', '_');
}

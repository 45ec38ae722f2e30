// https://schema.ocsf.io/1.8.0: what shared/ocsf/shape.ts knows of every class and object there is, from the compiled schema.
import type { ShapeData, ShapeEntry, ShapeTable } from '../shared/ocsf/shape.ts';
import type { Attribute, Compiled, Item } from './ocsf-schemas.ts';

/** Type names that mean text without rules of its own. */
const PLAIN_TEXT: ReadonlySet<string> = new Set(
  'file_hash_t file_name_t file_path_t hostname_t process_name_t reg_key_path_t resource_uid_t url_t username_t'.split(' '),
);

/** @param captionsOf position of an enum's captions in shared/ocsf/generated/captions.json. */
export function shapeData(compiled: Compiled, captionsOf: (values: NonNullable<Attribute['enum']>) => number): ShapeData {
  const base = tableOf(compiled.classes['base_event']?.attributes ?? {}, captionsOf);
  const classes = Object.values(compiled.classes)
    .sort((a, b) => (a.uid ?? 0) - (b.uid ?? 0))
    .map((item) => {
      const own = tableOf(item.attributes, captionsOf);
      const differing = item.uid === 0 ? own : withoutSame(own, base);
      const shape = { name: nameOf(item), category: item.category_uid ?? 0, profiles: [...(item.profiles ?? [])].sort() };
      return [String(item.uid), { ...shape, ...constraintsOf(item), attributes: differing }] as const;
    });
  const objects = Object.entries(compiled.objects)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [name, { ...constraintsOf(item), attributes: tableOf(item.attributes, captionsOf) }] as const);
  return { classes: Object.fromEntries(classes), objects: Object.fromEntries(objects) };
}

/** The schema calls a class of an extension by both names (`win/registry_key_activity`). */
function nameOf({ name = '' }: Item): string {
  return name.slice(name.indexOf('/') + 1);
}

/** Classes list what differs from the base event; every attribute of that is an attribute of every class. */
function withoutSame(own: ShapeTable, base: ShapeTable): ShapeTable {
  return Object.fromEntries(Object.entries(own).filter(([name, entry]) => JSON.stringify(entry) !== JSON.stringify(base[name])));
}

function constraintsOf({ constraints }: Item): { any?: readonly string[]; one?: readonly string[] } {
  const { at_least_one: any, just_one: one } = constraints ?? {};
  return { ...(any === undefined ? {} : { any }), ...(one === undefined ? {} : { one }) };
}

function tableOf(attributes: Item['attributes'], captionsOf: (values: NonNullable<Attribute['enum']>) => number): ShapeTable {
  const captionFor = new Map(
    Object.entries(attributes).flatMap(([name, { sibling, enum: values }]) =>
      sibling === undefined || values === undefined ? [] : [[sibling, name]],
    ),
  );
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, entryOf(attribute, captionFor.has(name), attributes, captionsOf)]),
  );
}

function entryOf(
  attribute: Attribute,
  isCaption: boolean,
  siblings: Item['attributes'],
  captionsOf: (values: NonNullable<Attribute['enum']>) => number,
): ShapeEntry {
  const { object_type: object, enum: values, sibling, profiles } = attribute;
  const entry = {
    type: object ?? typeOf(attribute.type),
    ...(attribute.is_array === true ? { list: true } : {}),
    ...(attribute.requirement === 'required' ? { required: true } : {}),
    ...(values === undefined ? {} : { ids: captionsOf(values) }),
    ...(sibling === undefined || values === undefined || siblings[sibling] === undefined ? {} : { caption: sibling }),
    ...(isCaption ? { isCaption } : {}),
    ...((profiles ?? []).length === 0 ? {} : { profiles: profiles ?? [] }),
    // A class that was given up itself still requires what it required.
    ...(attribute['@deprecated'] === undefined || attribute.requirement === 'required' ? {} : { deprecated: true }),
  };
  return Object.keys(entry).length === 1 ? entry.type : entry;
}

function typeOf(type: string): string {
  if (PLAIN_TEXT.has(type)) return 'string_t';
  return type === 'long_t' ? 'integer_t' : type;
}

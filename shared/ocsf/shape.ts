// What OCSF 1.8.0 says of every class and object: which attributes there are, of which type, which are required. https://schema.ocsf.io/1.8.0
import { FULL_FORM_DATA } from './full.ts';
import { renamesOf, type Rule } from './renames.ts';
import shapes from './generated/shapes.json' with { type: 'json' };

/** shared/ocsf/generated/shapes.json, made by tools/ocsf-shapes.ts. */
export interface ShapeData {
  /** By class uid. `attributes`: what differs from the base event (0), all of whose attributes every class has. */
  readonly classes: Readonly<
    Record<string, RawShape & { readonly name: string; readonly category: number; readonly profiles: readonly string[] }>
  >;
  readonly objects: Readonly<Record<string, RawShape>>;
}
interface RawShape {
  readonly attributes: ShapeTable;
  /** At least one of these attributes is there. */
  readonly any?: readonly string[];
  /** Exactly one of these attributes is there. */
  readonly one?: readonly string[];
}
export type ShapeTable = Readonly<Record<string, ShapeEntry>>;
/** A type alone, where there is nothing else to say. */
export type ShapeEntry = string | RawAttribute;
interface RawAttribute {
  /** An OCSF type (`integer_t` stands for long_t too), or the name of an object. */
  readonly type: string;
  readonly list?: boolean;
  readonly required?: boolean;
  /** The values it may have: position in the captions of captions.json. */
  readonly ids?: number;
  /** The attribute that takes the caption of this id. */
  readonly caption?: string;
  /** It is the caption of an id. */
  readonly isCaption?: boolean;
  /** It belongs to one of these profiles and not to the class or object itself. */
  readonly profiles?: readonly string[];
  readonly deprecated?: boolean;
}

/** All of them have all members: one shape for the compiler. */
export interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly required: boolean;
  readonly deprecated: boolean;
  readonly profiles: readonly string[] | undefined;
  /** The attribute that takes the caption of this id. */
  readonly caption: string | undefined;
  /** Caption by value, for an attribute with `ids`. */
  readonly captions: Readonly<Record<string, string>> | undefined;
  /** The object's name, if it holds one (or a list of it). */
  readonly object: string | undefined;
  /** It holds one text, whatever it says: most attributes do. */
  readonly isText: boolean;
  /** It is an id with a caption, or the caption: the two are looked at together. */
  readonly isCaptioned: boolean;
  /** Which of the shape's `captioned` it belongs to, as bits. */
  readonly pairs: number;
  /** lift.ts sees to it. */
  readonly isApart: boolean;
}

export interface Shape {
  /** Whose renamed attributes it has (renames.ts): the object's name, `class` for every class. */
  readonly scope: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Attributes that are required whatever the profiles. */
  readonly required: readonly Attribute[];
  /** Ids with a caption beside them. */
  readonly captioned: readonly (Attribute & { readonly caption: string })[];
  /** Those of them that lift.ts sees to, as bits. */
  readonly apart: number;
  /** Attributes it had under other names, which it has not any more. */
  readonly renames: readonly (readonly [string, Rule])[];
  readonly oldNames: ReadonlySet<string>;
  readonly any: readonly string[];
  readonly one: readonly string[];
}

export interface ClassShape extends Shape {
  readonly uid: number;
  readonly name: string;
  readonly category: number;
  readonly profiles: ReadonlySet<string>;
  /** What a profile requires of an event that names it. */
  readonly requiredBy: ReadonlyMap<string, readonly string[]>;
}

export const SHAPE_DATA: ShapeData = shapes;

const classes = new Map<number, ClassShape>();
const objects = new Map<string, Shape>();

/** @returns undefined if OCSF 1.8.0 has no such class. */
export function classShape(uid: number): ClassShape | undefined {
  const known = classes.get(uid);
  if (known !== undefined) return known;
  const raw = SHAPE_DATA.classes[String(uid)];
  if (raw === undefined) return undefined;
  const base = SHAPE_DATA.classes['0']?.attributes ?? {};
  const shape = compile('class', { ...raw, attributes: { ...base, ...raw.attributes } });
  const requiredBy = new Map<string, string[]>();
  for (const { name, required, profiles = [] } of shape.attributes.values()) {
    if (required) for (const profile of profiles) requiredBy.set(profile, [...(requiredBy.get(profile) ?? []), name]);
  }
  const made = { ...shape, uid, name: raw.name, category: raw.category, profiles: new Set(raw.profiles), requiredBy };
  classes.set(uid, made);
  return made;
}

/** @returns undefined for a type that is no object of OCSF's own. */
export function objectShape(name: string): Shape | undefined {
  const known = objects.get(name);
  if (known !== undefined) return known;
  const raw = Object.hasOwn(SHAPE_DATA.objects, name) ? SHAPE_DATA.objects[name] : undefined;
  if (raw === undefined) return undefined;
  const shape = compile(name, raw);
  objects.set(name, shape);
  return shape;
}

/** Of classes: what they are is said once it is known, what the event holds beside its attributes is sorted out at the end. */
const APART: ReadonlySet<string> = new Set(['category_uid', 'class_uid', 'type_uid', 'observables', 'unmapped']);

function compile(scope: string, { attributes: table, any = [], one = [] }: RawShape): Shape {
  const captions = Object.entries(table).flatMap(([name, entry]) =>
    typeof entry === 'string' || entry.caption === undefined || entry.deprecated === true ? [] : [{ name, caption: entry.caption }],
  );
  const attributes = new Map(
    Object.entries(table).map(([name, entry]) => {
      const isApart = scope === 'class' && APART.has(name);
      return [name, { ...attributeOf(name, entry, captions), isApart }] as const;
    }),
  );
  const all = [...attributes.values()].filter(({ deprecated }) => !deprecated);
  const renames = renamesOf(scope).filter(([old]) => attributes.get(old)?.deprecated !== false);
  return {
    scope,
    attributes,
    required: all.filter(({ required, profiles }) => required && profiles === undefined),
    captioned: all.flatMap((attribute) => (attribute.caption === undefined ? [] : [{ ...attribute, caption: attribute.caption }])),
    apart: all.reduce((bits, { isApart, pairs }) => (isApart ? bits | pairs : bits), 0),
    renames,
    oldNames: new Set(renames.map(([old]) => old)),
    any,
    one,
  };
}

/** @param pairs ids of the shape and their captions, in order. */
function attributeOf(name: string, entry: ShapeEntry, pairs: readonly { readonly name: string; readonly caption: string }[]) {
  const raw: RawAttribute = typeof entry === 'string' ? { type: entry } : entry;
  return {
    name,
    type: raw.type,
    list: raw.list === true,
    required: raw.required === true,
    deprecated: raw.deprecated === true,
    profiles: raw.profiles,
    caption: raw.caption,
    captions: raw.ids === undefined ? undefined : FULL_FORM_DATA.captions[raw.ids],
    // The one object without attributes holds anything.
    object: raw.type !== 'object' && Object.hasOwn(SHAPE_DATA.objects, raw.type) ? raw.type : undefined,
    isText: raw.type === 'string_t' && raw.list !== true && raw.ids === undefined,
    isCaptioned: raw.isCaption === true || (raw.caption !== undefined && raw.ids !== undefined),
    pairs: pairs.reduce((bits, pair, at) => (pair.name === name || pair.caption === name ? bits | (1 << at) : bits), 0),
  };
}

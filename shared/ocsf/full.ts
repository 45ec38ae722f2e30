// The full form of an event, for tools that do not know OCSF's numbers: captions beside ids, and the observables.
// https://schema.ocsf.io/1.8.0/objects/observable
// Events travel and are indexed without both: they can be computed from the ids whenever somebody asks. Only observables that no attribute
// tells (addresses of chains, bank accounts: type_id 99) are in every event, from its source.
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import captions from './generated/captions.json' with { type: 'json' };

/** Attributes of a class or object that matter here. */
export type FullFormTable = Readonly<Record<string, FullFormAttribute>>;
export interface FullFormAttribute {
  /** Name of the object the attribute holds (or an array of it). */
  readonly object?: string;
  /** For an id: the attribute that takes its caption, and where in FullFormData.captions the captions stand. */
  readonly caption?: string;
  readonly captions?: number;
  /** Type of observable the attribute is. */
  readonly observable?: number;
}
/** shared/ocsf/generated/captions.json, made by tools/ocsf-schemas.ts. */
export interface FullFormData {
  /** By class uid. */
  readonly classes: Readonly<Record<string, FullFormTable>>;
  readonly objects: Readonly<Record<string, FullFormTable>>;
  /** Caption by id; each table once, however many attributes use it. */
  readonly captions: readonly Readonly<Record<string, string>>[];
  /** Caption by type of observable. */
  readonly observables: Readonly<Record<string, string>>;
}
export interface Observable {
  /** Path of the attribute, `resources[].uid`. */
  readonly name: string;
  readonly type_id: number;
  readonly type: string;
  /** Absent where the attribute is an object. */
  readonly value?: string;
}

export const FULL_FORM_DATA: FullFormData = captions;

/** An event lists at most this many observables: the first ones in the event's own order. */
export const MAX_OBSERVABLES = 256;

/**
 * @returns a copy of the event with the caption of every id that has one (a caption that is there already stays), and its observables.
 * Attributes in `unmapped` are not OCSF's and have neither.
 */
export function fullForm(event: OcsfEvent): OcsfEvent {
  const table = FULL_FORM_DATA.classes[event.class_uid];
  if (table === undefined) return event;
  const observables = observablesOf(event);
  const captioned = withCaptions(event, table);
  return observables.length === 0 ? { ...event, ...captioned } : { ...event, ...captioned, observables };
}

function withCaptions(node: Readonly<Record<string, unknown>>, table: FullFormTable): Record<string, unknown> {
  const full: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(node)) {
    const attribute = table[name];
    full[name] = attribute?.object === undefined ? member : mapObjects(member, attribute.object);
    if (attribute?.caption === undefined || attribute.captions === undefined || node[attribute.caption] !== undefined) continue;
    const caption = captionOf(member, FULL_FORM_DATA.captions[attribute.captions] ?? {});
    if (caption !== undefined) full[attribute.caption] = caption;
  }
  return full;
}

function mapObjects(member: unknown, object: string): unknown {
  const table = FULL_FORM_DATA.objects[object];
  if (table === undefined) return member;
  if (isArray(member)) return member.map((element) => (isObject(element) ? withCaptions(element, table) : element));
  return isObject(member) ? withCaptions(member, table) : member;
}

function captionOf(id: unknown, table: Readonly<Record<string, string>>): string | string[] | undefined {
  if (isArray(id)) return id.map((one) => (typeof one === 'number' ? table[one] : undefined) ?? 'Unknown');
  return typeof id === 'number' ? table[id] : undefined;
}

/**
 * What an analyst would pivot on: what the event lists itself, then addresses, names, users, resources, hashes, as OCSF defines observables;
 * each (name, type, value) once, of the latter as many as make MAX_OBSERVABLES with the former. An object (an endpoint, a user) is listed by
 * name only, its attributes with their values.
 */
export function observablesOf(event: OcsfEvent): Observable[] {
  const table = FULL_FORM_DATA.classes[event.class_uid];
  const found = new Map<string, Observable>();
  const own: unknown = event['observables'];
  if (isArray(own)) for (const observable of own) if (isOwn(observable)) found.set(`${observable.name} ${observable.value}`, observable);
  if (table !== undefined) collect(event, table, '', found);
  return [...found.values()];
}

const OTHER = 99;

function isOwn(candidate: unknown): candidate is Observable & { readonly value: string } {
  return (
    isObject(candidate) &&
    candidate['type_id'] === OTHER &&
    [candidate['name'], candidate['type'], candidate['value']].every((part) => typeof part === 'string')
  );
}

function collect(node: Readonly<Record<string, unknown>>, table: FullFormTable, path: string, found: Map<string, Observable>): void {
  for (const [name, member] of Object.entries(node)) {
    const attribute = table[name];
    if (attribute === undefined || member === undefined) continue;
    const objects = attribute.object === undefined ? undefined : FULL_FORM_DATA.objects[attribute.object];
    const at = isArray(member) ? `${path}${name}[]` : path + name;
    for (const element of isArray(member) ? member : [member]) {
      if (attribute.observable !== undefined) add(at, attribute.observable, element, found);
      if (objects !== undefined && isObject(element)) collect(element, objects, `${at}.`, found);
    }
  }
}

function add(name: string, typeId: number, element: unknown, found: Map<string, Observable>): void {
  if (found.size >= MAX_OBSERVABLES) return;
  const type = FULL_FORM_DATA.observables[typeId] ?? 'Unknown';
  if (isObject(element)) {
    if (Object.keys(element).length > 0) found.set(`${typeId} ${name}`, { name, type_id: typeId, type });
  } else if ((typeof element === 'string' && element !== '') || typeof element === 'number') {
    const value = String(element);
    found.set(`${typeId} ${name} ${value}`, { name, type_id: typeId, type, value });
  }
}

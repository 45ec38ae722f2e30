// How an object of ours is told from one that somebody has made or changed: it carries the digest of its own contents.
// Where it is told: at the end of the description, which people see and Dashboards keeps; an index pattern has none, its `typeMeta` is kept.
// https://docs.opensearch.org/latest/dashboards/management/saved-objects/
import { digest } from '../ids.ts';
import { isArray, isObject, object, parseJson, text } from '../outcome.ts';
import type { SavedObject } from './model.ts';

/** What is read from a server: some of it may be missing. */
export type Stored = Pick<SavedObject, 'type' | 'id' | 'attributes' | 'references'>;

const MARK = / ?\(Strongroom ([\w-]{12})\)$/;
/** Attributes that hold JSON as text: written anew by a server that reads it, in whatever order. */
const JSON_TEXT: ReadonlySet<string> = new Set([
  'visState',
  'uiStateJSON',
  'panelsJSON',
  'optionsJSON',
  'searchSourceJSON',
  'fieldFormatMap',
  'sourceFilters',
  'fields',
]);
/** Not of anybody's making. */
const IGNORED: ReadonlySet<string> = new Set(['version', 'hits', 'typeMeta', 'parsedUrl']);

/** @returns the object with its mark. */
export function marked(made: SavedObject): SavedObject {
  const { type, attributes } = made;
  const mark = digestOf(made);
  const own =
    type === 'index-pattern'
      ? { typeMeta: JSON.stringify({ strongroom: mark }) }
      : { description: `${text(attributes['description']) ?? ''} (Strongroom ${mark})`.trimStart() };
  return { ...made, attributes: { ...attributes, ...own } };
}

/** @returns the digest that the object had when it was made, or undefined where it is none of ours. */
export function markOf({ type, attributes }: Stored): string | undefined {
  if (type === 'index-pattern') return text(object(parseJson(text(attributes['typeMeta']) ?? ''))?.['strongroom']);
  return MARK.exec(text(attributes['description']) ?? '')?.[1];
}

/** @returns the object without its mark: from then on it is its owner's. */
export function unmarked<T extends Stored>(stored: T): T {
  const { typeMeta, description, ...attributes } = stored.attributes;
  const kept = stored.type === 'index-pattern' || typeMeta === undefined ? {} : { typeMeta };
  const told = text(description)?.replace(MARK, '');
  return { ...stored, attributes: { ...attributes, ...kept, ...(told === undefined ? {} : { description: told }) } };
}

/** @returns 12 characters that tell what the object is, whatever Dashboards adds to it and in whatever order it writes it. */
export function digestOf(stored: Stored): string {
  const references = stored.references.map(({ name, type, id }) => `${name} ${type} ${id}`).toSorted();
  return digest(9, stored.type, JSON.stringify(canonical(unmarked(stored).attributes)), JSON.stringify(references));
}

function canonical(node: unknown): unknown {
  if (isArray(node)) return node.map(canonical);
  if (!isObject(node)) return node;
  const members = Object.entries(node)
    .filter(([name, member]) => !IGNORED.has(name) && !isNothing(member))
    .map(([name, member]): [string, unknown] => [name, canonical(opened(name, member))]);
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function isNothing(member: unknown): boolean {
  return member === undefined || member === null || member === '' || member === '{}' || member === '[]';
}

function opened(name: string, member: unknown): unknown {
  const json = JSON_TEXT.has(name) && typeof member === 'string' ? parseJson(member) : undefined;
  if (json === undefined) return member;
  // Dashboards counts in them how often a field is looked at, and reads the rest from the index: what somebody makes is a scripted field.
  return name === 'fields' && isArray(json) ? json.filter((field) => isObject(field) && field['scripted'] === true) : json;
}

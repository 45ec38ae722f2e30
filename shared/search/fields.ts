// Which fields the asked periods can be searched by, from OpenSearch itself, and what is wrong with a term that can find nothing: an unmapped
// field is no error to OpenSearch, it has no hits. https://docs.opensearch.org/latest/api-reference/search-apis/field-caps/
import { ask } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { CLASS_FIELDS, fieldsOf } from '../opensearch/fields.ts';
import { classShape, objectShape, SHAPE_DATA, type Attribute, type Shape } from '../ocsf/shape.ts';
import { isObject, object } from '../outcome.ts';
import type { Term } from './lucene.ts';

/** Type by path: `keyword`, `ip`, `match_only_text`, `long`, `date` … Objects are none. */
export type FieldTypes = ReadonlyMap<string, string>;

/** @param periods patterns with commas between them. */
export async function fieldTypes(client: OpenSearch, periods: string): Promise<FieldTypes> {
  const answer = object(await ask(client, `/${periods}/_field_caps`, { query: { fields: '*' } }));
  const fields = object(answer?.['fields']) ?? {};
  return new Map(
    Object.entries(fields).flatMap(([path, kinds]) => {
      const type = isObject(kinds) ? Object.keys(kinds).find((kind) => kind !== 'object' && kind !== 'nested') : undefined;
      return type === undefined || path.startsWith('_') ? [] : [[path, type] as const];
    }),
  );
}

export function isWords(type: string | undefined): boolean {
  return type === 'match_only_text' || type === 'text';
}

/** Fields that a word without a field is looked for in. */
export function wordFields(types: FieldTypes): readonly string[] {
  return [...types].filter(([, type]) => type === 'keyword' || isWords(type)).map(([path]) => path);
}

/** What a term is silently worth nothing for. @param near says which of the names may have been meant. */
export function warningsOf(terms: readonly Term[], types: FieldTypes, near: Near): readonly string[] {
  return [...new Set(terms.flatMap((term) => warningOf(term, types, near) ?? []))];
}

/** @returns ` (found "x"; did you mean "y"?)` */
export type Near = (name: string, names: readonly string[]) => string;

/** Of OpenSearch's own. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['_id', '_index', '*']);

function warningOf(term: Term, types: FieldTypes, near: Near): string | undefined {
  const path = term.field === '_exists_' ? term.text : term.field;
  if (path === undefined) return wordWarning(term, types);
  if (OWN_FIELDS.has(path) || path === 'metadata.uid') return undefined;
  if (path.includes('*')) return matching(path, types) ? undefined : `no field matches ${path}: it finds nothing`;
  const type = types.get(path);
  if (type !== undefined) return term.field === '_exists_' ? undefined : valueWarning(path, type, term);
  const below = [...types.keys()].filter((name) => name.startsWith(`${path}.`));
  if (below.length > 0) return `${path} is no field but holds some: ${listed(below)}`;
  const ids = idsOf(path);
  if (ids.length > 0) return captionWarning(path, ids, term);
  if (MAPPED.has(path)) return `no event of that time is of a class that has ${path}: it finds nothing`;
  if (isOcsf(path)) return storedWarning(path);
  const names = new Set([...types.keys(), ...MAPPED]);
  const ends = [...names].filter((name) => name.endsWith(`.${path}`));
  const meant = ends.length > 0 ? `did you mean ${listed(ends)}?` : `it finds nothing ${near(path, [...names])}`;
  return ends.length > 0 ? `${path} is no field, it finds nothing: ${meant}` : `${path} is no field: ${meant}`;
}

function wordWarning({ kind, text }: Term, types: FieldTypes): string | undefined {
  if (kind !== 'word') return undefined;
  if (/^(?:and|or|not)$/.test(text)) return `"${text}" is a word that is looked for: the operator is ${text.toUpperCase()}`;
  const [, name, value = ''] = /^([\w.]+)==?(.+)$/.exec(text) ?? [];
  if (name === undefined || !(types.has(name) || MAPPED.has(name))) return undefined;
  return `"${text}" is looked for as it stands: a field and its value are written ${name}:${value}`;
}

function matching(pattern: string, types: FieldTypes): boolean {
  const expression = new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`);
  return [...types.keys()].some((path) => expression.test(path));
}

function literally(words: string): string {
  return words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function valueWarning(path: string, type: string, term: Term): string | undefined {
  const { kind, text, raw } = term;
  if (isWords(type) && kind === 'wildcard' && /[\s"{}[\],:=&?;()<>\\/]/.test(text.replaceAll('?', '')))
    return `${path} is searched word by word, and ${raw} is more than one: any of them will do; put them together with AND`;
  if (kind !== 'word' && kind !== 'phrase') return undefined;
  const captions = attributesAt(path).find((attribute) => attribute.captions !== undefined)?.captions;
  if (captions === undefined || type === 'match_only_text' || /^-?\d+$/.test(text)) return undefined;
  if (Object.keys(captions).includes(text)) return undefined;
  return `${path} holds numbers, "${text}" finds nothing: ${suggestion(path, captions, text)}`;
}

function captionWarning(path: string, ids: readonly Attribute[], { text }: Term): string {
  const [first] = ids;
  const id = `${path.slice(0, path.lastIndexOf('.') + 1)}${first?.name ?? ''}`;
  const captions = Object.fromEntries(ids.flatMap((attribute) => Object.entries(attribute.captions ?? {})));
  return `${path} is not stored, its number is in ${id}: ${suggestion(id, captions, text)}`;
}

function suggestion(id: string, captions: Readonly<Record<string, string>>, text: string): string {
  const wanted = text.toLowerCase();
  const found = Object.entries(captions).filter(([, caption]) => caption.toLowerCase() === wanted);
  const shown = found.length > 0 ? found : Object.entries(captions).slice(0, 8);
  return shown.map(([number, caption]) => `${id}:${number} is ${caption}`).join(', ');
}

function storedWarning(path: string): string {
  return `${path} is stored and shown but not indexed, it finds nothing: ask for less by other fields, then look into what comes (--json | jq 'select(.${path} == …)')`;
}

function listed(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}

/** What this version indexes, of any class. */
const MAPPED: ReadonlySet<string> = new Set(CLASS_FIELDS.flatMap(({ fields }) => Object.keys(fieldsOf(fields))));

/** Ids whose caption the path is. */
function idsOf(path: string): readonly Attribute[] {
  const steps = path.split('.');
  const name = steps.at(-1);
  return shapesAt(steps.slice(0, -1)).flatMap((shape) =>
    shape.captioned.filter(({ caption, captions }) => caption === name && captions !== undefined),
  );
}

function isOcsf(path: string): boolean {
  return path.startsWith('unmapped.') || attributesAt(path).length > 0 || /^api\.(request|response)\.data\./.test(path);
}

function attributesAt(path: string): readonly Attribute[] {
  const steps = path.split('.');
  return shapesAt(steps.slice(0, -1)).flatMap((shape) => shape.attributes.get(steps.at(-1) ?? '') ?? []);
}

/** Of every class, what the path leads to. */
function shapesAt(steps: readonly string[]): readonly Shape[] {
  const classes = Object.keys(SHAPE_DATA.classes).flatMap((uid) => classShape(Number(uid)) ?? []);
  return steps.reduce<readonly Shape[]>(
    (shapes, step) => [
      ...new Set(
        shapes.flatMap((shape) => {
          const object = shape.attributes.get(step)?.object;
          return (object === undefined ? undefined : objectShape(object)) ?? [];
        }),
      ),
    ],
    classes,
  );
}

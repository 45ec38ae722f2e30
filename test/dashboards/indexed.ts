// What of a document can be searched, told from the document and the mapping of its class alone: the server is not asked.
import { isIP } from 'node:net';
import { OTHER_CLASS_FIELDS, type Fields, type Search } from '../../shared/opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../../shared/opensearch/fields.ts';
import { isArray, isObject } from '../../shared/outcome.ts';

export interface Indexed {
  readonly document: unknown;
  readonly fields: Fields;
  /** Values by field, as they are asked for. */
  readonly known: Map<string, readonly (string | number)[]>;
}

const LONGEST_KEYWORD = 8191;

export function indexed(json: string, className: string): Indexed {
  const cls = CLASS_FIELDS.find((one) => one.cls.name === className);
  return { document: JSON.parse(json) as unknown, fields: fieldsOf(cls?.fields ?? OTHER_CLASS_FIELDS), known: new Map() };
}

/** @returns the distinct values that the field's doc values hold, as a bucket shows them. */
export function valuesOf({ document, fields, known }: Indexed, field: string): readonly (string | number)[] {
  const search = fields[field];
  if (search === undefined) return [];
  const found = known.get(field) ?? [...new Set(at(document, field.split('.')).flatMap((value) => converted(value, search)))];
  known.set(field, found);
  return found;
}

/** @returns the words of each value of a text field, with undefined in the place of words that are left out. */
export function wordsOf({ document, fields }: Indexed, field: string): readonly (readonly (string | undefined)[])[] {
  const search = fields[field];
  if (search !== 'payload' && search !== 'words') return [];
  return at(document, field.split('.')).map((value) => words(String(value), search));
}

export function words(text: string, search: 'payload' | 'words'): readonly (string | undefined)[] {
  const pieces = text.split(search === 'payload' ? /[\s"{}[\],:=&?;()<>\\/]+/ : /[^\p{L}\p{N}_.']+/u).filter((piece) => piece !== '');
  return pieces.map((piece) => (piece.length > 72 ? undefined : piece.toLowerCase()));
}

function at(node: unknown, path: readonly string[]): readonly unknown[] {
  if (node === null || node === undefined) return [];
  if (isArray(node)) return node.flatMap((element) => at(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return [node];
  return isObject(node) ? at(node[name], rest) : [];
}

function converted(value: unknown, search: Search): readonly (string | number)[] {
  if (search === 'keyword' || search === 'facet') return String(value).length > LONGEST_KEYWORD ? [] : [String(value)];
  if (search === 'ip') return isIP(String(value)) === 0 ? [] : [canonicalIp(String(value))];
  if (search === 'number' || search === 'measure' || search === 'time') {
    const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
    return Number.isFinite(number) && value !== '' ? [Math.trunc(number)] : [];
  }
  return [String(value)];
}

export function canonicalIp(ip: string): string {
  if (isIP(ip) === 4) return ip;
  const v6 = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(v6);
  if (mapped === null) return v6;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

// Raw values to values of an attribute's type. https://schema.ocsf.io/1.8.0/data_types
// A value that does not fit gives undefined: the field then stays in `unmapped` as it came.
import type { Json } from '../model.ts';
import { ipOf } from '../ocsf/event.ts';
import { isArray, isObject } from '../outcome.ts';
import { lookup } from './match.ts';
import type { Assignment, Scalar } from './plan.ts';
import { timeReader } from './times.ts';

/** What an assignment sets. */
export interface Converted {
  readonly value: Json;
  /** The raw word, where the value does not say it all; of a list, one for each of its ids. */
  readonly word?: Json;
  /** The attribute (with the word) says all that the field said. */
  readonly moves: boolean;
}

/** @param reference when the record was delivered, ms since the epoch. */
export type Convert = (raw: Json, reference: number) => Converted | undefined;

export const OTHER = 99;
const WHOLE = /^-?(?:0|[1-9]\d{0,14})$/;
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,9})?$/;

export function converter(assignment: Assignment): Convert {
  const table = assignment.map ?? assignment.captions;
  const one = table === undefined ? plain(assignment) : mapped(assignment, table);
  return assignment.isList === true ? listOf(one, assignment) : one;
}

/** A list, or one value as a list of one. */
function listOf(one: Convert, { captions = {} }: Assignment): Convert {
  const names = new Map<Json, string>(Object.entries(captions).map(([caption, id]) => [id, caption]));
  return (raw, reference) => {
    const all = (isArray(raw) ? raw : [raw]).map((element) => one(element, reference));
    const found = all.filter((each) => each !== undefined);
    if (found.length === 0 || found.length < all.length) return undefined;
    const list = { value: found.map(({ value }) => value), moves: found.every(({ moves }) => moves) };
    if (found.every(({ word }) => word === undefined)) return list;
    return { ...list, word: found.map(({ value, word }) => word ?? names.get(value) ?? '') };
  };
}

function mapped({ otherwise, word, captions = {} }: Assignment, table: Readonly<Record<string, Scalar>>): Convert {
  const find = lookup(Object.entries(table));
  const ids = new Map(Object.entries(captions));
  return (raw) => {
    if (typeof raw === 'object') return undefined;
    const found = find(raw) ?? otherwise;
    if (found === undefined) return undefined;
    // The id alone does not tell the word.
    if (found === OTHER && word !== undefined) return { value: OTHER, word: String(raw), moves: true };
    return { value: found, moves: found === raw || ids.get(String(raw)) === found };
  };
}

function plain(assignment: Assignment): Convert {
  const { type } = assignment;
  switch (type) {
    case 'text':
      return textConverter(assignment);
    case 'integer':
    case 'number':
      return numberConverter(assignment, type === 'integer');
    case 'boolean':
      return booleanOf;
    case 'ip':
      return (raw) => moved(typeof raw === 'string' ? ipOf(raw) : undefined);
    case 'time':
      return timeConverter(assignment);
    case 'object':
      return (raw) => moved(isObject(raw) ? raw : undefined);
    case 'json':
      return moved;
  }
}

function moved(value: Json | undefined): Converted | undefined {
  return value === undefined ? undefined : { value, moves: true };
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
]);

function booleanOf(raw: Json): Converted | undefined {
  if (typeof raw === 'boolean') return { value: raw, moves: true };
  const word = typeof raw === 'string' && raw.length < 6 ? raw.toLowerCase() : '';
  const found = BOOLEANS.get(word);
  return found === undefined ? undefined : { value: found, moves: word === String(found) };
}

function textConverter({ pattern, values, longest = Infinity }: Assignment): Convert {
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  const allowed = values === undefined ? undefined : new Set<unknown>(values);
  return (raw) => {
    if (raw === '' || typeof raw === 'object') return undefined;
    const word = String(raw);
    if (word.length > longest || allowed?.has(word) === false || expression?.test(word) === false) return undefined;
    return { value: word, moves: true };
  };
}

function numberConverter({ minimum = -Infinity, maximum = Infinity, values }: Assignment, isWhole: boolean): Convert {
  const allowed = values === undefined ? undefined : new Set<unknown>(values);
  const form = isWhole ? WHOLE : DECIMAL;
  return (raw) => {
    const number = typeof raw === 'number' ? raw : typeof raw === 'string' && form.test(raw) ? Number(raw) : Number.NaN;
    if (isWhole ? !Number.isSafeInteger(number) : !Number.isFinite(number)) return undefined;
    if (number < minimum || number > maximum || allowed?.has(number) === false) return undefined;
    // 1.50 is no other number than 1.5, but it is more than that.
    return { value: number, moves: typeof raw === 'number' || String(number) === raw };
  };
}

function timeConverter({ time, word }: Assignment): Convert {
  const read = timeReader(time ?? { formats: ['iso'] });
  return (raw, reference) => {
    const found = read(raw, reference);
    if (found === undefined) return undefined;
    const { ms, isExact } = found;
    if (isExact || word === undefined) return { value: ms, moves: isExact };
    return { value: ms, word: typeof raw === 'string' ? raw : JSON.stringify(raw), moves: true };
  };
}

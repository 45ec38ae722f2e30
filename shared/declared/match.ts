// What a raw value may be, in the maps and conditions of a declared source: a text (in any case), a text with `*` for any run of characters,
// or the ends of a range of numbers, `400..499`. What is said exactly wins over what is said by a pattern; of patterns the first counts.
import type { Json } from '../model.ts';
import { wildcard } from './wildcard.ts';

/** @returns what the table has for the raw value. */
export type Lookup<T> = (raw: Json | undefined) => T | undefined;

const RANGE = /^(-?\d{1,15}(?:\.\d{1,9})?)\.\.(-?\d{1,15}(?:\.\d{1,9})?)$/;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,9})?$/;

/** Words are few, so what was found for them is remembered; who chooses them may choose many. */
const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 64;

export function lookup<T>(table: Iterable<readonly [said: string, found: T]>): Lookup<T> {
  const exact = new Map<string, T>();
  const patterns: { readonly test: (word: string) => boolean; readonly found: T }[] = [];
  let anything: T | undefined;
  for (const [said, found] of table) {
    const word = said.toLowerCase();
    const range = rangeOf(word);
    if (word === '*') anything = found;
    if (range !== undefined) patterns.push({ test: range, found });
    else if (word.includes('*')) patterns.push({ test: wildcard(word), found });
    else exact.set(word, found);
  }
  const find = (word: string): T | undefined => exact.get(word) ?? patterns.find(({ test }) => test(word))?.found;
  return remembering(find, anything);
}

function remembering<T>(find: (word: string) => T | undefined, anything: T | undefined): Lookup<T> {
  const known = new Map<string, T | undefined>();
  return (raw) => {
    if (raw === undefined || raw === null) return undefined;
    // Objects and lists are something, and nothing else can be said of them.
    if (typeof raw === 'object') return anything;
    const text = String(raw);
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found;
    const fresh = find(text.toLowerCase());
    if (text.length > LONGEST_REMEMBERED) return fresh;
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(text, fresh);
    return fresh;
  };
}

function rangeOf(said: string): ((word: string) => boolean) | undefined {
  const [, from, to] = RANGE.exec(said) ?? [];
  if (from === undefined || to === undefined) return undefined;
  return (word) => NUMBER.test(word) && Number(word) >= Number(from) && Number(word) <= Number(to);
}

// Lines of key=value pairs, as firewalls, proxies and command line tools write them. Values may stand in double quotes, with \\ and \" inside.
// https://brandur.org/logfmt
import type { Json } from '../model.ts';
import { reject, value } from '../outcome.ts';
import type { PairReader } from './plan.ts';
import type { ReadFields } from './readers.ts';
import { define } from './rest.ts';

/** Where what is no pair is kept, and a pair whose name was there already: who adds one more does not replace the first. */
const REST = 'text';

export function pairReader({ separator, assign }: PairReader, absent: ReadonlySet<Json>): ReadFields {
  return ({ text }) => {
    const row: Record<string, Json> = {};
    const rest: string[] = [];
    let pairs = 0;
    let equals = text.indexOf(assign);
    for (let at = 0; at < text.length;) {
      // Looked for once for each that there is: behind the last one there may be any number of words.
      if (equals >= 0 && equals < at) equals = text.indexOf(assign, at);
      const stop = stopFrom(text, at, separator);
      if (equals < 0 || equals > stop) {
        if (stop > at) rest.push(text.slice(at, stop));
        at = stop + separator.length;
        continue;
      }
      const name = text.slice(at, equals).trim();
      const pair = valueFrom(text, equals + assign.length, separator);
      pairs++;
      if (name === '' || Object.hasOwn(row, name)) rest.push(text.slice(at, pair.end));
      else if (pair.value !== '' && !absent.has(pair.value)) define(row, name, pair.value);
      at = pair.end + separator.length;
    }
    if (pairs === 0) return reject('malformed_record', `no ${assign} anywhere`);
    if (rest.length > 0) define(row, freeName(row), rest.join(separator));
    return value(row);
  };
}

function freeName(row: Readonly<Record<string, Json>>): string {
  let name = REST;
  while (Object.hasOwn(row, name)) name += '_';
  return name;
}

function stopFrom(text: string, at: number, separator: string): number {
  const stop = text.indexOf(separator, at);
  return stop < 0 ? text.length : stop;
}

interface Value {
  readonly value: string;
  /** Where the separator behind it stands. */
  readonly end: number;
}

function valueFrom(text: string, from: number, separator: string): Value {
  const quote = text.charAt(from) === '"' ? quotedEnd(text, from + 1) : -1;
  // A quote that something else follows than the next pair does not end the value.
  if (quote >= 0 && (quote + 1 === text.length || text.startsWith(separator, quote + 1))) {
    return { value: text.slice(from + 1, quote).replace(/\\(["\\])/g, '$1'), end: quote + 1 };
  }
  const end = stopFrom(text, from, separator);
  return { value: text.slice(from, end), end };
}

function quotedEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return -1;
}

const QUOTE = 34;
const BACKSLASH = 92;

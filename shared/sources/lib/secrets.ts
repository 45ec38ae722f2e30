// Members that would let their reader act (client secrets, listen keys, signatures): what they hold never gets into an event. Members are told
// by name, wherever they stand.
import type { Json, RawRecord } from '../../model.ts';
import { isArray, isObject, jsonOf } from '../../outcome.ts';

/** Stands for what was there. */
export const LEFT_OUT = '***';

/** What is nested deeper is left out altogether: nobody looks at it. */
const MAX_DEPTH = 100;

export interface Secrets {
  readonly names: ReadonlySet<string>;
  /** One of these stands in every text that holds a secret: a look at the text is all that most records cost. */
  readonly hints: readonly string[];
}

export function secretsOf(...names: readonly string[]): Secrets {
  return { names: new Set(names), hints: names.map((name) => `"${name}"`) };
}

/** @returns the record, or one without the secrets that it holds. */
export function withoutSecrets(record: RawRecord, { names, hints }: Secrets): RawRecord {
  if (!maySay(record, hints)) return record;
  const json = jsonOf(record);
  return json === undefined || !holds(json, names, 0) ? record : { ...record, json: cleaned(json, names, 0) };
}

/** The text of a part is that of all of them: it would be looked through again for each. */
function maySay({ text, isPart }: RawRecord, hints: readonly string[]): boolean {
  // A name may be written with escapes.
  return isPart === true || text.includes('\\u') || hints.some((hint) => text.includes(hint));
}

function holds(node: Json, names: ReadonlySet<string>, depth: number): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (depth > MAX_DEPTH) return true;
  if (isArray(node)) return node.some((member) => holds(member, names, depth + 1));
  return Object.keys(node).some((name) => names.has(name) || holds(node[name] ?? null, names, depth + 1));
}

function cleaned(node: Json, names: ReadonlySet<string>, depth: number): Json {
  if (typeof node !== 'object' || node === null) return node;
  if (depth > MAX_DEPTH) return LEFT_OUT;
  if (isArray(node)) return node.map((member) => cleaned(member, names, depth + 1));
  if (!isObject(node)) return node;
  const members = Object.entries(node).map(([name, member = null]): [string, Json] => [
    name,
    names.has(name) && isSaid(member) ? LEFT_OUT : cleaned(member, names, depth + 1),
  ]);
  return Object.fromEntries(members);
}

/** A null tells nothing. */
function isSaid(member: Json): boolean {
  return member !== null && member !== '' && typeof member !== 'boolean';
}

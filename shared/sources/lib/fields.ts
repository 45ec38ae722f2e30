// Members of a JSON record on their way into an event. A Fields remembers which of them went into an attribute; what is left goes to
// `unmapped`, under its own name and nesting. Only what an attribute can hold is taken: another value stays where it was. A null in the
// record is the same as no field and is not kept.
import type { Json, JsonObject } from '../../model.ts';
import { epochMs, inRange, ipOf } from '../../ocsf/event.ts';
import { isArray, isObject, text } from '../../outcome.ts';
import { portOf, wholeOf } from './values.ts';

export interface Fields {
  readonly members: JsonObject;
  /** What became of members, the last first. */
  fates: Fate | undefined;
  /** Of those behind the first few. */
  more: Map<string, Fate> | undefined;
}

/** A record has few members and is read once: a Set and a Map for each object in it would cost more than all else that is done with it. */
interface Fate {
  readonly name: string;
  taken: boolean;
  /** The object within, or the objects of the list, of which members were asked for. */
  inner: Fields | readonly Fields[] | undefined;
  readonly next: Fate | undefined;
  readonly length: number;
}

/** Beyond that many they are looked up: nobody may make it slow with objects of thousands of members. */
const MOST_LISTED = 32;

export function fieldsOf(members: JsonObject): Fields {
  return { members, fates: undefined, more: undefined };
}

/** Stands for an object that is not there: nothing can be taken from it. */
const NOTHING: Fields = fieldsOf({});
const NO_LIST: readonly Fields[] = [];

function fateOf(fields: Fields, name: string): Fate | undefined {
  for (let fate = fields.fates; fate !== undefined; fate = fate.next) if (fate.name === name) return fate;
  return fields.more?.get(name);
}

function newFate(fields: Fields, name: string): Fate {
  const next = fields.fates;
  const length = next === undefined ? 1 : next.length + 1;
  const fate: Fate = { name, taken: false, inner: undefined, next: length > MOST_LISTED ? undefined : next, length };
  if (length > MOST_LISTED) (fields.more ??= new Map()).set(name, fate);
  else fields.fates = fate;
  return fate;
}

/** The member is in an attribute now, or says nothing. */
export function markTaken(fields: Fields, name: string): void {
  (fateOf(fields, name) ?? newFate(fields, name)).taken = true;
}

/** The member stays as it is, whatever of it was taken. */
export function giveBack(fields: Fields, name: string): void {
  const fate = fateOf(fields, name);
  if (fate === undefined) return;
  fate.taken = false;
  fate.inner = undefined;
}

/** @returns the object of that name, to take members of it; an empty one where there is none. */
export function inside(fields: Fields, name: string): Fields {
  const fate = fateOf(fields, name);
  if (fate?.inner !== undefined) return isList(fate.inner) ? NOTHING : fate.inner;
  const member = fields.members[name];
  if (!isObject(member)) return NOTHING;
  const found = fieldsOf(member);
  (fate ?? newFate(fields, name)).inner = found;
  return found;
}

/** @returns the objects of the array of that name; none where there is no array, or one that holds anything else. */
export function listIn(fields: Fields, name: string): readonly Fields[] {
  const fate = fateOf(fields, name);
  if (fate?.inner !== undefined) return isList(fate.inner) ? fate.inner : NO_LIST;
  const member = fields.members[name];
  if (!isArray(member) || !member.every(isObject)) return NO_LIST;
  const found = member.map(fieldsOf);
  (fate ?? newFate(fields, name)).inner = found;
  return found;
}

function isList(inner: Fields | readonly Fields[]): inner is readonly Fields[] {
  return Array.isArray(inner);
}

/** Takes the member, whatever it is. */
export function take(fields: Fields, name: string): Json | undefined {
  const member = fields.members[name] ?? undefined;
  if (member !== undefined) markTaken(fields, name);
  return member;
}

/** Looks at a text without taking it. */
export function peekText(fields: Fields, name: string): string | undefined {
  return text(fields.members[name]);
}

/** Takes a text that is not empty. */
export function takeText(fields: Fields, name: string): string | undefined {
  return took(fields, name, text(fields.members[name]));
}

/** Takes a text that is not empty, or a number as the text that writes it: ids come as both. */
export function takeId(fields: Fields, name: string): string | undefined {
  return took(fields, name, idOf(fields.members[name]));
}

export function idOf(member: Json | undefined): string | undefined {
  return typeof member === 'number' ? String(member) : text(member);
}

export function takeIp(fields: Fields, name: string): string | undefined {
  return took(fields, name, ipOf(text(fields.members[name])));
}

export function takeFlag(fields: Fields, name: string): boolean | undefined {
  const member = fields.members[name];
  return took(fields, name, typeof member === 'boolean' ? member : undefined);
}

/** Takes a whole number from 0, also one that is written as text. */
export function takeWhole(fields: Fields, name: string): number | undefined {
  const member = fields.members[name];
  if (typeof member === 'string') return took(fields, name, wholeOf(member));
  return took(fields, name, typeof member === 'number' && member >= 0 && Number.isSafeInteger(member) ? member : undefined);
}

/** Takes a port, also one that is written as text. */
export function takePort(fields: Fields, name: string): number | undefined {
  const port = idOf(fields.members[name]);
  return port === undefined ? undefined : took(fields, name, portOf(port));
}

/** Takes a time; one that says more than its ms do stays as well. */
export function takeTime(fields: Fields, name: string): number | undefined {
  const said = fields.members[name];
  const ms = timeOf(said);
  if (ms !== undefined && originalTime(said) === undefined) markTaken(fields, name);
  return ms;
}

/** @returns the time as written, where it says more than ms since the epoch do: a zone, or finer than that. */
export function originalTime(said: Json | undefined): string | undefined {
  if (typeof said === 'number') return said >= MICROSECONDS ? String(said) : undefined;
  if (typeof said !== 'string') return undefined;
  return (said.length === 20 || said.length === 24) && said.endsWith('Z') ? undefined : said;
}

/** Takes degrees of latitude (at most 90) or longitude (at most 180). */
export function takeDegrees(fields: Fields, name: string, most: 90 | 180): number | undefined {
  const member = fields.members[name];
  return took(fields, name, typeof member === 'number' && Math.abs(member) <= most ? member : undefined);
}

function took<T>(fields: Fields, name: string, found: T | undefined): T | undefined {
  if (found !== undefined) markTaken(fields, name);
  return found;
}

const EPOCH = /^\d{9,16}$/;
const NO_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,12})?$/;

/**
 * @param said a time as services write it: RFC 3339, also with a space before the offset; without a zone it is UTC; seconds, milli- or
 * microseconds since the epoch, as number or text.
 * @returns ms since the epoch, in the years 2000 to 2099; else undefined.
 */
export function timeOf(said: Json | undefined): number | undefined {
  if (typeof said === 'number') return epochTime(said);
  if (typeof said !== 'string') return undefined;
  const ms = epochMs(said) ?? looseTime(said);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

function looseTime(said: string): number | undefined {
  if (said.length > 40) return undefined;
  if (EPOCH.test(said)) return epochTime(Number(said));
  if (NO_ZONE.test(said)) return epochMs(`${said}Z`);
  const space = said.lastIndexOf(' ');
  return space > 18 ? epochMs(said.slice(0, space) + said.slice(space + 1)) : undefined;
}

// The year 2000.
const MILLISECONDS = Date.UTC(2000, 0, 1);
const MICROSECONDS = MILLISECONDS * 1000;

/** In the years 2000 to 2099 a number can be a time in one unit only. */
function epochTime(said: number): number | undefined {
  if (said >= MICROSECONDS) return ranged(Math.floor(said / 1000));
  return said >= MILLISECONDS ? ranged(Math.floor(said)) : ranged(Math.round(said * 1000));
}

function ranged(ms: number): number | undefined {
  return inRange(ms) ? ms : undefined;
}

/** Leaves texts, lists and objects that are empty out of what remains: they say nothing, in formats that write every field there is. */
export function dropEmpty(fields: Fields): void {
  const { members } = fields;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (member === '' || (isArray(member) && member.length === 0) || (isObject(member) && Object.keys(member).length === 0))
      markTaken(fields, name);
  }
}

/** Everything that was not taken; undefined where nothing is left. */
export function leftovers(fields: Fields): JsonObject | undefined {
  const { members } = fields;
  if (fields.fates === undefined && isFull(members)) return hasMembers(members) ? members : undefined;
  let rest: Record<string, Json> | undefined;
  // Of all loops, the compiler knows in this one where the members are.
  for (const name in members) {
    const left = leftOf(members[name], fateOf(fields, name));
    if (left === undefined || left === null) continue;
    rest ??= {};
    // Assigning to __proto__ would not make a member.
    if (name === '__proto__') Object.defineProperty(rest, name, { value: left, enumerable: true, configurable: true, writable: true });
    else rest[name] = left;
  }
  return rest;
}

function leftOf(member: Json | undefined, fate: Fate | undefined): Json | undefined {
  if (fate === undefined) return member;
  if (fate.taken) return undefined;
  const { inner } = fate;
  return inner === undefined ? member : isList(inner) ? leftoverList(inner) : leftovers(inner);
}

/** True where leftovers() has nothing. */
export function isSpent(fields: Fields): boolean {
  const { members } = fields;
  for (const name in members) {
    if ((members[name] ?? undefined) === undefined) continue;
    const fate = fateOf(fields, name);
    if (fate?.taken === true) continue;
    const inner = fate?.inner;
    if (inner === undefined || !(isList(inner) ? inner.every(isSpent) : isSpent(inner))) return false;
  }
  return true;
}

/** Nothing but values: then the object is left as it is. */
function isFull(members: JsonObject): boolean {
  for (const name in members) if ((members[name] ?? undefined) === undefined) return false;
  return true;
}

function hasMembers(members: JsonObject): boolean {
  for (const name in members) if (Object.hasOwn(members, name)) return true;
  return false;
}

function leftoverList(list: readonly Fields[]): readonly JsonObject[] | undefined {
  const left: JsonObject[] = [];
  for (const member of list) {
    const rest = leftovers(member);
    if (rest !== undefined) left.push(rest);
  }
  return left.length === 0 ? undefined : left;
}

/** Takes everything that was not taken yet. */
export function drain(fields: Fields): JsonObject | undefined {
  const rest = leftovers(fields);
  for (const name of Object.keys(fields.members)) markTaken(fields, name);
  return rest;
}

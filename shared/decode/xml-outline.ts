// A document without its records: what is told of all of them (a group header, an account), as a document of its own.
// Elements that held records and are over (the statement before) are left out, those that are still open are closed at its end.
import { isBlank } from './xml-markup.ts';

const MAX_OUTLINE_BYTES = 256 * 1024;
const MAX_DEPTH = 256;

/** An element that has begun. */
interface Open {
  readonly name: string;
  /** Of its start tag, in the bytes; of no meaning once it is in the outline. */
  start: number;
  end: number;
  /** Length of the outline before it; -1 where it is not part of it. */
  at: number;
}

export interface Outline {
  /** Up to where the bytes are in the outline or left out of it. */
  pending: number;
  text: string;
  /** It is another one than last time. */
  dirty: boolean;
  open: Open[];
  /** So many of them are in the outline. */
  taken: number;
  /** Elements beyond MAX_DEPTH. */
  deeper: number;
}

export function newOutline(): Outline {
  return { pending: 0, text: '', dirty: true, open: [], taken: 0, deeper: 0 };
}

/** @param at where the document begins. */
export function beginOutline(outline: Outline, at: number): void {
  Object.assign(outline, newOutline(), { pending: at });
}

export function openElement(outline: Outline, name: string, start: number, end: number): void {
  if (outline.open.length < MAX_DEPTH) outline.open.push({ name, start, end, at: -1 });
  else outline.deeper++;
}

/** @returns false where no such element is open. */
export function closeElement(outline: Outline, name: string, end: number): boolean {
  if (outline.deeper > 0) {
    outline.deeper--;
    return true;
  }
  const at = outline.open.findLastIndex((element) => element.name === name);
  const element = outline.open[at];
  if (element === undefined) return false;
  outline.open.length = at;
  if (at >= outline.taken) return true;
  outline.taken = at;
  outline.pending = end;
  if (element.at >= 0) outline.text = outline.text.slice(0, element.at);
  outline.dirty = true;
  return true;
}

/** Takes in what stands before a record that begins at `to`. */
export function flushOutline(outline: Outline, bytes: Buffer, to: number): void {
  for (; outline.taken < outline.open.length; outline.taken++) {
    const element = outline.open[outline.taken];
    if (element === undefined) break;
    between(outline, bytes, element.start);
    const length = outline.text.length;
    if (append(outline, bytes, element.start, element.end) || appendText(outline, `<${element.name}>`)) element.at = length;
    outline.pending = element.end;
  }
  between(outline, bytes, to);
}

function between(outline: Outline, bytes: Buffer, to: number): void {
  if (!isBlank(bytes, outline.pending, to)) append(outline, bytes, outline.pending, to);
  outline.pending = to;
}

/** All or nothing: a part would not be well-formed. */
function append(outline: Outline, bytes: Buffer, from: number, to: number): boolean {
  return to - from <= MAX_OUTLINE_BYTES && appendText(outline, bytes.toString('utf8', from, to));
}

function appendText(outline: Outline, piece: string): boolean {
  if (outline.text.length + piece.length > MAX_OUTLINE_BYTES) return false;
  outline.text += piece;
  outline.dirty = true;
  return true;
}

/** The first `from` bytes are gone. */
export function shiftOutline(outline: Outline, from: number): void {
  outline.pending -= from;
  for (const element of outline.open) {
    element.start -= from;
    element.end -= from;
  }
}

/** @returns the outline, where it is another one than last time. */
export function changedOutline(outline: Outline): string | undefined {
  if (!outline.dirty) return undefined;
  outline.dirty = false;
  const ends = outline.open.map(({ name, at }) => (at < 0 ? '' : `</${name}>`));
  return outline.text + ends.reverse().join('');
}

// XML documents (https://www.w3.org/TR/xml/, UTF-8), one after the other, as records: one per element of the given names, the whole document
// where it has none of them. What stands around the elements is the header (xml-outline.ts).
//  - An element of these names does not hold another of its own name: one that begins inside another means that the other lost its end.
//  - Damage costs the record it is in: tags that do not pair up are left to whoever reads the record or the header.
//  - What stands behind the last record of its parent element is in no record.
import type { Reject } from '../model.ts';
import { MAX_RECORD_BYTES, type Framer, type FrameSink } from './frame-sink.ts';
import { endsName, markupAt, type Markup } from './xml-markup.ts';
import { forget, markOf, marksOf, next, type Mark, type Marks } from './xml-marks.ts';
import {
  beginOutline,
  changedOutline,
  closeElement,
  flushOutline,
  newOutline,
  openElement,
  shiftOutline,
  type Outline,
} from './xml-outline.ts';

const LESS = 0x3c;
const GREATER = 0x3e;

const NO_END: Reject = { code: 'malformed_record', detail: 'the element has no end' };
const NO_DOCUMENT_END: Reject = { code: 'malformed_record', detail: 'the document has no end: records may be missing' };
const NO_DOCUMENT: Reject = { code: 'malformed_record', detail: 'text that is no XML document' };
const TOO_LARGE: Reject = { code: 'record_too_large', detail: `an element or document of more than ${MAX_RECORD_BYTES} bytes` };

/** Looking for what to go on with costs another look at all that follows: a unit of nothing else would take for ever. */
const MAX_GIVEN_UP = 200;

/** Of XML, in bytes. */
const LONGEST_DECLARATION = 256;

interface Scan {
  readonly elements: ReadonlySet<string>;
  readonly sink: FrameSink;
  readonly outline: Outline;
  bytes: Buffer;
  /** Next byte to look at. */
  at: number;
  inDocument: boolean;
  /** Where the declaration of a document stands whose root has not come, or -1. */
  prolog: number;
  /** The document had records. */
  parted: boolean;
  /** How a document begins that is too large to be a record; undefined for any other. */
  refused: string | undefined;
  /** What stands between documents was too long to be kept and is handed on already. */
  strayed: boolean;
  /** Where the open record begins, or -1. */
  record: number;
  /** The open record was handed on as broken; only its end is looked for. */
  skipping: boolean;
  /** What ends the open record, and what must not be in it. */
  marks: Marks | undefined;
  /** Comments, sections and declarations. */
  readonly declaration: Mark;
  readonly instruction: Mark;
  given: number;
}

export function createXmlFramer(elements: readonly string[], sink: FrameSink): Framer {
  const scan = newScan(elements, sink);
  return {
    push(chunk) {
      append(scan, chunk);
      do run(scan);
      while (relieve(scan));
    },
    end() {
      do run(scan);
      while (giveUpOpen(scan));
      if (scan.inDocument) endDocument(scan, scan.bytes.length, false);
      else outside(scan, scan.bytes.length);
    },
  };
}

function newScan(elements: readonly string[], sink: FrameSink): Scan {
  const places = { bytes: Buffer.alloc(0), at: 0, prolog: -1, record: -1 };
  const flags = { inDocument: false, parted: false, refused: undefined, strayed: false, skipping: false };
  const marks = { marks: undefined, declaration: markOf('<!'), instruction: markOf('<?') };
  return { elements: new Set(elements), sink, outline: newOutline(), ...places, ...flags, ...marks, given: 0 };
}

/** Keeps the unfinished part only; everything before it was handed on. */
function append(scan: Scan, chunk: Buffer): void {
  const from = Math.min(scan.record >= 0 ? scan.record : scan.outline.pending, scan.at);
  scan.bytes = from === scan.bytes.length ? chunk : Buffer.concat([scan.bytes.subarray(from), chunk]);
  scan.at -= from;
  if (scan.record >= 0) scan.record -= from;
  if (scan.prolog >= 0) scan.prolog -= from;
  shiftOutline(scan.outline, from);
  forgetMarks(scan);
}

function run(scan: Scan): void {
  let more = true;
  while (more) more = scan.record >= 0 ? scanRecord(scan) : scanDocument(scan);
}

/** One step outside of records. @returns false where more bytes are needed. */
function scanDocument(scan: Scan): boolean {
  const start = scan.bytes.indexOf(LESS, scan.at);
  scan.at = start < 0 ? scan.bytes.length : start;
  const markup = start < 0 ? undefined : markupAt(scan.bytes, start);
  if (markup === undefined) return false;
  if (markup.end - start > MAX_RECORD_BYTES) return passOver(scan);
  scan.at = markup.end;
  if (markup.kind === 'start' || markup.kind === 'empty') startTag(scan, start, markup);
  else if (markup.kind === 'end') endTag(scan, markup);
  else if (markup.kind === 'declaration') declare(scan, start);
  else if ((markup.kind === 'doctype' || markup.kind === 'comment') && !scan.inDocument && scan.prolog < 0) {
    outside(scan, start);
    if (markup.kind === 'doctype') scan.prolog = start;
    else scan.outline.pending = markup.end;
  }
  return true;
}

function declare(scan: Scan, start: number): void {
  if (scan.inDocument) endDocument(scan, start, false);
  outside(scan, start);
  scan.prolog = start;
}

function endTag(scan: Scan, { name, end }: Markup): void {
  const isOpen = scan.inDocument && closeElement(scan.outline, name, end);
  if (isOpen && scan.outline.open.length === 0) endDocument(scan, end, true);
}

function startTag(scan: Scan, start: number, { kind, name, end }: Markup): void {
  if (!scan.inDocument) beginDocument(scan, start);
  if (scan.elements.has(name.slice(name.indexOf(':') + 1))) {
    scan.parted = true;
    flushOutline(scan.outline, scan.bytes, start);
    scan.record = start;
    if (kind === 'empty') endRecord(scan, end);
    else if (scan.marks?.name !== name) scan.marks = marksOf(name);
  } else if (kind === 'start') openElement(scan.outline, name, start, end);
  else if (scan.outline.open.length === 0) endDocument(scan, end, true);
}

function beginDocument(scan: Scan, start: number): void {
  const first = scan.prolog < 0 ? start : scan.prolog;
  outside(scan, first);
  beginOutline(scan.outline, first);
  scan.inDocument = true;
  scan.prolog = -1;
  scan.parted = false;
  scan.refused = undefined;
}

function endDocument(scan: Scan, end: number, whole: boolean): void {
  const { outline, sink } = scan;
  const from = outline.pending;
  const isRecord = scan.parted && outline.open.length === 0;
  if (!scan.parted && scan.refused !== undefined) sink.broken(TOO_LARGE, scan.refused);
  else if (!whole && !isRecord) sink.broken(NO_DOCUMENT_END, scan.parted ? '' : textOf(scan, from, end));
  else if (whole && !scan.parted) hand(scan, from, end, '');
  beginOutline(outline, end);
  scan.inDocument = false;
}

/** What stands between documents and is none. */
function outside(scan: Scan, end: number): void {
  const text = scan.strayed ? '' : textOf(scan, scan.outline.pending, end).trim();
  if (text !== '') scan.sink.broken(NO_DOCUMENT, text);
  scan.outline.pending = end;
  scan.prolog = -1;
  scan.strayed = false;
}

/** One step in a record. @returns false where more bytes are needed. */
function scanRecord(scan: Scan): boolean {
  const { bytes, at, marks } = scan;
  if (marks === undefined) return false;
  const close = next(bytes, marks.close, at, Infinity);
  const open = next(bytes, marks.open, at, close);
  const section = Math.min(next(bytes, scan.declaration, at, Infinity), next(bytes, scan.instruction, at, Infinity));
  const first = Math.min(close, open, section);
  if (first === Infinity) {
    // What begins at the end of these bytes may go on in the next.
    scan.at = Math.max(at, bytes.length - marks.close.pattern.length);
    return false;
  }
  scan.at = first;
  if (!scan.skipping && first - scan.record > MAX_RECORD_BYTES) return giveUpRecord(scan, TOO_LARGE);
  if (first === section) return skipSection(scan, first);
  const after = first + (first === open ? marks.open : marks.close).pattern.length;
  if (after >= bytes.length) return false;
  if (!endsName(bytes[after])) {
    scan.at = after;
  } else if (first === open) breakRecord(scan, NO_END, open);
  else {
    const end = bytes.indexOf(GREATER, after);
    if (end < 0) return false;
    if (!scan.skipping && end + 1 - scan.record > MAX_RECORD_BYTES) return giveUpRecord(scan, TOO_LARGE);
    endRecord(scan, end + 1);
  }
  return true;
}

function skipSection(scan: Scan, start: number): boolean {
  const markup = markupAt(scan.bytes, start);
  if (markup === undefined && (!scan.skipping || scan.bytes.length - start < LONGEST_DECLARATION)) return false;
  if (markup?.kind === 'declaration') breakRecord(scan, NO_END, start);
  else scan.at = markup === undefined || markup.kind === 'doctype' || scan.skipping ? start + 2 : markup.end;
  return true;
}

function endRecord(scan: Scan, end: number): void {
  if (!scan.skipping) hand(scan, scan.record, end, changedOutline(scan.outline));
  leaveRecord(scan, end);
  if (scan.outline.open.length === 0) endDocument(scan, end, true);
}

/** The record ends nowhere before `to`. */
function breakRecord(scan: Scan, problem: Reject, to: number): void {
  if (!scan.skipping) scan.sink.broken(problem, textOf(scan, scan.record, to));
  leaveRecord(scan, to);
}

function leaveRecord(scan: Scan, to: number): void {
  scan.record = -1;
  scan.skipping = false;
  scan.at = to;
  scan.outline.pending = to;
}

function hand(scan: Scan, from: number, to: number, header: string | undefined): void {
  if (header !== undefined) scan.sink.header(header);
  if (to - from > MAX_RECORD_BYTES) scan.sink.broken(TOO_LARGE, textOf(scan, from, to));
  else scan.sink.record(textOf(scan, from, to));
}

function textOf({ bytes }: Scan, from: number, to: number): string {
  return bytes.toString('utf8', from, Math.min(to, from + MAX_RECORD_BYTES));
}

/** Lets go of what has become too large to be kept. @returns true where scanning can go on in these bytes. */
function relieve(scan: Scan): boolean {
  const { bytes, outline } = scan;
  if (scan.record >= 0) {
    if (scan.skipping) scan.record = scan.at;
    return bytes.length - scan.record > MAX_RECORD_BYTES && !scan.skipping && giveUpRecord(scan, TOO_LARGE);
  }
  if (bytes.length - outline.pending <= MAX_RECORD_BYTES) return false;
  if (scan.inDocument) {
    if (!scan.parted) scan.refused ??= textOf(scan, outline.pending, bytes.length);
    flushOutline(outline, bytes, scan.at);
  } else {
    outside(scan, Math.max(scan.at, outline.pending + MAX_RECORD_BYTES));
    scan.strayed = true;
    outline.pending = scan.at;
  }
  return bytes.length - scan.at > MAX_RECORD_BYTES && passOver(scan);
}

/** The bytes are over. @returns true where something was given up and scanning can go on behind it. */
function giveUpOpen(scan: Scan): boolean {
  if (scan.record >= 0) return !scan.skipping && giveUpRecord(scan, NO_END);
  return scan.at < scan.bytes.length && passOver(scan);
}

/** A tag or section without an end is text. */
function passOver(scan: Scan): boolean {
  scan.at = scan.given++ < MAX_GIVEN_UP ? scan.at + 1 : scan.bytes.length;
  return true;
}

/** Hands the open record on as broken up to where the next one seems to begin; else only its end is looked for. */
function giveUpRecord(scan: Scan, problem: Reject): boolean {
  const { bytes, marks, record } = scan;
  const end = Math.min(bytes.length, record + MAX_RECORD_BYTES);
  const begins = marks === undefined || scan.given++ >= MAX_GIVEN_UP ? -1 : nextStart(bytes.subarray(0, end), marks, record + 1);
  if (begins >= 0) breakRecord(scan, problem, begins);
  else {
    scan.sink.broken(problem, textOf(scan, record, bytes.length));
    scan.skipping = true;
    scan.at = end;
    forgetMarks(scan);
  }
  return true;
}

/** @returns where a record of this name begins, in a comment too, or -1. */
function nextStart(bytes: Buffer, { open: { pattern } }: Marks, from: number): number {
  let at = bytes.indexOf(pattern, from);
  while (at >= 0 && !endsName(bytes[at + pattern.length])) at = bytes.indexOf(pattern, at + 1);
  return at;
}

function forgetMarks({ marks, declaration, instruction }: Scan): void {
  forget([marks?.close, marks?.open, declaration, instruction]);
}

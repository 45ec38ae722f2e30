// JSON objects (RFC 8259) one after the other, or in the array of a wrapper such as CloudTrail's {"Records":[…]}.
// The bytes are scanned for where objects begin and end, and each object is decoded alone: memory stays at one record, a character
// outside ASCII slows its own record only, and one damaged record does not take its neighbours with it.
import type { Reject } from '../model.ts';
import { parseJson } from '../outcome.ts';
import { MAX_RECORD_BYTES, type Framer, type FrameSink } from './frame-sink.ts';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

const NO_END: Reject = { code: 'malformed_json', detail: 'the object has no end' };
const AGAIN: Reject = { code: 'malformed_json', detail: 'the array begins again before its end: records may be missing' };
const TOO_LARGE: Reject = { code: 'record_too_large', detail: `an object of more than ${MAX_RECORD_BYTES} bytes` };

const HOPELESS: Reject = { code: 'malformed_json', detail: 'objects without an end, too many to look for more' };

/** Each object that is given up costs another look at all that follows: a unit of nothing else would take for ever. */
const MAX_GIVEN_UP = 200;

/** Where the scanner stands in what it has not yet handed on. */
interface Scan {
  bytes: Buffer;
  /** Next byte to look at. */
  at: number;
  /** Where the open object begins, or -1 between objects. */
  start: number;
  depth: number;
  inString: boolean;
  /** Where bytes began that belong to no object, or -1. */
  garbage: number;
  /** The garbage before `at` was too long to be kept and is handed on already. */
  skipping: boolean;
  /** Inside the wrapper's array. */
  inArray: boolean;
  /** Inside a wrapper object after its array: everything up to its end is skipped. */
  tail: boolean;
  /** `{"firstKey"` of the unit's first record: where it stands again, the next record is likely to begin. */
  signature: Buffer | undefined;
  /** Where the last object ended in these bytes, or -1. */
  end: number;
  /** What stood between two records: the brace that ends one, the separator, the signature of the next (its brace, where lines end). */
  joint: Buffer | undefined;
  /** Where the joint stands next in these bytes, Infinity if nowhere, -1 if nobody has looked. Searched once, not for every record. */
  jointAt: number;
  /** Up to here leaping has failed. */
  leapt: number;
}

/** @param arrayKey name of the wrapper's array, where the format has one. */
export function createJsonFramer(arrayKey: string | undefined, sink: FrameSink): Framer {
  const key = arrayKey === undefined ? undefined : Buffer.from(`"${arrayKey}"`);
  const scan = newScan();
  return {
    push(chunk) {
      append(scan, chunk);
      for (;;) {
        scanBytes(scan, key, sink);
        if (scan.garbage >= 0 && scan.bytes.length - scan.garbage > MAX_RECORD_BYTES) skipGarbage(scan, sink);
        if (scan.start < 0 || scan.bytes.length - scan.start <= MAX_RECORD_BYTES) return;
        giveUpRecord(scan, sink, TOO_LARGE);
      }
    },
    end() {
      for (let given = 0; scan.start >= 0; given++) {
        giveUpRecord(scan, sink, given < MAX_GIVEN_UP ? NO_END : HOPELESS);
        if (given === MAX_GIVEN_UP) break;
        scanBytes(scan, key, sink);
      }
      flushGarbage(scan, scan.bytes.length, sink);
      if (scan.inArray)
        sink.broken({ code: 'malformed_json', detail: `the array ${arrayKey ?? ''} has no end: records may be missing` }, '');
    },
  };
}

function newScan(): Scan {
  const empty = Buffer.alloc(0);
  const open = { start: -1, depth: 0, inString: false, garbage: -1, skipping: false, inArray: false, tail: false };
  return { bytes: empty, at: 0, ...open, signature: undefined, end: -1, joint: undefined, jointAt: -1, leapt: -1 };
}

/** Keeps the unfinished part only; everything before it was handed on. */
function append(scan: Scan, chunk: Buffer): void {
  const from = scan.start >= 0 ? scan.start : scan.garbage >= 0 ? scan.garbage : scan.at;
  scan.bytes = from === scan.bytes.length ? chunk : Buffer.concat([scan.bytes.subarray(from), chunk]);
  scan.at -= from;
  if (scan.start >= 0) scan.start -= from;
  if (scan.garbage >= 0) scan.garbage -= from;
  scan.end = -1;
  scan.jointAt = -1;
  scan.leapt = -1;
}

function scanBytes(scan: Scan, key: Buffer | undefined, sink: FrameSink): void {
  while (scan.at < scan.bytes.length) {
    if (scan.start >= 0 || scan.tail) scanObject(scan, key, sink);
    else scanBetween(scan, sink);
  }
}

/** Between objects: white space, commas and the brackets of the array are skipped; anything else is garbage up to the next object. */
function scanBetween(scan: Scan, sink: FrameSink): void {
  const byte = scan.bytes[scan.at] ?? 0;
  if (byte === OPEN_BRACE) {
    flushGarbage(scan, scan.at, sink);
    scan.start = scan.at;
    scan.depth = 0;
    scan.inString = false;
    if (scan.joint === undefined) learnJoint(scan);
    else leap(scan, scan.joint, sink);
    return;
  }
  if (byte === CLOSE_BRACKET && scan.inArray) {
    flushGarbage(scan, scan.at, sink);
    scan.inArray = false;
    scan.tail = true;
    scan.depth = 1;
    scan.inString = false;
    scan.at++;
    return;
  }
  const separator = byte <= 0x20 || byte === COMMA || byte === OPEN_BRACKET || byte === CLOSE_BRACKET;
  if (!separator && scan.garbage < 0 && !scan.skipping) scan.garbage = scan.at;
  scan.at++;
}

function flushGarbage(scan: Scan, end: number, sink: FrameSink): void {
  scan.skipping = false;
  if (scan.garbage < 0) return;
  sink.broken({ code: 'malformed_json', detail: 'text that is no JSON object' }, scan.bytes.toString('utf8', scan.garbage, end).trim());
  scan.garbage = -1;
}

function skipGarbage(scan: Scan, sink: FrameSink): void {
  flushGarbage(scan, scan.garbage + MAX_RECORD_BYTES, sink);
  scan.skipping = true;
}

function learnJoint(scan: Scan): void {
  const { bytes, start, end, signature } = scan;
  if (end < 0) return;
  if (isLineEnd(bytes, end, start)) scan.joint = Buffer.from(bytes.subarray(end - 1, start + 1));
  else if (signature?.equals(bytes.subarray(start, start + signature.length)) === true)
    scan.joint = Buffer.from(bytes.subarray(end - 1, start + signature.length));
}

/** True for white space with a line feed: behind a brace and before another one it stands in no object and in no text. */
function isLineEnd(bytes: Buffer, from: number, to: number): boolean {
  let lineFeed = false;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x20) return false;
    lineFeed ||= byte === LINE_FEED;
  }
  return lineFeed;
}

/**
 * Records of one unit are joined alike, so the end of the open one is likely where the joint stands next; a native search finds it many
 * times faster than a look at every byte. That it is the end is then certain: only a whole object parses. If it does not, every byte is
 * looked at as always.
 */
function leap(scan: Scan, joint: Buffer, sink: FrameSink): void {
  if (scan.jointAt <= scan.start) {
    const found = scan.bytes.indexOf(joint, scan.start + 1);
    scan.jointAt = found < 0 ? Infinity : found;
  }
  const last = scan.jointAt;
  if (last <= scan.leapt || last - scan.start >= MAX_RECORD_BYTES) return;
  const text = scan.bytes.toString('utf8', scan.start, last + 1);
  const json = parseJson(text);
  if (json === undefined) {
    scan.leapt = last;
    return;
  }
  scan.at = last + 1;
  scan.start = -1;
  sink.record(text, json);
}

/** The hot loop: one look at every byte, from scan.at to the end of the object or of the bytes. */
function scanObject(scan: Scan, key: Buffer | undefined, sink: FrameSink): void {
  const { bytes } = scan;
  const length = bytes.length;
  let { at, depth, inString } = scan;
  for (; at < length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === QUOTE) inString = false;
      else if (byte === BACKSLASH) at++;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACE) {
      depth--;
      if (depth === 0) {
        scan.at = at + 1;
        closeObject(scan, sink);
        return;
      }
    } else if (byte === OPEN_BRACKET && depth === 1 && key !== undefined && !scan.tail && follows(bytes, scan.start, at, key)) {
      enterArray(scan, at, sink);
      return;
    }
  }
  // A backslash may be the last byte there is: its partner is skipped when it comes.
  scan.at = at;
  scan.depth = depth;
  scan.inString = inString;
}

/** True if `key` and a colon stand right before the bracket at `at`. */
function follows(bytes: Buffer, start: number, at: number, key: Buffer): boolean {
  let back = at - 1;
  while (back > start && (bytes[back] ?? 0) <= 0x20) back--;
  if (bytes[back] !== COLON) return false;
  back--;
  while (back > start && (bytes[back] ?? 0) <= 0x20) back--;
  return back - key.length >= start && bytes.compare(key, 0, key.length, back - key.length + 1, back + 1) === 0;
}

function enterArray(scan: Scan, at: number, sink: FrameSink): void {
  if (scan.inArray) sink.broken(AGAIN, scan.bytes.toString('utf8', scan.start, at));
  scan.at = at + 1;
  scan.start = -1;
  scan.depth = 0;
  scan.inArray = true;
}

function closeObject(scan: Scan, sink: FrameSink): void {
  const { bytes, start, at } = scan;
  scan.start = -1;
  scan.depth = 0;
  scan.inString = false;
  if (scan.tail) {
    scan.tail = false;
    return;
  }
  scan.signature ??= signatureOf(bytes, start, at);
  scan.end = at;
  const next = nextRecord(scan, start + 1, at);
  if (next >= 0 && parseJson(bytes.toString('utf8', start, at)) === undefined) {
    // Damage made two records look like one: give up the first, begin again at the second.
    sink.broken(NO_END, bytes.toString('utf8', start, next));
    scan.at = next;
    return;
  }
  if (at - start > MAX_RECORD_BYTES) sink.broken(TOO_LARGE, bytes.toString('utf8', start, start + MAX_RECORD_BYTES));
  else sink.record(bytes.toString('utf8', start, at));
}

/** The open object never ends: hands it on as broken up to where the next record seems to begin, and goes on from there. */
function giveUpRecord(scan: Scan, sink: FrameSink, problem: Reject): void {
  scan.signature ??= signatureOf(scan.bytes, scan.start, scan.bytes.length);
  const next = problem === HOPELESS ? -1 : nextRecord(scan, scan.start + 1, scan.bytes.length);
  const end = next < 0 ? scan.bytes.length : next;
  sink.broken(problem, scan.bytes.toString('utf8', scan.start, Math.min(end, scan.start + MAX_RECORD_BYTES)));
  scan.at = end;
  scan.start = -1;
  scan.depth = 0;
  scan.inString = false;
}

function signatureOf(bytes: Buffer, start: number, end: number): Buffer | undefined {
  const open = bytes.indexOf(QUOTE, start);
  const close = open < 0 ? -1 : bytes.indexOf(QUOTE, open + 1);
  return close < 0 || close >= end ? undefined : Buffer.from(bytes.subarray(start, close + 1));
}

/** @returns where the signature stands next behind a separator and before `to`, or -1. */
function nextRecord({ bytes, signature }: Scan, from: number, to: number): number {
  if (signature === undefined) return -1;
  // A search that finds nothing must not go on to the end of the bytes for every record.
  const within = bytes.subarray(0, to);
  for (let at = within.indexOf(signature, from); at >= 0; at = within.indexOf(signature, at + 1)) {
    let back = at - 1;
    let newLine = false;
    for (; back > 0 && (bytes[back] ?? 0) <= 0x20; back--) newLine ||= bytes[back] === LINE_FEED;
    const before = bytes[back];
    if (newLine || before === COMMA || before === OPEN_BRACKET || before === CLOSE_BRACE) return at;
  }
  return -1;
}

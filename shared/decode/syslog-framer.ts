// https://www.rfc-editor.org/rfc/rfc6587#section-3.4
// Syslog messages out of a byte stream, each by itself either behind its length (`57 <34>1 …`) or up to the end of its line.
//
//  - Digits are a length only where a space and `<` follow them: lines without a priority may begin with digits too.
//  - A length is believed if the message that it gives ends where another one begins, or the bytes do. One that lies (a sender that counts
//    characters, or wants to swallow what follows) is passed over, the message goes to the end of its line, and from there on lengths
//    beyond 64 KiB are not believed in this unit.
//  - Carriage return, line feed and NUL between messages and at their ends belong to none.
import { MAX_RECORD_BYTES, type Framer, type FrameSink } from './frame-sink.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NUL = 0x00;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
const ZERO = 0x30;

/** Digits of MAX_RECORD_BYTES. */
const MAX_DIGITS = 7;
/** Bytes that tell how a message begins: digits, a space, `<`. */
const AHEAD = MAX_DIGITS + 2;
/** What a length may be once one of them was wrong. */
const WARY_BYTES = 64 * 1024;

/** The bytes as far as they have come. */
interface Stream {
  readonly bytes: Buffer;
  /** No more bytes will come. */
  readonly last: boolean;
  /** Greatest length that is believed. */
  readonly longest: number;
}

type Found =
  | { readonly kind: 'message'; readonly from: number; readonly to: number; readonly lied: boolean }
  /** It does not end within the bytes. @param needed bytes of it that there must be to look again; undefined: a line feed. */
  | { readonly kind: 'unfinished'; readonly needed: number | undefined };

export function createSyslogFramer(sink: FrameSink): Framer {
  // Bytes of the unfinished message.
  let rest: Buffer[] = [];
  let restBytes = 0;
  let needed: number | undefined;
  /** The rest of a line that is too long is passed over. */
  let skipping = false;
  let longest = MAX_RECORD_BYTES;

  function keep(tail: Buffer, need: number | undefined): void {
    rest = [tail];
    restBytes = tail.length;
    needed = need;
  }

  /** Takes all messages that are whole, keeps what is left. */
  function cut(bytes: Buffer, last: boolean): void {
    let at = pastSeparators(bytes, 0);
    while (at < bytes.length) {
      const found = messageAt({ bytes, last, longest }, at);
      if (found.kind === 'unfinished') {
        keep(bytes.subarray(at), found.needed);
        return;
      }
      if (found.lied) longest = WARY_BYTES;
      emit(sink, bytes.subarray(found.from, found.to));
      at = pastSeparators(bytes, found.to);
    }
    keep(bytes.subarray(at), undefined);
  }

  return {
    push(chunk) {
      const end = skipping ? chunk.indexOf(LINE_FEED) : 0;
      if (end < 0) return;
      const fresh = skipping ? chunk.subarray(end) : chunk;
      skipping = false;
      rest.push(fresh);
      restBytes += fresh.length;
      const worthwhile = needed === undefined ? restBytes === fresh.length || fresh.includes(LINE_FEED) : restBytes >= needed;
      if (worthwhile) cut(Buffer.concat(rest), false);
      if (needed !== undefined || restBytes <= MAX_RECORD_BYTES) return;
      tooLong(sink, Buffer.concat(rest));
      keep(chunk.subarray(chunk.length), undefined);
      skipping = true;
    },
    end() {
      if (restBytes > 0) cut(Buffer.concat(rest), true);
    },
  };
}

function emit(sink: FrameSink, bytes: Buffer): void {
  let end = bytes.length;
  while (isSeparator(bytes[end - 1])) end--;
  if (end > MAX_RECORD_BYTES) tooLong(sink, bytes);
  else if (end > 0) sink.record(bytes.toString('utf8', 0, end));
}

function tooLong(sink: FrameSink, bytes: Buffer): void {
  const beginning = bytes.toString('utf8', 0, MAX_RECORD_BYTES);
  sink.broken({ code: 'record_too_large', detail: `a syslog message of more than ${MAX_RECORD_BYTES} bytes` }, beginning);
}

/** @param at where a message begins. */
function messageAt({ bytes, last, longest }: Stream, at: number): Found {
  const counted = countAt(bytes, at);
  if (counted === undefined && bytes.length - at < AHEAD && !last) return { kind: 'unfinished', needed: AHEAD };
  if (counted === undefined || counted.length > longest) return lineAt(bytes, at, last);
  const end = counted.from + counted.length;
  // What comes behind it tells whether the length is right.
  if (end + AHEAD > bytes.length && !last) return { kind: 'unfinished', needed: end - at + AHEAD };
  if (mayEndAt(bytes, end)) return { kind: 'message', from: counted.from, to: end, lied: false };
  const line = lineAt(bytes, counted.from, last);
  return line.kind === 'message' ? { ...line, lied: true } : line;
}

function lineAt(bytes: Buffer, at: number, last: boolean): Found {
  const end = bytes.indexOf(LINE_FEED, at);
  if (end < 0 && !last) return { kind: 'unfinished', needed: undefined };
  return { kind: 'message', from: at, to: end < 0 ? bytes.length : end, lied: false };
}

/** @returns the length that stands there, and where what it counts begins; undefined where it is none. */
function countAt(bytes: Buffer, at: number): { readonly from: number; readonly length: number } | undefined {
  // A length does not begin with a nought.
  if (bytes[at] === ZERO) return undefined;
  let length = 0;
  let to = at;
  for (; to - at <= MAX_DIGITS && isDigit(bytes[to]); to++) length = length * 10 + (bytes[to] ?? 0) - ZERO;
  const isCount = to > at && to - at <= MAX_DIGITS && bytes[to] === SPACE && bytes[to + 1] === LESS_THAN;
  return isCount ? { from: to + 1, length } : undefined;
}

/** True where a message that was counted may end: another one begins there, or nothing is left. */
function mayEndAt(bytes: Buffer, at: number): boolean {
  if (at >= bytes.length) return at === bytes.length;
  return isSeparator(bytes[at]) || (bytes[at] === LESS_THAN && isDigit(bytes[at + 1])) || countAt(bytes, at) !== undefined;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === NUL;
}

function pastSeparators(bytes: Buffer, from: number): number {
  let at = from;
  while (isSeparator(bytes[at])) at++;
  return at;
}

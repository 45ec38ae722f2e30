// What stands at a `<`: just enough of https://www.w3.org/TR/xml/ to tell where elements begin and end. Whether the text is well-formed is
// for the one who reads it.
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const BANG = 0x21;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const QUESTION = 0x3f;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

export interface Markup {
  /** `comment`: a processing instruction too. `declaration`: that of XML itself, `<?xml …?>`, where a document begins. `text`: none of all. */
  readonly kind: 'start' | 'empty' | 'end' | 'comment' | 'cdata' | 'declaration' | 'doctype' | 'text';
  /** Of the element, with its prefix. */
  readonly name: string;
  /** Behind its last byte. */
  readonly end: number;
}

/** Tags and declarations are looked at byte by byte, again whenever more bytes come: a longer one is none. */
const MAX_TAG_BYTES = 64 * 1024;

const COMMENT = Buffer.from('<!--');
const CDATA = Buffer.from('<![CDATA[');
const DECLARATION = Buffer.from('<?xml');

/** @param at of a `<`. @returns undefined where the bytes end before it does. */
export function markupAt(bytes: Buffer, at: number): Markup | undefined {
  const next = bytes[at + 1];
  if (next === undefined) return undefined;
  if (next === QUESTION) return instruction(bytes, at);
  if (next === BANG) return declaration(bytes, at);
  const nameAt = next === SLASH ? at + 2 : at + 1;
  const end = tagEnd(bytes, nameAt);
  if (end === undefined) return undefined;
  const name = nameOf(bytes, nameAt, end);
  // A `<` inside a tag: that one is no tag, another may begin there.
  if (name === '' || bytes[end - 1] !== GREATER) return { kind: 'text', name: '', end: Math.max(end, at + 1) };
  return { kind: next === SLASH ? 'end' : bytes[end - 2] === SLASH ? 'empty' : 'start', name, end };
}

function instruction(bytes: Buffer, at: number): Markup | undefined {
  const end = bytes.indexOf('?>', at + 2);
  if (end < 0) return undefined;
  return { kind: startsWith(bytes, at, DECLARATION) && isSpace(bytes[at + 5]) ? 'declaration' : 'comment', name: '', end: end + 2 };
}

function declaration(bytes: Buffer, at: number): Markup | undefined {
  if (startsWith(bytes, at, COMMENT)) return section(bytes, 'comment', '-->', at + COMMENT.length);
  if (startsWith(bytes, at, CDATA)) return section(bytes, 'cdata', ']]>', at + CDATA.length);
  if (bytes.length < at + CDATA.length) return undefined;
  const end = doctypeEnd(bytes, at);
  return end === undefined ? undefined : { kind: 'doctype', name: '', end };
}

function section(bytes: Buffer, kind: Markup['kind'], last: string, from: number): Markup | undefined {
  const end = bytes.indexOf(last, from);
  return end < 0 ? undefined : { kind, name: '', end: end + last.length };
}

/** @returns where the tag ends, or where a `<` or its length says that it is none. */
function tagEnd(bytes: Buffer, from: number): number | undefined {
  let quote: number | undefined;
  const last = Math.min(bytes.length, from + MAX_TAG_BYTES);
  for (let at = from; at < last; at++) {
    const byte = bytes[at];
    if (byte === LESS) return at;
    if (quote !== undefined) {
      if (byte === quote) quote = undefined;
    } else if (byte === GREATER) return at + 1;
    else if (byte === QUOTE || byte === APOSTROPHE) quote = byte;
  }
  return last < bytes.length ? last : undefined;
}

/** A document type declaration may hold others, in brackets. */
function doctypeEnd(bytes: Buffer, from: number): number | undefined {
  let quote: number | undefined;
  let brackets = 0;
  const last = Math.min(bytes.length, from + MAX_TAG_BYTES);
  for (let at = from + 2; at < last; at++) {
    const byte = bytes[at];
    if (quote !== undefined) {
      if (byte === quote) quote = undefined;
    } else if (byte === QUOTE || byte === APOSTROPHE) quote = byte;
    else if (byte === OPEN_BRACKET) brackets++;
    else if (byte === CLOSE_BRACKET) brackets--;
    else if (byte === GREATER && brackets <= 0) return at + 1;
    else if (byte === LESS && startsWith(bytes, at, COMMENT)) {
      const end = bytes.indexOf('-->', at + COMMENT.length);
      if (end < 0) return undefined;
      at = end + 2;
    }
  }
  return last < bytes.length ? last : undefined;
}

function startsWith(bytes: Buffer, at: number, prefix: Buffer): boolean {
  return bytes.length >= at + prefix.length && bytes.compare(prefix, 0, prefix.length, at, at + prefix.length) === 0;
}

function nameOf(bytes: Buffer, from: number, to: number): string {
  let at = from;
  while (at < to && !endsName(bytes[at])) at++;
  return bytes.toString('utf8', from, at);
}

export function endsName(byte: number | undefined): boolean {
  return byte === GREATER || byte === SLASH || isSpace(byte);
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB;
}

export function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isSpace(bytes[at])) return false;
  return true;
}

// One XML element to JSON: https://www.w3.org/TR/xml/ without document type declarations, so without entities of one's own.
// Strict where libraries are (tags pair up, attributes are quoted and unique, references are known): test/unit/sources/xml.test.ts holds it
// to @rgrove/parse-xml, which takes three times as long for the same record.
//  - An element that holds only text is that text, trimmed; else an object of its children. Children of one name are a list.
//  - Namespace prefixes and declarations are left out. Attributes are `@name`; text beside attributes or children is `#text`.
import type { Outcome } from '../../model.ts';
import { reject, value } from '../../outcome.ts';

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly value: XmlValue;
  /** Every namespace declared, in their order. */
  readonly namespaces: readonly string[];
}

export type XmlValue = string | XmlValue[] | XmlMembers;
export interface XmlMembers {
  [name: string]: XmlValue;
}

interface Reader {
  readonly text: string;
  readonly namespaces: string[];
  readonly secret: ReadonlySet<string>;
  at: number;
  /** What was wrong; everything stops then. */
  problem: string | undefined;
}

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const BANG = 33;
const QUOTE = 34;
const APOSTROPHE = 39;
const SLASH = 47;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;

/** ISO 20022 stays below 30. */
const MAX_DEPTH = 100;

// What no XML document may hold, however it is written.
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const NAME = /^[\p{L}_][\p{L}\p{N}_.·-]*(?::[\p{L}_][\p{L}\p{N}_.·-]*)?$/u;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Names seen to be names: a format has a few hundred. */
const names = new Map<string, string>();
const MAX_NAMES = 5000;

const NOTHING: ReadonlySet<string> = new Set();
/** Stands for what an element of a secret name held. */
const LEFT_OUT = '***';

/**
 * @param text one element, with or without an XML declaration, comments and processing instructions around it.
 * @param secret names of elements whose contents must not be in the value.
 */
export function readXml(text: string, secret: ReadonlySet<string> = NOTHING): Outcome<XmlElement> {
  if (FORBIDDEN.test(text) || !text.isWellFormed()) return reject('malformed_record', 'XML: a character that XML does not have');
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  const reader: Reader = { text: lines, namespaces: [], secret, at: 0, problem: undefined };
  skipMisc(reader);
  const found = reader.problem === undefined ? startElement(reader) : undefined;
  if (found !== undefined) skipMisc(reader);
  if (found !== undefined && reader.problem === undefined && reader.at < reader.text.length) reader.problem = 'text behind the element';
  return found === undefined || reader.problem !== undefined
    ? reject('malformed_record', `XML: ${reader.problem ?? 'no element'}`)
    : value(found);
}

function startElement(reader: Reader): XmlElement | undefined {
  if (reader.text.charCodeAt(reader.at) !== LESS) return undefined;
  const raw = nameAt(reader, reader.at + 1);
  const name = localName(reader, raw);
  const whole = elementAt(reader, raw, 0);
  return { name, value: reader.secret.has(name) ? LEFT_OUT : whole, namespaces: reader.namespaces };
}

/** @param raw the name, with its prefix; it begins behind the `<` at reader.at. Leaves reader.at behind the element. */
function elementAt(reader: Reader, raw: string, depth: number): XmlValue {
  if (depth > MAX_DEPTH) reader.problem = 'nested too deeply';
  reader.at += raw.length + 1;
  // Most elements are a text between two tags.
  const members = reader.text.charCodeAt(reader.at) === GREATER ? undefined : attributes(reader);
  if (reader.problem !== undefined) return '';
  if (reader.text.charCodeAt(reader.at) === SLASH) {
    reader.at += 2;
    return members ?? '';
  }
  reader.at++;
  return (members === undefined ? onlyText(reader, raw) : undefined) ?? content(reader, raw, members, depth);
}

/** @returns undefined where there is anything but text before the end tag. */
function onlyText(reader: Reader, raw: string): string | undefined {
  const { text, at } = reader;
  const open = text.indexOf('<', at);
  const end = open + 2 + raw.length;
  const isLeaf = open >= 0 && text.charCodeAt(open + 1) === SLASH && text.charCodeAt(end) === GREATER && text.startsWith(raw, open + 2);
  if (!isLeaf) return undefined;
  reader.at = end + 1;
  return decoded(reader, text.slice(at, open)).trim();
}

function content(reader: Reader, raw: string, given: XmlMembers | undefined, depth: number): XmlValue {
  const { text } = reader;
  let members = given;
  let own = '';
  while (reader.problem === undefined) {
    const open = text.indexOf('<', reader.at);
    if (open < 0) {
      reader.problem = 'an element has no end';
      break;
    }
    if (open > reader.at && !isSpace(text, reader.at, open)) own += decoded(reader, text.slice(reader.at, open));
    else if (open > reader.at && own !== '') own += text.slice(reader.at, open);
    reader.at = open;
    const next = text.charCodeAt(open + 1);
    if (next === SLASH) {
      endTag(reader, raw);
      break;
    } else if (next === BANG) own += commentOrCdata(reader);
    else if (next === QUESTION) skipTo(reader, '?>', 2);
    else {
      const child = nameAt(reader, open + 1);
      const name = localName(reader, child);
      const inner = elementAt(reader, child, depth + 1);
      add((members ??= {}), name, reader.secret.has(name) ? LEFT_OUT : inner);
    }
  }
  own = own.trim();
  if (members === undefined) return own;
  if (own !== '') members['#text'] = own;
  return members;
}

function add(members: XmlMembers, name: string, member: XmlValue): void {
  const before = Object.hasOwn(members, name) ? members[name] : undefined;
  if (before === undefined) {
    // Assigned, this one would not be a member.
    if (name === '__proto__') Object.defineProperty(members, name, { value: member, enumerable: true, configurable: true, writable: true });
    else members[name] = member;
  } else if (Array.isArray(before)) before.push(member);
  else if (name === '__proto__') Object.defineProperty(members, name, { value: [before, member] });
  else members[name] = [before, member];
}

/** From behind the name to the `>` or `/>`. */
function attributes(reader: Reader): XmlMembers | undefined {
  const { text } = reader;
  let found: XmlMembers | undefined;
  let seen: Set<string> | undefined;
  while (reader.problem === undefined) {
    const before = reader.at;
    skipSpace(reader);
    const next = text.charCodeAt(reader.at);
    if (next === GREATER || (next === SLASH && text.charCodeAt(reader.at + 1) === GREATER)) return found;
    const raw = reader.at === before ? '' : nameAt(reader, reader.at);
    const name = localName(reader, raw);
    reader.at += raw.length;
    const member = attributeValue(reader);
    if (seen?.has(raw) === true) reader.problem ??= NO_ATTRIBUTE;
    (seen ??= new Set()).add(raw);
    if (raw === 'xmlns' || raw.startsWith('xmlns:')) reader.namespaces.push(member);
    else add((found ??= {}), `@${name}`, member);
  }
  return undefined;
}

const NO_ATTRIBUTE = 'an attribute that is none';

function attributeValue(reader: Reader): string {
  const { text } = reader;
  skipSpace(reader);
  if (text.charCodeAt(reader.at) !== EQUALS) reader.problem ??= NO_ATTRIBUTE;
  reader.at++;
  skipSpace(reader);
  const quote = text.charCodeAt(reader.at);
  const end = quote === QUOTE || quote === APOSTROPHE ? text.indexOf(quote === QUOTE ? '"' : "'", reader.at + 1) : -1;
  const written = end < 0 ? '<' : text.slice(reader.at + 1, end);
  if (written.includes('<')) reader.problem ??= NO_ATTRIBUTE;
  reader.at = end + 1;
  return decoded(reader, written);
}

function endTag(reader: Reader, raw: string): void {
  const { text } = reader;
  if (!text.startsWith(raw, reader.at + 2)) reader.problem = 'the tags do not pair up';
  reader.at += 2 + raw.length;
  skipSpace(reader);
  if (text.charCodeAt(reader.at) !== GREATER) reader.problem ??= 'the tags do not pair up';
  reader.at++;
}

/** @returns the text of a CDATA section, nothing of a comment. */
function commentOrCdata(reader: Reader): string {
  const { text, at } = reader;
  if (text.startsWith('<![CDATA[', at)) {
    skipTo(reader, ']]>', 9);
    return text.slice(at + 9, reader.at - 3);
  }
  if (!text.startsWith('<!--', at)) reader.problem = 'a declaration';
  else skipComment(reader);
  return '';
}

function skipComment(reader: Reader): void {
  const start = reader.at + 4;
  skipTo(reader, '-->', 4);
  if (reader.problem === undefined && reader.text.slice(start, reader.at - 3).includes('--')) reader.problem = 'a comment that is none';
  if (reader.problem === undefined && reader.text.charCodeAt(reader.at - 4) === 45 && reader.at - 3 > start)
    reader.problem = 'a comment that is none';
}

function skipTo(reader: Reader, end: string, from: number): void {
  const found = reader.text.indexOf(end, reader.at + from);
  if (found < 0) reader.problem = 'a section has no end';
  else reader.at = found + end.length;
}

/** What may stand around the element. */
function skipMisc(reader: Reader): void {
  const { text } = reader;
  while (reader.problem === undefined) {
    skipSpace(reader);
    if (text.charCodeAt(reader.at) !== LESS) return;
    const next = text.charCodeAt(reader.at + 1);
    if (next === QUESTION) skipTo(reader, '?>', 2);
    else if (next !== BANG) return;
    else if (text.startsWith('<!--', reader.at)) skipComment(reader);
    else reader.problem = 'a document type declaration';
  }
}

/** @returns what stands from `from` to the end of a name; '' where that is none. */
function nameAt({ text }: Reader, from: number): string {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === GREATER || code === SLASH || code === EQUALS || code === LESS) break;
  }
  return text.slice(from, at);
}

function localName(reader: Reader, raw: string): string {
  const known = names.get(raw);
  if (known !== undefined) return known;
  if (!NAME.test(raw)) {
    reader.problem ??= 'a name that is none';
    return '';
  }
  const local = raw.slice(raw.indexOf(':') + 1);
  if (names.size < MAX_NAMES) names.set(raw, local);
  return local;
}

const REFERENCE = /&(?:#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))|([a-z]{2,4}));/g;

function decoded(reader: Reader, text: string): string {
  if (text.includes(']]>')) reader.problem ??= 'the end of a section that has not begun';
  if (!text.includes('&')) return text;
  let end = 0;
  let out = '';
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, hex, decimal, entity = ''] = match;
    const code = hex === undefined ? (decimal === undefined ? undefined : Number(decimal)) : Number.parseInt(hex, 16);
    const character = code === undefined ? (Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined) : characterOf(code);
    const between = text.slice(end, match.index);
    if (character === undefined || between.includes('&')) break;
    out += between + character;
    end = match.index + whole.length;
  }
  const rest = text.slice(end);
  if (rest.includes('&')) reader.problem ??= 'a reference to nothing';
  return out + rest;
}

function characterOf(code: number): string | undefined {
  const character = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
  return character === undefined || FORBIDDEN.test(character) || !character.isWellFormed() ? undefined : character;
}

function skipSpace(reader: Reader): void {
  while (isSpaceCode(reader.text.charCodeAt(reader.at))) reader.at++;
}

function isSpace(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isSpaceCode(text.charCodeAt(at))) return false;
  return true;
}

function isSpaceCode(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === RETURN || code === TAB;
}

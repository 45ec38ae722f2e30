// Values of OCSF's scalar types, and ids with their captions. https://schema.ocsf.io/1.8.0/data_types
import type { Json } from '../model.ts';
import { isArray, isObject, parseJson, text } from '../outcome.ts';
import { epochMs, inRange, ipOf } from './event.ts';
import type { Attribute } from './shape.ts';

const OTHER = 99;
const MAX_PORT = 65_535;
/** Longer text is not tried against a pattern. */
const MAX_PATTERN = 512;

const WHOLE = /^-?\d{1,15}$/;
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,15})?$/;
const DATETIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})?$/;
const EMAIL = /^[a-zA-Z0-9!#$%&'*+,\-./=?^_`{|}~]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]+$/;
const MAC = /^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/;
const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;
// As the schema has it: with padding, always.
const BYTES =
  /^(?:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)|(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=))?$/;

/** @returns the value as the attribute's type has it; undefined where it is none of that type and cannot be read as one without loss. */
export function scalarOf(attribute: Attribute, member: Json): Json | undefined {
  if (attribute.captions !== undefined) return listed(attribute.captions, attribute.type, member);
  // Most of them.
  if (attribute.type === 'string_t' && typeof member === 'string') return member;
  switch (attribute.type) {
    case 'integer_t':
      return wholeOf(member);
    case 'port_t':
      return portOf(member);
    case 'timestamp_t':
      return timeOf(member);
    case 'boolean_t':
      return booleanOf(member);
    case 'float_t':
      return floatOf(member);
    case 'json_t':
      return typeof member === 'string' ? jsonOfText(member) : member;
    case 'object':
      return isObject(member) ? member : undefined;
    default:
      return textOf(attribute.type, member);
  }
}

/** One of the values that OCSF lists, none of which has a caption of its own. */
function listed(captions: Readonly<Record<string, string>>, type: string, member: Json): Json | undefined {
  if (type === 'integer_t') {
    const id = wholeOf(member);
    return id !== undefined && Object.hasOwn(captions, String(id)) ? id : undefined;
  }
  if (typeof member !== 'string') return undefined;
  return [member, member.toUpperCase()].find((word) => Object.hasOwn(captions, word));
}

export function wholeOf(member: Json | undefined): number | undefined {
  if (typeof member === 'number') return Number.isSafeInteger(member) ? member : undefined;
  return typeof member === 'string' && WHOLE.test(member) ? Number(member) : undefined;
}

function portOf(member: Json): number | undefined {
  const port = wholeOf(member);
  return port === undefined || port < 0 || port > MAX_PORT ? undefined : port;
}

/** Milliseconds, or RFC 3339 text. Another unit is not guessed. */
export function timeOf(member: Json | undefined): number | undefined {
  const ms = typeof member === 'string' && !WHOLE.test(member) ? epochMs(member) : wholeOf(member);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

function booleanOf(member: Json): boolean | undefined {
  if (typeof member === 'boolean') return member;
  return member === 'true' ? true : member === 'false' ? false : undefined;
}

function floatOf(member: Json): number | undefined {
  if (typeof member === 'number') return Number.isFinite(member) ? member : undefined;
  return typeof member === 'string' && DECIMAL.test(member) ? Number(member) : undefined;
}

/** Parquet has no JSON, its columns have JSON as text. @returns what the text says, if that writes itself like the text. */
function jsonOfText(word: string): Json {
  const first = word.charAt(0);
  const json = first === '{' || first === '[' ? parseJson(word) : undefined;
  return json !== undefined && JSON.stringify(json) === word ? json : word;
}

function textOf(type: string, member: Json): string | undefined {
  if (typeof member === 'number' || typeof member === 'boolean') return type === 'string_t' ? String(member) : undefined;
  if (typeof member !== 'string') return undefined;
  if (type === 'string_t') return member;
  return isOfType(type, member) ? member : undefined;
}

function isOfType(type: string, word: string): boolean {
  if (type === 'ip_t') return ipOf(word) !== undefined;
  if (word.length > MAX_PATTERN) return false;
  switch (type) {
    case 'datetime_t':
      return DATETIME.test(word);
    case 'bytestring_t':
      return BYTES.test(word);
    case 'email_t':
      return EMAIL.test(word);
    case 'mac_t':
      return MAC.test(word);
    case 'uuid_t':
      return UUID.test(word);
    case 'subnet_t':
      return isSubnet(word);
    default:
      return true;
  }
}

function isSubnet(word: string): boolean {
  const [address = '', length = '', ...rest] = word.split('/');
  if (ipOf(address) === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= (address.includes(':') ? 128 : 32);
}

/** What an id and its caption become; `left…`: what was said and is not in them. */
export interface Ids {
  readonly id?: Json | undefined;
  readonly caption?: Json | undefined;
  readonly leftId?: Json | undefined;
  readonly leftCaption?: Json | undefined;
}

/** Unknown ids become Other (99) with the producer's word; an id that is not there is found by its caption. */
export function ids(attribute: Attribute, id: Json | undefined, word: Json | undefined): Ids {
  const captions = attribute.captions ?? {};
  if (!attribute.list) return oneId(captions, id, word);
  const given = id === undefined ? [] : isArray(id) ? id : [id];
  const words = word === undefined ? [] : isArray(word) ? word : [word];
  const each = Array.from({ length: Math.max(given.length, words.length) }, (_, at) =>
    oneId(captions, given[at] ?? undefined, words[at] ?? undefined),
  );
  // All or nothing: an id that is left out would shift the captions.
  if (each.length === 0) return {};
  if (each.some((one) => one.id === undefined)) return { leftId: id, leftCaption: word };
  const all = each.flatMap((one) => one.id ?? []);
  const leftId = each.some((one) => one.leftId !== undefined) ? id : undefined;
  const leftCaption = each.some((one) => one.leftCaption !== undefined) ? word : undefined;
  if (!all.includes(OTHER)) return { id: all, leftId, leftCaption };
  return { id: all, caption: each.map((one) => one.caption ?? captions[one.id ?? OTHER] ?? 'Other'), leftId, leftCaption };
}

/** What an id and its caption become. */
interface OneId extends Ids {
  readonly id?: number | undefined;
}

function oneId(captions: Readonly<Record<string, string>>, given: Json | undefined, word: Json | undefined): OneId {
  const caption = text(word);
  const hasOther = captions[OTHER] !== undefined;
  const number = wholeOf(given);
  const id = number ?? (caption === undefined ? undefined : idFor(captions, caption));
  if (id === undefined || (captions[id] === undefined && !hasOther)) return { leftId: given, leftCaption: word };
  // What was no number, and what was no text.
  const leftId = number === undefined ? given : undefined;
  const leftCaption = caption === undefined ? word : undefined;
  if (captions[id] === undefined)
    return { id: OTHER, caption: caption ?? String(id), leftId: caption === undefined ? leftId : given, leftCaption };
  if (id === OTHER) return { id, caption: caption ?? captions[OTHER], leftId, leftCaption };
  return { id, leftId, leftCaption: caption === undefined || saysThat(captions, id, caption) ? leftCaption : caption };
}

function saysThat(captions: Readonly<Record<string, string>>, id: number, caption: string): boolean {
  return caption === captions[id] || idOf(captions, caption) === id;
}

/** @returns Other where OCSF has no such caption, undefined where it has not even that. */
function idFor(captions: Readonly<Record<string, string>>, caption: string): number | undefined {
  return idOf(captions, caption) ?? (captions[OTHER] === undefined ? undefined : OTHER);
}

// Few tables are looked into by caption, and each has few entries.
const byCaption = new WeakMap<Readonly<Record<string, string>>, ReadonlyMap<string, number>>();

function idOf(captions: Readonly<Record<string, string>>, caption: string): number | undefined {
  let table = byCaption.get(captions);
  if (table === undefined) {
    const words = Object.entries(captions).map(([id, word]) => [plain(word), Number(id)] as const);
    // `Internet Protocol version 4 (IPv4)` is called by its short name too.
    const short = Object.entries(captions).map(([id, word]) => [plain(/\(([^()]+)\)$/.exec(word)?.[1] ?? word), Number(id)] as const);
    table = new Map([...short, ...words]);
    byCaption.set(captions, table);
  }
  return table.get(plain(caption));
}

/** Captions have changed in case and punctuation from version to version. */
function plain(caption: string): string {
  return caption.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

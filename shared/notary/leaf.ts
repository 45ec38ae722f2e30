// https://www.rfc-editor.org/rfc/rfc8259
// What the log says of an object of the vault. A leaf is bytes: written once, hashed as written, and never written again to be checked.
import { EvidenceError } from '../errors.ts';
import type { Json, JsonObject } from '../model.ts';
import { isObject, parseJson } from '../outcome.ts';
import { MAX_LEAF_BYTES } from './tiles.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface LeafBase {
  readonly v: 1;
  /** Key and version of the object in the vault. */
  readonly key: string;
  readonly version: string;
  /** Bytes of the object. */
  readonly size: number;
  /** SHA-256 of the object's bytes, hex. */
  readonly ciphertext: string;
  /** When S3 stored it, ms since the epoch. */
  readonly stored: number;
}

export interface EvidenceLeaf extends LeafBase {
  readonly kind: 'evidence';
  /** Salted hash of the delivered bytes, hex. */
  readonly plaintext: string;
  /** Bytes as delivered. */
  readonly bytes: number;
  readonly records: number;
  readonly events: number;
  readonly excluded: number;
  readonly parked: number;
  /** Time of the earliest and of the latest event, ms since the epoch; null without events. */
  readonly first: number | null;
  readonly last: number | null;
  readonly delivered: number;
  readonly origin: string;
  readonly trigger: string;
}

export interface StatementLeaf extends LeafBase {
  readonly kind: 'statement';
  /** Kind of the statement: access, hold, release, erasure, cloudtrail-key. */
  readonly statement: string;
}

export type Leaf = EvidenceLeaf | StatementLeaf;

interface Rule {
  readonly what: string;
  readonly fits: (value: Json | undefined) => boolean;
}

type Rules<T extends Leaf> = Readonly<Record<Exclude<keyof T, 'v' | 'kind'>, Rule>>;

const HEX_DIGEST = /^[0-9a-f]{64}$/;

const natural: Rule = { what: 'a whole number, not negative', fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0 };
const text: Rule = { what: 'a text that is not empty', fits: (value) => typeof value === 'string' && value !== '' };
const digest: Rule = { what: '64 hexadecimal digits in lower case', fits: (value) => typeof value === 'string' && HEX_DIGEST.test(value) };
const time: Rule = { what: 'a time in ms since the epoch', fits: Number.isSafeInteger };
const timeOrNull: Rule = { what: 'a time in ms since the epoch, or null', fits: (value) => value === null || Number.isSafeInteger(value) };

// The order here is the order in the leaf.
const EVIDENCE: Rules<EvidenceLeaf> = {
  key: text,
  version: text,
  size: natural,
  ciphertext: digest,
  plaintext: digest,
  bytes: natural,
  records: natural,
  events: natural,
  excluded: natural,
  parked: natural,
  first: timeOrNull,
  last: timeOrNull,
  delivered: time,
  origin: text,
  trigger: text,
  stored: time,
};

const STATEMENT: Rules<StatementLeaf> = { key: text, version: text, size: natural, ciphertext: digest, statement: text, stored: time };

const EVIDENCE_FIELDS = ['v', 'kind', ...Object.keys(EVIDENCE)];
const STATEMENT_FIELDS = ['v', 'kind', ...Object.keys(STATEMENT)];

/** @returns the bytes to be logged. @throws EvidenceError if a field is not as it has to be, or the leaf is too long. */
export function encodeLeaf(leaf: Leaf): Buffer {
  // A list of fields fixes their order and leaves out whatever else the caller's object has.
  const bytes = Buffer.from(JSON.stringify(leaf, leaf.kind === 'evidence' ? EVIDENCE_FIELDS : STATEMENT_FIELDS));
  decodeLeaf(bytes, `the leaf of ${leaf.key}`);
  return bytes;
}

/** @param where names the leaf in errors. @throws EvidenceError saying which field of which leaf is not as it has to be. */
export function decodeLeaf(bytes: Uint8Array, where = 'the leaf'): Leaf {
  const json = parseJson(lineOf(bytes, where));
  if (!isObject(json)) throw new EvidenceError(`${where} is not a JSON object`);
  if (json['v'] !== 1) throw new EvidenceError(`${where} is not of version 1, the only one this program knows`);
  if (isEvidence(json, where) || isStatement(json, where)) return json;
  throw new EvidenceError(`${where} is neither of evidence nor of a statement`);
}

function lineOf(bytes: Uint8Array, where: string): string {
  if (bytes.length > MAX_LEAF_BYTES) throw new EvidenceError(`${where} has ${bytes.length} bytes: at most ${MAX_LEAF_BYTES} are logged`);
  // Leaves stand one to a line in a batch.
  if (bytes.includes(0x0a)) throw new EvidenceError(`${where} is more than one line`);
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new EvidenceError(`${where} is not UTF-8`);
  }
}

function isEvidence(json: unknown, where: string): json is EvidenceLeaf {
  if (!isObject(json) || json['kind'] !== 'evidence') return false;
  check(json, EVIDENCE_FIELDS, EVIDENCE, where);
  return true;
}

function isStatement(json: unknown, where: string): json is StatementLeaf {
  if (!isObject(json) || json['kind'] !== 'statement') return false;
  check(json, STATEMENT_FIELDS, STATEMENT, where);
  return true;
}

function check(json: JsonObject, fields: readonly string[], rules: Readonly<Record<string, Rule>>, where: string): void {
  for (const [name, { what, fits }] of Object.entries(rules))
    if (!fits(json[name])) throw new EvidenceError(`${where} has no ${name} that is ${what}`);
  if (Object.keys(json).join() !== fields.join())
    throw new EvidenceError(`${where} has other fields than those of version 1, or in another order`);
}

// What is written beside the evidence, as S3 user metadata: ASCII only and at most 2 KB in all.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { EvidenceError } from '../errors.ts';
import type { Counts, Origin } from '../model.ts';

export interface EvidenceFacts {
  readonly origin: Origin;
  /** Retention class in which it was sealed. */
  readonly class: string;
  /** Salted hash of the bytes as delivered, hex: see salt.ts. */
  readonly plaintext: string;
  /** Salted hash of their expanded bytes' SHA-256, hex; of files that CloudTrail's digests name. */
  readonly expanded?: string | undefined;
  /** CloudTrail's signature of a digest, hex, which came as metadata of the object. */
  readonly signature?: string | undefined;
  /** Bytes as delivered. */
  readonly size: number;
  readonly counts: Counts;
  /** Time of the earliest and the latest event in it, ms since the epoch; undefined without events. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
}

type Metadata = Readonly<Record<string, string>>;

const FORMAT = '2';

/** Names and values together, as S3 counts them. */
const MAX_BYTES = 2048;

/**
 * Object keys may be 1024 bytes in any script, three characters each when URL-encoded: where there is no room, the uri is compressed. What proves
 * CloudTrail's files is left out only beside a key longer than any of CloudTrail's.
 */
export function encodeMetadata(facts: EvidenceFacts): Metadata {
  const { origin, size, counts, firstTime, lastTime, expanded, signature } = facts;
  const fixed = {
    format: FORMAT,
    bank: encoded(origin.bank),
    account: encoded(origin.account),
    region: encoded(origin.region),
    source: encoded(origin.source),
    trigger: origin.trigger,
    delivered: String(origin.time),
    class: facts.class,
    plaintext: facts.plaintext,
    size: String(size),
    records: String(counts.records),
    events: String(counts.events),
    excluded: String(counts.excluded),
    parked: String(counts.parked),
    ...(firstTime === undefined ? {} : { 'first-time': String(firstTime) }),
    ...(lastTime === undefined ? {} : { 'last-time': String(lastTime) }),
  };
  const proofs = {
    ...(expanded === undefined ? {} : { expanded }),
    ...(signature === undefined ? {} : { signature: Buffer.from(signature, 'hex').toString('base64url') }),
  };
  const readable = { ...fixed, origin: encoded(origin.uri), ...proofs };
  if (bytesOf(readable) <= MAX_BYTES) return readable;
  const deflated = { ...fixed, 'origin-deflated': deflateRawSync(origin.uri).toString('base64url') };
  return bytesOf({ ...deflated, ...proofs }) <= MAX_BYTES ? { ...deflated, ...proofs } : deflated;
}

function bytesOf(metadata: Metadata): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}

/** @returns the signature in lower case, if it is one of a size that has room. */
export function signatureOf(candidate: string | undefined): string | undefined {
  return candidate !== undefined && SIGNATURE.test(candidate) ? candidate.toLowerCase() : undefined;
}

/** Of RSA keys of 2048 to 4096 bits. */
const SIGNATURE = /^(?:[0-9A-Fa-f]{2}){128,512}$/;

/** @param key names the object in errors. @throws EvidenceError if a field is absent or not as it was written. */
export function decodeMetadata(metadata: Metadata, key: string): EvidenceFacts {
  if (metadata['format'] !== FORMAT)
    throw new EvidenceError(`${key}: its metadata is of format ${metadata['format'] ?? 'none'}, not ${FORMAT}`);
  const field = (name: string): string => {
    const value = metadata[name];
    if (value === undefined) throw new EvidenceError(`${key}: its metadata lacks ${name}`);
    return value;
  };
  const number = (name: string): number => {
    if (!/^-?\d{1,16}$/.test(field(name))) throw new EvidenceError(`${key}: its metadata has no number in ${name}`);
    return Number(field(name));
  };
  const optional = (name: string): number | undefined => (metadata[name] === undefined ? undefined : number(name));
  const text = (name: string): string => decoded(field(name), `${key}: its metadata cannot be decoded in ${name}`);
  const hash = (name: string): string => {
    if (!/^[0-9a-f]{64}$/.test(field(name))) throw new EvidenceError(`${key}: its metadata has no hash in ${name}`);
    return field(name);
  };
  const deflated = metadata['origin-deflated'];
  return {
    origin: {
      bank: text('bank'),
      account: text('account'),
      region: text('region'),
      source: text('source'),
      trigger: trigger(field('trigger'), key),
      uri: deflated === undefined ? text('origin') : inflated(deflated, key),
      time: number('delivered'),
    },
    class: text('class'),
    plaintext: hash('plaintext'),
    expanded: metadata['expanded'] === undefined ? undefined : hash('expanded'),
    signature: metadata['signature'] === undefined ? undefined : Buffer.from(field('signature'), 'base64url').toString('hex'),
    size: number('size'),
    counts: { records: number('records'), events: number('events'), excluded: number('excluded'), parked: number('parked') },
    firstTime: optional('first-time'),
    lastTime: optional('last-time'),
  };
}

// Through a Buffer, because encodeURI refuses half a surrogate pair.
function encoded(value: string): string {
  return encodeURI(Buffer.from(value).toString());
}

function decoded(value: string, problem: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new EvidenceError(problem);
  }
}

function inflated(value: string, key: string): string {
  try {
    return inflateRawSync(Buffer.from(value, 'base64url'), { maxOutputLength: 65536 }).toString();
  } catch {
    throw new EvidenceError(`${key}: its metadata cannot be decoded in origin-deflated`);
  }
}

const TRIGGERS = ['s3', 'kinesis', 'eventbridge', 'kafka', 'file'] as const;

function trigger(value: string, key: string): Origin['trigger'] {
  const known = TRIGGERS.find((candidate) => candidate === value);
  if (known === undefined) throw new EvidenceError(`${key}: its metadata has no known trigger`);
  return known;
}

// What is written beside the evidence, as S3 user metadata: ASCII only and at most 2 KB in all.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { EvidenceError } from '../errors.ts';
import type { Counts, Origin } from '../model.ts';

export interface EvidenceFacts {
  readonly origin: Origin;
  /** SHA-256 of the bytes as delivered, hex. */
  readonly sha256: string;
  /** Bytes as delivered. */
  readonly size: number;
  readonly counts: Counts;
  /** Time of the earliest and the latest event in it, ms since the epoch; undefined without events. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
}

type Metadata = Readonly<Record<string, string>>;

const FORMAT = '1';

/** Characters. The other fields need less than 700 of the 2048 bytes. */
const READABLE_URI = 1200;

/** Object keys may be 1024 bytes in any script, three characters each when URL-encoded: then the uri is compressed instead. */
export function encodeMetadata({ origin, sha256, size, counts, firstTime, lastTime }: EvidenceFacts): Metadata {
  const uri = encoded(origin.uri);
  return {
    format: FORMAT,
    ...(uri.length <= READABLE_URI ? { origin: uri } : { 'origin-deflated': deflateRawSync(origin.uri).toString('base64url') }),
    bank: encoded(origin.bank),
    account: encoded(origin.account),
    region: encoded(origin.region),
    source: encoded(origin.source),
    trigger: origin.trigger,
    delivered: String(origin.time),
    sha256,
    size: String(size),
    records: String(counts.records),
    events: String(counts.events),
    excluded: String(counts.excluded),
    parked: String(counts.parked),
    ...(firstTime === undefined ? {} : { 'first-time': String(firstTime) }),
    ...(lastTime === undefined ? {} : { 'last-time': String(lastTime) }),
  };
}

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
    sha256: field('sha256'),
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

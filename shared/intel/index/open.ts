// An index file as it is used: typed arrays over the bytes, nothing copied. A file that is not the one that was written is refused.
import { createHash } from 'node:crypto';
import { isArray, isObject, parseJson, text } from '../../outcome.ts';
import { BYTES, MAGIC, padded, SECTIONS, VERSION, type IndexHead, type SectionName } from './layout.ts';

/** The bytes are not those of an index, or not all of them. */
export class DamagedIndexError extends Error {
  override readonly name = 'DamagedIndexError';
}

type Arrays = { readonly u32: Uint32Array; readonly u16: Uint16Array; readonly u8: Uint8Array };
export type OpenSections = { readonly [K in SectionName]: Arrays[(typeof SECTIONS)[K]] };

export interface OpenIndex {
  readonly head: IndexHead;
  readonly sections: OpenSections;
  /** Of the file. */
  readonly bytes: number;
}

/** @returns the SHA-256 of a file in hexadecimal digits: what it is named by. */
export function digestOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex');
}

/** @param digest what the file must have. @throws DamagedIndexError */
export function openIndex(given: Buffer, digest: string): OpenIndex {
  if (digestOf(given) !== digest) throw new DamagedIndexError(`the index of indicators is not the one with the digest ${digest}`);
  // Typed arrays begin at multiples of their size.
  const file = given.byteOffset % 8 === 0 ? given : Buffer.from(new Uint8Array(given));
  const head = headOf(file);
  const section = <K extends SectionName>(name: K): OpenSections[K] => sectionOf(file, head, name) as OpenSections[K];
  const sections: OpenSections = {
    ...{ jump: section('jump'), high: section('high'), low: section('low'), textAt: section('textAt'), tailAt: section('tailAt') },
    ...{ from: section('from'), until: section('until'), seen: section('seen'), feed: section('feed'), type: section('type') },
    ...{ confidence: section('confidence'), flags: section('flags'), words: section('words'), bits: section('bits') },
    ...{ parent: section('parent'), first: section('first'), texts: section('texts'), tails: section('tails') },
  };
  return { head, sections, bytes: file.length };
}

function headOf(file: Buffer): IndexHead {
  const start = MAGIC.length + 4;
  if (file.length < start || file.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new DamagedIndexError('no index of indicators');
  const end = start + file.readUInt32LE(MAGIC.length);
  const head: unknown = end > file.length ? undefined : parseJson(file.toString('utf8', start, end));
  if (!isHead(head)) throw new DamagedIndexError('the index of indicators has a head of another version');
  return head;
}

function isHead(candidate: unknown): candidate is IndexHead {
  if (!isObject(candidate) || candidate['v'] !== VERSION || !isObject(candidate['sections']) || !isObject(candidate['counts']))
    return false;
  const { feeds, built, exact, ranged, networks } = candidate;
  return (
    isArray(feeds) &&
    feeds.every((feed) => isObject(feed) && text(feed['name']) !== undefined) &&
    [built, exact, ranged, networks].every((number) => typeof number === 'number')
  );
}

function sectionOf(file: Buffer, { sections }: IndexHead, name: SectionName): Uint32Array | Uint16Array | Uint8Array {
  const [offset, length] = sections[name];
  const kind = SECTIONS[name];
  const bytes = length * BYTES[kind];
  if (!Number.isInteger(offset) || offset % 8 !== 0 || offset < 0 || !(bytes >= 0) || offset + padded(bytes) > file.length)
    throw new DamagedIndexError(`the index of indicators ends before its section ${name}`);
  const at = file.byteOffset + offset;
  if (kind === 'u32') return new Uint32Array(file.buffer, at, length);
  return kind === 'u16' ? new Uint16Array(file.buffer, at, length) : new Uint8Array(file.buffer, at, length);
}

// Questions to the index, in a microsecond or so: by the whole value, by the networks around an address, by the names above a name.
import { addressText, isLocal, newWords, parseAddress, startsAs, type Words } from '../address.ts';
import { TLPS, TYPES, type IndicatorType, type Tlp } from '../indicator.ts';
import { hashed, hashRange } from './hash.ts';
import { EXACT, FADES, JUMP_BITS, NEVER, NO_PARENT, TLP_MASK, type IndexHead } from './layout.ts';
import type { OpenIndex, OpenSections } from './open.ts';

/** What the index knows of one indicator. */
export interface Known {
  readonly type: IndicatorType;
  readonly value: string;
  readonly exact: boolean;
  /** Name of the feed. */
  readonly feed: string;
  readonly confidence: number;
  readonly tlp: Tlp;
  /** ms since the epoch; `until` undefined: never. */
  readonly from: number;
  readonly until: number | undefined;
  readonly seen: number;
  readonly fades: boolean;
  readonly id: string | undefined;
  readonly names: readonly string[];
  readonly references: readonly string[];
}

/** Answers are positions of records: most are looked at no further than their times. */
export interface IntelIndex {
  readonly head: IndexHead;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly size: number;
  /** @param value canonical. @returns records of exactly that value. */
  exact(type: IndicatorType, value: string): readonly number[];
  /** @returns records of the address, then of the networks around it, the smallest first; none for a private address. */
  address(text: string): readonly number[];
  /** @param name canonical. @returns records of the name, then of the names above it that mean those below them too. */
  domain(name: string): readonly number[];
  /** Whether any record is of this type. */
  has(type: IndicatorType): boolean;
  /** @returns whether the record counts at that time, ms since the epoch. */
  isActive(record: number, time: number): boolean;
  known(record: number): Known;
}

const NONE: readonly number[] = [];
const DOMAIN = TYPES.indexOf('domain');

export function createIntelIndex({ head, sections, bytes }: OpenIndex): IntelIndex {
  const { from, until } = sections;
  const counts = new Map(Object.entries(head.counts));
  const words = newWords();
  return {
    ...{ head, bytes, size: head.exact + head.ranged },
    exact: (type, value) => lookUp(sections, { text: value, start: 0, type: TYPES.indexOf(type), isParent: false }),
    address(text) {
      if (!parseAddress(text, words) || isLocal(words)) return NONE;
      return addressRecords(sections, head, words);
    },
    domain: (name) => domainRecords(sections, name),
    has: (type) => (counts.get(type) ?? 0) > 0,
    isActive(record, time) {
      const second = time / 1000;
      const end = until[record] ?? 0;
      return second >= (from[record] ?? NEVER) && (end === NEVER || second < end);
    },
    known: (record) => knownOf(sections, head, record),
  };
}

interface Question {
  readonly text: string;
  /** Where in the text the value begins. */
  readonly start: number;
  readonly type: number;
  /** Looked for because of a name below it. */
  readonly isParent: boolean;
}

function lookUp(sections: OpenSections, question: Question): readonly number[] {
  const { jump, high, low, type, flags } = sections;
  hashRange(question.text, question.start, question.text.length, question.type);
  const wanted = hashed.high;
  const rest = hashed.low;
  const bucket = wanted >>> (32 - JUMP_BITS);
  const end = jump[bucket + 1] ?? 0;
  let found: number[] | undefined;
  // A handful of records: going through them is as fast as halving.
  for (let at = seek(high, wanted, jump[bucket] ?? 0, end); at < end && high[at] === wanted; at++) {
    if (low[at] !== rest || type[at] !== question.type || (question.isParent && ((flags[at] ?? 0) & EXACT) !== 0)) continue;
    if (isText(sections, at, question)) (found ??= []).push(at);
  }
  return found ?? NONE;
}

/** @returns the first position from which on no number is smaller. */
function seek(numbers: Uint32Array, wanted: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const LINE_FEED = 10;

function isText({ textAt, texts }: OpenSections, record: number, { text, start }: Question): boolean {
  const begin = textAt[record] ?? 0;
  const length = text.length - start;
  if (texts[begin + length] !== LINE_FEED) return false;
  for (let at = 0; at < length; at++) if (texts[begin + at] !== text.charCodeAt(start + at)) return false;
  return true;
}

function domainRecords(sections: OpenSections, name: string): readonly number[] {
  let found = lookUp(sections, { text: name, start: 0, type: DOMAIN, isParent: false });
  // The last label alone is no name.
  const last = name.lastIndexOf('.');
  for (let dot = name.indexOf('.'); dot >= 0 && dot < last; dot = name.indexOf('.', dot + 1)) {
    const above = lookUp(sections, { text: name, start: dot + 1, type: DOMAIN, isParent: true });
    if (above.length > 0) found = [...found, ...above];
  }
  return found;
}

const IP = TYPES.indexOf('ip');

function addressRecords(sections: OpenSections, head: IndexHead, words: Words): readonly number[] {
  const { words: starts, bits, parent, first } = sections;
  const own = ownRecords(sections, words);
  let node = lastAtOrBefore(starts, words, head.networks) - 1;
  let found: number[] | undefined;
  while (node >= 0 && node < head.networks) {
    const start = node * 4;
    if (startsAs(words, starts.subarray(start, start + 4), bits[node] ?? 0)) {
      found ??= [...own];
      for (let at = first[node] ?? 0; at < (first[node + 1] ?? 0); at++) found.push(at);
    }
    const next = parent[node] ?? NO_PARENT;
    node = next === NO_PARENT ? -1 : next;
  }
  return found ?? own;
}

function ownRecords(sections: OpenSections, words: Words): readonly number[] {
  return lookUp(sections, { text: addressText(words), start: 0, type: IP, isParent: false });
}

/** @returns how many networks begin at or before the address. */
function lastAtOrBefore(starts: Uint32Array, words: Words, networks: number): number {
  let [low, high] = [0, networks];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(starts, middle * 4, words) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(starts: Uint32Array, at: number, words: Words): number {
  for (let word = 0; word < 4; word++) {
    const difference = (starts[at + word] ?? 0) - (words[word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function knownOf(sections: OpenSections, { feeds }: IndexHead, record: number): Known {
  const number = (name: 'tailAt' | 'from' | 'until' | 'seen' | 'feed' | 'type' | 'confidence' | 'flags'): number =>
    sections[name][record] ?? 0;
  const { textAt, texts } = sections;
  const [value = '', id = ''] = textIn(texts, textAt[record] ?? 0, textAt[record + 1] ?? 0).split('\n');
  const flags = number('flags');
  const until = number('until');
  const source = feeds[number('feed')];
  const { names, references } = tailOf(sections, number('tailAt'));
  const link = id === '' ? undefined : source?.link?.replaceAll('{id}', encodeURIComponent(id));
  return {
    type: TYPES[number('type')] ?? 'ip',
    value,
    exact: (flags & EXACT) !== 0,
    feed: source?.name ?? '',
    confidence: number('confidence'),
    tlp: TLPS[flags & TLP_MASK] ?? 'RED',
    from: number('from') * 1000,
    until: until === NEVER ? undefined : until * 1000,
    seen: number('seen') * 1000,
    fades: (flags & FADES) !== 0,
    id: id === '' ? undefined : id,
    names,
    references: link === undefined ? references : [link, ...references],
  };
}

function tailOf({ tails }: OpenSections, start: number): Pick<Known, 'names' | 'references'> {
  const [references = '', names = ''] = textIn(tails, start, tails.indexOf(0, start)).split('\n');
  return { names: names === '' ? [] : names.split('\t'), references: references === '' ? [] : references.split(' ') };
}

function textIn(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.max(0, end - start)).toString('utf8');
}

/** Assumed ends are not sudden: confidence falls in a straight line from when the feed last had the indicator. @returns 0 to 100. */
export function confidenceAt({ confidence, fades, seen, until }: Known, time: number): number {
  if (!fades || until === undefined || time <= seen || until <= seen) return confidence;
  return Math.max(0, Math.round((confidence * (until - time)) / (until - seen)));
}

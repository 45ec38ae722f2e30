// Addresses of both families as four words of 32 bits; an IPv4 address is the IPv6 address it is mapped to (::ffff:0:0/96), so that there is one order
// and one kind of network. https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2
import { isIPv6 } from 'node:net';

/** Four words, the most significant first. */
export type Words = Uint32Array;

const DOT = 46;
const ZERO = 48;
const MAPPED = 0xffff;
/** Bits before the IPv4 address in a mapped one. */
export const MAPPED_BITS = 96;

export function newWords(): Words {
  return new Uint32Array(4);
}

/** @param into takes the address; what is in it where the answer is false means nothing. @returns whether the text is an address, alone. */
export function parseAddress(text: string, into: Words): boolean {
  if (!text.includes(':')) return parseV4(text, into);
  // A zone is of one host only.
  return text.length <= 45 && !text.includes('%') && isIPv6(text) && parseV6(text, into);
}

function parseV4(text: string, into: Words): boolean {
  let number = 0;
  let part = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (part < 0 || ++dots > 3) return false;
      number = number * 256 + part;
      part = -1;
    } else {
      const digit = code - ZERO;
      // Behind a leading zero no digit follows: some read such numbers as octal.
      if (digit < 0 || digit > 9 || part === 0) return false;
      part = (part < 0 ? 0 : part * 10) + digit;
      if (part > 255) return false;
    }
  }
  if (dots !== 3 || part < 0) return false;
  setV4(into, number * 256 + part);
  return true;
}

function setV4(into: Words, address: number): void {
  into[0] = 0;
  into[1] = 0;
  into[2] = MAPPED;
  into[3] = address;
}

function parseV6(text: string, into: Words): boolean {
  const groups = groupsOf(text);
  if (groups === undefined) return false;
  for (let word = 0; word < 4; word++) into[word] = (groups[word * 2] ?? 0) * 0x10000 + (groups[word * 2 + 1] ?? 0);
  return true;
}

function groupsOf(text: string): readonly number[] | undefined {
  const [head = '', tail] = text.split('::');
  const before = partsOf(head);
  const after = partsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => 0), ...after];
  return groups.length === 8 ? groups : undefined;
}

function partsOf(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const inner = newWords();
    parseV4(part, inner);
    const address = inner[3] ?? 0;
    return [address >>> 16, address & 0xffff];
  });
}

export function isV4(words: Words): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
}

/** @returns the one text of an address. https://www.rfc-editor.org/rfc/rfc5952#section-4 */
export function addressText(words: Words): string {
  const [, , , last = 0] = words;
  if (isV4(words)) return `${last >>> 24}.${(last >>> 16) & 255}.${(last >>> 8) & 255}.${last & 255}`;
  const groups = [...words].flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  return length < 2 ? hex.join(':') : `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== 0) start = at + 1;
    else if (at + 1 - start > best.length) best = { start, length: at + 1 - start };
  }
  return best;
}

/** Takes off what is behind the first `bits` bits. */
export function maskWords(words: Words, bits: number): void {
  for (let word = 0; word < 4; word++) {
    const kept = Math.min(32, Math.max(0, bits - word * 32));
    // Shifting by 32 would not shift at all.
    if (kept < 32) words[word] = kept === 0 ? 0 : (words[word] ?? 0) & (-1 << (32 - kept));
  }
}

interface Range {
  readonly start: Words;
  readonly bits: number;
}

/** Of no use to anybody else's list: they mean another host in every network. Addresses of documentation are left in, they mean none. */
const LOCAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map(rangeOf);

function rangeOf(text: string): Range {
  const [address = '', length] = text.split('/');
  const start = newWords();
  parseAddress(address, start);
  return { start, bits: Number(length) + (isV4(start) ? MAPPED_BITS : 0) };
}

/** @returns whether the first `bits` bits are those of the other address. */
export function startsAs(words: Words, other: ArrayLike<number>, bits: number): boolean {
  for (let word = 0; word < 4; word++) {
    const kept = bits - word * 32;
    if (kept <= 0) return true;
    const different = (words[word] ?? 0) ^ (other[word] ?? 0);
    if (kept >= 32 ? different !== 0 : different >>> (32 - kept) !== 0) return false;
  }
  return true;
}

/** Private, of this host or link, to many: not an address of the Internet. */
export function isLocal(words: Words): boolean {
  const [, , , last = 0] = words;
  if (!isV4(words)) return LOCAL.some(({ start, bits }) => !isV4(start) && startsAs(words, start, bits));
  // The most frequent question about a flow.
  const first = last >>> 24;
  if (first === 10 || first === 127 || first === 0 || first >= 224) return true;
  if (first !== 100 && first !== 169 && first !== 172 && first !== 192) return false;
  return LOCAL.some(({ start, bits }) => isV4(start) && startsAs(words, start, bits));
}

export interface Network {
  /** Its first address. */
  readonly words: Words;
  /** Of 128. */
  readonly bits: number;
  /** Without host bits: `198.51.100.0/24`. */
  readonly text: string;
}

/** Host bits are taken off. @returns undefined where the text is no network in CIDR notation, or an address without a length. */
export function networkOf(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const length = text.slice(slash + 1);
  const words = newWords();
  if (slash < 0 || !/^\d{1,3}$/.test(length) || !parseAddress(text.slice(0, slash), words)) return undefined;
  // A length given to a mapped address counts the bits before it too.
  const bits = Number(length) + (isV4(words) && !text.slice(0, slash).includes(':') ? MAPPED_BITS : 0);
  if (bits > 128 || (isV4(words) && bits < MAPPED_BITS)) return undefined;
  maskWords(words, bits);
  return { words, bits, text: `${addressText(words)}/${isV4(words) ? bits - MAPPED_BITS : bits}` };
}

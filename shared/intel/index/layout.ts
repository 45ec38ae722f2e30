// The index file: what the intel function writes and ingest reads. Immutable, named by its SHA-256, used as it lies in memory: no value is made
// into an object before it is met. All numbers little-endian, as every processor we run on has them.
//
//   "SRINTEL1" | length of the head (u32) | head (JSON, padded) | sections, each at a multiple of 8
//
// Records that are found by their whole value come first, in the order of their hashes; behind them the networks, in the order of their addresses.

export const MAGIC = 'SRINTEL1';
export const VERSION = 1;
/** By the first 16 bits of the hash: where the records with them begin. */
export const JUMP_BITS = 16;
/** Times are seconds since the epoch; this is never. */
export const NEVER = 0xffffffff;
export const NO_PARENT = 0xffffffff;

/** Kinds of section and the type of their elements. The order is that of the file. */
export const SECTIONS = {
  /** For each beginning of a hash the first record; one more for the end. */
  jump: 'u32',
  high: 'u32',
  low: 'u32',
  /** Per record: where its text begins; one more for the end. A text is `value LF id LF`. */
  textAt: 'u32',
  /** Per record: where its tail begins. A tail is `references LF names NUL`, shared by all that have the same. */
  tailAt: 'u32',
  from: 'u32',
  until: 'u32',
  /** When its feed last had it. */
  seen: 'u32',
  feed: 'u16',
  type: 'u8',
  confidence: 'u8',
  /** TLP in the lowest three bits, then EXACT and FADES. */
  flags: 'u8',
  /** Per network, of 128 bits: four words, the length, the smallest network around it, its first record (one more for the end). */
  words: 'u32',
  bits: 'u8',
  parent: 'u32',
  first: 'u32',
  texts: 'u8',
  tails: 'u8',
} as const;

export type SectionName = keyof typeof SECTIONS;
type Kind = (typeof SECTIONS)[SectionName];
export const BYTES: Readonly<Record<Kind, number>> = { u32: 4, u16: 2, u8: 1 };

export const TLP_MASK = 0b111;
/** A domain alone, not the names below it. */
export const EXACT = 0b1000;
/** Its end is assumed, not the feed's own: confidence falls on the way there. */
export const FADES = 0b10000;

export interface IndexFeed {
  readonly name: string;
  /** Where one of its indicators is shown; `{id}` stands for the indicator's id. */
  readonly link?: string | undefined;
}

export interface IndexHead {
  readonly v: typeof VERSION;
  /** ms since the epoch. */
  readonly built: number;
  readonly feeds: readonly IndexFeed[];
  /** Records found by their whole value; records of networks; different networks. */
  readonly exact: number;
  readonly ranged: number;
  readonly networks: number;
  /** By type. */
  readonly counts: Readonly<Record<string, number>>;
  /** Offset from the file's beginning, and number of elements. */
  readonly sections: Readonly<Record<SectionName, readonly [number, number]>>;
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

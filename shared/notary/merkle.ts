// https://www.rfc-editor.org/rfc/rfc6962#section-2.1 and, for the checks, https://www.rfc-editor.org/rfc/rfc9162#section-2.1
// The Merkle tree of the log. Sizes are safe integers up to 2^53 - 1: halved and doubled, never shifted, because shifts are of 32 bits.
import { hash } from 'node:crypto';

/** 32 bytes. */
export type Hash = Buffer;

/** Root of the perfect subtree of 2^level leaves that is number `index` of its level. */
export type HashReader = (level: number, index: number) => Promise<Hash>;

export const HASH_BYTES = 32;

export const EMPTY_ROOT: Hash = hash('sha256', '', 'buffer');

// One node at a time is hashed, so one buffer does for all of them.
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES);
NODE[0] = 1;

export function leafHash(leaf: Uint8Array): Hash {
  const bytes = Buffer.allocUnsafe(leaf.length + 1);
  bytes[0] = 0;
  bytes.set(leaf, 1);
  return sha256(bytes);
}

export function nodeHash(left: Hash, right: Hash): Hash {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new RangeError('a node is made of two hashes of 32 bytes');
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  return sha256(NODE);
}

// By way of a string it takes less than half the time that a buffer from the hash takes.
function sha256(bytes: Buffer): Hash {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
}

/** The part of a tree that grows: what is kept of the leaves so far is one hash for each bit of their number. */
export interface Frontier {
  readonly size: () => number;
  readonly append: (leaf: Hash) => void;
  readonly root: () => Hash;
}

/** For roots of leaves that are streamed: a log is read once, and its root is known at every size. */
export function frontier(): Frontier {
  let size = 0;
  const peaks: Hash[] = [];
  return {
    size: () => size,
    append: (leaf) => {
      let top = leaf;
      for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
        const left = peaks.pop();
        if (left !== undefined) top = nodeHash(left, top);
      }
      peaks.push(top);
      size++;
    },
    root: () => folded(peaks),
  };
}

export function rootOf(leafHashes: readonly Hash[]): Hash {
  const tree = frontier();
  for (const leaf of leafHashes) tree.append(leaf);
  return tree.root();
}

function folded(peaks: readonly Hash[]): Hash {
  if (peaks.length === 0) return EMPTY_ROOT;
  return peaks.reduceRight((right, left) => nodeHash(left, right));
}

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Hash;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

/** True if the proof shows that the leaf stands at the index of the tree of this size and root. */
export function verifyInclusion({ index, size, leaf, proof, root }: Inclusion): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  if (proof.length !== inclusionRanges(index, size).length) return false;
  let own = leaf;
  const atTop = climb({ first: index, last: size - 1 }, proof, (sibling, isLeft) => {
    own = isLeft ? nodeHash(sibling, own) : nodeHash(own, sibling);
  });
  return atTop && own.equals(root);
}

/**
 * The loop of both proofs. @param place of a node and of the last node in their level; each sibling leads one level up.
 * @returns false if the siblings do not end at the root.
 */
function climb(
  place: { readonly first: number; readonly last: number },
  siblings: readonly Hash[],
  meet: (sibling: Hash, isLeft: boolean) => void,
): boolean {
  let { first, last } = place;
  for (const sibling of siblings) {
    if (last === 0) return false;
    const isLeft = first % 2 === 1 || first === last;
    meet(sibling, isLeft);
    // The last node of a level goes up alone until it is the right one of two.
    if (isLeft) for (; first % 2 === 0 && first !== 0; first /= 2) last = half(last);
    first = half(first);
    last = half(last);
  }
  return last === 0;
}

export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly size: number;
  readonly root: Hash;
  readonly proof: readonly Hash[];
}

/** True if the proof shows that the newer tree begins with all leaves of the older one. Of an empty older tree there is no proof: false. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize === 0 || oldSize > size || !areHashes([oldRoot, root, ...proof])) return false;
  if (proof.length !== consistencyRanges(oldSize, size).length) return false;
  if (oldSize === size) return oldRoot.equals(root);
  let first = oldSize - 1;
  let last = size - 1;
  for (; first % 2 === 1; first = half(first)) last = half(last);
  // An older tree that is perfect stands in the newer one as a node: its root is the beginning.
  const [start, ...rest] = first === 0 ? [oldRoot, ...proof] : proof;
  if (start === undefined) return false;
  let older = start;
  let newer = start;
  const atTop = climb({ first, last }, rest, (sibling, isLeft) => {
    if (isLeft) older = nodeHash(sibling, older);
    newer = isLeft ? nodeHash(sibling, newer) : nodeHash(newer, sibling);
  });
  return atTop && older.equals(oldRoot) && newer.equals(root);
}

/** The siblings from the leaf up. @throws RangeError if there is no such leaf in a tree of this size; what the reader throws. */
export async function inclusionProof(index: number, size: number, hashes: HashReader): Promise<Hash[]> {
  if (!isSize(index) || !isSize(size) || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  return await Promise.all(inclusionRanges(index, size).map((range) => rangeRoot(range, hashes)));
}

/** Empty where the older tree is empty or as large. @throws RangeError if the older tree is larger; what the reader throws. */
export async function consistencyProof(oldSize: number, size: number, hashes: HashReader): Promise<Hash[]> {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) throw new RangeError(`no tree of ${oldSize} in a tree of ${size}`);
  return await Promise.all(consistencyRanges(oldSize, size).map((range) => rangeRoot(range, hashes)));
}

/** Root of the tree of the first `size` leaves. */
export async function treeRoot(size: number, hashes: HashReader): Promise<Hash> {
  if (!isSize(size)) throw new RangeError(`no tree of ${size}`);
  return await rangeRoot([0, size], hashes);
}

// Leaves [start, end) of a subtree of some tree: start is a multiple of the greatest power of two not above their number.
type Range = readonly [start: number, end: number];

function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + powerBelow(end - start);
    if (index < middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  return ranges.reverse();
}

function consistencyRanges(oldSize: number, size: number): Range[] {
  if (oldSize === 0) return [];
  const ranges: Range[] = [];
  let start = 0;
  let end = size;
  while (end !== oldSize) {
    const middle = start + powerBelow(end - start);
    if (oldSize <= middle) {
      ranges.push([middle, end]);
      end = middle;
    } else {
      ranges.push([start, middle]);
      start = middle;
    }
  }
  // Where the old tree is itself this node, whoever checks has its root already.
  if (start > 0) ranges.push([start, end]);
  return ranges.reverse();
}

async function rangeRoot([start, end]: Range, hashes: HashReader): Promise<Hash> {
  const perfect: Promise<Hash>[] = [];
  for (let at = start; at < end;) {
    const level = bitLength(end - at) - 1;
    const leaves = 2 ** level;
    perfect.push(hashes(level, at / leaves));
    at += leaves;
  }
  return folded(await Promise.all(perfect));
}

/** The greatest power of two below n, of n > 1. */
function powerBelow(n: number): number {
  return 2 ** (bitLength(n - 1) - 1);
}

function bitLength(n: number): number {
  const high = Math.floor(n / 0x100000000);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(n);
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function isSize(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function areHashes(candidates: readonly Hash[]): boolean {
  return candidates.every((candidate) => candidate.length === HASH_BYTES);
}

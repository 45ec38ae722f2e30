import fc from 'fast-check';
import {
  EMPTY_ROOT,
  consistencyProof,
  frontier,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  type Hash,
  type HashReader,
} from '../../../shared/notary/merkle.ts';
import { leafHashes } from './small-log.ts';
import vectors from './vectors.json' with { type: 'json' };

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const { tree } = vectors;
const leaves = tree.leafInputs.map((input) => leafHash(hex(input)));
const roots = tree.roots.map(hex);

function root(size: number): Hash {
  return roots[size] ?? EMPTY_ROOT;
}

/** Hashes out of a list of leaves, straight from the definition. */
function readerOf(all: readonly Hash[]): HashReader {
  return (level, index) => Promise.resolve(rootOf(all.slice(index * 2 ** level, (index + 1) * 2 ** level)));
}

function flipped(hash: Hash, bit: number): Hash {
  const other = Buffer.from(hash);
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return other;
}

describe('published trees', () => {
  it('have the published hashes of leaves and nodes', () => {
    expect(leaves.map((leaf) => leaf.toString('hex'))).toEqual(tree.leafHashes);
    expect(leafHash(Buffer.from(tree.singleLeaf.ascii)).toString('hex')).toBe(tree.singleLeaf.hash);
    // The published hash of a node is of two texts of four bytes; nodes of this log are made of hashes only.
    expect(() => nodeHash(Buffer.from('N123'), Buffer.from('N456'))).toThrow(RangeError);
    expect(nodeHash(leafHash(hex('')), leafHash(hex('00')))).toEqual(root(2));
  });

  it('have the published roots', () => {
    expect(EMPTY_ROOT).toEqual(root(0));
    for (let size = 0; size <= 8; size++) expect(rootOf(leaves.slice(0, size))).toEqual(root(size));
  });

  it.each(tree.inclusion)('prove leaf $index of $size', async ({ index, size, proof }) => {
    const made = await inclusionProof(index, size, readerOf(leaves));

    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
    expect(verifyInclusion({ index, size, leaf: leaves[index] ?? EMPTY_ROOT, proof: made, root: root(size) })).toBe(true);
  });

  it.each(tree.consistency)('prove that $size begins with $oldSize', async ({ oldSize, size, proof }) => {
    const made = await consistencyProof(oldSize, size, readerOf(leaves));

    expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
    expect(verifyConsistency({ oldSize, oldRoot: root(oldSize), size, root: root(size), proof: made })).toBe(true);
  });
});

describe('proofs', () => {
  const all = leafHashes(130);
  const hashes = readerOf(all);
  const sizes = Array.from({ length: 131 }, (_, size) => rootOf(all.slice(0, size)));
  const rootAt = (size: number): Hash => sizes[size] ?? EMPTY_ROOT;
  const leafAt = (index: number): Hash => all[index] ?? EMPTY_ROOT;
  const bit = fc.nat({ max: 255 });
  // A leaf and a tree, or a tree and a later one.
  const pair = fc.integer({ min: 1, max: 130 }).chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)));

  it('of a leaf hold for no other leaf, index, size or hash', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.nat({ max: 200 }), bit, async ([index, size], other, flip) => {
        const proof = await inclusionProof(index, size, hashes);
        const claim = { index, size, leaf: leafAt(index), proof, root: rootAt(size) };

        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, index: other })).toBe(other === index);
        expect(verifyInclusion({ ...claim, leaf: flipped(claim.leaf, flip) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flipped(claim.root, flip) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, claim.leaf] })).toBe(false);
        for (let at = 0; at < proof.length; at++) {
          expect(verifyInclusion({ ...claim, proof: proof.with(at, flipped(proof[at] ?? EMPTY_ROOT, flip)) })).toBe(false);
          expect(verifyInclusion({ ...claim, proof: proof.toSpliced(at, 1) })).toBe(false);
        }
      }),
    );
  });

  it('of a beginning hold for no other tree', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.nat({ max: 200 }), bit, async ([before, size], other, flip) => {
        const oldSize = before + 1;
        const proof = await consistencyProof(oldSize, size, hashes);
        const claim = { oldSize, oldRoot: rootAt(oldSize), size, root: rootAt(size), proof };

        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, oldSize: other })).toBe(other === oldSize);
        expect(verifyConsistency({ ...claim, oldRoot: flipped(claim.oldRoot, flip) })).toBe(false);
        expect(verifyConsistency({ ...claim, root: flipped(claim.root, flip) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, claim.root] })).toBe(false);
        for (let at = 0; at < proof.length; at++) {
          expect(verifyConsistency({ ...claim, proof: proof.with(at, flipped(proof[at] ?? EMPTY_ROOT, flip)) })).toBe(false);
          expect(verifyConsistency({ ...claim, proof: proof.toSpliced(at, 1) })).toBe(false);
        }
      }),
    );
  });

  it('are refused where the numbers are none of a tree', () => {
    const claim = { index: 0, size: 1, leaf: leafAt(0), proof: [], root: rootAt(1) };

    expect(verifyInclusion(claim)).toBe(true);
    for (const index of [-1, 1, 0.5, NaN, 2 ** 53]) expect(verifyInclusion({ ...claim, index })).toBe(false);
    for (const size of [-1, 0, 1.5, NaN, Infinity, 2 ** 53]) expect(verifyInclusion({ ...claim, size })).toBe(false);
    expect(verifyInclusion({ ...claim, leaf: leafAt(0).subarray(1), root: leafAt(0).subarray(1) })).toBe(false);
  });

  it('of an empty beginning do not exist', async () => {
    expect(verifyConsistency({ oldSize: 0, oldRoot: EMPTY_ROOT, size: 0, root: EMPTY_ROOT, proof: [] })).toBe(false);
    expect(verifyConsistency({ oldSize: 0, oldRoot: EMPTY_ROOT, size: 5, root: rootAt(5), proof: [] })).toBe(false);
    expect(await consistencyProof(0, 5, hashes)).toEqual([]);
  });

  it('are not made of what is not in the tree', async () => {
    await expect(inclusionProof(5, 5, hashes)).rejects.toThrow('no leaf 5 in a tree of 5');
    await expect(consistencyProof(6, 5, hashes)).rejects.toThrow('no tree of 6 in a tree of 5');
    await expect(treeRoot(2 ** 53, hashes)).rejects.toThrow(RangeError);
  });
});

describe('trees beyond 32 bits', () => {
  // All leaves are the same, so that there is one hash for each level.
  const levels = [leafHash(Buffer.from('same'))];
  for (let level = 1; level <= 53; level++) levels.push(nodeHash(levels[level - 1] ?? EMPTY_ROOT, levels[level - 1] ?? EMPTY_ROOT));
  const hashes: HashReader = (level) => Promise.resolve(levels[level] ?? EMPTY_ROOT);
  const leaf = levels[0] ?? EMPTY_ROOT;
  const size = fc.oneof(
    fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 40 + 1, 2 ** 40 + 12345, 2 ** 52 + 1, 2 ** 53 - 1),
    fc.integer({ min: 2 ** 31, max: 2 ** 53 - 1 }),
  );

  it('have proofs that hold, for their index and size only', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (total, part) => {
        const index = Math.floor(total * part);
        const oldSize = index + 1;
        const root = await treeRoot(total, hashes);
        const proof = await inclusionProof(index, total, hashes);
        const consistency = await consistencyProof(oldSize, total, hashes);
        const oldRoot = await treeRoot(oldSize, hashes);

        expect(verifyInclusion({ index, size: total, leaf, proof, root })).toBe(true);
        expect(verifyInclusion({ index, size: total, leaf, proof: proof.slice(1), root })).toBe(false);
        expect(verifyConsistency({ oldSize, oldRoot, size: total, root, proof: consistency })).toBe(true);
        expect(verifyConsistency({ oldSize, oldRoot: root, size: total, root, proof: consistency })).toBe(oldSize === total);
      }),
    );
  });
});

describe('a frontier', () => {
  it('knows the root at every size', async () => {
    const all = leafHashes(600);
    const grown = frontier();
    for (const [index, leaf] of all.entries()) {
      expect(grown.size()).toBe(index);
      if (index % 37 === 0) expect(grown.root()).toEqual(await treeRoot(index, readerOf(all)));
      grown.append(leaf);
    }
  });
});

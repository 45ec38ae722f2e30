import { EvidenceError } from '../../../shared/errors.ts';
import { encodeLeaf } from '../../../shared/notary/leaf.ts';
import { frontier, leafHash, rootOf, verifyConsistency, verifyInclusion, EMPTY_ROOT } from '../../../shared/notary/merkle.ts';
import { verifierOf } from '../../../shared/notary/note.ts';
import { checkpointPath, openLog, tileReader, type LeafBytes } from '../../../shared/notary/read.ts';
import { append, appendEntries, evidenceLeaf, ORIGIN, putCheckpoint, signerOf, storeOf, type Files } from './small-log.ts';

const LEAVES = Array.from({ length: 700 }, (_, index) => encodeLeaf(evidenceLeaf(index)));
const HASHES = LEAVES.map(leafHash);

/** A log that grew to these sizes. */
async function logOf(...sizes: readonly number[]): Promise<Files> {
  const files: Files = new Map();
  let before = 0;
  for (const size of sizes) {
    await append(files, before, HASHES.slice(before, size));
    appendEntries(files, before, LEAVES.slice(0, size));
    before = size;
  }
  return files;
}

async function collected<T>(all: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of all) items.push(item);
  return items;
}

describe('the leaves of a log', () => {
  it('come in order, as they were logged', async () => {
    const log = openLog(storeOf(await logOf(700)));

    const leaves = await collected(log.leaves(0, 700, { checkTiles: true }));

    expect(leaves.map(({ index }) => index)).toEqual(LEAVES.map((_, index) => index));
    expect(leaves.every(({ bytes, hash }, index) => bytes.equals(LEAVES[index] ?? bytes.subarray(1)) && hash.equals(leafHash(bytes)))).toBe(
      true,
    );
    expect(leaves[699]?.leaf).toEqual(evidenceLeaf(699));
  });

  it.each([
    [0, 0],
    [0, 1],
    [255, 257],
    [256, 512],
    [300, 300],
    [511, 700],
    [699, 700],
  ])('come from %s to %s', async (from, to) => {
    const log = openLog(storeOf(await logOf(700)));

    for (const size of [to, 700])
      expect((await collected(log.leaves(from, to, { size, checkTiles: size === 700 }))).map(({ index }) => index)).toEqual(
        Array.from({ length: to - from }, (_, at) => from + at),
      );
  });

  it('come out of whichever bundle there is', async () => {
    const files = await logOf(600, 650, 700);
    const widths = async (to: number): Promise<string[]> => {
      const read: string[] = [];
      const store = storeOf(files);
      const log = openLog({ ...store, get: (path) => (read.push(path), store.get(path)) });
      expect(await collected(log.rawLeaves(512, to))).toHaveLength(to - 512);
      return read;
    };

    expect(await widths(600)).toEqual(['tile/entries/002.p/88']);
    expect(await widths(550)).toEqual(['tile/entries/002.p/38', 'tile/entries/002', 'tile/entries/002.p/88']);
    files.delete('tile/entries/002.p/88');
    expect((await widths(600)).at(-1)).toBe('tile/entries/002.p/138');
  });

  it('come out of the full bundle once the others were removed', async () => {
    const files = await logOf(100, 700);
    files.delete('tile/entries/000.p/100');
    files.delete('tile/0/000.p/100');
    const log = openLog(storeOf(files));

    expect(await collected(log.leaves(90, 100, { checkTiles: true }))).toHaveLength(10);
    expect(await log.root(100)).toEqual(rootOf(HASHES.slice(0, 100)));
  });

  it('are read one bundle at a time', async () => {
    const store = storeOf(await logOf(700));
    let read = 0;
    const log = openLog({ ...store, get: (path) => (read++, store.get(path)) });
    for await (const { index } of log.leaves(0, 700)) expect(read).toBe(Math.floor(index / 256) + 1);
  });

  it('give the root that their tiles give', async () => {
    const log = openLog(storeOf(await logOf(300, 700)));
    const grown = frontier();
    for await (const { hash } of log.rawLeaves(0, 700)) {
      grown.append(hash);
      if (grown.size() === 300) expect(grown.root()).toEqual(await log.root(300));
    }
    expect(grown.root()).toEqual(await log.root(700));
  });

  it.each([
    ['is not there', (files: Files) => files.delete('tile/entries/001'), 'tile/entries/001 is not in the log'],
    ['was cut', cut, /^tile\/entries\/001 of \d+ bytes ends within its leaf 255$/],
    ['lacks a leaf', lacking, 'tile/entries/001 has 255 leaves, not 256'],
    ['holds another leaf', altered, 'leaf 3 of tile/entries/001 is not the one whose hash is in tile/0/001'],
    ['has no tile', (files: Files) => files.delete('tile/0/001'), 'tile/0/001 is not in the log'],
    ['has a tile of another length', (files: Files) => files.set('tile/0/001', Buffer.alloc(32)), 'tile/0/001 has 32 bytes, not 8192'],
  ])('are not to be had where a bundle %s', async (_, damage, why) => {
    const files = await logOf(700);
    damage(files);
    const got: LeafBytes[] = [];
    const read = async (): Promise<void> => {
      for await (const leaf of openLog(storeOf(files)).leaves(0, 700, { checkTiles: true })) got.push(leaf);
    };

    await expect(read()).rejects.toThrow(EvidenceError);
    await expect(read()).rejects.toThrow(why);
    // Those before the damage came, twice.
    expect(got).toHaveLength(512);
  });

  it('are named where they cannot be read', async () => {
    const files = await logOf(300);
    const bundle = files.get('tile/entries/001.p/44') ?? Buffer.alloc(0);
    bundle[2] = 0x5b;

    await expect(collected(openLog(storeOf(files)).leaves(0, 300))).rejects.toThrow('leaf 256 is not a JSON object');
    expect(await collected(openLog(storeOf(files)).rawLeaves(0, 300))).toHaveLength(300);
  });

  it('are none outside of the log', async () => {
    const log = openLog(storeOf(await logOf(300)));

    for (const [from, to, size] of [
      [-1, 1, 300],
      [2, 1, 300],
      [0, 301, 300],
      [0.5, 1, 300],
    ] as const)
      await expect(collected(log.leaves(from, to, { size }))).rejects.toThrow(RangeError);
    await expect(collected(log.leaves(0, 301))).rejects.toThrow('tile/entries/001.p/45 is not in the log');
  });
});

function bundleOf(files: Files): Buffer {
  return files.get('tile/entries/001') ?? Buffer.alloc(0);
}

function cut(files: Files): void {
  files.set('tile/entries/001', bundleOf(files).subarray(0, -1));
}

function lacking(files: Files): void {
  const last = LEAVES[511] ?? EMPTY_ROOT;
  files.set('tile/entries/001', bundleOf(files).subarray(0, -2 - last.length));
}

function altered(files: Files): void {
  const bytes = Buffer.from(bundleOf(files).toString('latin1').replace('"version":"v259"', '"version":"v258"'), 'latin1');
  files.set('tile/entries/001', bytes);
}

describe('the proofs of a log', () => {
  it('hold at the sizes it had', async () => {
    const log = openLog(storeOf(await logOf(1, 255, 256, 600, 700)));
    const sizes = [1, 255, 256, 600, 700];
    for (const size of sizes) {
      const root = await log.root(size);
      expect(root).toEqual(rootOf(HASHES.slice(0, size)));
      for (const index of [0, Math.floor(size / 2), size - 1])
        expect(verifyInclusion({ index, size, leaf: HASHES[index] ?? EMPTY_ROOT, proof: await log.proofOf(index, size), root })).toBe(true);
      for (const oldSize of sizes.filter((older) => older <= size)) {
        const oldRoot = rootOf(HASHES.slice(0, oldSize));
        expect(verifyConsistency({ oldSize, oldRoot, size, root, proof: await log.consistency(oldSize, size) })).toBe(true);
      }
    }
  });

  it('name the tile that is not there', async () => {
    const files = await logOf(700);
    files.delete('tile/0/000');

    await expect(openLog(storeOf(files)).proofOf(0, 700)).rejects.toThrow(new EvidenceError('tile/0/000 is not in the log'));
  });

  it('do not read a full tile of another length for a partial one', async () => {
    const read = tileReader(storeOf(new Map([['tile/0/000', Buffer.alloc(64)]])));

    await expect(read('tile/0/000.p/1')).rejects.toThrow('tile/0/000 has 64 bytes: a full tile has 8192');
  });
});

describe('the checkpoints of a log', () => {
  const signer = signerOf('ecdsa');
  const verifiers = [verifierOf(signer.vkey)];

  it('are all there, by size, and the latest one opens', async () => {
    const files: Files = new Map();
    for (const size of [1, 20, 300]) await putCheckpoint(files, { size, root: rootOf(HASHES.slice(0, size)) }, [signer]);
    const log = openLog(storeOf(files));

    const all = await collected(log.checkpoints());

    expect(all.map(({ path, size }) => [path, size])).toEqual([1, 20, 300].map((size) => [checkpointPath(size), size]));
    expect(await log.checkpoint(verifiers)).toMatchObject({ origin: ORIGIN, size: 300, note: all[2]?.note });
  });

  it('are none in a new log', async () => {
    const log = openLog(storeOf(new Map()));

    expect(await log.checkpoint(verifiers)).toBeUndefined();
    expect(await collected(log.checkpoints())).toEqual([]);
  });

  it('are listed although one is no checkpoint', async () => {
    const files: Files = new Map([
      ['checkpoints/000000000001', Buffer.of(0xff)],
      ['checkpoints/000000000002x', Buffer.alloc(0)],
      ['checkpoints/0000000000003', Buffer.alloc(0)],
    ]);
    await putCheckpoint(files, { size: 300, root: EMPTY_ROOT }, [signer]);

    const all = await collected(openLog(storeOf(files)).checkpoints());

    expect(all.map(({ path, size }) => [path, size])).toEqual([
      ['checkpoints/0000000000003', undefined],
      ['checkpoints/000000000001', 1],
      ['checkpoints/000000000002x', undefined],
      [checkpointPath(300), 300],
    ]);
  });

  it('do not open where they are not UTF-8 or of another key', async () => {
    const files: Files = new Map([['checkpoint', Buffer.of(0xff)]]);
    await expect(openLog(storeOf(files)).checkpoint(verifiers)).rejects.toThrow('the note is not UTF-8');

    await putCheckpoint(files, { size: 300, root: EMPTY_ROOT }, [signerOf('ecdsa')]);
    await expect(openLog(storeOf(files)).checkpoint(verifiers)).rejects.toThrow(EvidenceError);
  });
});

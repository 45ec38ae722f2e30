import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import {
  consistencyProof,
  inclusionProof,
  rootOf,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
  EMPTY_ROOT,
} from '../../../shared/notary/merkle.ts';
import { decodeEntries, encodeEntries, growTree, hashesFromTiles, newTiles, tilePath, widthOf } from '../../../shared/notary/tiles.ts';
import { append, leafHashes, reader, type Files } from './small-log.ts';

describe('paths of tiles', () => {
  it.each([
    [0, 0, undefined, 'tile/0/000'],
    [0, 999, undefined, 'tile/0/999'],
    [0, 1000, undefined, 'tile/0/x001/000'],
    [0, 1234067, undefined, 'tile/0/x001/x234/067'],
    [1, 273, 17, 'tile/1/273.p/17'],
    [0, 1234067, 256, 'tile/0/x001/x234/067'],
    ['entries', 1234067, 1, 'tile/entries/x001/x234/067.p/1'],
    [0, 2 ** 45, 5, 'tile/0/x035/x184/x372/x088/832.p/5'],
  ] as const)('%s %s, width %s: %s', (level, index, width, path) => {
    expect(tilePath(level, index, width)).toBe(path);
  });
});

describe('tiles of a size', () => {
  it('are those of the example of C2SP', () => {
    const tiles = newTiles(0, 70_000);
    const full = tiles.filter(({ width }) => width === 256);

    expect(full.map(({ level }) => level).filter((level) => level === 0)).toHaveLength(273);
    expect(full.filter(({ level }) => level > 0)).toEqual([{ level: 1, index: 0, width: 256 }]);
    expect(tiles.filter(({ width }) => width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it('are none where the tree stays as it is, or is empty', () => {
    expect(newTiles(0, 0)).toEqual([]);
    expect(newTiles(70_000, 70_000)).toEqual([]);
  });

  it('are new only where they have more hashes than before', () => {
    expect(newTiles(255, 256)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(newTiles(256, 257)).toEqual([{ level: 0, index: 1, width: 1 }]);
    expect(newTiles(2 ** 40, 2 ** 40 + 1)).toEqual([{ level: 0, index: 2 ** 32, width: 1 }]);
    expect(newTiles(2 ** 40 - 1, 2 ** 40).map(({ level, index, width }) => [level, index, width])).toEqual([
      [0, 2 ** 32 - 1, 256],
      [1, 2 ** 24 - 1, 256],
      [2, 2 ** 16 - 1, 256],
      [3, 255, 256],
      [4, 0, 256],
      [5, 0, 1],
    ]);
  });

  it('have a width by the size of the tree', () => {
    expect([widthOf(0, 272, 70_000), widthOf(0, 273, 70_000), widthOf(0, 274, 70_000), widthOf(3, 0, 70_000)]).toEqual([256, 112, 0, 0]);
  });
});

describe('a tree in tiles', () => {
  it('has proofs of every leaf and of every beginning', async () => {
    const all = leafHashes(130);
    const files: Files = new Map();
    const roots = [EMPTY_ROOT];
    for (let size = 1; size <= 130; size++) {
      await append(files, size - 1, all.slice(size - 1, size));
      const hashes = hashesFromTiles(size, reader(files));
      const root = await treeRoot(size, hashes);
      roots.push(root);
      expect(root.equals(rootOf(all.slice(0, size)))).toBe(true);
      for (let index = 0; index < size; index++) {
        const leaf = all[index] ?? EMPTY_ROOT;
        const proof = await inclusionProof(index, size, hashes);
        if (!verifyInclusion({ index, size, leaf, proof, root })) throw new Error(`leaf ${index} of ${size}`);
        const oldSize = index + 1;
        const older = await consistencyProof(oldSize, size, hashes);
        const oldRoot = roots[oldSize] ?? EMPTY_ROOT;
        if (!verifyConsistency({ oldSize, oldRoot, size, root, proof: older })) throw new Error(`${oldSize} in ${size}`);
      }
    }
  });

  it('grows by any batches to the same tiles and the same root', async () => {
    const all = leafHashes(70_000);
    const whole = await growTree(0, all, reader(new Map()));
    const files: Files = new Map();
    let size = 0;
    for (const count of [0, 1, 254, 1, 1, 255, 256, 300, 4096, 60_000, 36, 4800]) {
      const growth = await growTree(size, all.slice(size, size + count), reader(files));
      expect(growth.tiles.map(({ path }) => path)).toEqual(
        newTiles(size, size + count).map(({ level, index, width }) => tilePath(level, index, width)),
      );
      for (const { path, bytes } of growth.tiles) {
        expect(files.has(path)).toBe(false);
        files.set(path, bytes);
      }
      size = growth.size;
    }

    expect(size).toBe(70_000);
    expect(whole.root).toEqual(rootOf(all));
    for (const { path, bytes } of whole.tiles) expect(files.get(path)?.equals(bytes)).toBe(true);
    expect(await treeRoot(size, hashesFromTiles(size, reader(files)))).toEqual(whole.root);
  });

  it('reads each tile once', async () => {
    const files: Files = new Map();
    const size = await append(files, 0, leafHashes(1000));
    const read: string[] = [];
    const hashes = hashesFromTiles(size, (path) => {
      read.push(path);
      return reader(files)(path);
    });
    for (let index = 0; index < size; index += 10) await inclusionProof(index, size, hashes);

    expect(read.sort()).toEqual(['tile/0/000', 'tile/0/001', 'tile/0/002', 'tile/0/003.p/232', 'tile/1/000.p/3']);
  });

  it('keeps a bounded number of tiles', async () => {
    let reads = 0;
    const hashes = hashesFromTiles(2 ** 40, () => {
      reads++;
      return Promise.resolve(Buffer.alloc(8192));
    });
    for (let index = 0; index < 600; index++) await hashes(0, index * 256);
    await hashes(0, 599 * 256);
    expect(reads).toBe(600);
    await hashes(0, 0);
    expect(reads).toBe(601);
  });

  it('asks again for a tile that could not be read', async () => {
    let reads = 0;
    const hashes = hashesFromTiles(256, () =>
      ++reads === 1 ? Promise.reject(new Error('slow down')) : Promise.resolve(Buffer.alloc(8192)),
    );

    await expect(hashes(0, 0)).rejects.toThrow('slow down');
    expect(await hashes(0, 0)).toHaveLength(32);
  });

  it('says which tile is not of its length', async () => {
    const files: Files = new Map();
    const size = await append(files, 0, leafHashes(300));
    files.set('tile/0/001.p/44', Buffer.alloc(43 * 32));

    await expect(treeRoot(size, hashesFromTiles(size, reader(files)))).rejects.toThrow(
      new EvidenceError('tile/0/001.p/44 has 1376 bytes: 44 hashes have 1408'),
    );
    await expect(growTree(size, leafHashes(1), reader(files))).rejects.toThrow(EvidenceError);
  });

  it('has no nodes outside of it', async () => {
    const hashes = hashesFromTiles(300, () => Promise.resolve(Buffer.alloc(8192)));

    for (const [level, index] of [
      [0, 300],
      [8, 1],
      [9, 0],
      [-1, 0],
      [0, -1],
      [0, 0.5],
    ] as const)
      await expect(hashes(level, index)).rejects.toThrow(RangeError);
  });
});

describe('a bundle of leaves', () => {
  const leaves = fc.array(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 256 },
  );

  it('gives back the leaves it was made of', () => {
    fc.assert(
      fc.property(leaves, (all) => {
        expect(decodeEntries(encodeEntries(all))).toEqual(all);
      }),
    );
  });

  it('is not one where it was cut', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (all, at) => {
        const bytes = encodeEntries(all);
        const cut = bytes.subarray(0, at % (bytes.length + 1));
        const ends = all.map((_, index) => encodeEntries(all.slice(0, index + 1)).length);
        if (cut.length === 0 || ends.includes(cut.length)) expect(encodeEntries(decodeEntries(cut))).toEqual(cut);
        else expect(() => decodeEntries(cut, 'tile/entries/000')).toThrow(/^tile\/entries\/000 of \d+ bytes ends within its leaf \d+$/);
      }),
    );
  });

  it('takes leaves of up to 65,535 bytes', () => {
    expect(decodeEntries(encodeEntries([Buffer.alloc(65_535)]))[0]).toHaveLength(65_535);
    expect(() => encodeEntries([Buffer.alloc(65_536)])).toThrow('a leaf has 65536 bytes');
  });
});

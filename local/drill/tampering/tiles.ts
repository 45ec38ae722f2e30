// Tampering with the leaves of the log and the tiles of its tree.
import { leafHash } from '../../../shared/notary/merkle.ts';
import { checkpointPath } from '../../../shared/notary/read.ts';
import { LOG_PREFIX } from '../../../shared/notary/store.ts';
import { decodeEntries, encodeEntries, tilePath } from '../../../shared/notary/tiles.ts';
import { logSize, wanted } from '../ground.ts';
import { alterBytes, deleteVersion, flipped, logFile, putOver, stored } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

const HASH_BYTES = 32;

export const TILES: readonly Tampering[] = [
  {
    name: 'a leaf is edited in its bundle of entries',
    act: async (ground) => {
      const path = tilePath('entries', 0, logSize(ground));
      await alterBytes(ground, await logFile(ground, path), (bytes) => withEditedEntry(bytes, 1));
      return expect('bad_entries', LOG_PREFIX + path);
    },
  },
  {
    name: 'a bundle of entries is cut short',
    act: async (ground) => {
      const path = tilePath('entries', 0, logSize(ground));
      await alterBytes(ground, await logFile(ground, path), (bytes) => bytes.subarray(0, bytes.length - 50));
      return expect('bad_entries', LOG_PREFIX + path);
    },
  },
  {
    name: 'a bundle of entries is deleted for good',
    act: async (ground) => {
      const path = tilePath('entries', 0, logSize(ground));
      await deleteVersion(ground, await logFile(ground, path));
      return expect('bad_entries', LOG_PREFIX + path);
    },
  },
  {
    name: 'a hash is edited in a tile',
    act: async (ground) => {
      const path = tilePath(0, 0, logSize(ground));
      await alterBytes(ground, await logFile(ground, path), (bytes) => flipped(bytes, 3 * HASH_BYTES));
      return expect('bad_tile', LOG_PREFIX + path);
    },
  },
  {
    name: 'a tile is deleted for good',
    act: async (ground) => {
      const path = tilePath(0, 0, logSize(ground));
      await deleteVersion(ground, await logFile(ground, path));
      return expect('bad_tile', LOG_PREFIX + path);
    },
  },
  {
    name: 'another tile is put over a tile',
    act: async (ground) => {
      const path = tilePath(0, 0, logSize(ground));
      const object = await stored(ground, await logFile(ground, path));
      await putOver(ground, LOG_PREFIX + path, { ...object, bytes: flipped(object.bytes) });
      return expect('bad_tile', LOG_PREFIX + path);
    },
  },
  {
    name: 'a leaf is edited in its bundle, and its hash in the tile',
    act: async (ground) => {
      const [entries, tile] = [tilePath('entries', 0, logSize(ground)), tilePath(0, 0, logSize(ground))];
      let edited: Buffer = Buffer.alloc(0);
      await alterBytes(ground, await logFile(ground, entries), (bytes) => (edited = withEditedEntry(bytes, 1)));
      const hashOfLeaf = leafHash(decodeEntries(edited)[1] ?? Buffer.alloc(0));
      await alterBytes(ground, await logFile(ground, tile), (bytes) =>
        Buffer.concat([bytes.subarray(0, HASH_BYTES), hashOfLeaf, bytes.subarray(2 * HASH_BYTES)]),
      );
      return expect('bad_root', LOG_PREFIX + checkpointPath(wanted(ground.checkpoints[0], 'a checkpoint')));
    },
  },
];

function withEditedEntry(bundle: Buffer, at: number): Buffer {
  const leaves = decodeEntries(bundle);
  return encodeEntries(
    leaves.map((leaf, index) => (index === at ? Buffer.from(leaf.toString().replace(/"records":\d/, '"records":9')) : leaf)),
  );
}

// Tampering with sealed objects: their bytes, their versions, their locks.
import { placeOfKey } from '../../../shared/seal/vault.ts';
import { leafOf, nth } from '../ground.ts';
import { alterBytes, deleteVersion, flipped, layMarker, putOver, shortenLock, stored } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

const DAY_MS = 86_400_000;

const BYTES: readonly Tampering[] = [
  {
    name: 'a byte of a sealed object is flipped, and with it the checksum that S3 keeps',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 0);
      await alterBytes(ground, leaf, flipped);
      return expect('object_altered', leaf.key);
    },
  },
  {
    name: 'a byte of a sealed object is flipped by a failing disk',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 1);
      const { bytes } = await stored(ground, leaf);
      await ground.storage.alter(ground.vault.bucket, leaf, { bytes: flipped(bytes), checksum: false });
      return expect('object_altered', leaf.key);
    },
  },
  {
    name: 'the last byte of a sealed object is flipped',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 0);
      await alterBytes(ground, leaf, (bytes) => flipped(bytes, bytes.length - 1));
      return expect('object_altered', leaf.key);
    },
  },
  {
    name: 'a sealed object is cut short',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 0);
      await alterBytes(ground, leaf, (bytes) => bytes.subarray(0, bytes.length - 100));
      return [...expect('object_altered', leaf.key), ...expect('wrong_size', leaf.key)];
    },
  },
  {
    name: 'a sealed object is emptied',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 1);
      await alterBytes(ground, leaf, () => Buffer.alloc(0));
      return [...expect('object_altered', leaf.key), ...expect('wrong_size', leaf.key)];
    },
  },
  {
    name: 'bytes are put behind the end of a sealed object',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 0);
      await alterBytes(ground, leaf, (bytes) => Buffer.concat([bytes, Buffer.from('more')]));
      return [...expect('object_altered', leaf.key), ...expect('wrong_size', leaf.key)];
    },
  },
  {
    name: 'the bytes of two sealed objects are swapped',
    act: async (ground) => {
      const [one, other] = [nth(ground, 'alb', 0), nth(ground, 'alb', 1)];
      const [first, second] = [await stored(ground, one), await stored(ground, other)];
      await alterBytes(ground, one, () => second.bytes);
      await alterBytes(ground, other, () => first.bytes);
      return expect('object_altered', one.key, other.key);
    },
  },
  {
    name: 'two sealed objects are swapped with all that is written beside them',
    act: async (ground) => {
      const [one, other] = [nth(ground, 'alb', 0), nth(ground, 'vpc-flow', 1)];
      const [first, second] = [await stored(ground, one), await stored(ground, other)];
      await ground.storage.alter(ground.vault.bucket, one, { ...second, checksum: true });
      await ground.storage.alter(ground.vault.bucket, other, { ...first, checksum: true });
      return [...expect('object_altered', one.key, other.key), ...expect('metadata_differs', one.key, other.key)];
    },
  },
];

const VERSIONS: readonly Tampering[] = [
  {
    name: 'another version is put over a sealed object',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 1);
      const { bytes, metadata } = await stored(ground, leaf);
      await putOver(ground, leaf.key, { bytes: flipped(bytes), metadata });
      return [...expect('version_replaced', leaf.key), ...expect('not_in_log', leaf.key)];
    },
  },
  {
    name: 'a delete marker is laid over a sealed object',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 1);
      await layMarker(ground, leaf.key);
      return expect('delete_marker', leaf.key);
    },
  },
  {
    name: 'a sealed object is deleted for good, past governance mode',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 1);
      await deleteVersion(ground, leaf);
      return expect('object_missing', leaf.key);
    },
  },
  {
    name: 'a sealed object is deleted and put anew, the same to the byte',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 1);
      const object = await stored(ground, leaf);
      await deleteVersion(ground, leaf);
      await putOver(ground, leaf.key, object);
      return [...expect('object_missing', leaf.key), ...expect('not_in_log', leaf.key)];
    },
  },
  {
    name: 'an object is put beside the others that was never notarized',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 0);
      const key = leaf.key.replace(/[\w-]{22}\.sealed$/, 'planted-planted-plante.sealed');
      await putOver(ground, key, await stored(ground, leaf));
      return expect('not_in_log', key);
    },
  },
  {
    name: 'something that is no evidence is put among the evidence',
    act: async (ground) => {
      const key = `${placeOfKey(nth(ground, 'alb', 0).key).bank}/note.txt`;
      await putOver(ground, key, { bytes: Buffer.from('nothing happened'), metadata: {} });
      return expect('not_in_log', key);
    },
  },
];

const LOCKS: readonly Tampering[] = [
  {
    name: 'the lock of a sealed object is shortened to a day',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 0);
      await shortenLock(ground, leaf, new Date(Date.now() + DAY_MS));
      return expect('lock_too_short', leaf.key);
    },
  },
  {
    name: 'the lock of a sealed object is taken away',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 0);
      await ground.storage.alter(ground.vault.bucket, leaf, { lock: null });
      return expect('not_locked', leaf.key);
    },
  },
  {
    name: 'the lock of a statement is taken away',
    act: async (ground) => {
      const leaf = leafOf(ground, ground.access.statement);
      await ground.storage.alter(ground.vault.bucket, leaf, { lock: null });
      return expect('not_locked', leaf.key);
    },
  },
];

export const OBJECTS: readonly Tampering[] = [...BYTES, ...VERSIONS, ...LOCKS];

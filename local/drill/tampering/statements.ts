// Tampering with statements: who opened evidence and why, what was erased, which keys CloudTrail signs with.
import { digestKeyLeaf, evidenceOf, leafOf, type Ground } from '../ground.ts';
import { alterBytes, deleteVersion, layMarker, putOver, stored } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

export const STATEMENTS: readonly Tampering[] = [
  {
    name: 'the reason in a statement of access is edited',
    act: async (ground) => {
      const leaf = leafOf(ground, ground.access.statement);
      await alterBytes(ground, leaf, (bytes) => Buffer.from(bytes.toString().replace('tamper drill', 'routine task')));
      return expect('object_altered', leaf.key);
    },
  },
  {
    name: 'a statement of access is deleted for good',
    act: async (ground) => {
      const leaf = leafOf(ground, ground.access.statement);
      await deleteVersion(ground, leaf);
      return expect('object_missing', leaf.key);
    },
  },
  {
    name: 'a statement of access is invented',
    act: async (ground) => {
      const leaf = leafOf(ground, ground.access.statement);
      const key = leaf.key.replace(/[^/]+\.json$/, 'invented.json');
      await putOver(ground, key, await stored(ground, leaf));
      return expect('not_in_log', key);
    },
  },
  {
    name: 'the statement of an erasure is deleted for good',
    act: async (ground) => {
      const leaf = leafOf(ground, ground.erasure);
      await deleteVersion(ground, leaf);
      return [...expect('object_missing', leaf.key), ...expect('key_missing_unexplained', ...erasedKeys(ground))];
    },
  },
  {
    name: 'a delete marker is laid over the statement of an erasure',
    act: async (ground) => {
      await layMarker(ground, ground.erasure);
      return expect('delete_marker', ground.erasure);
    },
  },
  {
    name: 'another version is put over the statement of an erasure',
    act: async (ground) => {
      const { bytes, metadata } = await stored(ground, leafOf(ground, ground.erasure));
      await putOver(ground, ground.erasure, { bytes: Buffer.from(bytes.toString().replace('GDPR', 'none')), metadata });
      return [...expect('version_replaced', ground.erasure), ...expect('not_in_log', ground.erasure)];
    },
  },
  {
    name: 'a wrong public key of CloudTrail is put in place of the right one',
    act: async (ground) => {
      const leaf = digestKeyLeaf(ground);
      await alterBytes(ground, leaf, (bytes) => Buffer.from(bytes.toString().replace(/"value":"[^"]{20}/, `"value":"${'A'.repeat(20)}`)));
      return expect('object_altered', leaf.key);
    },
  },
];

/** Vault keys of what was erased on record when the ground was made. */
function erasedKeys(ground: Ground): readonly string[] {
  return evidenceOf(ground, 'application-json')
    .filter(({ origin }) => origin.startsWith('file:'))
    .map(({ key }) => key);
}

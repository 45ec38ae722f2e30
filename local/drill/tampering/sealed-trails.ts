// Tampering with what CloudTrail delivered after it was sealed: with the files, the digests, and what was kept beside them to prove both.
import { s3Place } from '../../../shared/cloudtrail-digest/verify.ts';
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { digestsOf, trailFilesOf, wanted, type Ground } from '../ground.ts';
import { alterMetadata, deleteVersion } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

export const SEALED_TRAILS: readonly Tampering[] = [
  {
    name: 'a sealed log file of CloudTrail is deleted for good',
    act: async (ground) => {
      const leaf = fileAt(ground, 3);
      await deleteVersion(ground, leaf);
      return [...expect('object_missing', leaf.key), ...expect('file_missing', deliveredAs(leaf))];
    },
  },
  {
    name: 'a sealed digest of CloudTrail is deleted for good',
    act: async (ground) => {
      const [leaf, next] = [digestAt(ground, 2), digestAt(ground, 3)];
      await deleteVersion(ground, leaf);
      return [...expect('object_missing', leaf.key), ...expect('digest_missing', next.key)];
    },
  },
  {
    name: 'the kept hash of a log file of CloudTrail is edited',
    act: async (ground) => {
      const leaf = fileAt(ground, 1);
      await alterMetadata(ground, leaf, (metadata) => ({ ...metadata, expanded: '0'.repeat(64) }));
      return expect('file_altered', leaf.key);
    },
  },
  {
    name: 'the kept hash of a log file of CloudTrail is taken away',
    act: async (ground) => {
      const leaf = fileAt(ground, 1);
      await alterMetadata(ground, leaf, (metadata) => without(metadata, 'expanded'));
      return expect('file_unchecked', leaf.key);
    },
  },
  {
    name: 'the kept signature of a digest is edited',
    act: async (ground) => {
      const leaf = digestAt(ground, 2);
      await alterMetadata(ground, leaf, (metadata) => ({ ...metadata, signature: Buffer.alloc(256, 7).toString('base64url') }));
      return [...expect('digest_signature', leaf.key), ...expect('digest_chain', digestAt(ground, 3).key)];
    },
  },
  {
    name: 'the kept signature of the latest digest is taken away',
    act: async (ground) => {
      const leaf = digestAt(ground, -1);
      await alterMetadata(ground, leaf, (metadata) => without(metadata, 'signature'));
      return expect('digest_unsigned', leaf.key);
    },
  },
];

function without(metadata: Readonly<Record<string, string>>, absent: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== absent));
}

function fileAt(ground: Ground, at: number): EvidenceLeaf {
  return wanted(trailFilesOf(ground).at(at), 'so many log files of CloudTrail');
}

function digestAt(ground: Ground, at: number): EvidenceLeaf {
  return wanted(digestsOf(ground).at(at), 'so many digests of CloudTrail');
}

function deliveredAs({ origin }: EvidenceLeaf): string {
  const { bucket, key } = wanted(s3Place(origin), `the place from which ${origin} came`);
  return `s3://${bucket}/${key}`;
}

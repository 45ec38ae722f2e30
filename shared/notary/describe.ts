// What the log says of an object in the vault: out of its head alone. S3 has computed the checksum when the object was put, so the body is not read.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { EvidenceError } from '../errors.ts';
import { decodeMetadata, type EvidenceFacts } from '../seal/metadata.ts';
import { ifThere } from '../s3.ts';
import { STATEMENTS } from '../seal/statements.ts';
import type { VaultSource } from '../seal/vault.ts';
import { strictBase64 } from './base64.ts';
import type { Leaf } from './leaf.ts';
import { HASH_BYTES } from './merkle.ts';

export interface VersionAt {
  readonly key: string;
  readonly version: string;
}

export interface Described {
  readonly leaf: Leaf;
  /** Why the leaf says less than it should. */
  readonly problem: string | undefined;
}

/** @throws EvidenceError if the version is not there, or S3 has no SHA-256 of it. */
export async function describeVersion({ s3, bucket }: VaultSource, at: VersionAt): Promise<Described> {
  const { key, version } = at;
  const head = await ifThere(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: version, ChecksumMode: 'ENABLED' })));
  if (head === undefined) throw new EvidenceError(`${key}, version ${version}, is not in ${bucket}`);
  // Of parts put together S3 has no hash of the whole: base64 with the number of parts behind it.
  const checksum = strictBase64(head.ChecksumSHA256 ?? '');
  if (checksum?.length !== HASH_BYTES) throw new EvidenceError(`${key}, version ${version}: S3 has no SHA-256 of the whole object`);
  return describe(at, head, checksum.toString('hex'));
}

function describe({ key, version }: VersionAt, head: HeadObjectCommandOutput, ciphertext: string): Described {
  const base = { v: 1, key, version, size: head.ContentLength ?? 0, ciphertext } as const;
  const stored = head.LastModified?.getTime() ?? 0;
  if (key.startsWith(STATEMENTS)) {
    const statement = key.slice(STATEMENTS.length).split('/')[0] ?? '';
    return { leaf: { ...base, kind: 'statement', statement: statement === '' ? 'unknown' : statement, stored }, problem: undefined };
  }
  const { facts, problem } = factsOf(key, head.Metadata ?? {});
  return { leaf: { ...base, kind: 'evidence', ...(facts === undefined ? unknownFacts(stored) : knownFacts(facts)), stored }, problem };
}

function factsOf(key: string, metadata: Readonly<Record<string, string>>): { readonly facts?: EvidenceFacts; readonly problem?: string } {
  try {
    return { facts: decodeMetadata(metadata, key) };
  } catch (error) {
    if (error instanceof EvidenceError) return { problem: error.message };
    throw error;
  }
}

function knownFacts({ origin, plaintext, size, counts, firstTime, lastTime }: EvidenceFacts) {
  const times = { first: firstTime ?? null, last: lastTime ?? null, delivered: origin.time };
  return { plaintext, bytes: size, ...counts, ...times, origin: origin.uri, trigger: origin.trigger };
}

/** It lies in the vault, so the log has it: what cannot be told is nothing, and the object's own hash holds all the same. */
function unknownFacts(stored: number) {
  const counts = { records: 0, events: 0, excluded: 0, parked: 0 };
  return {
    plaintext: '0'.repeat(64),
    bytes: 0,
    ...counts,
    first: null,
    last: null,
    delivered: stored,
    origin: 'unknown',
    trigger: 'unknown',
  };
}

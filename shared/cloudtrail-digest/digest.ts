// One digest by itself: what it says, where it lies, who signed it.
import type { KeyObject } from 'node:crypto';
import { problem, type ProblemCode } from '../verify/problems.ts';
import { digestName, type DigestName } from './names.ts';
import { parseDigest, type Digest, type PreviousDigest } from './parse.ts';
import { isSigned, publicKeyOf, sha256, stringToSign } from './signature.ts';
import type { DeliveredDigest, DigestKey, DigestProblem } from './types.ts';

export interface ReadDigest {
  readonly at: string;
  /** Where it was delivered. */
  readonly bucket: string;
  readonly key: string;
  readonly name: DigestName;
  readonly digest: Digest;
  /** SHA-256 of its gunzipped bytes, lower-case hex. */
  readonly hash: string;
  /** Hex. */
  readonly signature: string | undefined;
}

/** By fingerprint. */
export type DigestKeys = ReadonlyMap<string, readonly { readonly region: string; readonly key: KeyObject | undefined }[]>;

export function digestKeys(keys: readonly DigestKey[]): DigestKeys {
  const known = new Map<string, { readonly region: string; readonly key: KeyObject | undefined }[]>();
  for (const { fingerprint, region, value } of keys) {
    const same = known.get(fingerprint) ?? [];
    known.set(fingerprint, [...same, { region, key: publicKeyOf(value) }]);
  }
  return known;
}

/** The place that the digest itself names is what others name it by. */
export function placeOf({ digest }: ReadDigest): string {
  return `${digest.bucket}/${digest.object}`;
}

export function readDigest({ at, bucket, key, bytes, signature }: DeliveredDigest): ReadDigest | DigestProblem {
  const digest = parseDigest(bytes);
  const delivered = digestName(key);
  if (typeof digest === 'string') return unreadable(at, digest, delivered);
  // A digest that was moved is still that of the chain for which it was signed.
  const name = digestName(digest.object) ?? delivered;
  if (name === undefined) return unreadable(at, 'neither its place nor its digestS3Object is that of a digest', delivered);
  return { at, bucket, key, name, digest, hash: sha256(bytes), signature: signature === '' ? undefined : signature };
}

function unreadable(at: string, detail: string, name: DigestName | undefined): DigestProblem {
  return { ...problem('digest_unreadable', at, detail), account: name?.account, region: name?.region, time: name?.end };
}

/** @param signatures used where its own was not kept: what its successors say it was. */
export function ownProblems(read: ReadDigest, keys: DigestKeys, signatures: readonly string[] = []): readonly DigestProblem[] {
  const { bucket, key, digest } = read;
  const moved =
    bucket === digest.bucket && key === digest.object
      ? []
      : [about(read, 'digest_moved', `it was delivered as s3://${bucket}/${key} and is that of s3://${placeOf(read)}`)];
  return [...moved, ...signatureProblems(read, keys, signatures)];
}

/** True where nothing says that somebody else than CloudTrail wrote it. */
export function isAuthentic(problems: readonly DigestProblem[]): boolean {
  return problems.every(({ code }) => code === 'digest_moved');
}

function signatureProblems(read: ReadDigest, keys: DigestKeys, others: readonly string[]): readonly DigestProblem[] {
  const { digest, hash, name } = read;
  const signatures = read.signature === undefined ? others : [read.signature];
  if (signatures.length === 0) return [about(read, 'digest_unsigned', 'its signature was not kept, and no digest that follows it says it')];
  const named = keys.get(digest.fingerprint)?.filter(({ region }) => region === name.region) ?? [];
  if (named.length === 0)
    return [about(read, 'key_unknown', `public key ${digest.fingerprint} of ${name.region} was not kept: aws cloudtrail list-public-keys`)];
  const signed = stringToSign(digest, hash);
  const fits = signatures.some((signature) => named.some(({ key }) => key !== undefined && isSigned(signed, signature, key)));
  return fits ? [] : [about(read, 'digest_signature', `its signature does not fit public key ${digest.fingerprint}`)];
}

/** @param actual what lies under the name of the predecessor. @returns why it is not the one that was named; undefined where it is. */
export function linkProblem(named: PreviousDigest, actual: Pick<ReadDigest, 'hash' | 'signature'>): string | undefined {
  if (actual.hash !== named.hash) return 'its predecessor has another hash than it says';
  if (actual.signature !== undefined && actual.signature.toLowerCase() !== named.signature.toLowerCase())
    return 'its predecessor has another signature than it says';
  return undefined;
}

export function about(
  { at, name, digest }: ReadDigest,
  code: ProblemCode,
  detail: string,
  gap?: Pick<DigestProblem, 'time' | 'until'>,
): DigestProblem {
  return { ...problem(code, at, detail), account: name.account, region: name.region, time: digest.end, ...gap };
}

// A digest's JSON. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
import { isArray, isObject, parseJson, text } from '../outcome.ts';

export interface Digest {
  readonly bucket: string;
  readonly object: string;
  /** ms since the epoch */
  readonly start: number;
  readonly end: number;
  /** As it is written: it is signed in this form. */
  readonly endText: string;
  readonly fingerprint: string;
  /** Undefined in a starting digest. */
  readonly previous: PreviousDigest | undefined;
  readonly files: readonly NamedFile[];
}

export interface PreviousDigest {
  readonly bucket: string;
  readonly object: string;
  /** SHA-256 of its gunzipped bytes, lower-case hex. */
  readonly hash: string;
  /** Hex, as it is written. */
  readonly signature: string;
}

export interface NamedFile {
  readonly bucket: string;
  readonly object: string;
  /** SHA-256 of its gunzipped bytes, lower-case hex. */
  readonly hash: string;
}

const SIGNATURE_ALGORITHM = 'SHA256withRSA';
const HASH_ALGORITHM = 'SHA-256';
const HASH = /^[0-9a-f]{64}$/i;
const PREVIOUS = [
  'previousDigestS3Bucket',
  'previousDigestS3Object',
  'previousDigestHashValue',
  'previousDigestHashAlgorithm',
  'previousDigestSignature',
] as const;

type Fields = Readonly<Record<string, unknown>>;

/** @returns the digest, or in words why it is none. */
export function parseDigest(bytes: Uint8Array): Digest | string {
  const fields = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  if (!isObject(fields)) return 'it is no JSON object';
  const [bucket, object, startText, endText, fingerprint] = [
    text(fields['digestS3Bucket']),
    text(fields['digestS3Object']),
    text(fields['digestStartTime']),
    text(fields['digestEndTime']),
    text(fields['digestPublicKeyFingerprint']),
  ];
  if (bucket === undefined || object === undefined || startText === undefined || endText === undefined || fingerprint === undefined)
    return 'a field is absent: digestS3Bucket, digestS3Object, digestStartTime, digestEndTime or digestPublicKeyFingerprint';
  if (fields['digestSignatureAlgorithm'] !== SIGNATURE_ALGORITHM) return `its digestSignatureAlgorithm is not ${SIGNATURE_ALGORITHM}`;
  const [start, end] = [Date.parse(startText), Date.parse(endText)];
  if (Number.isNaN(start) || Number.isNaN(end)) return 'digestStartTime or digestEndTime is no time';
  const previous = previousOf(fields);
  if (typeof previous === 'string') return previous;
  const files = filesOf(fields['logFiles']);
  if (typeof files === 'string') return files;
  return { bucket, object, start, end, endText, fingerprint, previous: previous.digest, files };
}

/** All five or none: with some of them a digest would neither continue a chain nor begin one. */
function previousOf(fields: Fields): { readonly digest: PreviousDigest | undefined } | string {
  if (PREVIOUS.every((name) => fields[name] === null)) return { digest: undefined };
  const [bucket, object, hash, algorithm, signature] = PREVIOUS.map((name) => text(fields[name]));
  if (bucket === undefined || object === undefined || hash === undefined || signature === undefined)
    return 'one of its previousDigest fields is absent';
  if (algorithm !== HASH_ALGORITHM || !HASH.test(hash)) return `its previousDigestHashValue is no ${HASH_ALGORITHM}`;
  return { digest: { bucket, object, hash: hash.toLowerCase(), signature } };
}

function filesOf(candidates: unknown): readonly NamedFile[] | string {
  if (!isArray(candidates)) return 'logFiles is no list';
  const files: NamedFile[] = [];
  for (const candidate of candidates) {
    if (!isObject(candidate)) return 'an entry of logFiles is no object';
    const [bucket, object, hash] = [text(candidate['s3Bucket']), text(candidate['s3Object']), text(candidate['hashValue'])];
    if (bucket === undefined || object === undefined || hash === undefined) return 'an entry of logFiles lacks a field';
    if (candidate['hashAlgorithm'] !== HASH_ALGORITHM || !HASH.test(hash)) return `a hash in logFiles is no ${HASH_ALGORITHM}`;
    files.push({ bucket, object, hash: hash.toLowerCase() });
  }
  return files;
}

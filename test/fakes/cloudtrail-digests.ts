// What CloudTrail delivers, hour by hour, with digests signed by a key of our own.
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { DigestKey } from '../../shared/cloudtrail-digest/types.ts';

export interface FakeFile {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Buffer;
  readonly delivered: number;
}

export interface FakeDigest {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Buffer;
  /** Hex. */
  readonly signature: string;
  readonly start: number;
  readonly end: number;
}

export interface TrailOptions {
  readonly account?: string;
  readonly region?: string;
  readonly trail?: string;
  readonly bucket?: string;
  /** With its slash. */
  readonly prefix?: string;
  readonly organization?: string;
  /** ms since the epoch: start of the first hour. */
  readonly start: number;
  /** Of log files, expanded. Default: one small record. */
  readonly content?: (delivered: number, name: string) => Buffer;
}

export interface DigestSigner {
  readonly fingerprint: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const HOUR_MS = 3_600_000;

export function digestSigner(fingerprint = '31e8b5433410dfb61a9dc45cc65b22ff'): DigestSigner {
  return { fingerprint, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

/** As ListPublicKeys would give it. */
export function keyOf({ fingerprint, publicKey }: DigestSigner, type: 'pkcs1' | 'spki' = 'pkcs1', region = 'eu-central-1'): DigestKey {
  return { fingerprint, region, value: publicKey.export({ format: 'der', type }).toString('base64') };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface FakeTrail {
  /** The next hour's log files and its digest. @param restart begins a new chain. */
  hour(files?: number, restart?: boolean): { readonly digest: FakeDigest; readonly files: readonly FakeFile[] };
  /** Time goes on without digests. */
  pause(hours: number): void;
  /** A digest that names files which came too late for theirs. */
  backfill(files: readonly FakeFile[]): FakeDigest;
  /** A log file of this trail, which no digest names unless told. */
  file(delivered: number, name: string): FakeFile;
}

export function fakeTrail(signer: DigestSigner, options: TrailOptions): FakeTrail {
  const {
    account = '222222222222',
    region = 'eu-central-1',
    trail = 'main',
    bucket = 'landing',
    prefix = '',
    organization,
    content = oneRecord,
  } = options;
  const folder = `${prefix}AWSLogs/${organization === undefined ? '' : `${organization}/`}${account}`;
  let end = options.start;
  let last: FakeDigest | undefined;

  function file(delivered: number, name: string): FakeFile {
    const key = `${folder}/CloudTrail/${region}/${day(delivered)}/${account}_CloudTrail_${region}_${stamp(delivered).slice(0, 13)}Z_${name}.json.gz`;
    return { bucket, key, delivered, bytes: content(delivered, name) };
  }

  function digest(
    range: { start: number; end: number },
    files: readonly FakeFile[],
    previous: FakeDigest | undefined,
    suffix = '',
  ): FakeDigest {
    const name = `${account}_CloudTrail-Digest_${region}_${trail}_eu-central-1_${stamp(range.end)}${suffix}.json.gz`;
    const key = `${folder}/CloudTrail-Digest/${region}/${day(range.end)}/${name}`;
    const fields = {
      awsAccountId: account,
      digestStartTime: iso(range.start),
      digestEndTime: iso(range.end),
      digestS3Bucket: bucket,
      digestS3Object: key,
      digestPublicKeyFingerprint: signer.fingerprint,
      digestSignatureAlgorithm: 'SHA256withRSA',
      newestEventTime: files.length === 0 ? null : iso(range.end),
      oldestEventTime: files.length === 0 ? null : iso(range.start),
      previousDigestS3Bucket: previous?.bucket ?? null,
      previousDigestS3Object: previous?.key ?? null,
      previousDigestHashValue: previous === undefined ? null : hashOf(previous.bytes),
      previousDigestHashAlgorithm: previous === undefined ? null : 'SHA-256',
      previousDigestSignature: previous?.signature ?? null,
      logFiles: files.map((one) => ({
        s3Bucket: one.bucket,
        s3Object: one.key,
        hashValue: hashOf(one.bytes),
        hashAlgorithm: 'SHA-256',
        newestEventTime: iso(range.end),
        oldestEventTime: iso(range.start),
      })),
    };
    const bytes = Buffer.from(JSON.stringify(fields));
    const signed = [fields.digestEndTime, `${bucket}/${key}`, hashOf(bytes), previous?.signature ?? 'null'].join('\n');
    const signature = sign('sha256', Buffer.from(signed), signer.privateKey).toString('hex');
    return { bucket, key, bytes, signature, ...range };
  }

  return {
    file,
    pause(hours) {
      end += hours * HOUR_MS;
    },
    hour(count = 2, restart = false) {
      const range = { start: end, end: end + HOUR_MS };
      const files = Array.from({ length: count }, (_, at) =>
        file(range.start + ((at + 1) * HOUR_MS) / (count + 1), `${trail}${stamp(range.end)}n${at}`),
      );
      last = digest(range, files, restart ? undefined : last);
      end = range.end;
      return { digest: last, files };
    },
    backfill: (files) => digest({ start: end - HOUR_MS, end }, files, undefined, '_backfill'),
  };
}

function oneRecord(delivered: number, name: string): Buffer {
  return Buffer.from(JSON.stringify({ Records: [{ eventID: name, delivered }] }));
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function stamp(ms: number): string {
  return iso(Math.floor(ms / 1000) * 1000).replaceAll(/[-:]/g, '');
}

function day(ms: number): string {
  return iso(Math.floor(ms / 1000) * 1000)
    .slice(0, 10)
    .replaceAll('-', '/');
}

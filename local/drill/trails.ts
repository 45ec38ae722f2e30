// What CloudTrail delivers in the drill: hours of log files, each with a digest that names them, signed by a key made for the drill.
import { gzipSync } from 'node:zlib';
import { digestSigner, fakeTrail, type DigestSigner, type FakeDigest, type FakeFile } from '../../test/fakes/cloudtrail-digests.ts';
import { createRandom } from '../demo/random.ts';
import { cloudTrailRecord } from '../demo/records.ts';

export type { DigestSigner, FakeDigest, FakeFile };

/** An object on its way into the landing bucket. */
export interface TrailObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface Hour {
  readonly digest: FakeDigest;
  readonly files: readonly FakeFile[];
}

export interface Trail {
  readonly hours: readonly Hour[];
  /** A log file that no digest names. */
  stranger(): FakeFile;
}

export interface TrailPlan {
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  readonly signer: DigestSigner;
  /** The hour of the last digest but one is under way then, ms since the epoch: what is delivered now lies among digests. */
  readonly now: number;
  readonly hours: number;
  readonly filesPerHour: number;
}

const HOUR_MS = 3_600_000;
const RECORDS = 20;

export { digestSigner };

export function trailOf({ account, region, bucket, signer, now, hours, filesPerHour }: TrailPlan): Trail {
  const start = Math.floor(now / 1000) * 1000 - (hours - 1.5) * HOUR_MS;
  const content = (delivered: number, name: string): Buffer =>
    logFile(Math.min(delivered, now) - 60_000, `${account}${name}`, { account, region });
  const trail = fakeTrail(signer, { account, region, bucket, start, content });
  return {
    hours: Array.from({ length: hours }, () => trail.hour(filesPerHour)),
    stranger: () => trail.file(Math.floor(now / 1000) * 1000, 'stranger'),
  };
}

/** @param time of its last record, ms since the epoch. */
function logFile(time: number, name: string, { account, region }: { readonly account: string; readonly region: string }): Buffer {
  const random = createRandom(Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 2 ** 31, 7));
  const scene = { account, region, start: Math.floor(time / 1000) * 1000 - RECORDS * 1000, step: 1000 };
  const records = Array.from({ length: RECORDS }, (_, index) => cloudTrailRecord(random, index, scene));
  return Buffer.from(`{"Records":[${records.join(',')}]}`);
}

export function fileObject({ key, bytes }: FakeFile): TrailObject {
  return { key, bytes: gzipSync(bytes) };
}

/** @param signature undefined: none comes with it. */
export function digestObject({
  key,
  bytes,
  signature,
}: Omit<FakeDigest, 'signature' | 'bucket'> & { readonly signature: string | undefined }): TrailObject {
  const metadata = { 'signature-algorithm': 'SHA256withRSA', ...(signature === undefined ? {} : { signature }) };
  return { key, bytes: gzipSync(bytes), metadata };
}

export function objectsOf({ hours }: Pick<Trail, 'hours'>): readonly TrailObject[] {
  return hours.flatMap(({ digest, files }) => [...files.map(fileObject), digestObject(digest)]);
}

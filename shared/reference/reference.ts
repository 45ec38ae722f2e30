// Objects of the reference bucket: what the bank knows about the world beside its logs (indicators, places, its own organisation).
// Everything here can be made again, so nothing of it is evidence. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { MisconfiguredError } from '../errors.ts';
import { ifThere, statusOf } from '../s3.ts';

export interface ReferenceStore {
  readonly s3: S3Client;
  /** The reference bucket. */
  readonly bucket: string;
}

export interface ReferenceObject {
  readonly bytes: Buffer;
  readonly etag: string | undefined;
}

const NOT_MODIFIED = 304;
const PRECONDITION_FAILED = 412;

/**
 * @param options.ifNot an ETag: where the object still has it, nothing is sent.
 * @param options.maxBytes what is larger is refused before it is read.
 * @returns undefined where there is no such object, `same` where it has not changed. @throws MisconfiguredError for one that is too large.
 */
export async function readReference(
  { s3, bucket }: ReferenceStore,
  key: string,
  { ifNot, maxBytes }: { readonly ifNot?: string | undefined; readonly maxBytes: number },
): Promise<ReferenceObject | 'same' | undefined> {
  try {
    const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfNoneMatch: ifNot })));
    if (answer?.Body === undefined) return undefined;
    const bytes = await collect(answer.Body, { key, maxBytes, size: answer.ContentLength });
    return { bytes, etag: answer.ETag };
  } catch (error) {
    if (statusOf(error) === NOT_MODIFIED) return 'same';
    throw error;
  }
}

interface Expected {
  readonly key: string;
  readonly maxBytes: number;
  readonly size: number | undefined;
}

/** Into one buffer of the right size: an index of a hundred megabytes is not held twice. */
async function collect(body: unknown, { key, maxBytes, size }: Expected): Promise<Buffer> {
  const tooLarge = (): MisconfiguredError => new MisconfiguredError(`reference object ${key} is larger than ${maxBytes} bytes`);
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) throw new Error('S3 answered without a body');
  if (size !== undefined && size > maxBytes) throw tooLarge();
  // allocUnsafe takes small ones out of a pool, where typed arrays would not begin at a multiple of their size.
  let whole = Buffer.from(new ArrayBuffer(size ?? 0));
  let at = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (at + chunk.length > maxBytes) throw tooLarge();
    if (at + chunk.length > whole.length) {
      const grown = Buffer.from(new ArrayBuffer(Math.min(maxBytes, Math.max(at + chunk.length, whole.length * 2))));
      whole.copy(grown, 0, 0, at);
      whole = grown;
    }
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.subarray(0, at);
}

/** @param once true for an object whose name is its contents: one that is there already is right as it is. */
export async function writeReference(
  { s3, bucket }: ReferenceStore,
  key: string,
  { body, type, once = false }: { readonly body: Buffer | string; readonly type: string; readonly once?: boolean },
): Promise<void> {
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: type, ...(once ? { IfNoneMatch: '*' } : {}) }));
  } catch (error) {
    if (!once || statusOf(error) !== PRECONDITION_FAILED) throw error;
  }
}

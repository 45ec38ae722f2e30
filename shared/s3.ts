// What S3 answers, looked at in one way.
import { ListObjectsV2Command, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';

/** @returns the HTTP status of an S3 error; undefined for any other. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** @returns undefined where S3 has no such object. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

export interface Listing {
  readonly s3: S3Client;
  readonly bucket: string;
}

/** Objects under a prefix, in the order of their keys; sizes in bytes. @param after the last key that is not wanted. */
export async function* listObjects(
  { s3, bucket }: Listing,
  prefix: string,
  after?: string,
): AsyncGenerator<{ readonly key: string; readonly size: number }> {
  for (let token: string | undefined, more = true; more;) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: after, ContinuationToken: token }));
    for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) yield { key: Key, size: Size ?? 0 };
    token = page.NextContinuationToken;
    more = token !== undefined;
  }
}

/** As listObjects, the keys alone. */
export async function* listKeys(from: Listing, prefix: string, after?: string): AsyncGenerator<string> {
  for await (const { key } of listObjects(from, prefix, after)) yield key;
}

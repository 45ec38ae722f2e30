// What S3 answers, looked at in one way.
import { S3ServiceException } from '@aws-sdk/client-s3';

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

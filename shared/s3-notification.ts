// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
import { isArray, isObject, object, parseJson, text } from './outcome.ts';

export interface ObjectCreated {
  readonly bucket: string;
  /** Decoded: notifications carry keys URL-encoded, with + for a space. */
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
  readonly size: number | undefined;
}

/** What a message of a queue that S3 notifies says. `test`: S3 tries the queue when a notification is configured. */
export type Notification =
  { readonly kind: 'objects'; readonly objects: readonly ObjectCreated[] } | { readonly kind: 'test' } | { readonly kind: 'unknown' };

export function readNotification(body: string): Notification {
  const message = parseJson(body);
  if (!isObject(message)) return { kind: 'unknown' };
  if (message['Event'] === 's3:TestEvent') return { kind: 'test' };
  const records = message['Records'];
  if (!isArray(records)) return { kind: 'unknown' };
  const objects = records.map(readRecord);
  return objects.length === 0 || objects.includes(undefined)
    ? { kind: 'unknown' }
    : { kind: 'objects', objects: objects.filter((found) => found !== undefined) };
}

function readRecord(record: unknown): ObjectCreated | undefined {
  const s3 = isObject(record) ? object(record['s3']) : undefined;
  const bucket = text(object(s3?.['bucket'])?.['name']);
  const entry = object(s3?.['object']);
  const key = decodeKey(text(entry?.['key']));
  if (bucket === undefined || entry === undefined || key === undefined) return undefined;
  const size = entry['size'];
  return {
    bucket,
    key,
    versionId: text(entry['versionId']),
    etag: text(entry['eTag']),
    size: typeof size === 'number' ? size : undefined,
  };
}

/** @returns undefined where the text is no URL-encoded key. */
function decodeKey(encoded: string | undefined): string | undefined {
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

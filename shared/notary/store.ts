// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
// Where the log lies: in the vault below `_log/`, each object under Object Lock. Batches, tiles and checkpoints are put once and never again;
// only `checkpoint`, the latest one, is overwritten.
import { hash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { backOff, type Backoff } from '../backoff.ts';
import { EvidenceError, RetryableError } from '../errors.ts';
import { longestLock, type Lock, type RetentionConfig } from '../retention/classes.ts';
import { ifThere, listKeys, statusOf } from '../s3.ts';
import { lockSettings, type VaultSource } from '../seal/vault.ts';

/** `log`: as long as the evidence it proves; `batch`: until its leaves have long been in the tiles; `latest`: until the next one. */
export type LogRetention = 'log' | 'batch' | 'latest';

/** Paths are those below `_log/`. */
export interface LogStore {
  readonly get: (path: string) => Promise<Buffer | undefined>;
  /** Of writers at the same moment one has put it, and all others find that it exists. */
  readonly putOnce: (path: string, bytes: Buffer, retention: LogRetention) => Promise<'put' | 'exists'>;
  /** @param isOlder says whether what is there is to be overwritten; what others wrote meanwhile is looked at too. */
  readonly replace: (path: string, bytes: Buffer, isOlder: (current: Buffer) => boolean) => Promise<void>;
  /** In order. @param after only paths that come after this one. */
  readonly list: (prefix: string, after?: string) => AsyncIterable<string>;
}

export const LOG_PREFIX = '_log/';

export const BATCHES = 'batch/';
const DIGITS = 12;
const BATCH_DAYS = 30;
const LATEST_DAYS = 1;
const CONFLICT: Backoff = { baseMs: 50, capMs: 2000, attempts: 8 };

/** Path of the batch whose first leaf has this index. */
export function batchPath(first: number): string {
  return `${BATCHES}${String(first).padStart(DIGITS, '0')}`;
}

/** Path of what a witness has signed: the checkpoint of a size with its signatures. */
export function cosignedPath(size: number): string {
  return `cosigned/${String(size).padStart(DIGITS, '0')}`;
}

/** Path of a public key. @param id its eight hexadecimal digits. */
export function keyPath(id: string): string {
  return `keys/${id}.json`;
}

export const KEYS = 'keys/';

/** Puts what can only have one content. @throws EvidenceError if something else lies there. */
export async function putSame(store: LogStore, path: string, bytes: Buffer): Promise<void> {
  if ((await store.putOnce(path, bytes, 'log')) === 'put') return;
  const there = await store.get(path);
  if (there?.equals(bytes) === true) return;
  const what =
    there === undefined ? 'cannot be read' : `has ${there.length} bytes that differ from the ${bytes.length} that its leaves give`;
  throw new EvidenceError(`${LOG_PREFIX}${path} is there and ${what}`);
}

export interface LogPlace extends VaultSource {
  readonly retention: RetentionConfig;
  /** Key under which the log lies; `_log/` in the vault. */
  readonly prefix?: string;
}

export function s3LogStore(place: LogPlace): LogStore {
  const { s3, bucket, prefix = LOG_PREFIX } = place;
  const read = async (path: string): Promise<{ readonly bytes: Buffer; readonly etag: string | undefined } | undefined> => {
    const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + path })));
    if (answer?.Body === undefined) return undefined;
    return { bytes: Buffer.from(await answer.Body.transformToByteArray()), etag: answer.ETag };
  };
  const put = (path: string, bytes: Buffer, condition: Condition): Promise<'put' | 'refused' | 'conflict'> =>
    conditionalPut(place, { key: prefix + path, bytes, ...condition });
  return {
    get: async (path) => (await read(path))?.bytes,
    putOnce: async (path, bytes, retention) => {
      const result = await untilSettled(path, () => put(path, bytes, { etag: undefined, retention }));
      return result === 'put' ? 'put' : 'exists';
    },
    replace: (path, bytes, isOlder) =>
      untilReplaced(path, async () => {
        const current = await read(path);
        if (current !== undefined && !isOlder(current.bytes)) return true;
        return (await put(path, bytes, { etag: current?.etag, retention: 'latest' })) === 'put';
      }),
    list: (folder, after) => listed(place, prefix, folder, after),
  };
}

interface Condition {
  /** Of what is to be overwritten; undefined where nothing may be there. */
  readonly etag: string | undefined;
  readonly retention: LogRetention;
}

async function conditionalPut(
  { s3, bucket, retention: config }: LogPlace,
  { key, bytes, etag, retention }: Condition & { readonly key: string; readonly bytes: Buffer },
): Promise<'put' | 'refused' | 'conflict'> {
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
    ContentType: 'application/octet-stream',
    // Named beside the value: Object Lock asks for one, the emulator for the name.
    ChecksumAlgorithm: 'SHA256',
    ChecksumSHA256: hash('sha256', bytes, 'base64'),
    ...lockSettings(lockFor(retention, longestLock(config)), Date.now()),
  });
  try {
    await s3.send(command);
    return 'put';
  } catch (error) {
    if (statusOf(error) === 412) return 'refused';
    // Another writer is at the same key at this moment; or, with a condition on what is there, nothing is there any more.
    if (statusOf(error) === 409 || (etag !== undefined && statusOf(error) === 404)) return 'conflict';
    throw error;
  }
}

function lockFor(retention: LogRetention, longest: Lock): Lock {
  if (retention === 'log') return longest;
  return { mode: longest.mode, days: Math.min(longest.days, retention === 'batch' ? BATCH_DAYS : LATEST_DAYS) };
}

async function untilSettled<T extends string>(path: string, act: () => Promise<T | 'conflict'>): Promise<T> {
  for (let attempt = 0; attempt < CONFLICT.attempts; attempt++) {
    const result = await act();
    if (result !== 'conflict') return result;
    await backOff(attempt, CONFLICT);
  }
  throw new RetryableError(`log: ${path} was being written by others ${CONFLICT.attempts} times`);
}

async function untilReplaced(path: string, act: () => Promise<boolean>): Promise<void> {
  await untilSettled(path, async () => ((await act()) ? 'done' : 'conflict'));
}

async function* listed(vault: VaultSource, prefix: string, folder: string, after?: string): AsyncGenerator<string> {
  for await (const key of listKeys(vault, prefix + folder, after === undefined ? undefined : prefix + after))
    yield key.slice(prefix.length);
}

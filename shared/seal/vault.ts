// The vault: one sealed object per delivered unit, written once, under Object Lock.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { backOff, type Backoff } from '../backoff.ts';
import { EvidenceError, MisconfiguredError, RetryableError } from '../errors.ts';
import { digest } from '../ids.ts';
import type { Origin } from '../model.ts';
import { lockOf, type Lock, type RetentionConfig } from '../retention/classes.ts';
import { decodeMetadata, encodeMetadata, type EvidenceFacts } from './metadata.ts';
import { statusOf } from '../s3.ts';
import { sha256Of, type Spooled } from './spool.ts';

export interface VaultSource {
  readonly s3: S3Client;
  readonly bucket: string;
}

export interface Vault extends VaultSource {
  readonly retention: RetentionConfig;
}

/** Where evidence belongs, as it stands in its key. */
export interface EvidencePlace {
  readonly bank: string;
  readonly account: string;
  readonly region: string;
  readonly source: string;
  /** Day of delivery, UTC, `YYYY-MM-DD`. */
  readonly day: string;
}

/** Bound to the message; visible in clear in it. */
export interface EvidenceContext extends EvidencePlace {
  /** Retention class in which it was sealed. */
  readonly class: string;
}

/** A sealed object as it lies in the vault. */
export interface Evidence {
  readonly key: string;
  readonly version: string | undefined;
  readonly facts: EvidenceFacts;
}

const DAY_MS = 86_400_000;
const CONFLICT: Backoff = { baseMs: 100, capMs: 2000, attempts: 6 };

/** What the message is bound to. @param className retention class in which it is or was sealed. */
export function contextOf(origin: Origin, className: string): EvidenceContext {
  return { ...placeOf(origin), class: className };
}

export function placeOf({ bank, account, region, source, time }: Origin): EvidencePlace {
  return {
    bank: segment(bank),
    account: segment(account),
    region: segment(region),
    source: segment(source),
    day: new Date(time).toISOString().slice(0, 10),
  };
}

/** Key of the unit's evidence, the same for ever: `<bank>/<source>/<account>/<region>/<yyyy>/<mm>/<dd>/<digest of the uri>.sealed`. */
export function vaultKey(origin: Origin): string {
  const { bank, account, region, source, day } = placeOf(origin);
  return `${bank}/${source}/${account}/${region}/${day.replaceAll('-', '/')}/${digest(16, origin.uri)}.sealed`;
}

const KEY = /^([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/(\d{4})\/(\d\d)\/(\d\d)\/[\w-]{22}\.sealed$/;

export function isVaultKey(key: string): boolean {
  return KEY.test(key);
}

/** @returns the place that a vault key stands for. @throws EvidenceError if it is no vault key. */
export function placeOfKey(key: string): EvidencePlace {
  const [, bank, source, account, region, year, month, date] = KEY.exec(key) ?? [];
  if (bank === undefined || source === undefined || account === undefined || region === undefined)
    throw new EvidenceError(`${key} is no vault key: expected <bank>/<source>/<account>/<region>/<yyyy>/<mm>/<dd>/<digest>.sealed`);
  return { bank, account, region, source, day: `${year}-${month}-${date}` };
}

// Account and region may come out of an object key that somebody else chose; a slash would move the evidence elsewhere.
function segment(value: string): string {
  return value.replace(/[^A-Za-z0-9._-]/g, '_') || '_';
}

/** Which period's key a message is sealed under: the month of delivery. */
export function periodOf({ day }: Pick<EvidencePlace, 'day'>): string {
  return day.slice(0, 7);
}

export interface EvidenceToPut extends EvidenceFacts {
  /** The message. */
  readonly body: Spooled;
  /** A legal hold is open on what is like it. */
  readonly held?: boolean | undefined;
}

/**
 * Puts a message once. Its retention is explicit: the bucket's default may change later.
 * @returns `already-sealed` where an earlier delivery of the unit is there; that copy stays as it is.
 * @throws RetryableError if other writers hold the key for long; S3 errors as they come.
 */
export async function putEvidence(vault: Vault, evidence: EvidenceToPut): Promise<'sealed' | 'already-sealed'> {
  const { body } = evidence;
  const key = vaultKey(evidence.origin);
  const settings = {
    Bucket: vault.bucket,
    Key: key,
    IfNoneMatch: '*',
    ContentType: 'application/octet-stream',
    ContentLength: body.size,
    // Named beside the value: Object Lock asks for one, the emulator for the name.
    ChecksumAlgorithm: 'SHA256',
    ChecksumSHA256: await sha256Of(body, 'base64'),
    Metadata: encodeMetadata(evidence),
    // The bucket's lifecycle goes by it.
    Tagging: `${CLASS_TAG}=${evidence.class}`,
    ...lockSettings(lockOf(evidence.class, vault.retention), Date.now()),
    ObjectLockLegalHoldStatus: evidence.held === true ? 'ON' : undefined,
  } as const;
  for (let attempt = 0; attempt < CONFLICT.attempts; attempt++) {
    try {
      await vault.s3.send(new PutObjectCommand({ ...settings, Body: body.bytes ?? body.open() }));
      return 'sealed';
    } catch (error) {
      if (statusOf(error) === 412) return 'already-sealed';
      // Another delivery of the same unit is being written at this moment.
      if (statusOf(error) !== 409) throw error;
      await backOff(attempt, CONFLICT);
    }
  }
  throw new RetryableError(`vault: ${key} in ${vault.bucket} was being written by others ${CONFLICT.attempts} times`);
}

/** Name of the tag that says the retention class. */
export const CLASS_TAG = 'class';

/** Object Lock of an object that is put now (ms since the epoch). */
export function lockSettings({ days, mode }: Lock, now: number) {
  return {
    ObjectLockMode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
    ObjectLockRetainUntilDate: retainUntil(now, days),
  } as const;
}

/** @returns the end of the UTC day `days` after `now` (ms since the epoch): never less than the days that were promised. */
export function retainUntil(now: number, days: number): Date {
  return new Date((Math.floor(now / DAY_MS) + days + 1) * DAY_MS);
}

function bytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('a stream of bytes gave something else');
}

export interface EvidenceMessage extends AsyncIterable<Uint8Array> {
  /** Ends the connection of a message that is not read, or not to its end. */
  discard(): void;
}

/** The message and what is known of it. @throws EvidenceError if there is none under the key, or what is written beside it is of another. */
export async function getEvidence(
  { s3, bucket }: VaultSource,
  key: string,
  version?: string,
): Promise<Evidence & { readonly message: EvidenceMessage }> {
  const { Body, VersionId, Metadata } = await found(
    s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version })),
    bucket,
    key,
  );
  const message = messageOf(Body);
  try {
    return { key, version: VersionId, facts: factsOf(key, Metadata), message };
  } catch (error) {
    message.discard();
    throw error;
  }
}

/** As getEvidence, without the message. */
export async function readMetadata({ s3, bucket }: VaultSource, key: string, version?: string): Promise<Evidence> {
  const { VersionId, Metadata } = await found(
    s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: version })),
    bucket,
    key,
  );
  return { key, version: VersionId, facts: factsOf(key, Metadata) };
}

function factsOf(key: string, metadata: Readonly<Record<string, string>> = {}): EvidenceFacts {
  const facts = decodeMetadata(metadata, key);
  const own = vaultKey(facts.origin);
  if (own !== key) throw new EvidenceError(`${key}: its metadata is that of ${own}`);
  return facts;
}

async function found<T>(answer: Promise<T>, bucket: string, key: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404)
      throw new EvidenceError(`${key} is not in ${bucket}, or a delete marker hides it: list its versions`, { cause: error });
    if (error instanceof Error && error.name === 'InvalidObjectState')
      throw new MisconfiguredError(
        `${key} lies in an archive class: have S3 restore it first (\`aws s3api restore-object\`), then open it`,
        {
          cause: error,
        },
      );
    throw error;
  }
}

function messageOf(body: unknown): EvidenceMessage {
  if (!isIterable(body)) throw new EvidenceError('S3 answered without a body');
  return {
    async *[Symbol.asyncIterator]() {
      for await (const chunk of body) yield bytes(chunk);
    },
    discard() {
      if (body instanceof Readable) body.destroy();
    },
  };
}

function isIterable(candidate: unknown): candidate is AsyncIterable<unknown> {
  return typeof candidate === 'object' && candidate !== null && Symbol.asyncIterator in candidate;
}

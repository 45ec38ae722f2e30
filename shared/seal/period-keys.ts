// Period keys: one AES-256 key per retention class and month of delivery. The data keys of messages are wrapped by it, the salts of hashes are
// made from it, and destroying it erases what was sealed under it. It lies wrapped by the bank's evidence key in a bucket without Object Lock,
// because it must be possible to destroy it.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { backOff, type Backoff } from '../backoff.ts';
import { MisconfiguredError, PeriodKeyError, RetryableError } from '../errors.ts';
import { explainedKms } from './kms-errors.ts';
import { periodKeyPlace, readStored, versionsOf, wrappedText, type PeriodKeyPlace, type PeriodKeyStore } from './period-key-store.ts';
import { statusOf } from '../s3.ts';

export interface PeriodKey {
  /** `<bank>/<class>/<YYYY-MM>`: messages name the key by it. */
  readonly name: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** What has become of a period's key. */
export type PeriodKeyState =
  | ({ readonly state: 'present' } & PeriodKey)
  /** Destroyed on record, by the statement with this vault key. */
  | { readonly state: 'erased'; readonly name: string; readonly at: string; readonly statement: string }
  /** Never made, or gone without a record. */
  | { readonly state: 'absent'; readonly name: string };

export interface PeriodKeys {
  /**
   * Made where there is none yet; whoever loses a race takes the winner's. KMS and S3 errors are thrown as they come: deliver again.
   * @param period `YYYY-MM`, UTC month of delivery. @throws PeriodKeyError where it was erased.
   */
  forSealing(className: string, period: string): Promise<PeriodKey>;
  /** @throws EvidenceError where KMS does not recognise it; MisconfiguredError where KMS refuses; RetryableError where KMS fails for now. */
  forOpening(className: string, period: string): Promise<PeriodKeyState>;
}

export interface PeriodKeyOptions extends PeriodKeyStore {
  readonly kms: KMSClient;
  /** ARN of the evidence key itself, not of an alias. */
  readonly keyArn: string;
  /** ms since the epoch; for tests. */
  readonly now?: () => number;
}

/** After so long a process asks again, so that a destroyed key leaves the memory of every process that works. */
export const KEY_MAX_AGE_MS = 15 * 60_000;

/** The same for sealing into a month that is over: it may be erased at any time, and what is sealed after that is lost. */
const OVER_MAX_AGE_MS = 10_000;

const KEY_BYTES = 32;
const CONFLICT: Backoff = { baseMs: 100, capMs: 2000, attempts: 6 };

/** Keep one per process: it remembers the keys. */
export function createPeriodKeys(options: PeriodKeyOptions): PeriodKeys {
  const now = options.now ?? Date.now;
  const known = new Map<string, { readonly state: Promise<PeriodKeyState>; readonly asked: number }>();

  /** Whoever asks while a key is on its way waits for the same one. What is no key is asked for again: it may be made, or brought back. */
  function remembered(name: string, ask: () => Promise<PeriodKeyState>, maxAge = KEY_MAX_AGE_MS): Promise<PeriodKeyState> {
    const found = known.get(name);
    if (found !== undefined && found.asked + maxAge > now()) return found.state;
    const entry = { state: ask(), asked: now() };
    const forget = (): void => {
      if (known.get(name) === entry) known.delete(name);
    };
    known.set(name, entry);
    entry.state.then(({ state }) => (state === 'present' ? undefined : forget()), forget);
    return entry.state;
  }

  return {
    async forSealing(className, period) {
      const place = periodKeyPlace(options.bank, className, period);
      for (;;) {
        const isOver = period < new Date(now()).toISOString().slice(0, 7);
        const found = await remembered(place.name, () => foundOrMade(place, options, now()), isOver ? OVER_MAX_AGE_MS : undefined);
        if (found.state === 'present') return found;
        if (found.state === 'erased') throw goneError(found);
        // Somebody who only wanted to open it had asked first.
      }
    },
    async forOpening(className, period) {
      const place = periodKeyPlace(options.bank, className, period);
      const explained = (error: unknown): never => {
        throw explainedKms(error, place.name, options.keyArn);
      };
      return await remembered(place.name, () => stored(place, options, explained));
    },
  };
}

/** @returns the error that says what has become of the key. */
export function goneError(gone: Exclude<PeriodKeyState, { state: 'present' }>): PeriodKeyError {
  return gone.state === 'erased'
    ? new PeriodKeyError(`erased on ${gone.at.slice(0, 10)}: the period key ${gone.name} was destroyed (${gone.statement})`, gone)
    : new PeriodKeyError(`the period key ${gone.name} is not there, and nothing says that it was erased`, gone);
}

async function foundOrMade(place: PeriodKeyPlace, options: PeriodKeyOptions, now: number): Promise<PeriodKeyState> {
  for (let attempt = 0; attempt < CONFLICT.attempts; attempt++) {
    const found = await stored(place, options, asItComes);
    if (found.state !== 'absent') return found;
    const made = await make(place, options, now);
    if (made !== undefined) return { state: 'present', name: place.name, key: made };
    // Another process has made it, or is about to.
    await backOff(attempt, CONFLICT);
  }
  throw new RetryableError(`the period key ${place.name} was being made by others ${CONFLICT.attempts} times`);
}

function asItComes(error: unknown): never {
  throw error;
}

async function stored(place: PeriodKeyPlace, options: PeriodKeyOptions, onRefusal: (error: unknown) => never): Promise<PeriodKeyState> {
  const { name, context } = place;
  const found = await readStored(options, place);
  if (found === undefined) return { state: 'absent', name };
  if (found.state === 'erased') return { state: 'erased', name, at: found.at, statement: found.statement };
  const { kms, keyArn } = options;
  const { Plaintext } = await kms
    .send(new DecryptCommand({ KeyId: keyArn, CiphertextBlob: found.wrapped, EncryptionContext: { ...context } }))
    .catch(onRefusal);
  return { state: 'present', name, key: keyOf(Plaintext, name) };
}

/** @returns undefined where another process was first. */
async function make(place: PeriodKeyPlace, options: PeriodKeyOptions, now: number): Promise<Buffer | undefined> {
  const { kms, keyArn, s3, bucket } = options;
  const versions = await versionsOf(options, place);
  if (versions.some(({ isLatest, isMarker }) => isLatest && !isMarker)) return undefined;
  // Deleted by hand: another key of the same name would make what was sealed under the first look altered.
  if (versions.length > 0)
    throw new MisconfiguredError(
      `${place.object} in ${bucket} was deleted without an erasure: take the delete marker away, or erase the period on record`,
    );
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: { ...place.context } }),
  );
  const key = keyOf(Plaintext, place.name);
  const Body = wrappedText(CiphertextBlob ?? new Uint8Array(), keyArn, now);
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: place.object, Body, IfNoneMatch: '*', ContentType: 'application/json' }));
    return key;
  } catch (error) {
    const status = statusOf(error);
    if (status === 412 || status === 409) return undefined;
    throw error;
  }
}

function keyOf(plaintext: Uint8Array | undefined, name: string): Buffer {
  if (plaintext?.length === KEY_BYTES) return Buffer.from(plaintext);
  throw new RetryableError(`KMS answered without a key of ${KEY_BYTES} bytes for ${name}`);
}

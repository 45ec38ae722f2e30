// The storage below S3, past all that S3 checks: local/emulator/patches/storage.py. Whoever has this sees no lock and leaves no version behind.
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { VaultSource } from '../../shared/seal/vault.ts';
import type { Account } from '../accounts.ts';

export interface StoredAt {
  readonly key: string;
  readonly version: string;
}

/** What is left out stays as it is. */
export interface Alteration {
  readonly bytes?: Buffer;
  /** Whether S3's own checksum follows the bytes; a failing disk leaves it. */
  readonly checksum?: boolean;
  /** All of the user's metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** When S3 says it was stored, ms since the epoch. */
  readonly modified?: number;
  /** Takes the retention away. */
  readonly lock?: null;
}

export interface StoredObject {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Storage {
  /** Remembers all that is in the bucket. */
  keep(bucket: string): Promise<void>;
  /** Puts the bucket back to what was remembered. */
  restore(bucket: string): Promise<void>;
  alter(bucket: string, at: StoredAt, alteration: Alteration): Promise<void>;
}

/** Of the buckets of one account. */
export function storageOf({ id, endpoint }: Account): Storage {
  const act = async (name: string, bucket: string, more: object = {}): Promise<void> => {
    const body = JSON.stringify({ act: name, account: id, bucket, ...more });
    const answer = await fetch(`${endpoint}/moto-api/storage`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`the emulator's storage answers ${answer.status} to ${name}: ${(await answer.text()).slice(0, 500)}`);
  };
  return {
    keep: (bucket) => act('keep', bucket),
    restore: (bucket) => act('restore', bucket),
    alter: (bucket, { key, version }, { bytes, ...rest }) =>
      act('alter', bucket, { key, version, ...rest, ...(bytes === undefined ? {} : { bytes: bytes.toString('base64') }) }),
  };
}

/** What lies there now. */
export async function readStored({ s3, bucket }: VaultSource, { key, version }: StoredAt): Promise<StoredObject> {
  const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
  if (Body === undefined) throw new Error(`${key} has no body`);
  return { bytes: Buffer.from(await Body.transformToByteArray()), metadata: Metadata };
}

// What somebody can do to a vault: with S3's own calls as the account's root user, or in the storage below S3.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html (bypassing governance mode)
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { LOG_PREFIX } from '../../shared/notary/store.ts';
import { wanted, type Place } from './ground.ts';
import { readStored, type StoredAt, type StoredObject } from './storage.ts';

type Metadata = Readonly<Record<string, string>>;

export async function stored({ vault }: Place, at: StoredAt): Promise<StoredObject> {
  return await readStored(vault, at);
}

/** In the storage; S3's own checksum follows. */
export async function alterBytes(place: Place, at: StoredAt, change: (bytes: Buffer) => Buffer): Promise<void> {
  const { bytes } = await stored(place, at);
  await place.storage.alter(place.vault.bucket, at, { bytes: change(bytes), checksum: true });
}

/** In the storage. */
export async function alterMetadata(place: Place, at: StoredAt, change: (metadata: Metadata) => Metadata): Promise<void> {
  const { metadata } = await stored(place, at);
  await place.storage.alter(place.vault.bucket, at, { metadata: change(metadata) });
}

export function flipped(bytes: Buffer, at = Math.floor(bytes.length / 2)): Buffer {
  const altered = Buffer.from(bytes);
  altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
  return altered;
}

/** Where the latest version of a key lies. */
export async function latest({ account, vault }: Place, key: string): Promise<StoredAt> {
  const { VersionId } = await account.s3.send(new HeadObjectCommand({ Bucket: vault.bucket, Key: key }));
  return { key, version: wanted(VersionId, `a version of ${key}`) };
}

/** @param path below `_log/`. */
export async function logFile(place: Place, path: string): Promise<StoredAt> {
  return await latest(place, LOG_PREFIX + path);
}

/** Keys below a prefix, each once. */
export async function keysBelow(place: Place, prefix: string): Promise<readonly string[]> {
  return [...new Set((await versionsBelow(place, prefix)).map(({ key }) => key))];
}

async function versionsBelow({ account, vault }: Place, prefix: string): Promise<readonly StoredAt[]> {
  const { Versions = [] } = await account.s3.send(new ListObjectVersionsCommand({ Bucket: vault.bucket, Prefix: prefix }));
  return Versions.flatMap(({ Key: key, VersionId: version }) => (key === undefined || version === undefined ? [] : [{ key, version }]));
}

/** As root: what is in compliance mode would stay. */
export async function deleteVersion({ account, vault }: Place, { key, version }: StoredAt): Promise<void> {
  await account.s3.send(new DeleteObjectCommand({ Bucket: vault.bucket, Key: key, VersionId: version, BypassGovernanceRetention: true }));
}

/** As root: every version of a key. */
export async function deleteVersions(place: Place, key: string): Promise<void> {
  for (const at of await versionsBelow(place, key)) if (at.key === key) await deleteVersion(place, at);
}

/** As root: every version of all of them. */
export async function deleteAll(place: Place, keys: readonly string[]): Promise<void> {
  for (const key of keys) await deleteVersions(place, key);
}

export async function layMarker({ account, vault }: Place, key: string): Promise<void> {
  await account.s3.send(new DeleteObjectCommand({ Bucket: vault.bucket, Key: key }));
}

/** As root: over what is there, locked like it. */
export async function putOver({ account, vault }: Place, key: string, { bytes, metadata }: StoredObject): Promise<void> {
  await account.s3.send(
    new PutObjectCommand({
      ...{ Bucket: vault.bucket, Key: key, Body: bytes, Metadata: { ...metadata }, ChecksumAlgorithm: 'SHA256' },
      ...{ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(Date.now() + 400 * 86_400_000) },
    }),
  );
}

export async function shortenLock({ account, vault }: Place, { key, version }: StoredAt, until: Date): Promise<void> {
  const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: until } as const;
  await account.s3.send(
    new PutObjectRetentionCommand({ Bucket: vault.bucket, Key: key, VersionId: version, Retention, BypassGovernanceRetention: true }),
  );
}

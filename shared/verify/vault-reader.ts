// How verification looks at a vault: every version and marker that is there, and each object with its lock.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
import { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectVersionsCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { statusOf } from '../s3.ts';

export interface ObjectVersion {
  readonly key: string;
  readonly version: string;
  readonly isLatest: boolean;
  /** A delete marker: there is no object, what lies below it is hidden. */
  readonly isMarker: boolean;
  /** Bytes. */
  readonly size: number;
  /** When S3 stored it, ms since the epoch. */
  readonly modified: number;
}

export interface StoredObject {
  readonly version: string;
  readonly size: number;
  readonly modified: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of a retention; undefined where there is none. */
  readonly lock: { readonly mode: 'compliance' | 'governance'; readonly until: number } | undefined;
  /** Under a legal hold. */
  readonly isHeld: boolean;
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection of a body that is not read, or not to its end. */
  discard(): void;
}

export type Found =
  | { readonly kind: 'object'; readonly object: StoredObject }
  | { readonly kind: 'missing' }
  /** In a storage class that has to be restored from first. */
  | { readonly kind: 'archived' };

export interface VaultReader {
  /** @param version default: the latest. */
  open(key: string, version?: string): Promise<Found>;
  /** All versions and markers under a prefix: by key, of a key the newest first. @param after begin behind this key. */
  versions(prefix: string, after?: string): AsyncIterable<ObjectVersion>;
  /** Prefixes one level below, each ending with a slash, and the versions that lie directly there. */
  folder(prefix: string): Promise<{ readonly prefixes: readonly string[]; readonly versions: readonly ObjectVersion[] }>;
}

interface VersionsPage {
  readonly versions: readonly ObjectVersion[];
  readonly prefixes: readonly string[];
  readonly next: PageStart | undefined;
}

interface PageStart {
  readonly key: string;
  readonly version?: string | undefined;
}

export interface VaultPlace {
  readonly s3: S3Client;
  readonly bucket: string;
}

export function s3VaultReader(vault: VaultPlace): VaultReader {
  return {
    open: (key, version) => openObject(vault, key, version),
    async *versions(prefix, after) {
      let asked: Promise<VersionsPage> | undefined = page(vault, { prefix, from: after === undefined ? undefined : { key: after } });
      while (asked !== undefined) {
        const { versions, next }: VersionsPage = await asked;
        // The next page is on its way while this one is worked on.
        asked = next === undefined ? undefined : page(vault, { prefix, from: next });
        asked?.catch(() => undefined);
        yield* versions;
      }
    },
    async folder(prefix) {
      const versions: ObjectVersion[] = [];
      const prefixes: string[] = [];
      for (let from: PageStart | undefined; ;) {
        const found: VersionsPage = await page(vault, { prefix, from, delimiter: '/' });
        versions.push(...found.versions);
        prefixes.push(...found.prefixes);
        from = found.next;
        if (from === undefined) return { prefixes, versions };
      }
    },
  };
}

async function openObject({ s3, bucket }: VaultPlace, key: string, version: string | undefined): Promise<Found> {
  try {
    return { kind: 'object', object: objectOf(await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }))) };
  } catch (error) {
    if (statusOf(error) === 404 || isNoVersion(error)) return { kind: 'missing' };
    if (error instanceof Error && error.name === 'InvalidObjectState') return { kind: 'archived' };
    throw error;
  }
}

interface PageWanted {
  readonly prefix: string;
  readonly from?: PageStart | undefined;
  readonly delimiter?: string;
}

async function page({ s3, bucket }: VaultPlace, { prefix, from, delimiter }: PageWanted): Promise<VersionsPage> {
  const answer = await s3.send(
    new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      Delimiter: delimiter,
      KeyMarker: from?.key,
      VersionIdMarker: from?.version,
    }),
  );
  const { Versions = [], DeleteMarkers = [], CommonPrefixes = [] } = answer;
  const versions = [
    ...Versions.map((version) => versionOf(version, false)),
    ...DeleteMarkers.map((version) => versionOf(version, true)),
  ].toSorted(inListOrder);
  const prefixes = CommonPrefixes.flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix]));
  const key = answer.IsTruncated === true ? answer.NextKeyMarker : undefined;
  return { versions, prefixes, next: key === undefined ? undefined : { key, version: answer.NextVersionIdMarker } };
}

interface ListedVersion {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
  readonly LastModified?: Date | undefined;
  readonly Size?: number | undefined;
}

function versionOf(
  { Key = '', VersionId = 'null', IsLatest = false, LastModified, Size = 0 }: ListedVersion,
  isMarker: boolean,
): ObjectVersion {
  return { key: Key, version: VersionId, isLatest: IsLatest, isMarker, size: Size, modified: LastModified?.getTime() ?? 0 };
}

// S3 gives versions and markers in two lists, each in this order; sorting is stable, so versions of one key keep theirs.
function inListOrder(a: ObjectVersion, b: ObjectVersion): number {
  return compareKeys(a.key, b.key) || Number(b.isLatest) - Number(a.isLatest) || b.modified - a.modified;
}

export interface KeyVersions {
  readonly key: string;
  /** The newest first. */
  readonly versions: readonly ObjectVersion[];
}

/** Puts together what belongs to one key. @param listed in the order of the keys. */
export async function* byKey(listed: AsyncIterable<ObjectVersion>): AsyncGenerator<KeyVersions, void, undefined> {
  let versions: ObjectVersion[] = [];
  for await (const version of listed) {
    const key = versions[0]?.key;
    if (key !== undefined && key !== version.key) {
      yield { key, versions };
      versions = [];
    }
    versions.push(version);
  }
  const key = versions[0]?.key;
  if (key !== undefined) yield { key, versions };
}

/** The order of S3: by the bytes of UTF-8. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function objectOf(answer: GetObjectCommandOutput): StoredObject {
  const { VersionId = 'null', ContentLength = 0, LastModified, Metadata = {}, ObjectLockMode, ObjectLockRetainUntilDate, Body } = answer;
  const mode = ObjectLockMode === 'COMPLIANCE' ? 'compliance' : 'governance';
  return {
    version: VersionId,
    size: ContentLength,
    modified: LastModified?.getTime() ?? 0,
    metadata: Metadata,
    lock:
      ObjectLockMode === undefined || ObjectLockRetainUntilDate === undefined
        ? undefined
        : { mode, until: ObjectLockRetainUntilDate.getTime() },
    isHeld: answer.ObjectLockLegalHoldStatus === 'ON',
    body: isIterable(Body) ? Body : empty(),
    discard: () => {
      if (Body instanceof Readable) Body.destroy();
    },
  };
}

function isIterable(candidate: unknown): candidate is AsyncIterable<Uint8Array> {
  return typeof candidate === 'object' && candidate !== null && Symbol.asyncIterator in candidate;
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // A body of no bytes.
}

/** S3 answers 400 to a version id that cannot be one. */
function isNoVersion(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchVersion' || (error.name === 'InvalidArgument' && statusOf(error) === 400));
}

/** The body's bytes. @throws RangeError if there are more than `limit`. */
export async function bytesOf({ body, size }: StoredObject, limit: number): Promise<Buffer> {
  if (size > limit) throw new RangeError(`${size} bytes where at most ${limit} are expected`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// S3 as far as the vault needs it, in memory: versions, delete markers, conditional writes, Object Lock, legal holds. A real client whose calls end here.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';

export interface FakeVersion {
  readonly version: string;
  readonly isMarker: boolean;
  readonly body: Buffer;
  readonly modified: Date;
  readonly input: Readonly<Record<string, unknown>>;
  held: boolean;
  lockedUntil: Date | undefined;
}

export interface FakeS3 {
  readonly client: S3Client;
  /** Every call: name of the command and key. */
  readonly calls: string[];
  /** Asked before each call: what it gives is thrown. */
  fail: (command: string, key: string) => Error | undefined;
  /** Run before each call that has passed `fail`. */
  before: (command: string, key: string) => void | Promise<void>;
  /** Of a key, the newest first. */
  versions(bucket: string, key: string): readonly FakeVersion[];
  keys(bucket: string): readonly string[];
}

type Input = Readonly<Record<string, unknown>>;
type Bucket = Map<string, FakeVersion[]>;

export function s3Error(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, message: name, $fault: 'client', $metadata: { httpStatusCode } });
}

/** @param options.pageSize entries of a page of a list. */
export function createFakeS3({ pageSize = 1000, now = () => Date.now() } = {}): FakeS3 {
  const buckets = new Map<string, Bucket>();
  const calls: string[] = [];
  let made = 0;

  const bucketOf = (input: Input): Bucket => {
    const name = textIn(input, 'Bucket');
    const found = buckets.get(name) ?? new Map<string, FakeVersion[]>();
    buckets.set(name, found);
    return found;
  };
  const versionsOf = (input: Input): FakeVersion[] => {
    const bucket = bucketOf(input);
    const key = textIn(input, 'Key');
    const found = bucket.get(key) ?? [];
    bucket.set(key, found);
    return found;
  };
  const meant = (input: Input): FakeVersion => {
    const versions = versionsOf(input);
    const found = input['VersionId'] === undefined ? versions[0] : versions.find(({ version }) => version === input['VersionId']);
    if (found === undefined || found.isMarker) throw s3Error(input['VersionId'] === undefined ? 'NoSuchKey' : 'NoSuchVersion', 404);
    return found;
  };

  async function put(input: Input): Promise<object> {
    const body = await bytesOf(input['Body']);
    const versions = versionsOf(input);
    const current = versions[0]?.isMarker === true ? undefined : versions[0];
    if (input['IfNoneMatch'] === '*' && current !== undefined) throw s3Error('PreconditionFailed', 412);
    if (input['IfMatch'] !== undefined && (current === undefined || etagOf(current) !== input['IfMatch']))
      throw s3Error('PreconditionFailed', 412);
    const version = `v${String(++made).padStart(6, '0')}`;
    versions.unshift({
      ...{ version, isMarker: false, body, modified: new Date(now()), input },
      held: input['ObjectLockLegalHoldStatus'] === 'ON',
      lockedUntil: input['ObjectLockRetainUntilDate'] instanceof Date ? input['ObjectLockRetainUntilDate'] : undefined,
    });
    return { VersionId: version, ETag: `"${version}"` };
  }

  function remove(input: Input): object {
    const versions = versionsOf(input);
    if (input['VersionId'] === undefined) {
      const version = `v${String(++made).padStart(6, '0')}`;
      versions.unshift({
        version,
        isMarker: true,
        body: Buffer.alloc(0),
        modified: new Date(now()),
        input,
        held: false,
        lockedUntil: undefined,
      });
      return { DeleteMarker: true, VersionId: version };
    }
    const at = versions.findIndex(({ version }) => version === input['VersionId']);
    const found = versions[at];
    if (found !== undefined && (found.held || (found.lockedUntil?.getTime() ?? 0) > now())) throw s3Error('AccessDenied', 403);
    if (at >= 0) versions.splice(at, 1);
    if (versions.length === 0) bucketOf(input).delete(textIn(input, 'Key'));
    return {};
  }

  function described(input: Input): Input {
    const found = meant(input);
    return {
      ETag: etagOf(found),
      VersionId: found.version,
      Metadata: found.input['Metadata'] ?? {},
      ContentLength: found.body.length,
      LastModified: found.modified,
      ChecksumSHA256: createHash('sha256').update(found.body).digest('base64'),
      ObjectLockMode: found.input['ObjectLockMode'],
      ObjectLockRetainUntilDate: found.lockedUntil,
      ObjectLockLegalHoldStatus: found.held ? 'ON' : undefined,
      StorageClass: found.input['StorageClass'],
    };
  }

  function hold(input: Input): object {
    meant(input).held = isRecord(input['LegalHold']) && input['LegalHold']['Status'] === 'ON';
    return {};
  }

  function page<T>(entries: readonly (readonly [string, T])[], input: Input, from: string | undefined) {
    const prefix = textIn(input, 'Prefix');
    const delimiter = input['Delimiter'] === undefined ? undefined : textIn(input, 'Delimiter');
    const wanted = entries.filter(([key]) => key.startsWith(prefix));
    const rest = from === undefined ? wanted : wanted.filter(([key]) => key > from);
    const folders = new Set<string>();
    const found: T[] = [];
    for (const [key, entry] of rest) {
      const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      if (end >= 0) folders.add(key.slice(0, end + 1));
      else found.push(entry);
    }
    const next = found.length > pageSize ? rest[pageSize - 1]?.[0] : undefined;
    return { found: found.slice(0, pageSize), next, CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })) };
  }

  function sorted(input: Input): readonly (readonly [string, readonly FakeVersion[]])[] {
    return [...bucketOf(input)].filter(([, versions]) => versions.length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  function list(input: Input): object {
    const entries = sorted(input).flatMap(([key, [latest]]) =>
      latest === undefined || latest.isMarker
        ? []
        : [[key, { Key: key, Size: latest.body.length, LastModified: latest.modified }] as const],
    );
    const from = textIn(input, 'ContinuationToken') || textIn(input, 'StartAfter');
    const { found, next, CommonPrefixes } = page(entries, input, from === '' ? undefined : from);
    return { Contents: found, CommonPrefixes, NextContinuationToken: next, IsTruncated: next !== undefined };
  }

  function listVersions(input: Input): object {
    const entries = sorted(input).flatMap(([key, versions]) =>
      versions.map((one, at) => {
        const entry = { Key: key, VersionId: one.version, IsLatest: at === 0, Size: one.body.length, LastModified: one.modified };
        // Versions of one key have a place of their own each, in the order of the list.
        return [`${key}\0${String(at).padStart(6, '0')}`, { ...entry, isMarker: one.isMarker }] as const;
      }),
    );
    const marker = textIn(input, 'KeyMarker');
    const from = marker === '' ? undefined : `${marker}\0${textIn(input, 'VersionIdMarker') || '\uffff'}`;
    const { found, next, CommonPrefixes } = page(entries, input, from);
    const [nextKey, nextVersion] = next?.split('\0') ?? [];
    return {
      Versions: found.filter(({ isMarker }) => !isMarker),
      DeleteMarkers: found.filter(({ isMarker }) => isMarker),
      CommonPrefixes,
      IsTruncated: next !== undefined,
      NextKeyMarker: nextKey,
      NextVersionIdMarker: nextVersion,
    };
  }

  const handlers: Readonly<Record<string, (input: Input) => object | Promise<object>>> = {
    PutObjectCommand: put,
    GetObjectCommand(input) {
      if (input['IfNoneMatch'] === etagOf(meant(input))) throw s3Error('NotModified', 304);
      return { ...described(input), Body: bodyOf(meant(input).body) };
    },
    HeadObjectCommand: described,
    DeleteObjectCommand: remove,
    ListObjectsV2Command: list,
    ListObjectVersionsCommand: listVersions,
    PutObjectLegalHoldCommand: hold,
  };

  const client = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  client.middlewareStack.add(
    (_, { commandName = '' }) =>
      async ({ input }) => {
        const given: Input = isRecord(input) ? input : {};
        const key = textIn(given, 'Key') || textIn(given, 'Prefix');
        calls.push(`${commandName.replace(/Command$/, '')} ${key}`);
        const failure = fake.fail(commandName, key);
        if (failure !== undefined) throw failure;
        await fake.before(commandName, key);
        const handler = handlers[commandName];
        if (handler === undefined) throw new Error(`fake S3: no ${commandName}`);
        return { output: { $metadata: { httpStatusCode: 200 }, ...(await handler(given)) }, response: {} };
      },
    { step: 'initialize', name: 'fake', priority: 'high' },
  );

  const fake: FakeS3 = {
    client,
    calls,
    fail: () => undefined,
    before: () => undefined,
    versions: (bucket, key) => buckets.get(bucket)?.get(key) ?? [],
    keys: (bucket) => sorted({ Bucket: bucket }).map(([key]) => key),
  };
  return fake;
}

function etagOf({ version }: FakeVersion): string {
  return `"${version}"`;
}

/** @returns '' where there is none. */
function textIn(input: Input, name: string): string {
  const found = input[name];
  return typeof found === 'string' ? found : '';
}

function isRecord(candidate: unknown): candidate is Input {
  return typeof candidate === 'object' && candidate !== null;
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  return body instanceof Readable ? await buffer(body) : Buffer.alloc(0);
}

function bodyOf(bytes: Buffer): object {
  return Object.assign(Readable.from([bytes], { objectMode: false }), {
    transformToString: () => Promise.resolve(bytes.toString()),
    transformToByteArray: () => Promise.resolve(new Uint8Array(bytes)),
  });
}

// How a period key lies in its bucket: `<class>/<YYYY-MM>.json`, the wrapped key or, in its place, what became of it.
import { GetObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import { EvidenceError } from '../errors.ts';
import { isObject, parseJson, text } from '../outcome.ts';
import { ifThere } from '../s3.ts';

export interface PeriodKeyStore {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly bank: string;
}

/** What names a period key, everywhere. */
export interface PeriodKeyPlace {
  /** `<bank>/<class>/<YYYY-MM>`: messages name the key by it. */
  readonly name: string;
  /** Key of the object in the period keys' bucket. */
  readonly object: string;
  /** Bound to the wrapping; visible in CloudTrail. */
  readonly context: { readonly bank: string; readonly class: string; readonly period: string };
}

export type StoredKey =
  { readonly state: 'wrapped'; readonly wrapped: Buffer } | { readonly state: 'erased'; readonly at: string; readonly statement: string };

const FORMAT = 1;
const CLASS = /^[a-z][a-z0-9-]{0,39}$/;
const PERIOD = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** In place of a class: the pseudonyms' secrets lie among the period keys, by generation. */
export const PSEUDONYMS = 'pseudonyms';
const GENERATION = /^\d{4}$/;

/** @throws EvidenceError if these cannot name one: they may come out of a message. */
export function periodKeyPlace(bank: string, className: string, period: string): PeriodKeyPlace {
  if (!CLASS.test(className) || !(className === PSEUDONYMS ? GENERATION : PERIOD).test(period))
    throw new EvidenceError(`${JSON.stringify(className)} and ${JSON.stringify(period)} name no period key`);
  return {
    name: `${bank}/${className}/${period}`,
    object: `${className}/${period}.json`,
    context: { bank, class: className, period },
  };
}

export function wrappedText(wrapped: Uint8Array, keyArn: string, now: number): string {
  const created = new Date(now).toISOString();
  return JSON.stringify({ format: FORMAT, wrapped: Buffer.from(wrapped).toString('base64'), key_arn: keyArn, created });
}

/** What lies in place of a destroyed key. @param statement vault key of the erasure. */
export function erasedText(at: string, statement: string): string {
  return JSON.stringify({ format: FORMAT, erased: at, statement });
}

/** @param version of the object; default: the latest. @returns undefined where there is none. @throws EvidenceError if it holds something else. */
export async function readStored(
  { s3, bucket }: PeriodKeyStore,
  { object, name }: PeriodKeyPlace,
  version?: string,
): Promise<(StoredKey & { readonly etag: string | undefined }) | undefined> {
  const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: object, VersionId: version })));
  if (answer?.Body === undefined) return undefined;
  const content = parseJson(await answer.Body.transformToString());
  const stored = isObject(content) && content['format'] === FORMAT ? storedIn(content) : undefined;
  if (stored === undefined) throw new EvidenceError(`altered: ${object} in ${bucket} is not the period key ${name} as it was written`);
  return { ...stored, etag: answer.ETag };
}

function storedIn(content: Readonly<Record<string, unknown>>): StoredKey | undefined {
  const [wrapped, at, statement] = ['wrapped', 'erased', 'statement'].map((name) => text(content[name]));
  if (wrapped !== undefined) return { state: 'wrapped', wrapped: Buffer.from(wrapped, 'base64') };
  return at === undefined || statement === undefined ? undefined : { state: 'erased', at, statement };
}

export interface StoredVersion {
  readonly version: string;
  readonly isMarker: boolean;
  readonly isLatest: boolean;
}

/** All versions and delete markers of a period key. */
export async function versionsOf({ s3, bucket }: PeriodKeyStore, { object }: PeriodKeyPlace): Promise<readonly StoredVersion[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: object }));
  const of = (isMarker: boolean) => (one: { Key?: string | undefined; VersionId?: string | undefined; IsLatest?: boolean | undefined }) =>
    one.Key === object && one.VersionId !== undefined ? [{ version: one.VersionId, isMarker, isLatest: one.IsLatest === true }] : [];
  return [...Versions.flatMap(of(false)), ...DeleteMarkers.flatMap(of(true))];
}

// What has to be remembered between two runs of follow.ts: plain data, to be written as JSON.
import { digest } from '../ids.ts';
import type { S3Place } from './names.ts';
import type { NamedFile, PreviousDigest } from './parse.ts';

export interface FollowState {
  /** By DigestName.chain. */
  readonly chains: Record<string, Chain>;
  /** Named by a digest and not there yet; by fileId(). */
  readonly wanted: Record<string, Wanted>;
  /** There, and not named yet; by fileId(). */
  readonly unnamed: Record<string, Unnamed>;
}

export interface Chain {
  /** DigestName.chain */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly trail: string;
  /** Folder of its log files, see folderPlace(). */
  folder: string;
  last: {
    readonly at: string;
    readonly place: string;
    readonly hash: string;
    readonly signature: string | undefined;
    readonly end: number;
  };
  /** Parts of time with digests, joined, of the last days. */
  spans: readonly (readonly [start: number, end: number])[];
  gaps: Gap[];
  /** Digests of the last hours: where a file's name may be looked for once more. */
  recent: { readonly at: string; readonly end: number }[];
  /** Hours behind `last` that were told to be missing, by their end; `ended` when no more are told. */
  told: number;
  ended: boolean;
}

/** Time without digests between two digests. */
export interface Gap {
  readonly time: number;
  readonly until: number;
  /** What the digest behind it names as its predecessor; undefined where that begins a chain. */
  readonly named: PreviousDigest | undefined;
  /** When it was noticed, ms since the epoch. */
  readonly since: number;
  readonly told: boolean;
}

export interface Wanted extends NamedFile {
  /** Vault key of the digest that names it, and the end of its hour. */
  readonly by: string;
  readonly end: number;
  readonly account: string;
  readonly region: string;
  readonly since: number;
  readonly told: boolean;
}

export interface Unnamed {
  /** Vault key. */
  readonly at: string;
  readonly delivered: number;
  /** folderPlace(), short. */
  readonly folder: string;
  readonly told: boolean;
}

export function newFollowState(): FollowState {
  return { chains: {}, wanted: {}, unnamed: {} };
}

export function fileId({ bucket, key }: S3Place): string {
  return digest(9, bucket, key);
}

/** @param place see folderPlace(). */
export function folderId(place: string): string {
  return digest(6, place);
}

// What CloudTrail's digests are verified against, and what is found.
import type { Problem } from '../verify/problems.ts';

export interface DigestProblem extends Problem {
  /** Of the folder that the digest or the file was delivered to. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** What it is about, ms since the epoch: the time of the digest or file; of a gap, its beginning and its end. */
  readonly time?: number | undefined;
  readonly until?: number | undefined;
}

/** One of CloudTrail's public keys, as ListPublicKeys gives it and a `cloudtrail-key` statement keeps it. */
export interface DigestKey {
  readonly fingerprint: string;
  /** DER, base64: PKCS#1 by contract, SPKI in an example of AWS's own. */
  readonly value: string;
  /** Every region has keys of its own. */
  readonly region: string;
  /** Validity, ms since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A digest as it was delivered. */
export interface DeliveredDigest {
  /** Names it in problems: vault key or file. */
  readonly at: string;
  /** Under which CloudTrail delivered it: see s3Place(). */
  readonly bucket: string;
  readonly key: string;
  /** Gunzipped. */
  readonly bytes: Uint8Array;
  /** Hex, of x-amz-meta-signature; undefined: its successor's previousDigestSignature is taken. */
  readonly signature?: string | undefined;
}

/** A log file as it was delivered; what is known of it without opening it. */
export interface DeliveredFile {
  readonly at: string;
  readonly bucket: string;
  readonly key: string;
  /** When it was delivered, ms since the epoch (origin.time). */
  readonly delivered: number;
  /** Whether its gunzipped bytes have this SHA-256 (lower-case hex): see saltedHash() and plainHash(). Undefined: it could not be expanded. */
  readonly hasHash: ((sha256: string) => boolean) | undefined;
}

export interface DigestResult {
  readonly at: string;
  readonly account: string;
  readonly region: string;
  readonly trail: string;
  /** The hour it is about, ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly backfill: boolean;
  /** Log files that it names, and those of them that are there with the right hash. */
  readonly files: number;
  readonly filesVerified: number;
  /** Nothing of severity `failure` was found about it or its files. */
  readonly verified: boolean;
}

export interface DigestCheckResult {
  /** By account, region, trail and time; without those that could not be read. */
  readonly digests: readonly DigestResult[];
  readonly problems: readonly DigestProblem[];
}

export interface DigestCheck {
  /** In any order. */
  digest(delivered: DeliveredDigest): void;
  /** In any order. Any other object of source cloudtrail; what is no log file of a trail is left aside. */
  file(delivered: DeliveredFile): void;
  end(period?: DigestPeriod): DigestCheckResult;
}

/** ms since the epoch. What was given from outside the period counts where it names or continues what lies in it, and is not judged. */
export interface DigestPeriod {
  /** Digests that end from then on, files delivered from then on; give an hour more, so that the first has its predecessor. */
  readonly from?: number | undefined;
  /** … until then; give four hours more: a file is named by the digest of its hour, the next one, or a backfill digest. */
  readonly until?: number | undefined;
  /** What may still come then is not asked for. Left out: nothing will. */
  readonly now?: number | undefined;
}

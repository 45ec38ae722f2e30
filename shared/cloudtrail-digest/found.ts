// What following digests finds, in words.
import type { ProblemCode } from '../verify/problems.ts';
import type { ReadDigest } from './digest.ts';
import type { Chain, Unnamed, Wanted } from './follow-state.ts';

/** Something found; `about` tells it from others of its code. */
export interface Found {
  readonly code: ProblemCode;
  readonly about: readonly string[];
  /** Vault key of what shows it. */
  readonly at: string;
  /** `s3://bucket/key` that it is about. */
  readonly resource?: string | undefined;
  readonly detail: string;
  readonly account: string;
  readonly region: string;
  readonly time: number;
  readonly until?: number | undefined;
  /** When it was found to be over. */
  readonly closed?: number | undefined;
  /** One of several of the same event. */
  readonly quiet?: boolean | undefined;
}

export function aboutDigest({ at, name, digest }: ReadDigest, code: ProblemCode, detail: string): Omit<Found, 'about'> {
  const { account, region } = name;
  const resource = `s3://${digest.bucket}/${digest.object}`;
  return { code, at, resource, detail: `${resource}: ${detail}`, account, region, time: digest.end };
}

export function endOf(chain: Chain): Found {
  const { account, region, trail, last } = chain;
  const detail = `no digest of trail ${trail} has followed the one that ended at ${clock(last.end)}`;
  return { code: 'digest_end', about: [chain.name, String(last.end)], at: last.at, detail, account, region, time: last.end };
}

const HOUR_MS = 3_600_000;

export interface Hour {
  readonly time: number;
  readonly until: number;
}

/** Whole hours from a time on, the last one maybe shorter. */
export function hoursOf(time: number, until: number): readonly Hour[] {
  const count = Math.max(0, Math.ceil((until - time) / HOUR_MS));
  return Array.from({ length: count }, (_, at) => ({ time: time + at * HOUR_MS, until: time + (at + 1) * HOUR_MS }));
}

export function missingOf(chain: Chain, { time, until }: Hour): Found {
  const { account, region, trail, last } = chain;
  const detail = `trail ${trail}: no digest for the hour from ${clock(time)} to ${clock(until)}`;
  return { code: 'digest_missing', about: [chain.name, String(time)], at: last.at, detail, account, region, time, until };
}

export function missingFile({ bucket, object, by, account, region, end }: Wanted): Found {
  const resource = `s3://${bucket}/${object}`;
  return {
    code: 'file_missing',
    about: [resource],
    at: by,
    resource,
    detail: `${resource} was not delivered; ${by} names it`,
    account,
    region,
    time: end,
  };
}

/** @param at of the file in the vault. @param expanded false where it could not be read to its end when it was sealed. */
export function alteredFile({ bucket, object, by, account, region, end }: Wanted, at: string, expanded: boolean): Found {
  const resource = `s3://${bucket}/${object}`;
  const code = expanded ? 'file_altered' : 'file_unchecked';
  const detail = expanded
    ? `${resource} is not the file whose hash ${by} names`
    : `${resource} could not be expanded to its end; ${by} names it`;
  return { code, about: [resource, at], at, resource, detail, account, region, time: end };
}

/** @param where account and region that it lies under; its name is in the evidence. */
export function extraOf({ at, delivered }: Unnamed, { account, region }: Pick<Chain, 'account' | 'region'>): Found {
  const detail = `no digest names what was delivered at ${clock(delivered)} and lies as ${at}: CloudTrail did not write it, or a trail without validation`;
  return { code: 'file_extra', about: [at], at, detail, account, region, time: delivered };
}

export function clock(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

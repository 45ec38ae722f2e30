// Log files against the digests that name them.
import { problem } from '../verify/problems.ts';
import { about, type ReadDigest } from './digest.ts';
import type { NamedFile } from './parse.ts';
import type { DeliveredFile, DigestProblem } from './types.ts';

const MINUTE_MS = 60_000;
/** A file that a digest names has come by then, or it is missing. */
export const FILE_LAG_MS = 60 * MINUTE_MS;
/** By then its hour's digest, the next one or a backfill digest has named a file, or none will. */
export const NAME_LAG_MS = 180 * MINUTE_MS;
/** What is delivered about the turn of the hour may stand in either digest. */
const EDGE_MS = 10 * MINUTE_MS;

/** Files as they were delivered, by bucket and key. */
export type Files = ReadonlyMap<string, readonly DeliveredFile[]>;

export function placeOfFile({ bucket, object }: Pick<NamedFile, 'bucket' | 'object'>): string {
  return `${bucket}/${object}`;
}

/** What is wrong with one file that a digest names; undefined where it is there as it was. @param copies everything that was delivered by its name. */
export function fileProblem(file: NamedFile, copies: readonly DeliveredFile[], read: ReadDigest): DigestProblem | undefined {
  const place = `s3://${placeOfFile(file)}`;
  if (copies.length === 0) return { ...about(read, 'file_missing', `${place} is not there; ${read.at} names it`), at: place };
  for (const { at, hasHash } of copies) {
    if (hasHash === undefined)
      return {
        ...about(
          read,
          'file_unchecked',
          `it could not be expanded to its end when it was sealed: it is not the ${place} that CloudTrail wrote, or was damaged`,
        ),
        at,
      };
    if (!hasHash(file.hash)) return { ...about(read, 'file_altered', `it is not the ${place} that ${read.at} names: another hash`), at };
  }
  return undefined;
}

/** Times for which there are digests, of one account and region in one folder. */
export interface Coverage {
  readonly account: string;
  readonly region: string;
  /** Which parts of time, in order, digests that follow each other directly joined. */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** @returns by folderPlace() of the log files. */
export function coverageOf(digests: Iterable<ReadDigest>): ReadonlyMap<string, Coverage> {
  const found = new Map<string, { readonly account: string; readonly region: string; readonly spans: [number, number][] }>();
  for (const { digest, name } of digests) {
    if (name.backfill) continue;
    const { account, region, folder } = name;
    const place = `${digest.bucket}/${folder}`;
    const covered = found.get(place) ?? { account, region, spans: [] };
    covered.spans.push([digest.start, digest.end]);
    found.set(place, covered);
  }
  return new Map([...found].map(([place, covered]) => [place, { ...covered, spans: joined(covered.spans) }] as const));
}

/** @returns the parts of time in order, those that touch as one. */
export function joined(spans: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const out: [number, number][] = [];
  for (const [start, end] of [...spans].sort(([one], [other]) => one - other)) {
    const before = out.at(-1);
    if (before !== undefined && start <= before[1]) before[1] = Math.max(before[1], end);
    else out.push([start, end]);
  }
  return out;
}

/** True where there are digests of the time about its delivery: had CloudTrail delivered it, one would name it. */
export function isCovered(delivered: number, { spans }: Pick<Coverage, 'spans'>): boolean {
  return spans.some(([start, end]) => start + EDGE_MS <= delivered && delivered <= end - EDGE_MS);
}

export function extraFile(
  { at, bucket, key, delivered }: DeliveredFile,
  { account, region }: Pick<Coverage, 'account' | 'region'>,
): DigestProblem {
  const detail = `no digest names s3://${bucket}/${key}: CloudTrail did not write it, or a trail without validation delivers there as well`;
  return { ...problem('file_extra', at, detail), account, region, time: delivered };
}

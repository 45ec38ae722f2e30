// CloudTrail's own proof, checked without CloudTrail: every hour a signed digest names the log files of the hour with their hashes, and the
// digest before it. Used thus:
//
//   const check = createDigestCheck(keys);                      // keys: bodies of `cloudtrail-key` statements → digestKeyOf(), see keys.ts
//   for each sealed object of source cloudtrail, trigger s3:
//     const place = s3Place(origin.uri)                         // names.ts: {bucket, key} | undefined
//     if (isDigestKey(place.key)) check.digest({ at: vaultKey, ...place, bytes: gunzipped plaintext, signature });
//     else check.file({ at: vaultKey, ...place, delivered: origin.time, hasHash });
//   const { digests, problems } = check.end({ from, until, now });
//
// hasHash: saltedHash(salt, facts.expanded) from the vault's metadata (undefined without `expanded`), or plainHash(hex) in an offline export.
// One check per account or for all: a chain never crosses accounts. About 300 bytes per file and 1 KB per digest are kept.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
import { chainProblems, samePlace, type Bounds } from './chain.ts';
import { digestKeys, isAuthentic, ownProblems, placeOf, readDigest, type DigestKeys, type ReadDigest } from './digest.ts';
import { coverageOf, extraFile, FILE_LAG_MS, fileProblem, isCovered, NAME_LAG_MS, placeOfFile, type Files } from './files.ts';
import { folderPlace, logFileFolder } from './names.ts';
import type { DeliveredFile, DigestCheck, DigestCheckResult, DigestKey, DigestProblem, DigestResult } from './types.ts';

export { isDigestKey, s3Place } from './names.ts';
export { plainHash, saltedHash } from './signature.ts';
export type * from './types.ts';

export function createDigestCheck(keys: readonly DigestKey[]): DigestCheck {
  const known = digestKeys(keys);
  const unreadable: DigestProblem[] = [];
  /** What was delivered twice is one digest. */
  const digests = new Map<string, ReadDigest>();
  const files = new Map<string, DeliveredFile[]>();
  return {
    digest(delivered) {
      const read = readDigest(delivered);
      if ('code' in read) {
        unreadable.push(read);
        return;
      }
      const same = `${read.hash} ${read.bucket}/${read.key}`;
      if (digests.get(same)?.signature === undefined) digests.set(same, read);
    },
    file(delivered) {
      if (logFileFolder(delivered.key) === undefined) return;
      const place = placeOfFile({ bucket: delivered.bucket, object: delivered.key });
      const copies = files.get(place);
      if (copies === undefined) files.set(place, [delivered]);
      else copies.push(delivered);
    },
    end(period = {}) {
      const bounds = { from: period.from ?? -Infinity, until: period.until ?? Infinity, now: period.now ?? Infinity };
      return judge({ digests: [...digests.values()].sort(byChainAndTime), files, unreadable, keys: known }, bounds);
    },
  };
}

interface Given {
  /** By chain and time. */
  readonly digests: readonly ReadDigest[];
  readonly files: Files;
  readonly unreadable: readonly DigestProblem[];
  readonly keys: DigestKeys;
}

function judge(given: Given, bounds: Bounds): DigestCheckResult {
  const { digests, unreadable, keys } = given;
  const problems = unreadable.filter(({ time }) => time === undefined || isWithin(time, bounds));
  const byPlace = samePlace(digests);
  const signatures = signaturesSaid(digests);
  const failed = new Set<ReadDigest>();
  const filed = new Map<ReadDigest, number>();
  for (const one of digests.filter(({ digest }) => isWithin(digest.end, bounds))) {
    const own = ownProblems(one, keys, signatures.get(`${placeOf(one)} ${one.hash}`));
    const { found, verified } = isAuthentic(own) ? filesOf(one, given.files, bounds.now) : { found: [], verified: 0 };
    problems.push(...own, ...found);
    filed.set(one, verified);
    if ([...own, ...found].some(({ severity }) => severity === 'failure')) failed.add(one);
  }
  for (const chain of chainsOf(digests)) {
    for (const { digest, ...found } of chainProblems(chain, byPlace, bounds)) {
      problems.push(found);
      if (found.severity === 'failure') failed.add(digest);
    }
  }
  problems.push(...extraFiles(given, bounds));
  return { digests: [...filed].map(([one, verified]) => resultOf(one, verified, !failed.has(one))), problems };
}

/** What successors say that a digest's signature was, by its place and hash. */
function signaturesSaid(digests: readonly ReadDigest[]): ReadonlyMap<string, readonly string[]> {
  const said = new Map<string, string[]>();
  for (const { digest } of digests) {
    if (digest.previous === undefined) continue;
    const { bucket, object, hash, signature } = digest.previous;
    const of = `${bucket}/${object} ${hash}`;
    said.set(of, [...(said.get(of) ?? []), signature]);
  }
  return said;
}

function filesOf(one: ReadDigest, files: Files, now: number): { readonly found: readonly DigestProblem[]; readonly verified: number } {
  const found: DigestProblem[] = [];
  let verified = 0;
  for (const file of one.digest.files) {
    const copies = files.get(placeOfFile(file)) ?? [];
    if (copies.length === 0 && one.digest.end + FILE_LAG_MS > now) continue;
    const wrong = fileProblem(file, copies, one);
    if (wrong === undefined) verified++;
    else found.push(wrong);
  }
  return { found, verified };
}

function extraFiles({ digests, files }: Given, bounds: Bounds): readonly DigestProblem[] {
  // Also by a digest that is not authentic: then that is what is wrong.
  const named = new Set(digests.flatMap(({ digest }) => digest.files.map(placeOfFile)));
  const coverage = coverageOf(digests);
  const found: DigestProblem[] = [];
  for (const [place, copies] of files) {
    if (named.has(place)) continue;
    for (const copy of copies) {
      if (!isWithin(copy.delivered, bounds) || copy.delivered + NAME_LAG_MS > bounds.now) continue;
      const covered = coverage.get(folderPlace(copy));
      if (covered !== undefined && isCovered(copy.delivered, covered)) found.push(extraFile(copy, covered));
    }
  }
  return found;
}

function* chainsOf(digests: readonly ReadDigest[]): Generator<readonly ReadDigest[]> {
  const chained = digests.filter(({ name }) => !name.backfill);
  for (let from = 0; from < chained.length;) {
    const name = chained[from]?.name.chain;
    let to = from;
    while (to < chained.length && chained[to]?.name.chain === name) to++;
    yield chained.slice(from, to);
    from = to;
  }
}

function byChainAndTime(one: ReadDigest, other: ReadDigest): number {
  if (one.name.chain !== other.name.chain) return one.name.chain < other.name.chain ? -1 : 1;
  return one.digest.end - other.digest.end;
}

function isWithin(time: number, { from, until }: Bounds): boolean {
  return time >= from && time <= until;
}

function resultOf({ at, name, digest }: ReadDigest, filesVerified: number, verified: boolean): DigestResult {
  const { account, region, trail, backfill } = name;
  return {
    at,
    account,
    region,
    trail,
    start: digest.start,
    end: digest.end,
    backfill,
    files: digest.files.length,
    filesVerified,
    verified,
  };
}

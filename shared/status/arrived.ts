// When each source last arrived, by account and region: the keys of evidence say all three, and S3 when each was sealed.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { VaultSource } from '../seal/vault.ts';
import { UNREAD_LOGS } from '../units.ts';

export interface Arrived {
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** When the newest evidence was sealed, ms since the epoch; of a day with thousands of units, the newest of a fair sample. */
  readonly at: number;
}

/** Keys of a day end in a digest, so its first pages are as good a sample as any. */
const MOST_PAGES = 5;
const AT_ONCE = 8;

/** @param bank its name. */
export async function arrivedInVault(vault: VaultSource, bank: string): Promise<readonly Arrived[]> {
  // Batches of CloudWatch Logs that hold no log of the bank, such as the message that a subscription begins with, are of no source.
  const sources = (await folders(vault, `${bank}/`)).filter((prefix) => prefix !== `${bank}/${UNREAD_LOGS}/`);
  const accounts = (await mapped(sources, (prefix) => folders(vault, prefix))).flat();
  const regions = (await mapped(accounts, (prefix) => folders(vault, prefix))).flat();
  return (await mapped(regions, (prefix) => newestOf(vault, prefix))).flat();
}

async function newestOf(vault: VaultSource, prefix: string): Promise<readonly Arrived[]> {
  const [, source = '', account = '', region = ''] = prefix.split('/');
  let at = prefix;
  for (let level = 0; level < 3; level++) {
    // Years, months, days: all of one length, so the last is the latest.
    const latest = (await folders(vault, at)).at(-1);
    if (latest === undefined) return [];
    at = latest;
  }
  const newest = await newestIn(vault, at);
  return newest === 0 ? [] : [{ source, account, region, at: newest }];
}

/** @returns when the newest of a fair sample of the objects was put, ms since the epoch; 0 where there are none. */
export async function newestIn({ s3, bucket }: VaultSource, prefix: string): Promise<number> {
  let [newest, token]: [number, string | undefined] = [0, undefined];
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page: ListObjectsV2CommandOutput = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { LastModified } of page.Contents ?? []) newest = Math.max(newest, LastModified?.getTime() ?? 0);
    token = page.NextContinuationToken;
    if (token === undefined) break;
  }
  return newest;
}

/** Prefixes one slash further, in their order. */
async function folders({ s3, bucket }: VaultSource, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }));
    found.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [Prefix])));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found.sort();
}

async function mapped<In, Out>(all: readonly In[], work: (one: In) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(work))));
  return results;
}

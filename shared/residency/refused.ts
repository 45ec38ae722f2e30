// What was refused, from the functions that refuse it to the one that tells: an empty object per day, account, region and source in the parked
// bucket, whose name says it all. Written again it is the same object. functions/watch makes a finding of each.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Signal } from '../complete/signals.ts';
import { listKeys } from '../s3.ts';
import type { RefusedPlace } from './check.ts';

export interface RefusedStore {
  readonly s3: S3Client;
  /** The parked bucket. */
  readonly bucket: string;
}

const PREFIX = 'residency';
const DAY_MS = 86_400_000;
/** A watch that was out for so long still tells. */
const DAYS = 3;
const KEY = /^residency\/(\d{4}-\d\d-\d\d)\/(\d{12}|unknown)\/([a-z0-9-]+)\/([a-z0-9-]+)$/;

/** @returns what notes the places of refused records, under the day on which it does; what a function has noted it does not note again. */
export function refusedNotes(store: RefusedStore, now: () => number = Date.now) {
  const noted = new Set<string>();
  return async (source: string, places: readonly RefusedPlace[]): Promise<void> => {
    for (const { account, region } of places) {
      const key = `${PREFIX}/${dayOf(now())}/${account}/${region}/${source}`;
      if (noted.has(key)) continue;
      await store.s3.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: '' }));
      noted.add(key);
    }
  };
}

/** @returns a signal for each account, region and source of which records were refused on one of the last days. @param region of this stack. */
export async function refusals(store: RefusedStore, region: string, now: number): Promise<readonly Signal[]> {
  const signals: Signal[] = [];
  for (let ago = DAYS - 1; ago >= 0; ago--)
    for await (const key of listKeys(store, `${PREFIX}/${dayOf(now - ago * DAY_MS)}/`)) signals.push(...signalOf(key, region));
  return signals;
}

function signalOf(key: string, here: string): readonly Signal[] {
  const [, day, account, region, source] = KEY.exec(key) ?? [];
  if (day === undefined || account === undefined || region === undefined || source === undefined) return [];
  const where = region === 'other' ? 'a place that is no region of AWS' : region;
  return [
    {
      kind: 'residency_refused',
      about: [day, account, region, source, here],
      detail: `records of ${source}, account ${account}, of ${where} came to ${here}`,
      time: Date.parse(day),
      account,
      region,
      source,
    },
  ];
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

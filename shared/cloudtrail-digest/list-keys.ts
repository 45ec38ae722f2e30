// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
import { paginateListPublicKeys, type CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { DigestKey } from './types.ts';

/** Keys are changed at a moment that the digest's own time may be just beside. */
const AROUND_MS = 2 * 3_600_000;
const FINGERPRINT = /^[0-9a-f]{8,64}$/i;

/** @param at end of a digest's hour, ms since the epoch. @returns keys of the client's region that were valid then. */
export async function listDigestKeys(client: CloudTrailClient, region: string, at: number): Promise<readonly DigestKey[]> {
  const range = { StartTime: new Date(at - AROUND_MS), EndTime: new Date(at + AROUND_MS) };
  const keys: DigestKey[] = [];
  for await (const { PublicKeyList = [] } of paginateListPublicKeys({ client }, range)) {
    for (const { Fingerprint, Value, ValidityStartTime, ValidityEndTime } of PublicKeyList) {
      if (Fingerprint === undefined || !FINGERPRINT.test(Fingerprint) || Value === undefined) continue;
      const value = Buffer.from(Value).toString('base64');
      keys.push({ fingerprint: Fingerprint, value, region, from: ValidityStartTime?.getTime(), to: ValidityEndTime?.getTime() });
    }
  }
  return keys;
}

// Leaves of evidence for the tests of replays.
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { vaultKey } from '../../../shared/seal/vault.ts';

export const DAY = Date.UTC(2026, 10, 20);
export const HOUR = 3_600_000;

export interface LeafOf {
  readonly source?: string;
  readonly account?: string;
  readonly uri?: string;
  /** ms after DAY */
  readonly delivered?: number;
  readonly first?: number | null;
  readonly last?: number | null;
  readonly records?: number;
  readonly parked?: number;
  readonly bytes?: number;
}

export function leafOf(of: LeafOf = {}): EvidenceLeaf {
  const { source = 'cloudtrail', account = '222222222222', delivered = HOUR, records = 10, parked = 0, bytes = 1000 } = of;
  const { first = 0, last = HOUR, uri = `s3://landing/${source}/${delivered}#1` } = of;
  const origin = { bank: 'demo', account, region: 'eu-central-1', source, trigger: 's3', uri, time: DAY + delivered } as const;
  return {
    v: 1,
    kind: 'evidence',
    key: vaultKey(origin),
    version: 'v1',
    size: 1200,
    ciphertext: 'ab'.repeat(32),
    plaintext: 'cd'.repeat(32),
    bytes,
    ...{ records, events: first === null ? 0 : records - parked, excluded: 0, parked },
    first: first === null ? null : DAY + first,
    last: last === null ? null : DAY + last,
    delivered: DAY + delivered,
    origin: uri,
    trigger: 's3',
    stored: DAY + delivered + 1000,
  };
}

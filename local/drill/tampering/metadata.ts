// Tampering with what is written beside a sealed object.
import { nth } from '../ground.ts';
import { alterMetadata } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

const DAY_MS = 86_400_000;

/** Of the metadata that lies beside an object. */
function edited(what: string, change: Readonly<Record<string, string>>): Tampering {
  return {
    name: `beside a sealed object ${what}`,
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 2);
      await alterMetadata(ground, leaf, (metadata) => ({ ...metadata, ...change }));
      return expect('metadata_differs', leaf.key);
    },
  };
}

export const METADATA: readonly Tampering[] = [
  edited('the number of records is edited', { records: '1' }),
  edited('the number of parked records is edited', { parked: '1' }),
  edited('the salted hash is edited', { plaintext: '0'.repeat(64) }),
  edited('the size is edited', { size: '17' }),
  edited('the origin is edited', { origin: 's3://elsewhere/other.log.gz#0' }),
  edited('the account is edited', { account: '333333333333' }),
  edited('the time of delivery is set back', { delivered: String(Date.UTC(2026, 0, 1)) }),
  edited('the time of the first event is set back', { 'first-time': String(Date.UTC(2026, 0, 1)) }),
  edited('the format is edited', { format: '1' }),
  {
    name: 'beside a sealed object the clock is set back by a minute, in the name of the same day',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 2);
      await alterMetadata(ground, leaf, (metadata) => ({ ...metadata, delivered: String(leaf.delivered - 60_000) }));
      return expect('metadata_differs', leaf.key);
    },
  },
  {
    name: 'the time at which S3 stored an object is set back',
    act: async (ground) => {
      const leaf = nth(ground, 'vpc-flow', 1);
      await ground.storage.alter(ground.vault.bucket, leaf, { modified: leaf.stored - 10 * DAY_MS });
      return expect('metadata_differs', leaf.key);
    },
  },
  {
    name: 'beside a sealed object everything is taken away',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 2);
      await alterMetadata(ground, leaf, () => ({}));
      return expect('metadata_differs', leaf.key);
    },
  },
  {
    // The class is no part of the leaf: it names the key, and no other key opens the message.
    name: 'beside a sealed object the retention class is edited',
    act: async (ground) => {
      const leaf = nth(ground, 'alb', 2);
      await alterMetadata(ground, leaf, (metadata) => ({ ...metadata, class: 'short' }));
      return expect('key_missing_unexplained', leaf.key);
    },
  },
];

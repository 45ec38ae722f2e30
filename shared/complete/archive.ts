// The evidence that watching needs: digests are opened, which is recorded before; of log files the metadata is enough.
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { s3Place, type S3Place } from '../cloudtrail-digest/names.ts';
import { saltedHash } from '../cloudtrail-digest/signature.ts';
import type { DeliveredDigest, DeliveredFile } from '../cloudtrail-digest/types.ts';
import { EvidenceError } from '../errors.ts';
import { listKeys } from '../s3.ts';
import { recordAccess } from '../seal/access.ts';
import { withEvidence } from '../seal/evidence.ts';
import type { Opener } from '../seal/open.ts';
import type { StatementVault } from '../seal/statements.ts';
import { contextOf, readMetadata } from '../seal/vault.ts';
import { inOrder } from '../verify/in-order.ts';

/** Of everything: keys are vault keys. */
export interface Archive {
  /** In the order of the keys. */
  digests(keys: readonly string[]): AsyncIterable<DeliveredDigest | Unopened>;
  /** @throws EvidenceError where there is none, or its metadata is of another. */
  file(key: string): Promise<DeliveredFile>;
  /** Where it was delivered; undefined where it did not come as an object. @throws as file(). */
  place(key: string): Promise<S3Place | undefined>;
  list(prefix: string): AsyncIterable<string>;
}

export interface Unopened {
  readonly at: string;
  readonly reason: string;
}

export interface ArchiveOptions {
  readonly vault: StatementVault;
  readonly opener: Opener;
  /** Name of the function. */
  readonly by: string;
}

const REASON = "CloudTrail's digests are verified as they come";
const AT_ONCE = 8;
/** A digest has a line for each log file of an hour; more is a bomb. */
const MAX_DIGEST_BYTES = 64 * 1024 * 1024;
/** Of the statement: as many keys as are worth reading. */
const KEYS_RECORDED = 1000;
const expand = promisify(gunzip);

export function vaultArchive({ vault, opener, by }: ArchiveOptions): Archive {
  const place = async (key: string): Promise<S3Place | undefined> => s3Place((await readMetadata(vault, key)).facts.origin.uri);
  return {
    async *digests(keys) {
      if (keys.length === 0) return;
      const scope = { source: 'cloudtrail', digests: keys.length, keys: keys.slice(0, KEYS_RECORDED) };
      const access = await recordAccess({ vault, reason: REASON, purpose: 'verify', scope, by });
      yield* inOrder(keys, AT_ONCE, async (key) => {
        try {
          return await withEvidence({ ...vault, opener, access }, { key }, async ({ facts }, bytes) => {
            const from = s3Place(facts.origin.uri);
            if (from === undefined) return { at: key, reason: `${facts.origin.uri} is no object` };
            const digest = await expanded(bytes.bytes ?? (await buffer(bytes.open())));
            return digest === undefined
              ? { at: key, reason: 'it is no gzip, or is damaged' }
              : { at: key, ...from, bytes: digest, signature: facts.signature };
          });
        } catch (error) {
          if (error instanceof EvidenceError) return { at: key, reason: error.message };
          throw error;
        }
      });
    },
    async file(key) {
      const { facts } = await readMetadata(vault, key);
      const { origin, expanded: hash } = facts;
      const from = s3Place(origin.uri);
      if (from === undefined) throw new EvidenceError(`${key}: ${origin.uri} is no object`);
      const salt = hash === undefined ? undefined : await opener.salt(contextOf(origin, facts.class), key);
      const hasHash = hash === undefined || salt === undefined ? undefined : saltedHash(salt, hash);
      return { at: key, ...from, delivered: origin.time, hasHash };
    },
    place,
    list: (prefix) => listKeys(vault, prefix),
  };
}

async function expanded(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await expand(bytes, { maxOutputLength: MAX_DIGEST_BYTES });
  } catch {
    return undefined;
  }
}

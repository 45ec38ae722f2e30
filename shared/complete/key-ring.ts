// CloudTrail's public keys, from the vault; a key that is not there is asked for once and kept.
import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { keepDigestKey, readDigestKeys } from '../cloudtrail-digest/keys.ts';
import { listDigestKeys } from '../cloudtrail-digest/list-keys.ts';
import type { DigestKey } from '../cloudtrail-digest/types.ts';
import { RetryableError } from '../errors.ts';
import { object } from '../outcome.ts';
import { errorFields, type Log } from '../observe/log.ts';
import type { StatementVault } from '../seal/statements.ts';
import type { KeyRing } from './trails.ts';

export interface KeyRingOptions {
  readonly vault: StatementVault;
  readonly cloudTrail: (region: string) => CloudTrailClient;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly now: () => number;
}

export function createKeyRing({ vault, cloudTrail, log, now }: KeyRingOptions): KeyRing {
  let kept: Promise<readonly DigestKey[]> | undefined;
  const known = (): Promise<readonly DigestKey[]> => {
    kept ??= readDigestKeys(vault);
    return kept;
  };
  return {
    known,
    async ask(region, at) {
      const before = new Set((await known()).map((key) => `${key.region} ${key.fingerprint}`));
      const listed = await asked(cloudTrail(region), region, at, log);
      const fresh = listed.filter((key) => !before.has(`${region} ${key.fingerprint}`));
      for (const key of fresh) {
        await keepDigestKey(vault, key, now());
        log.info('public key of CloudTrail kept', { region, fingerprint: key.fingerprint });
      }
      kept = Promise.resolve([...(await known()), ...fresh]);
    },
  };
}

/** A region that is not enabled in this account refuses for good: then its digests cannot be verified, and a finding says so. */
async function asked(client: CloudTrailClient, region: string, at: number, log: Pick<Log, 'warn'>): Promise<readonly DigestKey[]> {
  try {
    return await listDigestKeys(client, region, at);
  } catch (error) {
    if (isPassing(error)) throw new RetryableError(`CloudTrail in ${region} did not list its keys`, { cause: error });
    log.warn('CloudTrail did not list its public keys', { region, ...errorFields(error) });
    return [];
  } finally {
    client.destroy();
  }
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html */
function isPassing(error: unknown): boolean {
  const status = object(object(error)?.['$metadata'])?.['httpStatusCode'];
  return object(error)?.['$retryable'] !== undefined || (typeof status === 'number' && status >= 500) || status === 429;
}

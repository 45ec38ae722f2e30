// The vault of a deployed bank, as a command sees it: found by the stack's outputs, opened only after it was recorded who wants to and why.
import type { KMSClient } from '@aws-sdk/client-kms';
import type { BankConfig, Environment } from '../shared/config.ts';
import { kmsClient, s3Client, stsClient } from '../shared/deps.ts';
import type { JsonObject } from '../shared/model.ts';
import { callerOf, checkedReason, recordAccess, type Purpose } from '../shared/seal/access.ts';
import type { OpenVault } from '../shared/seal/evidence.ts';
import { createOpener } from '../shared/seal/open.ts';
import { createPeriodKeys, type PeriodKeys } from '../shared/seal/period-keys.ts';
import type { PeriodKeyStore } from '../shared/seal/period-key-store.ts';
import type { StatementVault } from '../shared/seal/statements.ts';
import { bankNamed } from './bank.ts';
import { bankEnvironment, deployed, output, type Outputs } from './deployed.ts';

export interface BankVault {
  readonly bank: BankConfig;
  readonly environment: Environment;
  readonly outputs: Outputs;
  /** Metadata and statements; opens nothing. */
  readonly vault: StatementVault;
  readonly kms: KMSClient;
  readonly keyStore: PeriodKeyStore;
  readonly keys: PeriodKeys;
  /** ARN of whoever runs the command. */
  readonly by: () => Promise<string>;
}

/** @throws MisconfiguredError if there is no file or no stack of that bank. */
export async function bankVault(name: string): Promise<BankVault> {
  const bank = bankNamed(name);
  const environment = bankEnvironment(name);
  const outputs = await deployed(name, environment);
  const s3 = s3Client(environment, { checksums: false });
  const kms = kmsClient(environment);
  const keyStore = { s3, bucket: output(outputs, 'PeriodKeysBucket'), bank: bank.bank };
  return {
    ...{ bank, environment, outputs, kms, keyStore },
    vault: { s3, bucket: output(outputs, 'VaultBucket'), retention: bank.retention },
    keys: createPeriodKeys({ ...keyStore, kms, keyArn: output(outputs, 'EvidenceKeyArn') }),
    async by() {
      const sts = stsClient(environment);
      try {
        return await callerOf(sts);
      } finally {
        sts.destroy();
      }
    },
  };
}

export interface AccessWanted {
  /** What `--reason` gave. */
  readonly reason: string | undefined;
  readonly purpose: Purpose;
  readonly scope: JsonObject;
}

/** Records the access, then gives what opens evidence. @throws MisconfiguredError where no reason is given. */
export async function openVault({ vault, keys, by }: BankVault, { reason: given, purpose, scope }: AccessWanted): Promise<OpenVault> {
  const reason = checkedReason(given);
  const access = await recordAccess({ vault, reason, purpose, scope, by: await by() });
  return { s3: vault.s3, bucket: vault.bucket, opener: createOpener({ keys }), access };
}

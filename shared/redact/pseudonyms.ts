// The key of a bank's pseudonyms: what its HMAC key in KMS makes of a fixed text, and a secret of the present generation that can be destroyed.
// One call to KMS when a function starts, none per value; who may not call GenerateMac with the key, or has no secret, cannot make a pseudonym.
// A generation lasts until it is erased: the same value has the same pseudonym for as long, and nobody can say afterwards whose it was.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
import { createHmac } from 'node:crypto';
import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError, PeriodKeyError } from '../errors.ts';
import { PSEUDONYMS } from '../seal/period-key-store.ts';
import type { PeriodKey, PeriodKeys } from '../seal/period-keys.ts';
import { createSensitive, needsPseudonyms, type Sensitive } from './sensitive.ts';

export interface PseudonymKeys {
  readonly kms: KMSClient;
  /** Asked for only where the bank wants pseudonyms. */
  readonly keyArn: () => string;
  readonly keys: Pick<PeriodKeys, 'forSealing'>;
}

/** @throws what KMS and S3 say; MisconfiguredError where KMS answers without a MAC. */
export async function sensitiveOf(bank: BankConfig, from: PseudonymKeys): Promise<Sensitive | undefined> {
  return createSensitive(bank, needsPseudonyms(bank) ? await pseudonymKey(bank, from) : Buffer.alloc(0));
}

async function pseudonymKey({ bank }: BankConfig, { kms, keyArn: arn, keys }: PseudonymKeys): Promise<Buffer> {
  const Message = Buffer.from(`strongroom pseudonyms 1 ${bank}`);
  const keyArn = arn();
  const { Mac } = await kms.send(new GenerateMacCommand({ KeyId: keyArn, MacAlgorithm: 'HMAC_SHA_256', Message }));
  if (Mac === undefined) throw new MisconfiguredError(`KMS made no MAC with ${keyArn}; it has to be a key of kind HMAC_256`);
  const { key } = await presentGeneration(keys);
  return createHmac('sha256', key).update(Mac).digest();
}

const GENERATIONS = 9999;

/** The first generation that was not erased; made where there is none. */
async function presentGeneration(keys: Pick<PeriodKeys, 'forSealing'>): Promise<PeriodKey> {
  for (let generation = 1; generation <= GENERATIONS; generation++) {
    try {
      return await keys.forSealing(PSEUDONYMS, String(generation).padStart(4, '0'));
    } catch (error) {
      if (!(error instanceof PeriodKeyError && error.state === 'erased')) throw error;
    }
  }
  throw new MisconfiguredError(`${GENERATIONS} generations of pseudonyms were erased`);
}

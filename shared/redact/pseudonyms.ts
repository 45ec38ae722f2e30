// The key of a bank's pseudonyms: what its HMAC key in KMS makes of a fixed text. One call when a function starts, none per value; the key in
// KMS never leaves it, and who may not call GenerateMac with it cannot make a pseudonym.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { createSensitive, needsPseudonyms, type Sensitive } from './sensitive.ts';

/** @param keyArn asked for only where the bank wants pseudonyms. @throws what KMS says; MisconfiguredError where it answers without a MAC. */
export async function sensitiveOf(bank: BankConfig, kms: KMSClient, keyArn: () => string): Promise<Sensitive | undefined> {
  return createSensitive(bank, needsPseudonyms(bank) ? await pseudonymKey(bank, kms, keyArn()) : Buffer.alloc(0));
}

async function pseudonymKey({ bank }: BankConfig, kms: KMSClient, keyArn: string): Promise<Buffer> {
  const Message = Buffer.from(`strongroom pseudonyms 1 ${bank}`);
  const { Mac } = await kms.send(new GenerateMacCommand({ KeyId: keyArn, MacAlgorithm: 'HMAC_SHA_256', Message }));
  if (Mac === undefined) throw new MisconfiguredError(`KMS made no MAC with ${keyArn}; it has to be a key of kind HMAC_256`);
  return Buffer.from(Mac);
}

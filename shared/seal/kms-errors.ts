// What it means for evidence that KMS has refused or failed. https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
import { EvidenceError, MisconfiguredError, RetryableError } from '../errors.ts';
import { isObject, text } from '../outcome.ts';

const TAMPERED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);
const KEY_UNUSABLE = new Set([
  'AccessDeniedException',
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
]);

/** @param name of the period key that KMS was to unwrap. */
export function explainedKms(error: unknown, name: string, keyArn: string): Error {
  const code = (isObject(error) ? text(error['name']) : undefined) ?? 'an error';
  if (TAMPERED.has(code)) return new EvidenceError(`altered: KMS does not recognise the period key ${name}`, { cause: error });
  if (KEY_UNUSABLE.has(code))
    return new MisconfiguredError(
      `KMS answers ${code} for ${keyArn}: check that the key is enabled and that you may decrypt with it; if so, the period key ${name} was altered`,
      { cause: error },
    );
  return new RetryableError(`KMS failed on ${keyArn}: ${code}`, { cause: error });
}

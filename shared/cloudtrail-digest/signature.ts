// How CloudTrail signs a digest: RSA PKCS#1 v1.5 over SHA-256 of four lines.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { expandedHash } from '../seal/salt.ts';
import type { Digest } from './parse.ts';

const HEX = /^(?:[0-9a-f]{2})+$/i;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @param hash SHA-256 of the digest's gunzipped bytes, lower-case hex. */
export function stringToSign({ bucket, object, endText, previous }: Digest, hash: string): string {
  return `${endText}\n${bucket}/${object}\n${hash}\n${previous?.signature ?? 'null'}`;
}

/** @returns false also for what is no signature at all. */
export function isSigned(signed: string, signature: string, key: KeyObject): boolean {
  if (!HEX.test(signature)) return false;
  return verify('sha256', Buffer.from(signed), { key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'hex'));
}

/** @param value DER, base64; PKCS#1 or SPKI. @returns undefined where it is no RSA key. */
export function publicKeyOf(value: string): KeyObject | undefined {
  const der = Buffer.from(value, 'base64');
  for (const type of ['pkcs1', 'spki'] as const) {
    try {
      const key = createPublicKey({ key: der, format: 'der', type });
      if (key.asymmetricKeyType === 'rsa') return key;
    } catch {
      // The other form, or none.
    }
  }
  return undefined;
}

/** For what the vault keeps of a log file. @param expanded of its metadata. */
export function saltedHash(salt: Uint8Array, expanded: string): (hash: string) => boolean {
  return (hash) => expandedHash(salt, hash) === expanded;
}

/** For a log file whose gunzipped bytes were hashed. @param found hex. */
export function plainHash(found: string): (hash: string) => boolean {
  return (hash) => hash === found.toLowerCase();
}

// Salted hashes of what was sealed: they prove the plaintext to whoever has the period's key, and tell nobody else anything about it. When the
// key is destroyed they prove nothing any more, and give nothing away.
import { createHmac, createSecretKey } from 'node:crypto';

/** @param periodKey 32 bytes. @param key of the object in the vault: every object has a salt of its own. */
export function saltOf(periodKey: Uint8Array, key: string): Buffer {
  return hmac(periodKey).update(`strongroom/salt/v1|${key}`).digest();
}

/** Takes the plaintext piece by piece; its hex digest is `plaintext` of the metadata and the leaf. */
export function plaintextHash(salt: Uint8Array) {
  return hmac(salt);
}

/** @param sha256 lower-case hex, of the expanded bytes. @returns hex: `expanded` of the metadata. */
export function expandedHash(salt: Uint8Array, sha256: string): string {
  return hmac(salt).update(sha256).digest('hex');
}

// A key object made first: Node 24 takes twenty times as long with the bytes of a key.
function hmac(key: Uint8Array) {
  return createHmac('sha256', createSecretKey(key));
}

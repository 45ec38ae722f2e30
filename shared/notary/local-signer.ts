// https://nodejs.org/api/crypto.html#cryptosignalgorithm-data-key-callback
// Signs notes with a private key in this process: for witnesses that have one, for the demo and for tests. Banks' logs are signed by KMS.
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { NoteSigner } from './note.ts';
import { cosignature, cosignedMessage, verifierOf, vkeyOf, type SignatureKind } from './verifier.ts';

/** @param now for cosignatures: ms since the epoch. @throws EvidenceError if the key is not of this kind. */
export function localSigner(
  name: string,
  kind: SignatureKind,
  key: KeyObject,
  now: () => number = Date.now,
): NoteSigner & { readonly vkey: string } {
  const vkey = vkeyOf(name, kind, createPublicKey(key).export({ format: 'der', type: 'spki' }));
  const { keyId } = verifierOf(vkey);
  const signed = (text: string): Buffer => {
    if (kind === 'ecdsa') return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'der' });
    if (kind === 'ed25519') return sign(null, Buffer.from(text), key);
    const time = Math.floor(now() / 1000);
    return cosignature(time, sign(null, Buffer.from(cosignedMessage(time, text)), key));
  };
  return { name, keyId, vkey, sign: (text) => Promise.resolve(signed(text)) };
}

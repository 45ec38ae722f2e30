// https://c2sp.org/signed-note#signature-types and https://c2sp.org/tlog-cosignature
// Public keys of notes: `<name>+<key id, hex>+<base64 of the type byte and the key>`.
import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';

export type SignatureKind = 'ed25519' | 'ecdsa' | 'cosignature';

export interface NoteVerifier {
  readonly name: string;
  readonly keyId: number;
  readonly kind: SignatureKind;
  readonly vkey: string;
  /** @param signature without the key id. */
  readonly verify: (text: string, signature: Buffer) => boolean;
  /** Of a cosignature: when it was made, in seconds since the epoch. To be relied on once it was verified. */
  readonly time: (signature: Buffer) => number | undefined;
}

const TYPES: Readonly<Record<SignatureKind, number>> = { ed25519: 1, ecdsa: 2, cosignature: 4 };
const KINDS: readonly SignatureKind[] = ['ed25519', 'ecdsa', 'cosignature'];

// An Ed25519 key as SPKI is these bytes and the 32 of the key.
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/;
// Eight bytes of time, 64 of Ed25519.
const COSIGNATURE_BYTES = 72;

/** Names stand between spaces in a note and before a plus in a key. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\s+\p{Cc}\p{Z}]+$/u.test(name);
}

/** @returns the eight hexadecimal digits by which a key is called. */
export function keyIdText(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

/** @param spki the public key, DER. @throws EvidenceError if the key is not of this kind, or the name none of a key. */
export function vkeyOf(name: string, kind: SignatureKind, spki: Buffer): string {
  if (!isKeyName(name)) throw new EvidenceError(`${JSON.stringify(name)} is no name of a key: no spaces, no plus`);
  const key = publicKeyOf(kind, kind === 'ecdsa' ? spki : spki.subarray(ED25519_SPKI.length), name);
  const der = derOf(key);
  if (!der.equals(spki)) throw new EvidenceError(`${name}: the key is not the DER of an SPKI`);
  const encoded = Buffer.concat([Buffer.of(TYPES[kind]), kind === 'ecdsa' ? der : der.subarray(ED25519_SPKI.length)]);
  return `${name}+${keyIdText(keyIdOf(name, encoded))}+${encoded.toString('base64')}`;
}

/** @throws EvidenceError if it is no verifier key, of a type that is not supported, or its id is not that of its key. */
export function verifierOf(vkey: string): NoteVerifier {
  const [, name, id, encoded] = VKEY.exec(vkey) ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isKeyName(name))
    throw new EvidenceError(`no verifier key: expected <name>+<8 hex digits>+<base64>`);
  const bytes = strictBase64(encoded);
  const kind = KINDS.find((candidate) => TYPES[candidate] === bytes?.[0]);
  if (bytes === undefined || kind === undefined) throw new EvidenceError(`${name}: its verifier key is of no supported type`);
  const keyId = keyIdOf(name, bytes);
  if (keyIdText(keyId) !== id) throw new EvidenceError(`${name}: the verifier key says it is ${id}, its bytes make ${keyIdText(keyId)}`);
  const key = publicKeyOf(kind, bytes.subarray(1), name);
  return {
    name,
    keyId,
    kind,
    vkey,
    verify: (text, signature) => VERIFY[kind](key, text, signature),
    time: (signature) => (kind === 'cosignature' ? timeOf(signature) : undefined),
  };
}

const VERIFY: Readonly<Record<SignatureKind, (key: KeyObject, text: string, signature: Buffer) => boolean>> = {
  ed25519: (key, text, signature) => verify(null, Buffer.from(text), key, signature),
  ecdsa: (key, text, signature) => verify('sha256', Buffer.from(text), { key, dsaEncoding: 'der' }, signature),
  cosignature: (key, text, signature) => {
    const time = timeOf(signature);
    return time !== undefined && verify(null, Buffer.from(cosignedMessage(time, text)), key, signature.subarray(8));
  },
};

/** What a witness signs. @param time in seconds since the epoch. */
export function cosignedMessage(time: number, text: string): string {
  return `cosignature/v1\ntime ${time}\n${text}`;
}

/** The signature of a witness as it stands in a note, without the key id. @param ed25519 its 64 bytes over cosignedMessage(). */
export function cosignature(time: number, ed25519: Buffer): Buffer {
  const seconds = Buffer.alloc(8);
  seconds.writeBigUInt64BE(BigInt(time));
  return Buffer.concat([seconds, ed25519]);
}

function timeOf(signature: Buffer): number | undefined {
  if (signature.length !== COSIGNATURE_BYTES) return undefined;
  const time = Number(signature.readBigUInt64BE());
  return Number.isSafeInteger(time) ? time : undefined;
}

// The id of an ECDSA key leaves out its name: that is how they were made before there was a rule.
function keyIdOf(name: string, encoded: Buffer): number {
  const named = encoded[0] === TYPES.ecdsa ? encoded.subarray(1) : Buffer.concat([Buffer.from(`${name}\n`), encoded]);
  return hash('sha256', named, 'buffer').readUInt32BE();
}

function publicKeyOf(kind: SignatureKind, key: Buffer, name: string): KeyObject {
  const made = spkiKey(kind === 'ecdsa' ? key : Buffer.concat([ED25519_SPKI, key]));
  const fits =
    kind === 'ecdsa' ? made?.asymmetricKeyDetails?.namedCurve === 'prime256v1' : made?.asymmetricKeyType === 'ed25519' && key.length === 32;
  if (made === undefined || !fits) throw new EvidenceError(`${name}: not a public key of ${kind === 'ecdsa' ? 'P-256' : 'Ed25519'}`);
  return made;
}

function spkiKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function derOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}

// Deterministic ids: the same delivered unit gives the same ids for ever, so that a redelivery meets its own earlier copy.
import { hash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// Printable ASCII without space, quote and backslash.
const PLAIN = /^[!#-[\]-~]{1,512}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @returns the first `bytes` bytes of SHA-256 over the parts, base64url. Parts are joined by a line feed, which none of them may hold. */
export function digest(bytes: number, ...parts: readonly string[]): string {
  const characters = hash('sha256', parts.join('\n'), 'base64url');
  const whole = Math.floor((bytes * 8) / 6);
  // Of the character in which the last byte ends the bits behind it are zero.
  const bits = (bytes * 8) % 6;
  if (bits === 0) return characters.slice(0, whole);
  return characters.slice(0, whole) + ALPHABET.charAt(ALPHABET.indexOf(characters.charAt(whole)) & (64 - (64 >> bits)));
}

/** Ids of the records of one unit: 16 characters that all of them share (cheap in the index), then the position in at least 4. */
export function positionIds(uri: string): (index: number) => string {
  const prefix = digest(12, uri);
  return (index) => prefix + base64Number(index);
}

function base64Number(index: number): string {
  const low = index % 0x1000000;
  let rest = Math.floor(index / 0x1000000);
  let out = ALPHABET.charAt(low >> 18) + ALPHABET.charAt((low >> 12) & 63) + ALPHABET.charAt((low >> 6) & 63) + ALPHABET.charAt(low & 63);
  for (; rest > 0; rest = Math.floor(rest / 64)) out += ALPHABET.charAt(rest % 64);
  return out;
}

/** Id of a log event of CloudWatch Logs, which may come again in another batch, at another position. @param id as CloudWatch Logs gave it. */
export function logEventId(account: string, logGroup: string, logStream: string, id: string): string {
  return digest(15, account, logGroup, logStream, id);
}

/**
 * Document id of an event: its uid, a UUID as 22 characters of base64url. One native id, however delivered, is one document.
 * A uid that OpenSearch would refuse (it takes 1 to 512 bytes) or that would have to be escaped in a bulk request is its digest.
 */
export function documentId(uid: string): string {
  if (UUID.test(uid)) return Buffer.from(uid.replaceAll('-', ''), 'hex').toString('base64url');
  return PLAIN.test(uid) ? uid : digest(16, uid);
}

/** True for what documentId() makes: it stands in a bulk request as it is. */
export function isDocumentId(candidate: string): boolean {
  return PLAIN.test(candidate);
}

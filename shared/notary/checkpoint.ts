// https://c2sp.org/tlog-checkpoint
// A checkpoint is the text of a signed note: the log's name, its size and its root.
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import { openNote, type OpenNote } from './note.ts';
import type { NoteVerifier } from './verifier.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

export interface ParsedCheckpoint extends Checkpoint {
  /** Lines after the root, that this platform never writes and says nothing about. */
  readonly extensions: readonly string[];
}

/** A checkpoint whose signatures were checked. */
export interface OpenCheckpoint extends ParsedCheckpoint, Pick<OpenNote, 'signed' | 'unknown'> {
  readonly note: string;
}

const DECIMAL = /^(?:0|[1-9]\d{0,15})$/;

/** Name of a log, and of the key that signs it. */
export function originOf(bank: string, region: string): string {
  return `strongroom/${bank}/${region}`;
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (origin === '' || origin.includes('\n')) throw new RangeError('the origin of a checkpoint is one line');
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no size of a tree`);
  if (root.length !== HASH_BYTES) throw new RangeError('the root of a checkpoint has 32 bytes');
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** @throws EvidenceError saying which line is not as it has to be. */
export function parseCheckpoint(text: string): ParsedCheckpoint {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new EvidenceError('the checkpoint does not end with a line feed');
  const [origin, size, root, ...extensions] = lines;
  if (origin === undefined || size === undefined || root === undefined)
    throw new EvidenceError(`the checkpoint has ${lines.length} lines: at least 3 are origin, size and root`);
  if (lines.includes('')) throw new EvidenceError('the checkpoint has an empty line');
  const hash = strictBase64(root);
  if (hash?.length !== HASH_BYTES) throw new EvidenceError('line 3 of the checkpoint is not the base64 of 32 bytes');
  return { origin, size: decimal(size, 'line 2 of the checkpoint'), root: hash, extensions };
}

/** @throws EvidenceError as openNote and parseCheckpoint, and where the log itself, the key of the origin's name, did not sign. */
export function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]): OpenCheckpoint {
  const { text, signed, unknown } = openNote(note, verifiers);
  const checkpoint = parseCheckpoint(text);
  // A witness vouches for what a log signed; alone it makes no checkpoint.
  if (!signed.some(({ name, kind }) => name === checkpoint.origin && kind !== 'cosignature'))
    throw new EvidenceError(`the checkpoint of ${checkpoint.origin} is not signed by a known key of that name`);
  return { ...checkpoint, note, signed, unknown };
}

/** A whole number as C2SP writes it: no sign, no leading zero. @throws EvidenceError if it is not one, or above 2^53 - 1. */
export function decimal(digits: string, what: string): number {
  const number = DECIMAL.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(number)) throw new EvidenceError(`${what} is no whole number as a log writes it`);
  return number;
}

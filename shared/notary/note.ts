// https://c2sp.org/signed-note
// A text and the signatures of one or more keys over it. Signatures of unknown keys are left alone; one bad signature of a known key fails it.
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';
import { isKeyName, keyIdText, type NoteVerifier, type SignatureKind } from './verifier.ts';

export { verifierOf, vkeyOf, keyIdText, type NoteVerifier, type SignatureKind } from './verifier.ts';

export interface NoteSigner {
  readonly name: string;
  /** The uint32 that the signature begins with. */
  readonly keyId: number;
  /** @returns the signature without the key id. */
  readonly sign: (text: string) => Promise<Buffer>;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  /** Without the key id. */
  readonly signature: Buffer;
}

export interface NoteParts {
  /** Not to be relied on before a signature was checked. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key that signed, and whose signature was checked. */
export interface SignedBy {
  readonly name: string;
  readonly keyId: number;
  readonly kind: SignatureKind;
  /** Of a cosignature: when, in seconds since the epoch. */
  readonly time: number | undefined;
}

export interface OpenNote {
  readonly text: string;
  readonly signed: readonly SignedBy[];
  /** Lines of keys that nobody here knows; they prove nothing. */
  readonly unknown: readonly NoteSignature[];
}

const MAX_SIGNATURES = 100;
const MAX_BYTES = 1_000_000;
const LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/;

/** @returns the note: the text, an empty line, one line for each signer in their order. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (signers.length === 0) throw new RangeError('a note needs at least one signer');
  checkText(text);
  const lines = await Promise.all(signers.map((signer) => signatureLine(text, signer)));
  return `${text}\n${lines.join('')}`;
}

/** @returns the same note with more signatures. @throws EvidenceError if it is no note. */
export async function addSignatures(note: string, signers: readonly NoteSigner[]): Promise<string> {
  const { text } = parseNote(note);
  const lines = await Promise.all(signers.map((signer) => signatureLine(text, signer)));
  return note + lines.join('');
}

async function signatureLine(text: string, { name, keyId, sign }: NoteSigner): Promise<string> {
  if (!isKeyName(name)) throw new RangeError(`${name} is no name of a key`);
  const id = Buffer.alloc(4);
  id.writeUInt32BE(keyId);
  return `\u2014 ${name} ${Buffer.concat([id, await sign(text)]).toString('base64')}\n`;
}

/** @throws EvidenceError on a bad signature of a known key, on a note that no known key signed and on what is no note. */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenNote {
  const { text, signatures } = parseNote(note);
  // By key, so that a line that is there twice counts once.
  const signed = new Map<NoteVerifier, SignedBy>();
  const unknown: NoteSignature[] = [];
  for (const line of signatures) {
    // Names and ids are short enough to be met by accident only where somebody gave two keys the same ones; then neither is skipped.
    const known = verifiers.filter(({ name, keyId }) => name === line.name && keyId === line.keyId);
    const verifier = known.find((candidate) => candidate.verify(text, line.signature));
    if (known.length === 0) unknown.push(line);
    else if (verifier === undefined)
      throw new EvidenceError(`the signature of ${line.name} (key ${keyIdText(line.keyId)}) does not fit the note`);
    else signed.set(verifier, { name: line.name, keyId: line.keyId, kind: verifier.kind, time: verifier.time(line.signature) });
  }
  if (signed.size === 0) throw new EvidenceError(`no known key signed the note, only ${namesOf(unknown)}`);
  return { text, signed: [...signed.values()], unknown };
}

function namesOf(signatures: readonly NoteSignature[]): string {
  return signatures.map(({ name, keyId }) => `${name} (key ${keyIdText(keyId)})`).join(', ');
}

/** Takes a note apart without checking who signed it. @throws EvidenceError if it is no note. */
export function parseNote(note: string): NoteParts {
  if (note.length > MAX_BYTES) throw new EvidenceError(`the note has ${note.length} characters: more than ${MAX_BYTES}`);
  if (!isClean(note)) throw new EvidenceError('the note holds a control character or is not Unicode');
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new EvidenceError('the note has no empty line before its signatures');
  const lines = note.slice(end + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw new EvidenceError('the note does not end with a line of a signature');
  if (lines.length > MAX_SIGNATURES) throw new EvidenceError(`the note has ${lines.length} signatures: more than ${MAX_SIGNATURES}`);
  return { text: note.slice(0, end + 1), signatures: lines.map(signatureOf) };
}

function signatureOf(line: string, index: number): NoteSignature {
  const [, name, encoded] = LINE.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : strictBase64(encoded);
  if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length < 5)
    throw new EvidenceError(`signature ${index + 1} of the note is not written as one`);
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(4) };
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) throw new RangeError('the text of a note ends with a line feed');
  if (!isClean(text)) throw new RangeError('the text of a note holds no control character');
}

function isClean(text: string): boolean {
  return text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}

/** Bytes of a note, as text. @throws EvidenceError if they are not UTF-8. */
export function noteText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EvidenceError('the note is not UTF-8');
  }
}

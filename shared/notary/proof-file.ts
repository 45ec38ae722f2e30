// https://c2sp.org/tlog-proof
// A receipt that is checked without the log: where a leaf stands, the way from it to the root, and the signed checkpoint of that root.
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';
import { decimal, openCheckpoint, type OpenCheckpoint } from './checkpoint.ts';
import { HASH_BYTES, verifyInclusion, type Hash } from './merkle.ts';
import { parseNote } from './note.ts';
import type { NoteVerifier } from './verifier.ts';

export interface ProofFile {
  readonly index: number;
  /** Siblings from the leaf up. */
  readonly proof: readonly Hash[];
  /** The signed note as the log wrote it. */
  readonly checkpoint: string;
  /** Whatever is handed over beside it; no signature covers it. */
  readonly extra?: Buffer | undefined;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
// No path in a tree of at most 2^53 leaves is longer.
const MAX_PROOF = 53;

export function proofFile({ index, proof, checkpoint, extra }: ProofFile): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`${index} is no index of a leaf`);
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${extra.toString('base64')}`]),
    `index ${index}`,
    ...proof.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @throws EvidenceError saying which line is not as it has to be. Nothing in it is checked yet: see openProofFile. */
export function parseProofFile(text: string): ProofFile {
  const end = text.indexOf('\n\n');
  if (end < 0) throw new EvidenceError('the proof has no empty line before its checkpoint');
  const [first, ...rest] = text.slice(0, end).split('\n');
  if (first !== FIRST_LINE) throw new EvidenceError(`the proof does not begin with ${FIRST_LINE}`);
  const extra = rest[0]?.startsWith('extra ') === true ? rest.shift()?.slice('extra '.length) : undefined;
  const index = rest.shift();
  if (index?.startsWith('index ') !== true) throw new EvidenceError('the proof has no line of the index');
  if (rest.length > MAX_PROOF) throw new EvidenceError(`the proof has ${rest.length} hashes: no tree needs more than ${MAX_PROOF}`);
  const checkpoint = text.slice(end + 2);
  parseNote(checkpoint);
  return {
    index: decimal(index.slice('index '.length), 'the index of the proof'),
    proof: rest.map(hashOf),
    checkpoint,
    extra: extra === undefined ? undefined : bytesOf(extra, 'the extra line of the proof'),
  };
}

function hashOf(line: string, index: number): Hash {
  const what = `hash ${index + 1} of the proof`;
  const hash = bytesOf(line, what);
  if (hash.length !== HASH_BYTES) throw new EvidenceError(`${what} has ${hash.length} bytes, not ${HASH_BYTES}`);
  return hash;
}

function bytesOf(encoded: string, what: string): Buffer {
  const bytes = strictBase64(encoded);
  if (bytes === undefined) throw new EvidenceError(`${what} is not base64`);
  return bytes;
}

export interface OpenProof {
  readonly index: number;
  readonly checkpoint: OpenCheckpoint;
  readonly extra: Buffer | undefined;
}

/**
 * Checks the receipt of a leaf: the signatures of its checkpoint, and that the leaf is in its tree.
 * @param leaf hash of the leaf's bytes as the holder has them.
 * @throws EvidenceError saying what does not hold.
 */
export function openProofFile(text: string, leaf: Hash, verifiers: readonly NoteVerifier[]): OpenProof {
  const { index, proof, checkpoint: note, extra } = parseProofFile(text);
  const checkpoint = openCheckpoint(note, verifiers);
  if (!verifyInclusion({ index, size: checkpoint.size, leaf, proof, root: checkpoint.root }))
    throw new EvidenceError(`the proof does not lead from this leaf to the root of ${checkpoint.origin} at size ${checkpoint.size}`);
  return { index, checkpoint, extra };
}

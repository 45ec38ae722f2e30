// https://c2sp.org/tlog-witness
// The witness: in an account where the bank's administrators have no say. It signs a checkpoint only where that continues the last one it
// has signed, so whoever changes the log's past, with its key or without, has to do so before the eyes of somebody else.
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';
import { decimal, openCheckpoint, parseCheckpoint, type OpenCheckpoint, type ParsedCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, verifyConsistency, type Hash } from './merkle.ts';
import { noteText, parseNote, signNote, type NoteSigner, type NoteVerifier } from './note.ts';
import type { LogStore } from './store.ts';

/** What the witness has signed last of a log. */
export interface Witnessed {
  readonly size: number;
  readonly root: Hash;
}

export interface WitnessState {
  readonly last: (origin: string) => Promise<Witnessed | undefined>;
  /** Sets the next one if `old` is still the last size. @returns whether it was. */
  readonly advance: (origin: string, old: number, next: Witnessed) => Promise<boolean>;
}

export interface Witness {
  /** Name of the log. */
  readonly origin: string;
  /** Keys of the log. */
  readonly keys: readonly NoteVerifier[];
  readonly state: WitnessState;
  /** Where a copy of every checkpoint goes, and of every one that was refused although the log's key has signed it. */
  readonly copies: Pick<LogStore, 'putOnce' | 'list' | 'get'>;
  readonly signer: () => Promise<NoteSigner>;
}

/** What a witness is asked: C2SP's call, and one of our own for its verifier key. */
export type WitnessPath = 'add-checkpoint' | 'key';

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  /** Set where the log's key signed something that the witness cannot follow. */
  readonly isFault?: boolean;
}

const MAX_PROOF = 63;
/** Folder of the copies. */
const SIGNED = 'checkpoints';

interface Submission {
  readonly old: number;
  readonly proof: readonly Hash[];
  readonly note: string;
}

/** The body of a request to `add-checkpoint`. */
export function submission({ old, proof, note }: Submission): string {
  return [`old ${old}`, ...proof.map((hash) => hash.toString('base64')), '', note].join('\n');
}

/** @throws what store, table and signer throw; nothing is signed then. */
export async function addCheckpoint(witness: Witness, body: string): Promise<WitnessAnswer> {
  const parsed = refusable(400, () => parseSubmission(body));
  if (parsed.answer !== undefined) return parsed.answer;
  const { old, proof, note, text } = parsed.value;
  if (text.origin !== witness.origin) return { status: 404, body: `the log ${JSON.stringify(text.origin)} is not known here\n` };
  const opened = refusable(403, () => openCheckpoint(note, witness.keys));
  if (opened.answer !== undefined) return opened.answer;
  const checkpoint = opened.value;
  const { size, root } = checkpoint;
  if (old > size) return { status: 400, body: `the old size, ${old}, is above that of the checkpoint, ${size}\n` };
  const last = await lastOf(witness);
  const isOther = size === last.size && !root.equals(last.root);
  if (isOther) await keep(witness, 'refused', checkpoint);
  if (isOther || old !== last.size) return { status: 409, body: `${last.size}\n`, isFault: isOther };
  if (!continues(last, checkpoint, proof)) {
    await keep(witness, 'refused', checkpoint);
    return { status: 422, body: `the proof does not lead from ${old} leaves to the root of ${size}\n`, isFault: true };
  }
  await keep(witness, SIGNED, checkpoint);
  if (size > old && !(await witness.state.advance(witness.origin, old, { size, root }))) {
    const now = await witness.state.last(witness.origin);
    return { status: 409, body: `${now?.size ?? 0}\n` };
  }
  return { status: 200, body: await signatureLines(checkpoint, await witness.signer()) };
}

/** A witness that has forgotten would sign any history: where its table was lost, the copies say what it has signed. */
async function lastOf({ state, copies, origin, keys }: Witness): Promise<Witnessed> {
  const known = await state.last(origin);
  if (known !== undefined) return known;
  let largest: string | undefined;
  for await (const path of copies.list(`${SIGNED}/`)) largest = path;
  const note = largest === undefined ? undefined : await copies.get(largest);
  if (note === undefined) return { size: 0, root: EMPTY_ROOT };
  const { size, root } = openCheckpoint(noteText(note), keys);
  await state.advance(origin, 0, { size, root });
  return (await state.last(origin)) ?? { size, root };
}

function continues(last: Witnessed, { size, root }: OpenCheckpoint, proof: readonly Hash[]): boolean {
  if (last.size === 0) return proof.length === 0 && (size > 0 || root.equals(EMPTY_ROOT));
  return verifyConsistency({ oldSize: last.size, oldRoot: last.root, size, root, proof });
}

/** Two different ones of the same size have two names: nothing that was signed makes way for another. */
async function keep({ copies }: Witness, folder: string, { size, root, note }: OpenCheckpoint): Promise<void> {
  const path = `${folder}/${String(size).padStart(12, '0')}-${root.toString('hex').slice(0, 16)}`;
  await copies.putOnce(path, Buffer.from(note), 'log');
}

async function signatureLines({ note }: OpenCheckpoint, signer: NoteSigner): Promise<string> {
  const { text } = parseNote(note);
  return (await signNote(text, [signer])).slice(text.length + 1);
}

interface Parsed extends Submission {
  /** What the note says, its signatures not yet checked. */
  readonly text: ParsedCheckpoint;
}

function parseSubmission(body: string): Parsed {
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n');
  if (end < 0 || !first.startsWith('old ')) throw new EvidenceError('expected: old <size>, lines of a proof, an empty line, a checkpoint');
  if (lines.length > MAX_PROOF) throw new EvidenceError(`a proof has at most ${MAX_PROOF} lines`);
  const note = body.slice(end + 2);
  return { old: decimal(first.slice(4), 'the old size'), proof: lines.map(hashOf), note, text: parseCheckpoint(parseNote(note).text) };
}

function hashOf(line: string): Hash {
  const hash = strictBase64(line);
  if (hash?.length !== 32) throw new EvidenceError('a line of the proof is no hash');
  return hash;
}

type Refusable<T> = { readonly value: T; readonly answer?: undefined } | { readonly answer: WitnessAnswer };

function refusable<T>(status: 400 | 403, act: () => T): Refusable<T> {
  try {
    return { value: act() };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { answer: { status, body: `${error.message}\n` } };
  }
}

// https://c2sp.org/tlog-witness
// Has a checkpoint signed by the witness, and keeps it with both signatures. The log never waits for this: what fails here is done with a later
// checkpoint, which covers the same leaves.
import { EvidenceError, RetryableError } from '../errors.ts';
import type { LogWriter } from './append.ts';
import { decimal } from './checkpoint.ts';
import { tilesOf } from './edge.ts';
import { consistencyProof } from './merkle.ts';
import { openNote, parseNote, type NoteVerifier } from './note.ts';
import type { Published } from './publish.ts';
import { cosignedPath } from './store.ts';
import { hashesFromTiles } from './tiles.ts';
import { submission, type WitnessPath } from './witness.ts';

/** Asks the witness, as over HTTP: it answers a status and a text. */
export type WitnessCall = (path: WitnessPath, body: string) => Promise<{ readonly status: number; readonly body: string }>;

export interface CosignRequest {
  readonly call: WitnessCall;
  /** The witness's key; undefined where the bank has not pinned it: then its line is kept as it came. */
  readonly key: NoteVerifier | undefined;
}

/** The first may be about another size than the witness has; then it says which. */
const TRIES = 3;

/**
 * @returns whether there is a new signature; false where the witness has seen this or more already.
 * @throws EvidenceError if the witness has seen another log than this; RetryableError and what the call throws where it is away.
 */
export async function cosign(log: LogWriter, { checkpoint, edge }: Published, { call, key }: CosignRequest): Promise<boolean> {
  const { size, note } = checkpoint;
  const hashes = hashesFromTiles(size, tilesOf(edge, log.store));
  let old = (await log.index.head())?.witnessed ?? 0;
  if (old >= size) return false;
  for (let left = TRIES; left > 0; left--) {
    const answer = await call('add-checkpoint', submission({ old, proof: await consistencyProof(old, size, hashes), note }));
    if (answer.status === 200) {
      await log.store.putOnce(cosignedPath(size), Buffer.from(withSignatures(note, answer.body, key)), 'log');
      await log.index.raise('witnessed', size);
      return true;
    }
    if (answer.status === 422) throw new EvidenceError(`the witness has seen another log: ${answer.body.trim()}`);
    if (answer.status !== 409) throw new RetryableError(`the witness answers ${answer.status}: ${answer.body.trim().slice(0, 200)}`);
    const seen = decimal(answer.body.trim(), 'the size that the witness answers');
    if (seen === old) throw new EvidenceError(`the witness has seen another log of ${seen} leaves`);
    if (seen > size) return await overtaken(log, seen);
    old = seen;
  }
  throw new RetryableError(`the witness has answered ${TRIES} times that it is at another size`);
}

/** @returns the verifier key that the witness says it has: to be compared with what its owners say before it is pinned. */
export async function witnessKey(call: WitnessCall): Promise<string> {
  return (await call('key', '')).body.trim();
}

/** Another writer was faster; unless nothing of that size was ever signed here: then the witness has seen a log that is not here any more. */
async function overtaken({ index }: LogWriter, seen: number): Promise<false> {
  const published = (await index.head())?.published ?? 0;
  if (seen > published) throw new EvidenceError(`the log was rewound: the witness has seen ${seen} leaves, and ${published} were signed`);
  await index.raise('witnessed', seen);
  return false;
}

function withSignatures(note: string, lines: string, key: NoteVerifier | undefined): string {
  const cosigned = note + lines;
  parseNote(cosigned);
  // As the only key that counts: a note that it has not signed is refused.
  if (key !== undefined) openNote(cosigned, [key]);
  return cosigned;
}

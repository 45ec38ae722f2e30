// The checkpoints that go with an export: for each object the first that covers it, which says when it was there at the latest; and the one that
// all proofs lead to. Each is proven to continue the one before.
import { EvidenceError } from '../../errors.ts';
import { formatCheckpoint } from '../../notary/checkpoint.ts';
import { proofFile } from '../../notary/proof-file.ts';
import { openLog, type Log } from '../../notary/read.ts';
import { submission } from '../../notary/witness.ts';
import { readCheckpoint, type CheckpointSource } from '../checkpoints.ts';
import type { LogPass } from '../log-pass.ts';
import { logStoreOf } from '../log-store.ts';
import type { SignedCheckpoint } from '../trust.ts';
import type { Directory, FileEntry } from './directory.ts';
import { digits, type Manifest } from './format.ts';

export interface Chain {
  /** The one that all proofs lead to. */
  readonly last: SignedCheckpoint;
  /** The C2SP proof of a leaf below it. */
  proofOf(index: number): Promise<string>;
  /** Remembers that the leaf is exported. */
  covers(index: number): void;
  write(directory: Directory): Promise<{ readonly checkpoints: Manifest['checkpoints']; readonly files: readonly FileEntry[] }>;
}

/** @throws EvidenceError where no checkpoint proves anything. */
export async function chainOf(source: CheckpointSource, pass: LogPass): Promise<Chain> {
  const log = openLog(logStoreOf(source.vault));
  const last = await lastOf(source, pass);
  const sizes = pass.listed.filter(({ kind, size }) => kind === 'log' && size <= last.size).map(({ size }) => size);
  const wanted = new Set([last.size]);
  return {
    last,
    proofOf: async (index) => proofFile({ index, proof: await log.proofOf(index, last.size), checkpoint: last.note }),
    covers(index) {
      const first = firstAbove(sizes, index);
      if (first !== undefined) wanted.add(first);
    },
    write: (directory) =>
      writeChain(
        { source, pass, log },
        [...wanted].sort((a, b) => a - b),
        directory,
      ),
  };
}

/** The latest that a witness has signed too, if it covers all that is exported; else the latest. */
async function lastOf(source: CheckpointSource, pass: LogPass): Promise<SignedCheckpoint> {
  const { latest, listed, size } = pass;
  const needed = Math.max(pass.evidence.lastIndex(), pass.statements.lastIndex()) + 1;
  for (const at of listed.toReversed()) {
    if (at.kind !== 'witness' || at.size < Math.min(needed, size) || at.size > size) continue;
    const { checkpoint } = await readCheckpoint(source, at);
    if (checkpoint?.isWitnessed === true) return checkpoint;
  }
  if (latest === undefined) throw new EvidenceError('the log has no checkpoint that a trusted key has signed: nothing can be proven');
  return latest;
}

/** @param sizes ascending. */
function firstAbove(sizes: readonly number[], index: number): number | undefined {
  let [low, high] = [0, sizes.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sizes[middle] ?? 0) > index) high = middle;
    else low = middle + 1;
  }
  return sizes[low];
}

interface Reading {
  readonly source: CheckpointSource;
  readonly pass: LogPass;
  readonly log: Log;
}

async function writeChain(reading: Reading, sizes: readonly number[], directory: Directory): ReturnType<Chain['write']> {
  const checkpoints: Manifest['checkpoints'][number][] = [];
  const files: FileEntry[] = [];
  for (const size of sizes) {
    const checkpoint = await checkpointOf(reading, size);
    if (checkpoint === undefined) continue;
    const before = checkpoints.at(-1)?.size;
    const file = `checkpoints/${digits(size)}`;
    const consistency = before === undefined ? undefined : `checkpoints/${digits(before)}-${digits(size)}.consistency`;
    files.push(directory.write(file, checkpoint.note));
    if (before !== undefined && consistency !== undefined)
      files.push(directory.write(consistency, await consistencyFile(reading.log, before, checkpoint)));
    checkpoints.push({ size, file, ...(consistency === undefined ? {} : { consistency }) });
  }
  return { checkpoints, files };
}

/** With the witness's signature, where there is one. @returns undefined where it is refused: the report says so. */
async function checkpointOf({ source, pass }: Reading, size: number): Promise<SignedCheckpoint | undefined> {
  const found = pass.listed.filter((at) => at.size === size).toSorted((a, b) => b.kind.localeCompare(a.kind));
  for (const at of found) {
    const { checkpoint } = await readCheckpoint(source, at);
    if (checkpoint !== undefined && (at.kind === 'log' || checkpoint.isWitnessed)) return checkpoint;
  }
  return undefined;
}

/** As a witness is asked: the older size, the proof, the newer checkpoint. https://c2sp.org/tlog-witness */
async function consistencyFile(log: Log, old: number, { origin, size, root }: SignedCheckpoint): Promise<string> {
  return submission({ old, proof: await log.consistency(old, size), note: formatCheckpoint({ origin, size, root }) });
}

// The checkpoints of a log, in the order of their sizes: the log's own, the copies that a witness has signed, and those that somebody has kept elsewhere.
import { EvidenceError } from '../errors.ts';
import type { Lock } from '../retention/classes.ts';
import { parseCheckpoint } from '../notary/checkpoint.ts';
import { parseNote } from '../notary/note.ts';
import { checkpointPath } from '../notary/read.ts';
import { cosignedPath, LOG_PREFIX } from '../notary/store.ts';
import { inOrder } from './in-order.ts';
import { lockProblems } from './lock.ts';
import { problem, type Problem } from './problems.ts';
import { openSigned, type SignedCheckpoint, type Trust } from './trust.ts';
import { byKey, bytesOf, type VaultReader } from './vault-reader.ts';

export interface CheckpointSource {
  readonly vault: Pick<VaultReader, 'open' | 'versions'>;
  readonly trust: Trust;
  readonly origin: string;
  /** How checkpoints are locked; undefined where nobody knows. */
  readonly lock: Lock | undefined;
  readonly now: number;
  readonly concurrency: number;
}

export interface CheckpointAt {
  /** That its name says. */
  readonly size: number;
  readonly kind: 'log' | 'witness' | 'kept';
  /** Key in the vault; of a kept one, what names it. */
  readonly at: string;
  readonly version: string;
  /** Of a kept one. */
  readonly note?: string;
}

/** A checkpoint that lay where nobody who can write to the vault could change it: an auditor's, a court's, one out of the witness's own bucket. */
export interface KeptCheckpoint {
  /** Names it in problems. */
  readonly at: string;
  readonly note: string;
}

export interface ReadCheckpoint extends CheckpointAt {
  /** Undefined where it is refused: see the problems. */
  readonly checkpoint: SignedCheckpoint | undefined;
  readonly problems: readonly Problem[];
}

const NOTE_BYTES = 1_000_000;
const FOLDERS = { log: `${LOG_PREFIX}checkpoints/`, witness: `${LOG_PREFIX}cosigned/` } as const;
const PATHS = { log: checkpointPath, witness: cosignedPath } as const;

/** What lies there by its name, sizes ascending; of one size the log's own first. What was laid over or hidden is a problem. */
export async function listCheckpoints(
  vault: Pick<VaultReader, 'versions'>,
  onProblem: (found: Problem) => void,
): Promise<readonly CheckpointAt[]> {
  const listed: CheckpointAt[] = [];
  for (const kind of ['log', 'witness'] as const) {
    for await (const { key, versions } of byKey(vault.versions(FOLDERS[kind]))) {
      const size = sizeOf(key, kind);
      const written = versions.filter(({ isMarker }) => !isMarker);
      if (written.length < versions.length) onProblem(problem('log_rewound', key, 'a delete marker hides this checkpoint'));
      if (written.length > 1)
        onProblem(problem('forged_checkpoint', key, `there are ${written.length} versions of it; checkpoints are written once`));
      if (size === undefined) onProblem(problem('forged_checkpoint', key, 'its name is not that of a checkpoint'));
      // Whatever was laid over it, the first is what was signed.
      const first = written.at(-1);
      if (size !== undefined && first !== undefined) listed.push({ size, kind, at: key, version: first.version });
    }
  }
  return listed.sort((a, b) => a.size - b.size || a.kind.localeCompare(b.kind));
}

/** What is no checkpoint is a problem. */
export function keptCheckpoints(kept: readonly KeptCheckpoint[], onProblem: (found: Problem) => void): readonly CheckpointAt[] {
  return kept.flatMap(({ at, note }) => {
    try {
      return [{ size: parseCheckpoint(parseNote(note).text).size, kind: 'kept' as const, at, version: '', note }];
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      onProblem(problem('bad_signature', at, error.message));
      return [];
    }
  });
}

function sizeOf(key: string, kind: keyof typeof FOLDERS): number | undefined {
  const name = key.slice(FOLDERS[kind].length);
  const size = /^\d{12,16}$/.test(name) ? Number(name) : undefined;
  return size !== undefined && LOG_PREFIX + PATHS[kind](size) === key ? size : undefined;
}

export function readCheckpoints(source: CheckpointSource, listed: Iterable<CheckpointAt>): AsyncGenerator<ReadCheckpoint> {
  return inOrder(listed, source.concurrency, (at) => readCheckpoint(source, at));
}

export async function readCheckpoint(source: CheckpointSource, wanted: CheckpointAt): Promise<ReadCheckpoint> {
  const { vault, trust, origin, lock, now } = source;
  const { at, version, size, kind } = wanted;
  const refused = (...problems: readonly Problem[]): ReadCheckpoint => ({ ...wanted, checkpoint: undefined, problems });
  if (wanted.note !== undefined) {
    const opened = openSigned(wanted.note, trust, { origin, at });
    return opened.problem === undefined ? { ...wanted, checkpoint: opened.checkpoint, problems: [] } : refused(opened.problem);
  }
  const found = await vault.open(at, version);
  if (found.kind !== 'object') return refused(problem('log_rewound', at, 'it is listed and cannot be read'));
  const note = (await bytesOf(found.object, NOTE_BYTES)).toString();
  const locks = lockProblems(at, found.object, { lock, now, stored: found.object.modified });
  const { checkpoint, problem: wrong } = openSigned(note, trust, { origin, at });
  if (wrong !== undefined) return refused(wrong, ...locks);
  if (checkpoint.size !== size)
    return refused(problem('forged_checkpoint', at, `it is the checkpoint of size ${checkpoint.size}`), ...locks);
  if (kind === 'witness' && trust.witnesses.length > 0 && !checkpoint.isWitnessed)
    return { ...wanted, checkpoint, problems: [problem('bad_signature', at, 'no trusted witness signed it'), ...locks] };
  return { ...wanted, checkpoint, problems: locks };
}

// Checkpoints that were kept elsewhere, held against a log that is not read as a whole: by the proof that the latest checkpoint continues them.
import { EvidenceError } from '../errors.ts';
import { verifyConsistency } from '../notary/merkle.ts';
import type { Log } from '../notary/read.ts';
import { readCheckpoint, type CheckpointAt, type CheckpointSource } from './checkpoints.ts';
import { problem, type Problem } from './problems.ts';
import type { SignedCheckpoint } from './trust.ts';

export interface KeptDeps extends CheckpointSource {
  readonly log: Pick<Log, 'consistency'>;
  readonly latest: SignedCheckpoint;
}

/** @param listed all checkpoints. */
export async function* keptProblems(deps: KeptDeps, listed: readonly CheckpointAt[]): AsyncGenerator<Problem> {
  const { size } = deps.latest;
  for (const kept of listed.filter(({ kind }) => kind === 'kept')) {
    const { at, checkpoint, problems } = await readCheckpoint(deps, kept);
    yield* problems;
    if (checkpoint === undefined) continue;
    const old = { oldSize: checkpoint.size, oldRoot: checkpoint.root };
    if (old.oldSize > size) yield problem('log_rewound', at, `a tree of ${old.oldSize} leaves was signed, and the log ends at ${size}`);
    else if (old.oldSize > 0 && !(await continues(deps, old)))
      yield problem('inconsistent_checkpoints', at, `the log does not begin with the ${old.oldSize} leaves that it was kept of`);
  }
}

/** Whether the latest checkpoint continues it. */
export async function continues({ log, latest }: KeptDeps, old: { readonly oldSize: number; readonly oldRoot: Buffer }): Promise<boolean> {
  const { size, root } = latest;
  try {
    return verifyConsistency({ ...old, size, root, proof: await log.consistency(old.oldSize, size) });
  } catch (error) {
    if (error instanceof EvidenceError) return false;
    throw error;
  }
}

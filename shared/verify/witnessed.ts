// Whether those whose signatures are demanded have seen the log as it is.
import { LOG_PREFIX } from '../notary/store.ts';
import { readCheckpoints, type CheckpointAt } from './checkpoints.ts';
import { continues, type KeptDeps } from './kept.ts';
import { problem, type Problem } from './problems.ts';
import type { Trust } from './trust.ts';

/** So late a witness may be. */
const DAY_MS = 86_400_000;

interface WitnessDeps {
  readonly trust: Trust;
  readonly now: number;
  readonly onProblem: (found: Problem) => void;
}

interface Witnessed {
  /** Size of the latest checkpoint that a witness has signed. */
  readonly cosigned?: number | undefined;
  /** Size of the latest one that satisfies the trust file. */
  readonly witnessed: number | undefined;
  /** When the first leaf after that was stored that matters; undefined where there is none. */
  readonly stored: number | undefined;
}

export function witnessProblems({ trust, onProblem, now }: WitnessDeps, size: number, { cosigned, witnessed, stored }: Witnessed): void {
  if (size === 0) return;
  const at = `${LOG_PREFIX}cosigned/`;
  if (trust.quorum === undefined) {
    const last = cosigned === undefined ? 'none' : `the last one of ${cosigned} leaves`;
    if (trust.witnesses.length > 0 && cosigned !== size)
      onProblem(problem('not_cosigned', at, `the log has ${size} leaves; co-signed: ${last}`));
  } else if (stored !== undefined && stored < now - DAY_MS) {
    const since = witnessed === undefined ? 'never signed a checkpoint' : `last signed a checkpoint of ${witnessed} leaves`;
    onProblem(problem('not_witnessed', at, `the witnesses that the trust file demands ${since}, and the log has ${size}`));
  }
}

/**
 * Of a log that is not read as a whole.
 * @param listed all checkpoints, sizes ascending.
 * @returns the size of the latest one that satisfies the trust file and that the latest checkpoint continues.
 */
export async function lastWitnessed(deps: KeptDeps & WitnessDeps, listed: readonly CheckpointAt[]): Promise<number | undefined> {
  const { trust, latest, onProblem } = deps;
  for await (const { at, kind, checkpoint } of readCheckpoints(deps, listed.toReversed())) {
    if (checkpoint === undefined || trust.quorum?.(checkpoint.signed) !== true) continue;
    const { size, root } = checkpoint;
    if (size > 0 && size <= latest.size && (await continues(deps, { oldSize: size, oldRoot: root }))) return size;
    // Of kept ones it is said where they are held against the log.
    if (kind === 'witness' && size > 0)
      onProblem(problem('witness_disagrees', at, `the log of ${latest.size} leaves does not begin with the ${size} that a witness signed`));
  }
  return undefined;
}

// One chunk from its manifest to what is kept of it, wherever it runs: in the function, or in the operator's own process.
import { MisconfiguredError } from '../errors.ts';
import { errorFields } from '../observe/log.ts';
import type { ParkedStore } from '../park/parked.ts';
import { replayChunk, type ReplayDeps } from './chunk.ts';
import type { ReplayMessage } from './message.ts';
import type { Pace } from './pace.ts';
import { isOfScope } from './select.ts';
import { putDone, putFailure, readManifest, type ChunkDone, type ReplayPlan } from './store.ts';

export interface ChunkRun {
  readonly plan: ReplayPlan;
  readonly chunk: number;
  readonly pace: Pace;
}

/** @throws where the chunk is to be done again. */
export async function runChunk({ plan: { mark, bank, selection }, chunk, pace }: ChunkRun, deps: ReplayDeps): Promise<ChunkDone> {
  const entries = await readManifest(deps.parked, mark.id, chunk);
  const other = entries.find(({ key }) => !isOfScope(key, bank, selection));
  if (other !== undefined) throw new MisconfiguredError(`${other.key} is in the manifest of a replay that was recorded for other evidence`);
  const done = await replayChunk({ mark, entries, pace }, deps);
  await putDone(deps.parked, mark.id, chunk, done);
  return done;
}

/** Writes beside the plan why the work failed, for whoever follows the replay. @param attempt from 1. @throws what the work throws. */
export async function failureNoted<T>(
  store: ParkedStore,
  { replay, chunk, access }: ReplayMessage,
  attempt: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { error: name, reason } = errorFields(error);
    // Where this cannot be written either, the first error says more.
    await putFailure(store, replay, chunk, { access, attempt, reason: `${name}: ${reason}` }).catch(() => undefined);
    throw error;
  }
}

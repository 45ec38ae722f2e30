// Where a replay stands, read from what its chunks have written, and told to the operator.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParkedStore } from '../../shared/park/parked.ts';
import { listChunks, readDone, readFailure, type ChunkDone, type ReplayPlan } from '../../shared/replay/store.ts';

export interface Outcome extends ChunkDone {
  readonly done: number;
  /** Chunks of this run that failed, with the reason. */
  readonly failed: readonly { readonly chunk: number; readonly reason: string }[];
  /** Chunks of which nothing is known yet. */
  readonly waiting: number;
}

/** Reads where the replay stands now. */
export type Reader = () => Promise<Outcome>;

/** @param access vault key of this run's access statement: failures of earlier runs are not its own. */
export function outcomeReader(store: ParkedStore, { mark: { id }, chunks }: ReplayPlan, access: string): Reader {
  const known = new Map<number, ChunkDone>();
  return async () => {
    for (const chunk of await listChunks(store, id, 'done')) {
      const done = known.has(chunk) ? undefined : await readDone(store, id, chunk);
      if (done !== undefined) known.set(chunk, done);
    }
    const failed: Outcome['failed'][number][] = [];
    for (const chunk of await listChunks(store, id, 'failed')) {
      const failure = known.has(chunk) ? undefined : await readFailure(store, id, chunk);
      if (failure?.access === access) failed.push({ chunk, reason: failure.reason });
    }
    return { ...sumOf([...known.values()]), done: known.size, failed, waiting: chunks - known.size - failed.length };
  };
}

export interface FollowOptions {
  readonly onProgress: (outcome: Outcome) => void;
  readonly pollMs?: number;
  readonly patienceMs?: number;
}

const POLL_MS = 2000;
/** Longer than an invocation can take. */
const PATIENCE_MS = 20 * 60_000;
const SHOWN_PROBLEMS = 100;

/** Waits until each chunk is done or has failed, or until nothing has happened for long. */
export async function followReplay(
  read: Reader,
  { onProgress, pollMs = POLL_MS, patienceMs = PATIENCE_MS }: FollowOptions,
): Promise<Outcome> {
  let settled = -1;
  let since = Date.now();
  for (;;) {
    const outcome = await read();
    const now = outcome.done + outcome.failed.length;
    if (now !== settled) {
      settled = now;
      since = Date.now();
      onProgress(outcome);
    }
    if (outcome.waiting === 0 || Date.now() - since > patienceMs) return outcome;
    await sleep(pollMs);
  }
}

function sumOf(chunks: readonly ChunkDone[]): ChunkDone {
  const sum = (name: Exclude<keyof ChunkDone, 'problems'>): number => chunks.reduce((total, chunk) => total + chunk[name], 0);
  return {
    ...{ objects: sum('objects'), erased: sum('erased'), refused: sum('refused') },
    ...{ records: sum('records'), events: sum('events'), excluded: sum('excluded'), parked: sum('parked') },
    problems: chunks.flatMap(({ problems }) => problems).slice(0, SHOWN_PROBLEMS),
  };
}

/** What is not as it should be, in lines; none where all of the plan was replayed. */
export function faultsOf(outcome: Outcome, { mark, totals }: ReplayPlan): readonly string[] {
  const { objects, erased, refused, problems, failed, waiting, records, events, excluded, parked } = outcome;
  const again = `\`npx strongroom replay --resume ${mark.id}\` does again what is not done`;
  const isWhole = failed.length === 0 && waiting === 0;
  return [
    ...problems.map(({ detail }) => `refused: ${detail}`),
    ...(refused > problems.length ? [`refused: ${refused - problems.length} objects more`] : []),
    ...failed.map(({ chunk, reason }) => `chunk ${chunk} failed: ${reason}`),
    ...(waiting > 0 ? [`${waiting} chunks are not done, and nothing has happened for long`] : []),
    ...(isWhole ? [] : [again]),
    ...(isWhole && objects + erased + refused !== totals.objects
      ? [`${totals.objects} objects were planned, ${objects} replayed, ${erased} erased and ${refused} refused`]
      : []),
    ...(records === events + excluded + parked
      ? []
      : [`${records} records are not ${events} events, ${excluded} excluded and ${parked} parked`]),
  ];
}

// One chunk of a replay: each sealed object opened, verified, and through what the code and the bank's file are today. Nothing is counted
// or alerted as new; a chunk that is done again writes what it wrote before.
import { EvidenceError, PeriodKeyError } from '../errors.ts';
import { publish, type HubTarget } from '../hub/publish.ts';
import type { Counts, Origin, ReplayMark } from '../model.ts';
import { createParker, type ParkedStore } from '../park/parked.ts';
import { keysOfUnit, removeParked } from '../park/store.ts';
import { withEvidence, type OpenVault } from '../seal/evidence.ts';
import type { Evidence } from '../seal/vault.ts';
import type { Spooled } from '../seal/spool.ts';
import { unitFromEvidence } from '../units.ts';
import type { Pace } from './pace.ts';
import { reprocess, type ReprocessDeps } from './reprocess.ts';
import type { ChunkDone, ReplayEntry } from './store.ts';

export interface ReplayDeps extends ReprocessDeps {
  readonly vault: OpenVault;
  readonly parked: ParkedStore;
  readonly hub: HubTarget;
  /** Told of each object that was processed. */
  readonly onReplayed?: ((origin: Origin, counts: Counts) => void) | undefined;
}

export interface ChunkTask {
  readonly mark: ReplayMark;
  readonly entries: readonly ReplayEntry[];
  readonly pace: Pace;
}

/** Objects at once: most of the time of a small one is waiting for S3. */
const AT_ONCE = 4;
const SHOWN_PROBLEMS = 20;

/**
 * @returns what became of the chunk; objects that are not what was sealed are named, and the others go on.
 * @throws what says nothing about the evidence: the chunk is to be done again.
 */
export async function replayChunk({ mark, entries, pace }: ChunkTask, deps: ReplayDeps): Promise<ChunkDone> {
  const sums = { objects: 0, erased: 0, refused: 0, records: 0, events: 0, excluded: 0, parked: 0 };
  const problems: ChunkDone['problems'][number][] = [];
  async function replayEntry(entry: ReplayEntry): Promise<void> {
    try {
      const { records, events, excluded, parked } = await replayObject(entry, { mark, pace }, deps);
      sums.objects++;
      sums.records += records;
      sums.events += events;
      sums.excluded += excluded;
      sums.parked += parked;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      if (error instanceof PeriodKeyError && error.state === 'erased') sums.erased++;
      else {
        sums.refused++;
        if (problems.length < SHOWN_PROBLEMS) problems.push({ key: entry.key, detail: error.message });
      }
    }
  }
  await each(entries, replayEntry);
  await pace.end();
  return { ...sums, problems };
}

/** Several at once. @throws the first error, when nothing is under way any more. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  async function worker(): Promise<void> {
    while (failures.length === 0) {
      const item = items[next++];
      if (item === undefined) return;
      await work(item).catch((error: unknown) => failures.push(error));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}

type Task = Pick<ChunkTask, 'mark' | 'pace'>;

async function replayObject({ key, version }: ReplayEntry, task: Task, deps: ReplayDeps): Promise<Counts> {
  return await withEvidence(deps.vault, { key, version }, (evidence, bytes) => replayEvidence(evidence, bytes, task, deps));
}

async function replayEvidence({ key, facts }: Evidence, bytes: Spooled, { mark, pace }: Task, deps: ReplayDeps): Promise<Counts> {
  const unit = await unitFromEvidence(facts.origin, bytes.open(), deps.bank);
  const parker = createParker(deps.parked, unit.origin, key);
  const { counts } = await reprocess(
    {
      unit,
      evidence: key,
      replay: mark,
      parked: (record) => parker.add(record),
      settled: () => parker.settled(),
      async send(records, { counts: { records: all }, batches }) {
        const parked = await parker.end();
        if (batches === 0) await pace.take(all);
        for await (const record of records) {
          await pace.take(all / batches);
          await publish([record], deps.hub);
        }
        // What lay there of the unit is in the hub by now, or in the objects just written. Elsewhere than in the hub it would be lost.
        if (mark.to === 'hub' && facts.counts.parked > 0) await forget(deps.parked, [facts.origin, unit.origin], parked);
      },
    },
    deps,
  );
  deps.onReplayed?.(unit.origin, counts);
  return counts;
}

/** Removes what is parked of the unit but for these keys. */
async function forget(store: ParkedStore, origins: readonly Origin[], kept: readonly string[]): Promise<void> {
  const found = new Set<string>();
  for (const origin of origins) for await (const key of keysOfUnit(store, origin)) found.add(key);
  for (const key of found) if (!kept.includes(key)) await removeParked(store, key);
}

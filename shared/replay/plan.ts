// What a replay will do, before it does anything: which objects, in which chunks. A chunk is what one invocation of the function does.
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { createFrameSpool } from '../hub/frame-spool.ts';
import type { EvidenceLeaf } from '../notary/leaf.ts';
import { choose, type Selection } from './select.ts';
import type { ReplayEntry } from './store.ts';

/** Invocations at once: maximumConcurrency in functions/replay/function.yml. */
export const WORKERS = 4;
/** Records per second where nobody says otherwise. */
export const DEFAULT_RATE = 5000;

/** Of one chunk; an object beyond them is a chunk of its own. The function has 15 minutes, its records are to take a third of them. */
const CHUNK = { objects: 1000, bytes: 256 * 1024 * 1024, records: 500_000, seconds: 300 };
const MAX_SECONDS = 780;

export interface Totals {
  readonly objects: number;
  readonly records: number;
  /** As delivered. */
  readonly bytes: number;
}

export interface Planned {
  readonly totals: Totals;
  readonly chunks: number;
  /** Objects of the time that nobody had claimed, and that cannot be told to be of the source without opening them. */
  readonly unclaimed: number;
  /** When the latest object that was looked at was delivered, ms since the epoch: the log knows of none after it. */
  readonly latest: number | undefined;
  /** Each as NDJSON, one entry per line. To be read once. */
  readonly manifests: AsyncIterable<Buffer>;
  dispose(): Promise<void>;
}

export interface PlanOptions {
  readonly selection: Selection;
  readonly bank: BankConfig;
  /** Records per second of the whole replay. */
  readonly rate: number;
  /** Where nobody ends a chunk that takes long. */
  readonly isLocal: boolean;
}

/** @throws MisconfiguredError where an object has too many records for the rate. */
export async function planReplay(leaves: AsyncIterable<EvidenceLeaf>, options: PlanOptions): Promise<Planned> {
  const { selection, bank, rate, isLocal } = options;
  const spool = createFrameSpool();
  const totals = { objects: 0, records: 0, bytes: 0 };
  const chunks = createChunks(rate, (manifest) => spool.add(manifest));
  let unclaimed = 0;
  let latest: number | undefined;
  try {
    for await (const leaf of leaves) {
      latest = Math.max(latest ?? 0, leaf.delivered);
      const choice = choose(leaf, selection, bank);
      if (choice === 'unclaimed') unclaimed++;
      if (choice !== 'wanted') continue;
      if (!isLocal) assertInTime(leaf, rate);
      totals.objects++;
      totals.records += leaf.records;
      totals.bytes += leaf.bytes;
      chunks.add(leaf);
      await spool.settled();
    }
    return { totals, chunks: chunks.end(), unclaimed, latest, manifests: await spool.finish(), dispose: () => spool.dispose() };
  } catch (error) {
    await spool.dispose();
    throw error;
  }
}

function assertInTime({ key, records }: EvidenceLeaf, rate: number): void {
  const needed = Math.ceil((records * WORKERS) / MAX_SECONDS);
  if (rate >= needed) return;
  throw new MisconfiguredError(
    `--rate must be at least ${needed}: ${key} has ${records} records, and an invocation ends after 15 minutes; with --local it takes its time`,
  );
}

function createChunks(rate: number, onChunk: (manifest: Buffer) => void): { add(entry: ReplayEntry): void; end(): number } {
  const limits = { ...CHUNK, records: Math.min(CHUNK.records, Math.max(1, Math.floor((rate / WORKERS) * CHUNK.seconds))) };
  let lines: string[] = [];
  let sums = { records: 0, bytes: 0 };
  let chunks = 0;
  function close(): void {
    if (lines.length === 0) return;
    onChunk(Buffer.from(`${lines.join('\n')}\n`));
    chunks++;
    lines = [];
    sums = { records: 0, bytes: 0 };
  }
  return {
    add({ key, version, records, bytes }) {
      if (sums.records + records > limits.records || sums.bytes + bytes > limits.bytes || lines.length === limits.objects) close();
      lines.push(JSON.stringify({ key, version, records, bytes }));
      sums = { records: sums.records + records, bytes: sums.bytes + bytes };
    },
    end() {
      close();
      return chunks;
    },
  };
}

// First pass of a verification: the whole log is read once. What it says of the scope is sorted by key, for the second pass.
import { EvidenceError } from '../errors.ts';
import { decodeLeaf, type EvidenceLeaf } from '../notary/leaf.ts';
import { openLog, tileReader, type ReadableLog } from '../notary/read.ts';
import { batchPath, LOG_PREFIX } from '../notary/store.ts';
import { TILE_WIDTH, tilePath } from '../notary/tiles.ts';
import type { EvidencePlace } from '../seal/vault.ts';
import {
  keptCheckpoints,
  listCheckpoints,
  readCheckpoint,
  type CheckpointAt,
  type CheckpointSource,
  type KeptCheckpoint,
} from './checkpoints.ts';
import type { Coverage } from './coverage.ts';
import { keptProblems } from './kept.ts';
import { checkLog, type LoggedLeaf } from './log-check.ts';
import type { LogResult } from './log-tree.ts';
import { logStoreOf } from './log-store.ts';
import { problem, type Problem } from './problems.ts';
import { covers, coversStatement, periodOf, placeOf, type Scope } from './scope.ts';
import { createSorter, type Sorter } from './sorter.ts';
import { openSigned, type SignedCheckpoint } from './trust.ts';
import { bytesOf, type VaultReader } from './vault-reader.ts';
import { witnessProblems } from './witnessed.ts';

export interface LogPassOptions extends Omit<CheckpointSource, 'vault'> {
  readonly vault: VaultReader;
  readonly scope: Scope;
  readonly coverage: Coverage;
  /** Checkpoints from elsewhere, which the log must still contain. */
  readonly kept?: readonly KeptCheckpoint[] | undefined;
  /** Ends there, whatever was logged since; default: the latest checkpoint. */
  readonly size?: number | undefined;
  /** Between two checkpoints, ms. */
  readonly interval: number;
  readonly onProblem: (found: Problem) => void;
  readonly onProgress: (leaves: number, of: number) => void;
}

export interface LogPass {
  readonly latest: SignedCheckpoint | undefined;
  readonly listed: readonly CheckpointAt[];
  readonly result: LogResult;
  readonly size: number;
  readonly pending: number;
  /** In the scope. */
  readonly evidence: Sorter;
  readonly statements: Sorter;
  /** Statements of any day but those of access: they say why keys are gone, what is held, and with what CloudTrail signed. */
  readonly explaining: readonly LoggedLeaf[];
  /** CloudTrail's objects just outside the period: they name and are named by what lies in it. */
  readonly around: readonly EvidenceLeaf[];
  readonly dispose: () => Promise<void>;
}

const HOUR_MS = 3_600_000;
/** A digest is proven by the one before it, and files are named up to four hours late. */
const BEFORE_MS = 2 * HOUR_MS;
const AFTER_MS = 4 * HOUR_MS;

/** A log that signs every few minutes has stopped when leaves wait so long. */
const BEHIND_MS = 30 * 60_000;
/** The copy of the latest checkpoint is written right after the checkpoint itself. */
const COPY_MS = 15 * 60_000;
const NOTE_BYTES = 1_000_000;

export async function logPass(options: LogPassOptions): Promise<LogPass> {
  const { vault } = options;
  const { latest, listed, reading } = await beginPass(options);
  const size = Math.min(options.size ?? Infinity, latest?.size ?? 0);
  const isLatest = size === (latest?.size ?? 0);
  const store = logStoreOf(vault);
  const result = await checkLog({
    ...{ ...options, store, size },
    listed: listed.filter((one) => isLatest || one.size <= size),
    onLeaf: (leaf) => reading.leaf(leaf),
    onProgress: (leaves) => options.onProgress(leaves, size),
  });
  // Kept ones of more leaves than are read: the latest checkpoint must continue them all the same.
  const later = listed.filter((one) => !isLatest && one.kind === 'kept' && one.size > size);
  if (latest !== undefined)
    for await (const found of keptProblems({ ...options, log: openLog(store), latest }, later)) options.onProblem(found);
  const { witnessed, lastCosigned: cosigned } = result;
  // Before those are read that no checkpoint covers: no witness can have seen them.
  witnessProblems(options, size, { stored: reading.firstAfter(witnessed), witnessed, cosigned });
  const pending = await readPending(options, { size, isLatest }, reading);
  return { latest, listed, result, size, pending, ...reading };
}

/** What both ways of reading a log begin with. */
export async function beginPass(options: LogPassOptions): Promise<{
  readonly latest: SignedCheckpoint | undefined;
  readonly listed: readonly CheckpointAt[];
  readonly reading: Reading;
}> {
  const kept = keptCheckpoints(options.kept ?? [], options.onProblem);
  const listed = [...(await listCheckpoints(options.vault, options.onProblem)), ...kept].sort((a, b) => a.size - b.size);
  const latest = await latestOf(options, listed);
  if (latest === undefined) options.onProblem(problem('no_checkpoint', `${LOG_PREFIX}checkpoints/`, 'nothing that was sealed is proven'));
  await checkCopy(options, latest);
  return { latest, listed, reading: createReading(options, listed) };
}

async function latestOf(options: LogPassOptions, listed: readonly CheckpointAt[]): Promise<SignedCheckpoint | undefined> {
  const store = logStoreOf(options.vault);
  let largest: SignedCheckpoint | undefined;
  // Those that are refused are told of when all are read, and so are those of more leaves than there are: what is below is verified all the same.
  for (const at of listed.toReversed()) {
    const { checkpoint } = at.kind === 'log' ? await readCheckpoint(options, at) : {};
    if (checkpoint === undefined) continue;
    if (await hasLeaves(store, checkpoint.size)) return checkpoint;
    largest ??= checkpoint;
  }
  return largest;
}

/** Whether anything is left of the last of so many leaves. Tiles and bundles are written before a checkpoint is signed. */
async function hasLeaves(store: ReadableLog, size: number): Promise<boolean> {
  if (size === 0) return true;
  const [index, width] = [Math.floor((size - 1) / TILE_WIDTH), ((size - 1) % TILE_WIDTH) + 1];
  const reads = [
    () =>
      openLog(store)
        .rawLeaves(size - 1, size)
        [Symbol.asyncIterator]()
        .next(),
    () => tileReader(store)(tilePath(0, index, width)),
  ];
  for (const read of reads) {
    try {
      await read();
      return true;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
    }
  }
  return false;
}

/** `_log/checkpoint` is what everybody asks for first: it must be the latest. */
async function checkCopy({ vault, trust, origin, onProblem, now }: LogPassOptions, latest: SignedCheckpoint | undefined): Promise<void> {
  const at = `${LOG_PREFIX}checkpoint`;
  const found = await vault.open(at);
  if (found.kind !== 'object') {
    if (latest !== undefined) onProblem(problem('log_rewound', at, `it is not there, and ${latest.size} leaves were signed`));
    return;
  }
  const { checkpoint, problem: wrong } = openSigned((await bytesOf(found.object, NOTE_BYTES)).toString(), trust, { origin, at });
  if (wrong !== undefined) onProblem(wrong);
  else if (latest === undefined || checkpoint.size > latest.size)
    onProblem(problem('log_rewound', at, `it is of ${checkpoint.size} leaves, and the latest that is kept of ${latest?.size ?? 0}`));
  else if (checkpoint.size === latest.size && !checkpoint.root.equals(latest.root))
    onProblem(problem('inconsistent_checkpoints', at, `two trees of ${latest.size} leaves were signed`));
  else if (checkpoint.size < latest.size && found.object.modified < now - COPY_MS)
    onProblem(problem('log_rewound', at, `it is of ${checkpoint.size} leaves, and ${latest.size} were signed`));
}

export interface Reading extends Pick<LogPass, 'evidence' | 'statements' | 'explaining' | 'around' | 'dispose'> {
  leaf(leaf: LoggedLeaf): Promise<void>;
  /** @returns when the first leaf was stored that a checkpoint of this size does not cover. */
  firstAfter(size: number | undefined): number | undefined;
}

function createReading({ scope, coverage, trust }: LogPassOptions, listed: readonly CheckpointAt[]): Reading {
  const [evidence, statements] = [createSorter(), createSorter()];
  const explaining: LoggedLeaf[] = [];
  const around: EvidenceLeaf[] = [];
  const period = periodOf(scope);
  // Of the first leaf after each checkpoint. Ascending: a leaf that cannot be read leaves its place to the next.
  const storedAfter = new Map<number, number>();
  const sizes = trust.quorum === undefined ? [] : [...new Set([0, ...listed.map(({ size }) => size)])].sort((a, b) => a - b);
  let reached = 0;

  async function evidenceLeaf({ index, bytes }: LoggedLeaf, leaf: EvidenceLeaf): Promise<void> {
    const place = placeOf(leaf.key);
    if (place === undefined) throw new EvidenceError(`${leaf.key} is no vault key`);
    coverage.leaf(leaf, place);
    if (covers(scope, leaf.key, place)) await evidence.add({ index, key: leaf.key, bytes });
    else if (isAround(leaf, place)) around.push(leaf);
  }

  function isAround({ delivered, key }: EvidenceLeaf, place: EvidencePlace): boolean {
    if (place.source !== 'cloudtrail' || !covers({ ...scope, from: undefined, to: undefined }, key, place)) return false;
    const isBefore = period.from !== undefined && delivered < period.from && delivered >= period.from - BEFORE_MS;
    const isAfter = period.until !== undefined && delivered >= period.until && delivered < period.until + AFTER_MS;
    return isBefore || isAfter;
  }

  return {
    ...{ evidence, statements, explaining, around },
    async leaf(logged) {
      const { leaf, index, bytes } = logged;
      for (let size = sizes[reached]; size !== undefined && size <= index; size = sizes[++reached]) storedAfter.set(size, leaf.stored);
      if (leaf.kind === 'evidence') {
        await evidenceLeaf(logged, leaf);
        return;
      }
      if (leaf.statement !== 'access') explaining.push(logged);
      if (coversStatement(scope, leaf.key)) await statements.add({ index, key: leaf.key, bytes });
    },
    firstAfter: (size = 0) => storedAfter.get(size),
    dispose: async () => {
      await Promise.all([evidence.dispose(), statements.dispose()]);
    },
  };
}

interface Covered {
  readonly size: number;
  /** False where a run goes on that began with an earlier checkpoint. */
  readonly isLatest: boolean;
}

/** Leaves that were committed and are under no checkpoint yet. */
export async function readPending(options: LogPassOptions, { size, isLatest }: Covered, reading: Reading): Promise<number> {
  const { onProblem, now, interval } = options;
  let pending = 0;
  let oldest = Infinity;
  for await (const { index, bytes, path } of pendingLeaves(options, size)) {
    try {
      const leaf = decodeLeaf(bytes, `leaf ${index}`);
      // What was stored after the verification had begun belongs to the next one.
      if (leaf.stored > now) continue;
      pending++;
      oldest = Math.min(oldest, leaf.stored);
      await reading.leaf({ index, bytes, leaf });
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      onProblem(problem('bad_leaf', LOG_PREFIX + path, error.message));
    }
  }
  const since = new Date(Number.isFinite(oldest) ? oldest : now).toISOString();
  if (isLatest && oldest < now - BEHIND_MS - interval)
    onProblem(problem('log_behind', `${LOG_PREFIX}batch/`, `${pending} leaves wait for a checkpoint, the oldest since ${since}`));
  return pending;
}

interface PendingLeaf {
  readonly index: number;
  readonly bytes: Buffer;
  readonly path: string;
}

/** Of the batches behind the first `size` leaves: one ends where the next begins. */
async function* pendingLeaves({ vault }: LogPassOptions, size: number): AsyncGenerator<PendingLeaf> {
  const store = logStoreOf(vault);
  let index = size;
  for await (const path of store.list('batch/', size === 0 ? undefined : batchPath(size - 1))) {
    if (path !== batchPath(index)) continue;
    // A leaf is one line; its bytes are kept as they are.
    const lines = (await store.get(path))?.toString('latin1').split('\n') ?? [];
    for (const line of lines.filter((one) => one !== '')) yield { index: index++, bytes: Buffer.from(line, 'latin1'), path };
  }
}

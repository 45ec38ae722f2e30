// One object alone: its leaf is looked for near the time at which it was stored, and proven by the latest checkpoint, without reading the whole log.
import { EvidenceError } from '../errors.ts';
import { EMPTY_ROOT, leafHash, verifyInclusion } from '../notary/merkle.ts';
import { openLog, type Log, type StoredLeaf } from '../notary/read.ts';
import { LOG_PREFIX } from '../notary/store.ts';
import { TILE_WIDTH } from '../notary/tiles.ts';
import { STATEMENTS } from '../seal/statements.ts';
import { keptProblems } from './kept.ts';
import { logStoreOf } from './log-store.ts';
import { beginPass, readPending, type LogPass, type LogPassOptions, type Reading } from './log-pass.ts';
import { problem } from './problems.ts';
import { placeOf, type Scope } from './scope.ts';
import type { CheckpointAt } from './checkpoints.ts';
import type { SignedCheckpoint } from './trust.ts';
import { byKey } from './vault-reader.ts';
import { lastWitnessed, witnessProblems } from './witnessed.ts';

/** Leaves come into the log minutes after their objects; nearly in order. */
const BEFORE_MS = 3_600_000;
const AFTER_MS = 24 * 3_600_000;

export async function findLeaf(options: LogPassOptions): Promise<LogPass> {
  const { scope, vault } = options;
  const { latest, listed, reading } = await beginPass(options);
  const size = latest?.size ?? 0;
  const log = openLog(logStoreOf(vault));
  const own: StoredLeaf[] = [];
  for (const wanted of await wantedIn(vault, scope)) {
    const found = await find(log, wanted, { options, reading, latest });
    if (wanted.key === scope.key) own.push(...found);
  }
  if (latest !== undefined) for await (const found of keptProblems({ ...options, log, latest }, listed)) options.onProblem(found);
  const witnessed = latest === undefined ? undefined : await witness({ options, log, latest, listed }, own);
  const pending = await readPending(options, { size, isLatest: true }, reading);
  const result = {
    ...{ checkpoints: latest === undefined ? 0 : 1, cosigned: 0, size, root: latest?.root ?? EMPTY_ROOT },
    ...{ witnessed, lastCosigned: undefined },
  };
  return { latest, listed, result, size, pending, ...reading };
}

interface Wanted {
  readonly key: string;
  /** When it was stored, ms since the epoch: the first and the last version. */
  readonly from: number;
  readonly until: number;
}

/** The object, and the statements that may say why it cannot be opened: they count where they are in the log. */
async function wantedIn(vault: LogPassOptions['vault'], { key: own = '' }: Scope): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = [];
  for (const prefix of [own, `${STATEMENTS}erasure/`]) {
    for await (const { key, versions } of byKey(vault.versions(prefix))) {
      const stored = versions.map(({ modified }) => modified);
      if (key === own || prefix !== own) wanted.push({ key, from: Math.min(...stored) - BEFORE_MS, until: Math.max(...stored) + AFTER_MS });
    }
  }
  // Of what is gone altogether, only the day of delivery is known.
  const day = Date.parse(placeOf(own)?.day ?? '');
  return wanted.some(({ key }) => key === own) ? wanted : [{ key: own, from: day - BEFORE_MS, until: Infinity }, ...wanted];
}

interface Found {
  readonly options: LogPassOptions;
  readonly reading: Reading;
  readonly latest: SignedCheckpoint | undefined;
}

async function find(log: Log, wanted: Wanted, { options, reading, latest }: Found): Promise<readonly StoredLeaf[]> {
  const all: StoredLeaf[] = [];
  if (latest === undefined) return all;
  try {
    for await (const found of leavesOf(log, latest.size, { wanted, options })) {
      if (found.leaf.key !== wanted.key) continue;
      all.push(found);
      await reading.leaf(found);
      await prove(log, found, latest, options);
    }
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    options.onProblem(problem('bad_entries', `${LOG_PREFIX}tile/entries`, error.message));
  }
  return all;
}

interface ToWitness {
  readonly options: LogPassOptions;
  readonly log: Log;
  readonly latest: SignedCheckpoint;
  readonly listed: readonly CheckpointAt[];
}

/** @param own leaves of the object. @returns up to which size the log has the signatures that the trust file demands. */
async function witness({ options, log, latest, listed }: ToWitness, own: readonly StoredLeaf[]): Promise<number | undefined> {
  if (options.trust.quorum === undefined) return undefined;
  const witnessed = await lastWitnessed({ ...options, log, latest }, listed);
  const after = own.filter(({ index }) => index >= (witnessed ?? 0)).map(({ leaf }) => leaf.stored);
  witnessProblems(options, latest.size, { witnessed, stored: after.length === 0 ? undefined : Math.min(...after) });
  return witnessed;
}

async function prove(
  log: Log,
  { index, bytes, leaf }: StoredLeaf,
  { size, root }: SignedCheckpoint,
  { onProblem }: LogPassOptions,
): Promise<void> {
  const at = `${LOG_PREFIX}leaf ${index}`;
  try {
    const proof = await log.proofOf(index, size);
    if (verifyInclusion({ index, size, leaf: leafHash(bytes), proof, root })) return;
    onProblem(problem('bad_proof', at, `the tiles do not lead from it (${leaf.key}) to the root of the checkpoint of ${size} leaves`));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    onProblem(problem('bad_tile', at, error.message));
  }
}

/** Leaves from those stored an hour before the object to those a day after it. */
async function* leavesOf(
  log: Log,
  size: number,
  { wanted, options }: { readonly wanted: Wanted; readonly options: LogPassOptions },
): AsyncGenerator<StoredLeaf> {
  const from = (await firstBundle(log, size, wanted.from)) * TILE_WIDTH;
  for await (const found of log.leaves(from, size)) {
    if (found.leaf.stored > wanted.until) return;
    if (found.index % TILE_WIDTH === 0) options.onProgress(found.index - from, size - from);
    yield found;
  }
}

/** @returns the last bundle that begins before the time. */
async function firstBundle(log: Log, size: number, time: number): Promise<number> {
  let [low, high] = [0, Math.ceil(size / TILE_WIDTH)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const begins = await storedOf(log, middle * TILE_WIDTH, size);
    if (begins < time) low = middle;
    else high = middle;
  }
  return low;
}

async function storedOf(log: Log, index: number, size: number): Promise<number> {
  for await (const { leaf } of log.leaves(index, index + 1, { size })) return leaf.stored;
  return Infinity;
}

// Completeness, every quarter of an hour: reads what has come into the transparency log since the last run, and tells what has not come, or came
// and is not what it should be. Everything told is named after what it is about, so a run that fails half-way is simply made again.
import type { AlertDeps } from '../alert/alerts.ts';
import { EvidenceError } from '../errors.ts';
import type { OpenCheckpoint } from '../notary/checkpoint.ts';
import { originOf } from '../notary/checkpoint.ts';
import { publishedKeys } from '../notary/keys.ts';
import { verifyConsistency } from '../notary/merkle.ts';
import { openLog, type Log as TransparencyLog, type ReadableLog } from '../notary/read.ts';
import type { Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { refusals } from '../residency/refused.ts';
import { observe, type Observed } from './observe.ts';
import { offsetGaps } from './offsets.ts';
import type { Signal } from './signals.ts';
import { silences } from './silence.ts';
import { loadState, saveState, type StateStore, type WatchState } from './state.ts';
import { tell } from './tell.ts';
import { followDigests, overdueTrails, type TrailDeps } from './trails.ts';

export interface WatchDeps extends AlertDeps {
  readonly transparency: ReadableLog;
  readonly state: StateStore;
  readonly trails: Omit<TrailDeps, 'bank' | 'now'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly metrics: MetricsWriter;
}

export interface Watched {
  /** Leaves read in this run. */
  readonly leaves: number;
  /** Leaves that the log has and the next run reads. */
  readonly behind: number;
  readonly digests: number;
  readonly findings: number;
  readonly alerts: number;
}

/** Leaves between two savings of the state. */
const SLICE = 20_000;
/** A watch that begins over a log that is there already starts so far back. */
const START_LEAVES = 50_000;
/** Then no new slice is begun: the function has 14 minutes. */
const BUDGET_MS = 8 * 60_000;

/** @throws RetryableError and AWS errors: the next run does it again. */
export async function watchOnce(deps: WatchDeps): Promise<Watched> {
  const started = deps.now();
  const state = await loadState(deps.state, started);
  const total = { leaves: 0, digests: 0, findings: 0, alerts: 0 };
  const told = async (signals: readonly Signal[], size: number): Promise<void> => {
    const { published, alerted } = await tell(signals, `s3://${deps.vaultBucket}/_log/checkpoint#${size}`, deps);
    total.findings += published;
    total.alerts += alerted;
  };
  const { log, size, broken } = await latest(state, deps);
  if (broken.length > 0) await told(broken, size);
  if (deps.bank.residency !== undefined) await told(await refusals(deps.state, deps.bank.region, deps.now()), size);
  while (log !== undefined && state.position < size && deps.now() - started < BUDGET_MS) {
    const to = Math.min(size, state.position + SLICE);
    const slice = await takeSlice(log, state, { to, size }, deps);
    await told(slice.signals, size);
    total.leaves += to - state.position;
    total.digests += slice.digests;
    state.position = to;
    await save(state, deps);
  }
  const behind = Math.max(0, size - state.position);
  // Before everything that came was seen, nothing can be said of what has not come.
  if (behind === 0) {
    const now = deps.now();
    const overdue = await overdueTrails(state.follow, trailDeps(deps));
    await told([...silences(state, deps.bank, now), ...offsetGaps(state.offsets, now), ...overdue], size);
    await save(state, deps);
  }
  emit(
    deps.metrics,
    { bank: deps.bank.bank, source: 'strongroom' },
    { Findings: total.findings, Alerts: total.alerts, WatchBehind: behind },
  );
  return { ...total, behind };
}

function trailDeps({ trails, bank, now }: WatchDeps): TrailDeps {
  return { ...trails, bank: bank.bank, now };
}

interface Latest {
  /** Undefined where it is not to be read on. */
  readonly log: TransparencyLog | undefined;
  readonly size: number;
  readonly broken: readonly Signal[];
}

/** The latest checkpoint, which must contain what the last one did. */
async function latest(state: WatchState, { transparency, bank, now }: WatchDeps): Promise<Latest> {
  const size = state.log?.size ?? 0;
  try {
    const log = openLog(transparency);
    const checkpoint = await log.checkpoint(await publishedKeys(transparency));
    if (checkpoint === undefined) {
      if (size === 0) return { log: undefined, size: 0, broken: [] };
      throw new EvidenceError(`the log has no checkpoint any more; it had ${size} leaves`);
    }
    if (checkpoint.origin !== originOf(bank.bank, bank.region)) throw new EvidenceError(`the checkpoint is that of ${checkpoint.origin}`);
    await assertGrown(state, checkpoint, log);
    if (state.log === undefined) state.position = Math.max(state.position, checkpoint.size - START_LEAVES, 0);
    state.log = { size: checkpoint.size, root: checkpoint.root.toString('hex') };
    return { log, size: checkpoint.size, broken: [] };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { log: undefined, size, broken: [rewritten(error.message, bank.region, now())] };
  }
}

async function assertGrown({ log: before }: WatchState, { size, root }: OpenCheckpoint, log: TransparencyLog): Promise<void> {
  if (before === undefined || before.size === 0) return;
  if (size < before.size) throw new EvidenceError(`the log has ${size} leaves; it had ${before.size}`);
  const proof = await log.consistency(before.size, size);
  if (!verifyConsistency({ oldSize: before.size, oldRoot: Buffer.from(before.root, 'hex'), size, root, proof }))
    throw new EvidenceError(`the log of ${size} leaves does not contain the one of ${before.size}`);
}

function rewritten(detail: string, region: string, now: number): Signal {
  // Days are told apart: it is told again until somebody looks.
  const day = new Date(now).toISOString().slice(0, 10);
  return { kind: 'log_rewound', about: [detail, day], detail, time: Date.parse(day), region, source: 'strongroom' };
}

async function takeSlice(
  log: TransparencyLog,
  state: WatchState,
  { to, size }: { readonly to: number; readonly size: number },
  deps: WatchDeps,
): Promise<{ readonly signals: readonly Signal[]; readonly digests: number }> {
  const observed: Observed = { signals: [], digests: [], toCheck: [] };
  for await (const { leaf } of log.leaves(state.position, to, { size })) observe(state, leaf, deps.bank, observed);
  const followed = await followDigests(state.follow, { keys: observed.digests, toCheck: observed.toCheck }, trailDeps(deps));
  return { signals: [...observed.signals, ...followed], digests: observed.digests.length };
}

async function save(state: WatchState, { state: store, log }: WatchDeps): Promise<void> {
  const forgotten = await saveState(store, state);
  if (forgotten > 0) log.warn('log files forgotten, there are too many at once', { files: forgotten });
}

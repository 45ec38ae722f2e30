// Every minute: what is due in the table of alerts. Messages whose worker died, windows that have ended, what people said of findings, copies for
// others, summaries, the digest. Each is decided, written down and done as in raiseAlerts(), so a run may fail anywhere.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html
import { RetryableError } from '../errors.ts';
import { errorFields, type Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { changeDone, changed, changeOf, CHANGE_PREFIX, outcomeOf } from './changes.ts';
import { dueItems, readItems, untilWritten, writeItems } from './claims.ts';
import { makeCopies, type CopyDeps } from './copies/copies.ts';
import { DIGEST_ID, sendDigest, type DigestDeps } from './digest.ts';
import { afterWindow, dueOf, type Episode } from './episode.ts';
import { EPISODE_PREFIX } from './hits.ts';
import { capped, episodeOf, episodeWrite, readHeld, snapshotId, snapshotWrite, stormItems, stormWrite, type Held } from './ledger.ts';
import { alertSettings } from './settings.ts';
import { isStorm, STORM_PREFIX } from './storm.ts';
import { summaryOf } from './summary.ts';
import { send, tell, type TellDeps } from './tell.ts';
import { versionOf } from './version.ts';

export interface SweepDeps extends TellDeps {
  readonly copies: CopyDeps;
  readonly digest: DigestDeps;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: MetricsWriter;
  /** Where no new item is begun, ms of a run. */
  readonly budgetMs?: number;
}

export interface Swept {
  /** Items that were looked at. */
  readonly due: number;
  readonly alerts: number;
  readonly findings: number;
  readonly summaries: number;
  readonly changes: number;
  readonly digests: number;
  readonly copies: number;
  readonly copiesFailed: number;
  readonly failed: number;
}

type Counts = { -readonly [Name in keyof Swept]: number };

const BUDGET_MS = 45_000;

/** @throws Error at the end where some of it could not be done: the others are, and the next run does the rest. */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const { claims, bank, log, metrics, now, budgetMs = BUDGET_MS } = deps;
  const counts: Counts = { due: 0, alerts: 0, findings: 0, summaries: 0, changes: 0, digests: 0, copies: 0, copiesFailed: 0, failed: 0 };
  const started = Date.now();
  let last: unknown;
  await guarded(async () => void (counts.digests += await sendDigest(deps.digest, deps)));
  for await (const id of dueItems(claims, now())) {
    if (Date.now() - started > budgetMs) break;
    counts.due++;
    await guarded(() => sweepItem(id, deps, counts));
  }
  if (counts.due + counts.digests + counts.failed > 0) {
    const { alerts: Alerts, findings: Findings, summaries: AlertSummaries, copiesFailed: AlertCopiesFailed } = counts;
    emit(metrics, { bank: bank.bank, source: 'strongroom' }, { Alerts, Findings, AlertSummaries, AlertCopiesFailed });
  }
  if (counts.failed > 0) throw new Error(`${counts.failed} of ${counts.due} alerts that were due failed`, { cause: last });
  return counts;

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Who tells it now will have told it, or it is due again.
      if (error instanceof RetryableError) return;
      last = error;
      counts.failed++;
      log.error('an alert that is due failed', errorFields(error));
    }
  }
}

async function sweepItem(id: string, deps: SweepDeps, counts: Counts): Promise<void> {
  if (id.startsWith(EPISODE_PREFIX)) await sweepEpisode(id, deps, counts);
  else if (id.startsWith(STORM_PREFIX)) await sweepStorm(id, deps, counts);
  else if (id.startsWith(CHANGE_PREFIX)) await sweepChange(id, deps, counts);
  else if (id !== DIGEST_ID) deps.log.warn('an item of the alerts table is due that is none of ours', { id: id.slice(0, 100) });
}

async function sweepEpisode(id: string, deps: SweepDeps, counts: Counts): Promise<void> {
  const held = await readHeld(deps, id);
  if (held === undefined) return;
  await step(held, deps, counts);
}

/** What is due of one finding: first what was begun, then the end of its window, then the copies. */
async function step(held: Held, deps: SweepDeps, counts: Counts): Promise<void> {
  const now = deps.now();
  const { episode } = held;
  if ((dueOf(episode) ?? Infinity) > now) return;
  if (episode.pending !== undefined) {
    await told(held, deps, counts);
    const next = await readHeld(deps, held.stored.id);
    if (next !== undefined && next.episode.pending === undefined) await step(next, deps, counts);
  } else if (episode.windowEnd !== undefined && episode.windowEnd <= now) {
    const next = await decide(held, (before) => afterWindow(before, { now, windowMs: alertSettings(deps.bank).windowMs }), deps);
    if (next?.episode.pending !== undefined) await told(next, deps, counts);
  } else {
    const { made, failed } = await makeCopies(held, deps);
    counts.copies += made;
    counts.copiesFailed += failed;
  }
}

async function told(held: Held, deps: SweepDeps, counts: Counts): Promise<void> {
  const { published, sent } = await tell(held, deps);
  if (published) counts.findings++;
  if (sent) counts.alerts++;
}

/** Writes down what is decided. @returns it as written; undefined where somebody else was faster, and nothing is due any more or again soon. */
async function decide(held: Held, decision: (before: Episode) => Episode, deps: SweepDeps): Promise<Held | undefined> {
  const now = deps.now();
  const { id } = held.stored;
  const item = await readItems(deps.claims, [id, snapshotId(id), ...stormItems(held.episode.rule, now)], now);
  const before = episodeOf(item(id));
  if (before === undefined || item(id).version !== held.stored.version) return undefined;
  const { episode, writes } = capped(decision(before), item, { bank: deps.bank, now });
  const snapshot = episode.pending === undefined ? held.snapshot : { ...held.snapshot, finding: versionOf(held.snapshot.finding, episode) };
  const isWritten = await writeItems(deps.claims, [
    episodeWrite(item(id), episode, deps),
    ...writes,
    ...(episode.pending === undefined ? [] : [snapshotWrite(item(snapshotId(id)), snapshot, deps)]),
  ]);
  return isWritten ? { stored: { ...item(id), version: item(id).version + 1 }, episode, snapshot } : undefined;
}

async function sweepStorm(id: string, deps: SweepDeps, counts: Counts): Promise<void> {
  const { claims, now } = deps;
  const stored = (await readItems(claims, [id], now()))(id);
  const { content: storm } = stored;
  if (!isStorm(storm) || storm.isTold || storm.held === 0) return;
  await send(summaryOf(storm, deps), deps);
  // Where a worker comes in between, the summary is sent once more, with what it added.
  await writeItems(claims, [stormWrite(stored, { ...storm, isTold: true })]);
  counts.summaries++;
}

async function sweepChange(id: string, deps: SweepDeps, counts: Counts): Promise<void> {
  const { claims, now } = deps;
  const request = (await readItems(claims, [id], now()))(id);
  if (request.content === undefined || outcomeOf(request) !== undefined) return;
  const change = changeOf(request);
  const finding = change?.finding;
  const outcome = await untilWritten(`finding ${finding ?? ''}`, async () => {
    const held = finding === undefined ? undefined : await readHeld(deps, finding);
    if (change === undefined || held === undefined) return 'refused: there is no such finding';
    if (held.episode.pending !== undefined) {
      await told(held, deps, counts);
      return undefined;
    }
    const after = changed(held.episode, change, now());
    if (after === undefined) return `it was ${change.status} already`;
    const next = await decide(held, () => after, deps);
    if (next === undefined) return undefined;
    counts.changes++;
    await told(next, deps, counts);
    return change.status;
  });
  await writeItems(claims, [changeDone(request, outcome)]);
}

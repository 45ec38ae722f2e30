// Messages of the replay queue: each is one chunk of a replay that `strongroom replay` has planned and recorded.
import type { SQSRecord } from 'aws-lambda';
import { MisconfiguredError } from '../../shared/errors.ts';
import type { Counts, Origin } from '../../shared/model.ts';
import type { Log } from '../../shared/observe/log.ts';
import { emitReplayed, type MetricsWriter } from '../../shared/observe/metrics.ts';
import type { Sensitive } from '../../shared/redact/sensitive.ts';
import type { ReplayDeps } from '../../shared/replay/chunk.ts';
import { readMessage, type ReplayMessage } from '../../shared/replay/message.ts';
import { createPace } from '../../shared/replay/pace.ts';
import { WORKERS } from '../../shared/replay/plan.ts';
import { failureNoted, runChunk } from '../../shared/replay/run.ts';
import { scopeOf } from '../../shared/replay/select.ts';
import { readDone, readPlan, type ChunkDone } from '../../shared/replay/store.ts';
import { recordedAccess } from '../../shared/seal/access.ts';
import type { OpenVault } from '../../shared/seal/evidence.ts';

export interface ReplayFunctionDeps extends Omit<ReplayDeps, 'vault' | 'sensitive' | 'onReplayed'> {
  readonly vault: Omit<OpenVault, 'access'>;
  readonly sensitive: () => Promise<Sensitive | undefined>;
  readonly log: Pick<Log, 'info' | 'error'>;
  readonly metrics: MetricsWriter;
}

type Message = Pick<SQSRecord, 'body'> & { readonly attributes: Pick<SQSRecord['attributes'], 'ApproximateReceiveCount'> };

/** @throws where the chunk is to be done again; what went wrong is written beside the plan, for whoever follows the replay. */
export async function replayMessage({ body, attributes }: Message, deps: ReplayFunctionDeps): Promise<void> {
  const message = readMessage(body);
  if (message === undefined)
    throw new MisconfiguredError('replay queue: a message names no chunk of a replay; see who may send to the queue');
  const { replay, chunk } = message;
  if ((await readDone(deps.parked, replay, chunk)) !== undefined) {
    deps.log.info('chunk was done before', { replay, chunk });
    return;
  }
  const started = Date.now();
  const sums = createSums();
  const attempt = Number(attributes.ApproximateReceiveCount);
  const done = await failureNoted(deps.parked, message, attempt, () =>
    runMessage(message, deps, (origin, counts) => sums.add(origin, counts)),
  );
  for (const { where, counts } of sums.all()) emitReplayed(deps.metrics, where, counts);
  report({ ...message, ms: Date.now() - started }, done, deps.log);
}

async function runMessage(
  { replay, chunk, access: statement }: ReplayMessage,
  deps: ReplayFunctionDeps,
  onReplayed: ReplayDeps['onReplayed'],
): Promise<ChunkDone> {
  const plan = await readPlan(deps.parked, replay);
  const access = await recordedAccess(deps.vault, statement, { purpose: 'replay', scope: scopeOf(replay, plan.selection) });
  const pace = createPace(plan.rate / Math.min(WORKERS, plan.chunks));
  const sensitive = await deps.sensitive();
  return await runChunk({ plan, chunk, pace }, { ...deps, sensitive, vault: { ...deps.vault, access }, onReplayed });
}

interface Sum {
  readonly where: { readonly bank: string; readonly source: string };
  readonly counts: { Records: number; Events: number; Excluded: number; Parked: number };
}

/** A chunk may be of several sources, and counts when it is done. */
function createSums() {
  const sums = new Map<string, Sum>();
  return {
    add({ bank, source }: Origin, { records, events, excluded, parked }: Counts): void {
      const sum = sums.get(source) ?? { where: { bank, source }, counts: { Records: 0, Events: 0, Excluded: 0, Parked: 0 } };
      sum.counts.Records += records;
      sum.counts.Events += events;
      sum.counts.Excluded += excluded;
      sum.counts.Parked += parked;
      sums.set(source, sum);
    },
    all: () => sums.values(),
  };
}

function report(about: ReplayMessage & { readonly ms: number }, { problems, ...counts }: ChunkDone, log: ReplayFunctionDeps['log']): void {
  log.info('chunk replayed', { ...about, ...counts });
  for (const problem of problems) log.error('evidence refused', { replay: about.replay, ...problem });
}

// `strongroom replay`: history out of the vault, through the mappers and rules of today. First the plan, then the work: one message per chunk
// to the function, or in this process with --local. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
import type { Writable } from 'node:stream';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { kinesisClient, s3Client, sqsClient } from '../../shared/deps.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import type { ParkedStore } from '../../shared/park/parked.ts';
import { sensitiveOf } from '../../shared/redact/pseudonyms.ts';
import { evidenceLeaves } from '../../shared/replay/leaves.ts';
import type { ReplayMessage } from '../../shared/replay/message.ts';
import { createPace } from '../../shared/replay/pace.ts';
import { planReplay, type Planned } from '../../shared/replay/plan.ts';
import { failureNoted, runChunk } from '../../shared/replay/run.ts';
import { ALL_SOURCES, scopeOf } from '../../shared/replay/select.ts';
import { listChunks, newReplayId, putManifest, putPlan, readPlan, type ReplayPlan } from '../../shared/replay/store.ts';
import { checkedReason } from '../../shared/seal/access.ts';
import type { OpenVault } from '../../shared/seal/evidence.ts';
import { output } from '../deployed.ts';
import { faultsOf, followReplay, outcomeReader, type Outcome } from '../replay/outcome.ts';
import { readRate, replayRequest, type ReplayRequest, type RequestOptions } from '../replay/request.ts';
import { bankVault, openVault, type BankVault } from '../vault.ts';

export interface ReplayOptions extends RequestOptions {
  readonly bank: string;
  /** Why: recorded before anything is opened. */
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** Id of a replay whose chunks are not all done. */
  readonly resume?: string | undefined;
  /** In this process rather than by the function. */
  readonly local?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** SQS takes no more at once. */
const MESSAGES = 10;

/** @returns the exit code: 1 if not all of the plan was replayed. */
export async function replayCommand(options: ReplayOptions, out: Writable = process.stdout): Promise<number> {
  const { resume, dryRun, reason } = options;
  if (dryRun !== true) checkedReason(reason);
  const found = await bankVault(options.bank);
  const parked = { s3: s3Client(found.environment), bucket: output(found.outputs, 'ParkedBucket') };
  const printer = printerOf(options, out);
  if (resume !== undefined) return await work({ found, parked, plan: await planToResume(parked, resume, options), printer }, options);
  const request = replayRequest(options, found.bank);
  const planned = await plannedReplay(found, request, options);
  try {
    const plan = planOf(found.bank.bank, request, planned);
    printer.plan(plan, planned);
    if (dryRun === true || plan.chunks === 0) return 0;
    let chunk = 0;
    for await (const manifest of planned.manifests) await putManifest(parked, plan.mark.id, chunk++, manifest);
    // Last: a replay that has a plan has all of its manifests.
    await putPlan(parked, plan);
    return await work({ found, parked, plan, printer }, options);
  } finally {
    await planned.dispose();
  }
}

async function planToResume(parked: ParkedStore, id: string, options: ReplayOptions): Promise<ReplayPlan> {
  const superfluous = (['source', 'from', 'to', 'account', 'alerts', 'dryRun'] as const).filter((name) => options[name] !== undefined);
  if (superfluous.length > 0)
    throw new MisconfiguredError(`--resume goes on as planned and takes no ${superfluous.map((name) => `--${name}`).join(', ')}`);
  const plan = await readPlan(parked, id);
  if (plan.bank !== options.bank) throw new MisconfiguredError(`replay ${id} is of bank ${plan.bank}, not of ${options.bank}`);
  const rate = options.rate === undefined ? plan.rate : readRate(options.rate);
  if (rate === plan.rate) return plan;
  if (rate < plan.rate) throw new MisconfiguredError(`--rate must not be below ${plan.rate}: chunks were made to be done in time at that`);
  await putPlan(parked, { ...plan, rate });
  return { ...plan, rate };
}

async function plannedReplay({ bank, vault }: BankVault, { selection, rate }: ReplayRequest, { local }: ReplayOptions): Promise<Planned> {
  // Evidence that nobody claimed may be the source's by now.
  const leaves = evidenceLeaves(s3LogStore(vault), `${bank.bank}/`);
  return await planReplay(leaves, { selection, bank, rate, isLocal: local === true });
}

function planOf(bank: string, { selection, target, alerts, rate }: ReplayRequest, { chunks, totals }: Planned): ReplayPlan {
  return { format: 1, bank, mark: { id: newReplayId(Date.now()), to: target, alerts }, selection, chunks, totals, rate };
}

interface Work {
  readonly found: BankVault;
  readonly parked: ParkedStore;
  readonly plan: ReplayPlan;
  readonly printer: Printer;
}

async function work({ found, parked, plan, printer }: Work, { reason, local }: ReplayOptions): Promise<number> {
  const { id } = plan.mark;
  const vault = await openVault(found, { reason, purpose: 'replay', scope: scopeOf(id, plan.selection) });
  const done = await listChunks(parked, id, 'done');
  const open = Array.from({ length: plan.chunks }, (_, chunk) => chunk).filter((chunk) => !done.has(chunk));
  const read = outcomeReader(parked, plan, vault.access.statement);
  const onProgress = (outcome: Outcome): void => printer.progress(plan, outcome);
  if (local !== true) await send(found, { replay: id, access: vault.access.statement }, open);
  const run = { found, parked, plan, vault, afterEach: async () => onProgress(await read()) };
  const outcome = local === true ? await runLocally(run, open).then(read) : await followReplay(read, { onProgress });
  const faults = faultsOf(outcome, plan);
  printer.outcome(plan, outcome, faults);
  return faults.length === 0 ? 0 : 1;
}

async function send({ environment, outputs }: BankVault, message: Omit<ReplayMessage, 'chunk'>, chunks: readonly number[]): Promise<void> {
  const sqs = sqsClient(environment);
  const QueueUrl = output(outputs, 'ReplayQueueUrl');
  try {
    for (let at = 0; at < chunks.length; at += MESSAGES) {
      const Entries = chunks.slice(at, at + MESSAGES).map((chunk) => ({
        Id: String(chunk),
        MessageBody: JSON.stringify({ ...message, chunk } satisfies ReplayMessage),
      }));
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (Failed.length > 0)
        throw new Error(`the replay queue refused ${Failed.length} messages (${Failed[0]?.Code ?? ''}): resume ${message.replay} later`);
    }
  } finally {
    sqs.destroy();
  }
}

interface LocalRun extends Omit<Work, 'printer'> {
  readonly vault: OpenVault;
  readonly afterEach: () => Promise<void>;
}

async function runLocally({ found, parked, plan, vault, afterEach }: LocalRun, chunks: readonly number[]): Promise<void> {
  const { bank, environment, outputs, kms, keys } = found;
  const deps = {
    bank,
    vault,
    parked,
    sensitive: await sensitiveOf(bank, { kms, keys, keyArn: () => output(outputs, 'PseudonymKeyArn') }),
    hub: { kinesis: kinesisClient(environment), stream: output(outputs, 'HubStream') },
  };
  const pace = createPace(plan.rate);
  for (const chunk of chunks) {
    const message = { replay: plan.mark.id, chunk, access: vault.access.statement };
    // What failed is noted, and told with the rest.
    await failureNoted(parked, message, 1, () => runChunk({ plan, chunk, pace }, deps)).catch(() => undefined);
    await afterEach();
  }
}

interface Printer {
  plan(plan: ReplayPlan, planned: Planned): void;
  progress(plan: ReplayPlan, outcome: Outcome): void;
  outcome(plan: ReplayPlan, outcome: Outcome, faults: readonly string[]): void;
}

function printerOf({ json, dryRun }: ReplayOptions, out: Writable): Printer {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const print = (line: string): void => void out.write(`${line}\n`);
  return {
    plan(plan, { unclaimed, latest }) {
      const { mark, selection, totals, chunks, rate } = plan;
      const { source, from, to, accounts } = selection;
      const seconds = Math.ceil(totals.records / rate);
      if (json === true) {
        if (dryRun === true || chunks === 0) print(JSON.stringify({ ...plan, unclaimed, latest: isoTime(latest), seconds }));
        return;
      }
      const whose = accounts.length === 0 ? '' : ` of ${accounts.join(', ')}`;
      print(`${source}${whose}, events from ${isoTime(from)} to ${isoTime(to)}, to ${mark.to}${mark.alerts ? ', with alerts' : ''}`);
      print(`${totals.objects} objects, ${totals.records} records, ${totals.bytes} bytes as delivered, in ${chunks} chunks`);
      print(`at ${rate} records/s: ${duration(seconds)} or more; the log knows of objects until ${isoTime(latest) ?? 'none yet'}`);
      if (unclaimed > 0 && source !== ALL_SOURCES)
        print(`beside them ${unclaimed} objects of the time that nobody had claimed: --source unknown replays those`);
    },
    progress({ mark, chunks, totals }, { done, failed, records }) {
      say(
        `replay ${mark.id}: ${done} of ${chunks} chunks, ${records} of ${totals.records} records${failed.length === 0 ? '' : `, ${failed.length} failed`}`,
      );
    },
    outcome({ mark, chunks }, outcome, faults) {
      if (json === true) print(JSON.stringify({ replay: mark.id, to: mark.to, alerts: mark.alerts, chunks, ...outcome, faults }));
      else print(lastLine(mark.id, outcome));
      for (const fault of faults) say(`strongroom: ${fault}`);
    },
  };
}

function lastLine(id: string, { objects, records, events, excluded, parked, erased, refused }: Outcome): string {
  const gone = erased === 0 ? '' : `, ${erased} erased`;
  const bad = refused === 0 ? '' : `, ${refused} refused`;
  return `replay ${id}: ${objects} objects${gone}${bad}; ${records} records = ${events} events + ${excluded} excluded + ${parked} parked`;
}

function isoTime<T extends number | undefined>(time: T): T extends number ? string : string | undefined;
function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

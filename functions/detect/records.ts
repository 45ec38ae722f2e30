// Hub records, one after the other, against the rules.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamRecord } from 'aws-lambda';
import { raiseAlerts, type AlertDeps, type Raised } from '../../shared/alert/alerts.ts';
import { FINDINGS_SOURCE } from '../../shared/alert/publish.ts';
import { eachRecord } from '../../shared/batches.ts';
import { detect } from '../../shared/detect/detect.ts';
import type { Engine } from '../../shared/detect/engine.ts';
import type { Suppressions } from '../../shared/detect/suppress.ts';
import { decodeBatch, type Batch } from '../../shared/hub/batch.ts';
import type { Log } from '../../shared/observe/log.ts';
import { emit, emitReplayed, type MetricsWriter } from '../../shared/observe/metrics.ts';
import { batchName, parkHubRecord } from '../../shared/park/hub.ts';
import { parkRecords, type ParkedStore } from '../../shared/park/parked.ts';

export interface DetectDeps extends AlertDeps {
  readonly engine: Engine;
  readonly suppressions: Suppressions;
  readonly parked: ParkedStore;
  readonly log: Pick<Log, 'info' | 'error'>;
  readonly metrics: MetricsWriter;
  /** Where no new record is begun, ms of a run. */
  readonly budgetMs?: number;
}

/** Half of the function's timeout: a record full of findings takes its time, too. */
const BUDGET_MS = 60_000;

/** Stops at the first record that fails: Lambda delivers again from there, and alerts that are out are not sent again. */
export async function detectRecords(records: readonly KinesisStreamRecord[], deps: DetectDeps): Promise<KinesisStreamBatchResponse> {
  const { log, budgetMs = BUDGET_MS } = deps;
  const started = Date.now();
  return await eachRecord(
    records,
    log,
    (record) => detectRecord(record, deps),
    () => Date.now() - started > budgetMs,
  );
}

async function detectRecord(record: KinesisStreamRecord, deps: DetectDeps): Promise<void> {
  const { parked, bank, engine, suppressions, now } = deps;
  const bytes = Buffer.from(record.kinesis.data, 'base64');
  const batch = decodeBatch(bytes);
  if (batch.kind === 'reject') {
    await parkHubRecord(parked, 'detect', { ...batch.reject, bytes, bank: bank.bank, record });
    return;
  }
  // Another index for what was looked at before.
  const to = batch.value.header.replay?.to ?? 'hub';
  if (to !== 'hub' && to !== 'detect') return;
  // What we have put there ourselves: nothing is found in findings of ours, or in what people have said of those of others.
  if (batch.value.header.origin.source === FINDINGS_SOURCE) return;
  const detected = detect(batch.value, engine, { suppressions, now: now() }, bank);
  if (detected.parked.length > 0) await parkRecords(parked, detected.parked, batchName(batch.value));
  const raised = await raiseAlerts([...detected.findings, ...detected.reported], batch.value.header, deps);
  report(batch.value, { ...raised, parked: detected.parked.length }, deps);
}

function report({ header }: Batch, numbers: Raised & { readonly parked: number }, { log, metrics }: DetectDeps): void {
  const { published, alerted, repeated, parked } = numbers;
  if (published + alerted + repeated + parked === 0) return;
  const { bank, source } = header.origin;
  log.info('findings raised', { bank, source, evidence: header.evidence, replay: header.replay?.id, ...numbers });
  const write = header.replay === undefined ? emit : emitReplayed;
  write(metrics, header.origin, { Findings: published, Alerts: alerted, Parked: parked });
}

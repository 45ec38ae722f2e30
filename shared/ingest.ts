// What the ingest functions share: their dependencies, and what is said about a unit once it is in.
import { kinesisClient, kmsClient, s3Client } from './deps.ts';
import { enrichmentOf } from './enrich/enrichers.ts';
import { loadPackagedBank, readEnvironment, required, type BankConfig } from './config.ts';
import { createLog, type Log } from './observe/log.ts';
import { createMetrics, emitCounts, emitRefused } from './observe/metrics.ts';
import { ingest, type Ingested, type PipelineDeps, type Unit } from './pipeline.ts';
import { sensitiveOf } from './redact/pseudonyms.ts';
import { refusedNotes } from './residency/refused.ts';
import { createHolds } from './retention/holds.ts';
import { createPeriodKeys, KEY_MAX_AGE_MS } from './seal/period-keys.ts';
import { createSealer } from './seal/seal.ts';
import { UNREAD_LOGS } from './units.ts';

export interface IngestDeps extends PipelineDeps {
  readonly log: Log;
}

/** From the environment and the packaged bank file. @throws MisconfiguredError naming what is not set. */
export function ingestDeps(): IngestDeps {
  const environment = readEnvironment();
  const bank: BankConfig = loadPackagedBank();
  const metrics = createMetrics();
  const kms = kmsClient(environment);
  const s3 = s3Client(environment);
  const vaultBucket = required('vaultBucket', environment);
  const keyArn = required('evidenceKeyArn', environment);
  const keys = createPeriodKeys({ s3, kms, keyArn, bucket: required('periodKeysBucket', environment), bank: bank.bank });
  const parkedBucket = required('parkedBucket', environment);
  const log = createLog();
  return {
    bank,
    enrichment: enrichmentOf({ bank, s3, bucket: environment.referenceBucket, log, metrics }),
    sensitive: forAWhile(() => sensitiveOf(bank, { kms, keys, keyArn: () => required('pseudonymKeyArn', environment) })),
    s3,
    sealer: createSealer({ keys }),
    holds: createHolds({ s3, bucket: vaultBucket }),
    vaultBucket,
    parkedBucket,
    hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
    log,
    onSealed(origin, counts, { residency = 0 }) {
      emitCounts(metrics, origin, counts);
      if (residency > 0) emitRefused(metrics, origin, residency);
    },
    onRefused: refusedNotes({ s3, bucket: parkedBucket }),
  };
}

/** The work is done once in as long as a key may be remembered; where it fails, the next call tries again. */
export function forAWhile<T>(work: () => Promise<T>): () => Promise<T> {
  let done: { readonly result: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (done !== undefined && done.until > Date.now()) return done.result;
    const begun = { result: work(), until: Date.now() + KEY_MAX_AGE_MS };
    done = begun;
    begun.result.catch(() => {
      if (done === begun) done = undefined;
    });
    return begun.result;
  };
}

/** Ingests one unit and says so in one log line. */
export async function ingestAndReport(unit: Unit, deps: IngestDeps): Promise<Ingested> {
  const started = Date.now();
  const done = await ingest(unit, deps);
  const { origin } = unit;
  // What the functions log about their own logs would be the next batch of them.
  const level = origin.source === UNREAD_LOGS ? 'debug' : 'info';
  deps.log[level]('unit ingested', {
    bank: origin.bank,
    source: origin.source,
    account: origin.account,
    region: origin.region,
    uri: origin.uri,
    evidence: done.evidence,
    redelivery: !done.fresh,
    bytes: done.bytes,
    ...done.counts,
    excluded_by: done.summary.excludedBy,
    would_exclude: done.wouldExclude,
    parked_by: done.summary.parkedBy,
    ms: Date.now() - started,
  });
  return done;
}

// What the ingest functions share: their dependencies, and what is said about a unit once it is in.
import { kinesisClient, kmsClient, s3Client } from './deps.ts';
import { loadPackagedBank, readEnvironment, required, type BankConfig } from './config.ts';
import { createLog, type Log } from './observe/log.ts';
import { createMetrics, emitCounts } from './observe/metrics.ts';
import { ingest, type Ingested, type PipelineDeps, type Unit } from './pipeline.ts';
import { sensitiveOf } from './redact/pseudonyms.ts';
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
  return {
    bank,
    sensitive: onceItSucceeds(() => sensitiveOf(bank, kms, () => required('pseudonymKeyArn', environment))),
    s3: s3Client(environment),
    sealer: createSealer({ keyArn: required('evidenceKeyArn', environment), kms }),
    vaultBucket: required('vaultBucket', environment),
    parkedBucket: required('parkedBucket', environment),
    hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
    log: createLog(),
    onSealed: (origin, counts) => emitCounts(metrics, origin, counts),
  };
}

/** The work is done once; where it fails, the next call tries again. */
function onceItSucceeds<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
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

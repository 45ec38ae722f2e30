// Replay queue (SQS) → here → hub: history out of the vault, through today's mappers and rules.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batch responses)
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { eachMessage } from '../../shared/batches.ts';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { kinesisClient, kmsClient, s3Client } from '../../shared/deps.ts';
import { enrichmentOf } from '../../shared/enrich/enrichers.ts';
import { forAWhile } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { sensitiveOf } from '../../shared/redact/pseudonyms.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';
import { replayMessage, type ReplayFunctionDeps } from './messages.ts';

const environment = readEnvironment();
const log = createLog();
const bank = loadPackagedBank();
const s3 = s3Client(environment);
const kms = kmsClient(environment);
const keyArn = required('evidenceKeyArn', environment);
const keys = createPeriodKeys({ s3, kms, keyArn, bucket: required('periodKeysBucket', environment), bank: bank.bank });
const metrics = createMetrics();
const deps: ReplayFunctionDeps = {
  bank,
  enrichment: enrichmentOf({ bank, s3, bucket: environment.referenceBucket, log, metrics }),
  sensitive: forAWhile(() => sensitiveOf(bank, { kms, keys, keyArn: () => required('pseudonymKeyArn', environment) })),
  vault: { s3, bucket: required('vaultBucket', environment), opener: createOpener({ keys }) },
  parked: { s3, bucket: required('parkedBucket', environment) },
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  log,
  metrics,
};

export const handler = observed<SQSEvent, SQSBatchResponse>(
  log,
  (event) => eachMessage(event.Records, log, (message) => replayMessage(message, deps)),
  { Records: [] },
);

// Hub stream (Kinesis) → here → OpenSearch. Each document ends as created, duplicate or parked; what OpenSearch cannot take for now
// stays in the stream. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { eachRecord } from '../../shared/batches.ts';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { s3Client } from '../../shared/deps.ts';
import { decodeBatch, type Batch } from '../../shared/hub/batch.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics, emit, emitReplayed } from '../../shared/observe/metrics.ts';
import type { BulkResult } from '../../shared/opensearch/bulk.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';
import { indexDocuments } from '../../shared/opensearch/late.ts';
import { assertProvisioned } from '../../shared/opensearch/provision.ts';
import { parkHubRecord, parkRefused } from '../../shared/park/hub.ts';

const environment = readEnvironment();
const log = createLog();
const metrics = createMetrics();
const client = openSearchClient(required('opensearchUrl', environment), environment.region);
const parked = { s3: s3Client(environment), bucket: required('parkedBucket', environment) };
const { bank } = loadPackagedBank();
let provisioned = false;

export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(
  log,
  (event) => eachRecord(event.Records, log, indexRecord),
  { Records: [] },
);

async function indexRecord(record: KinesisStreamRecord): Promise<void> {
  if (!provisioned) await assertProvisioned(client);
  provisioned = true;
  const bytes = Buffer.from(record.kinesis.data, 'base64');
  const batch = decodeBatch(bytes);
  if (batch.kind === 'reject') {
    await parkHubRecord(parked, 'index', { ...batch.reject, bytes, bank, record });
    return;
  }
  if (batch.value.header.replay?.to === 'detect') return;
  const result = await indexDocuments(batch.value.documents, client);
  await parkRefused(parked, batch.value, result.refused);
  report(batch.value, result);
}

function report({ header }: Batch, { created, duplicate, refused }: BulkResult): void {
  const numbers = { created, duplicate, refused: refused.length };
  const { bank: name, source } = header.origin;
  log.info('batch indexed', {
    bank: name,
    source,
    evidence: header.evidence,
    replay: header.replay?.id,
    events: header.events,
    ...numbers,
  });
  const write = header.replay === undefined ? emit : emitReplayed;
  write(metrics, header.origin, { Indexed: created, Duplicate: duplicate, Parked: refused.length });
}

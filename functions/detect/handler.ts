// Hub stream (Kinesis) → here → findings into the hub, alerts to SNS. A document that cannot be looked at is parked; what AWS cannot take
// for now stays in the stream. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { raiseAlerts, type AlertDeps, type Raised } from '../../shared/alert/alerts.ts';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kinesisClient, s3Client, snsClient } from '../../shared/deps.ts';
import { detect } from '../../shared/detect/detect.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { listsOf } from '../../shared/detect/lists.ts';
import { shippedRules } from '../../shared/detect/pack.ts';
import { decodeBatch, type Batch } from '../../shared/hub/batch.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog, errorFields } from '../../shared/observe/log.ts';
import { createMetrics, emit } from '../../shared/observe/metrics.ts';
import { parkHubRecord } from '../../shared/park/hub.ts';
import { parkRecords } from '../../shared/park/parked.ts';

const environment = readEnvironment();
const log = createLog();
const metrics = createMetrics();
const bank = loadPackagedBank();
const engine = createEngine(shippedRules(), listsOf(bank.alerts));
const parked = { s3: s3Client(environment), bucket: required('parkedBucket', environment) };
const deps: AlertDeps = {
  bank,
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  now: Date.now,
};

export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(log, async (event) => {
  for (const record of event.Records) {
    try {
      await detectRecord(record);
    } catch (error) {
      const { sequenceNumber } = record.kinesis;
      log.error('hub record not looked at, it will be delivered again', { sequence: sequenceNumber, ...errorFields(error) });
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
});

async function detectRecord(record: KinesisStreamRecord): Promise<void> {
  const bytes = Buffer.from(record.kinesis.data, 'base64');
  const batch = decodeBatch(bytes);
  if (batch.kind === 'reject') {
    await parkHubRecord(parked, 'detect', { ...batch.reject, bytes, bank: bank.bank, record });
    return;
  }
  const detected = detect(batch.value, engine);
  if (detected.parked.length > 0) await parkRecords(parked, detected.parked, record.kinesis.sequenceNumber);
  const raised = await raiseAlerts([...detected.findings, ...detected.reported], batch.value.header, deps);
  report(batch.value, raised, detected.parked.length);
}

function report({ header }: Batch, raised: Raised, refused: number): void {
  if (raised.published + raised.alerted + raised.repeated + refused === 0) return;
  const { source } = header.origin;
  log.info('findings raised', { bank: bank.bank, source, evidence: header.evidence, ...raised, parked: refused });
  emit(metrics, header.origin, { Findings: raised.published, Alerts: raised.alerted, Parked: refused });
}

// Hub stream (Kinesis) → here → findings into the hub, alerts to SNS. A document that cannot be looked at is parked; what AWS cannot take
// for now stays in the stream. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kinesisClient, s3Client, snsClient } from '../../shared/deps.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { rulesOf } from '../../shared/detect/tuning.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { detectRecords, type DetectDeps } from './records.ts';

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const evidence = {
  keys: [required('evidenceKeyArn', environment)],
  roles: required('evidenceRoles', environment).split(','),
  buckets: [required('vaultBucket', environment), required('periodKeysBucket', environment)],
};
const rules = rulesOf(bank, evidence);
const deps: DetectDeps = {
  bank,
  engine: createEngine(rules.stream, rules.lists),
  suppressions: rules.suppressions,
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  parked: { s3: s3Client(environment), bucket: required('parkedBucket', environment) },
  log,
  metrics: createMetrics(),
  now: Date.now,
};

export const handler = observed<KinesisStreamEvent, KinesisStreamBatchResponse>(log, (event) => detectRecords(event.Records, deps), {
  Records: [],
});

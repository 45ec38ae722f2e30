// EventBridge schedule → here: leaves of the transparency log → findings into the hub, alerts to SNS.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { cloudTrailClient, dynamoClient, kinesisClient, kmsClient, s3Client, snsClient } from '../../shared/deps.ts';
import { vaultArchive } from '../../shared/complete/archive.ts';
import { createKeyRing } from '../../shared/complete/key-ring.ts';
import { watchOnce, type Watched, type WatchDeps } from '../../shared/complete/watch.ts';
import { observed } from '../../shared/middleware.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const now = Date.now;
const s3 = s3Client(environment);
const vault = { s3, bucket: required('vaultBucket', environment), retention: bank.retention };
const keys = createPeriodKeys({
  s3,
  bucket: required('periodKeysBucket', environment),
  bank: bank.bank,
  kms: kmsClient(environment),
  keyArn: required('evidenceKeyArn', environment),
});
const deps: WatchDeps = {
  bank,
  transparency: s3LogStore(vault),
  state: { s3, bucket: required('parkedBucket', environment) },
  trails: {
    archive: vaultArchive({ vault, opener: createOpener({ keys }), by: environment.functionName }),
    keys: createKeyRing({ vault, cloudTrail: (region) => cloudTrailClient({ ...environment, region }), log, now }),
  },
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: vault.bucket,
  log,
  metrics: createMetrics(),
  now,
};

export const handler = observed<unknown, Watched>(log, async () => {
  const watched = await watchOnce(deps);
  log.info('watched', { ...watched });
  return watched;
});

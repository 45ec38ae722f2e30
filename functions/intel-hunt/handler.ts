// EventBridge schedule → here: new indicators against OpenSearch → findings into the hub, alerts to SNS.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kinesisClient, s3Client, snsClient } from '../../shared/deps.ts';
import { huntOnce, type HuntDeps, type Hunted } from '../../shared/intel/hunt.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';

const environment = readEnvironment();
const log = createLog();
const deps: HuntDeps = {
  bank: loadPackagedBank(),
  store: { s3: s3Client(environment), bucket: required('referenceBucket', environment) },
  client: openSearchClient(required('opensearchUrl', environment), environment.region),
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  log,
  metrics: createMetrics(),
  now: Date.now,
};

export const handler = observed<unknown, Hunted>(log, async () => {
  const hunted = await huntOnce(deps);
  if (hunted.fresh > 0) log.info('retro-hunt', { ...hunted });
  return hunted;
});

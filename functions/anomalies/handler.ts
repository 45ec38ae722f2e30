// EventBridge schedule → here: OpenSearch's counts of the last hour against what is usual → findings into the hub, alerts to SNS.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { runAnomalies, type AnomalyDeps, type AnomalyRun } from '../../shared/anomalies/run.ts';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kinesisClient, snsClient } from '../../shared/deps.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';

const environment = readEnvironment();
const log = createLog();
const deps: AnomalyDeps = {
  bank: loadPackagedBank(),
  client: openSearchClient(required('opensearchUrl', environment), environment.region),
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  log,
  now: Date.now,
  // The function has 14 minutes; hours under way take a few at most.
  budgetMs: 9 * 60_000,
};

export const handler = observed<unknown, AnomalyRun>(log, async () => {
  const run = await runAnomalies(deps);
  log.info('anomalies', { ...run });
  return run;
});

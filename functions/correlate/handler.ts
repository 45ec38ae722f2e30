// EventBridge schedule → here: what has come into OpenSearch → windows of correlations → findings into the hub, alerts to SNS.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { correlationRules } from '../../shared/correlate/family.ts';
import { correlateOnce, type CorrelateDeps, type Correlated } from '../../shared/correlate/run.ts';
import { dynamoClient, kinesisClient, snsClient } from '../../shared/deps.ts';
import { rulesOf } from '../../shared/detect/tuning.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { openSearchClient } from '../../shared/opensearch/client.ts';

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const rules = rulesOf(bank);
const deps: CorrelateDeps = {
  bank,
  client: openSearchClient(required('opensearchUrl', environment), environment.region),
  rules: correlationRules(rules.correlations, rules.lists),
  lists: rules.lists,
  suppressions: rules.suppressions,
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  log,
  metrics: createMetrics(),
  now: Date.now,
  // The function has five minutes; a part under way takes two at most.
  budgetMs: 2 * 60_000,
};

export const handler = observed<unknown, Correlated>(log, async () => {
  const correlated = await correlateOnce(deps);
  log.info('correlated all', { ...correlated });
  return correlated;
});

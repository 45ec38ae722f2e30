// EventBridge schedule → here: resources of the bank's accounts that log nothing → logging switched on, findings into the hub, alerts to SNS.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { coverOnce, type CoverageDeps, type Covered } from '../../shared/coverage/coverage.ts';
import { entrance, membersOf } from '../../shared/coverage/enter.ts';
import { dynamoClient, kinesisClient, organizationsClient, s3Client, snsClient, stsClient } from '../../shared/deps.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const organizations = organizationsClient(environment);
const deps: CoverageDeps = {
  bank,
  state: { s3: s3Client(environment), bucket: required('parkedBucket', environment) },
  enter: entrance(bank, stsClient(environment), environment.functionName),
  members: () => membersOf(organizations),
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  log,
  metrics: createMetrics(),
  now: Date.now,
};

export const handler = observed<unknown, Covered>(log, async () => {
  const covered = await coverOnce(deps);
  log.info('looked', { ...covered });
  return covered;
});

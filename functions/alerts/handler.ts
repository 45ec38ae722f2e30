// EventBridge schedule → here: what is due in the table of alerts → hub, SNS, copies. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { isDigestNumbers, type DigestNumbers, type DigestRange } from '../../shared/alert/digest-numbers.ts';
import { sweep, type SweepDeps, type Swept } from '../../shared/alert/sweep.ts';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, eventBridgeClient, kinesisClient, lambdaClient, securityHubClient, snsClient } from '../../shared/deps.ts';
import { RetryableError } from '../../shared/errors.ts';
import { observed } from '../../shared/middleware.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { homeOf } from '../../shared/organization/config.ts';
import { parseJson } from '../../shared/outcome.ts';
import { findingsBus } from '../../shared/provider/provider.ts';

/** The digest may take as long as an aggregation over a week of findings. */
const DIGEST_SECONDS = 60;

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const lambda = lambdaClient(environment, DIGEST_SECONDS);
const deps: SweepDeps = {
  bank,
  claims: { dynamo: dynamoClient(environment), table: required('alertTable', environment) },
  sns: snsClient(environment),
  topicArn: required('alertTopicArn', environment),
  hub: { kinesis: kinesisClient(environment), stream: required('hubStream', environment) },
  vaultBucket: required('vaultBucket', environment),
  copies: {
    events: eventBridgeClient(environment),
    provider: eventBridgeClient({ ...environment, region: findingsBus(bank)?.region ?? environment.region }),
    home: eventBridgeClient({ ...environment, region: homeOf(bank) }),
    securityHub: securityHubClient(environment),
  },
  digest: { numbers },
  log,
  metrics: createMetrics(),
  now: Date.now,
};

/** Asked of a function of its own: OpenSearch may be in a VPC, from which nothing else here could be reached. */
async function numbers(range: DigestRange): Promise<DigestNumbers> {
  const FunctionName = required('digestFunction', environment);
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(range) }));
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  const found = parseJson(text);
  if (answer.FunctionError === undefined && isDigestNumbers(found)) return found;
  throw new RetryableError(`${FunctionName}: ${text.slice(0, 200)}`);
}

export const handler = observed<unknown, Swept>(log, async () => {
  const swept = await sweep(deps);
  if (swept.due + swept.digests > 0) log.info('alerts swept', { ...swept });
  return swept;
});

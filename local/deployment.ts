// The whole of Strongroom on this machine: the platform, the security stack and the workload stacks deployed to it with the same
// `serverless deploy` that a bank uses, and the Lambda host running what was deployed.
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { join } from 'node:path';
import { bankNamed } from '../cli/bank.ts';
import { stackOutputs, type Outputs } from '../cli/deployed.ts';
import type { BankConfig } from '../shared/config.ts';
import { isLocal } from '../shared/kafka.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';
import { accountEnvironment, closeAccount, openAccount, type Account } from './accounts.ts';
import { createTopics } from './kafka/client.ts';
import type { KafkaServer } from './kafka.ts';
import { startLambdaHost, type LambdaHost } from './lambda-host.ts';
import { BUNDLE_CACHE } from '../tools/bundle.ts';
import { cacheDirectory, projectRoot } from './paths.ts';
import { startPlatform, type Platform } from './platform.ts';
import { runCommand } from './processes.ts';
import { putSecret } from './secrets.ts';
import { linkProject } from './workspace.ts';

export interface Deployment {
  readonly platform: Platform;
  readonly host: LambdaHost;
  readonly bank: BankConfig;
  readonly security: Account;
  readonly workloads: readonly Account[];
  /** Of the security stack. */
  readonly outputs: Outputs;
  readonly search: OpenSearch;
  /** The environment in which `npx strongroom` finds this deployment. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const BANK = 'demo';

export interface DeploymentOptions {
  /** Whether the bank's local Kafka cluster is there, with its topics. */
  readonly kafka?: boolean;
  /** Whether the bank's other accounts get their stacks too; default: they do. */
  readonly workloads?: boolean;
}

/** @param log takes one line of progress. @throws MisconfiguredError saying what is missing; nothing is left running then. */
export async function startDeployment(
  log: (line: string) => void,
  { kafka = false, workloads: withWorkloads = true }: DeploymentOptions = {},
): Promise<Deployment> {
  const bank = bankNamed(BANK);
  const platform = await startPlatform({ log, kafka });
  const stops: (() => Promise<void> | void)[] = [() => platform.stop()];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
  };
  try {
    const { endpoint, opensearchUrl } = platform;
    const security = await openAccount(endpoint, bank.region, bank.security_account);
    const workloads = await Promise.all((withWorkloads ? bank.accounts : []).map(({ id }) => openAccount(endpoint, bank.region, id)));
    stops.push(() => [security, ...workloads].forEach(closeAccount));
    const host = await startLambdaHost({
      endpoint,
      accountId: security.id,
      region: bank.region,
      credentials: security.credentials,
      port: platform.lambdaHostPort,
      directory: join(platform.directory, 'lambda'),
      stackPrefix: `strongroom-${BANK}`,
      sqsRetrySeconds: 5,
      // The notary's half a minute is for a bank; here somebody waits.
      sqsWindowSeconds: 1,
      log: () => undefined,
    });
    stops.push(() => host.stop());
    if (platform.kafka !== undefined) await prepareKafka(platform.kafka, bank, security);
    await deployStacks({ bank, platform, security, workloads, log });
    await host.refresh();
    const environment = accountEnvironment(security);
    const outputs = await stackOutputs(security.cloudFormation, BANK);
    const search = openSearchClient(opensearchUrl, bank.region);
    stops.push(() => search.close());
    return { platform, host, bank, security, workloads, outputs, search, environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the bank has before Strongroom comes: topics, and in secrets of its own how to come to them. */
async function prepareKafka(server: KafkaServer, bank: BankConfig, security: Account): Promise<void> {
  const { username, password, ca } = server;
  for (const { secret_arn: user, ca_secret_arn: authority, topics } of (bank.kafka ?? []).filter(isLocal)) {
    if (user !== undefined) await putSecret(security, user, { username, password });
    if (authority !== undefined) await putSecret(security, authority, { certificate: ca });
    await createTopics(
      server,
      topics.map(({ name }) => name),
    );
  }
}

interface Stacks {
  readonly bank: BankConfig;
  readonly platform: Platform;
  readonly security: Account;
  readonly workloads: readonly Account[];
  readonly log: (line: string) => void;
}

async function deployStacks({ bank, platform, security, workloads, log }: Stacks): Promise<void> {
  log('deploying the security stack');
  const workspace = linkProject(projectRoot(), join(platform.directory, 'project'));
  const kafka = platform.kafka === undefined ? [] : ['--param', `kafkaServers=${platform.kafka.servers.join(',')}`];
  await serverlessDeploy({ platform, workspace, account: security }, ['--param', `opensearchUrl=${platform.opensearchUrl}`, ...kafka]);
  for (const workload of workloads) {
    log(`deploying the workload stack of ${workload.id}`);
    // They are there before Strongroom comes.
    for (const logGroupName of bank.accounts.find(({ id }) => id === workload.id)?.log_groups ?? [])
      await workload.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await serverlessDeploy({ platform, workspace, account: workload }, ['--param', 'stack=workload', '--param', `account=${workload.id}`]);
  }
}

interface Deploy {
  readonly platform: Platform;
  /** Folder that `serverless` runs in. */
  readonly workspace: string;
  readonly account: Account;
}

async function serverlessDeploy({ platform, workspace, account }: Deploy, params: readonly string[]): Promise<void> {
  const name = `serverless deploy in ${account.id}`;
  await runCommand({
    name,
    command: join(projectRoot(), 'node_modules', '.bin', 'serverless'),
    args: ['deploy', '--param', `bank=${BANK}`, ...params],
    cwd: workspace,
    env: {
      ...accountEnvironment(account),
      [BUNDLE_CACHE]: join(cacheDirectory(), 'bundles'),
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_AWS_MONITORING_FREQUENCY: '500',
    },
    log: join(platform.directory, 'logs', `deploy-${account.id}.log`),
  });
}

// The whole of Strongroom on this machine: the platform, the security stack and the workload stacks deployed to it with the same
// `serverless deploy` that a bank uses, and the Lambda host running what was deployed.
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { join } from 'node:path';
import { bankNamed } from '../cli/bank.ts';
import { stackOutputs, type Outputs } from '../cli/deployed.ts';
import type { BankConfig } from '../shared/config.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';
import { accountEnvironment, closeAccount, openAccount, type Account } from './accounts.ts';
import { startLambdaHost, type LambdaHost } from './lambda-host.ts';
import { projectRoot } from './paths.ts';
import { startPlatform, type Platform } from './platform.ts';
import { runCommand } from './processes.ts';

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

/** Log groups that the workload accounts have before Strongroom comes: it subscribes to them. */
const LOG_GROUPS = ['/vpc/flow-logs', '/app/payments'];

/** @param log takes one line of progress. @throws MisconfiguredError saying what is missing; nothing is left running then. */
export async function startDeployment(log: (line: string) => void): Promise<Deployment> {
  const bank = bankNamed(BANK);
  const platform = await startPlatform({ log });
  const stops: (() => Promise<void> | void)[] = [() => platform.stop()];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
  };
  try {
    const { endpoint, opensearchUrl } = platform;
    const security = await openAccount(endpoint, bank.region, bank.security_account);
    const workloads = await Promise.all(bank.accounts.map(({ id }) => openAccount(endpoint, bank.region, id)));
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
      log: () => undefined,
    });
    stops.push(() => host.stop());
    await deployStacks({ platform, security, workloads, log });
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

interface Stacks {
  readonly platform: Platform;
  readonly security: Account;
  readonly workloads: readonly Account[];
  readonly log: (line: string) => void;
}

async function deployStacks({ platform, security, workloads, log }: Stacks): Promise<void> {
  log('deploying the security stack');
  await serverlessDeploy(platform, security, ['--param', `opensearchUrl=${platform.opensearchUrl}`]);
  for (const workload of workloads) {
    log(`deploying the workload stack of ${workload.id}`);
    for (const logGroupName of LOG_GROUPS) await workload.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await serverlessDeploy(platform, workload, ['--param', 'stack=workload', '--param', `account=${workload.id}`]);
  }
}

async function serverlessDeploy(platform: Platform, account: Account, params: readonly string[]): Promise<void> {
  const name = `serverless deploy in ${account.id}`;
  await runCommand({
    name,
    command: join(projectRoot(), 'node_modules', '.bin', 'serverless'),
    args: ['deploy', '--param', `bank=${BANK}`, ...params],
    cwd: projectRoot(),
    env: {
      ...accountEnvironment(account),
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_AWS_MONITORING_FREQUENCY: '500',
    },
    log: join(platform.directory, 'logs', `deploy-${account.id}.log`),
  });
}

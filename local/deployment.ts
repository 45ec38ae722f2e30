// The whole of Strongroom on this machine: the platform, the security stack and the workload stacks deployed to it with the same
// `serverless deploy` that a bank uses, and the Lambda host running what was deployed.
import { symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { loadBank } from '../cli/bank.ts';
import { stackOutputs, type Outputs } from '../cli/deployed.ts';
import { formatErrors } from '../cli/yaml-file.ts';
import type { BankConfig } from '../shared/config.ts';
import { MisconfiguredError } from '../shared/errors.ts';
import { isLocal } from '../shared/kafka.ts';
import { openSearchClient, type OpenSearch } from '../shared/opensearch/client.ts';
import { accountRegions, inRegion } from '../shared/organization/config.ts';
import { accountEnvironment, closeAccount, openAccount, type Account } from './accounts.ts';
import { createTopics } from './kafka/client.ts';
import type { KafkaServer } from './kafka.ts';
import { registerHost, startLambdaHost, type LambdaHost } from './lambda-host.ts';
import { BUNDLE_CACHE } from '../tools/bundle.ts';
import { openSearchDirectory, startOpenSearch } from './opensearch.ts';
import { cacheDirectory, projectRoot } from './paths.ts';
import { startPlatform, type Platform } from './platform.ts';
import { runCommand } from './processes.ts';
import { putSecret } from './secrets.ts';
import { linkProject } from './workspace.ts';

/** One region of the bank. */
export interface RegionDeployment {
  /** As the region has it. */
  readonly bank: BankConfig;
  readonly host: LambdaHost;
  readonly security: Account;
  readonly workloads: readonly Account[];
  /** Of the security stack. */
  readonly outputs: Outputs;
  readonly search: OpenSearch;
  /** The environment in which `npx strongroom` finds this deployment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The home region, and what all regions share. */
export interface Deployment extends RegionDeployment {
  readonly platform: Platform;
  /** Folder in which `npx strongroom` finds the bank's file. */
  readonly workspace: string;
  /** The further regions that were asked for, in their order. */
  readonly others: readonly RegionDeployment[];
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  /** The bank's file; left out: the demo's. */
  readonly file?: string;
  /** Further regions of the bank that are deployed, each with an OpenSearch of its own. */
  readonly regions?: readonly string[];
  /** Whether the bank's local Kafka cluster is there, with its topics. */
  readonly kafka?: boolean;
  /** Whether the bank's other accounts get their stacks too; default: they do. */
  readonly workloads?: boolean;
}

type Stops = (() => Promise<void> | void)[];

/** @param log takes one line of progress. @throws MisconfiguredError saying what is missing; nothing is left running then. */
export async function startDeployment(
  log: (line: string) => void,
  { file = join('banks', 'demo.yml'), regions = [], kafka = false, workloads = true }: DeploymentOptions = {},
): Promise<Deployment> {
  const bank = readBank(file);
  const platform = await startPlatform({ log, kafka });
  const stops: Stops = [() => platform.stop()];
  const stop = async (): Promise<void> => {
    for (const act of stops.splice(0).reverse()) await act();
  };
  try {
    const common = { file, platform, workloads, stops, log };
    // Waits for all: what one has begun, none may leave behind.
    const settled = await Promise.allSettled([bank.region, ...regions].map((region) => deployRegion(inRegion(bank, region), common)));
    const [home, ...others] = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    if (home === undefined) throw new Error('no region was deployed');
    return { ...home, platform, others, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws MisconfiguredError naming what is wrong in it. */
function readBank(file: string): BankConfig {
  const { bank, errors } = loadBank(file);
  if (bank === undefined) throw new MisconfiguredError(`the bank's file is wrong\n${formatErrors(file, errors)}`);
  return bank;
}

interface Common {
  readonly file: string;
  readonly platform: Platform;
  readonly workloads: boolean;
  readonly stops: Stops;
  readonly log: (line: string) => void;
}

/** @param bank as the region has it. */
async function deployRegion(bank: BankConfig, common: Common): Promise<RegionDeployment & { readonly workspace: string }> {
  const { platform, stops } = common;
  const isHome = bank.home === undefined || bank.home === bank.region;
  const opensearchUrl = isHome ? platform.opensearchUrl : await startSearch(bank.region, common);
  const here = bank.accounts.filter((account) => common.workloads && accountRegions(bank, account).includes(bank.region));
  const { endpoint } = platform;
  const security = await openAccount(endpoint, bank.region, bank.security_account);
  const workloads = await Promise.all(here.map(({ id }) => openAccount(endpoint, bank.region, id)));
  stops.push(() => [security, ...workloads].forEach(closeAccount));
  const host = await startHost(bank, security, { platform, isHome });
  stops.push(() => host.stop());
  if (platform.kafka !== undefined && isHome) await prepareKafka(platform.kafka, bank, security);
  const workspace = linkProject(projectRoot(), join(platform.directory, isHome ? 'project' : `project-${bank.region}`), ['banks']);
  symlinkSync(resolve(dirname(common.file)), join(workspace, 'banks'));
  await deployStacks({ bank, platform, security, workloads, opensearchUrl, workspace, log: common.log });
  await host.refresh();
  const outputs = await stackOutputs(security.cloudFormation, bank.bank);
  const search = openSearchClient(opensearchUrl, bank.region);
  stops.push(() => search.close());
  return { host, bank, security, workloads, outputs, search, environment: accountEnvironment(security), workspace };
}

async function startSearch(region: string, { platform, stops, log }: Common): Promise<string> {
  const server = await startOpenSearch({ directory: openSearchDirectory(`${platform.directory}-${region}`), say: log });
  stops.push(() => server.stop());
  return server.url;
}

async function startHost(
  bank: BankConfig,
  security: Account,
  { platform, isHome }: { readonly platform: Platform; readonly isHome: boolean },
): Promise<LambdaHost> {
  const { endpoint } = platform;
  const { region } = bank;
  const host = await startLambdaHost({
    endpoint,
    accountId: security.id,
    region,
    credentials: security.credentials,
    port: isHome ? platform.lambdaHostPort : 0,
    directory: join(platform.directory, isHome ? 'lambda' : `lambda-${region}`),
    stackPrefix: `strongroom-${bank.bank}`,
    sqsRetrySeconds: 5,
    // The notary's half a minute is for a bank; here somebody waits.
    sqsWindowSeconds: 1,
    log: () => undefined,
  });
  if (!isHome) await registerHost(endpoint, { account: security.id, region, url: host.url });
  return host;
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
  readonly opensearchUrl: string;
  /** Folder that `serverless` runs in. */
  readonly workspace: string;
  readonly log: (line: string) => void;
}

async function deployStacks({ bank, platform, security, workloads, opensearchUrl, workspace, log }: Stacks): Promise<void> {
  log(`deploying the security stack in ${bank.region}`);
  const deploy = { bank, platform, workspace };
  const kafka = platform.kafka === undefined ? [] : ['--param', `kafkaServers=${platform.kafka.servers.join(',')}`];
  await serverlessDeploy({ ...deploy, account: security }, ['--param', `opensearchUrl=${opensearchUrl}`, ...kafka]);
  for (const workload of workloads) {
    log(`deploying the workload stack of ${workload.id} in ${bank.region}`);
    // They are there before Strongroom comes.
    for (const logGroupName of bank.accounts.find(({ id }) => id === workload.id)?.log_groups ?? [])
      await workload.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await serverlessDeploy({ ...deploy, account: workload }, ['--param', 'stack=workload', '--param', `account=${workload.id}`]);
  }
}

interface Deploy {
  readonly bank: BankConfig;
  readonly platform: Platform;
  readonly workspace: string;
  readonly account: Account;
}

async function serverlessDeploy({ bank, platform, workspace, account }: Deploy, params: readonly string[]): Promise<void> {
  await runCommand({
    name: `serverless deploy in ${account.id}, ${bank.region}`,
    command: join(projectRoot(), 'node_modules', '.bin', 'serverless'),
    args: ['deploy', '--param', `bank=${bank.bank}`, '--param', `region=${bank.region}`, ...params],
    cwd: workspace,
    env: {
      ...accountEnvironment(account),
      [BUNDLE_CACHE]: join(cacheDirectory(), 'bundles'),
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_AWS_MONITORING_FREQUENCY: '500',
    },
    log: join(platform.directory, 'logs', `deploy-${bank.region}-${account.id}.log`),
  });
}

// The stacks of a bank as steps: whether they are there and know the accounts and regions of the bank's file, and their deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
import { DescribeStacksCommand, GetTemplateCommand, type CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeSubscriptionFiltersCommand, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BankAccount, BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { accountRegions, homeOf, regionsOf } from '../organization/config.ts';
import { ORGANIZATION_READY } from './organization.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Looked, Step } from './step.ts';

export interface Deployment {
  readonly stack: 'organization' | 'security' | 'workload';
  readonly account: string;
  readonly region: string;
}

export interface StackDeps {
  readonly sessions: Sessions;
  /** `serverless deploy` of one stack, with the session's credentials. @throws Error with the end of what it said. */
  deploy(deployment: Deployment, session: Session): Promise<void>;
  /** How long the organization's StackSet may take to reach an account, ms. */
  readonly stackSetMs?: number;
}

/** What deploying takes: a stack makes roles, keys, buckets, functions and more, each with the rights to do so. */
const DEPLOY_RIGHTS = ['cloudformation:*', 'iam:*Role*', 'kms:*', 'logs:*', 'events:*', 's3:*', 'sqs:*'] as const;
const SECURITY_RIGHTS = [...DEPLOY_RIGHTS, 'cloudwatch:*Alarm*', 'dynamodb:*', 'es:*', 'kinesis:*', 'lambda:*', 'sns:*'];
const ORGANIZATION_RIGHTS = [...DEPLOY_RIGHTS, 'cloudtrail:*', 'config:*', 'organizations:*', 'securityhub:*'];

const STACK_SET_MS = 15 * 60_000;
const POLL_MS = 10_000;

export function stackName(bank: BankConfig, stack: Deployment['stack']): string {
  return `strongroom-${bank.bank}-${stack}`;
}

/** @param bank as the region has it. */
export function securityStackStep(bank: BankConfig, deps: StackDeps): Step {
  const { region, security_account: account } = bank;
  const mentions = bank.accounts.map(({ id }) => id);
  return deployStep({
    ...{ bank, deps, mentions },
    id: securityId(region),
    title: `Security stack in ${region}, taking the logs of ${mentions.length} accounts`,
    deployment: { stack: 'security', account, region },
    rights: SECURITY_RIGHTS,
  });
}

/** After the security stacks: the trail delivers to a bucket that must be there. @param bank as the file has it. */
export function organizationStackStep(bank: BankConfig, deps: StackDeps): readonly Step[] {
  const { organization } = bank;
  if (organization === undefined) return [];
  const region = homeOf(bank);
  // The template of the workload stacks is in it: log groups, too.
  const ofAccounts = bank.accounts.flatMap(({ ou, log_groups: groups = [] }) => [...(ou === undefined ? [] : [ou]), ...groups]);
  return [
    deployStep({
      ...{ bank, deps },
      id: 'organization-stack',
      title: `Organization stack, for ${regionsOf(bank).join(', ')}`,
      deployment: { stack: 'organization', account: organization.management_account, region },
      rights: ORGANIZATION_RIGHTS,
      mentions: [...new Set([...regionsOf(bank), ...ofAccounts])],
      after: [...ORGANIZATION_READY, ...regionsOf(bank).map(securityId)],
    }),
  ];
}

export function securityId(region: string): string {
  return `security-stack@${region}`;
}

interface DeployStep extends Pick<Step, 'id' | 'title' | 'rights' | 'after'> {
  readonly bank: BankConfig;
  readonly deps: StackDeps;
  readonly deployment: Deployment;
  /** What the deployed template speaks of, where it is of the present file. */
  readonly mentions: readonly string[];
}

function deployStep({ bank, deps, deployment, mentions, ...step }: DeployStep): Step {
  const { account, region, stack } = deployment;
  const name = stackName(bank, stack);
  // Whatever the template says, it is of the present file then.
  let isDeployed = false;
  return {
    ...step,
    ...{ account, region },
    async look(): Promise<Looked> {
      const { cloudFormation } = await deps.sessions.of(account, region);
      const status = await stackStatus(cloudFormation, name);
      const todo = `serverless deploy --param bank=${bank.bank} --param stack=${stack}${region === homeOf(bank) ? '' : ` --param region=${region}`}`;
      if (status === undefined) return { done: false, found: 'no stack', todo };
      if (!isSound(status)) return { done: false, found: status, todo };
      const missing = isDeployed ? [] : await unmentioned(cloudFormation, name, mentions);
      return { done: missing.length === 0, found: missing.length === 0 ? status : `${status}, without ${missing.join(', ')}`, todo };
    },
    async act(): Promise<void> {
      await deps.deploy(deployment, await deps.sessions.of(account, region));
      isDeployed = true;
    },
  };
}

/** @returns undefined where there is none. */
export async function stackStatus(client: CloudFormationClient, StackName: string): Promise<string | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]?.StackStatus;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

const SOUND: readonly string[] = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE'];

function isSound(status: string): boolean {
  return SOUND.includes(status);
}

async function unmentioned(client: CloudFormationClient, StackName: string, mentions: readonly string[]): Promise<readonly string[]> {
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName }));
  return mentions.filter((word) => !TemplateBody.includes(word));
}

/** Forwarding in an account and region; the rule is what tells, because StackSets name their stacks as they like. */
export function workloadSteps(bank: BankConfig, { id: account, log_groups: groups = [] }: BankAccount, deps: StackDeps): readonly Step[] {
  const { region } = bank;
  const forwarding = workloadStep(bank, account, deps);
  return groups.length === 0
    ? [forwarding]
    : [forwarding, subscriptionsStep({ bank, account, groups, deps, after: forwarding.id, region })];
}

/** No StackSet of the organization reaches its management account. */
function isByStackSet({ organization }: BankConfig, account: string): boolean {
  return organization !== undefined && organization.management_account !== account;
}

export function workloadStep(bank: BankConfig, account: string, deps: StackDeps): Step {
  const { region } = bank;
  const rule = `strongroom-${bank.bank}-forward`;
  const byStackSet = isByStackSet(bank, account);
  const step = {
    id: `workload@${account}@${region}`,
    title: `${account} forwards its events in ${region}`,
    ...{ account, region },
    rights: ['events:DescribeRule', ...(byStackSet ? [] : DEPLOY_RIGHTS)],
    after: [securityId(region), ...(byStackSet ? ['organization-stack', `unit@${account}`] : [])],
    async look(): Promise<Looked> {
      const todo = byStackSet
        ? "wait for the organization's StackSet"
        : `serverless deploy --param stack=workload --param account=${account}`;
      const { events } = await deps.sessions.of(account, region);
      const state = await events.send(new DescribeRuleCommand({ Name: rule })).then(
        ({ State = 'ENABLED' }) => State,
        (error: unknown) => {
          if (error instanceof Error && error.name === 'ResourceNotFoundException') return 'not there';
          throw error;
        },
      );
      return { done: state.startsWith('ENABLED'), found: `rule ${rule}: ${state.toLowerCase()}`, todo };
    },
    act: (): Promise<void> => deployOrWait(bank, { stack: 'workload', account, region }, deps, async () => (await step.look()).done),
  };
  return step;
}

async function deployOrWait(bank: BankConfig, deployment: Deployment, deps: StackDeps, isDone: () => Promise<boolean>): Promise<void> {
  const { account, region } = deployment;
  if (!isByStackSet(bank, account)) {
    await deps.deploy(deployment, await deps.sessions.of(account, region));
    return;
  }
  const until = Date.now() + (deps.stackSetMs ?? STACK_SET_MS);
  while (!(await isDone())) {
    if (Date.now() > until) throw new MisconfiguredError(STACK_SET_LATE);
    await sleep(Math.min(POLL_MS, deps.stackSetMs ?? POLL_MS));
  }
}

const STACK_SET_LATE =
  "the organization's StackSet has not reached the account: look at its operations in the management account (CloudFormation, StackSets), and whether the account is in a unit that it targets; then run this again";

interface Subscriptions {
  readonly bank: BankConfig;
  readonly account: string;
  readonly region: string;
  readonly groups: readonly string[];
  readonly deps: StackDeps;
  readonly after: string;
}

/** The workload stack subscribes them; this sees whether it could. */
function subscriptionsStep({ bank, account, region, groups, deps, after }: Subscriptions): Step {
  const destination = `arn:aws:logs:${region}:${bank.security_account}:destination:strongroom-${bank.bank}-intake`;
  const step = {
    id: `log-groups@${account}@${region}`,
    title: `${groups.length} log groups of ${account} in ${region} go to the intake`,
    ...{ account, region },
    rights: ['logs:DescribeSubscriptionFilters', 'logs:PutSubscriptionFilter'],
    after: [after],
    async look(): Promise<Looked> {
      const { logs } = await deps.sessions.of(account, region);
      const faults: string[] = [];
      for (const group of groups) {
        const fault = await faultOf(logs, group, destination);
        if (fault !== undefined) faults.push(fault);
      }
      return {
        done: faults.length === 0,
        found: faults.length === 0 ? groups.join(', ') : faults.join('; '),
        todo: 'deploy the workload stack',
      };
    },
    act: (): Promise<void> => deployOrWait(bank, { stack: 'workload', account, region }, deps, async () => (await step.look()).done),
  };
  return step;
}

async function faultOf(logs: CloudWatchLogsClient, logGroupName: string, destination: string): Promise<string | undefined> {
  try {
    const { subscriptionFilters = [] } = await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName }));
    const isOurs = subscriptionFilters.some(({ destinationArn }) => destinationArn === destination);
    return isOurs ? undefined : `${logGroupName}: ${subscriptionFilters.length} subscriptions of 2, none to the intake`;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return `${logGroupName}: there is no such log group`;
    throw error;
  }
}

/** @returns the accounts that have a workload stack in the region: those of the file, and the organization's management account. */
export function workloadAccounts(bank: BankConfig, region: string): readonly BankAccount[] {
  const here = bank.accounts.filter((account) => accountRegions(bank, account).includes(region));
  const management = bank.organization?.management_account;
  if (management === undefined || region !== homeOf(bank) || here.some(({ id }) => id === management)) return here;
  return [...here, { id: management, name: 'management' }];
}

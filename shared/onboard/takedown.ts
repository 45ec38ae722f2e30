// Stacks taken down, in the order in which nothing is lost: what sends first, then what receives, once it has nothing left to do. What holds evidence
// is kept by the templates themselves (DeletionPolicy), and a stack whose template would not keep it is not touched.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
import {
  DeleteStackCommand,
  GetTemplateCommand,
  paginateDescribeStacks,
  paginateListStackResources,
  type CloudFormationClient,
} from '@aws-sdk/client-cloudformation';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { accountRegions, homeOf, inRegion, regionsOf } from '../organization/config.ts';
import { isObject, object, parseJson, text } from '../outcome.ts';
import type { Sessions } from './sessions.ts';
import { stackName, stackStatus, workloadAccounts, type Deployment } from './stacks.ts';
import type { Looked, Step } from './step.ts';
import type { Target } from './steps.ts';

export interface TakedownDeps {
  readonly sessions: Sessions;
  /** Names of queues of the region that still have something in them. @param bank as the region has it. */
  readonly busy: (bank: BankConfig) => Promise<readonly string[]>;
  readonly pollMs?: number;
}

const POLL_MS = 5000;
const DELETE_MS = 45 * 60_000;
const RIGHTS = [
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'cloudformation:DeleteStack',
] as const;
const REMOVE_RIGHTS = ['events:*', 'iam:*Role*', 'logs:DeleteSubscriptionFilter', 'sqs:DeleteQueue'] as const;

/** @param bank as its file has it. @throws MisconfiguredError where the file has not what is to be taken down, or it is the home region. */
export function takedownFor(target: Target, bank: BankConfig, deps: TakedownDeps): readonly Step[] {
  const regions = regionsOf(bank).map((region) => inRegion(bank, region));
  switch (target.kind) {
    case 'account': {
      const account = bank.accounts.find(({ id }) => id === target.account);
      if (account === undefined)
        throw new MisconfiguredError(`bank ${bank.bank} has no account ${target.account}: put its entry back until it is taken down`);
      return accountRegions(bank, account).map((region) => workloadGone(inRegion(bank, region), account.id, deps));
    }
    case 'region': {
      if (target.region === homeOf(bank))
        throw new MisconfiguredError(`${target.region} is the home region of bank ${bank.bank}: only the whole bank can leave it`);
      return regionGone(inRegion(bank, target.region), deps);
    }
    case 'bank':
      return [
        ...regions.flatMap((one) => workloadAccounts(bank, one.region).map(({ id }) => workloadGone(one, id, deps))),
        ...organizationGone(bank, deps),
        ...regions.map((one) => securityGone(bank, one, deps)),
      ];
  }
}

function regionGone(bank: BankConfig, deps: TakedownDeps): readonly Step[] {
  const accounts = workloadAccounts(bank, bank.region);
  return [...accounts.map(({ id }) => workloadGone(bank, id, deps)), securityGone(bank, bank, deps)];
}

function workloadGone(bank: BankConfig, account: string, deps: TakedownDeps): Step {
  const { region } = bank;
  const own = stackName(bank, 'workload');
  const named = async (): Promise<readonly string[]> => {
    const { cloudFormation } = await deps.sessions.of(account, region);
    // A StackSet names its stacks StackSet-<its name>-<id>.
    return await stacksNamed(cloudFormation, (name) => name === own || name.startsWith(`StackSet-${own}-`));
  };
  return {
    id: `no-workload@${account}@${region}`,
    title: `${account} forwards nothing in ${region} any more`,
    ...{ account, region },
    rights: [...RIGHTS, ...REMOVE_RIGHTS],
    async look(): Promise<Looked> {
      const found = await named();
      return { done: found.length === 0, found: found.length === 0 ? 'no stack' : found.join(', '), todo: `delete ${found.join(', ')}` };
    },
    async act(): Promise<void> {
      const { cloudFormation } = await deps.sessions.of(account, region);
      for (const name of await named()) await deleteStack(cloudFormation, name, deps);
    },
  };
}

function organizationGone(bank: BankConfig, deps: TakedownDeps): readonly Step[] {
  const { organization } = bank;
  if (organization === undefined) return [];
  const deployment = { stack: 'organization', account: organization.management_account, region: homeOf(bank) } as const;
  const step = stackGone(bank, deployment, deps);
  return [
    {
      ...step,
      id: 'no-organization-stack',
      title: 'No trail, policies and StackSet of the organization any more',
      after: workloadIds(bank),
    },
  ];
}

/** Only once what was delivered is processed. */
function securityGone(bank: BankConfig, there: BankConfig, deps: TakedownDeps): Step {
  const { region, security_account: account } = there;
  const step = stackGone(there, { stack: 'security', account, region }, deps);
  const after = [...workloadIds(bank).filter((id) => id.endsWith(`@${region}`)), 'no-organization-stack'];
  return {
    ...{ ...step, after },
    id: `no-security-stack@${region}`,
    title: `No platform in ${region} any more; evidence, its keys and its log stay`,
    rights: [...step.rights, 'lambda:*', 'kinesis:DeleteStream', 'sns:*', 'cloudwatch:DeleteAlarms', 'sqs:GetQueueAttributes'],
    async act(): Promise<void> {
      const busy = await deps.busy(there);
      if (busy.length > 0)
        throw new MisconfiguredError(`not everything is processed yet (${busy.join(', ')}): wait, or redrive it, then run this again`);
      await step.act();
    },
  };
}

function workloadIds(bank: BankConfig): readonly string[] {
  return regionsOf(bank).flatMap((region) => workloadAccounts(bank, region).map(({ id }) => `no-workload@${id}@${region}`));
}

function stackGone(bank: BankConfig, { stack, account, region }: Deployment, deps: TakedownDeps): Omit<Step, 'id' | 'title'> {
  const name = stackName(bank, stack);
  return {
    ...{ account, region },
    rights: [...RIGHTS, ...REMOVE_RIGHTS],
    async look(): Promise<Looked> {
      const { cloudFormation } = await deps.sessions.of(account, region);
      const status = await stackStatus(cloudFormation, name);
      if (status === undefined) return { done: true, found: 'no stack' };
      const { kept, lost } = await keptBy(cloudFormation, name);
      if (lost.length > 0)
        throw new MisconfiguredError(`${name} would delete ${lost.join(', ')}, which may hold evidence: deploy this version of it first`);
      return { done: false, found: status, todo: `delete ${name}, and keep ${kept.join(', ')}` };
    },
    async act(): Promise<void> {
      await deleteStack((await deps.sessions.of(account, region)).cloudFormation, name, deps);
    },
  };
}

/** Types that hold evidence, or without which none is opened or proven. */
const KEEPING = ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::DynamoDB::Table'];
/** Holds packaged code only. */
const NOT_EVIDENCE: readonly string[] = ['ServerlessDeploymentBucket'];

export interface Kept {
  /** `<logical id> (<type>)` of what the stack leaves where it is. */
  readonly kept: readonly string[];
  /** Of what it would delete, and must not. */
  readonly lost: readonly string[];
}

async function keptBy(client: CloudFormationClient, StackName: string): Promise<Kept> {
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName }));
  const template = parseJson(TemplateBody);
  if (!isObject(template)) throw new MisconfiguredError(`the template of ${StackName} is no JSON: it is not of ours`);
  return keptOf(object(template['Resources']) ?? {});
}

/** @param resources of a template, by logical id. */
export function keptOf(resources: Readonly<Record<string, unknown>>): Kept {
  const [kept, lost]: [string[], string[]] = [[], []];
  for (const [id, resource] of Object.entries(resources)) {
    const type = text(object(resource)?.['Type']) ?? '';
    const stays = (text(object(resource)?.['DeletionPolicy']) ?? '').startsWith('Retain');
    if (stays) kept.push(`${id} (${type})`);
    else if (KEEPING.includes(type) && !NOT_EVIDENCE.includes(id)) lost.push(`${id} (${type})`);
  }
  return { kept, lost };
}

async function stacksNamed(client: CloudFormationClient, isIt: (name: string) => boolean): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {}))
    for (const { StackName = '', StackStatus } of Stacks) if (StackStatus !== 'DELETE_COMPLETE' && isIt(StackName)) found.push(StackName);
  return found;
}

/** What cannot be deleted, such as a bucket that is not empty, is left where it is. @throws Error where the stack does not go even so. */
async function deleteStack(client: CloudFormationClient, StackName: string, { pollMs = POLL_MS }: TakedownDeps): Promise<void> {
  await client.send(new DeleteStackCommand({ StackName }));
  const status = await settled(client, StackName, pollMs);
  if (status === undefined) return;
  const RetainResources = await undeletable(client, StackName);
  await client.send(new DeleteStackCommand({ StackName, RetainResources: [...RetainResources] }));
  const last = await settled(client, StackName, pollMs);
  if (last !== undefined) throw new Error(`${StackName} is ${last}: its events in CloudFormation say why`);
}

/** @returns undefined once it is gone. */
async function settled(client: CloudFormationClient, name: string, pollMs: number): Promise<string | undefined> {
  const until = Date.now() + DELETE_MS;
  for (;;) {
    const status = await stackStatus(client, name);
    if (status === undefined || status === 'DELETE_COMPLETE') return undefined;
    if (status !== 'DELETE_IN_PROGRESS' || Date.now() > until) return status;
    await sleep(pollMs);
  }
}

async function undeletable(client: CloudFormationClient, StackName: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    for (const { LogicalResourceId = '', ResourceStatus } of StackResourceSummaries)
      if (ResourceStatus === 'DELETE_FAILED') found.push(LogicalResourceId);
  return found;
}

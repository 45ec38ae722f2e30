// What the stacks take from the bank's file. Lists and names that YAML cannot derive are made here; everything else is in stacks/*.yml.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatErrors, loadBank } from '../../cli/bank.ts';
import type { BankConfig, Subscription } from '../../shared/config.ts';
import { alarmResources, type Resources } from './alarms.ts';

/** What osls hands to a function in a variables file. */
export interface VariableContext {
  resolveVariable(address: string): Promise<unknown>;
}

export type StackName = 'security' | 'workload';

/** The validated bank's file. @throws with all errors of the file, which fails the command. */
export async function bank(context: VariableContext): Promise<BankConfig> {
  const name = await parameter(context, 'bank');
  const file = join('banks', `${name}.yml`);
  if (!existsSync(file)) throw plain(`--param bank=<name> must name a file in banks/: ${bankNames().join(', ')} (found "${name}")`);
  const loaded = loadBank(file);
  if (loaded.errors !== undefined) throw plain(`the bank's file is wrong:\n${formatErrors(file, loaded.errors)}`);
  return loaded.bank;
}

/** The account this stack is for: the security account, or the workload account given with `--param account=`. */
export async function account(context: VariableContext): Promise<string> {
  const { accounts, security_account: security } = await bank(context);
  const given = await parameter(context, 'account');
  if ((await stackName(context)) === 'security') {
    if (given !== '' && given !== security) throw plain(`--param account=${given} is not the bank's security account ${security}`);
    return security;
  }
  if (!accounts.some(({ id }) => id === given)) {
    const known = accounts.map(({ id, name }) => `${id} (${name})`).join(', ');
    throw plain(`--param account=<id> must name one of the bank's accounts: ${known} (found "${given}")`);
  }
  return given;
}

/** Policy values that repeat for each of the bank's accounts, the security account among them: it has logs and findings too. */
export async function accounts(context: VariableContext): Promise<Record<'ids' | 'roots' | 'trails' | 'logs' | 'detectors' | 'alarms', readonly string[]>> {
  const { accounts, security_account: security, region } = await bank(context);
  const ids = [security, ...accounts.map(({ id }) => id)];
  return {
    ids,
    roots: ids.map((id) => `arn:aws:iam::${id}:root`),
    // A trail that covers all regions has the ARN of its home region, whichever that is.
    trails: ids.map((id) => `arn:aws:cloudtrail:*:${id}:trail/*`),
    logs: ids.map((id) => `arn:aws:logs:${region}:${id}:*`),
    detectors: ids.map((id) => `arn:aws:guardduty:${region}:${id}:detector/*`),
    alarms: ids.map((id) => `arn:aws:cloudwatch:${region}:${id}:alarm:strongroom-*`),
  };
}

/** Policy of the Logs Destination; CloudFormation wants it as text. */
export async function destinationPolicy(context: VariableContext): Promise<string> {
  const { bank: name, security_account: security, region } = await bank(context);
  const { ids } = await accounts(context);
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'SubscribeFromTheBanksAccounts',
        Effect: 'Allow',
        Principal: { AWS: ids },
        Action: 'logs:PutSubscriptionFilter',
        Resource: `arn:aws:logs:${region}:${security}:destination:strongroom-${name}-intake`,
      },
    ],
  });
}

/** `alerts` and `operations`: the topics' subscriptions as CloudFormation writes them. */
export async function subscriptions(context: VariableContext): Promise<Record<'alerts' | 'operations', readonly { Protocol: string; Endpoint: string }[]>> {
  const { alerts, operations } = await bank(context);
  return { alerts: alerts.subscriptions.map(subscription), operations: (operations?.subscriptions ?? []).map(subscription) };
}

function subscription({ protocol, endpoint }: Subscription): { Protocol: string; Endpoint: string } {
  return { Protocol: protocol, Endpoint: endpoint };
}

/** Object Lock mode of the vault as S3 writes it. */
export async function lockMode(context: VariableContext): Promise<string> {
  return (await bank(context)).retention.evidence_mode.toUpperCase();
}

interface Search {
  /** Which of stacks/resources/opensearch-*.yml is deployed. */
  readonly kind: 'domain' | 'external';
  readonly url: unknown;
  /** ARN that the functions' rights are bound to. */
  readonly arn: string;
  /** VpcConfig of the functions that talk to OpenSearch; null where it is reached without one. */
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | null;
}

/** Where OpenSearch is: `--param opensearchUrl=` wins, then the bank's endpoint, then a domain of our own. */
export async function opensearch(context: VariableContext): Promise<Search> {
  const { bank: name, security_account: security, region, opensearch: configured } = await bank(context);
  const given = await parameter(context, 'opensearchUrl');
  const url = given === '' ? configured.endpoint : given;
  const arn = (domain: string): string => `arn:aws:es:${region}:${security}:domain/${domain}`;
  const { domain } = configured;
  if (url === undefined && domain !== undefined) {
    return {
      kind: 'domain',
      url: { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': ['SearchDomain', 'DomainEndpoint'] }]] },
      arn: arn(`strongroom-${name}`),
      vpc: { subnetIds: domain.subnet_ids, securityGroupIds: domain.security_group_ids },
    };
  }
  // AWS makes host names as <vpc|search>-<domain>-<26 characters>; a custom name tells nothing, the domain then has our own name.
  const domainName = /^https:\/\/(?:vpc|search)-([a-z][a-z0-9-]{2,27})-[a-z0-9]{26}\./.exec(url ?? '')?.[1] ?? `strongroom-${name}`;
  return { kind: 'external', url, arn: arn(domainName), vpc: null };
}

/** Zones of the domain: as many as it has subnets. */
export async function zoneAwareness(context: VariableContext): Promise<{ enabled: boolean; config: { AvailabilityZoneCount: number } | null }> {
  const { domain } = (await bank(context)).opensearch;
  const zones = domain?.subnet_ids.length ?? 0;
  return { enabled: zones > 1, config: zones > 1 ? { AvailabilityZoneCount: zones } : null };
}

/** Lets the domain write its logs; CloudFormation wants it as text. */
export async function searchLogsPolicy(context: VariableContext): Promise<string> {
  const { bank: name, security_account: security, region } = await bank(context);
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'es.amazonaws.com' },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `arn:aws:logs:${region}:${security}:log-group:/aws/opensearch/strongroom-${name}/*`,
        Condition: {
          StringEquals: { 'aws:SourceAccount': security },
          ArnLike: { 'aws:SourceArn': `arn:aws:es:${region}:${security}:domain/strongroom-${name}` },
        },
      },
    ],
  });
}

/** The alarms of the stack, one resource each. */
export async function alarms(context: VariableContext): Promise<Resources> {
  return alarmResources(await bank(context), await stackName(context));
}

async function stackName(context: VariableContext): Promise<StackName> {
  const name = await parameter(context, 'stack');
  if (name !== 'security' && name !== 'workload') throw plain(`--param stack= must be security or workload (found "${name}")`);
  return name;
}

async function parameter(context: VariableContext, name: string): Promise<string> {
  const value = await context.resolveVariable(`param:${name}`);
  return value === null || value === undefined ? '' : String(value as string | number);
}

function bankNames(): readonly string[] {
  return readdirSync('banks')
    .filter((file) => file.endsWith('.yml'))
    .map((file) => file.slice(0, -'.yml'.length));
}

/** An error without a stack: osls prints the stack where there is one, and the user needs the message only. */
function plain(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}

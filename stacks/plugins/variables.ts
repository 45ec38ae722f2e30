// Everything that serverless.yml and the stacks take from the command line and the bank's file, as `custom`. Lists and names that YAML
// cannot derive are made here; what is deployed is in stacks/*.yml.
import { bankNamed } from '../../cli/bank.ts';
import type { BankConfig } from '../../shared/config.ts';
import { coveredAccounts, coverageRole } from '../../shared/coverage/accounts.ts';
import { searchAccessOf, type SearchAccess } from './access.ts';
import { alarmResources } from './alarms.ts';
import { backupOf, type BackupStack } from './backup.ts';
import { domainOf, type DomainStack } from './domain.ts';
import { endpointsOf } from './endpoints.ts';
import { alertsOf, subscription, type Alerts, type SubscriptionResource } from './alerts.ts';
import { inRegion, roleNames } from '../../shared/organization/config.ts';
import { eventsOf, type Events } from './events.ts';
import { findingsHome } from './findings-home.ts';
import { intelOf, type IntelStack } from './intel.ts';
import { checkLogKeys, logOf, type LogStack } from './log.ts';
import { kafkaOf, withServers, type Kafka } from './kafka.ts';
import { organizationOf, type OrganizationStack } from './organization.ts';
import { placeOf, type StackName } from './place.ts';
import { residentAccounts, trailArns } from './residency.ts';
import type { Resources } from './resources.ts';
import { standbyAccess } from './standby.ts';
import { trafficOf, type Traffic } from './release.ts';
import { stackPolicy, type StackPolicyStatement } from './stateful.ts';
import { streamsOf, type Streams } from './streams.ts';
import { vaultOf, type VaultSettings } from './vault.ts';
import { workloadTemplate, type WorkloadTemplate } from './workload.ts';

/** What osls hands to a function in a variables file. */
interface VariableContext {
  resolveVariable(address: string): Promise<unknown>;
}

/** What `--param name=value` gave; empty where nothing was given. */
export interface Parameters {
  readonly stack: string;
  readonly account: string;
  /** One of the bank's; empty: its home. */
  readonly region?: string;
  readonly opensearchUrl: string;
  readonly kafkaServers: string;
  readonly logKey: string;
  /** `canary` (also where empty) or `now`. */
  readonly traffic?: string;
  /** Logical ids, joined by commas. */
  readonly replace?: string;
}

export interface Custom {
  readonly bank: BankConfig;
  readonly stack: StackName;
  /** The account and the region this stack is for. */
  readonly account: string;
  readonly region: string;
  readonly security: string;
  /** Beginning of all names. */
  readonly prefix: string;
  /** Beginning of the names of IAM roles, which are the account's in all regions. */
  readonly roles: string;
  /** Beginning of bucket names; a purpose follows. They are unique world-wide: account and region keep them ours. */
  readonly buckets: string;
  /** Where WAF delivers: the service insists on the name's beginning. */
  readonly wafBucket: string;
  /** Region and security account in the middle of an ARN. */
  readonly here: string;
  readonly accounts: Accounts;
  readonly subscriptions: Readonly<Record<'operations' | 'witness', readonly SubscriptionResource[]>>;
  readonly alerts: Alerts;
  readonly opensearch: OpenSearch & { readonly access: SearchAccess };
  /** Object Lock mode of the vault as S3 writes it. */
  readonly lockMode: string;
  readonly destinationPolicy: string;
  readonly searchLogsPolicy: string;
  readonly vault: VaultSettings;
  readonly log: LogStack;
  readonly events: Events;
  readonly organization: OrganizationStack;
  readonly intel: IntelStack;
  readonly workload: WorkloadTemplate;
  readonly streams: Streams;
  readonly kafka: Kafka;
  readonly alarms: Resources;
  /** How calls move to new versions of the functions. */
  readonly traffic: Traffic;
  /** Logical ids of what may be replaced this time. */
  readonly replace: readonly string[];
  readonly stackPolicy: readonly StackPolicyStatement[];
  /** Between the bank's regions. */
  readonly regions: Resources;
  readonly backup: BackupStack;
  readonly domain: DomainStack;
  readonly endpoints: Resources;
}

/** Policy values that repeat for each of the bank's accounts, the security account among them: it has logs and findings too. */
type Accounts = Readonly<Record<'ids' | 'roots' | 'trails' | 'logs' | 'detectors' | 'alarms' | 'coverage', readonly string[]>>;

interface OpenSearch {
  /** Which of stacks/resources/opensearch-*.yml is deployed. */
  readonly kind: 'domain' | 'external' | 'external-vpc';
  readonly url: unknown;
  /** ARN that the functions' rights are bound to. */
  readonly arn: string;
  /** Of the functions that talk to OpenSearch; null where it is reached without a VPC. */
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | null;
  /** Functions that provision lets in; null where others give access. */
  readonly indexRole: object | null;
  readonly lifecycleRole: object | null;
  readonly digestRole: object | null;
  readonly anomaliesRole: object | null;
  readonly intelHuntRole: object | null;
  readonly correlateRole: object | null;
  /** Zones of the domain: as many as it has subnets; a number only where there are several. */
  readonly multiZone: boolean;
  readonly zones: { readonly AvailabilityZoneCount: number } | null;
}

/** `custom` of serverless.yml. @throws with every error of the bank's file or the parameter that is wrong, which fails the command. */
export async function custom(context: VariableContext): Promise<Custom> {
  const parameter = async (name: string): Promise<string> => textOf(await context.resolveVariable(`param:${name}`));
  const [stack, account, region, opensearchUrl, kafkaServers, logKey, traffic, replace] = [
    await parameter('stack'),
    await parameter('account'),
    await parameter('region'),
    await parameter('opensearchUrl'),
    await parameter('kafkaServers'),
    await parameter('logKey'),
    await parameter('traffic'),
    await parameter('replace'),
  ];
  const bank = await parameter('bank');
  try {
    return derive(givenBank(bank), { stack, account, region, opensearchUrl, kafkaServers, logKey, traffic, replace });
  } catch (error) {
    // osls prints the stack where there is one, and the user needs the message only.
    if (error instanceof Error) error.stack = error.message;
    throw error;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function givenBank(name: string): BankConfig {
  try {
    return bankNamed(name);
  } catch (error) {
    throw new Error(`--param bank=<name>: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** @throws Error naming the parameter that does not fit the bank. */
export function derive(described: BankConfig, parameters: Parameters): Custom {
  const bank = withServers(inRegion(described, parameters.region || described.region), parameters.kafkaServers);
  const { stack, account, region } = placeOf(bank, parameters);
  if (stack === 'witness') checkLogKeys(bank, parameters.logKey);
  const { security_account: security } = bank;
  const prefix = `strongroom-${bank.bank}`;
  const here = `${bank.region}:${security}`;
  const accounts = accountLists(bank);
  const kafka = kafkaOf(bank);
  const search = openSearch(bank, parameters.opensearchUrl);
  const access = searchAccessOf(bank, { arn: search.arn, isOurs: search.indexRole !== null });
  return {
    bank,
    stack,
    account,
    region,
    security,
    prefix,
    roles: roleNames(bank),
    buckets: `${prefix}-${security}-${region}`,
    wafBucket: `aws-waf-logs-${bank.bank}-${security}-${region}`,
    here,
    accounts,
    subscriptions: {
      operations: (bank.operations?.subscriptions ?? []).map(subscription),
      witness: (bank.log?.witness?.subscriptions ?? []).map(subscription),
    },
    alerts: alertsOf(bank),
    opensearch: { ...search, access },
    backup: backupOf(bank),
    domain: domainOf(bank, search.kind, access.people),
    endpoints: endpointsOf(bank, search.vpc),
    lockMode: bank.retention.evidence_mode.toUpperCase(),
    destinationPolicy: destinationPolicy(accounts, `arn:aws:logs:${here}:destination:${prefix}-intake`),
    searchLogsPolicy: searchLogsPolicy(bank),
    vault: vaultOf(bank, sealersOf(kafka)),
    log: logOf(bank, parameters.logKey),
    events: eventsOf(bank),
    organization: organizationOf(bank, stack),
    intel: intelOf(bank),
    workload: workloadTemplate(bank),
    streams: streamsOf(bank),
    kafka,
    alarms: alarmResources(bank, { stack, account, region }),
    ...updateOf(parameters),
    regions: { ...standbyAccess(bank), ...findingsHome(bank) },
  };
}

function sealersOf({ kind }: Kafka): readonly string[] {
  return ['objects', 'stream', 'events', ...(kind === 'none' ? [] : ['kafka'])].map((way) => `ingest-${way}`);
}

function updateOf({ traffic = '', replace: ids = '' }: Parameters): Pick<Custom, 'traffic' | 'replace' | 'stackPolicy'> {
  const replace = ids.split(',').filter((id) => id !== '');
  return { traffic: trafficOf(traffic), replace, stackPolicy: stackPolicy(replace) };
}

function accountLists(bank: BankConfig): Accounts {
  const { accounts, security_account: security, organization, region } = bank;
  const management = organization === undefined ? [] : [organization.management_account];
  const ids = residentAccounts(bank, [...new Set([security, ...management, ...accounts.map(({ id }) => id)])]);
  return {
    ids,
    roots: ids.map((id) => `arn:aws:iam::${id}:root`),
    trails: trailArns(bank, ids),
    logs: ids.map((id) => `arn:aws:logs:${region}:${id}:*`),
    detectors: ids.map((id) => `arn:aws:guardduty:${region}:${id}:detector/*`),
    alarms: ids.map((id) => `arn:aws:cloudwatch:${region}:${id}:alarm:strongroom-*`),
    // By which the function coverage looks at them.
    coverage: coveredAccounts(bank).map(({ id }) => coverageRole(bank, id)),
  };
}

/** Where OpenSearch is: the parameter wins, then the bank's endpoint (with its VPC), then a domain of our own. */
function openSearch({ bank, security_account: security, region, opensearch, access }: BankConfig, givenUrl: string): OpenSearch {
  const { domain, endpoint, subnet_ids: subnetIds, security_group_ids: securityGroupIds } = opensearch;
  const url = givenUrl === '' ? endpoint : givenUrl;
  const arn = (name: string): string => `arn:aws:es:${region}:${security}:domain/${name}`;
  if (url === undefined && domain !== undefined) {
    const zones = domain.subnet_ids.length;
    return {
      kind: 'domain',
      url: { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': ['SearchDomain', 'DomainEndpoint'] }]] },
      arn: arn(`strongroom-${bank}`),
      vpc: { subnetIds: domain.subnet_ids, securityGroupIds: domain.security_group_ids },
      ...FUNCTION_ROLES,
      multiZone: zones > 1,
      zones: zones > 1 ? { AvailabilityZoneCount: zones } : null,
    };
  }
  // AWS makes host names as <vpc|search>-<domain>-<26 characters>. A custom name says nothing: the domain then has our own name.
  const name = /^https:\/\/(?:vpc|search)-([a-z][a-z0-9-]{2,27})-[a-z0-9]{26}\./.exec(url ?? '')?.[1];
  const vpc = givenUrl !== '' || subnetIds === undefined || securityGroupIds === undefined ? null : { subnetIds, securityGroupIds };
  return {
    kind: vpc === null ? 'external' : 'external-vpc',
    url,
    arn: arn(name ?? `strongroom-${bank}`),
    vpc,
    ...(access === undefined
      ? { indexRole: null, lifecycleRole: null, digestRole: null, anomaliesRole: null, correlateRole: null, intelHuntRole: null }
      : FUNCTION_ROLES),
    multiZone: false,
    zones: null,
  };
}

const FUNCTION_ROLES = {
  indexRole: { 'Fn::GetAtt': ['IndexRole', 'Arn'] },
  lifecycleRole: { 'Fn::GetAtt': ['LifecycleRole', 'Arn'] },
  digestRole: { 'Fn::GetAtt': ['DigestRole', 'Arn'] },
  anomaliesRole: { 'Fn::GetAtt': ['AnomaliesRole', 'Arn'] },
  intelHuntRole: { 'Fn::GetAtt': ['IntelDashhuntRole', 'Arn'] },
  correlateRole: { 'Fn::GetAtt': ['CorrelateRole', 'Arn'] },
};

/** Who may subscribe log groups to the intake; CloudFormation wants it as text. */
function destinationPolicy({ ids }: Accounts, destination: string): string {
  const statement = { Effect: 'Allow', Principal: { AWS: ids }, Action: 'logs:PutSubscriptionFilter', Resource: destination };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'TheBanksAccounts', ...statement }] });
}

/** Lets the domain write its logs; CloudFormation wants it as text. */
function searchLogsPolicy({ bank, security_account: security, region }: BankConfig): string {
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'es.amazonaws.com' },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `arn:aws:logs:${region}:${security}:log-group:/aws/opensearch/strongroom-${bank}/*`,
    Condition: {
      StringEquals: { 'aws:SourceAccount': security },
      ArnLike: { 'aws:SourceArn': `arn:aws:es:${region}:${security}:domain/strongroom-${bank}` },
    },
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

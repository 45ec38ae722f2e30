// The organization as its management account has it: units, the policies that bind them, the workload stack in every account and region, and what the
// trail records. Trail and delegated administrator: stacks/resources/organization.yml. Trusted access of the services, the kinds of policies and
// GuardDuty's administrator have no resource in CloudFormation: `npx strongroom onboard bank` sets them, before this stack.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { digest } from '../../shared/ids.ts';
import { accountRegions, homeOf, regionsOf, roleNames, type OrganizationConfig } from '../../shared/organization/config.ts';
import { mayMove } from '../../shared/residency/rules.ts';
import { controlPolicies, type ControlPolicy } from './organization-policies.ts';
import type { StackName } from './place.ts';
import { pascalCase, policy, type Resources } from './resources.ts';
import { workloadTemplate } from './workload.ts';

export interface OrganizationStack {
  /** Of the organization stack. */
  readonly resources: Resources;
  /** What its trail records: the management events, and data events where the bank wants them. */
  readonly eventSelectors: readonly EventSelector[];
  /** Of the security account's stack at home: the configuration of all accounts in one place. */
  readonly aggregator: Resources;
}

interface EventSelector {
  readonly Name: string;
  readonly FieldSelectors: readonly Readonly<Record<string, string | readonly string[]>>[];
}

type Id = string | { readonly Ref: string };

/** Unit of the security account. */
const SECURITY_UNIT = 'Security';
/** An `ou` of the bank's file that is an id is a unit that exists. */
const UNIT_ID = /^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/;
/** Bytes. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html */
const LONGEST_TEMPLATE = 51_200;
/** Of what would be lost with the stack. */
const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
const NOTHING: OrganizationStack = { resources: {}, eventSelectors: [], aggregator: {} };

/** @param stack that is packaged: the others pay nothing for this one. @throws MisconfiguredError where AWS would not take what the bank's file says. */
export function organizationOf(bank: BankConfig, stack: StackName): OrganizationStack {
  const { organization } = bank;
  if (organization === undefined) return NOTHING;
  if (stack === 'security') return { ...NOTHING, aggregator: aggregator(bank) };
  if (stack !== 'organization') return NOTHING;
  if (bank.region !== homeOf(bank))
    throw new MisconfiguredError(`--param stack=organization goes into the home region ${homeOf(bank)} of bank ${bank.bank} only`);
  return {
    resources: {
      ...oneByOne({ ...units(bank, organization), ...policies(bank, organization) }),
      WorkloadStackSet: stackSet(bank, organization),
    },
    eventSelectors: eventSelectors(bank, organization),
    aggregator: {},
  };
}

/** AWS Organizations makes one change at a time and refuses others meanwhile; CloudFormation would make all at once. */
function oneByOne(resources: Resources): Resources {
  const ids = Object.keys(resources);
  return Object.fromEntries(
    Object.entries(resources).map(([id, resource], at) => [id, at === 0 ? resource : { ...resource, DependsOn: ids[at - 1] }]),
  );
}

/** CloudFormation moves no accounts between units; `onboard` does, and the policies hold for the accounts wherever they are. */
function units(bank: BankConfig, { root_id: root }: OrganizationConfig): Resources {
  const named = unitNames(bank).filter((name) => !UNIT_ID.test(name));
  return Object.fromEntries(
    named.map((name) => [
      unitLogicalId(name),
      { Type: 'AWS::Organizations::OrganizationalUnit', ...RETAINED, Properties: { Name: name, ParentId: root } },
    ]),
  );
}

function unitNames(bank: BankConfig): readonly string[] {
  return [...new Set([SECURITY_UNIT, ...memberAccounts(bank).flatMap(({ ou }) => (ou === undefined ? [] : [ou]))])];
}

/** Names are anything; another order in the file must not replace a unit. */
function unitLogicalId(name: string): string {
  return `Unit${Buffer.from(digest(9, name), 'base64url').toString('hex')}`;
}

function unitId(name: string): Id {
  return UNIT_ID.test(name) ? name : { Ref: unitLogicalId(name) };
}

function memberAccounts({ accounts, organization }: BankConfig): BankConfig['accounts'] {
  return accounts.filter(({ id }) => id !== organization?.management_account);
}

function policies(bank: BankConfig, organization: OrganizationConfig): Resources {
  return Object.fromEntries(
    controlPolicies(bank, organization).map(({ name, description, type, on, content }) => [
      `${pascalCase(name.slice(`strongroom-${bank.bank}-`.length))}Policy`,
      {
        Type: 'AWS::Organizations::Policy',
        ...RETAINED,
        Properties: { Name: name, Description: description, Type: type, Content: content, TargetIds: targets(bank, on) },
      },
    ]),
  );
}

/** Units for the accounts to come, accounts themselves because one that is moved loses what its unit has. */
function targets(bank: BankConfig, on: ControlPolicy['on']): readonly Id[] {
  const security = [unitId(SECURITY_UNIT), bank.security_account];
  const others = unitNames(bank).filter((name) => name !== SECURITY_UNIT);
  const ids = memberAccounts(bank).map(({ id }) => id);
  const workloads = [...others.map(unitId), ...ids.filter((id) => id !== bank.security_account)];
  return on === 'security' ? security : on === 'workloads' ? workloads : [...security, ...workloads];
}

/**
 * The accounts of the bank's file in their regions, wherever in the organization they are: to move one changes nothing. Others would have what they
 * send refused by the security account until the file names them.
 */
function stackSet(bank: BankConfig, { root_id: root }: OrganizationConfig): Resources[string] {
  const groups = regionsOf(bank).flatMap((region) => {
    const accounts = memberAccounts(bank).filter((account) => accountRegions(bank, account).includes(region));
    if (accounts.length === 0) return [];
    const Accounts = accounts.map(({ id }) => id);
    return [{ DeploymentTargets: { OrganizationalUnitIds: [root], AccountFilterType: 'INTERSECTION', Accounts }, Regions: [region] }];
  });
  return {
    Type: 'AWS::CloudFormation::StackSet',
    ...RETAINED,
    Properties: {
      StackSetName: `strongroom-${bank.bank}-workload`,
      Description: `Logging of the accounts of bank ${bank.bank} to its security account`,
      PermissionModel: 'SERVICE_MANAGED',
      CallAs: 'SELF',
      // What an account has stays when it leaves: nobody ends its logging by moving it.
      AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: true },
      ManagedExecution: { Active: true },
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      // One account may fail, a suspended one always does; a change that is wrong gets no further than one region.
      OperationPreferences: { RegionConcurrencyType: 'SEQUENTIAL', FailureToleranceCount: 1, MaxConcurrentPercentage: 100 },
      StackInstancesGroup: groups,
      TemplateBody: templateBody(bank),
      Tags: [{ Key: 'strongroom', Value: bank.bank }],
    },
  };
}

function templateBody(bank: BankConfig): string {
  const body = JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Strongroom, workload account of bank ${bank.bank}`,
    ...workloadTemplate(bank),
  });
  const bytes = Buffer.byteLength(body);
  if (bytes > LONGEST_TEMPLATE)
    throw new MisconfiguredError(
      `the workload template of bank ${bank.bank} would be ${bytes} bytes long, a StackSet takes ${LONGEST_TEMPLATE}: list fewer log_groups in accounts, and subscribe the others by an account's own template`,
    );
  return body;
}

/** Management events of everything; of data, what the bank names. What Strongroom itself reads and writes is left out: each delivery would be recorded, and the record delivered. */
function eventSelectors(
  bank: BankConfig,
  { data_events: { buckets = [], functions = [] } = {} }: OrganizationConfig,
): readonly EventSelector[] {
  const { bank: name, security_account: security } = bank;
  const ownBuckets = [`strongroom-${name}-${security}-`, `aws-waf-logs-${name}-${security}-`];
  const own = buckets === 'all' ? undefined : buckets.find((bucket) => ownBuckets.some((prefix) => bucket.startsWith(prefix)));
  if (own !== undefined)
    throw new MisconfiguredError(`organization.data_events.buckets: ${own} is Strongroom's own; to record each delivery would be a loop`);
  const arns = { Field: 'resources.ARN' };
  return [
    { Name: 'Management events', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
    ...dataEvents(
      'AWS::S3::Object',
      buckets === 'all'
        ? { ...arns, NotStartsWith: ownBuckets.map((prefix) => `arn:aws:s3:::${prefix}`) }
        : { ...arns, StartsWith: buckets.map((bucket) => `arn:aws:s3:::${bucket}/`) },
    ),
    ...dataEvents(
      'AWS::Lambda::Function',
      functions === 'all'
        ? { ...arns, NotStartsWith: regionsOf(bank).map((region) => `arn:aws:lambda:${region}:${security}:function:strongroom-${name}-`) }
        : { ...arns, EndsWith: functions.map((one) => `:function:${one}`) },
    ),
  ];
}

/** @returns none where no resource is named. */
function dataEvents(type: string, resources: Readonly<Record<string, string | readonly string[]>>): readonly EventSelector[] {
  if (Object.values(resources).some((value) => value.length === 0)) return [];
  const fields = [{ Field: 'eventCategory', Equals: ['Data'] }, { Field: 'resources.type', Equals: [type] }, resources];
  return [{ Name: `Data events of ${type}`, FieldSelectors: fields }];
}

/** Of the regions from which every account's records may come to the home region. https://docs.aws.amazon.com/config/latest/developerguide/aggregated-register-delegated-administrator.html */
function aggregator(bank: BankConfig): Resources {
  const home = homeOf(bank);
  if (bank.region !== home) return {};
  const regions = regionsOf(bank).filter((region) => bank.accounts.every(({ id }) => mayMove(bank, id, 'logs', region, home)));
  const trust = { Effect: 'Allow', Principal: { Service: 'config.amazonaws.com' }, Action: ['sts:AssumeRole'] } as const;
  const Condition = { StringEquals: { 'aws:SourceAccount': bank.security_account } };
  const look = [
    'organizations:DescribeOrganization',
    'organizations:ListAccounts',
    'organizations:ListAWSServiceAccessForOrganization',
    'organizations:ListDelegatedAdministrators',
  ];
  return {
    ConfigAggregatorRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: `${roleNames(bank)}-config-aggregator`,
        AssumeRolePolicyDocument: policy([{ Sid: 'Config', ...trust, Condition }]),
        Policies: [
          { PolicyName: 'accounts', PolicyDocument: policy([{ Sid: 'SeeAccounts', Effect: 'Allow', Action: look, Resource: '*' }]) },
        ],
      },
    },
    ConfigAggregator: {
      Type: 'AWS::Config::ConfigurationAggregator',
      Properties: {
        ConfigurationAggregatorName: `strongroom-${bank.bank}`,
        OrganizationAggregationSource: { RoleArn: { 'Fn::GetAtt': ['ConfigAggregatorRole', 'Arn'] }, AwsRegions: regions },
      },
    },
  };
}

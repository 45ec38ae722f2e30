// The organization stack: what its policies deny, to whom, and that the trail reaches the security account. moto neither makes these resources nor enforces
// their policies, so the template is judged by our own evaluation of policies.
import { readFileSync } from 'node:fs';
import { loadBank } from '../../cli/bank.ts';
import { isObject, text } from '../../shared/outcome.ts';
import { workloadTemplate } from '../../stacks/plugins/workload.ts';
import { evaluate, type Request } from '../policies/evaluate.ts';
import { policiesOf, policiesOn, type StackPolicies } from '../policies/template.ts';
import { bankWithOrganization } from './banks.ts';
import { at, compile, discard, list, ofType, textsIn, type Compiled, type Resource } from './compile.ts';

const MANAGEMENT = '999999999999';
const SECURITY = '111111111111';
const WORKLOAD = '222222222222';
const BANK = bankWithOrganization().replace(/^# residency:\n(?:#.*\n)+/m, 'residency:\n  - policy: eu\n');
const BUCKETS = `arn:aws:s3:::strongroom-whole-${SECURITY}-eu-central-1`;

let organization: Compiled;
let security: Compiled;
let securityPolicies: StackPolicies;

beforeAll(async () => {
  const banks = { whole: BANK };
  [organization, security] = await Promise.all([
    compile({ parameters: { bank: 'whole', stack: 'organization' }, banks }),
    compile({ parameters: { bank: 'whole' }, banks }),
  ]);
  securityPolicies = policiesOf(security, { account: SECURITY, region: 'eu-central-1' });
}, 120_000);
afterAll(() => {
  discard(organization);
  discard(security);
});

function named(type: string, name: string): Resource {
  const found = ofType(organization, type).find(({ properties }) => properties['Name'] === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found;
}

/** @returns contents of the policies of a type that an account has by itself, without those of its unit. */
function policiesOfAccount(account: string, type: string): readonly unknown[] {
  return ofType(organization, 'AWS::Organizations::Policy')
    .filter(({ properties }) => properties['Type'] === type && list(properties['TargetIds']).includes(account))
    .map(({ properties }) => properties['Content']);
}

/** A request of a role of the account that may do everything there, on what is there. */
function request(account: string, action: string, resource: string, role = 'administrator'): Request {
  const arn = `arn:aws:iam::${account}:role/${role}`;
  return { principal: { arn, account, organization: 'o-example123' }, action, resource, resourceAccount: account };
}

const EVERYTHING = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const BY_IAM = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Principal: { AWS: '*' } }] };

function verdict(asked: Request): string {
  const account = 'account' in asked.principal ? asked.principal.account : '';
  const scps = policiesOfAccount(account, 'SERVICE_CONTROL_POLICY');
  const { allowed, because } = evaluate({ identity: [EVERYTHING], resource: [BY_IAM], scps }, asked);
  return allowed ? 'allowed' : because;
}

const OURS = { 'aws:ResourceTag/strongroom': 'whole', 'aws:RequestedRegion': 'eu-central-1' };

describe('nobody switches logging off', () => {
  it.each([
    ['cloudtrail:StopLogging', 'arn:aws:cloudtrail:eu-central-1:222222222222:trail/own'],
    ['cloudtrail:DeleteTrail', 'arn:aws:cloudtrail:eu-central-1:222222222222:trail/own'],
    ['cloudtrail:UpdateTrail', 'arn:aws:cloudtrail:eu-central-1:222222222222:trail/own'],
    ['cloudtrail:PutEventSelectors', 'arn:aws:cloudtrail:eu-central-1:222222222222:trail/own'],
    ['config:StopConfigurationRecorder', '*'],
    ['config:DeleteDeliveryChannel', '*'],
    ['config:PutDeliveryChannel', '*'],
    ['ec2:DeleteFlowLogs', 'arn:aws:ec2:eu-central-1:222222222222:vpc-flow-log/fl-1'],
    ['guardduty:DeleteDetector', 'arn:aws:guardduty:eu-central-1:222222222222:detector/d'],
    ['guardduty:UpdateDetector', 'arn:aws:guardduty:eu-central-1:222222222222:detector/d'],
    ['guardduty:CreateFilter', 'arn:aws:guardduty:eu-central-1:222222222222:detector/d'],
    ['guardduty:DisassociateFromAdministratorAccount', 'arn:aws:guardduty:eu-central-1:222222222222:detector/d'],
    ['securityhub:DisableSecurityHub', 'arn:aws:securityhub:eu-central-1:222222222222:hub/default'],
    ['macie2:DisableMacie', '*'],
    ['route53resolver:DisassociateResolverQueryLogConfig', 'arn:aws:route53resolver:eu-central-1:222222222222:resolver-query-log-config/r'],
    ['wafv2:DeleteLoggingConfiguration', 'arn:aws:wafv2:eu-central-1:222222222222:regional/webacl/w/1'],
    ['logs:DeleteSubscriptionFilter', 'arn:aws:logs:eu-central-1:222222222222:log-group:/app/payments'],
    ['organizations:LeaveOrganization', '*'],
    ['events:DisableRule', 'arn:aws:events:eu-central-1:222222222222:rule/strongroom-whole-forward'],
    ['events:RemoveTargets', 'arn:aws:events:eu-central-1:222222222222:rule/strongroom-whole-forward'],
    ['events:PutRule', 'arn:aws:events:eu-central-1:222222222222:rule/strongroom-whole-forward'],
    ['sqs:PurgeQueue', 'arn:aws:sqs:eu-central-1:222222222222:strongroom-whole-forward-dlq'],
    ['cloudformation:DeleteStack', 'arn:aws:cloudformation:eu-central-1:222222222222:stack/StackSet-strongroom-whole-workload-0a1b/2c3d'],
    ['cloudformation:ExecuteChangeSet', 'arn:aws:cloudformation:eu-west-1:222222222222:stack/strongroom-whole-workload/2c3d'],
    ['iam:UpdateAssumeRolePolicy', 'arn:aws:iam::222222222222:role/strongroom-whole-forward'],
    ['iam:CreateRole', 'arn:aws:iam::222222222222:role/strongroom-deployment'],
    ['iam:PutRolePolicy', 'arn:aws:iam::222222222222:role/stacksets-exec-0a1b2c3d'],
    ['kms:ScheduleKeyDeletion', 'arn:aws:kms:eu-central-1:222222222222:key/one'],
    ['kms:UntagResource', 'arn:aws:kms:eu-central-1:222222222222:key/one'],
  ])('%s', (action, resource) => {
    const asked = { ...request(WORKLOAD, action, resource), context: OURS };
    const inSecurity = { ...request(SECURITY, action, resource.replaceAll(WORKLOAD, SECURITY)), context: OURS };

    expect(verdict(asked)).toMatch(/^scps: (?:LoggingStaysOn|WhatCarriesIt|WhoRunsIt|ItsKeys)$/);
    expect(verdict(inSecurity)).toMatch(/^scps: /);
    for (const role of ['strongroom-deployment', 'stacksets-exec-0a1b2c3d', 'strongroom-whole-release'])
      expect(verdict({ ...request(WORKLOAD, action, resource, role), context: OURS })).toBe('allowed');
  });

  it.each([
    ['events:PutRule', 'arn:aws:events:eu-central-1:222222222222:rule/own', OURS],
    ['events:PutEvents', 'arn:aws:events:eu-central-1:222222222222:event-bus/default', OURS],
    ['sqs:PurgeQueue', 'arn:aws:sqs:eu-central-1:222222222222:own', OURS],
    ['lambda:UpdateFunctionCode', 'arn:aws:lambda:eu-central-1:222222222222:function:own', OURS],
    ['iam:UpdateAssumeRolePolicy', 'arn:aws:iam::222222222222:role/own', OURS],
    ['cloudformation:UpdateStack', 'arn:aws:cloudformation:eu-central-1:222222222222:stack/own/1', OURS],
    ['kms:ScheduleKeyDeletion', 'arn:aws:kms:eu-central-1:222222222222:key/own', { ...OURS, 'aws:ResourceTag/strongroom': [] }],
    ['ec2:CreateFlowLogs', 'arn:aws:ec2:eu-central-1:222222222222:vpc/vpc-1', OURS],
    ['logs:PutSubscriptionFilter', 'arn:aws:logs:eu-central-1:222222222222:log-group:/app/payments', OURS],
    ['s3:DeleteBucket', 'arn:aws:s3:::own', OURS],
    ['guardduty:ArchiveFindings', 'arn:aws:guardduty:eu-central-1:222222222222:detector/d', OURS],
  ])('and all else is as IAM has it: %s', (action, resource, context) => {
    expect(verdict({ ...request(WORKLOAD, action, resource), context })).toBe('allowed');
  });
});

describe('nobody deletes evidence', () => {
  it.each([
    ['s3:PutBucketPolicy', `${BUCKETS}-vault`],
    ['s3:DeleteBucketPolicy', `${BUCKETS}-landing-kms`],
    ['s3:DeleteBucket', `${BUCKETS}-landing-sse-s3`],
    ['s3:PutBucketVersioning', `${BUCKETS}-vault`],
    ['s3:PutLifecycleConfiguration', `${BUCKETS}-vault`],
    ['s3:PutBucketObjectLockConfiguration', `${BUCKETS}-vault`],
    ['s3:BypassGovernanceRetention', `${BUCKETS}-vault/whole/a`],
    ['s3:PutBucketNotification', 'arn:aws:s3:::aws-waf-logs-whole-111111111111-eu-central-1'],
    ['kms:PutKeyPolicy', 'arn:aws:kms:eu-central-1:111111111111:key/one'],
    ['kms:DisableKey', 'arn:aws:kms:eu-central-1:111111111111:key/one'],
    ['kinesis:DeleteStream', 'arn:aws:kinesis:eu-central-1:111111111111:stream/strongroom-whole-intake'],
    ['kinesis:DecreaseStreamRetentionPeriod', 'arn:aws:kinesis:eu-central-1:111111111111:stream/strongroom-whole-hub'],
    ['dynamodb:DeleteTable', 'arn:aws:dynamodb:eu-central-1:111111111111:table/strongroom-whole-alerts'],
    ['es:DeleteDomain', 'arn:aws:es:eu-central-1:111111111111:domain/strongroom-whole'],
    ['events:DeleteEventBus', 'arn:aws:events:eu-central-1:111111111111:event-bus/strongroom-whole'],
    ['sns:Unsubscribe', 'arn:aws:sns:eu-central-1:111111111111:strongroom-whole-operations'],
    ['cloudwatch:DeleteAlarms', 'arn:aws:cloudwatch:eu-central-1:111111111111:alarm:strongroom-whole-events-dlq'],
    ['backup:DeleteRecoveryPoint', 'arn:aws:backup:eu-central-1:111111111111:recovery-point:one'],
  ])('%s', (action, resource) => {
    const context = { 'aws:RequestedRegion': 'eu-central-1' };

    expect(verdict({ ...request(SECURITY, action, resource), context })).toMatch(/^scps: (?:BucketsStay|KeysStay|TheRestStays)$/);
    expect(verdict({ ...request(SECURITY, action, resource, 'strongroom-deployment'), context })).toBe('allowed');
  });

  it('and the platform may do what its roles are for', () => {
    const scps = policiesOfAccount(SECURITY, 'SERVICE_CONTROL_POLICY');
    const context = OURS;
    const denied = [...securityPolicies.identity].flatMap(([arn, policies]) =>
      statementsIn(policies).flatMap((statement) =>
        list(statement['Action'])
          .map(String)
          .filter((action) => {
            const [resource = '*'] = list(statement['Resource']).map(String);
            const asked = { ...request(SECURITY, action.replaceAll('*', 'x'), resource.replaceAll('*', 'x')), context };
            const principal = { arn, account: SECURITY };
            return !evaluate({ identity: [EVERYTHING], resource: [BY_IAM], scps }, { ...asked, principal }).allowed;
          })
          .map((action) => `${arn} ${action}`),
      ),
    );

    expect(securityPolicies.identity.size).toBeGreaterThan(15);
    expect(denied).toEqual([]);
  });
});

function statementsIn(policies: readonly unknown[]): readonly Readonly<Record<string, unknown>>[] {
  return policies.flatMap((policy) => list(at(policy, 'Statement'))).filter(isObject);
}

describe('nobody leaves the regions that the rules of residency allow', () => {
  it.each([
    ['ec2:RunInstances', 'us-east-1', 'scps: OnlyTheseRegions'],
    ['s3:CreateBucket', 'eu-west-2', 'scps: OnlyTheseRegions'],
    // In the rules, but the platform is not there: nobody would take its logs.
    ['s3:CreateBucket', 'eu-west-3', 'scps: OnlyTheseRegions'],
    ['s3:CreateBucket', 'eu-west-1', 'allowed'],
    ['rds:CreateDBInstance', 'eu-central-1', 'allowed'],
    ['iam:CreateUser', 'us-east-1', 'allowed'],
    ['sts:AssumeRole', 'us-east-1', 'allowed'],
    ['route53:ChangeResourceRecordSets', 'us-east-1', 'allowed'],
    ['cloudfront:CreateDistribution', 'us-east-1', 'allowed'],
    ['wafv2:CreateWebACL', 'us-east-1', 'allowed'],
    ['organizations:DescribeOrganization', 'us-east-1', 'allowed'],
    ['support:CreateCase', 'us-east-1', 'allowed'],
  ])('%s in %s: %s', (action, region, expected) => {
    const context = { 'aws:RequestedRegion': region };
    for (const account of [WORKLOAD, SECURITY]) expect(verdict({ ...request(account, action, '*'), context })).toBe(expected);
  });

  it('lets the deployment go there, for the logs of global services are set up there', () => {
    const context = { 'aws:RequestedRegion': 'us-east-1' };

    expect(verdict({ ...request(WORKLOAD, 'logs:PutDeliverySource', '*', 'strongroom-deployment'), context })).toBe('allowed');
  });
});

describe('nobody from outside', () => {
  const OUTSIDER = { arn: 'arn:aws:iam::888888888888:role/outsider', account: '888888888888', organization: 'o-other' };
  it.each([
    ['s3:GetObject', `${BUCKETS}-vault/whole/a`],
    ['s3:PutObject', `${BUCKETS}-landing-kms/drops/888888888888/x`],
    ['kms:Decrypt', 'arn:aws:kms:eu-central-1:111111111111:key/one'],
    ['sqs:SendMessage', 'arn:aws:sqs:eu-central-1:111111111111:strongroom-whole-events'],
    ['secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:one'],
  ])('calls %s, whatever a policy there says', (action, resource) => {
    const rcps = policiesOfAccount(SECURITY, 'RESOURCE_CONTROL_POLICY');
    const asked = { principal: OUTSIDER, action, resource, resourceAccount: SECURITY };
    const open = { identity: [EVERYTHING], resource: [BY_IAM], rcps };
    const trail = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Principal: { Service: 'cloudtrail.amazonaws.com' } }] };

    expect(evaluate(open, asked)).toEqual({ allowed: false, because: 'rcps: OnlyTheOrganization' });
    expect(evaluate(open, { ...asked, principal: { ...OUTSIDER, organization: 'o-example123' } }).allowed).toBe(true);
    expect(evaluate({ resource: [trail], rcps }, { ...asked, principal: { service: 'cloudtrail.amazonaws.com' } }).allowed).toBe(true);
  });
});

describe('trail', () => {
  it('covers all accounts, regions and global services, signed and encrypted, into the security account', () => {
    const [trail] = ofType(organization, 'AWS::CloudTrail::Trail');
    const bucket = `${BUCKETS.slice('arn:aws:s3:::'.length)}-landing-kms`;
    const [alias] = ofType(security, 'AWS::KMS::Alias').filter(({ id }) => id === 'LandingKeyAlias');

    expect(trail?.properties).toMatchObject({
      IsLogging: true,
      IsOrganizationTrail: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
      S3BucketName: bucket,
      KMSKeyId: `arn:aws:kms:eu-central-1:${SECURITY}:${text(alias?.properties['AliasName']) ?? ''}`,
    });
    expect(ofType(security, 'AWS::S3::Bucket').map(({ properties }) => properties['BucketName'])).toContain(bucket);
  });

  it('may write where it delivers, and no trail of others may', () => {
    const rcps = policiesOfAccount(SECURITY, 'RESOURCE_CONTROL_POLICY');
    const byTrail = (action: string, resource: string, account: string): boolean =>
      evaluate(
        { resource: policiesOn(securityPolicies, resource), rcps },
        {
          principal: { service: 'cloudtrail.amazonaws.com' },
          action,
          resource,
          resourceAccount: SECURITY,
          context: {
            'aws:SourceArn': `arn:aws:cloudtrail:eu-central-1:${account}:trail/strongroom-whole`,
            's3:x-amz-acl': 'bucket-owner-full-control',
          },
        },
      ).allowed;
    const needed = [
      ['s3:GetBucketAcl', `${BUCKETS}-landing-kms`],
      ['s3:PutObject', `${BUCKETS}-landing-kms/AWSLogs/${MANAGEMENT}/CloudTrail/eu-central-1/2026/11/22/a.json.gz`],
      ['s3:PutObject', `${BUCKETS}-landing-kms/AWSLogs/o-example123/${WORKLOAD}/CloudTrail/eu-west-1/2026/11/22/a.json.gz`],
      ['s3:PutObject', `${BUCKETS}-landing-kms/AWSLogs/o-example123/${WORKLOAD}/CloudTrail-Digest/eu-west-1/2026/11/22/a.json.gz`],
      ['kms:GenerateDataKey', `arn:aws:kms:eu-central-1:${SECURITY}:key/LandingKey`],
      ['kms:Decrypt', `arn:aws:kms:eu-central-1:${SECURITY}:key/LandingKey`],
      ['kms:DescribeKey', `arn:aws:kms:eu-central-1:${SECURITY}:key/LandingKey`],
    ] as const;

    expect(needed.filter(([action, resource]) => !byTrail(action, resource, MANAGEMENT))).toEqual([]);
    expect(needed.filter(([action, resource]) => byTrail(action, resource, '888888888888'))).toEqual([]);
    expect(byTrail('s3:GetObject', `${BUCKETS}-landing-kms/AWSLogs/a`, MANAGEMENT)).toBe(false);
    expect(byTrail('s3:PutObject', `${BUCKETS}-vault/whole/a`, MANAGEMENT)).toBe(false);
  });

  it('records the data events that the bank names, of Strongroom itself none', () => {
    const selectors = list(ofType(organization, 'AWS::CloudTrail::Trail')[0]?.properties['AdvancedEventSelectors']);

    expect(selectors.map((selector) => at(selector, 'Name'))).toEqual([
      'Management events',
      'Data events of AWS::S3::Object',
      'Data events of AWS::Lambda::Function',
    ]);
    expect(at(selectors[1], 'FieldSelectors', 2)).toEqual({ Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::demo-bank-payments/'] });
    expect(at(selectors[2], 'FieldSelectors', 2)).toEqual({
      Field: 'resources.ARN',
      NotStartsWith: ['eu-central-1', 'eu-west-1'].map((region) => `arn:aws:lambda:${region}:${SECURITY}:function:strongroom-whole-`),
    });
  });
});

describe('workload stack set', () => {
  it('deploys the template that a workload stack by itself has', () => {
    const { bank } = loadBank(`${organization.directory}/banks/whole.yml`);
    const [set] = ofType(organization, 'AWS::CloudFormation::StackSet');
    const body = text(set?.properties['TemplateBody']) ?? '';
    if (bank === undefined) throw new Error('the bank does not load');

    expect(JSON.parse(body)).toEqual({
      AWSTemplateFormatVersion: '2010-09-09',
      Description: 'Strongroom, workload account of bank whole',
      ...JSON.parse(JSON.stringify(workloadTemplate(bank))),
    });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(51_200);
  });

  it('reaches each account of the file in its regions, and leaves what an account has that leaves', () => {
    const [set] = ofType(organization, 'AWS::CloudFormation::StackSet');

    expect(set?.properties).toMatchObject({
      StackSetName: 'strongroom-whole-workload',
      PermissionModel: 'SERVICE_MANAGED',
      CallAs: 'SELF',
      AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: true },
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    });
    const targets = { OrganizationalUnitIds: ['r-ab12'], AccountFilterType: 'INTERSECTION' };
    expect(set?.properties['StackInstancesGroup']).toEqual([
      { DeploymentTargets: { ...targets, Accounts: ['222222222222', '333333333333'] }, Regions: ['eu-central-1'] },
      { DeploymentTargets: { ...targets, Accounts: ['222222222222'] }, Regions: ['eu-west-1'] },
    ]);
  });
});

describe('units and policies', () => {
  it('are a unit for each that the file names and one for the security account', () => {
    const units = ofType(organization, 'AWS::Organizations::OrganizationalUnit');

    expect(units.map(({ properties }) => properties['Name'])).toEqual(['Security', 'Payments', 'Trading']);
    expect(units.every(({ properties }) => properties['ParentId'] === 'r-ab12')).toBe(true);
  });

  it('bind units and accounts, never the root', () => {
    const unit = (name: string): object => ({ Ref: named('AWS::Organizations::OrganizationalUnit', name).id });
    const workloads = [unit('Payments'), unit('Trading'), '222222222222', '333333333333'];
    const securityOnly = [unit('Security'), SECURITY];
    const bound = ofType(organization, 'AWS::Organizations::Policy').map(({ properties }) => [properties['Name'], properties['TargetIds']]);

    expect(Object.fromEntries(bound)).toEqual({
      'strongroom-whole-logging': [...securityOnly, ...workloads],
      'strongroom-whole-evidence': securityOnly,
      'strongroom-whole-regions': workloads,
      'strongroom-whole-regions-security': securityOnly,
      'strongroom-whole-insiders': securityOnly,
    });
  });

  it('are no longer than AWS takes them, and no more on an account than it takes', () => {
    const all = ofType(organization, 'AWS::Organizations::Policy');

    for (const { properties } of all) expect(JSON.stringify(properties['Content']).length).toBeLessThanOrEqual(5120);
    // Of five, one is FullAWSAccess.
    for (const account of [SECURITY, WORKLOAD]) expect(policiesOfAccount(account, 'SERVICE_CONTROL_POLICY').length).toBeLessThanOrEqual(4);
  });

  it('are made one by one', () => {
    const resources = at(JSON.parse(readFileSync(organization.file, 'utf8')), 'Resources');
    const chained = Object.entries(isObject(resources) ? resources : {})
      .filter(([, resource]) => String(at(resource, 'Type')).startsWith('AWS::Organizations::'))
      .map(([id, resource]) => ({ id, after: list(at(resource, 'DependsOn')) }));

    expect(chained.map(({ after }) => after)).toEqual([[], ...chained.slice(0, -1).map(({ id }) => [id])]);
  });
});

it('keeps everything where the stack is deleted, but what it was packaged with', () => {
  const kept = organization.resources.filter(({ deletionPolicy }) => deletionPolicy !== 'RetainExceptOnCreate').map(({ id }) => id);

  expect(kept).toEqual(['ServerlessDeploymentBucket', 'ServerlessDeploymentBucketPolicy']);
});

it('makes the security account the administrator of Security Hub, and gathers the configuration of all accounts there', () => {
  const [aggregator] = ofType(security, 'AWS::Config::ConfigurationAggregator');

  expect(ofType(organization, 'AWS::SecurityHub::DelegatedAdmin').map(({ properties }) => properties)).toEqual([
    { AdminAccountId: SECURITY },
  ]);
  expect(at(aggregator?.properties, 'OrganizationAggregationSource', 'AwsRegions')).toEqual(['eu-central-1', 'eu-west-1']);
  expect(textsIn(aggregator?.properties)).toContain('ConfigAggregatorRole');
});

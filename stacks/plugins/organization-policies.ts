// What nobody in the organization's accounts may do, whatever IAM there says: policies of AWS Organizations. They bind neither the management account nor
// service-linked roles. Written by hand for their size; what they must deny and must not is in test/template/organization.test.ts.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import type { OrganizationConfig } from '../../shared/organization/config.ts';
import { allowedRegions } from '../../shared/residency/rules.ts';
import {
  BUCKET_CHANGES,
  CARRIER_CHANGES,
  KEY_ENDS,
  ROLE_CHANGES,
  STORE_CHANGES,
  SWITCHES,
  WITHOUT_REGION,
} from './organization-actions.ts';
import type { Statement } from './resources.ts';

interface ControlStatement extends Omit<Statement, 'Action'> {
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
}

export interface ControlPolicy {
  readonly name: string;
  readonly description: string;
  readonly type: 'SERVICE_CONTROL_POLICY' | 'RESOURCE_CONTROL_POLICY';
  /** Accounts that it is for. */
  readonly on: 'members' | 'workloads' | 'security';
  readonly content: object;
}

/** Characters of either kind. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const LONGEST = 5120;

/** With it a service-managed StackSet works in an account; AWS makes it there. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html */
const STACK_SETS = 'arn:aws:iam::*:role/stacksets-exec-*';

/** @throws MisconfiguredError where one would be longer than AWS takes it. */
export function controlPolicies(bank: BankConfig, organization: OrganizationConfig): readonly ControlPolicy[] {
  const policies = [
    loggingStaysOn(bank, organization),
    evidenceStays(bank, organization),
    ...inRegions(bank, organization),
    insiders(bank, organization),
  ];
  for (const { name, content } of policies) {
    const { length } = JSON.stringify(content);
    if (length > LONGEST)
      throw new MisconfiguredError(
        `the policy ${name} of bank ${bank.bank} would be ${length} characters long, AWS takes ${LONGEST}: shorten organization.deployers, with \`*\` where several roles share a name`,
      );
  }
  return policies;
}

/** Whoever may deploy may change all this, and what is deployed may do its work. They are known by their names: nobody else may make or change such a role. */
function byOthers({ bank }: BankConfig, { deployers }: OrganizationConfig): object {
  return { ArnNotLike: { 'aws:PrincipalArn': [...deployers, STACK_SETS, rolesOf(bank)] } };
}

function rolesOf(bank: string): string {
  return `arn:aws:iam::*:role/strongroom-${bank}-*`;
}

/** In every account that has logs. */
function loggingStaysOn(config: BankConfig, organization: OrganizationConfig): ControlPolicy {
  const { bank } = config;
  const Condition = byOthers(config, organization);
  const prefix = `strongroom-${bank}`;
  const ours = (service: string, ...kinds: readonly string[]): readonly string[] =>
    kinds.map((kind) => `arn:aws:${service}:*:*:${kind}${prefix}-*`);
  return {
    name: `${prefix}-logging`,
    description: 'Nobody but the deployment switches logging off or changes what carries it',
    type: 'SERVICE_CONTROL_POLICY',
    on: 'members',
    content: deny([
      { Sid: 'LoggingStaysOn', Effect: 'Deny', Action: SWITCHES, Resource: '*', Condition },
      {
        Sid: 'WhatCarriesIt',
        Effect: 'Deny',
        Action: CARRIER_CHANGES,
        Resource: [
          ...ours('cloudformation', 'stack/', 'stack/StackSet-'),
          ...ours('events', 'rule/', 'rule/*/'),
          ...ours('lambda', 'function:'),
          ...ours('logs', 'destination:'),
          `arn:aws:logs:*:*:log-group:*/${prefix}*`,
          ...ours('sqs', ''),
        ],
        Condition,
      },
      {
        Sid: 'WhoRunsIt',
        Effect: 'Deny',
        Action: ROLE_CHANGES,
        Resource: [rolesOf(bank), STACK_SETS, ...organization.deployers],
        Condition,
      },
      {
        Sid: 'ItsKeys',
        Effect: 'Deny',
        Action: KEY_ENDS,
        Resource: '*',
        Condition: { ...Condition, StringEquals: { 'aws:ResourceTag/strongroom': bank } },
      },
    ]),
  };
}

/** In the security account, where all of it is. */
function evidenceStays(config: BankConfig, organization: OrganizationConfig): ControlPolicy {
  const { bank } = config;
  const Condition = byOthers(config, organization);
  const prefix = `strongroom-${bank}`;
  const named = (service: string, kind: string): string => `arn:aws:${service}:*:*:${kind}${prefix}*`;
  return {
    name: `${prefix}-evidence`,
    description: 'Nobody but the deployment opens, shortens or deletes what holds logs and evidence',
    type: 'SERVICE_CONTROL_POLICY',
    on: 'security',
    content: deny([
      {
        Sid: 'BucketsStay',
        Effect: 'Deny',
        Action: BUCKET_CHANGES,
        Resource: [`arn:aws:s3:::${prefix}-*`, `arn:aws:s3:::aws-waf-logs-${bank}-*`],
        Condition,
      },
      { Sid: 'KeysStay', Effect: 'Deny', Action: [...KEY_ENDS, 'kms:DeleteAlias', 'kms:UpdateAlias'], Resource: '*', Condition },
      {
        Sid: 'TheRestStays',
        Effect: 'Deny',
        Action: STORE_CHANGES,
        Resource: [
          'arn:aws:backup:*:*:recovery-point:*',
          'arn:aws:ec2:*::snapshot/*',
          named('backup', 'backup-vault:'),
          named('cloudwatch', 'alarm:'),
          named('dynamodb', 'table/'),
          named('es', 'domain/'),
          named('events', 'event-bus/'),
          named('events', 'archive/'),
          named('kinesis', 'stream/'),
          named('sns', ''),
        ],
        Condition,
      },
    ]),
  };
}

/** Only where the bank's file has rules of residency: nobody is kept out of a region that nothing is said of. */
function inRegions(bank: BankConfig, organization: OrganizationConfig): readonly ControlPolicy[] {
  const regions = allowedRegions(bank);
  if (regions === undefined) return [];
  const policyOf = (on: 'workloads' | 'security', name: string, allowed: readonly string[]): ControlPolicy => ({
    name: `strongroom-${bank.bank}-${name}`,
    description: `No region but ${allowed.join(', ')}`,
    type: 'SERVICE_CONTROL_POLICY',
    on,
    content: deny([
      {
        Sid: 'OnlyTheseRegions',
        Effect: 'Deny',
        NotAction: WITHOUT_REGION,
        Resource: '*',
        Condition: {
          StringNotEquals: { 'aws:RequestedRegion': allowed },
          ArnNotLike: { 'aws:PrincipalArn': [...organization.deployers, STACK_SETS] },
        },
      },
    ]),
  });
  // The platform itself talks to a witness, and to a bus of others where the bank's file says so.
  const buses = [bank.alerts.event_bus, bank.provider?.event_bus_arn];
  const spokenTo = [bank.log?.witness?.region, ...buses.map((bus) => /^arn:aws:events:([a-z0-9-]+):/.exec(bus ?? '')?.[1])];
  const further = spokenTo.filter((region) => region !== undefined);
  return [policyOf('workloads', 'regions', regions), policyOf('security', 'regions-security', [...new Set([...regions, ...further])])];
}

/**
 * Whatever a policy of a bucket, queue, key or secret may say one day: nobody from outside, but AWS' services, which their policies bind to the
 * bank's accounts. Kinesis is none of the services that such policies reach.
 */
function insiders({ bank }: BankConfig, { id }: OrganizationConfig): ControlPolicy {
  return {
    name: `strongroom-${bank}-insiders`,
    description: 'Nobody from outside the organization reads or writes what the security account holds',
    type: 'RESOURCE_CONTROL_POLICY',
    on: 'security',
    content: deny([
      {
        Sid: 'OnlyTheOrganization',
        Effect: 'Deny',
        Principal: '*',
        Action: ['kms:*', 's3:*', 'secretsmanager:*', 'sqs:*'],
        Resource: '*',
        Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': id }, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } },
      },
    ]),
  };
}

function deny(statements: readonly ControlStatement[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

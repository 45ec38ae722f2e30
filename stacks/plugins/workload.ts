// What a workload account gets in each of its regions, as CloudFormation: one template for all accounts and regions of the bank, so that a StackSet of
// the organization deploys it as it is (stacks/plugins/organization.ts) and `serverless deploy --param stack=workload` where no StackSet reaches.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/what-is-cfnstacksets.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
import type { BankConfig } from '../../shared/config.ts';
import { homeOf } from '../../shared/organization/config.ts';
import { resource } from './alarm-resources.ts';
import { deadLetters } from './alarms.ts';
import { eventsOf } from './events.ts';
import { policy, type Resources } from './resources.ts';
import { standbyBuses } from './standby.ts';
import { logSubscriptions } from './subscriptions.ts';
import { recorder } from './workload-config.ts';
import { coverageRole } from './workload-coverage.ts';

/** By name. */
export type Conditions = Readonly<Record<string, object>>;

export interface WorkloadTemplate {
  readonly Conditions: Conditions;
  readonly Resources: Resources;
}

/** What the parts of the template have in common. */
export interface WorkloadNames {
  /** Beginning of all names but those of roles. */
  readonly prefix: string;
  /** The bank's security account. */
  readonly security: string;
  /** @returns ARN of something of the security account in the stack's region. */
  readonly arnOfSecurity: (service: string, rest: string) => object;
  /** @returns ARN of something of the stack's own account and region. */
  readonly arn: (service: string, rest: string) => object;
  /** @returns name of a role, as roleNames() in shared/organization/config.ts has it for the stack's region. */
  readonly role: (purpose: string) => object;
  /** @returns ARN of a role of the security account that belongs to the stack's region. */
  readonly roleOfSecurity: (purpose: string) => object;
}

/** The bank's home region, whose roles go without its name. */
const HOME = 'Home';

/** @param bank as any of its regions has it; accounts that are not in it get no log groups subscribed. */
export function workloadTemplate(bank: BankConfig): WorkloadTemplate {
  const names = namesOf(bank);
  const [subscriptions, config] = [logSubscriptions(bank, names), recorder(bank, names)];
  return {
    Conditions: {
      [HOME]: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, homeOf(bank)] },
      ...subscriptions.Conditions,
      ...config.Conditions,
    },
    Resources: {
      ...forwarding(bank, names),
      ...deadLetterQueue(names),
      ...key(names),
      ...subscriptions.Resources,
      ...config.Resources,
      ...queryLog(names),
      ...coverageRole(bank, names),
    },
  };
}

function namesOf({ bank, security_account: security }: BankConfig): WorkloadNames {
  const prefix = `strongroom-${bank}`;
  const byRegion = (before: string, purpose: string): object => ({
    'Fn::If': [HOME, `${before}${prefix}-${purpose}`, { 'Fn::Sub': `${before}${prefix}-\${AWS::Region}-${purpose}` }],
  });
  return {
    prefix,
    security,
    arnOfSecurity: (service, rest) => ({ 'Fn::Sub': `arn:aws:${service}:\${AWS::Region}:${security}:${rest}` }),
    arn: (service, rest) => ({ 'Fn::Sub': `arn:aws:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}` }),
    role: (purpose) => byRegion('', purpose),
    roleOfSecurity: (purpose) => byRegion(`arn:aws:iam::${security}:role/`, purpose),
  };
}

/** Findings and changes to the bank's bus: what its own rule takes (stacks/plugins/events.ts). */
function forwarding(bank: BankConfig, { prefix, arn, arnOfSecurity, role }: WorkloadNames): Resources {
  const bus = arnOfSecurity('events', `event-bus/${prefix}`);
  return {
    ForwardRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${prefix}-forward`,
        Description: `Security events to the bus of bank ${bank.bank}`,
        EventPattern: eventsOf(bank).forwarded,
        Targets: [
          {
            Id: 'bus',
            Arn: bus,
            RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] },
            DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['ForwardDeadLetters', 'Arn'] } },
            // A day, as long as EventBridge tries at most.
            RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          },
        ],
      },
    },
    ForwardRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: role('forward'),
        AssumeRolePolicyDocument: policy([
          {
            Sid: 'TheRule',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['sts:AssumeRole'],
            Condition: byTheRule(prefix, arn),
          },
        ]),
        Policies: [
          {
            PolicyName: 'forward',
            PolicyDocument: policy([
              { Sid: 'PutOnTheBanksBus', Effect: 'Allow', Action: ['events:PutEvents'], Resource: [bus, ...standbyBuses(bank)] },
            ]),
          },
        ],
      },
    },
  };
}

function byTheRule(prefix: string, arn: WorkloadNames['arn']): object {
  return {
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    ArnEquals: { 'aws:SourceArn': arn('events', `rule/${prefix}-forward`) },
  };
}

/** Events that the bus did not take, whole, to be sent again. */
function deadLetterQueue({ prefix, arn, arnOfSecurity }: WorkloadNames): Resources {
  const queue = `${prefix}-forward-dlq`;
  return {
    ForwardDeadLetters: {
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: queue, KmsMasterKeyId: { Ref: 'StreamsKey' }, MessageRetentionPeriod: 1_209_600 },
    },
    ForwardDeadLettersPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'ForwardDeadLetters' }],
        PolicyDocument: policy([
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            // Whatever the call, never in clear.
            Action: ['sqs:*'],
            Resource: arn('sqs', queue),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Sid: 'TheRuleSends',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['sqs:SendMessage'],
            Resource: arn('sqs', queue),
            Condition: byTheRule(prefix, arn),
          },
        ]),
      },
    },
    ForwardDlqAlarm: resource(prefix, arnOfSecurity('sns', `${prefix}-operations`), deadLetters(prefix, 'forward-dlq')),
  };
}

/** Of the dead-letter queue and, where the stack is deployed by itself, the packaged template. */
function key({ prefix, arn }: WorkloadNames): Resources {
  return {
    StreamsKey: {
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Description: `${prefix} forwarding`,
        EnableKeyRotation: true,
        PendingWindowInDays: 30,
        KeyPolicy: policy([
          // Without it nobody could manage the key.
          // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam
          {
            Sid: 'IamDecides',
            Effect: 'Allow',
            Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } },
            Action: ['kms:*'],
            Resource: '*',
          },
          // Bound by encryption context: EventBridge sends no aws:SourceArn to KMS on its way to an encrypted queue.
          {
            Sid: 'EventBridgeFillsTheDeadLetters',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
            Resource: '*',
            Condition: { StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': arn('sqs', `${prefix}-forward-dlq`) } },
          },
        ]),
      },
    },
    StreamsKeyAlias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: `alias/${prefix}-streams`, TargetKeyId: { Ref: 'StreamsKey' } } },
  };
}

/**
 * Where the DNS queries of the region's VPCs go. A VPC logs its queries once it is associated with it, by hand or by its own template
 * (AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation): a template of all accounts cannot name their VPCs.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
 */
function queryLog({ prefix, security }: WorkloadNames): Resources {
  return {
    QueryLog: {
      Type: 'AWS::Route53Resolver::ResolverQueryLoggingConfig',
      Properties: { Name: prefix, DestinationArn: { 'Fn::Sub': `arn:aws:s3:::${prefix}-${security}-\${AWS::Region}-landing-kms` } },
    },
  };
}

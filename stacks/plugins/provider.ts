// The platform's health for the provider who watches (`provider` in the bank's file): EventBridge hands each change of state of the stack's alarms to
// his bus, past our own functions, so that it arrives when those are what has failed. Such an event has the alarm's name, description and metric, its
// states and the numbers that it rang for: counts and ages, nothing of any log. Between accounts EventBridge passes events on as they are.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
import type { BankConfig } from '../../shared/config.ts';
import { roleNames } from '../../shared/organization/config.ts';
import { healthBus } from '../../shared/provider/provider.ts';
import { policy, type Resource, type Resources } from './resources.ts';

/** What EventBridge tries for the bus of another: a day. */
const RETRY = { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 };
const KEPT_SECONDS = 1_209_600;
const DEAD_LETTERS = { 'Fn::GetAtt': ['ProviderDeadLetters', 'Arn'] };

/** @returns what hands health over; nothing where no provider gets it. */
export function providerResources(bank: BankConfig): Resources {
  const bus = healthBus(bank);
  if (bus === undefined) return {};
  const { security_account: account, region } = bank;
  const name = `strongroom-${bank.bank}`;
  const rule = `arn:aws:events:${region}:${account}:rule/${name}-provider`;
  return {
    ProviderHealthRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${name}-provider`,
        Description: `States of the platform's alarms, to the provider of bank ${bank.bank}`,
        EventPattern: {
          source: ['aws.cloudwatch'],
          'detail-type': ['CloudWatch Alarm State Change'],
          resources: [{ prefix: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}-` }],
        },
        Targets: [
          {
            Id: 'provider',
            Arn: bus.arn,
            RoleArn: { 'Fn::GetAtt': ['ProviderHealthRole', 'Arn'] },
            DeadLetterConfig: { Arn: DEAD_LETTERS },
            RetryPolicy: RETRY,
          },
        ],
      },
    },
    ProviderHealthRole: role(`${roleNames(bank)}-provider`, bus.arn, { account, rule }),
    ...deadLetters(`arn:aws:sqs:${region}:${account}:${name}-provider-dlq`, { account, rule }),
  };
}

interface Sender {
  readonly account: string;
  readonly rule: string;
}

function role(RoleName: string, bus: string, sender: Sender): Resource {
  const trust = { Sid: 'TheRule', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: ['sts:AssumeRole'] } as const;
  const rights = policy([{ Sid: 'PutOnTheBus', Effect: 'Allow', Action: ['events:PutEvents'], Resource: bus }]);
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName,
      AssumeRolePolicyDocument: policy([{ ...trust, Condition: from(sender) }]),
      Policies: [{ PolicyName: 'provider', PolicyDocument: rights }],
    },
  };
}

function from({ account, rule }: Sender): object {
  return { StringEquals: { 'aws:SourceAccount': account }, ArnEquals: { 'aws:SourceArn': rule } };
}

/** What the bus did not take. @param arn of the queue, which has its name at the end. */
function deadLetters(arn: string, sender: Sender): Resources {
  return {
    ProviderDeadLetters: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: arn.slice(arn.lastIndexOf(':') + 1),
        KmsMasterKeyId: { Ref: 'StreamsKey' },
        MessageRetentionPeriod: KEPT_SECONDS,
      },
    },
    ProviderDeadLettersPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'ProviderDeadLetters' }],
        PolicyDocument: policy([
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: ['sqs:*'],
            Resource: arn,
            Condition: { Bool: { 'aws:SecureTransport': false } },
          },
          {
            Sid: 'TheRuleSends',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['sqs:SendMessage'],
            Resource: arn,
            Condition: from(sender),
          },
        ]),
      },
    },
  };
}

// The Kinesis streams that the bank's file names: as the intake stream (stacks/resources/intake.yml), and read by the same function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-stream.html
import { type BankConfig } from '../../shared/config.ts';
import { streamName, type RawStream } from '../../shared/kafka-config.ts';
import { pascalCase, policy, type Resource, type Resources } from './resources.ts';

export interface Streams {
  readonly resources: Resources;
  /** ARNs of all streams that ingest-stream reads. */
  readonly read: readonly string[];
  /** Accounts, as principals, whose producers need the streams' key, and the streams it is for. */
  readonly producers: readonly string[];
  readonly written: readonly string[];
}

export function streamsOf(bank: BankConfig): Streams {
  const { security_account: security } = bank;
  const streams = bank.streams ?? [];
  const arns = streams.map(({ name }) => arnOf(bank, name));
  const intake = arnOf(bank, 'intake');
  const others = streams.flatMap(({ account }) => (account === undefined || account === security ? [] : [account]));
  return {
    resources: Object.fromEntries(streams.flatMap((stream) => resourcesOf(bank, stream))),
    read: [intake, ...arns],
    producers: [...new Set([security, ...others])].map(rootOf),
    // Without one the statement is about a stream that these accounts may not write to.
    written: arns.length === 0 ? [intake] : arns,
  };
}

function arnOf({ bank, region, security_account: security }: BankConfig, name: string): string {
  return `arn:aws:kinesis:${region}:${security}:stream/${streamName(bank, name)}`;
}

function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`;
}

function resourcesOf(bank: BankConfig, { name, account }: RawStream): readonly (readonly [string, Resource])[] {
  const id = `${pascalCase(name)}Stream`;
  return [
    [id, streamResource(streamName(bank.bank, name))],
    [`${id}Mapping`, mappingResource(id)],
    ...(account === undefined || account === bank.security_account
      ? []
      : [[`${id}Policy`, policyResource(id, arnOf(bank, name), account)] as const]),
  ];
}

function streamResource(name: string): Resource {
  return {
    Type: 'AWS::Kinesis::Stream',
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      Name: name,
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RetentionPeriodHours: 168,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: { Ref: 'StreamsKey' } },
    },
  };
}

/** As that of the intake stream in functions/ingest-stream/function.yml, but that a record is small here and a batch is one piece of evidence. */
function mappingResource(stream: string): Resource {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { 'Fn::GetAtt': ['IngestDashstreamLambdaFunction', 'Arn'] },
      EventSourceArn: { 'Fn::GetAtt': [stream, 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: 518_400,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['IntakeDeadLetters', 'Arn'] } } },
    },
  };
}

/** Lets the account's producers write. https://docs.aws.amazon.com/streams/latest/dev/resource-based-policy-examples.html */
function policyResource(stream: string, arn: string, account: string): Resource {
  const statement = {
    Sid: 'TheProducersAccount',
    Effect: 'Allow' as const,
    Principal: { AWS: rootOf(account) },
    Action: ['kinesis:DescribeStreamSummary', 'kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'],
    Resource: arn,
  };
  return {
    Type: 'AWS::Kinesis::ResourcePolicy',
    Properties: { ResourceArn: { 'Fn::GetAtt': [stream, 'Arn'] }, ResourcePolicy: policy([statement]) },
  };
}

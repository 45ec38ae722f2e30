// The kinds of changes that pipelines and administrators make on a quiet day, for detection-benign.ts. All names and ids are made up.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import type { Random } from '../local/demo/random.ts';

export const ACCOUNT = '222222222222';

export interface Change {
  readonly service: string;
  readonly name: string;
  readonly by: 'pipeline' | 'person' | 'service';
  readonly request: (random: Random) => unknown;
  readonly response?: (random: Random) => unknown;
  readonly more?: object;
}

const TEAMS = ['payments', 'ledger', 'cards', 'lending', 'treasury', 'onboarding'] as const;
export const PEOPLE = ['amara.osei', 'bruno.conti', 'chiara.berg', 'deniz.aydin', 'elin.lind', 'farid.haddad'] as const;
const stack = (random: Random): string => `${random.pick(TEAMS)}-${random.pick(['api', 'batch', 'worker', 'export'])}`;
const ownRole = (random: Random): string => `arn:aws:iam::${ACCOUNT}:role/${stack(random)}`;
const trust = (service: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }] });
const narrow = (random: Random): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::bank-${stack(random)}/*` }],
  });
const inner = (from: string, port: number) => ({
  items: [{ ipProtocol: 'tcp', fromPort: port, toPort: port, groups: {}, ipRanges: { items: [{ cidrIp: from }] }, ipv6Ranges: {} }],
});

export const CHANGE_KINDS: readonly [Change, ...Change[]] = [
  {
    service: 'cloudformation',
    name: 'CreateChangeSet',
    by: 'pipeline',
    request: (random) => ({ stackName: stack(random), capabilities: ['CAPABILITY_NAMED_IAM'] }),
  },
  {
    service: 'cloudformation',
    name: 'ExecuteChangeSet',
    by: 'pipeline',
    request: (random) => ({ stackName: stack(random), changeSetName: `release-${random.int(1, 900)}` }),
  },
  { service: 'cloudformation', name: 'DescribeStackEvents', by: 'pipeline', request: (random) => ({ stackName: stack(random) }) },
  {
    service: 'iam',
    name: 'CreateRole',
    by: 'service',
    request: (random) => ({ roleName: stack(random), assumeRolePolicyDocument: trust('lambda.amazonaws.com') }),
  },
  {
    service: 'iam',
    name: 'PutRolePolicy',
    by: 'service',
    request: (random) => ({ roleName: stack(random), policyName: 'data', policyDocument: narrow(random) }),
  },
  {
    service: 'iam',
    name: 'AttachRolePolicy',
    by: 'service',
    request: (random) => ({ roleName: stack(random), policyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole' }),
  },
  { service: 'iam', name: 'PassRole', by: 'pipeline', request: (random) => ({ roleArn: ownRole(random) }) },
  { service: 'iam', name: 'ListRoles', by: 'person', request: () => null },
  { service: 'iam', name: 'CreateVirtualMFADevice', by: 'person', request: (random) => ({ virtualMFADeviceName: random.pick(PEOPLE) }) },
  {
    service: 'lambda',
    name: 'UpdateFunctionCode20150331v2',
    by: 'service',
    request: (random) => ({ functionName: stack(random), s3Bucket: 'bank-releases', s3Key: `${random.hex(12)}.zip` }),
  },
  {
    service: 'lambda',
    name: 'UpdateFunctionConfiguration20150331v2',
    by: 'service',
    request: (random) => ({ functionName: stack(random), timeout: 30 }),
  },
  {
    service: 'lambda',
    name: 'AddPermission20150331v2',
    by: 'service',
    request: (random) => ({
      functionName: stack(random),
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      sourceAccount: ACCOUNT,
    }),
  },
  {
    service: 'ec2',
    name: 'AuthorizeSecurityGroupIngress',
    by: 'service',
    request: (random) => ({ groupId: `sg-0${random.hex(16)}`, ipPermissions: inner('10.20.0.0/14', 443) }),
  },
  {
    service: 'ec2',
    name: 'CreateSecurityGroup',
    by: 'service',
    request: (random) => ({ groupName: stack(random), vpcId: 'vpc-0a1b2c3d4e5f60718' }),
  },
  {
    service: 'ec2',
    name: 'RunInstances',
    by: 'service',
    request: (random) => ({ instanceType: random.pick(['m7g.large', 'c7g.xlarge', 'r7g.large']), minCount: 1, maxCount: 1 }),
  },
  {
    service: 'ec2',
    name: 'TerminateInstances',
    by: 'service',
    request: (random) => ({ instancesSet: { items: [{ instanceId: `i-0${random.hex(16)}` }] } }),
  },
  { service: 'ec2', name: 'CreateSnapshot', by: 'service', request: (random) => ({ volumeId: `vol-0${random.hex(16)}` }) },
  { service: 'ec2', name: 'DeleteSnapshot', by: 'service', request: (random) => ({ snapshotId: `snap-0${random.hex(16)}` }) },
  { service: 'ec2', name: 'DescribeSecurityGroups', by: 'person', request: () => ({ filterSet: {} }) },
  {
    service: 's3',
    name: 'PutBucketPolicy',
    by: 'service',
    request: (random) => ({
      bucketName: `bank-${stack(random)}`,
      bucketPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        ],
      },
    }),
  },
  {
    service: 's3',
    name: 'PutBucketLifecycle',
    by: 'service',
    request: (random) => ({
      bucketName: `bank-${stack(random)}`,
      LifecycleConfiguration: { Rule: { ID: 'old', Status: 'Enabled', Filter: {}, Expiration: { Days: 400 } } },
    }),
  },
  {
    service: 's3',
    name: 'PutBucketPublicAccessBlock',
    by: 'service',
    request: (random) => ({
      bucketName: `bank-${stack(random)}`,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    }),
  },
  {
    service: 'rds',
    name: 'ModifyDBInstance',
    by: 'service',
    request: (random) => ({ dBInstanceIdentifier: stack(random), allocatedStorage: random.int(100, 900), applyImmediately: false }),
  },
  {
    service: 'rds',
    name: 'CreateDBSnapshot',
    by: 'service',
    request: (random) => ({ dBInstanceIdentifier: stack(random), dBSnapshotIdentifier: `daily-${random.hex(8)}` }),
  },
  { service: 'secretsmanager', name: 'RotateSecret', by: 'service', request: (random) => ({ secretId: `${stack(random)}/db` }) },
  { service: 'secretsmanager', name: 'GetSecretValue', by: 'pipeline', request: (random) => ({ secretId: `${stack(random)}/db` }) },
  {
    service: 'ssm',
    name: 'GetParameters',
    by: 'pipeline',
    request: (random) => ({ names: [`/${stack(random)}/limits`], withDecryption: false }),
  },
  { service: 'ssm', name: 'StartSession', by: 'person', request: (random) => ({ target: `i-0${random.hex(16)}` }) },
  {
    service: 'logs',
    name: 'PutRetentionPolicy',
    by: 'service',
    request: (random) => ({ logGroupName: `/aws/lambda/${stack(random)}`, retentionInDays: 400 }),
  },
  {
    service: 'logs',
    name: 'StartQuery',
    by: 'person',
    request: (random) => ({ logGroupName: `/aws/lambda/${stack(random)}`, queryString: 'fields @timestamp' }),
  },
  {
    service: 'kms',
    name: 'CreateGrant',
    by: 'service',
    request: (random) => ({
      keyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/${random.uuid()}`,
      operations: ['Decrypt'],
      granteePrincipal: 'rds.eu-central-1.amazonaws.com',
    }),
  },
  { service: 'eks', name: 'DescribeCluster', by: 'pipeline', request: () => ({ name: 'payments' }) },
  {
    service: 'ecr',
    name: 'PutImage',
    by: 'pipeline',
    request: (random) => ({ repositoryName: stack(random), imageTag: `release-${random.int(1, 900)}` }),
  },
  { service: 'sts', name: 'GetCallerIdentity', by: 'pipeline', request: () => null },
  {
    service: 'sts',
    name: 'AssumeRole',
    by: 'pipeline',
    request: (random) => ({ roleArn: ownRole(random), roleSessionName: `build-${random.int(1, 900)}` }),
  },
  {
    ...{ service: 'signin', name: 'ConsoleLogin', by: 'person', request: () => null, response: () => ({ ConsoleLogin: 'Success' }) },
    more: {
      eventType: 'AwsConsoleSignIn',
      additionalEventData: {
        MFAUsed: 'No',
        SamlProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/AWSSSO_0a1b2c3d4e5f6071_DO_NOT_DELETE`,
      },
    },
  },
];

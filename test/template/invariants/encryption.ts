// Everything at rest is under a key of the stack, everything in flight under TLS.
// https://docs.aws.amazon.com/whitepapers/latest/logical-separation/encrypting-data-at-rest-and--in-transit.html
import { isObject, text } from '../../../shared/outcome.ts';
import { at, list, ofType, target, type Compiled, type Resource } from '../compile.ts';
import { broken, deep, failing, isOwnKey, less, statementsOf, type Exceptions, type Invariant } from './invariant.ts';

/** Where each kind of resource says its key. */
const KEYS: readonly (readonly [string, readonly string[]])[] = [
  ['AWS::SQS::Queue', ['KmsMasterKeyId']],
  ['AWS::SNS::Topic', ['KmsMasterKeyId']],
  ['AWS::Kinesis::Stream', ['StreamEncryption', 'KeyId']],
  ['AWS::DynamoDB::Table', ['SSESpecification', 'KMSMasterKeyId']],
  ['AWS::Logs::LogGroup', ['KmsKeyId']],
  ['AWS::Events::EventBus', ['KmsKeyIdentifier']],
  ['AWS::Backup::BackupVault', ['EncryptionKeyArn']],
  ['AWS::OpenSearchService::Domain', ['EncryptionAtRestOptions', 'KmsKeyId']],
];

export const SSE_S3: Exceptions = {
  AccessLogsBucket: 'S3 writes access logs to SSE-S3 only',
  BalancerBucket: 'Application Load Balancers deliver to SSE-S3 only',
};

const RULE = ['BucketEncryption', 'ServerSideEncryptionConfiguration', 0, 'ServerSideEncryptionByDefault'] as const;

function hasOwnKey(template: Compiled, { properties }: Resource): boolean {
  return at(properties, ...RULE, 'SSEAlgorithm') === 'aws:kms' && isOwnKey(template, at(properties, ...RULE, 'KMSMasterKeyID'));
}

export const ENCRYPTION: readonly Invariant[] = [
  ...KEYS.map(([type, path]) => ({
    title: `every ${type} is under a key of the stack`,
    check: (template: Compiled) => failing(template, type, ({ properties }) => isOwnKey(template, at(properties, ...path))),
    break: broken(type, less(path[0] ?? '')),
  })),
  {
    title: 'every bucket is under a key of the stack, but those that cannot be',
    check: (template) =>
      failing(template, 'AWS::S3::Bucket', (bucket) =>
        SSE_S3[bucket.id] === undefined ? hasOwnKey(template, bucket) : at(bucket.properties, ...RULE, 'SSEAlgorithm') === 'AES256',
      ),
    break: broken('AWS::S3::Bucket', less('BucketEncryption')),
  },
  {
    title: 'keys rotate where KMS can, and are not gone before 30 days',
    check: (template) =>
      failing(template, 'AWS::KMS::Key', ({ properties }) => {
        const canRotate = properties['KeySpec'] === undefined || properties['KeySpec'] === 'SYMMETRIC_DEFAULT';
        return properties['EnableKeyRotation'] === (canRotate ? true : undefined) && properties['PendingWindowInDays'] === 30;
      }),
    break: broken('AWS::KMS::Key', less('EnableKeyRotation'), ({ properties }) => properties['KeySpec'] === undefined),
  },
  {
    title: 'an OpenSearch domain lies in a VPC, speaks TLS 1.2 or newer inside and outside, knows who asks, and says so in its audit log',
    check: (template) => failing(template, 'AWS::OpenSearchService::Domain', ({ properties }) => isClosed(properties)),
    break: broken('AWS::OpenSearchService::Domain', (properties) => ({
      ...properties,
      DomainEndpointOptions: { EnforceHTTPS: true, TLSSecurityPolicy: 'Policy-Min-TLS-1-0-2019-07' },
    })),
  },
  {
    title: 'no function is told a secret: variables hold names and ARNs',
    check: (template) =>
      failing(template, 'AWS::Lambda::Function', ({ properties }) => {
        const variables = at(properties, 'Environment', 'Variables');
        return Object.entries(isObject(variables) ? variables : {}).every(
          ([name, value]) => !/SECRET|PASSWORD|TOKEN|CREDENTIAL|API_?KEY/i.test(name) || (text(value) ?? '').startsWith('arn:'),
        );
      }),
    break: broken('AWS::Lambda::Function', (properties) => ({ ...properties, Environment: { Variables: { FEED_PASSWORD: 'geheim' } } })),
  },
  ...[
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket', 's3:*'],
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues', 'sqs:*'],
    ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics', 'sns:Publish'],
  ].map(([type = '', policy = '', of = '', action = '']) => ({
    title: `nothing reaches an ${type} in clear`,
    check: (template: Compiled) => {
      const covered = ofType(template, policy)
        .filter(({ properties }) => statementsOf(properties).some((statement) => isTlsOnly(statement, action)))
        .flatMap(({ properties }) => list(properties[of]).map(target));
      return failing(template, type, ({ id }) => covered.includes(id));
    },
    break: broken(policy, (properties) =>
      deep(properties, (found) => (found['Effect'] === 'Deny' ? { ...found, Effect: 'Allow' } : undefined)),
    ),
  })),
];

function isTlsOnly(statement: unknown, action: string): boolean {
  return (
    at(statement, 'Effect') === 'Deny' &&
    at(statement, 'Principal') === '*' &&
    list(at(statement, 'Action')).includes(action) &&
    String(at(statement, 'Condition', 'Bool', 'aws:SecureTransport')) === 'false' &&
    (action !== 's3:*' || list(at(statement, 'Resource')).length === 2)
  );
}

function isClosed(properties: Resource['properties']): boolean {
  return (
    list(at(properties, 'VPCOptions', 'SubnetIds')).length > 0 &&
    at(properties, 'EncryptionAtRestOptions', 'Enabled') === true &&
    at(properties, 'NodeToNodeEncryptionOptions', 'Enabled') === true &&
    at(properties, 'DomainEndpointOptions', 'EnforceHTTPS') === true &&
    /^Policy-Min-TLS-1-[23]-.*(PFS|FIPS)/.test(text(at(properties, 'DomainEndpointOptions', 'TLSSecurityPolicy')) ?? '') &&
    at(properties, 'AdvancedSecurityOptions', 'Enabled') === true &&
    at(properties, 'AdvancedSecurityOptions', 'InternalUserDatabaseEnabled') === false &&
    at(properties, 'LogPublishingOptions', 'AUDIT_LOGS', 'Enabled') === true
  );
}

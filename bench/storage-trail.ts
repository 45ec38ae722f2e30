// A trail of API calls for storage-data.ts. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import { createHash } from 'node:crypto';
import type { Random } from '../local/demo/random.ts';
import { ACCOUNTS, leaning, privateAddress, publicAddress, START } from './storage-data.ts';

const REGIONS = ['eu-central-1', 'eu-central-1', 'eu-central-1', 'eu-west-1'] as const;
const DOMAINS = ['payments', 'ledger', 'cards', 'lending', 'fx', 'treasury', 'onboarding', 'kyc', 'statements', 'reporting'] as const;
const PARTS = ['api', 'batch', 'worker', 'stream', 'gateway', 'export', 'sync', 'render', 'audit', 'cache'] as const;
const PEOPLE = ['amara', 'bruno', 'chiara', 'deniz', 'elin', 'farid', 'greta', 'hugo', 'ines', 'jonas', 'katya', 'luca'] as const;
const FAMILIES = ['osei', 'keller', 'conti', 'aydin', 'berg', 'haddad', 'weiss', 'moreau', 'santos', 'lind', 'petrov', 'rossi'] as const;

function serviceName(random: Random): string {
  return `${random.pick(DOMAINS)}-${random.pick(PARTS)}`;
}

function base64(random: Random, length: number): string {
  let out = '';
  while (out.length < length) out += createHash('sha512').update(random.hex(16)).digest('base64').slice(0, 84);
  return out.slice(0, length);
}

interface Call {
  readonly service: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly request: (random: Random) => unknown;
  readonly response?: (random: Random) => unknown;
  readonly resources?: (random: Random, account: string) => unknown;
}

const id = (random: Random, kind: string): string => `${kind}-0${random.hex(16)}`;
const arn = (service: string, account: string, rest: string): string => `arn:aws:${service}:eu-central-1:${account}:${rest}`;
const bucket = (random: Random): string => `bank-${random.pick(DOMAINS)}-${random.pick(['landing', 'archive', 'exports'])}`;
const object = (random: Random): string =>
  `${random.pick(DOMAINS)}/2026/11/${random.int(1, 30)}/${random.uuid()}.${random.pick(['pdf', 'parquet', 'json'])}`;

const CALLS: readonly [Call, ...Call[]] = [
  {
    ...{ service: 's3', name: 'GetObject', readOnly: true },
    request: (random) => ({ bucketName: bucket(random), Host: 's3.eu-central-1.amazonaws.com', key: object(random) }),
    resources: (random) => [
      { type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${bucket(random)}/${object(random)}` },
      { accountId: '222222222222', type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucket(random)}` },
    ],
  },
  {
    ...{ service: 's3', name: 'PutObject', readOnly: false },
    request: (random) => ({ bucketName: bucket(random), key: object(random), 'x-amz-server-side-encryption': 'aws:kms' }),
    response: (random) => ({ 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-version-id': base64(random, 32) }),
  },
  {
    ...{ service: 'kms', name: 'Decrypt', readOnly: true },
    request: (random) => ({
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${bucket(random)}` },
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    }),
    resources: (random, account) => [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn('kms', account, `key/${keyId(random)}`) }],
  },
  {
    ...{ service: 'kms', name: 'GenerateDataKey', readOnly: true },
    request: (random) => ({ keySpec: 'AES_256', encryptionContext: { 'aws:dynamodb:tableName': serviceName(random) } }),
    resources: (random, account) => [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn('kms', account, `key/${keyId(random)}`) }],
  },
  {
    ...{ service: 'sts', name: 'AssumeRole', readOnly: true },
    request: (random) => ({
      roleArn: `arn:aws:iam::${random.pick(ACCOUNTS)}:role/${serviceName(random)}`,
      roleSessionName: `${serviceName(random)}-${random.int(1, 900)}`,
    }),
    response: (random) => ({
      credentials: {
        accessKeyId: `ASIAEXAMPLE${random.hex(9).toUpperCase()}`,
        expiration: 'Nov 2, 2026, 9:00:00 AM',
        sessionToken: base64(random, 800),
      },
      assumedRoleUser: {
        assumedRoleId: `AROAEXAMPLE${random.hex(8).toUpperCase()}:session`,
        arn: `arn:aws:sts::222222222222:assumed-role/${serviceName(random)}/session`,
      },
    }),
  },
  {
    ...{ service: 'ec2', name: 'DescribeInstances', readOnly: true },
    request: (random) => ({ instancesSet: { items: [{ instanceId: id(random, 'i') }] }, filterSet: {} }),
  },
  {
    ...{ service: 'ec2', name: 'DescribeNetworkInterfaces', readOnly: true },
    request: (random) => ({ networkInterfaceIdSet: { items: [{ networkInterfaceId: id(random, 'eni') }] } }),
  },
  {
    ...{ service: 'ec2', name: 'RunInstances', readOnly: false },
    request: (random) => ({
      instancesSet: { items: [{ imageId: id(random, 'ami'), minCount: 1, maxCount: 1 }] },
      instanceType: random.pick(['m7g.large', 'c7g.xlarge', 'r7g.large']),
      networkInterfaceSet: { items: [{ deviceIndex: 0, subnetId: id(random, 'subnet') }] },
    }),
    response: (random) => ({
      reservationId: id(random, 'r'),
      instancesSet: {
        items: [{ instanceId: id(random, 'i'), instanceState: { code: 0, name: 'pending' }, privateIpAddress: privateAddress(random) }],
      },
    }),
  },
  {
    ...{ service: 'secretsmanager', name: 'GetSecretValue', readOnly: true },
    request: (random) => ({ secretId: arn('secretsmanager', '222222222222', `secret:prod/${serviceName(random)}-${random.hex(6)}`) }),
  },
  {
    ...{ service: 'dynamodb', name: 'DescribeTable', readOnly: true },
    request: (random) => ({ tableName: serviceName(random) }),
    resources: (random, account) => [
      { accountId: account, type: 'AWS::DynamoDB::Table', ARN: arn('dynamodb', account, `table/${serviceName(random)}`) },
    ],
  },
  {
    ...{ service: 'logs', name: 'CreateLogStream', readOnly: false },
    request: (random) => ({ logGroupName: `/aws/lambda/${serviceName(random)}`, logStreamName: `2026/11/02/[$LATEST]${random.hex(32)}` }),
  },
  {
    ...{ service: 'ssm', name: 'GetParameters', readOnly: true },
    request: (random) => ({ names: [`/${random.pick(DOMAINS)}/${random.pick(PARTS)}/url`], withDecryption: true }),
  },
  {
    ...{ service: 'lambda', name: 'UpdateFunctionConfiguration20150331v2', readOnly: false },
    request: (random) => ({ functionName: serviceName(random), timeout: random.int(3, 900), memorySize: 1024 }),
    response: (random) => ({
      functionName: serviceName(random),
      revisionId: random.uuid(),
      codeSha256: base64(random, 44),
      runtime: 'nodejs24.x',
    }),
  },
  { ...{ service: 'iam', name: 'GetRole', readOnly: true }, request: (random) => ({ roleName: serviceName(random) }) },
  {
    ...{ service: 'ecr', name: 'BatchGetImage', readOnly: true },
    request: (random) => ({ repositoryName: serviceName(random), imageIds: [{ imageDigest: `sha256:${random.hex(64)}` }] }),
  },
];

/** There are few keys. */
function keyId(random: Random): string {
  return `${leaning(random, 40).toString(16).padStart(8, '5')}-1111-4222-8333-444444444444`;
}

function agentOf(random: Random): string {
  const kind = random.int(0, 4);
  if (kind === 0)
    return `aws-sdk-java/2.31.${random.int(1, 60)} md/io#sync md/http#Apache ua/2.1 os/Linux#6.1 lang/java#21.0.${random.int(1, 8)} md/OpenJDK_64-Bit_Server_VM`;
  if (kind === 1)
    return `Boto3/1.40.${random.int(1, 70)} md/Botocore#1.40.${random.int(1, 70)} ua/2.1 os/linux#6.1.141 md/arch#aarch64 lang/python#3.13.${random.int(0, 9)}`;
  if (kind === 2)
    return `aws-sdk-js/3.${random.int(700, 990)}.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#24.${random.int(0, 12)}.0 api/dynamodb#3.${random.int(700, 990)}.0`;
  return kind === 3
    ? 'ec2.amazonaws.com'
    : `aws-cli/2.${random.int(20, 32)}.${random.int(0, 20)} md/awscrt#0.27.6 ua/2.1 os/linux#6.8 lang/python#3.13.7`;
}

export function trailRecord(random: Random, index: number): string {
  // Data events of S3 are most of a trail where they are on.
  const call = random.next() < 0.25 ? CALLS[0] : random.pick(CALLS);
  const account = random.pick(ACCOUNTS);
  const failed = random.next() < 0.03;
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: random.next() < 0.92 ? role(random, account) : person(random, account),
    eventTime: new Date(START + index * 300).toISOString().replace(/\.\d{3}/, ''),
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.name,
    awsRegion: random.pick(REGIONS),
    sourceIPAddress: random.next() < 0.15 ? publicAddress(leaning(random, 4000)) : privateAddress(random),
    userAgent: agentOf(random),
    ...(failed ? { errorCode: 'AccessDenied', errorMessage: `User is not authorized to perform: ${call.service}:${call.name}` } : {}),
    requestParameters: call.request(random),
    responseElements: failed ? null : (call.response?.(random) ?? null),
    additionalEventData:
      call.service === 's3'
        ? {
            SignatureVersion: 'SigV4',
            CipherSuite: 'TLS_AES_128_GCM_SHA256',
            bytesTransferredOut: random.int(200, 90_000),
            'x-amz-id-2': base64(random, 76),
          }
        : undefined,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: call.readOnly,
    resources: call.resources?.(random, account),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${call.service}.eu-central-1.amazonaws.com`,
    },
  });
}

function role(random: Random, account: string): object {
  const at = leaning(random, 300);
  const name = `${DOMAINS[at % 10] ?? ''}-${PARTS[Math.floor(at / 10) % 10] ?? ''}-${Math.floor(at / 100)}`;
  const session = `i-0${(leaning(random, 20_000) * 0x9e3779b1).toString(16).padStart(16, '3').slice(0, 16)}`;
  const principalId = `AROAEXAMPLE${(at * 7919).toString(36).toUpperCase().padStart(10, 'X')}`;
  return {
    type: 'AssumedRole',
    principalId: `${principalId}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    accountId: account,
    accessKeyId: `ASIAEXAMPLE${random.hex(9).toUpperCase()}`,
    sessionContext: {
      sessionIssuer: { type: 'Role', principalId, arn: `arn:aws:iam::${account}:role/${name}`, accountId: account, userName: name },
      attributes: { creationDate: `2026-11-02T07:${random.int(10, 59)}:44Z`, mfaAuthenticated: 'false' },
    },
  };
}

function person(random: Random, account: string): object {
  const name = `${random.pick(PEOPLE)}.${random.pick(FAMILIES)}`;
  const key = createHash('sha256').update(name).digest('hex').slice(0, 9).toUpperCase();
  return {
    type: 'IAMUser',
    principalId: `AIDAEXAMPLE${key}`,
    arn: `arn:aws:iam::${account}:user/${name}`,
    accountId: account,
    accessKeyId: `AKIAEXAMPLE${key}`,
    userName: name,
  };
}

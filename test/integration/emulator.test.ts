// The emulated AWS does what the design relies on. Each test names the AWS behaviour; local/emulator/patches says where plain moto differs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CreateStackCommand, DescribeStacksCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { DescribeKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { GetObjectLockConfigurationCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetTopicAttributesCommand, PublishCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { closeAccount, openAccount, type Account } from '../../local/accounts.ts';
import { startEmulator, type Emulator } from '../../local/emulator.ts';
import { pythonEnvironment } from '../../local/python.ts';
import { isObject } from '../../shared/outcome.ts';
import type { JsonObject } from '../../shared/model.ts';

const REGION = 'us-east-1';
const SECURITY = '111111111111';
const WORKLOAD = '222222222222';
const THIRD = '333333333333';

let emulator: Emulator;
let security: Account;
let workload: Account;
let third: Account;

beforeAll(async () => {
  emulator = await startEmulator({ lambdaHost: 'http://127.0.0.1:9' });
  const open = (id: string): Promise<Account> => openAccount(emulator.endpoint, REGION, id);
  [security, workload, third] = await Promise.all([open(SECURITY), open(WORKLOAD), open(THIRD)]);
}, 300_000);

afterAll(async () => {
  [security, workload, third].forEach(closeAccount);
  await emulator.stop();
});

/** Deploys a template and returns the stack's outputs. */
async function deploy(account: Account, name: string, resources: JsonObject, outputs: JsonObject = {}): Promise<Record<string, string>> {
  const template = {
    Resources: resources,
    Outputs: Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, { Value: value }])),
  };
  await account.cloudFormation.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify(template) }));
  const { Stacks: [stack] = [] } = await account.cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  expect(stack?.StackStatus).toBe('CREATE_COMPLETE');
  return Object.fromEntries((stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

async function createQueue(account: Account, name: string): Promise<string> {
  const { QueueUrl = '' } = await account.sqs.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

/** Takes everything that is in a queue. */
async function drain(account: Account, url: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await account.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return bodies;
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body);
      await account.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
  }
}

function parse(text: string): JsonObject {
  const found: unknown = JSON.parse(text);
  if (!isObject(found)) throw new Error('not an object');
  return found;
}

/** Takes everything that is in a stream. */
async function records(account: Account, stream: string): Promise<Buffer[]> {
  const { Shards = [] } = await account.kinesis.send(new ListShardsCommand({ StreamName: stream }));
  const found = await Promise.all(
    Shards.map(async ({ ShardId }) => {
      const start = { StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
      const { ShardIterator } = await account.kinesis.send(new GetShardIteratorCommand(start));
      const { Records = [] } = await account.kinesis.send(new GetRecordsCommand({ ShardIterator }));
      return Records.map(({ Data = new Uint8Array() }) => Buffer.from(Data));
    }),
  );
  return found.flat();
}

describe('EventBridge', () => {
  const pattern = { source: ['aws.guardduty'] };
  const bank = `arn:aws:events:${REGION}:${SECURITY}:event-bus/bank`;
  let queue: string;

  beforeAll(async () => {
    const bus = { Type: 'AWS::Events::EventBus', Properties: { Name: 'bank' } };
    const target = { Id: 'queue', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } };
    const onward = { Id: 'third', Arn: `arn:aws:events:${REGION}:${THIRD}:event-bus/default` };
    const rule = {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventBusName: { Ref: 'Bus' },
        EventPattern: { source: ['aws.guardduty'], account: [WORKLOAD] },
        Targets: [target, onward],
      },
    };
    const outputs = await deploy(
      security,
      'bus',
      { Bus: bus, Queue: { Type: 'AWS::SQS::Queue' }, Rule: rule },
      { Queue: { Ref: 'Queue' } },
    );
    queue = outputs['Queue'] ?? '';
    const forward = { EventPattern: pattern, Targets: [{ Id: 'bank', Arn: bank }] };
    await deploy(workload, 'forward', { Rule: { Type: 'AWS::Events::Rule', Properties: forward } });
  });

  async function putEvent(account: Account, detail: JsonObject): Promise<string | undefined> {
    const entry = { Source: 'aws.guardduty', DetailType: 'GuardDuty Finding', Detail: JSON.stringify(detail), Resources: ['arn:aws:x'] };
    const { Entries = [] } = await account.events.send(
      new PutEventsCommand({ Entries: [{ ...entry, Time: new Date('2026-01-02T03:04:05Z') }] }),
    );
    return Entries[0]?.EventId;
  }

  test('an event forwarded to the bus of another account keeps id, account, time, region and resources', async () => {
    const id = await putEvent(workload, { severity: 8, text: 'a <detail> with "quotes" and <source>' });

    expect((await drain(security, queue)).map(parse)).toEqual([
      {
        version: '0',
        id,
        'detail-type': 'GuardDuty Finding',
        source: 'aws.guardduty',
        account: WORKLOAD,
        time: '2026-01-02T03:04:05Z',
        region: REGION,
        resources: ['arn:aws:x'],
        detail: { severity: 8, text: 'a <detail> with "quotes" and <source>' },
      },
    ]);
  });

  test('an event is forwarded between accounts once only', async () => {
    const url = await createQueue(third, 'onward');
    const rule = { EventPattern: pattern, Targets: [{ Id: 'q', Arn: `arn:aws:sqs:${REGION}:${THIRD}:onward` }] };
    await deploy(third, 'onward', { Rule: { Type: 'AWS::Events::Rule', Properties: rule } });

    await putEvent(workload, { hop: 1 });
    await putEvent(third, { hop: 0 });

    expect((await drain(third, url)).map((body) => parse(body)['detail'])).toEqual([{ hop: 0 }]);
    await drain(security, queue);
  });

  test('a queue of another account can be a target; disabled rules and schedules get no events', async () => {
    const url = await createQueue(security, 'direct');
    const arn = `arn:aws:sqs:${REGION}:${SECURITY}:direct`;
    const to = (id: string): JsonObject => ({ Targets: [{ Id: id, Arn: arn }] });
    await deploy(workload, 'direct', {
      Active: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['bank.direct'] }, ...to('a') } },
      Disabled: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: ['bank.direct'] }, State: 'DISABLED', ...to('d') } },
      Schedule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)', ...to('s') } },
    });

    await workload.events.send(new PutEventsCommand({ Entries: [{ Source: 'bank.direct', DetailType: 'x', Detail: '{"n":1}' }] }));

    expect((await drain(security, url)).map((body) => parse(body)['account'])).toEqual([WORKLOAD]);
  });

  test('a stream and a topic can be targets', async () => {
    const url = await createQueue(security, 'of-topic');
    const outputs = await deploy(
      security,
      'targets',
      {
        Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'of-rule', ShardCount: 1 } },
        Topic: { Type: 'AWS::SNS::Topic' },
        Subscription: {
          Type: 'AWS::SNS::Subscription',
          Properties: {
            TopicArn: { Ref: 'Topic' },
            Protocol: 'sqs',
            Endpoint: `arn:aws:sqs:${REGION}:${SECURITY}:of-topic`,
            RawMessageDelivery: true,
          },
        },
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: {
            EventPattern: { source: ['bank.targets'] },
            Targets: [
              { Id: 'stream', Arn: { 'Fn::GetAtt': ['Stream', 'Arn'] } },
              { Id: 'topic', Arn: { 'Fn::GetAtt': ['Topic', 'TopicArn'] } },
            ],
          },
        },
      },
      { Topic: { 'Fn::GetAtt': ['Topic', 'TopicArn'] } },
    );

    await security.events.send(new PutEventsCommand({ Entries: [{ Source: 'bank.targets', DetailType: 'x', Detail: '{"n":1}' }] }));

    expect(outputs['Topic']).toMatch(/^arn:aws:sns:/);
    expect((await records(security, 'of-rule')).map((data) => parse(data.toString())['detail'])).toEqual([{ n: 1 }]);
    expect((await drain(security, url)).map((body) => parse(body)['detail'])).toEqual([{ n: 1 }]);
  });
});

describe('CloudWatch Logs', () => {
  const destinationName = 'intake';
  const destination = `arn:aws:logs:${REGION}:${SECURITY}:destination:${destinationName}`;

  beforeAll(async () => {
    const outputs = await deploy(
      security,
      'destination',
      {
        Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'intake', ShardCount: 2 } },
        Destination: {
          Type: 'AWS::Logs::Destination',
          Properties: {
            DestinationName: destinationName,
            RoleArn: `arn:aws:iam::${SECURITY}:role/logs`,
            TargetArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
            DestinationPolicy: '{"Version":"2012-10-17","Statement":[]}',
          },
        },
      },
      { Arn: { 'Fn::GetAtt': ['Destination', 'Arn'] } },
    );
    expect(outputs['Arn']).toBe(destination);
  });

  function unpack(data: Buffer): JsonObject {
    return parse(gunzipSync(data).toString());
  }

  test('a subscription filter of another account delivers gzip batches through a destination, after a control message', async () => {
    await deploy(workload, 'logs', {
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/vpc/flow' } },
      Filter: {
        Type: 'AWS::Logs::SubscriptionFilter',
        Properties: { FilterName: 'to-bank', LogGroupName: { Ref: 'Group' }, FilterPattern: '', DestinationArn: destination },
      },
    });
    await workload.logs.send(new CreateLogStreamCommand({ logGroupName: '/vpc/flow', logStreamName: 'eni-1' }));
    const now = Date.now();
    const logEvents = [1, 2].map((n) => ({ timestamp: now + n, message: `2 ${WORKLOAD} eni-1 line ${n}` }));

    await workload.logs.send(new PutLogEventsCommand({ logGroupName: '/vpc/flow', logStreamName: 'eni-1', logEvents }));

    const batches = (await records(security, 'intake')).map(unpack);
    const control = batches.filter(({ messageType }) => messageType === 'CONTROL_MESSAGE');
    expect(control).toHaveLength(1);
    expect(batches.filter(({ messageType }) => messageType === 'DATA_MESSAGE')).toEqual([
      {
        messageType: 'DATA_MESSAGE',
        owner: WORKLOAD,
        logGroup: '/vpc/flow',
        logStream: 'eni-1',
        subscriptionFilters: ['to-bank'],
        logEvents: logEvents.map((event) => ({ ...event, id: expect.stringMatching(/^\d{56}$/) as string })),
      },
    ]);
  });

  test('a filter pattern decides what is delivered; without a destination there is no subscription', async () => {
    const logGroupName = '/app/payments';
    await security.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await security.logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
    await security.kinesis.send(new CreateStreamCommand({ StreamName: 'app', ShardCount: 1 }));
    const filter = { logGroupName, filterName: 'errors', filterPattern: 'ERROR' };
    await security.logs.send(
      new PutSubscriptionFilterCommand({ ...filter, destinationArn: `arn:aws:kinesis:${REGION}:${SECURITY}:stream/app` }),
    );

    const logEvents = ['INFO fine', 'ERROR bad'].map((message) => ({ timestamp: Date.now(), message }));
    await security.logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 's', logEvents }));

    const [, batch, ...more] = (await records(security, 'app')).map(unpack);
    expect(batch?.['logEvents']).toEqual([expect.objectContaining({ message: 'ERROR bad' })]);
    expect(more).toEqual([]);
    const missing = { ...filter, filterName: 'missing', destinationArn: `${destination}-missing` };
    await expect(security.logs.send(new PutSubscriptionFilterCommand(missing))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});

describe('S3', () => {
  const bucket = 'bank-landing-us-east-1';
  let queue: string;

  beforeAll(async () => {
    const outputs = await deploy(
      security,
      'landing',
      {
        Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [] }, EnableKeyRotation: true } },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: {
            BucketName: bucket,
            VersioningConfiguration: { Status: 'Enabled' },
            NotificationConfiguration: {
              QueueConfigurations: [
                {
                  Event: 's3:ObjectCreated:*',
                  Queue: { 'Fn::GetAtt': ['Queue', 'Arn'] },
                  Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'AWSLogs/' }] } },
                },
              ],
            },
          },
        },
      },
      { Queue: { Ref: 'Queue' }, Key: { Ref: 'Key' } },
    );
    queue = outputs['Queue'] ?? '';
    await expect(security.kms.send(new DescribeKeyCommand({ KeyId: outputs['Key'] }))).resolves.toMatchObject({
      KeyMetadata: { Enabled: true },
    });
  });

  test('the queue of a bucket from CloudFormation first gets s3:TestEvent, then one message per object with its version', async () => {
    expect((await drain(security, queue)).map(parse)).toEqual([expect.objectContaining({ Event: 's3:TestEvent', Bucket: bucket })]);

    const key = 'AWSLogs/222222222222/a b+c.json';
    const put = await workload.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'x' }));
    await security.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'other/x', Body: 'x' }));

    const [message, ...more] = (await drain(security, queue)).map(parse);
    expect(more).toEqual([]);
    expect(message).toMatchObject({
      Records: [
        {
          eventName: 'ObjectCreated:Put',
          s3: {
            bucket: { name: bucket },
            object: {
              key: 'AWSLogs/222222222222/a+b%2Bc.json',
              size: 1,
              versionId: put.VersionId,
              sequencer: expect.stringMatching(/^[0-9A-F]+$/) as string,
            },
          },
        },
      ],
    });
    expect(put.VersionId).toBeDefined();
  });

  test('a multipart upload sends one message', async () => {
    const upload = new Upload({ client: security.s3, params: { Bucket: bucket, Key: 'AWSLogs/big', Body: Buffer.alloc(6 * 1024 * 1024) } });
    await upload.done();

    const names = (await drain(security, queue)).map((body) => (JSON.stringify(parse(body)).match(/ObjectCreated:\w+/) ?? [])[0]);
    expect(names).toEqual(['ObjectCreated:CompleteMultipartUpload']);
  });

  test('of many conditional writes of one key exactly one succeeds', async () => {
    const put = (n: number): Promise<unknown> =>
      security.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'once', Body: String(n), IfNoneMatch: '*' }));

    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => put(n)));

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(put(99)).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  });

  test('a bucket from CloudFormation has its object lock', async () => {
    await deploy(security, 'vault', {
      Vault: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: 'bank-vault',
          ObjectLockEnabled: true,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } } },
        },
      },
    });

    const { ObjectLockConfiguration: found } = await security.s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'bank-vault' }));
    expect(found).toMatchObject({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } } });
  });
});

describe('SNS', () => {
  test('a topic with a key delivers to a queue what the filter policy lets through', async () => {
    const outputs = await deploy(
      security,
      'topic',
      { Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/bank' } } },
      { Topic: { Ref: 'Topic' } },
    );
    const TopicArn = outputs['Topic'] ?? '';
    const urls = await Promise.all(['high', 'all'].map((name) => createQueue(security, name)));
    const subscribe = (name: string, Attributes: Record<string, string>): Promise<unknown> =>
      security.sns.send(
        new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${REGION}:${SECURITY}:${name}`, Attributes }),
      );
    await subscribe('high', { FilterPolicy: JSON.stringify({ severity: ['high', 'critical'] }) });
    await subscribe('all', { RawMessageDelivery: 'true' });

    for (const severity of ['low', 'high']) {
      const MessageAttributes = { severity: { DataType: 'String', StringValue: severity } };
      await security.sns.send(new PublishCommand({ TopicArn, Subject: 'alert', Message: severity, MessageAttributes }));
    }

    const { Attributes } = await security.sns.send(new GetTopicAttributesCommand({ TopicArn }));
    expect(Attributes?.['KmsMasterKeyId']).toBe('alias/bank');
    const [high = [], all = []] = await Promise.all(urls.map((url) => drain(security, url)));
    expect(high.map(parse)).toEqual([
      expect.objectContaining({ Subject: 'alert', Message: 'high', MessageAttributes: { severity: { Type: 'String', Value: 'high' } } }),
    ]);
    expect(all).toEqual(['low', 'high']);
  });
});

describe('DynamoDB', () => {
  test('a table from CloudFormation has encryption, time to live and recovery, and a condition holds for one writer', async () => {
    await deploy(security, 'table', {
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'alerts',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: `arn:aws:kms:${REGION}:${SECURITY}:key/k` },
          TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      },
    });
    const { credentials } = security;
    const dynamodb = new DynamoDBClient({ endpoint: emulator.endpoint, region: REGION, credentials });
    const put = (): Promise<unknown> =>
      dynamodb.send(
        new PutItemCommand({ TableName: 'alerts', Item: { id: { S: 'one' } }, ConditionExpression: 'attribute_not_exists(id)' }),
      );

    const results = await Promise.allSettled(Array.from({ length: 20 }, put));

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const name = { TableName: 'alerts' };
    const { Table } = await dynamodb.send(new DescribeTableCommand(name));
    expect(Table?.SSEDescription).toMatchObject({ Status: 'ENABLED', SSEType: 'KMS' });
    const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand(name));
    expect(TimeToLiveDescription).toEqual({ AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' });
    const { ContinuousBackupsDescription } = await dynamodb.send(new DescribeContinuousBackupsCommand(name));
    expect(ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
  });
});

describe('Kinesis', () => {
  test('a stream from CloudFormation has its encryption and capacity mode', async () => {
    const key = `arn:aws:kms:${REGION}:${SECURITY}:key/k`;
    const encryption = { StreamEncryption: { EncryptionType: 'KMS', KeyId: key } };
    await deploy(security, 'streams', {
      Hub: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'hub', StreamModeDetails: { StreamMode: 'ON_DEMAND' }, ...encryption } },
    });

    const { StreamDescriptionSummary: found } = await security.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: 'hub' }));
    expect(found).toMatchObject({ EncryptionType: 'KMS', KeyId: key, OpenShardCount: 2, StreamModeDetails: { StreamMode: 'ON_DEMAND' } });
  });
});

describe('many callers at once', () => {
  test('lose no record and no message', async () => {
    const python = join(await pythonEnvironment('emulator', () => undefined), 'python');

    const { stdout, stderr } = spawnSync(python, ['-B', 'test/integration/concurrency.py'], { encoding: 'utf8' });

    expect(stderr).toBe('');
    expect(parse(stdout)).toEqual({ records: 800, messages: 800 });
  });
});

describe('KMS', () => {
  test('a key can be used from another account by its ARN', async () => {
    const statement = { Effect: 'Allow', Principal: { AWS: WORKLOAD }, Action: 'kms:*', Resource: '*' };
    const outputs = await deploy(
      security,
      'key',
      { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [statement] } } } },
      { Key: { 'Fn::GetAtt': ['Key', 'Arn'] } },
    );

    const { Plaintext } = await workload.kms.send(new GenerateDataKeyCommand({ KeyId: outputs['Key'], KeySpec: 'AES_256' }));
    expect(Plaintext).toHaveLength(32);
  });
});

describe('Lambda', () => {
  test('a mapping of a self-managed Kafka topic is there as the API writes it, and goes when its stack has it no more', async () => {
    const trust = { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
    const reader = {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'topic-reader',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Code: { ZipFile: 'exports.handler = async () => null;' },
      },
    };
    const mapping = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: { Ref: 'Reader' },
        SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['127.0.0.1:9096'] } },
        SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
        SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: 'arn:aws:secretsmanager:us-east-1:111111111111:secret:s-Ab12Cd' }],
        Topics: ['app.log'],
        BatchSize: 10_000,
        MaximumRetryAttempts: 10_000,
      },
    };
    const resources = { Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trust } }, Reader: reader };
    await deploy(security, 'kafka-topic', { ...resources, Mapping: mapping });
    const lambda = new LambdaClient({ endpoint: emulator.endpoint, region: REGION, credentials: security.credentials });
    const mappings = async () => (await lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings;

    expect(await mappings()).toMatchObject([
      {
        State: 'Enabled',
        SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['127.0.0.1:9096'] } },
        SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
        Topics: ['app.log'],
        BatchSize: 10_000,
        MaximumRetryAttempts: 10_000,
      },
    ]);
    const TemplateBody = JSON.stringify({ Resources: resources });
    await security.cloudFormation.send(new UpdateStackCommand({ StackName: 'kafka-topic', TemplateBody }));
    expect(await mappings()).toEqual([]);
    lambda.destroy();
  });
});

describe('SQS', () => {
  test('a message that is never deleted goes to the dead-letter queue of the template', async () => {
    const outputs = await deploy(
      security,
      'queues',
      {
        Dead: { Type: 'AWS::SQS::Queue' },
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: {
            VisibilityTimeout: 0,
            RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
          },
        },
      },
      { Dead: { Ref: 'Dead' }, Queue: { Ref: 'Queue' } },
    );
    const [queue = '', dead = ''] = [outputs['Queue'], outputs['Dead']];
    await security.sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'poison' }));

    for (let n = 0; n < 3; n++) await security.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue }));

    expect(await drain(security, dead)).toEqual(['poison']);
  });
});

test('accounts do not see each other', async () => {
  await expect(workload.cloudFormation.send(new DescribeStacksCommand({ StackName: 'landing' }))).rejects.toThrow(/does not exist/);
});

import { readFileSync } from 'node:fs';
import { readEnvironment } from '../../shared/config.ts';
import type { JsonObject } from '../../shared/model.ts';
import { isObject, object, parseJson, text } from '../../shared/outcome.ts';
import { WORKERS } from '../../shared/replay/plan.ts';
import { bankWithDomain, bankWithEndpointInVpc, bankWithKafka } from './banks.ts';
import { at, compile, discard, list, ofType, statements, target, textsIn, type Compiled, type Resource } from './compile.ts';

/** Statements with a wildcard for an action or for all resources, each with the reason. A key policy's resource is always `*`: its key. */
const WILDCARDS: Readonly<Record<string, string>> = {
  'LandingKey/IamDecides': 'IAM of the account manages the key, as AWS recommends',
  'EvidenceKey/IamDecides': 'the same',
  'PseudonymKey/IamDecides': 'the same',
  'LogKey/IamDecides': 'the same',
  'StreamsKey/IamDecides': 'the same',
  'IndexKey/IamDecides': 'the same',
  'ServerlessDeploymentBucketPolicy/-': 'denies everything without TLS',
  'LandingBucketPolicy/TlsOnly': 'denies everything without TLS',
  'WafBucketPolicy/TlsOnly': 'denies everything without TLS',
  'BalancerBucketPolicy/TlsOnly': 'denies everything without TLS',
  'AccessLogsBucketPolicy/TlsOnly': 'denies everything without TLS',
  'VaultBucketPolicy/TlsOnly': 'denies everything without TLS',
  'ParkedBucketPolicy/TlsOnly': 'denies everything without TLS',
  'ReferenceBucketPolicy/TlsOnly': 'denies everything without TLS',
  'PeriodKeysBucketPolicy/TlsOnly': 'denies everything without TLS',
  'BackupVault/StayHere': 'a policy of the vault, which denies',
  'ObjectsQueuePolicy/TlsOnly': 'denies everything without TLS',
  'EventsQueuePolicy/TlsOnly': 'denies everything without TLS',
  'NotaryQueuePolicy/TlsOnly': 'denies everything without TLS',
  'HubDeadLettersPolicy/TlsOnly': 'denies everything without TLS',
  'IntakeDeadLettersPolicy/TlsOnly': 'denies everything without TLS',
  'ReplayQueuePolicy/TlsOnly': 'denies everything without TLS',
  'KafkaDeadLettersPolicy/TlsOnly': 'denies everything without TLS',
  'ProviderDeadLettersPolicy/TlsOnly': 'denies everything without TLS',
  'IngestObjectsRole/Trace': 'X-Ray has no resources',
  'IngestStreamRole/Trace': 'X-Ray has no resources',
  'IngestEventsRole/Trace': 'X-Ray has no resources',
  'IndexRole/Trace': 'X-Ray has no resources',
  'ReleaseDashhookRole/Trace': 'X-Ray has no resources',
  'DetectRole/Trace': 'X-Ray has no resources',
  'ProvisionRole/Trace': 'X-Ray has no resources',
  'NotarizeRole/Trace': 'X-Ray has no resources',
  'ReplayRole/Trace': 'X-Ray has no resources',
  'WatchRole/Trace': 'X-Ray has no resources',
  'LifecycleRole/Trace': 'X-Ray has no resources',
  'AlertsRole/Trace': 'X-Ray has no resources',
  'DigestRole/Trace': 'X-Ray has no resources',
  'AnomaliesRole/Trace': 'X-Ray has no resources',
  'CorrelateRole/Trace': 'X-Ray has no resources',
  'IntelRole/Trace': 'X-Ray has no resources',
  'IntelDashhuntRole/Trace': 'X-Ray has no resources',
  'CoverageRole/Trace': 'X-Ray has no resources',
  'CoverageRole/AskForMembers': 'Organizations has no resource for ListAccounts',
  'WatchRole/AskForPublicKeys': 'CloudTrail has no resource for ListPublicKeys',
  'IngestKafkaRole/Trace': 'X-Ray has no resources',
  'KafkaAccessPolicy/FindBrokers': 'MSK has no resource for GetBootstrapBrokers',
  'KafkaAccessPolicy/NetworkInterfaces': 'EC2 cannot bind these calls to one mapping’s interfaces',
  'KafkaAccessPolicy/NotFromTheCode': 'denies the same calls to our code',
  'SearchNetworkPolicy/NetworkInterfaces': 'EC2 cannot bind these calls to one function’s interfaces',
  'SearchNetworkPolicy/NotFromTheCode': 'denies the same calls to our code',
};

const INGEST = [
  'EVIDENCE_KEY_ARN',
  'HUB_STREAM',
  'PARKED_BUCKET',
  'PERIOD_KEYS_BUCKET',
  'PSEUDONYM_KEY_ARN',
  'REFERENCE_BUCKET',
  'VAULT_BUCKET',
];

/** What each function is told, beside the Powertools variables. */
const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  'ingest-objects': INGEST,
  'ingest-stream': INGEST,
  'ingest-events': INGEST,
  coverage: ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'HUB_STREAM', 'PARKED_BUCKET', 'VAULT_BUCKET'],
  index: ['OPENSEARCH_URL', 'PARKED_BUCKET'],
  detect: [
    'ALERT_TABLE',
    'ALERT_TOPIC_ARN',
    'EVIDENCE_KEY_ARN',
    'EVIDENCE_ROLES',
    'HUB_STREAM',
    'PARKED_BUCKET',
    'PERIOD_KEYS_BUCKET',
    'VAULT_BUCKET',
  ],
  provision: [
    'ANOMALIES_ROLE_ARN',
    'CORRELATE_ROLE_ARN',
    'DIGEST_ROLE_ARN',
    'INDEX_ROLE_ARN',
    'INTEL_HUNT_ROLE_ARN',
    'LIFECYCLE_ROLE_ARN',
    'OPENSEARCH_URL',
  ],
  notarize: ['LOG_KEY_ARN', 'LOG_TABLE', 'VAULT_BUCKET'],
  replay: INGEST,
  lifecycle: ['OPENSEARCH_URL', 'VAULT_BUCKET'],
  'release-hook': [],
  alerts: ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'DIGEST_FUNCTION', 'HUB_STREAM', 'VAULT_BUCKET'],
  digest: ['OPENSEARCH_URL'],
  anomalies: ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'HUB_STREAM', 'OPENSEARCH_URL', 'VAULT_BUCKET'],
  intel: ['REFERENCE_BUCKET'],
  'intel-hunt': ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'HUB_STREAM', 'OPENSEARCH_URL', 'REFERENCE_BUCKET', 'VAULT_BUCKET'],
  correlate: ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'HUB_STREAM', 'OPENSEARCH_URL', 'VAULT_BUCKET'],
  watch: ['ALERT_TABLE', 'ALERT_TOPIC_ARN', 'EVIDENCE_KEY_ARN', 'HUB_STREAM', 'PARKED_BUCKET', 'PERIOD_KEYS_BUCKET', 'VAULT_BUCKET'],
};
/** This bank gives access to OpenSearch by itself. */
const WITH_KAFKA: typeof ENVIRONMENT = {
  ...ENVIRONMENT,
  'ingest-kafka': ENVIRONMENT['ingest-stream'] ?? [],
  provision: ['OPENSEARCH_URL'],
};

/** Functions that talk to OpenSearch, in the order of the template. */
const SEARCHERS = ['Index', 'Provision', 'Lifecycle', 'Digest', 'Anomalies', 'IntelDashhunt', 'Correlate'];
const SEARCHING = SEARCHERS.map((name) => `${name}LambdaFunction`);

let demo: Compiled;
let vpc: Compiled;
let existing: Compiled;
let topics: Compiled;

beforeAll(async () => {
  [demo, vpc, existing, topics] = await Promise.all([
    compile({ parameters: { bank: 'demo' } }),
    compile({ parameters: { bank: 'vpc' }, banks: { vpc: bankWithDomain() } }),
    compile({ parameters: { bank: 'existing' }, banks: { existing: bankWithEndpointInVpc() } }),
    compile({ parameters: { bank: 'topics' }, banks: { topics: bankWithKafka() } }),
  ]);
}, 120_000);
afterAll(() => [demo, vpc, existing, topics].forEach(discard));

function named(compiled: Compiled, id: string): Resource {
  const found = compiled.resources.find((resource) => resource.id === id);
  if (found === undefined) throw new Error(`the template has no ${id}`);
  return found;
}

/** @returns the function behind the alias that a mapping calls. */
function calledBy(compiled: Compiled, { FunctionName: alias }: JsonObject): Resource {
  return named(compiled, target(named(compiled, target(alias) ?? '').properties['FunctionName']) ?? '');
}

/** @returns whether the value points to one of the template's own keys. */
function isKey(compiled: Compiled, value: unknown): boolean {
  return ofType(compiled, 'AWS::KMS::Key').some(({ id }) => id === target(value));
}

/** @returns the statements that allow an action, whatever to. */
function allowed(compiled: Compiled, action: string) {
  return statements(compiled).filter(({ effect, actions }) => effect === 'Allow' && actions.includes(action));
}

/** Name of the role that a statement is in, without the bank's. */
function roleOf(compiled: Compiled, statement: string): string {
  const { properties } = named(compiled, statement.split('/')[0] ?? '');
  return withoutBank(text(properties['RoleName']) ?? '');
}

/** Names of the roles that a denial leaves out, without the bank's. */
function excepted(compiled: Compiled, statement: string): readonly string[] {
  const condition = statements(compiled).find(({ name }) => name === statement)?.condition;
  return list(at(condition, 'ArnNotEquals', 'aws:PrincipalArn'))
    .map((arn) => withoutBank(String(arn).split('/')[1] ?? ''))
    .sort();
}

function withoutBank(name: string): string {
  return name.replace(/^strongroom-[a-z]+-/, '');
}

function sealersOf(environment: typeof ENVIRONMENT): readonly string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('ingest-'))
    .sort();
}

describe.each([
  ['demo', () => demo, ENVIRONMENT],
  ['a bank with a domain', () => vpc, ENVIRONMENT],
  ['a bank with an endpoint in a VPC', () => existing, ENVIRONMENT],
  ['a bank with Kafka clusters', () => topics, WITH_KAFKA],
])('%s', (_name, stack, environment) => {
  describe('triggers', () => {
    it('report failed items', () => {
      const mappings = ofType(stack(), 'AWS::Lambda::EventSourceMapping').filter(({ properties }) => properties['Topics'] === undefined);

      expect(mappings.length).toBeGreaterThan(5);
      expect(mappings.filter(({ properties }) => !list(properties['FunctionResponseTypes']).includes('ReportBatchItemFailures'))).toEqual(
        [],
      );
    });

    it('on streams try until shortly before the record expires, then leave a note', () => {
      const streams = ofType(stack(), 'AWS::Lambda::EventSourceMapping').filter(
        ({ properties }) => properties['StartingPosition'] !== undefined && properties['Topics'] === undefined,
      );

      expect(streams).toHaveLength(ofType(stack(), 'AWS::Kinesis::Stream').length + 1);
      for (const { properties } of streams) {
        const stream = named(stack(), target(properties['EventSourceArn']) ?? '');
        const retention = Number(stream.properties['RetentionPeriodHours']) * 3600;
        expect(properties['MaximumRetryAttempts']).toBe(-1);
        expect(retention - Number(properties['MaximumRecordAgeInSeconds'])).toBeGreaterThanOrEqual(86_400);
        expect(named(stack(), target(at(properties, 'DestinationConfig', 'OnFailure', 'Destination')) ?? '').type).toBe('AWS::SQS::Queue');
      }
    });

    it('on queues have dead letters and time for six tries of the function', () => {
      const queues = ofType(stack(), 'AWS::Lambda::EventSourceMapping').filter(
        ({ properties }) => properties['StartingPosition'] === undefined,
      );

      expect(queues).toHaveLength(4);
      for (const { properties } of queues) {
        const queue = named(stack(), target(properties['EventSourceArn']) ?? '');
        const timeout = Number(calledBy(stack(), properties).properties['Timeout']);
        expect(named(stack(), target(at(queue.properties, 'RedrivePolicy', 'deadLetterTargetArn')) ?? '').type).toBe('AWS::SQS::Queue');
        expect(Number(queue.properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(6 * timeout);
      }
    });
  });

  describe('rights', () => {
    it('have a wildcard only where it is listed with its reason', () => {
      const isKeyPolicy = (name: string): boolean => named(stack(), name.split('/')[0] ?? '').type === 'AWS::KMS::Key';
      const found = statements(stack()).filter(
        ({ name, actions, resources }) => actions.some((action) => action.includes('*')) || (resources.includes('*') && !isKeyPolicy(name)),
      );

      expect(found.map(({ name }) => name).filter((name) => WILDCARDS[name] === undefined)).toEqual([]);
    });

    it('to write evidence are those of the sealers, and nobody else has them', () => {
      const writers = allowed(stack(), 's3:PutObject').filter(({ resources }) =>
        resources.some((arn) => /-vault\/[a-z]+\/\*$/.test(String(arn))),
      );

      expect(writers.map(({ name }) => roleOf(stack(), name)).sort()).toEqual(sealersOf(environment));
      expect(excepted(stack(), 'VaultBucketPolicy/OnlySealersWrite')).toEqual(sealersOf(environment));
    });

    it('to decrypt with the evidence key are those that the key’s policy names, and nobody else has them', () => {
      const able = allowed(stack(), 'kms:Decrypt').filter(({ resources }) =>
        resources.some((resource) => target(resource) === 'EvidenceKey'),
      );
      const named = excepted(stack(), 'EvidenceKey/OnlyTheseOpen');

      const roles = new Set(able.map(({ name }) => roleOf(stack(), name)));
      expect([...roles].filter((role) => !named.includes(role))).toEqual([]);
      expect([...roles]).toEqual(expect.arrayContaining(['evidence-officer', 'evidence-reader', ...sealersOf(environment)]));
    });

    it('to hold and to erase are an officer’s', () => {
      const officers = ['evidence-officer'];
      const having = (action: string): readonly string[] =>
        [...new Set(allowed(stack(), action).map(({ name }) => roleOf(stack(), name)))].sort();

      expect(having('s3:DeleteObjectVersion')).toEqual(officers);
      expect(having('s3:PutObjectLegalHold')).toEqual([...officers, ...sealersOf(environment)]);
      expect(excepted(stack(), 'VaultBucketPolicy/OnlyOfficersHoldAndErase')).toEqual(officers);
      expect(excepted(stack(), 'PeriodKeysBucketPolicy/OnlyOfficersDestroy')).toEqual(officers);
      expect(excepted(stack(), 'PeriodKeysBucketPolicy/MadeOnce')).toEqual(officers);
    });

    it('to delete evidence are nobody’s', () => {
      const denied = statements(stack()).find(({ name }) => name === 'VaultBucketPolicy/NobodyDeletes');

      expect(denied).toMatchObject({ effect: 'Deny', condition: undefined });
      expect(denied?.actions).toEqual(
        expect.arrayContaining(['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention']),
      );
    });
  });

  describe('functions', () => {
    it('are told exactly what they need, in variables that shared/config.ts reads', () => {
      const read = new Set<string>();
      readEnvironment(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
      for (const { properties } of ofType(stack(), 'AWS::Lambda::Function')) {
        const name = (text(properties['FunctionName']) ?? '').replace(/^strongroom-[a-z]+-/, '');
        const variables = at(properties, 'Environment', 'Variables');
        const own = Object.keys(isObject(variables) ? variables : {}).filter((variable) => !variable.startsWith('POWERTOOLS_'));
        expect([name, own.sort()]).toEqual([name, environment[name]]);
        expect(own.filter((variable) => !read.has(variable))).toEqual([]);
        expect(at(variables, 'POWERTOOLS_SERVICE_NAME')).toBe(name);
        expect(at(variables, 'POWERTOOLS_METRICS_NAMESPACE')).toBe('Strongroom');
      }
    });

    it('run on Node 24 and ARM, traced, each with its own role and log group', () => {
      const functions = ofType(stack(), 'AWS::Lambda::Function');

      expect(functions).toHaveLength(Object.keys(environment).length);
      for (const { properties } of functions) {
        expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } });
      }
      expect(new Set(functions.map(({ properties }) => target(properties['Role']))).size).toBe(functions.length);
      expect(ofType(stack(), 'AWS::Logs::LogGroup').every(({ properties }) => Number(properties['RetentionInDays']) === 365)).toBe(true);
    });
  });

  describe('alarms', () => {
    it('watch every dead-letter queue, every function and every stream consumer, and reach the operations topic', () => {
      const alarms = ofType(stack(), 'AWS::CloudWatch::Alarm');
      const on = (metric: string, dimension: string): readonly unknown[] =>
        alarms
          .filter(({ properties }) => properties['MetricName'] === metric && at(properties, 'Dimensions', 0, 'Name') === dimension)
          .map(({ properties }) => at(properties, 'Dimensions', 0, 'Value'))
          .sort();
      const deadLetters = ofType(stack(), 'AWS::SQS::Queue').map(({ properties }) => text(properties['QueueName']) ?? '');
      const functions = ofType(stack(), 'AWS::Lambda::Function').map(({ properties }) => properties['FunctionName']);

      expect(on('ApproximateNumberOfMessagesVisible', 'QueueName')).toEqual(deadLetters.filter((name) => name.endsWith('-dlq')).sort());
      expect(on('Errors', 'FunctionName')).toEqual(functions.sort());
      expect(on('IteratorAge', 'FunctionName')).toHaveLength(3);
      const topic = text(named(stack(), 'OperationsTopic').properties['TopicName']);
      for (const { properties } of alarms)
        expect(properties['AlarmActions']).toEqual([expect.stringMatching(new RegExp(`:${topic ?? '-'}$`))]);
    });
  });

  it('names in written-out ARNs exist', () => {
    const names = new Set(
      stack().resources.flatMap(({ properties }) =>
        ['QueueName', 'FunctionName', 'Name', 'BucketName', 'TopicName', 'TableName', 'RoleName', 'DestinationName', 'DomainName'].map(
          (key) => text(properties[key]),
        ),
      ),
    );
    const prefix = text(named(stack(), 'Bus').properties['Name']) ?? '';
    const own = textsIn(
      stack()
        .resources.map(({ properties }) => properties)
        .concat(),
    )
      .filter((value) => /^arn:aws:(s3|sqs|sns|kinesis|dynamodb|lambda|iam|events):/.test(value) && value.includes(`${prefix}-`))
      .map((arn) =>
        arn
          .replace(/^arn:aws:[a-z0-9]+:[^:]*:[^:]*:/, '')
          .replace(/^(stream|table|role|function:|rule\/[^/]+(?=\/)|rule|event-bus)[/:]?/, '')
          .replace(/\/.*$|:live$/, ''),
      )
      .filter((name) => !name.includes('*'));

    expect(own.length).toBeGreaterThan(50);
    expect([...new Set(own.filter((name) => !names.has(name)))]).toEqual([]);
  });
});

describe('Kafka', () => {
  const mappings = (): readonly Resource[] =>
    ofType(topics, 'AWS::Lambda::EventSourceMapping').filter(({ properties }) => properties['Topics'] !== undefined);

  it('is not there where the bank’s file names no cluster that AWS can reach', () => {
    expect(demo.resources.filter(({ id }) => id.includes('afka'))).toEqual([]);
  });

  it('has a mapping per topic, with a consumer group of its own', () => {
    const groups = mappings().map(
      ({ properties }) =>
        at(properties, 'AmazonManagedKafkaEventSourceConfig', 'ConsumerGroupId') ??
        at(properties, 'SelfManagedKafkaEventSourceConfig', 'ConsumerGroupId'),
    );

    expect(mappings().map(({ properties }) => at(properties, 'Topics', 0))).toEqual(['app.log', 'app-log', 'trades', 'trail']);
    expect(groups).toEqual(['strongroom-topics-app.log', 'strongroom-topics-app-log', 'strongroom-topics-trades', 'security-trail']);
  });

  it('is read from the oldest record on, tried for days, and never given up without a note', () => {
    for (const { properties } of mappings()) {
      expect(properties).toMatchObject({ StartingPosition: 'TRIM_HORIZON', MaximumRetryAttempts: 10_000 });
      // Retries can be set for provisioned pollers only.
      expect(at(properties, 'ProvisionedPollerConfig', 'MinimumPollers')).toBe(1);
      expect(named(topics, target(at(properties, 'DestinationConfig', 'OnFailure', 'Destination')) ?? '').type).toBe('AWS::SQS::Queue');
      expect(properties['FunctionResponseTypes']).toBeUndefined();
    }
  });

  it('is reached as each cluster asks', () => {
    const [serverless, , shared, own] = mappings().map(({ properties }) => properties);

    expect(serverless).toMatchObject({ EventSourceArn: expect.stringMatching(/:cluster\/payments\//) as unknown });
    expect(serverless?.['SourceAccessConfigurations']).toBeUndefined();
    expect(shared).toMatchObject({
      EventSourceArn: expect.stringMatching(/:vpc-connection\/222222222222\/trading\//) as unknown,
      SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: expect.stringMatching(/:222222222222:secret:/) as unknown }],
    });
    expect(own).toMatchObject({
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['b-1.kafka.bank.example:9096', 'b-2.kafka.bank.example:9096'] } },
      SourceAccessConfigurations: [
        { Type: 'CLIENT_CERTIFICATE_TLS_AUTH' },
        { Type: 'SERVER_ROOT_CA_CERTIFICATE' },
        { Type: 'VPC_SUBNET', URI: 'subnet:subnet-0aaa1111' },
        { Type: 'VPC_SUBNET', URI: 'subnet:subnet-0bbb2222' },
        { Type: 'VPC_SECURITY_GROUP', URI: 'security_group:sg-0ddd4444' },
      ],
    });
  });

  it('is read with rights to these clusters, topics, groups and secrets, which are there before the mappings', () => {
    const rights = statements(topics).filter(({ name }) => name.startsWith('KafkaAccessPolicy/'));
    const resources: Readonly<Record<string, readonly unknown[]>> = Object.fromEntries(
      rights.map(({ name, resources: arns }) => [name.split('/')[1] ?? '', arns]),
    );
    const kafka = 'arn:aws:kafka:eu-central-1';
    const id = '0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-s2';

    expect(resources).toMatchObject({
      SeeClusters: [`${kafka}:111111111111:cluster/payments/${id}`, `${kafka}:222222222222:cluster/trading/*`],
      SeeConnections: [expect.stringContaining(':vpc-connection/') as unknown],
      FindUsers: [`${kafka}:222222222222:cluster/trading/*`],
      Connect: [`${kafka}:111111111111:cluster/payments/${id}`],
      ReadTopics: ['app.log', 'app-log'].map((topic) => `${kafka}:111111111111:topic/payments/${id}/${topic}`),
      KeepThePlace: ['app.log', 'app-log'].map((topic) => `${kafka}:111111111111:group/payments/${id}/strongroom-topics-${topic}`),
      OpenCredentials: ['arn:aws:kms:eu-central-1:222222222222:key/*', 'arn:aws:kms:eu-central-1:111111111111:key/*'],
    });
    expect(list(resources['ReadCredentials'])).toHaveLength(3);
    expect(list(rights.find(({ name }) => name.endsWith('/OpenCredentials'))?.condition)).toMatchObject([
      { StringEquals: { 'kms:EncryptionContext:SecretARN': resources['ReadCredentials'] } },
    ]);
    const template = object(parseJson(readFileSync(topics.file, 'utf8')));
    for (const mapping of mappings()) expect(at(template, 'Resources', mapping.id, 'DependsOn')).toEqual(['KafkaAccessPolicy']);
  });

  it('on this machine is there where a parameter says so, and without rights that it does not need', async () => {
    const local = await compile({ parameters: { bank: 'demo', kafkaServers: '127.0.0.1:29092' } });
    try {
      const servers = ofType(local, 'AWS::Lambda::EventSourceMapping').map(({ properties }) =>
        at(properties, 'SelfManagedEventSource', 'Endpoints', 'KafkaBootstrapServers', 0),
      );
      expect(servers.filter((server) => server !== undefined)).toEqual(['127.0.0.1:29092', '127.0.0.1:29092']);
      const rights = statements(local).filter(({ name }) => name.startsWith('KafkaAccessPolicy/'));
      expect(rights.map(({ name }) => name.split('/')[1])).toEqual(['ReadCredentials', 'OpenCredentials']);
    } finally {
      discard(local);
    }
  }, 60_000);
});

describe('streams of the bank’s own', () => {
  it('let the account write that the bank names, the key too, and no other', () => {
    const [policy, ...others] = ofType(topics, 'AWS::Kinesis::ResourcePolicy');
    const key = list(at(named(topics, 'StreamsKey').properties, 'KeyPolicy', 'Statement')).find(
      (statement) => at(statement, 'Sid') === 'ProducersFillTheirStreams',
    );

    expect(others).toEqual([]);
    expect(target(policy?.properties['ResourceArn'])).toBe('RealTimeStream');
    expect(at(policy?.properties, 'ResourcePolicy', 'Statement', 0)).toMatchObject({
      Principal: { AWS: 'arn:aws:iam::333333333333:root' },
      Resource: 'arn:aws:kinesis:eu-central-1:111111111111:stream/strongroom-topics-real-time',
    });
    expect(key).toMatchObject({
      Principal: { AWS: ['arn:aws:iam::111111111111:root', 'arn:aws:iam::333333333333:root'] },
      Condition: {
        StringEquals: {
          'kms:EncryptionContext:aws:kinesis:arn': ['real-time', 'own'].map(
            (name) => `arn:aws:kinesis:eu-central-1:111111111111:stream/strongroom-topics-${name}`,
          ),
        },
      },
    });
  });

  it('are read by ingest-stream', () => {
    const functions = ofType(topics, 'AWS::Lambda::EventSourceMapping')
      .filter(({ properties }) => ['RealTimeStream', 'OwnStream'].includes(target(properties['EventSourceArn']) ?? ''))
      .map(({ properties }) => target(properties['FunctionName']));

    expect(functions).toEqual(['IngestDashstreamLiveAlias', 'IngestDashstreamLiveAlias']);
  });
});

describe('replays', () => {
  it('keep their rate: as many invocations at once as their chunks are paced for, a chunk each', () => {
    const mapping = ofType(demo, 'AWS::Lambda::EventSourceMapping').find(
      ({ properties }) => target(properties['EventSourceArn']) === 'ReplayQueue',
    );

    expect(mapping?.properties).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: WORKERS } });
  });
});

describe('alerts', () => {
  it('are told to those of the bank’s file, each by his own conditions', () => {
    const found = ofType(topics, 'AWS::SNS::Subscription').map(({ properties }) => properties);

    expect(found).toContainEqual({ TopicArn: { Ref: 'AlertTopic' }, Protocol: 'email', Endpoint: 'all@bank.example' });
    expect(found).toContainEqual({
      TopicArn: { Ref: 'AlertTopic' },
      Protocol: 'email',
      Endpoint: 'payments@bank.example',
      FilterPolicyScope: 'MessageAttributes',
      FilterPolicy: { severity: ['high', 'critical'], account: ['222222222222'], action: ['create', 'update'] },
    });
  });

  it('are published by those alone that find something', () => {
    const publishers = allowed(demo, 'sns:Publish')
      .filter(({ resources }) => resources.some((arn) => String(arn).endsWith('-alerts')))
      .map(({ name }) => roleOf(demo, name));

    expect(excepted(demo, 'AlertTopicPolicy/OnlyTheseAlert')).toEqual([...new Set(publishers)].sort());
  });

  it('are copied where the bank’s file says so, and nowhere else', () => {
    expect(allowed(demo, 'events:PutEvents').filter(({ name }) => name.startsWith('AlertCopiesPolicy'))).toEqual([]);
    const [buses, hub] = ['events:PutEvents', 'securityhub:BatchImportFindings'].map((action) =>
      allowed(topics, action).filter(({ name }) => name.startsWith('AlertCopiesPolicy/')),
    );
    expect(buses?.[0]?.resources).toEqual([
      'arn:aws:events:eu-central-1:111111111111:event-bus/ticketing',
      'arn:aws:events:eu-central-1:444444444444:event-bus/central',
    ]);
    expect(hub?.[0]?.resources).toEqual([
      'arn:aws:securityhub:eu-central-1:111111111111:product/111111111111/default',
      'arn:aws:securityhub:eu-central-1:111111111111:hub/default',
    ]);
  });

  it('are answered by requests alone, each under the name of who asks', () => {
    const writing = allowed(demo, 'dynamodb:PutItem').find(({ name }) => name === 'ResponderRole/AskForChanges');

    expect(writing?.condition).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [{ 'Fn::Join': ['', ['change/$', '{aws:userid}/*']] }] },
      Null: { 'dynamodb:LeadingKeys': false },
    });
  });
});

describe('the vault', () => {
  it('deletes and moves each retention class by its own days', () => {
    const rules = (compiled: Compiled): readonly unknown[] =>
      list(at(named(compiled, 'VaultBucket').properties, 'LifecycleConfiguration', 'Rules'));

    expect(rules(demo)).toContainEqual({
      Id: 'evidence-standard',
      Status: 'Enabled',
      TagFilters: [{ Key: 'class', Value: 'standard' }],
      ExpirationInDays: 365,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 90 }],
    });
    expect(rules(existing).filter((rule) => at(rule, 'ExpirationInDays') !== undefined)).toEqual([
      expect.objectContaining({ Id: 'evidence-standard', ExpirationInDays: 365 }),
      expect.objectContaining({
        TagFilters: [{ Key: 'class', Value: 'trail' }],
        ExpirationInDays: 3650,
        Transitions: [
          { StorageClass: 'GLACIER_IR', TransitionInDays: 400 },
          { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 800 },
        ],
      }),
    ]);
    const bound = statements(existing).find(({ name }) => name === 'VaultBucketPolicy/NotLongerThanPromised')?.condition;
    expect(at(bound, 'NumericGreaterThan', 's3:object-lock-remaining-retention-days')).toBe(3651);
  });

  it('locks what came without a lock, as the bank’s file says', () => {
    expect(named(demo, 'VaultBucket').properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } } },
    });
  });
});

describe('OpenSearch', () => {
  it('of our own is closed: VPC, TLS, encryption, IAM master, audit log', () => {
    const [domain] = ofType(vpc, 'AWS::OpenSearchService::Domain');

    expect(domain?.properties).toMatchObject({
      VPCOptions: { SubnetIds: ['subnet-0aaa1111', 'subnet-0bbb2222', 'subnet-0ccc3333'], SecurityGroupIds: ['sg-0ddd4444'] },
      ClusterConfig: { ZoneAwarenessEnabled: true, ZoneAwarenessConfig: { AvailabilityZoneCount: 3 } },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: { EnforceHTTPS: true, TLSSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
      AdvancedSecurityOptions: { Enabled: true, InternalUserDatabaseEnabled: false },
      LogPublishingOptions: { AUDIT_LOGS: { Enabled: true } },
    });
    expect(isKey(vpc, at(domain?.properties, 'EncryptionAtRestOptions', 'KmsKeyId'))).toBe(true);
  });

  it('puts the functions that talk to it into its VPC, and no others', () => {
    const inVpc = (compiled: Compiled): readonly string[] =>
      ofType(compiled, 'AWS::Lambda::Function')
        .filter(({ properties }) => properties['VpcConfig'] !== undefined)
        .map(({ id }) => id);

    expect(inVpc(vpc)).toEqual(SEARCHING);
    expect(inVpc(existing)).toEqual(SEARCHING);
    expect(inVpc(demo)).toEqual([]);
    for (const compiled of [demo, existing]) expect(ofType(compiled, 'AWS::OpenSearchService::Domain')).toEqual([]);
  });

  it('inside a VPC is reached from the subnets that the bank names, with the right to network interfaces before the function is made', () => {
    for (const id of SEARCHING) {
      expect(named(existing, id).properties['VpcConfig']).toEqual({
        SubnetIds: ['subnet-0aaa1111', 'subnet-0bbb2222'],
        SecurityGroupIds: ['sg-0ddd4444'],
      });
    }
    for (const compiled of [vpc, existing]) {
      expect(named(compiled, 'SearchNetworkPolicy').properties['Roles']).toEqual(SEARCHERS.map((name) => ({ Ref: `${name}Role` })));
      const template = object(parseJson(readFileSync(compiled.file, 'utf8')));
      for (const id of SEARCHING) expect(at(template, 'Resources', id, 'DependsOn')).toContain('SearchNetworkPolicy');
    }
    expect(demo.resources.map(({ id }) => id)).not.toContain('SearchNetworkPolicy');
  });

  it('lets provision give the roles that are ours by their name, and the audit log, where access is ours to give', () => {
    const api = 'arn:aws:es:eu-central-1:111111111111:domain/strongroom-vpc/_plugins/_security/api';
    const security = [
      ...['roles', 'rolesmapping', 'tenants', 'audit'].map((list) => `${api}/${list}`),
      ...['roles/strongroom-*', 'rolesmapping/strongroom-*', 'tenants/strongroom-*', 'audit/config'].map((own) => `${api}/${own}`),
    ];
    const toSecurity = (compiled: Compiled): readonly (readonly unknown[])[] =>
      statements(compiled)
        .map(({ name, actions, resources }) => [name, actions, resources.filter((arn) => String(arn).includes('_security'))] as const)
        .filter(([, , resources]) => resources.length > 0);

    expect(toSecurity(vpc)).toEqual([
      ['SearchDomain/GiveAccess', ['es:ESHttpGet', 'es:ESHttpPut', 'es:ESHttpDelete'], security],
      ['SearchAccessPolicy/GiveAccess', ['es:ESHttpGet', 'es:ESHttpPut', 'es:ESHttpDelete'], security],
    ]);
    for (const compiled of [demo, vpc, existing]) {
      expect(named(compiled, 'SearchAccessPolicy').properties['RoleName']).toEqual({ Ref: 'ProvisionRole' });
      expect(at(named(compiled, 'ProvisionLambdaFunction').properties, 'Environment', 'Variables', 'INDEX_ROLE_ARN')).toEqual({
        'Fn::GetAtt': ['IndexRole', 'Arn'],
      });
    }
    // Its bank gives access by itself.
    expect(toSecurity(topics)).toEqual([]);
    expect(at(named(topics, 'ProvisionLambdaFunction').properties, 'Environment', 'Variables', 'INDEX_ROLE_ARN')).toBeUndefined();
  });

  it('of our own lets in those of the bank’s file whom IAM knows, and nobody without a name', () => {
    const policy = at(named(vpc, 'SearchDomain').properties, 'AccessPolicies', 'Statement');
    const principals = list(policy).map((statement) => [at(statement, 'Sid'), at(statement, 'Principal', 'AWS')]);

    expect(
      principals.filter(([, principal]) => !/LifecycleRole|AnomaliesRole|CorrelateRole|IntelDashhuntRole/.test(JSON.stringify(principal))),
    ).toEqual([
      ...['Index', 'SeePeriods', 'MakeStores', 'SeeTemplates'].map((sid) => [sid, { 'Fn::GetAtt': ['IndexRole', 'Arn'] }]),
      ['CountFindings', { 'Fn::GetAtt': ['DigestRole', 'Arn'] }],
      ['Provision', { 'Fn::GetAtt': ['ProvisionRole', 'Arn'] }],
      ['KeepDetectors', { 'Fn::GetAtt': ['ProvisionRole', 'Arn'] }],
      ['GiveAccess', { 'Fn::GetAtt': ['ProvisionRole', 'Arn'] }],
      ['Dashboards', ['arn:aws:iam::111111111111:role/platform-on-call']],
      ['People', ['arn:aws:iam::111111111111:role/platform-on-call']],
    ]);
  });

  it('publishes its audit log to a log group of its own that only this domain may write to', () => {
    const [domain] = ofType(vpc, 'AWS::OpenSearchService::Domain');
    expect(at(domain?.properties, 'LogPublishingOptions', 'AUDIT_LOGS')).toEqual({
      Enabled: true,
      CloudWatchLogsLogGroupArn: { 'Fn::GetAtt': ['SearchAuditLogs', 'Arn'] },
    });
    expect(named(vpc, 'SearchAuditLogs').properties['LogGroupName']).toBe('/aws/opensearch/strongroom-vpc/audit');
    const document = object(parseJson(text(named(vpc, 'SearchLogsPolicy').properties['PolicyDocument']) ?? ''));
    expect(document).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'es.amazonaws.com' },
          Resource: 'arn:aws:logs:eu-central-1:111111111111:log-group:/aws/opensearch/strongroom-vpc/*',
          Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:es:eu-central-1:111111111111:domain/strongroom-vpc' } },
        },
      ],
    });
  });
});

it('every reason for a wildcard is still needed', () => {
  const names = new Set([...statements(demo), ...statements(vpc), ...statements(topics)].map(({ name }) => name));

  expect(Object.keys(WILDCARDS).filter((name) => !names.has(name))).toEqual([]);
});

describe('the log of evidence', () => {
  const notary = ['notarize'];

  it('gets every object of the vault but its own, and no other bucket speaks to it', () => {
    const queues = list(at(named(demo, 'VaultBucket').properties, 'NotificationConfiguration', 'QueueConfigurations'));

    expect(
      queues.map((queue) => [at(queue, 'Event'), target(at(queue, 'Queue')), at(queue, 'Filter', 'S3Key', 'Rules', 0, 'Value')]),
    ).toEqual([
      ['s3:ObjectCreated:*', 'NotaryQueue', 'demo/'],
      ['s3:ObjectCreated:*', 'NotaryQueue', '_statements/'],
    ]);
    const sender = statements(demo).find(({ name }) => name === 'NotaryQueuePolicy/TheVaultNotifies');
    expect(at(sender?.condition, 'ArnEquals', 'aws:SourceArn')).toBe(
      `arn:aws:s3:::${text(named(demo, 'VaultBucket').properties['BucketName']) ?? ''}`,
    );
    expect(at(statements(demo).find(({ name }) => name === 'StreamsKey/S3NotifiesItsQueues')?.condition, 'StringEquals')).toMatchObject({
      'kms:EncryptionContext:aws:sqs:arn': expect.arrayContaining([
        'arn:aws:sqs:eu-central-1:111111111111:strongroom-demo-notary',
      ]) as unknown,
    });
  });

  it('is written and signed by notarize alone, in one way', () => {
    const writers = allowed(demo, 's3:PutObject').filter(({ resources }) => resources.some((arn) => String(arn).includes('-vault/_log/')));
    const signers = allowed(demo, 'kms:Sign');

    expect(writers.map(({ name }) => roleOf(demo, name))).toEqual(notary);
    expect(excepted(demo, 'VaultBucketPolicy/OnlyTheNotaryLogs')).toEqual(notary);
    expect(signers.map(({ name }) => roleOf(demo, name))).toEqual(notary);
    expect(signers[0]?.condition).toEqual({ StringEquals: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'RAW' } });
    expect(excepted(demo, 'LogKey/OnlyTheNotarySigns')).toEqual(notary);
    expect(named(demo, 'LogKey').properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  });

  it('throttles nobody into the dead-letter queue: two writers at most, none reserved, and time for many tries', () => {
    const mapping = ofType(demo, 'AWS::Lambda::EventSourceMapping').find(
      ({ properties }) => target(properties['EventSourceArn']) === 'NotaryQueue',
    );
    const notarize = named(demo, 'NotarizeLambdaFunction').properties;

    expect(mapping?.properties).toMatchObject({ BatchSize: 1000, ScalingConfig: { MaximumConcurrency: 2 } });
    expect(notarize['ReservedConcurrentExecutions']).toBeUndefined();
    const queue = named(demo, 'NotaryQueue').properties;
    expect(Number(queue['VisibilityTimeout'])).toBe(
      6 * Number(notarize['Timeout']) + Number(mapping?.properties['MaximumBatchingWindowInSeconds']),
    );
    expect(at(queue, 'RedrivePolicy', 'maxReceiveCount')).toBe(10);
  });

  it('is signed though nothing comes any more', () => {
    const schedule = ofType(demo, 'AWS::Events::Rule').find(({ properties }) => properties['ScheduleExpression'] !== undefined);

    expect(schedule?.properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(at(schedule?.properties, 'Targets', 0, 'Input')).toBe('{"action":"publish"}');
  });
});

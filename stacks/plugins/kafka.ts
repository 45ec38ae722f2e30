// The Kafka clusters that the bank's file names: an event source mapping per topic, and what Lambda's pollers may do for it with the role of
// ingest-kafka. https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html and
// https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html
import type { BankConfig } from '../../shared/config.ts';
import type { KafkaCluster } from '../../shared/kafka-config.ts';
import { digest } from '../../shared/ids.ts';
import { consumerGroup, isLocal } from '../../shared/kafka.ts';
import { pascalCase, policy, type Resource, type Resources, type Statement } from './resources.ts';

export interface Kafka {
  /** Which of stacks/resources/kafka-*.yml is deployed. */
  readonly kind: 'none' | 'topics';
  readonly resources: Resources;
}

/**
 * A cluster on this machine is one of the local platform: it is deployed only where a parameter says at which address it listens.
 * @param servers `host:port`, joined by commas.
 */
export function withServers(bank: BankConfig, servers: string): BankConfig {
  const given = servers.split(',').filter((server) => server !== '');
  const clusters = (bank.kafka ?? []).flatMap((cluster) => {
    if (!isLocal(cluster)) return [cluster];
    return given.length === 0 ? [] : [{ ...cluster, bootstrap_servers: given }];
  });
  return bank.kafka === undefined ? bank : { ...bank, kafka: clusters };
}

export function kafkaOf(bank: BankConfig): Kafka {
  const clusters = bank.kafka ?? [];
  if (clusters.length === 0) return { kind: 'none', resources: {} };
  const statements = [...mskStatements(bank.bank, clusters), ...secretStatements(clusters), ...networkStatements(bank, clusters)];
  const access = statements.length === 0 ? {} : { KafkaAccessPolicy: accessPolicy(statements) };
  const mappings = clusters.flatMap((cluster) =>
    cluster.topics.map(({ name }) => [mappingId(cluster, name), mapping(bank.bank, cluster, name, Object.keys(access))] as const),
  );
  return { kind: 'topics', resources: { ...access, ...Object.fromEntries(mappings) } };
}

function isInVpc({ cluster_arn: arn, subnet_ids: subnets }: KafkaCluster): boolean {
  return arn !== undefined || subnets !== undefined;
}

/** Names of topics may differ in what CloudFormation does not take in an id. */
function mappingId({ name }: KafkaCluster, topic: string): string {
  const difference = digest(4, name, topic).replaceAll(/[^A-Za-z0-9]/g, '0');
  return `Kafka${pascalCase(name)}${pascalCase(topic)}${difference}Mapping`;
}

function mapping(bank: string, cluster: KafkaCluster, topic: string, dependencies: readonly string[]): Resource {
  const group = { ConsumerGroupId: consumerGroup(bank, cluster, topic) };
  const { cluster_arn: arn, bootstrap_servers: servers } = cluster;
  const access = sourceAccess(cluster);
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    ...(dependencies.length === 0 ? {} : { DependsOn: dependencies }),
    Properties: {
      FunctionName: { 'Fn::GetAtt': ['IngestDashkafkaLambdaFunction', 'Arn'] },
      ...(arn === undefined
        ? { SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: servers } }, SelfManagedKafkaEventSourceConfig: group }
        : { EventSourceArn: arn, AmazonManagedKafkaEventSourceConfig: group }),
      ...(access.length === 0 ? {} : { SourceAccessConfigurations: access }),
      Topics: [topic],
      StartingPosition: 'TRIM_HORIZON',
      // What a batch holds is bounded by Lambda's 6 MB; a batch is one piece of evidence per partition.
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 5,
      // Only provisioned pollers can be told how often to try. Without end and with a destination, Lambda would try ten times and give up:
      // 10,000 times last through an outage of days. https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
      ProvisionedPollerConfig: {
        MinimumPollers: 1,
        MaximumPollers: 10,
        // What pollers cost is shared in a group, which lies in one VPC.
        ...(isInVpc(cluster) ? { PollerGroupName: `strongroom-${bank}-${cluster.name}` } : {}),
      },
      MaximumRetryAttempts: 10_000,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['KafkaDeadLetters', 'Arn'] } } },
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_SourceAccessConfiguration.html */
function sourceAccess(cluster: KafkaCluster): readonly { readonly Type: string; readonly URI: string }[] {
  const { authentication, secret_arn: secret, ca_secret_arn: ca, subnet_ids: subnets = [], security_group_ids: groups = [] } = cluster;
  const method = { iam: undefined, none: undefined, scram: 'SASL_SCRAM_512_AUTH', tls: 'CLIENT_CERTIFICATE_TLS_AUTH' }[authentication];
  return [
    ...(method === undefined || secret === undefined ? [] : [{ Type: method, URI: secret }]),
    ...(ca === undefined ? [] : [{ Type: 'SERVER_ROOT_CA_CERTIFICATE', URI: ca }]),
    ...subnets.map((id) => ({ Type: 'VPC_SUBNET', URI: `subnet:${id}` })),
    ...groups.map((id) => ({ Type: 'VPC_SECURITY_GROUP', URI: `security_group:${id}` })),
  ];
}

const MSK_ARN = /^arn:aws:kafka:([^:]+):(\d+):(?:vpc-connection\/(\d+)|cluster)\/([^/]+)\/(.+)$/;

/** @returns what each statement is about, without those that are about nothing. */
function mskStatements(bank: string, clusters: readonly KafkaCluster[]): readonly Statement[] {
  const msk = clusters.filter(({ cluster_arn: arn }) => arn !== undefined);
  if (msk.length === 0) return [];
  const iam = msk.filter(({ authentication }) => authentication === 'iam');
  const scram = msk.filter(({ authentication }) => authentication === 'scram');
  const connections = msk.flatMap(({ cluster_arn: arn = '' }) => (arn.includes(':vpc-connection/') ? [arn] : []));
  const topics = iam.flatMap((cluster) => cluster.topics.map(({ name }) => `${scoped(cluster, 'topic')}/${name}`));
  const groups = iam.flatMap((cluster) =>
    cluster.topics.map(({ name }) => `${scoped(cluster, 'group')}/${consumerGroup(bank, cluster, name)}`),
  );
  return [
    // MSK has no resource for it.
    allow('FindBrokers', ['kafka:GetBootstrapBrokers'], ['*']),
    allow('SeeClusters', ['kafka:DescribeClusterV2'], msk.map(clusterOf)),
    allow('SeeConnections', ['kafka:DescribeVpcConnection'], connections),
    allow('FindUsers', ['kafka:ListScramSecrets'], scram.map(clusterOf)),
    allow('Connect', ['kafka-cluster:Connect', 'kafka-cluster:DescribeClusterDynamicConfiguration'], iam.map(clusterOf)),
    allow('ReadTopics', ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], topics),
    allow('KeepThePlace', ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'], groups),
  ].filter(({ Resource }) => Resource.length > 0);
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): Statement {
  return { Sid, Effect: 'Allow', Action, Resource };
}

function clusterOf(cluster: KafkaCluster): string {
  return scoped(cluster, 'cluster');
}

/** ARN of the cluster, or the beginning of its topics' or groups'. A connection from another account does not tell the cluster's last part. */
function scoped({ cluster_arn: arn = '' }: KafkaCluster, kind: 'cluster' | 'topic' | 'group'): string {
  const [, region = '', owner = '', clusterOwner, name = '', id = ''] = MSK_ARN.exec(arn) ?? [];
  return `arn:aws:kafka:${region}:${clusterOwner ?? owner}:${kind}/${name}/${clusterOwner === undefined ? id : '*'}`;
}

function secretStatements(clusters: readonly KafkaCluster[]): readonly Statement[] {
  const secrets = [...new Set(clusters.flatMap(({ secret_arn: own, ca_secret_arn: ca }) => [own, ca]))].filter((arn) => arn !== undefined);
  if (secrets.length === 0) return [];
  const places = secrets.map((arn) => arn.split(':').slice(3, 5));
  return [
    allow('ReadCredentials', ['secretsmanager:GetSecretValue'], secrets),
    // Which key a secret is under is its owner's choice; MSK demands one of the customer's.
    {
      ...allow(
        'OpenCredentials',
        ['kms:Decrypt'],
        [...new Set(places.map(([region, account]) => `arn:aws:kms:${region ?? ''}:${account ?? ''}:key/*`))],
      ),
      Condition: {
        StringEquals: {
          'kms:EncryptionContext:SecretARN': secrets,
          'kms:ViaService': [...new Set(places.map(([region]) => `secretsmanager.${region ?? ''}.amazonaws.com`))],
        },
      },
    },
  ];
}

const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];

/** Pollers lie in the VPC of the brokers. As stacks/resources/opensearch-external-vpc.yml: EC2 cannot bind these calls, our code never makes them. */
function networkStatements(bank: BankConfig, clusters: readonly KafkaCluster[]): readonly Statement[] {
  if (!clusters.some(isInVpc)) return [];
  const code = `arn:aws:lambda:${bank.region}:${bank.security_account}:function:strongroom-${bank.bank}-ingest-kafka`;
  return [
    { Sid: 'NetworkInterfaces', Effect: 'Allow', Action: NETWORK, Resource: '*' },
    {
      Sid: 'NotFromTheCode',
      Effect: 'Deny',
      Action: NETWORK,
      Resource: '*',
      Condition: { ArnEquals: { 'lambda:SourceFunctionArn': code } },
    },
  ];
}

function accessPolicy(statements: readonly Statement[]): Resource {
  const comment = 'EC2 cannot bind these calls to the interfaces of one mapping; the last statement keeps our code from them.';
  return {
    Type: 'AWS::IAM::RolePolicy',
    Metadata: { checkov: { skip: [{ id: 'CKV_AWS_111', comment }] } },
    Properties: { RoleName: { Ref: 'IngestKafkaRole' }, PolicyName: 'clusters', PolicyDocument: policy(statements) },
  };
}

// functions/coverage over two emulated accounts that log nothing yet. Hub, alert table and topic are fakes that the unit tests use too.
import {
  PutDeliveryChannelCommand,
  PutConfigurationRecorderCommand,
  StartConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { CreateLogGroupCommand, DescribeSubscriptionFiltersCommand, PutDestinationCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateSubnetCommand, CreateVpcCommand, DeleteFlowLogsCommand, DescribeFlowLogsCommand } from '@aws-sdk/client-ec2';
import { CreateLoadBalancerCommand, DescribeLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateDetectorCommand } from '@aws-sdk/client-guardduty';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis';
import { CreateDBInstanceCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { CreateWebACLCommand, GetLoggingConfigurationCommand } from '@aws-sdk/client-wafv2';
import { closeAccount, openAccount, type Account } from '../../local/accounts.ts';
import { startEmulator, type Emulator } from '../../local/emulator.ts';
import { coverOnce, type Covered, type CoverageDeps } from '../../shared/coverage/coverage.ts';
import { entrance } from '../../shared/coverage/enter.ts';
import type { Clients } from '../../shared/coverage/gap.ts';
import { decodeBatch } from '../../shared/hub/batch.ts';
import { fromDocument } from '../../shared/hub/document.ts';
import { startAlertTable, type FakeAlertTable } from '../fakes/alert-table.ts';
import { startKinesis, type FakeKinesis } from '../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../fakes/sns.ts';
import { validateEvent } from '../ocsf.ts';
import { BANK as SMALL } from '../unit/alert/findings.ts';

const [PAYMENTS, TRADING] = ['222222222222', '333333333333'];
const BANK = {
  ...SMALL,
  accounts: [
    { id: PAYMENTS, name: 'payments-prod', log_groups: ['/app/payments'] },
    { id: TRADING, name: 'trading-prod' },
  ],
};
const BUCKETS = 'strongroom-demo-111111111111-eu-central-1';
const [LANDING, BALANCERS, PARKED] = [`${BUCKETS}-landing-kms`, `${BUCKETS}-landing-sse-s3`, `${BUCKETS}-parked`];
const HOUR = 3_600_000;

let emulator: Emulator;
let security: Account;
let sts: STSClient;
let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let deps: CoverageDeps;
let payments: Clients;
let now = Date.parse('2026-11-22T10:00:00Z');
let refused: readonly string[] = [];
const made = { vpc: '', balancer: '', acl: '' };

beforeAll(async () => {
  [emulator, table, kinesis, sns] = await Promise.all([
    startEmulator({ lambdaHost: 'http://127.0.0.1:9' }),
    startAlertTable(),
    startKinesis(),
    startSns(),
  ]);
  // As in a function: the clients of other accounts take it from the environment.
  process.env['AWS_ENDPOINT_URL'] = emulator.endpoint;
  security = await openAccount(emulator.endpoint, BANK.region, BANK.security_account);
  sts = new STSClient({ region: BANK.region, credentials: security.credentials });
  const enter = entrance(BANK, sts, 'coverage');
  payments = await enter(PAYMENTS);
  deps = {
    bank: BANK,
    state: { s3: security.s3, bucket: PARKED },
    // The emulator lets everybody assume every role.
    enter: (account) =>
      refused.includes(account)
        ? Promise.reject(
            Object.assign(new Error('not authorized to perform sts:AssumeRole'), {
              name: 'AccessDenied',
              $metadata: { httpStatusCode: 403 },
            }),
          )
        : enter(account),
    members: () => Promise.resolve(undefined),
    claims: { dynamo: table.client, table: 'claims' },
    sns: sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-alerts',
    hub: { kinesis: kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    log: { info: () => undefined, warn: () => undefined },
    metrics: {
      addDimensions: () => undefined,
      addMetric: () => undefined,
      publishStoredMetrics: () => undefined,
    } as unknown as CoverageDeps['metrics'],
    now: () => now,
  };
  await securityAccount();
  await paymentsAccount();
}, 120_000);

afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL'];
  for (const client of Object.values({ ...payments })) (client as { destroy(): void }).destroy();
  sts.destroy();
  closeAccount(security);
  await Promise.all([emulator.stop(), table.close(), kinesis.close(), sns.close()]);
}, 30_000);

/** What the security stack makes, as far as the accounts' services ask for it. */
async function securityAccount(): Promise<void> {
  const { s3, kinesis: streams, logs } = security;
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const;
  for (const Bucket of [LANDING, BALANCERS, PARKED]) await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await streams.send(new CreateStreamCommand({ StreamName: 'intake', ShardCount: 1 }));
  const targetArn = 'arn:aws:kinesis:eu-central-1:111111111111:stream/intake';
  await logs.send(
    new PutDestinationCommand({ destinationName: 'strongroom-demo-intake', targetArn, roleArn: 'arn:aws:iam::111111111111:role/logs' }),
  );
}

/** An account with one of each, none of which logs. */
async function paymentsAccount(): Promise<void> {
  const { ec2, balancers, waf, rds, logs } = payments;
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.20.0.0/16' }));
  const subnets = await Promise.all(
    ['a', 'b'].map(async (zone, at) => {
      const subnet = { VpcId: Vpc?.VpcId, CidrBlock: `10.20.${at}.0/24`, AvailabilityZone: `eu-central-1${zone}` };
      return (await ec2.send(new CreateSubnetCommand(subnet))).Subnet?.SubnetId ?? '';
    }),
  );
  const { LoadBalancers: [balancer] = [] } = await balancers.send(
    new CreateLoadBalancerCommand({ Name: 'front', Subnets: subnets, Type: 'application' }),
  );
  const { Summary } = await waf.send(
    new CreateWebACLCommand({
      Name: 'edge',
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'edge' },
    }),
  );
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'ledger',
      Engine: 'postgres',
      DBInstanceClass: 'db.t3.medium',
      AllocatedStorage: 20,
      MasterUsername: 'ledger',
      ManageMasterUserPassword: true,
    }),
  );
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/app/payments' }));
  Object.assign(made, { vpc: Vpc?.VpcId, balancer: balancer?.LoadBalancerArn, acl: Summary?.ARN });
}

/** A run one hour later. @returns what it counted, and the findings that it told: title, detail, whether people are called, whether it closes. */
async function cover(): Promise<{ readonly covered: Covered; readonly told: readonly string[] }> {
  now += HOUR;
  const before = kinesis.stored.length;
  const covered = await coverOnce(deps);
  const findings = kinesis.stored.slice(before).flatMap(({ data }) => {
    const batch = decodeBatch(data);
    return batch.kind === 'value' ? batch.value.documents.flatMap(({ json }) => fromDocument(json) ?? []) : [];
  });
  for (const finding of findings) validateEvent(finding);
  const told = findings.map((finding) => {
    const { account } = finding['cloud'] as { account: { uid: string } };
    const [{ data }] = finding['evidences'] as [{ data: string }];
    return `${finding.activity_id === 3 ? 'over' : finding['is_alert'] === true ? 'alert' : 'quiet'} ${account.uid}: ${data}`;
  });
  return { covered, told: told.sort() };
}

/** The details of a run, without what the emulator names by itself. */
function plain(told: readonly string[]): readonly string[] {
  return told.map((line) => line.replaceAll(/vpc-[0-9a-f]{8,}/g, (id) => (id === made.vpc ? 'the VPC' : 'the default VPC'))).toSorted();
}

test('what may be is switched on, as the platform reads it; the rest becomes findings', async () => {
  refused = [TRADING];
  const { covered, told } = await cover();

  expect(plain(told)).toEqual(
    [
      'alert 222222222222: ledger (postgres) does not export postgresql',
      'alert 222222222222: no configuration recorder in eu-central-1',
      'alert 222222222222: no detector in eu-central-1',
      'alert 333333333333: enter: AccessDenied: not authorized to perform sts:AssumeRole',
      'quiet 222222222222: /app/payments has no subscription to the intake; it was switched on',
      'quiet 222222222222: edge does not log; it was switched on',
      'quiet 222222222222: front: access_logs off, connection_logs off; it was switched on',
      'quiet 222222222222: the VPC has no flow log; it was switched on',
      'quiet 222222222222: the default VPC has no flow log; it was switched on',
    ].sort(),
  );
  expect(covered).toEqual({ accounts: 2, missing: 4, switchedOn: 5, findings: 9, alerts: 4 });

  const { ec2, balancers, waf, logs } = payments;
  const { FlowLogs = [] } = await ec2.send(new DescribeFlowLogsCommand({ Filter: [{ Name: 'resource-id', Values: [made.vpc] }] }));
  expect(FlowLogs).toMatchObject([{ LogDestination: `arn:aws:s3:::${LANDING}`, TrafficType: 'ALL', MaxAggregationInterval: 60 }]);
  expect(FlowLogs[0]?.LogFormat).toMatch(/^\$\{version\} \$\{account-id\} .* \$\{flow-direction\} \$\{traffic-path\}$/);
  const { Attributes = [] } = await balancers.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: made.balancer }));
  const attributes = Object.fromEntries(Attributes.map(({ Key = '', Value }) => [Key, Value]));
  expect(attributes).toMatchObject({
    'access_logs.s3.enabled': 'true',
    'access_logs.s3.bucket': BALANCERS,
    'connection_logs.s3.bucket': BALANCERS,
  });
  const { LoggingConfiguration } = await waf.send(new GetLoggingConfigurationCommand({ ResourceArn: made.acl }));
  expect(LoggingConfiguration?.LogDestinationConfigs).toEqual(['arn:aws:s3:::aws-waf-logs-demo-111111111111-eu-central-1']);
  expect(LoggingConfiguration?.RedactedFields).toEqual([{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }]);
  const { subscriptionFilters = [] } = await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName: '/app/payments' }));
  expect(subscriptionFilters).toMatchObject([
    { filterPattern: '', destinationArn: 'arn:aws:logs:eu-central-1:111111111111:destination:strongroom-demo-intake' },
  ]);
}, 60_000);

test('the next run sees it on, changes nothing and closes what is over; an account that lets it in again is looked at', async () => {
  const { covered, told } = await cover();

  expect(covered).toMatchObject({ missing: 4, switchedOn: 0, alerts: 0 });
  expect(told.map((line) => line.slice(0, 4))).toEqual(Array.from({ length: 5 }, () => 'over'));
  expect((await payments.ec2.send(new DescribeFlowLogsCommand({}))).FlowLogs).toHaveLength(2);

  refused = [];
  const entered = await cover();
  expect(plain(entered.told)).toEqual([
    'alert 333333333333: no configuration recorder in eu-central-1',
    'alert 333333333333: no detector in eu-central-1',
    'over 333333333333: enter: AccessDenied: not authorized to perform sts:AssumeRole',
    'quiet 333333333333: the default VPC has no flow log; it was switched on',
  ]);
}, 60_000);

test('what others mend closes its finding, and a flow log that is deleted is made again', async () => {
  const { ec2, rds, config, guardDuty } = payments;
  await rds.send(
    new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'ledger', CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql'] } }),
  );
  await guardDuty.send(new CreateDetectorCommand({ Enable: true }));
  const roleARN = `arn:aws:iam::${PAYMENTS}:role/config`;
  await config.send(
    new PutConfigurationRecorderCommand({ ConfigurationRecorder: { name: 'r', roleARN, recordingGroup: { allSupported: true } } }),
  );
  await config.send(new PutDeliveryChannelCommand({ DeliveryChannel: { name: 'r', s3BucketName: LANDING } }));
  await config.send(new StartConfigurationRecorderCommand({ ConfigurationRecorderName: 'r' }));
  const { FlowLogs: [log] = [] } = await ec2.send(new DescribeFlowLogsCommand({ Filter: [{ Name: 'resource-id', Values: [made.vpc] }] }));
  await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: [log?.FlowLogId ?? ''] }));

  const { covered, told } = await cover();

  expect(plain(told)).toEqual([
    'over 222222222222: ledger (postgres) does not export postgresql',
    'over 222222222222: no configuration recorder in eu-central-1',
    'over 222222222222: no detector in eu-central-1',
    'over 333333333333: the default VPC has no flow log; it was switched on',
    'quiet 222222222222: the VPC has no flow log; it was switched on',
  ]);
  expect(covered).toMatchObject({ missing: 2, switchedOn: 1, alerts: 0 });
}, 60_000);

test('a bank that wants to be told only is', async () => {
  deps = { ...deps, bank: { ...BANK, coverage: { switch_on: false } } };
  await payments.ec2.send(new CreateVpcCommand({ CidrBlock: '10.30.0.0/16' }));

  const { covered, told } = await cover();

  expect(told.filter((line) => line.startsWith('alert'))).toHaveLength(1);
  expect(covered).toMatchObject({ missing: 3, switchedOn: 0 });
}, 60_000);

import { gapsOf as balancerGaps } from '../../../shared/coverage/balancers.ts';
import { gapsOfCluster, gapsOfInstance } from '../../../shared/coverage/databases.ts';
import { recorderGaps } from '../../../shared/coverage/detectors.ts';
import { hasRealTimeLog } from '../../../shared/coverage/distributions.ts';
import { destinationsOf, type Gap, type Place } from '../../../shared/coverage/gap.ts';
import { gapsOf as logGroupGaps } from '../../../shared/coverage/log-groups.ts';
import { gapsOf as vpcGaps } from '../../../shared/coverage/vpcs.ts';
import { gapsOf as aclGaps } from '../../../shared/coverage/web-acls.ts';
import { BANK } from '../alert/findings.ts';

const ACCOUNT = '222222222222';
const LANDING = 'strongroom-demo-111111111111-eu-central-1-landing-kms';
const BALANCERS = 'strongroom-demo-111111111111-eu-central-1-landing-sse-s3';
const WAF = 'arn:aws:s3:::aws-waf-logs-demo-111111111111-eu-central-1';
const INTAKE = 'arn:aws:logs:eu-central-1:111111111111:destination:strongroom-demo-intake';

const place: Place = {
  bank: 'demo',
  account: ACCOUNT,
  region: 'eu-central-1',
  logGroups: ['/vpc/flow-logs'],
  isFirst: true,
  // Nothing here asks AWS.
  clients: {} as Place['clients'],
  to: destinationsOf(BANK),
};

/** Details, each with whether it can be switched on. */
function told(gaps: readonly Gap[]): readonly string[] {
  return gaps.map(({ kind, detail, switchOn }) => `${kind}: ${detail}${switchOn === undefined ? '' : ' (on)'}`);
}

describe('a VPC', () => {
  const vpc = { VpcId: 'vpc-1', OwnerId: ACCOUNT };
  const log = { FlowLogId: 'fl-1', ResourceId: 'vpc-1', TrafficType: 'ALL', LogDestination: `arn:aws:s3:::${LANDING}` } as const;

  it.each([
    ['to the landing bucket', log, []],
    ['below a prefix of it', { ...log, LogDestination: `arn:aws:s3:::${LANDING}/flows/` }, []],
    ['to a log group that is subscribed', { ...log, LogDestination: undefined, LogGroupName: '/vpc/flow-logs' }, []],
    ['to its ARN', { ...log, LogDestination: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:/vpc/flow-logs:*` }, []],
    [
      'to a log group of which the bank knows nothing',
      { ...log, LogDestination: undefined, LogGroupName: '/other' },
      ['vpc_unlogged: vpc-1 has no flow log (on)'],
    ],
    [
      'to a bucket whose name begins the same',
      { ...log, LogDestination: `arn:aws:s3:::${LANDING}-old` },
      ['vpc_unlogged: vpc-1 has no flow log (on)'],
    ],
    ['of rejected traffic alone', { ...log, TrafficType: 'REJECT' as const }, ['vpc_unlogged: vpc-1 has no flow log (on)']],
    ['of another VPC', { ...log, ResourceId: 'vpc-2' }, ['vpc_unlogged: vpc-1 has no flow log (on)']],
    [
      'that cannot deliver',
      { ...log, DeliverLogsStatus: 'FAILED', DeliverLogsErrorMessage: 'Access error' },
      ['flow_log_failing: flow log fl-1 of vpc-1: Access error'],
    ],
  ])('with a flow log %s', (_, one, expected) => {
    expect(told(vpcGaps(vpc, [one], place))).toEqual(expected);
  });

  it('that another account shares is logged there', () => {
    expect(vpcGaps({ VpcId: 'vpc-1', OwnerId: '333333333333' }, [], place)).toEqual([]);
  });

  it('is covered by one flow log that delivers, whatever the others do', () => {
    expect(vpcGaps(vpc, [{ ...log, DeliverLogsStatus: 'FAILED' }, log], place)).toEqual([]);
  });
});

describe('a load balancer', () => {
  const on = (log: string, bucket: string): readonly { Key: string; Value: string }[] => [
    { Key: `${log}.s3.enabled`, Value: 'true' },
    { Key: `${log}.s3.bucket`, Value: bucket },
  ];
  const name = { LoadBalancerArn: 'arn:aws:elasticloadbalancing:x', LoadBalancerName: 'front' };

  it.each([
    ['application', [], ['balancer_unlogged: front: access_logs off, connection_logs off (on)']],
    ['application', on('access_logs', BALANCERS), ['balancer_unlogged: front: connection_logs off (on)']],
    ['application', [...on('access_logs', BALANCERS), ...on('connection_logs', BALANCERS)], []],
    [
      'application',
      [...on('access_logs', 'of-another'), ...on('connection_logs', BALANCERS)],
      ['balancer_unlogged: front: access_logs to bucket of-another'],
    ],
    // A bucket with a customer's key, which application load balancers cannot write to.
    ['network', on('access_logs', LANDING), []],
    ['network', [{ Key: 'access_logs.s3.enabled', Value: 'false' }], ['balancer_unlogged: front: access_logs off (on)']],
    ['gateway', [], []],
  ] as const)('of type %s', (Type, attributes, expected) => {
    expect(told(balancerGaps({ ...name, Type }, attributes, place))).toEqual(expected);
  });
});

describe('a web ACL', () => {
  const acl = { Name: 'edge', ARN: 'arn:aws:wafv2:eu-central-1:222222222222:regional/webacl/edge/1' };

  it.each([
    [[], ['web_acl_unlogged: edge does not log (on)']],
    [[{ ResourceArn: acl.ARN, LogDestinationConfigs: [WAF] }], []],
    [[{ ResourceArn: 'arn:other', LogDestinationConfigs: [WAF] }], ['web_acl_unlogged: edge does not log (on)']],
    // Its only destination is another's: never replaced.
    [[{ ResourceArn: acl.ARN, LogDestinationConfigs: ['arn:aws:firehose:x'] }], ['web_acl_unlogged: edge logs to arn:aws:firehose:x']],
  ])('with %j', (configurations, expected) => {
    expect(told(aclGaps(acl, configurations, place))).toEqual(expected);
  });
});

describe('a database', () => {
  it.each([
    ['postgres', [], ['database_unlogged: db (postgres) does not export postgresql']],
    ['postgres', ['postgresql', 'upgrade'], []],
    ['mysql', ['error'], ['database_unlogged: db (mysql) does not export audit']],
    ['aurora-mysql', ['audit', 'error', 'general'], []],
    ['oracle-ee', ['alert'], ['database_unlogged: db (oracle-ee) does not export audit, listener']],
    ['sqlserver-se', ['agent', 'error'], []],
    ['of-tomorrow', [], []],
  ])('of engine %s that exports %j', (Engine, EnabledCloudwatchLogsExports, expected) => {
    const one = { DBInstanceIdentifier: 'db', DBClusterIdentifier: 'db', Engine, EnabledCloudwatchLogsExports };
    expect(told(gapsOfCluster(one))).toEqual(expected);
    expect(told(gapsOfInstance({ ...one, DBClusterIdentifier: undefined }))).toEqual(expected);
    expect(gapsOfInstance(one)).toEqual([]);
  });
});

describe('a log group', () => {
  it.each([
    [[], true, ['log_group_unsubscribed: /app has no subscription to the intake (on)']],
    [[{ destinationArn: INTAKE }], true, []],
    [[{ destinationArn: 'arn:1' }], true, ['log_group_unsubscribed: /app has no subscription to the intake (on)']],
    [[{ destinationArn: 'arn:1' }, { destinationArn: INTAKE }], true, []],
    [
      [{ destinationArn: 'arn:1' }, { destinationArn: 'arn:2' }],
      true,
      ['log_group_unsubscribed: /app has 2 other subscriptions, as many as it can have'],
    ],
    [undefined, true, ['log_group_unsubscribed: /app is not there']],
    // Of the account's other regions nobody has said that it is there.
    [undefined, false, []],
  ])('with %j', (filters, isFirst, expected) => {
    expect(told(logGroupGaps('/app', filters, { ...place, isFirst }))).toEqual(expected);
  });
});

test.each([
  [[], ['recorder_stopped: no configuration recorder in eu-central-1']],
  [[{ name: 'default', recording: false }], ['recorder_stopped: recorder default is stopped']],
  [
    [{ name: 'default', recording: true, lastStatus: 'Failure' as const, lastErrorMessage: 'no such bucket' }],
    ['recorder_stopped: recorder default fails: no such bucket'],
  ],
  [[{ name: 'default', recording: true, lastStatus: 'Success' as const }], []],
])('a recorder of AWS Config: %j', (found, expected) => {
  expect(told(recorderGaps(found, place))).toEqual(expected);
});

test('a real-time log of any behavior is a log', () => {
  const arn = 'arn:aws:cloudfront::222222222222:realtime-log-config/all';
  const behavior = { TargetOriginId: 'o', ViewerProtocolPolicy: 'https-only', PathPattern: '/' } as const;
  const summary = {} as Parameters<typeof hasRealTimeLog>[0];

  expect(hasRealTimeLog({ ...summary, DefaultCacheBehavior: behavior })).toBe(false);
  expect(hasRealTimeLog({ ...summary, DefaultCacheBehavior: { ...behavior, RealtimeLogConfigArn: arn } })).toBe(true);
  expect(
    hasRealTimeLog({
      ...summary,
      DefaultCacheBehavior: behavior,
      CacheBehaviors: { Quantity: 1, Items: [{ ...behavior, RealtimeLogConfigArn: arn }] },
    }),
  ).toBe(true);
});

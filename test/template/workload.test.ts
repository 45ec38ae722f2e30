// The workload stack: one template for all accounts and regions, and what becomes of it in one account and region.
import { readFileSync } from 'node:fs';
import { bankNamed } from '../../cli/bank.ts';
import type { BankConfig } from '../../shared/config.ts';
import { destinationsOf } from '../../shared/coverage/gap.ts';
import { inRegion, roleNames } from '../../shared/organization/config.ts';
import type { Json } from '../../shared/model.ts';
import { object, parseJson, text } from '../../shared/outcome.ts';
import { workloadTemplate } from '../../stacks/plugins/workload.ts';
import { at, compile, discard, list, ofType, statements, target, type Compiled } from './compile.ts';
import { inPlace } from './resolve.ts';

const ACCOUNT = '222222222222';
const OTHER = '333333333333';
/** What a StackSet takes as text, bytes. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LARGEST = 51_200;

let security: Compiled;
let compiled: Compiled;
let template: Json | undefined;
let workload: Pick<Compiled, 'resources'>;

beforeAll(async () => {
  const parameters = { bank: 'demo', stack: 'workload', account: ACCOUNT };
  [security, compiled] = await Promise.all([compile({ parameters: { bank: 'demo' } }), compile({ parameters })]);
  template = parseJson(readFileSync(compiled.file, 'utf8'));
  workload = inPlace(template, { account: ACCOUNT, region: 'eu-central-1' });
}, 120_000);
afterAll(() => {
  discard(security);
  discard(compiled);
});

/** The demo bank with a second region, in which one of its accounts works too, and 60 accounts more. */
function bigger(): BankConfig {
  const demo = bankNamed('demo');
  const more = Array.from({ length: 60 }, (_, index) => ({
    id: String(400_000_000_000 + index),
    name: `account-${index}`,
    log_groups: ['/vpc/flow-logs', `/app/service-${index}`],
    ...(index % 2 === 0 ? {} : { sources: ['cloudtrail'] }),
  }));
  const [first, ...others] = demo.accounts;
  const accounts = [...(first === undefined ? [] : [{ ...first, regions: ['eu-central-1', 'eu-west-1'] }]), ...others, ...more];
  const organization = { id: 'o-example123', management_account: '999999999999', root_id: 'r-ab12', deployers: [] };
  return { ...demo, organization, accounts, regions: [{ region: 'eu-west-1', opensearch: demo.opensearch }] };
}

it('is the same for all accounts, but for the bucket of those that are deployed by hand', () => {
  const { Conditions, Resources } = workloadTemplate(bankNamed('demo'));

  const { ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy, ...shared } = object(at(template, 'Resources')) ?? {};
  expect([ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy]).toEqual([expect.anything(), expect.anything()]);
  expect(shared).toEqual(JSON.parse(JSON.stringify(Resources)));
  expect(at(template, 'Conditions')).toEqual(Conditions);
  expect(JSON.stringify(Resources)).not.toContain(ACCOUNT);
});

it('fits a StackSet of a bank with many accounts, each with log groups of its own', () => {
  expect(Buffer.byteLength(JSON.stringify(workloadTemplate(bigger())))).toBeLessThan(LARGEST);
});

describe('subscribes and records in each account what the file says of it', () => {
  const bank = bigger();
  const whole = workloadTemplate(bank);
  const made = (account: string, region: string, type: string): readonly unknown[] =>
    ofType(inPlace(whole, { account, region }), type).map(({ properties }) => properties['LogGroupName'] ?? properties['Name']);

  it.each([
    { name: 'one with two regions, in the first', account: ACCOUNT, groups: ['/vpc/flow-logs', '/app/payments'] },
    // Nobody has said that the groups are there: functions/coverage subscribes those that are.
    { name: 'one with two regions, in the second', account: ACCOUNT, region: 'eu-west-1', groups: [] },
    { name: 'one of many', account: '400000000058', groups: ['/vpc/flow-logs', '/app/service-58'] },
    { name: 'one whose sources leave config out', account: '400000000059', groups: ['/vpc/flow-logs', '/app/service-59'], records: false },
    { name: 'one that the file does not name', account: '555555555555', groups: [] },
  ])('$name', ({ account, region = 'eu-central-1', groups, records = true }) => {
    expect(made(account, region, 'AWS::Logs::SubscriptionFilter')).toEqual(groups);
    for (const type of ['AWS::Config::ConfigurationRecorder', 'AWS::Config::DeliveryChannel'])
      expect(made(account, region, type)).toEqual(records ? ['strongroom-demo'] : []);
    expect(made(account, region, 'AWS::Events::Rule')).toEqual(['strongroom-demo-forward']);
  });

  it('has no condition with more parts than CloudFormation takes, and none without use', () => {
    const texts = JSON.stringify(whole);
    for (const [name, condition] of Object.entries(whole.Conditions)) {
      const parts = list(at(condition, 'Fn::Or')).length;
      if (parts > 0) expect(parts).toBeGreaterThan(1);
      expect(parts).toBeLessThanOrEqual(10);
      expect(texts.split(`"${name}"`).length).toBeGreaterThan(2);
    }
  });

  it('records nothing where the bank has recorders of its own', () => {
    const { Resources } = workloadTemplate({ ...bank, coverage: { config_recorder: false } });
    expect(Object.values(Resources).filter(({ Type }) => Type.startsWith('AWS::Config::'))).toEqual([]);
  });
});

describe('in another region', () => {
  const bank = bigger();
  const there = inRegion(bank, 'eu-west-1');
  const stack = inPlace(workloadTemplate(bank), { account: ACCOUNT, region: 'eu-west-1' });

  it('belongs to the security stack there, with roles of its own', () => {
    const { landingBucket } = destinationsOf(there);
    const roles = ofType(stack, 'AWS::IAM::Role').map(({ properties }) => properties['RoleName']);
    const [rule] = ofType(stack, 'AWS::Events::Rule');
    const [channel] = ofType(stack, 'AWS::Config::DeliveryChannel');
    const [query] = ofType(stack, 'AWS::Route53Resolver::ResolverQueryLoggingConfig');

    expect(roles).toEqual(['forward', 'config', 'coverage'].map((purpose) => `${roleNames(there)}-${purpose}`));
    expect(at(rule?.properties, 'Targets', 0, 'Arn')).toBe('arn:aws:events:eu-west-1:111111111111:event-bus/strongroom-demo');
    expect(channel?.properties['S3BucketName']).toBe(landingBucket);
    expect(query?.properties['DestinationArn']).toBe(`arn:aws:s3:::${landingBucket}`);
    expect(at(ofType(stack, 'AWS::Config::ConfigurationRecorder')[0]?.properties, 'RecordingGroup', 'IncludeGlobalResourceTypes')).toBe(
      false,
    );
  });

  it('is looked at by the coverage function of that region, of this organization', () => {
    const [role] = ofType(stack, 'AWS::IAM::Role').filter(({ id }) => id === 'CoverageRole');

    expect(list(at(role?.properties, 'AssumeRolePolicyDocument', 'Statement'))).toEqual([
      {
        Sid: 'TheCoverageFunction',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Action: ['sts:AssumeRole'],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/strongroom-demo-eu-west-1-coverage' },
          StringEquals: { 'aws:PrincipalOrgID': 'o-example123' },
        },
      },
    ]);
  });
});

describe('the role of coverage', () => {
  it('is the one that the security stack’s function asks for, and trusts that function alone', () => {
    const [function_] = ofType(security, 'AWS::Lambda::Function').filter(
      ({ properties }) => properties['FunctionName'] === 'strongroom-demo-coverage',
    );
    const own = security.resources.find(({ id }) => id === target(function_?.properties['Role']));
    const [asked] = statements(security).filter(({ name }) => name === 'CoverageRole/EnterTheAccounts');
    const role = workload.resources.find(({ id }) => id === 'CoverageRole');

    expect(asked).toMatchObject({ actions: ['sts:AssumeRole'] });
    expect(asked?.resources).toEqual([ACCOUNT, OTHER].map((id) => `arn:aws:iam::${id}:role/${text(role?.properties['RoleName']) ?? ''}`));
    expect(list(at(role?.properties, 'AssumeRolePolicyDocument', 'Statement'))).toMatchObject([
      { Condition: { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::111111111111:role/${text(own?.properties['RoleName']) ?? ''}` } } },
    ]);
  });

  it('reads in its own region, and writes to resources of the account or bound by a condition', () => {
    const rights = statements(workload).filter(({ name }) => name.startsWith('CoverageRole/') && !name.endsWith('TheCoverageFunction'));

    for (const { name, actions, resources, condition } of rights) {
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
      if (resources.includes('*'))
        expect([name, Object.keys(object(at(condition, 'StringEquals')) ?? {})]).toEqual([name, ['aws:RequestedRegion']]);
      else
        for (const one of resources)
          expect(
            [`:eu-central-1:${ACCOUNT}:`, ':eu-central-1:111111111111:destination:strongroom-demo-intake'].some((part) =>
              String(one).includes(part),
            ),
          ).toBe(true);
    }
    const writes = rights.flatMap(({ actions }) => actions).filter((action) => !/:(Describe|List|Get)/.test(action));
    expect(writes.sort()).toEqual([
      'ec2:CreateFlowLogs',
      'ec2:CreateTags',
      'elasticloadbalancing:ModifyLoadBalancerAttributes',
      'logs:CreateLogDelivery',
      'logs:PutSubscriptionFilter',
      'wafv2:PutLoggingConfiguration',
    ]);
  });

  it('only looks where the bank switches logging on by itself', () => {
    const { Resources } = workloadTemplate({ ...bankNamed('demo'), coverage: { switch_on: false } });
    const actions = list(at(Resources['CoverageRole'], 'Properties', 'Policies', 0, 'PolicyDocument', 'Statement')).flatMap((one) =>
      list(at(one, 'Action')),
    );
    expect(actions.filter((action) => !/:(Describe|List|Get)/.test(String(action)))).toEqual([]);
  });
});

it('forwards to the bus that the security stack has, the kinds of events that its rule takes', () => {
  const [bus] = ofType(security, 'AWS::Events::EventBus');
  const taken = ofType(security, 'AWS::Events::Rule').find(({ id }) => id === 'EventsRule');
  const [forwarded] = ofType(workload, 'AWS::Events::Rule');

  const entry = at(forwarded?.properties, 'Targets', 0);

  expect(at(entry, 'Arn')).toBe(`arn:aws:events:eu-central-1:111111111111:event-bus/${text(bus?.properties['Name']) ?? ''}`);
  for (const part of ['source', 'detail-type'])
    expect(at(forwarded?.properties, 'EventPattern', part)).toEqual(at(taken?.properties, 'EventPattern', part));
  expect(list(at(taken?.properties, 'EventPattern', 'account'))).toContain(ACCOUNT);
  expect(target(at(entry, 'RoleArn'))).toBe('ForwardRole');
  expect(target(at(entry, 'DeadLetterConfig', 'Arn'))).toBe('ForwardDeadLetters');
});

it('is let in by bus and destination', () => {
  const bus = statements(security).find(({ actions }) => actions.includes('events:PutEvents'));
  const [destination] = ofType(security, 'AWS::Logs::Destination');

  expect(bus?.name).toBe('BusPolicy/-');
  expect(JSON.stringify(ofType(security, 'AWS::Events::EventBusPolicy'))).toContain(`arn:aws:iam::${ACCOUNT}:root`);
  expect(text(destination?.properties['DestinationPolicy'])).toContain(`"${ACCOUNT}"`);
});

it('subscribes the named log groups to the destination that the security stack has', () => {
  const [destination] = ofType(security, 'AWS::Logs::Destination');
  const filters = ofType(workload, 'AWS::Logs::SubscriptionFilter');

  expect(filters.map(({ properties }) => properties['LogGroupName']).sort()).toEqual(['/app/payments', '/vpc/flow-logs']);
  for (const { properties } of filters) {
    const name = text(destination?.properties['DestinationName']) ?? '';
    expect(properties['DestinationArn']).toBe(`arn:aws:logs:eu-central-1:111111111111:destination:${name}`);
    expect(properties['FilterPattern']).toBe('');
  }
});

it('has no right but to put events on that bus', () => {
  const allowed = statements(workload).filter(({ name, effect }) => effect === 'Allow' && name.startsWith('ForwardRole/Put'));

  expect(allowed).toMatchObject([
    { actions: ['events:PutEvents'], resources: ['arn:aws:events:eu-central-1:111111111111:event-bus/strongroom-demo'] },
  ]);
  const wildcards = statements(workload).filter(({ actions }) => actions.some((action) => action.includes('*')));
  expect(wildcards.map(({ name }) => name).sort()).toEqual([
    'ForwardDeadLettersPolicy/TlsOnly',
    'ServerlessDeploymentBucketPolicy/-',
    'StreamsKey/IamDecides',
  ]);
});

it('takes dead letters from its rule alone', () => {
  const allowed = statements(workload).filter(({ name, effect }) => name.startsWith('ForwardDeadLettersPolicy/') && effect === 'Allow');

  expect(allowed).toMatchObject([
    {
      actions: ['sqs:SendMessage'],
      resources: [`arn:aws:sqs:eu-central-1:${ACCOUNT}:strongroom-demo-forward-dlq`],
      services: ['events.amazonaws.com'],
      condition: {
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
        ArnEquals: { 'aws:SourceArn': `arn:aws:events:eu-central-1:${ACCOUNT}:rule/strongroom-demo-forward` },
      },
    },
  ]);
});

it('encrypts and watches its dead letters', () => {
  const [queue] = ofType(workload, 'AWS::SQS::Queue');
  const [alarm] = ofType(workload, 'AWS::CloudWatch::Alarm');

  expect(target(queue?.properties['KmsMasterKeyId'])).toBe('StreamsKey');
  expect(alarm?.properties['Dimensions']).toEqual([{ Name: 'QueueName', Value: queue?.properties['QueueName'] }]);
  expect(alarm?.properties['AlarmActions']).toEqual(['arn:aws:sns:eu-central-1:111111111111:strongroom-demo-operations']);
  expect(ofType(workload, 'AWS::Lambda::Function')).toEqual([]);
});

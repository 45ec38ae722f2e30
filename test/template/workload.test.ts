import { text } from '../../shared/outcome.ts';
import { at, compile, discard, list, ofType, statements, target, type Compiled } from './compile.ts';

const ACCOUNT = '222222222222';

let security: Compiled;
let workload: Compiled;

beforeAll(async () => {
  const parameters = { bank: 'demo', stack: 'workload', account: ACCOUNT };
  [security, workload] = await Promise.all([compile({ parameters: { bank: 'demo' } }), compile({ parameters })]);
}, 120_000);
afterAll(() => {
  discard(security);
  discard(workload);
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

it('encrypts and watches its dead letters', () => {
  const [queue] = ofType(workload, 'AWS::SQS::Queue');
  const [alarm] = ofType(workload, 'AWS::CloudWatch::Alarm');

  expect(target(queue?.properties['KmsMasterKeyId'])).toBe('StreamsKey');
  expect(alarm?.properties['Dimensions']).toEqual([{ Name: 'QueueName', Value: queue?.properties['QueueName'] }]);
  expect(ofType(workload, 'AWS::Lambda::Function')).toEqual([]);
});

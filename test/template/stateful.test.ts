// No update replaces what holds data: every stateful resource of the last release (test/template/frozen/) is still there, the same.
import { readFileSync } from 'node:fs';
import { KEPT, lossesBetween, STATEFUL, type Identities } from '../../stacks/plugins/stateful.ts';
import { compiledStates, FROZEN_STACKS, frozenFile, type CompiledState } from './frozen-stacks.ts';

/** Made anew they are what they were. Logs of functions are no evidence. */
const STATELESS = [
  'AWS::Backup::BackupPlan',
  'AWS::Backup::BackupSelection',
  'AWS::CloudWatch::Alarm',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::Config::ConfigurationRecorder',
  'AWS::Config::DeliveryChannel',
  'AWS::Events::EventBusPolicy',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Role',
  'AWS::IAM::RolePolicy',
  'AWS::KMS::Alias',
  'AWS::Kinesis::ResourcePolicy',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::Logs::ResourcePolicy',
  'AWS::Logs::SubscriptionFilter',
  'AWS::Organizations::Policy',
  'AWS::Route53Resolver::ResolverQueryLoggingConfig',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecurityHub::DelegatedAdmin',
];

let compiled: ReadonlyMap<string, CompiledState>;

beforeAll(async () => {
  compiled = await compiledStates();
}, 240_000);

function frozen(stack: string): Identities {
  return JSON.parse(readFileSync(frozenFile(stack), 'utf8')) as Identities;
}

function found(stack: string): CompiledState {
  const state = compiled.get(stack);
  if (state === undefined) throw new Error(`${stack} was not compiled`);
  return state;
}

describe.each(Object.keys(FROZEN_STACKS))('the %s stack', (stack) => {
  it('loses nothing that was released', () => {
    expect(lossesBetween(frozen(stack), found(stack).state).map(({ why }) => why)).toEqual([]);
  });

  it('has nothing that is not frozen: `node tools/frozen.ts --write` belongs to the change that brings it', () => {
    expect(Object.keys(found(stack).state).filter((id) => !(id in frozen(stack)))).toEqual([]);
  });

  it('keeps what holds data of its own when it goes, and when a resource is replaced after all', () => {
    const lost = found(stack).resources.filter(
      ({ id, type, deletionPolicy, replacePolicy }) =>
        KEPT.includes(type) &&
        // Holds our own code.
        id !== 'ServerlessDeploymentBucket' &&
        (!['Retain', 'RetainExceptOnCreate'].includes(deletionPolicy ?? '') || replacePolicy !== 'Retain'),
    );

    expect(lost.map(({ id }) => id)).toEqual([]);
  });

  it('has streams that scale by themselves', () => {
    const streams = found(stack).resources.filter(({ type }) => type === 'AWS::Kinesis::Stream');

    for (const { properties } of streams) expect(properties['StreamModeDetails']).toEqual({ StreamMode: 'ON_DEMAND' });
  });

  it('has keys that rotate, but those that KMS does not rotate: of signatures and of pseudonyms', () => {
    const fixed = found(stack).resources.filter(
      ({ type, properties }) => type === 'AWS::KMS::Key' && properties['EnableKeyRotation'] !== true,
    );

    // How they are replaced: docs/RUNBOOK.md.
    for (const { id, properties } of fixed)
      expect([id, properties['KeyUsage']]).toEqual([id, id === 'PseudonymKey' ? 'GENERATE_VERIFY_MAC' : 'SIGN_VERIFY']);
    expect(['LogKey', 'PseudonymKey', 'WitnessKey']).toEqual(expect.arrayContaining(fixed.map(({ id }) => id)));
  });
});

it('every type of resource is known to hold something or not', () => {
  const types = new Set([...compiled.values()].flatMap(({ resources }) => resources.map(({ type }) => type)));
  const unknown = [...types].filter((type) => STATEFUL[type] === undefined && !STATELESS.includes(type));

  expect(unknown).toEqual([]);
});

// The stack of the witness, and what the security stack of a bank with a witness has beside.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isObject, text } from '../../shared/outcome.ts';
import { testSigner } from '../fakes/log.ts';
import { bankWithWitness } from './banks.ts';
import { at, compile, discard, list, ofType, statements, target, textsIn, type Compiled } from './compile.ts';

const LOG_KEY = testSigner('strongroom/watched/eu-central-1', 'ed25519').vkey;

let security: Compiled;
let witness: Compiled;

beforeAll(async () => {
  const banks = { watched: bankWithWitness() };
  [security, witness] = await Promise.all([
    compile({ parameters: { bank: 'watched' }, banks }),
    compile({ parameters: { bank: 'watched', stack: 'witness', logKey: LOG_KEY }, banks, realFunctions: true }),
  ]);
}, 120_000);
afterAll(() => [security, witness].forEach(discard));

it('lets the bank’s notarize call it, and nobody else; notarize may call nothing else', () => {
  const [permission] = ofType(witness, 'AWS::Lambda::Permission');
  const [called] = ofType(witness, 'AWS::Lambda::Function');
  const caller = statements(security).filter(
    ({ name, actions }) => actions.includes('lambda:InvokeFunction') && !/^(Evidence|Release)/.test(name),
  );

  expect(permission?.properties).toMatchObject({
    Action: 'lambda:InvokeFunction',
    Principal: 'arn:aws:iam::111111111111:role/strongroom-watched-notarize',
  });
  expect(ofType(witness, 'AWS::Lambda::Permission')).toHaveLength(1);
  expect(caller.map(({ name, resources }) => [name, resources])).toEqual([
    [
      'WitnessAccessPolicy/AskTheWitness',
      [`arn:aws:lambda:eu-west-1:444444444444:function:${text(called?.properties['FunctionName']) ?? ''}:live`],
    ],
    // In the same account, for the digest.
    ['AlertsRole/AskForNumbers', ['arn:aws:lambda:eu-central-1:111111111111:function:strongroom-watched-digest:live']],
  ]);
});

it('signs with a key of its own that nobody else uses or ends, in one way', () => {
  const [key] = ofType(witness, 'AWS::KMS::Key').filter(({ id }) => id === 'WitnessKey');
  const denied = statements(witness).filter(({ name, effect }) => name.startsWith('WitnessKey/') && effect === 'Deny');
  const signers = statements(witness).filter(({ effect, actions }) => effect === 'Allow' && actions.includes('kms:Sign'));

  expect(key?.properties).toMatchObject({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' });
  expect(key?.deletionPolicy).toBe('RetainExceptOnCreate');
  expect(denied.map(({ actions, condition }) => [actions, at(condition, 'ArnNotEquals', 'aws:PrincipalArn')])).toEqual([
    [['kms:Sign'], 'arn:aws:iam::444444444444:role/strongroom-watched-witness'],
    [['kms:ScheduleKeyDeletion', 'kms:DisableKey'], undefined],
  ]);
  expect(signers).toMatchObject([
    { name: 'WitnessRole/Sign', condition: { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' } } },
  ]);
});

it('keeps its copies locked, private and encrypted; it alone writes them, once, and nobody deletes them', () => {
  const bucket = ofType(witness, 'AWS::S3::Bucket').find(({ id }) => id === 'WitnessBucket')?.properties;
  const rules = statements(witness).filter(({ name }) => name.startsWith('WitnessBucketPolicy/'));
  const block = at(bucket, 'PublicAccessBlockConfiguration');

  expect(bucket).toMatchObject({
    BucketName: 'strongroom-watched-444444444444-eu-west-1-witness',
    ObjectLockEnabled: true,
    VersioningConfiguration: { Status: 'Enabled' },
  });
  expect(isObject(block) ? Object.values(block) : []).toEqual([true, true, true, true]);
  expect(rules.map(({ name, effect }) => [name.split('/')[1], effect])).toEqual([
    ['TlsOnly', 'Deny'],
    ['OnlyTheWitnessWrites', 'Deny'],
    ['WrittenOnce', 'Deny'],
    ['NobodyDeletes', 'Deny'],
  ]);
  const name = text(bucket?.['BucketName']) ?? '';
  for (const arn of textsIn(list(rules.map(({ resources }) => resources))))
    expect(arn).toMatch(new RegExp(`^arn:aws:s3:::${name}(/\\*)?$`));
});

it('lies in its own account and region, and encrypts what it has with its own key', () => {
  const arns = witness.resources.flatMap(({ properties }) => textsIn(properties)).filter((value) => /^arn:aws:[a-z]+:[^:]+:/.test(value));

  expect(arns.filter((arn) => !arn.includes(':eu-west-1:444444444444:'))).toEqual([]);
  expect(
    ofType(witness, 'AWS::DynamoDB::Table').map(({ properties }) => target(at(properties, 'SSESpecification', 'KMSMasterKeyId'))),
  ).toEqual(['StreamsKey']);
  expect(ofType(witness, 'AWS::SNS::Topic').map(({ properties }) => target(properties['KmsMasterKeyId']))).toEqual(['StreamsKey']);
  expect(ofType(witness, 'AWS::Logs::LogGroup').map(({ properties }) => target(properties['KmsKeyId']))).toEqual(['StreamsKey']);
});

it('tells its owners of what it refuses', () => {
  const [topic] = ofType(witness, 'AWS::SNS::Topic');
  const alarms = ofType(witness, 'AWS::CloudWatch::Alarm');

  expect(topic?.properties['Subscription']).toEqual([{ Protocol: 'email', Endpoint: 'audit@demo-bank.example' }]);
  expect(alarms.map(({ properties }) => properties['MetricName'])).toEqual(['Errors', 'WitnessRefusals']);
  for (const { properties } of alarms)
    expect(properties['AlarmActions']).toEqual(['arn:aws:sns:eu-west-1:444444444444:strongroom-watched-witness']);
});

it('has wildcards only in key policies, denials and for traces', () => {
  const wildcards = statements(witness).filter(
    ({ actions, resources, name }) =>
      actions.some((action) => action.includes('*')) || (resources.includes('*') && name.startsWith('WitnessRole')),
  );

  expect(wildcards.map(({ name }) => name).sort()).toEqual([
    'ServerlessDeploymentBucketPolicy/-',
    'StreamsKey/IamDecides',
    'WitnessBucketPolicy/TlsOnly',
    'WitnessKey/IamDecides',
    'WitnessRole/Trace',
  ]);
});

it('loads from its bundle, with the log’s key', () => {
  const directory = join(witness.directory, '.build', 'watched', 'witness', 'witness');
  const script = `console.log(typeof require(${JSON.stringify(join(directory, 'handler.js'))}).handler); process.exit(0)`;
  const [found] = ofType(witness, 'AWS::Lambda::Function');
  const keys = at(found?.properties, 'Environment', 'Variables', 'LOG_KEYS');

  expect(keys).toBe(LOG_KEY);
  const env = { AWS_REGION: 'eu-west-1', WITNESS_BUCKET: 'b', WITNESS_TABLE: 't', LOG_KEYS: LOG_KEY, LAMBDA_TASK_ROOT: directory };
  const run = spawnSync(process.execPath, ['--eval', script], { encoding: 'utf8', cwd: directory, env });
  expect([run.stderr, run.stdout]).toEqual(['', 'function\n']);
});

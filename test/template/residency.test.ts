// What the residency rules of a bank's file make of its template, and that a file that breaks them is not packaged at all.
// What AWS enforces of it cannot run here: the emulator delivers nothing by itself, so the policies are read.
import { bankWithOrganization } from './banks.ts';
import { at, compile, discard, list, ofType, statements, textsIn, type Compiled } from './compile.ts';

const RULES = 'residency:\n  - policy: eu\n';

let stack: Compiled;

beforeAll(async () => {
  const file = bankWithOrganization().replace(/^# residency:\n(?:#.*\n)+/m, RULES);
  stack = await compile({ parameters: { bank: 'whole' }, banks: { whole: file } });
}, 120_000);
afterAll(() => discard(stack));

function named(name: string) {
  const found = statements(stack).find((statement) => statement.name === name);
  if (found === undefined) throw new Error(`the template has no ${name}`);
  return found;
}

it.each(['LandingBucketPolicy/CloudTrailLooks', 'LandingBucketPolicy/CloudTrailDelivers', 'LandingKey/CloudTrailDelivers'])(
  'trails deliver from the platform’s regions alone: %s',
  (name) => {
    const arns = list(at(named(name).condition, 'ArnLike', 'aws:SourceArn')).map(String);
    expect(arns).toContain('arn:aws:cloudtrail:eu-west-1:222222222222:trail/*');
    expect(new Set(arns.map((arn) => arn.split(':')[3]))).toEqual(new Set(['eu-central-1', 'eu-west-1']));
    expect(new Set(arns.map((arn) => arn.split(':')[4]))).toEqual(
      new Set(['111111111111', '999999999999', '222222222222', '333333333333']),
    );
  },
);

it.each(['LandingBucketPolicy/LogDeliveryDelivers', 'WafBucketPolicy/LogDeliveryDelivers', 'LandingBucketPolicy/GuardDutyExports'])(
  'other services deliver from this region alone: %s',
  (name) => {
    const arns = list(at(named(name).condition, 'ArnLike', 'aws:SourceArn')).map(String);
    expect(arns.length).toBeGreaterThan(0);
    expect(new Set(arns.map((arn) => arn.split(':')[3]))).toEqual(new Set(['eu-central-1']));
  },
);

it('no key is a multi-Region key, no bucket is replicated, no table is global', () => {
  expect(ofType(stack, 'AWS::KMS::Key').map(({ properties }) => properties['MultiRegion'] ?? false)).not.toContain(true);
  expect(ofType(stack, 'AWS::S3::Bucket').flatMap(({ id, properties }) => ('ReplicationConfiguration' in properties ? [id] : []))).toEqual(
    [],
  );
  const across = ['AWS::KMS::ReplicaKey', 'AWS::DynamoDB::GlobalTable'];
  expect(across.flatMap((type) => ofType(stack, type))).toEqual([]);
});

it('no rule sends events to a region where the policy lets none go', () => {
  const allowed = ['eu-central-1', 'eu-west-1'];
  const targets = ofType(stack, 'AWS::Events::Rule').flatMap(({ properties }) => list(properties['Targets']).flatMap(textsIn));
  const regions = targets.flatMap((text) => /^arn:aws:[a-z]+:([a-z0-9-]+):/.exec(text)?.[1] ?? []);
  expect(regions.filter((region) => !allowed.includes(region))).toEqual([]);
});

it('an alarm rings when records are refused', () => {
  const alarm = ofType(stack, 'AWS::CloudWatch::Alarm').find(({ id }) => id === 'ResidencyAlarm');
  expect(alarm?.properties).toMatchObject({
    MetricName: 'ResidencyRefused',
    Dimensions: [{ Name: 'Bank', Value: 'whole' }],
    TreatMissingData: 'notBreaching',
  });
});

it('a file that breaks its rules is not packaged, for no region', async () => {
  const file = bankWithOrganization().replace(/^# residency:\n(?:#.*\n)+/m, 'residency:\n  - policy: switzerland\n');
  await expect(compile({ parameters: { bank: 'whole', region: 'eu-west-1' }, banks: { whole: file } })).rejects.toThrow(
    'policy switzerland of account 222222222222 lets no logs, evidence, findings, health live in eu-central-1',
  );
}, 120_000);

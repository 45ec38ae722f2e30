import { refuseLosses } from '../../../stacks/plugins/guard.ts';
import { lossesBetween, stackPolicy, STATEFUL, statefulOf } from '../../../stacks/plugins/stateful.ts';

const BEFORE = {
  Resources: {
    Vault: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'vault', VersioningConfiguration: { Status: 'Enabled' } } },
    Hub: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'hub', RetentionPeriodHours: 168 } },
    Domain: {
      Type: 'AWS::OpenSearchService::Domain',
      Properties: { DomainName: 'logs', AdvancedSecurityOptions: { Enabled: true, InternalUserDatabaseEnabled: false } },
    },
    Index: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'index' } },
  },
};

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>;

/** @returns what is lost where these resources take the place of those before; undefined takes one out. */
function losses(changes: Readonly<Record<string, Resources[string] | undefined>>): readonly string[] {
  const all: Readonly<Record<string, Resources[string] | undefined>> = { ...BEFORE.Resources, ...changes };
  const merged = Object.fromEntries(Object.entries(all).filter(([, resource]) => resource !== undefined));
  return lossesBetween(statefulOf(BEFORE), statefulOf({ Resources: merged })).map(({ why }) => why);
}

describe('an update loses', () => {
  it.each<[string, Parameters<typeof losses>[0], readonly string[]]>([
    ['what is no longer there', { Vault: undefined }, ['Vault (AWS::S3::Bucket) is no longer in the template']],
    [
      'what has another logical id',
      { Vault: undefined, VaultBucket: BEFORE.Resources.Vault },
      ['Vault (AWS::S3::Bucket) is no longer in the template'],
    ],
    [
      'what has another name',
      { Hub: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'hub-2' } } },
      ['Name of Hub (AWS::Kinesis::Stream) would change from "hub" to "hub-2", and the resource be replaced'],
    ],
    [
      'what had a name',
      { Hub: { Type: 'AWS::Kinesis::Stream', Properties: {} } },
      ['Name of Hub (AWS::Kinesis::Stream) would change from "hub" to nothing, and the resource be replaced'],
    ],
    [
      'what is of another type',
      { Hub: { Type: 'AWS::SQS::Queue', Properties: {} } },
      ['Hub is AWS::SQS::Queue now, it was AWS::Kinesis::Stream'],
    ],
    [
      'what changes deep inside',
      {
        Domain: { Type: 'AWS::OpenSearchService::Domain', Properties: { DomainName: 'logs', AdvancedSecurityOptions: { Enabled: false } } },
      },
      [
        'AdvancedSecurityOptions.Enabled of Domain (AWS::OpenSearchService::Domain) would change from true to false, and the resource be replaced',
      ],
    ],
  ])('%s', (_, changes, expected) => {
    expect(losses(changes)).toEqual(expected);
  });

  it.each<[string, Parameters<typeof losses>[0]]>([
    ['what changes in place', { Hub: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'hub', RetentionPeriodHours: 24 } } }],
    ['what holds nothing', { Index: undefined }],
    ['what is new', { Other: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'other' } } }],
  ])('nothing of %s', (_, changes) => {
    expect(losses(changes)).toEqual([]);
  });

  it('nothing where there is no template yet', () => {
    expect([undefined, '', {}, { Resources: null }].map(statefulOf)).toEqual([{}, {}, {}, {}]);
  });
});

describe('a deployment that would lose something', () => {
  const both = [
    { id: 'Vault', why: 'Vault (AWS::S3::Bucket) is no longer in the template' },
    { id: 'Hub', why: 'Name of Hub …' },
  ];

  it('is refused, with every resource, the reason and the way out', () => {
    expect(() => refuseLosses(both, [])).toThrow(
      'This update would lose what these hold:\n  Vault (AWS::S3::Bucket) is no longer in the template\n  Name of Hub …\n' +
        'Put back what changed. If it is meant: save what they hold, then deploy once with --param replace=Vault,Hub',
    );
  });

  it('goes on for what was named, and only for that', () => {
    expect(() => refuseLosses(both, ['Vault'])).toThrow(/lose what these hold:\n {2}Name of Hub …\n.*replace=Hub$/s);
    expect(() => refuseLosses(both, ['Vault', 'Hub'])).not.toThrow();
  });
});

describe('the stack policy', () => {
  it('allows every update but those that replace or delete what is stateful', () => {
    expect(stackPolicy([])).toEqual([
      { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: ['Update:Replace', 'Update:Delete'],
        Resource: '*',
        Condition: { StringEquals: { ResourceType: Object.keys(STATEFUL) } },
      },
    ]);
  });

  it('leaves out what was named, this once', () => {
    expect(stackPolicy(['Vault'])[1]).toMatchObject({ NotResource: ['LogicalResourceId/Vault'] });
    expect(stackPolicy(['Vault'])[1]).not.toHaveProperty('Resource');
  });
});

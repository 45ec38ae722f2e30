// stacks/plugins/release.ts on templates as osls compiles them, reduced to what is looked at.
import { trafficOf, withReleases, type ReleaseOptions, type Template, type TemplateResource } from '../../../stacks/plugins/release.ts';

const OPTIONS: ReleaseOptions = {
  codes: new Map([
    ['index.zip', 'aa'],
    ['watch.zip', 'bb'],
    ['release-hook.zip', 'cc'],
  ]),
  prefix: 'strongroom-demo',
  roles: 'strongroom-demo',
  account: '111111111111',
  region: 'eu-central-1',
  topic: 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-operations',
  traffic: 'canary',
};

function functionOf(name: string, settings: Readonly<Record<string, unknown>> = {}): TemplateResource {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName: `strongroom-demo-${name}`, Code: { S3Key: `serverless/1795320197600/${name}.zip` }, ...settings },
  };
}

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

function template(index: TemplateResource = functionOf('index')): Template {
  return {
    Resources: {
      IndexLambdaFunction: index,
      WatchLambdaFunction: functionOf('watch', { Environment: { Variables: { ASKED: { Ref: 'IndexLambdaFunction' } } } }),
      ReleaseDashhookLambdaFunction: functionOf('release-hook'),
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { FunctionName: arnOf('IndexLambdaFunction'), EventSourceArn: arnOf('HubStream'), StartingPosition: 'TRIM_HORIZON' },
      },
      Schedule: {
        Type: 'AWS::Events::Rule',
        Properties: { ScheduleExpression: 'rate(15 minutes)', Targets: [{ Id: 'watch', Arn: arnOf('WatchLambdaFunction') }] },
      },
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: { FunctionName: arnOf('WatchLambdaFunction'), Action: 'lambda:InvokeFunction' },
      },
      Configuration: {
        Type: 'AWS::Lambda::EventInvokeConfig',
        DependsOn: ['Queue'],
        Properties: { FunctionName: { Ref: 'WatchLambdaFunction' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      },
      HubStream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'hub' } },
    },
    Outputs: { Watch: { Value: { Ref: 'WatchLambdaFunction' } } },
  };
}

function released(options: Partial<ReleaseOptions> = {}, from: Template = template()): Template {
  return withReleases(from, { ...OPTIONS, ...options });
}

function versionOf({ Resources: resources }: Template, name: string): string {
  const [id] = Object.keys(resources).filter((one) => one.startsWith(`${name}Version`));
  if (id === undefined) throw new Error(`no version of ${name}`);
  return id;
}

describe('whoever calls a function calls its alias', () => {
  const { Resources: resources, Outputs: outputs } = released();

  it('mappings, rules, rights, other functions and outputs', () => {
    expect(resources['Mapping']?.Properties).toEqual({
      FunctionName: { Ref: 'IndexLiveAlias' },
      EventSourceArn: arnOf('HubStream'),
      StartingPosition: 'TRIM_HORIZON',
    });
    expect(resources['Schedule']?.Properties?.['Targets']).toEqual([{ Id: 'watch', Arn: { Ref: 'WatchLiveAlias' } }]);
    expect(resources['Permission']?.Properties?.['FunctionName']).toEqual({ Ref: 'WatchLiveAlias' });
    expect(resources['WatchLambdaFunction']?.Properties?.['Environment']).toEqual({ Variables: { ASKED: { Ref: 'IndexLiveAlias' } } });
    expect(outputs).toEqual({ Watch: { Value: { Ref: 'WatchLiveAlias' } } });
  });

  it('settings of calls that nobody waits for are the alias’s, made after it', () => {
    expect(resources['Configuration']).toMatchObject({
      DependsOn: ['Queue', 'WatchLiveAlias'],
      Properties: { FunctionName: { Ref: 'WatchLambdaFunction' }, Qualifier: 'live' },
    });
  });

  it('nothing but versions, aliases, those settings and the role that asks the hook names a function', () => {
    const naming = Object.entries(resources).filter(([, resource]) => JSON.stringify(resource).match(/"[A-Za-z]+LambdaFunction"/) !== null);
    const types = new Set(naming.map(([, { Type: type }]) => type));

    expect([...types].sort()).toEqual(['AWS::IAM::Role', 'AWS::Lambda::Alias', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::Version']);
  });
});

describe('a version', () => {
  it('is kept when another takes its place, and goes when it cannot be made', () => {
    const made = released();

    expect(made.Resources[versionOf(made, 'Index')]).toEqual({
      Type: 'AWS::Lambda::Version',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: { FunctionName: { Ref: 'IndexLambdaFunction' } },
    });
  });

  it.each<[string, Template, Partial<ReleaseOptions>]>([
    ['code', template(), { codes: new Map([...OPTIONS.codes, ['index.zip', 'dd']]) }],
    ['memory', template(functionOf('index', { MemorySize: 512 })), {}],
    ['a variable', template(functionOf('index', { Environment: { Variables: { A: '1' } } })), {}],
  ])('is a new one with other %s, and the alias follows', (_, changed, options) => {
    const [before, after] = [released(), released(options, changed)];

    expect(versionOf(after, 'Index')).not.toBe(versionOf(before, 'Index'));
    expect(after.Resources['IndexLiveAlias']?.Properties).toEqual({
      FunctionName: { Ref: 'IndexLambdaFunction' },
      FunctionVersion: { 'Fn::GetAtt': [versionOf(after, 'Index'), 'Version'] },
      Name: 'live',
    });
    expect(versionOf(after, 'Watch')).toBe(versionOf(before, 'Watch'));
  });

  it.each([
    ['the place of the same code', { Code: { S3Key: 'serverless/1795320299999/index.zip' } }],
    ['how many run at once', { ReservedConcurrentExecutions: 1 }],
    ['a tag', { Tags: [{ Key: 'a', Value: 'b' }] }],
  ])('is the same with another %s', (_, settings) => {
    expect(versionOf(released({}, template(functionOf('index', settings))), 'Index')).toBe(versionOf(released(), 'Index'));
  });

  it('is not made of code that nobody has bundled', () => {
    expect(() => released({ codes: new Map() })).toThrow('releases: the code of IndexLambdaFunction, index.zip, was not bundled');
  });
});

describe('CodeDeploy', () => {
  const { Resources: resources } = released();

  it('moves every alias, once the hook has looked at the version', () => {
    expect(resources['IndexLiveAlias']?.['UpdatePolicy']).toEqual({
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: 'ReleasesApplication' },
        DeploymentGroupName: { Ref: 'IndexReleases' },
        BeforeAllowTrafficHook: { Ref: 'ReleaseDashhookLambdaFunction' },
      },
    });
  });

  it('begins with a tenth of the calls where there are calls to watch', () => {
    expect(resources['IndexReleases']?.Properties?.['DeploymentConfigName']).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
    expect(resources['WatchReleases']?.Properties?.['DeploymentConfigName']).toBe('CodeDeployDefault.LambdaAllAtOnce');
  });

  it.each(['rate(1 minute)', 'rate(5 minutes)'])('a schedule of %s gives some', (ScheduleExpression) => {
    const base = template();
    const schedule = { ...base.Resources['Schedule'], Type: 'AWS::Events::Rule' };
    const often = {
      ...base,
      Resources: { ...base.Resources, Schedule: { ...schedule, Properties: { ...schedule.Properties, ScheduleExpression } } },
    };

    expect(released({}, often).Resources['WatchReleases']?.Properties?.['DeploymentConfigName']).toMatch(/Canary/);
  });

  it('goes back where the new version fails, whatever the one before it does', () => {
    expect(resources['IndexReleases']?.Properties).toMatchObject({
      AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: 'IndexReleaseAlarm' } }] },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    });
    expect(resources['IndexReleaseAlarm']?.Properties).toMatchObject({
      AlarmName: 'strongroom-demo-index-release',
      MetricName: 'Errors',
      Period: 60,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [OPTIONS.topic],
      Dimensions: [
        { Name: 'Resource', Value: 'strongroom-demo-index:live' },
        { Name: 'ExecutedVersion', Value: { 'Fn::GetAtt': [versionOf({ Resources: resources }, 'Index'), 'Version'] } },
        { Name: 'FunctionName', Value: 'strongroom-demo-index' },
      ],
    });
  });

  it('does not wait, nor look at alarms, where a mend cannot wait', () => {
    expect(released({ traffic: 'now' }).Resources['IndexReleases']?.Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
      AlarmConfiguration: { Enabled: false },
    });
  });

  it('does not release its own hook, which it calls by its name', () => {
    expect(Object.keys(resources).filter((id) => id.startsWith('ReleaseDashhook'))).toEqual(['ReleaseDashhookLambdaFunction']);
  });
});

it('a stack without the hook has versions and aliases, and nobody who moves them', () => {
  const Resources = Object.fromEntries(Object.entries(template().Resources).filter(([id]) => id !== 'ReleaseDashhookLambdaFunction'));
  const { Resources: resources } = released({}, { Resources });

  expect(resources['IndexLiveAlias']).not.toHaveProperty('UpdatePolicy');
  expect(Object.values(resources).filter(({ Type: type }) => type.startsWith('AWS::CodeDeploy::'))).toEqual([]);
});

it('a stack without functions stays as it is', () => {
  const plain = { Resources: { HubStream: { Type: 'AWS::Kinesis::Stream' } } };

  expect(withReleases(plain, OPTIONS)).toBe(plain);
});

it('--param traffic= is canary or now', () => {
  expect(['', 'canary', 'now'].map(trafficOf)).toEqual(['canary', 'canary', 'now']);
  expect(() => trafficOf('blue')).toThrow('--param traffic= must be canary or now (found "blue")');
});

// CodeDeploy for the functions of a stack: an application, a deployment group and an alarm per function, and the role that moves aliases.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
// The alarm counts failures of the new version alone, by the minute. The function's own alarms look at quarters of an hour, longer than a release
// takes, and one that rings already would keep the very version out that mends its cause.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html (the dimensions of an alias: Resource, ExecutedVersion)
import type { TemplateResource } from './release.ts';
import { HOOK, LIVE, type ReleaseOptions } from './release.ts';
import { logicalId, resource } from './alarm-resources.ts';
import { policy } from './resources.ts';

/** `canary`: a tenth of the calls for five minutes; `at-once`: all of them once the hook is content; `now`: whatever alarms say. */
export type Pace = 'canary' | 'at-once' | 'now';

interface Released {
  /** Logical id and name of the function. */
  readonly id: string;
  readonly name: string;
  /** Logical id of its version. */
  readonly version: string;
  readonly pace: Pace;
}

interface ReleaseGroup {
  /** Of the alias. */
  readonly updatePolicy: object;
  readonly resources: readonly (readonly [string, TemplateResource])[];
}

const APPLICATION = 'ReleasesApplication';
const ROLE = 'ReleasesRole';

export function releaseGroup(released: Released, { prefix, topic }: Pick<ReleaseOptions, 'prefix' | 'topic'>): ReleaseGroup {
  const { id, name, pace } = released;
  const group = id.replace(/LambdaFunction$/, 'Releases');
  const alarm = logicalId(`${name.slice(prefix.length + 1)}-release`);
  return {
    updatePolicy: {
      CodeDeployLambdaAliasUpdate: {
        ApplicationName: { Ref: APPLICATION },
        DeploymentGroupName: { Ref: group },
        BeforeAllowTrafficHook: { Ref: HOOK },
      },
    },
    resources: [
      [alarm, alarmResource(released, prefix, topic)],
      [group, groupResource(name, alarm, pace)],
    ],
  };
}

function alarmResource({ name, version }: Released, prefix: string, topic: string): TemplateResource {
  const short = name.slice(prefix.length + 1);
  const { Type, Properties } = resource(prefix, topic, {
    name: `${short}-release`,
    text: `The version of ${short} that was released last has failed. While it is being released, the release is rolled back; see its log group for the reason.`,
    namespace: 'AWS/Lambda',
    metric: 'Errors',
    dimensions: {},
    statistic: 'Sum',
    above: 0,
    period: 60,
  });
  const Dimensions = [
    { Name: 'Resource', Value: `${name}:${LIVE}` },
    { Name: 'ExecutedVersion', Value: { 'Fn::GetAtt': [version, 'Version'] } },
    { Name: 'FunctionName', Value: name },
  ];
  return { Type, Properties: { ...Properties, Dimensions } };
}

function groupResource(name: string, alarm: string, pace: Pace): TemplateResource {
  return {
    Type: 'AWS::CodeDeploy::DeploymentGroup',
    Properties: {
      ApplicationName: { Ref: APPLICATION },
      DeploymentGroupName: name,
      ServiceRoleArn: { 'Fn::GetAtt': [ROLE, 'Arn'] },
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      DeploymentConfigName: `CodeDeployDefault.${pace === 'canary' ? 'LambdaCanary10Percent5Minutes' : 'LambdaAllAtOnce'}`,
      AlarmConfiguration: { Enabled: pace !== 'now', Alarms: [{ Name: { Ref: alarm } }] },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    },
  };
}

/** @returns what the groups share. */
export function releaseResources({ prefix, roles, account, region }: ReleaseOptions): Readonly<Record<string, TemplateResource>> {
  return {
    [APPLICATION]: { Type: 'AWS::CodeDeploy::Application', Properties: { ApplicationName: prefix, ComputePlatform: 'Lambda' } },
    [ROLE]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: `${roles}-releases`,
        AssumeRolePolicyDocument: policy([
          {
            Sid: 'TheGroupsOfTheApplication',
            Effect: 'Allow',
            Principal: { Service: 'codedeploy.amazonaws.com' },
            Action: ['sts:AssumeRole'],
            Condition: { StringEquals: { 'aws:SourceAccount': account } },
          },
        ]),
        Policies: [{ PolicyName: 'releases', PolicyDocument: rights(prefix, `${region}:${account}`) }],
      },
    },
  };
}

/** As AWSCodeDeployRoleForLambdaLimited, for our functions and alarms only. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ */
function rights(prefix: string, here: string): object {
  const functions = `arn:aws:lambda:${here}:function:${prefix}-*`;
  return policy([
    {
      Sid: 'MoveAliases',
      Effect: 'Allow',
      Action: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
      Resource: functions,
    },
    { Sid: 'AskTheHook', Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: { 'Fn::GetAtt': [HOOK, 'Arn'] } },
    { Sid: 'SeeAlarms', Effect: 'Allow', Action: ['cloudwatch:DescribeAlarms'], Resource: `arn:aws:cloudwatch:${here}:alarm:*` },
  ]);
}

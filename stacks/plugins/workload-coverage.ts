// The role with which functions/coverage of the security account looks at a workload account, and switches logging on where it is off. AWS has no right
// to change the logs of a load balancer alone: that one lets its other attributes be changed too. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_aws-accounts.html
import type { BankConfig } from '../../shared/config.ts';
import { coverageSettings } from '../../shared/coverage/settings.ts';
import { policy, type Resources, type TemplateStatement } from './resources.ts';
import type { WorkloadNames } from './workload.ts';

/** Of services that know no resource for these. https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const LOOK = [
  'config:DescribeConfigurationRecorderStatus',
  'ec2:DescribeFlowLogs',
  'ec2:DescribeVpcs',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'guardduty:GetDetector',
  'guardduty:ListDetectors',
  'logs:DescribeSubscriptionFilters',
  'rds:DescribeDBClusters',
  'rds:DescribeDBInstances',
  'wafv2:ListLoggingConfigurations',
  'wafv2:ListWebACLs',
];
/** CloudFront's, and of what belongs to it: they are asked in us-east-1. */
const LOOK_GLOBAL = [
  'cloudfront:GetDistributionConfig',
  'cloudfront:ListDistributions',
  'logs:DescribeDeliveries',
  'logs:DescribeDeliverySources',
  'wafv2:ListLoggingConfigurations',
  'wafv2:ListWebACLs',
];
const CLOUDFRONT_REGION = 'us-east-1';

export function coverageRole(bank: BankConfig, names: WorkloadNames): Resources {
  const { security, role, roleOfSecurity } = names;
  const { organization } = bank;
  return {
    CoverageRole: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: role('coverage'),
        Description: `Lets bank ${bank.bank} look for resources without logging, and switch it on`,
        AssumeRolePolicyDocument: policy([
          {
            Sid: 'TheCoverageFunction',
            Effect: 'Allow',
            // By account and name: a role that was made anew would have another id, and one that is not there yet none.
            Principal: { AWS: `arn:aws:iam::${security}:root` },
            Action: ['sts:AssumeRole'],
            Condition: {
              ArnEquals: { 'aws:PrincipalArn': roleOfSecurity('coverage') },
              ...(organization === undefined ? {} : { StringEquals: { 'aws:PrincipalOrgID': organization.id } }),
            },
          },
        ]),
        MaxSessionDuration: 3600,
        Policies: [
          {
            PolicyName: 'coverage',
            PolicyDocument: policy([...look(), ...(coverageSettings(bank).switchOn ? switchOn(names) : [])]),
          },
        ],
      },
    },
  };
}

function look(): readonly TemplateStatement[] {
  return [
    { Sid: 'Look', Effect: 'Allow', Action: LOOK, Resource: '*', Condition: HERE },
    {
      Sid: 'LookAtCloudFront',
      Effect: 'Allow',
      Action: LOOK_GLOBAL,
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': CLOUDFRONT_REGION } },
    },
  ];
}

const HERE = { StringEquals: { 'aws:RequestedRegion': { Ref: 'AWS::Region' } } };

function switchOn({ prefix, arn, arnOfSecurity }: WorkloadNames): readonly TemplateStatement[] {
  return [
    {
      Sid: 'LogFlows',
      Effect: 'Allow',
      Action: ['ec2:CreateFlowLogs'],
      Resource: [arn('ec2', 'vpc/*'), arn('ec2', 'vpc-flow-log/*')],
    },
    {
      Sid: 'TagFlowLogs',
      Effect: 'Allow',
      Action: ['ec2:CreateTags'],
      Resource: arn('ec2', 'vpc-flow-log/*'),
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateFlowLogs' } },
    },
    // Flow logs and web ACLs make a delivery, which no ARN names yet.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-vended-logs-permissions.html
    { Sid: 'MakeDeliveries', Effect: 'Allow', Action: ['logs:CreateLogDelivery'], Resource: '*', Condition: HERE },
    {
      Sid: 'LogBalancers',
      Effect: 'Allow',
      Action: ['elasticloadbalancing:ModifyLoadBalancerAttributes'],
      Resource: [arn('elasticloadbalancing', 'loadbalancer/app/*'), arn('elasticloadbalancing', 'loadbalancer/net/*')],
    },
    {
      Sid: 'LogWebAcls',
      Effect: 'Allow',
      Action: ['wafv2:PutLoggingConfiguration'],
      Resource: arn('wafv2', 'regional/webacl/*'),
    },
    {
      Sid: 'SubscribeLogGroups',
      Effect: 'Allow',
      Action: ['logs:PutSubscriptionFilter'],
      Resource: [arn('logs', 'log-group:*'), arnOfSecurity('logs', `destination:${prefix}-intake`)],
    },
  ];
}

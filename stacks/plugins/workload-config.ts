// AWS Config in a workload account: a recorder of all resources, delivering to the bank's landing bucket. An account and region has room for one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-config-configurationrecorder.html
import type { BankConfig } from '../../shared/config.ts';
import { coverageSettings } from '../../shared/coverage/settings.ts';
import { policy } from './resources.ts';
import { among } from './conditions.ts';
import type { WorkloadNames, WorkloadTemplate } from './workload.ts';

const CONDITION = 'RecordsConfig';

/** Nothing where the bank has a recorder of its own everywhere; else not in those accounts whose `sources` leave config out. */
export function recorder(bank: BankConfig, { prefix, security, role }: WorkloadNames): WorkloadTemplate {
  if (!coverageSettings(bank).recorder) return { Conditions: {}, Resources: {} };
  const without = bank.accounts.flatMap(({ id, sources }) => (sources === undefined || sources.includes('config') ? [] : [id]));
  const conditions = among(without.length === 0 ? [] : [without]);
  const Condition = without.length === 0 ? undefined : CONDITION;
  return {
    Conditions: {
      ...conditions.all,
      ...(Condition === undefined ? {} : { [Condition]: { 'Fn::Not': [{ Condition: conditions.named(without) }] } }),
    },
    Resources: {
      ConfigRole: {
        Type: 'AWS::IAM::Role',
        Condition,
        Properties: {
          RoleName: role('config'),
          AssumeRolePolicyDocument: policy([
            {
              Sid: 'ConfigReads',
              Effect: 'Allow',
              Principal: { Service: 'config.amazonaws.com' },
              Action: ['sts:AssumeRole'],
              Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
            },
          ]),
          // It reads what there is, and no more: a role that cannot write to the bucket lets Config deliver as the service that the bucket's policy names.
          // https://docs.aws.amazon.com/config/latest/developerguide/s3-kms-key-policy.html
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWS_ConfigRole'],
        },
      },
      ConfigRecorder: {
        Type: 'AWS::Config::ConfigurationRecorder',
        Condition,
        Properties: {
          Name: prefix,
          RoleARN: { 'Fn::GetAtt': ['ConfigRole', 'Arn'] },
          // IAM is in every region: recorded once.
          RecordingGroup: { AllSupported: true, IncludeGlobalResourceTypes: { 'Fn::If': ['Home', true, false] } },
        },
      },
      // The recorder waits for it before it starts: neither may depend on the other. Objects are encrypted as the bucket says, which names its key.
      ConfigDelivery: {
        Type: 'AWS::Config::DeliveryChannel',
        Condition,
        Properties: {
          Name: prefix,
          S3BucketName: { 'Fn::Sub': `${prefix}-${security}-\${AWS::Region}-landing-kms` },
          ConfigSnapshotDeliveryProperties: { DeliveryFrequency: 'TwentyFour_Hours' },
        },
      },
    },
  };
}

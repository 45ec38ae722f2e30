// What a call is about, where its record does not list it: the names in its request.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (requestParameters)
// Types are CloudFormation's: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
import type { Json } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';

export interface Target {
  readonly name: string;
  readonly type: string;
  /** Target. https://schema.ocsf.io/1.8.0/objects/resource_details (role_id) */
  readonly role_id: 1;
}

/** Names of request parameters that mean the same in every service. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['bucketName', 'AWS::S3::Bucket'],
  ['roleName', 'AWS::IAM::Role'],
  ['roleArn', 'AWS::IAM::Role'],
  ['userName', 'AWS::IAM::User'],
  ['policyArn', 'AWS::IAM::ManagedPolicy'],
  ['instanceProfileName', 'AWS::IAM::InstanceProfile'],
  ['functionName', 'AWS::Lambda::Function'],
  ['tableName', 'AWS::DynamoDB::Table'],
  ['keyId', 'AWS::KMS::Key'],
  ['secretId', 'AWS::SecretsManager::Secret'],
  ['dBInstanceIdentifier', 'AWS::RDS::DBInstance'],
  ['dBClusterIdentifier', 'AWS::RDS::DBCluster'],
  ['dBSnapshotIdentifier', 'AWS::RDS::DBSnapshot'],
  ['repositoryName', 'AWS::ECR::Repository'],
  ['logGroupName', 'AWS::Logs::LogGroup'],
  ['topicArn', 'AWS::SNS::Topic'],
  ['queueUrl', 'AWS::SQS::Queue'],
  ['streamName', 'AWS::Kinesis::Stream'],
  ['detectorId', 'AWS::GuardDuty::Detector'],
  ['trailName', 'AWS::CloudTrail::Trail'],
  ['instanceId', 'AWS::EC2::Instance'],
  ['volumeId', 'AWS::EC2::Volume'],
  ['snapshotId', 'AWS::EC2::Snapshot'],
  ['groupId', 'AWS::EC2::SecurityGroup'],
  ['vpcId', 'AWS::EC2::VPC'],
  ['stackName', 'AWS::CloudFormation::Stack'],
  ['hostedZoneId', 'AWS::Route53::HostedZone'],
  ['loadBalancerArn', 'AWS::ElasticLoadBalancingV2::LoadBalancer'],
  ['fileSystemId', 'AWS::EFS::FileSystem'],
  ['certificateArn', 'AWS::CertificateManager::Certificate'],
  ['webACLArn', 'AWS::WAFv2::WebACL'],
]);

/** Of one call; a request of thousands of instances is found by the words of its payload. */
const MOST = 10;

/** @param parameters requestParameters of the record. @returns undefined where it names nothing. */
export function targetsOf(parameters: Json | undefined): readonly Target[] | undefined {
  if (!isObject(parameters)) return undefined;
  const targets: Target[] = [];
  for (const name in parameters) {
    const type = TYPES.get(name);
    const member = parameters[name];
    if (type === undefined || typeof member !== 'string') continue;
    if (member !== '' && targets.length < MOST) targets.push({ name: member, type, role_id: 1 });
  }
  const items = object(parameters['instancesSet'])?.['items'];
  for (const item of isArray(items) ? items.slice(0, MOST) : []) {
    const name = text(object(item)?.['instanceId']);
    if (name !== undefined && name !== '' && targets.length < MOST) targets.push({ name, type: 'AWS::EC2::Instance', role_id: 1 });
  }
  return targets.length === 0 ? undefined : targets;
}

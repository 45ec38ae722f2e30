// Private ways to AWS for the functions that lie in the VPC of OpenSearch, where the bank's file asks for them: without, the VPC needs a NAT gateway.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
import type { BankConfig } from '../../shared/config.ts';
import type { VpcEndpointService } from '../../shared/opensearch/config.ts';
import type { Resource, Resources } from './resources.ts';

/**
 * What those functions call; their pollers, logs and traces go by Lambda's own network. A policy here takes nothing from what their roles say: it
 * keeps whoever else is in the VPC from carrying data to another account.
 */
const ACTIONS: Readonly<Record<VpcEndpointService, readonly string[]>> = {
  s3: ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:ListBucketVersions', 's3:PutObject'],
  dynamodb: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  'kinesis-streams': ['kinesis:PutRecords'],
  sns: ['sns:Publish'],
};
/** These lie in the route tables and cost nothing. */
const GATEWAYS: readonly VpcEndpointService[] = ['s3', 'dynamodb'];
const LOGICAL_IDS: Readonly<Record<VpcEndpointService, string>> = {
  s3: 'S3Endpoint',
  dynamodb: 'DynamoDbEndpoint',
  'kinesis-streams': 'KinesisEndpoint',
  sns: 'SnsEndpoint',
};
const GROUP = 'EndpointsSecurityGroup';

interface Network {
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** @param functions where they lie; null where they lie in no VPC. */
export function endpointsOf(bank: BankConfig, functions: Network | null): Resources {
  const wanted = bank.opensearch.vpc_endpoints;
  if (wanted === undefined || functions === null) return {};
  const services = wanted.services ?? (Object.keys(ACTIONS) as readonly VpcEndpointService[]);
  const endpoints = services.map((service) => {
    const own = GATEWAYS.includes(service)
      ? { VpcEndpointType: 'Gateway', RouteTableIds: wanted.route_table_ids }
      : {
          VpcEndpointType: 'Interface',
          PrivateDnsEnabled: true,
          SubnetIds: functions.subnetIds,
          SecurityGroupIds: [{ 'Fn::GetAtt': [GROUP, 'GroupId'] }],
        };
    const Properties = {
      ...own,
      VpcId: wanted.vpc_id,
      ServiceName: `com.amazonaws.${bank.region}.${service}`,
      PolicyDocument: policyOf(bank, service),
    };
    return [LOGICAL_IDS[service], { Type: 'AWS::EC2::VPCEndpoint', Properties }] as const;
  });
  const isAlone = services.every((service) => GATEWAYS.includes(service));
  return { ...(isAlone ? {} : { [GROUP]: group(bank, wanted.vpc_id, functions) }), ...Object.fromEntries(endpoints) };
}

/** Whose credentials and whose resources: both the security account's. */
function policyOf({ security_account: security }: BankConfig, service: VpcEndpointService): object {
  const statement = {
    Sid: 'WithinTheAccount',
    Effect: 'Allow',
    Principal: '*',
    Action: ACTIONS[service],
    Resource: '*',
    Condition: { StringEquals: { 'aws:PrincipalAccount': security, 'aws:ResourceAccount': security } },
  };
  return { Version: '2012-10-17', Statement: [statement] };
}

function group({ bank }: BankConfig, vpc: string, { securityGroupIds }: Network): Resource {
  return {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: {
      GroupDescription: `Private endpoints of strongroom-${bank}: HTTPS from its functions`,
      VpcId: vpc,
      SecurityGroupIngress: securityGroupIds.map((id) => ({
        Description: 'HTTPS from the functions',
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        SourceSecurityGroupId: id,
      })),
      // Endpoints only answer. Left out, a group lets everything out; this is nowhere.
      SecurityGroupEgress: [{ Description: 'Nothing', IpProtocol: '-1', CidrIp: '127.0.0.1/32' }],
    },
  };
}

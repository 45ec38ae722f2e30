// Every client is constructed here and nowhere else. One function per client: a Lambda bundles only those it calls.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GuardDutyClient } from '@aws-sdk/client-guardduty';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { OpenSearchClient } from '@aws-sdk/client-opensearch';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Environment } from './config.ts';

export interface S3Options {
  /**
   * Whether a body that has not the checksum that S3 keeps ends with an error. Who verifies has the hash of the log: to him such a body is
   * altered evidence, which he tells of and goes on.
   */
  readonly checksums?: boolean;
}

/** Region and, where AWS is emulated, endpoint; credentials come from the function's role. */
export function s3Client({ region, endpoint }: Environment, { checksums = true }: S3Options = {}): S3Client {
  return new S3Client({
    region,
    // An emulator has no bucket host names; AWS itself is addressed by host.
    forcePathStyle: endpoint !== undefined,
    responseChecksumValidation: checksums ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
  });
}

export function kinesisClient({ region, endpoint }: Environment): KinesisClient {
  // The default handler speaks HTTP/2, which no emulator does.
  return new KinesisClient({ region, ...(endpoint === undefined ? {} : { requestHandler: new NodeHttpHandler() }) });
}

export function kmsClient({ region }: Environment): KMSClient {
  return new KMSClient({ region });
}

/** @param seconds until a function must have answered; it is asked once. */
export function lambdaClient({ region }: Pick<Environment, 'region'>, seconds: number): LambdaClient {
  return new LambdaClient({ region, maxAttempts: 1, requestHandler: new NodeHttpHandler({ requestTimeout: seconds * 1000 }) });
}

export function codeDeployClient({ region }: Pick<Environment, 'region'>): CodeDeployClient {
  return new CodeDeployClient({ region });
}

export function snsClient({ region }: Environment): SNSClient {
  return new SNSClient({ region });
}

export function sqsClient({ region, endpoint }: Environment): SQSClient {
  // An emulator's queues have addresses at AWS.
  return new SQSClient({ region, ...(endpoint === undefined ? {} : { useQueueUrlAsEndpoint: false }) });
}

export function stsClient({ region }: Environment): STSClient {
  return new STSClient({ region });
}

export function dynamoClient({ region }: Environment): DynamoDBClient {
  return new DynamoDBClient({ region });
}

/** @param region that is asked: each has keys of its own. */
export function cloudTrailClient({ region }: Pick<Environment, 'region'>): CloudTrailClient {
  return new CloudTrailClient({ region });
}

export function cloudFormationClient({ region }: Environment): CloudFormationClient {
  return new CloudFormationClient({ region });
}

/** The service that keeps the domain, not the domain. */
export function openSearchServiceClient({ region }: Pick<Environment, 'region'>): OpenSearchClient {
  return new OpenSearchClient({ region });
}

export function eventBridgeClient({ region }: Environment): EventBridgeClient {
  return new EventBridgeClient({ region });
}

export function secretsManagerClient({ region }: Environment): SecretsManagerClient {
  return new SecretsManagerClient({ region });
}

export function securityHubClient({ region }: Environment): SecurityHubClient {
  return new SecurityHubClient({ region });
}

/** Another account, by credentials of a role in it. */
export interface Elsewhere {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
}

export function cloudFrontClient(where: Elsewhere): CloudFrontClient {
  return new CloudFrontClient(where);
}

export function cloudWatchLogsClient(where: Elsewhere): CloudWatchLogsClient {
  return new CloudWatchLogsClient(where);
}

export function configServiceClient(where: Elsewhere): ConfigServiceClient {
  return new ConfigServiceClient(where);
}

export function ec2Client(where: Elsewhere): EC2Client {
  return new EC2Client(where);
}

export function loadBalancingClient(where: Elsewhere): ElasticLoadBalancingV2Client {
  return new ElasticLoadBalancingV2Client(where);
}

export function guardDutyClient(where: Elsewhere): GuardDutyClient {
  return new GuardDutyClient(where);
}

export function organizationsClient({ region }: Pick<Environment, 'region'>): OrganizationsClient {
  return new OrganizationsClient({ region });
}

export function rdsClient(where: Elsewhere): RDSClient {
  return new RDSClient(where);
}

export function wafClient(where: Elsewhere): WAFV2Client {
  return new WAFV2Client(where);
}

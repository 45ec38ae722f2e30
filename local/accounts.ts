// Accounts of the emulator: a role assumed in another account gives clients of that account, fully separate from the others.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface Account {
  readonly id: string;
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly cloudFormation: CloudFormationClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly kms: KMSClient;
  readonly kinesis: KinesisClient;
  readonly logs: CloudWatchLogsClient;
  readonly events: EventBridgeClient;
}

/** @param id 12 digits. */
export async function openAccount(endpoint: string, region: string, id: string): Promise<Account> {
  // The emulator takes any key; what it hands out for the role belongs to the account in the role's ARN.
  const sts = new STSClient({ endpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${id}:role/strongroom-local`, RoleSessionName: 'local' }),
  );
  sts.destroy();
  const credentials = {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
  const config = { endpoint, region, credentials };
  return {
    id,
    region,
    endpoint,
    credentials,
    cloudFormation: new CloudFormationClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    sns: new SNSClient(config),
    kms: new KMSClient(config),
    kinesis: new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() }),
    logs: new CloudWatchLogsClient(config),
    events: new EventBridgeClient(config),
  };
}

/** The environment in which `serverless` and `strongroom` work as this account. */
export function accountEnvironment({ region, endpoint, credentials }: Account): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}

export function closeAccount({ cloudFormation, s3, sqs, sns, kms, kinesis, logs, events }: Account): void {
  for (const client of [cloudFormation, s3, sqs, sns, kms, kinesis, logs, events]) client.destroy();
}

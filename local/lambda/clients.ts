// The clients through which the local Lambda host sees the emulator. https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { EnvironmentSetup } from './environment.ts';

export interface HostClients {
  readonly cloudformation: CloudFormationClient;
  readonly kinesis: KinesisClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

export function hostClients({ endpoint, region, credentials }: Pick<EnvironmentSetup, 'endpoint' | 'region' | 'credentials'>): HostClients {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const identity = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const common = { endpoint, region, credentials: identity };
  return {
    cloudformation: new CloudFormationClient(common),
    // The emulator does not speak HTTP/2, which this client would.
    kinesis: new KinesisClient({ ...common, requestHandler: new NodeHttpHandler() }),
    lambda: new LambdaClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    sqs: new SQSClient(common),
  };
}

/** Closes the connections that the clients keep open. */
export function destroyClients(clients: HostClients): void {
  for (const client of [clients.cloudformation, clients.kinesis, clients.lambda, clients.s3, clients.sqs]) client.destroy();
}

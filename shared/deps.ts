// Every client is constructed here and nowhere else. One function per client: a Lambda bundles only those it calls.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Environment } from './config.ts';

/** Region and, where AWS is emulated, endpoint; credentials come from the function's role. */
export function s3Client({ region, endpoint }: Environment): S3Client {
  // An emulator has no bucket host names; AWS itself is addressed by host.
  return new S3Client({ region, forcePathStyle: endpoint !== undefined });
}

export function kinesisClient({ region, endpoint }: Environment): KinesisClient {
  // The default handler speaks HTTP/2, which no emulator does.
  return new KinesisClient({ region, ...(endpoint === undefined ? {} : { requestHandler: new NodeHttpHandler() }) });
}

export function kmsClient({ region }: Environment): KMSClient {
  return new KMSClient({ region });
}

export function snsClient({ region }: Environment): SNSClient {
  return new SNSClient({ region });
}

export function dynamoClient({ region }: Environment): DynamoDBClient {
  return new DynamoDBClient({ region });
}

export function cloudFormationClient({ region }: Environment): CloudFormationClient {
  return new CloudFormationClient({ region });
}

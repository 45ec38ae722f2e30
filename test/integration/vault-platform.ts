// The emulator with what sealing needs: two KMS keys, a vault with Object Lock, buckets for period keys and parked records, a hub stream. For the
// tests of seal/ and park/.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateStreamCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startEmulator } from '../../local/emulator.ts';

const REGION = 'eu-central-1';
const LOCATION = { CreateBucketConfiguration: { LocationConstraint: REGION } } as const;

export interface VaultPlatform {
  readonly s3: S3Client;
  readonly kms: KMSClient;
  readonly kinesis: KinesisClient;
  readonly vaultBucket: string;
  readonly parkedBucket: string;
  readonly periodKeysBucket: string;
  readonly stream: string;
  readonly keyArn: string;
  readonly otherKeyArn: string;
  stop(): Promise<void>;
}

export async function startVaultPlatform(): Promise<VaultPlatform> {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-vault-test-'));
  const emulator = await startEmulator({ lambdaHost: 'http://127.0.0.1:1', log: join(directory, 'emulator.log') });
  const base = { region: REGION, endpoint: emulator.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const s3 = new S3Client({ ...base, forcePathStyle: true });
  const kms = new KMSClient(base);
  const kinesis = new KinesisClient({ ...base, requestHandler: new NodeHttpHandler() });
  await s3.send(new CreateBucketCommand({ Bucket: 'vault', ObjectLockEnabledForBucket: true, ...LOCATION }));
  await s3.send(new CreateBucketCommand({ Bucket: 'parked', ...LOCATION }));
  await s3.send(new CreateBucketCommand({ Bucket: 'period-keys', ...LOCATION }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'period-keys', VersioningConfiguration }));
  await kinesis.send(new CreateStreamCommand({ StreamName: 'hub', ShardCount: 1 }));
  return {
    ...{ s3, kms, kinesis, vaultBucket: 'vault', parkedBucket: 'parked', periodKeysBucket: 'period-keys', stream: 'hub' },
    keyArn: await createKey(kms),
    otherKeyArn: await createKey(kms),
    async stop() {
      for (const client of [s3, kms, kinesis]) client.destroy();
      await emulator.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function createKey(kms: KMSClient): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  if (KeyMetadata?.Arn === undefined) throw new Error('the emulator made no key');
  return KeyMetadata.Arn;
}

// KMS as far as period keys and pseudonyms need it, in memory: AES-256-GCM bound to the encryption context, HMAC.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { KMSClient, KMSServiceException } from '@aws-sdk/client-kms';

export interface FakeKms {
  readonly client: KMSClient;
  readonly keyArn: string;
  /** Names of all calls. */
  readonly calls: string[];
  /** Asked before each call: what it gives is thrown. */
  fail: (command: string) => Error | undefined;
}

export function kmsError(name: string): KMSServiceException {
  return new KMSServiceException({ name, message: name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
}

export function createFakeKms(): FakeKms {
  const key = randomBytes(32);
  const calls: string[] = [];
  const client = new KMSClient({ region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });

  const handlers: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => object>> = {
    GenerateDataKeyCommand(input) {
      const plaintext = randomBytes(32);
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(contextOf(input));
      const wrapped = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return { KeyId: fake.keyArn, Plaintext: plaintext, CiphertextBlob: Buffer.concat([iv, wrapped, cipher.getAuthTag()]) };
    },
    DecryptCommand(input) {
      const blob = Buffer.from(input['CiphertextBlob'] instanceof Uint8Array ? input['CiphertextBlob'] : []);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12)).setAAD(contextOf(input)).setAuthTag(blob.subarray(-16));
        return { KeyId: fake.keyArn, Plaintext: Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]) };
      } catch {
        throw kmsError('InvalidCiphertextException');
      }
    },
    GenerateMacCommand(input) {
      const message = Buffer.from(input['Message'] instanceof Uint8Array ? input['Message'] : []);
      return { Mac: createHmac('sha256', key).update(message).digest() };
    },
  };

  client.middlewareStack.add(
    (_, { commandName = '' }) =>
      ({ input }) => {
        calls.push(commandName.replace(/Command$/, ''));
        const failure = fake.fail(commandName);
        if (failure !== undefined) return Promise.reject(failure);
        const handler = handlers[commandName];
        if (handler === undefined) return Promise.reject(new Error(`fake KMS: no ${commandName}`));
        try {
          return Promise.resolve({ output: { $metadata: {}, ...handler(isRecord(input) ? input : {}) }, response: {} });
        } catch (error) {
          return Promise.reject(error instanceof Error ? error : new Error('failed'));
        }
      },
    { step: 'initialize', name: 'fake', priority: 'high' },
  );

  const fake: FakeKms = {
    client,
    keyArn: 'arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-4000-8000-000000000000',
    calls,
    fail: () => undefined,
  };
  return fake;
}

function contextOf({ EncryptionContext }: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(isRecord(EncryptionContext) ? EncryptionContext : {}).sort()));
}

function isRecord(candidate: unknown): candidate is Readonly<Record<string, unknown>> {
  return typeof candidate === 'object' && candidate !== null;
}

// Data keys for sealing and opening: KMS behind a cache, so that one call to KMS serves many messages of the same context.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/data-key-caching.html
import { getLocalCryptographicMaterialsCache, NodeCachingMaterialsManager } from '@aws-crypto/caching-materials-manager-node';
import { KmsKeyringNode } from '@aws-crypto/kms-keyring-node';
import { CommitmentPolicy, type NodeMaterialsManager } from '@aws-crypto/material-management-node';
import {
  DecryptCommand,
  GenerateDataKeyCommand,
  type DecryptCommandInput,
  type GenerateDataKeyCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { RetryableError } from '../errors.ts';

/** Messages without key commitment are neither written nor read; a message has one key. */
export const POLICY = { commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT, maxEncryptedDataKeys: 1 };

/** What one data key may be used for at most. Each message still has its own key, derived from it. */
const LIMITS = { maxAge: 5 * 60_000, maxMessagesEncrypted: 1000, maxBytesEncrypted: 64 * 1024 ** 3 };
const CACHED_KEYS = 500;

/** Bytes a stream is counted as: its size is not known when its key is chosen. */
const STREAM_BYTES = 64 * 1024 ** 2;

export interface KeyOptions {
  readonly kms: KMSClient;
  /** ARN of the key itself, not of an alias: messages name the key by it. */
  readonly keyArn: string;
}

type KmsFailure = (error: unknown) => void;

/** Materials for encryption; concurrent first messages of one context wait for one call to KMS. */
export function sealingMaterials({ kms, keyArn }: KeyOptions): NodeMaterialsManager {
  const keyring = new KmsKeyringNode({ generatorKeyId: keyArn, clientProvider: () => kmsCalls(kms) });
  const cached = new NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: getLocalCryptographicMaterialsCache(CACHED_KEYS),
    ...LIMITS,
  });
  const asked = new Map<string, Promise<unknown>>();
  return {
    async getEncryptionMaterials(request) {
      const name = JSON.stringify(request.encryptionContext);
      const others = asked.get(name);
      if (others !== undefined) await others;
      const mine = cached.getEncryptionMaterials({ ...request, plaintextLength: request.plaintextLength ?? STREAM_BYTES });
      asked.set(name, mine);
      return await mine.finally(() => asked.delete(name));
    },
    decryptMaterials: (request) => cached.decryptMaterials(request),
  };
}

/** @returns a function that makes the materials for opening one message; it reports what KMS answered when it refused. */
export function openingMaterials({ kms, keyArn }: KeyOptions): (onFailure: KmsFailure) => NodeMaterialsManager {
  const cache = getLocalCryptographicMaterialsCache(CACHED_KEYS);
  return (onFailure) =>
    new NodeCachingMaterialsManager({
      // The keyring turns KMS errors into text, so they are caught where they come from.
      backingMaterials: new KmsKeyringNode({ keyIds: [keyArn], clientProvider: () => kmsCalls(kms, onFailure) }),
      cache,
      maxAge: LIMITS.maxAge,
      // The cache is shared by all messages this opener opens.
      partition: 'opener',
    });
}

// What the keyring wants of a client. It never encrypts: the one key of a message is the one that generates its data key.
function kmsCalls(kms: KMSClient, onFailure: KmsFailure = () => undefined) {
  return {
    async generateDataKey(input: GenerateDataKeyCommandInput) {
      const { KeyId, Plaintext, CiphertextBlob } = await kms.send(new GenerateDataKeyCommand(input));
      return { KeyId: answered(KeyId), Plaintext: answered(Plaintext), CiphertextBlob: answered(CiphertextBlob) };
    },
    async decrypt(input: DecryptCommandInput) {
      try {
        const { KeyId, Plaintext } = await kms.send(new DecryptCommand(input));
        return { KeyId: answered(KeyId), Plaintext: answered(Plaintext) };
      } catch (error) {
        onFailure(error);
        throw error;
      }
    },
    encrypt: () => Promise.reject(new Error('seal: a message has one key only')),
  };
}

function answered<T>(field: T | undefined): T {
  if (field === undefined) throw new RetryableError('seal: KMS answered without a key');
  return field;
}

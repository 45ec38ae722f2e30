// Data keys of messages, wrapped by the period's key as AWS's own SDKs do it in any language: raw AES keyring, AES-256-GCM.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/use-raw-aes-keyring.html
import {
  CommitmentPolicy,
  NodeDefaultCryptographicMaterialsManager,
  type NodeMaterialsManager,
} from '@aws-crypto/material-management-node';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/raw-aes-keyring-node';
import type { PeriodKey } from './period-keys.ts';

/** Messages without key commitment are neither written nor read; a message has one key. */
export const POLICY = { commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT, maxEncryptedDataKeys: 1 };

/** Who has wrapped the data key of a message: what other SDKs are told beside the key's name. */
export const KEY_NAMESPACE = 'strongroom';

const made = new WeakMap<Buffer, NodeMaterialsManager>();

/**
 * Every message has a data key of its own: it costs no call to anybody. GCM with random IVs allows 2^32 of them under one period key, 1,600 a
 * second for a month.
 */
export function materialsOf({ name, key }: PeriodKey): NodeMaterialsManager {
  const known = made.get(key);
  if (known !== undefined) return known;
  const keyring = new RawAesKeyringNode({
    keyNamespace: KEY_NAMESPACE,
    keyName: name,
    // A copy: the SDK wants bytes that share their memory with nothing.
    unencryptedMasterKey: new Uint8Array(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const materials = new NodeDefaultCryptographicMaterialsManager(keyring);
  made.set(key, materials);
  return materials;
}

// Tampering with the period keys: without the key of its period evidence stays closed, and only an erasure on record explains that.
import { randomBytes } from 'node:crypto';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { erasedText, periodKeyPlace, versionsOf, wrappedText, type PeriodKeyPlace } from '../../../shared/seal/period-key-store.ts';
import { STANDARD } from '../../../shared/retention/classes.ts';
import { putStatement } from '../../../shared/seal/statements.ts';
import { periodOf, placeOfKey } from '../../../shared/seal/vault.ts';
import { evidenceOf, nth, wanted, type Ground } from '../ground.ts';
import { expect, type Tampering } from './tampering.ts';

export const KEYS: readonly Tampering[] = [
  {
    name: 'a period key is destroyed, and nothing says so',
    act: async (ground) => {
      await destroy(ground, placeOf(ground));
      return expect('key_missing_unexplained', ...keysOf(ground));
    },
  },
  {
    name: 'a period key is hidden by a delete marker',
    act: async (ground) => {
      const { s3, bucket } = ground.keyStore;
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: placeOf(ground).object }));
      return expect('key_missing_unexplained', ...keysOf(ground));
    },
  },
  {
    name: 'a period key is destroyed, and a note names a statement that was never made',
    act: async (ground) => {
      await replace(ground, `_statements/erasure/2026/01/01/${randomBytes(4).toString('hex')}.json`);
      return expect('key_missing_unexplained', ...keysOf(ground));
    },
  },
  {
    name: 'a period key is destroyed, and a note names a statement that is not in the log',
    act: async (ground) => {
      const { key } = await putStatement(ground.vault, 'erasure', { stage: 'intent', key: { ...placeOf(ground).context } });
      await replace(ground, key);
      return expect('key_missing_unexplained', ...keysOf(ground));
    },
  },
  {
    name: 'a period key is destroyed, and a note names the erasure of another period',
    act: async (ground) => {
      await replace(ground, ground.erasure);
      return expect('key_missing_unexplained', ...keysOf(ground));
    },
  },
  {
    name: 'another key is put in place of a period key',
    act: async (ground) => {
      const { keyStore, evidenceKeyArn, account } = ground;
      const place = placeOf(ground);
      const { CiphertextBlob } = await account.kms.send(
        new GenerateDataKeyCommand({ KeyId: evidenceKeyArn, KeySpec: 'AES_256', EncryptionContext: { ...place.context } }),
      );
      const Body = wrappedText(wanted(CiphertextBlob, 'a wrapped key'), evidenceKeyArn, Date.now());
      await keyStore.s3.send(new PutObjectCommand({ Bucket: keyStore.bucket, Key: place.object, Body }));
      return expect('not_opened', ...keysOf(ground));
    },
  },
  {
    name: 'a period key is overwritten with something else',
    act: async (ground) => {
      const { s3, bucket } = ground.keyStore;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: placeOf(ground).object, Body: '{}' }));
      return expect('not_opened', ...keysOf(ground));
    },
  },
];

/** The key under which the evidence of the drill was sealed. */
function placeOf(ground: Ground): PeriodKeyPlace {
  return periodKeyPlace(ground.bank.bank, STANDARD, periodOf(placeOfKey(nth(ground, 'alb', 0).key)));
}

/** Two sources are enough: all was sealed under one key. */
function keysOf(ground: Ground): readonly string[] {
  return [...evidenceOf(ground, 'alb'), ...evidenceOf(ground, 'vpc-flow')].map(({ key }) => key);
}

async function destroy({ keyStore }: Ground, place: PeriodKeyPlace): Promise<void> {
  for (const { version } of await versionsOf(keyStore, place))
    await keyStore.s3.send(new DeleteObjectCommand({ Bucket: keyStore.bucket, Key: place.object, VersionId: version }));
}

async function replace(ground: Ground, statement: string): Promise<void> {
  const { s3, bucket } = ground.keyStore;
  const place = placeOf(ground);
  await destroy(ground, place);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: place.object, Body: erasedText(new Date().toISOString(), statement) }));
}

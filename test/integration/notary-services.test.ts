// The log's store, table and signer on the emulated services: what they promise when writers meet, and what AWS signs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, type KeySpec } from '@aws-sdk/client-kms';
import { CreateBucketCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { startEmulator } from '../../local/emulator.ts';
import { logWriter } from '../../shared/notary/append.ts';
import { formatCheckpoint } from '../../shared/notary/checkpoint.ts';
import { cosign } from '../../shared/notary/cosign.ts';
import { dynamoIndex, leafId } from '../../shared/notary/head.ts';
import { EMPTY_ROOT } from '../../shared/notary/merkle.ts';
import { openNote, signNote, verifierOf } from '../../shared/notary/note.ts';
import { publish } from '../../shared/notary/publish.ts';
import { openLog } from '../../shared/notary/read.ts';
import { kmsSigner } from '../../shared/notary/signer.ts';
import { s3LogStore, type LogStore } from '../../shared/notary/store.ts';
import { witnessTable } from '../../shared/notary/witness-table.ts';
import { addCheckpoint } from '../../shared/notary/witness.ts';
import { leaves, ORIGIN } from '../unit/notary/log.ts';

const REGION = 'eu-central-1';
const retention = { evidence_days: 400, evidence_mode: 'governance' } as const;

let s3: S3Client;
let dynamo: DynamoDBClient;
let kms: KMSClient;
let stop: () => Promise<void>;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-notary-test-'));
  const emulator = await startEmulator({ lambdaHost: 'http://127.0.0.1:1', log: join(directory, 'emulator.log') });
  const base = { region: REGION, endpoint: emulator.endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  s3 = new S3Client({ ...base, forcePathStyle: true });
  dynamo = new DynamoDBClient(base);
  kms = new KMSClient(base);
  stop = async () => {
    for (const client of [s3, dynamo, kms]) client.destroy();
    await emulator.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}, 120_000);
afterAll(() => stop());

async function newStore(name: string): Promise<LogStore> {
  await s3.send(
    new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
  return s3LogStore({ s3, bucket: name, retention });
}

async function newTable(table: string): Promise<{ readonly dynamo: DynamoDBClient; readonly table: string }> {
  await dynamo.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  return { dynamo, table };
}

async function newKey(spec: KeySpec = 'ECC_NIST_P256'): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }));
  return KeyMetadata?.Arn ?? '';
}

async function listed(store: LogStore, prefix: string, after?: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const path of store.list(prefix, after)) paths.push(path);
  return paths;
}

describe('the store', () => {
  it('puts once: of ten writers one, and the others find it there', async () => {
    const store = await newStore('once');

    const results = await Promise.all(
      Array.from({ length: 10 }, (_, at) => store.putOnce('batch/0', Buffer.from(`writer ${at}`), 'batch')),
    );

    expect(results.filter((result) => result === 'put')).toHaveLength(1);
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'once' }));
    expect(Versions).toHaveLength(1);
    expect((await store.get('batch/0'))?.toString()).toBe(`writer ${results.indexOf('put')}`);
    expect(await store.get('batch/1')).toBeUndefined();
  });

  it('replaces with what is newer, whoever comes last', async () => {
    const store = await newStore('newest');
    const numberOf = (bytes: Buffer): number => Number(bytes.toString());

    await Promise.all(
      [3, 9, 1, 7, 5].map((number) => store.replace('checkpoint', Buffer.from(String(number)), (current) => numberOf(current) < number)),
    );

    expect((await store.get('checkpoint'))?.toString()).toBe('9');
  });

  it('lists in order, and behind a path', async () => {
    const store = await newStore('lists');
    for (const name of ['checkpoints/2', 'checkpoints/1', 'checkpoints/3', 'checkpoint', 'keys/a'])
      await store.putOnce(name, Buffer.from('x'), 'log');

    expect(await listed(store, 'checkpoints/')).toEqual(['checkpoints/1', 'checkpoints/2', 'checkpoints/3']);
    expect(await listed(store, 'checkpoints/', 'checkpoints/1')).toEqual(['checkpoints/2', 'checkpoints/3']);
  });
});

describe('the table', () => {
  it('finds what was added, however much, and knows nothing else', async () => {
    const index = dynamoIndex(await newTable('index'));
    const ids = Array.from({ length: 260 }, (_, at) => leafId({ key: `k${at}`, version: 'v' }));
    await index.add(ids.map((id, at) => ({ id, index: at })));
    await index.add(ids.slice(0, 3).map((id, at) => ({ id, index: at })));

    const found = await index.find([...ids, ...ids, leafId({ key: 'k0', version: 'w' })]);

    expect([...found].sort()).toEqual([...ids].sort());
    expect(await index.find([])).toEqual(new Set());
  });

  it('never goes back', async () => {
    const index = dynamoIndex(await newTable('heads'));
    expect(await index.head()).toBeUndefined();
    await index.raise('integrated', 10);
    await index.raise('published', 8, 1234);
    await index.raise('integrated', 9);
    await index.raise('published', 8, 9999);
    await index.raise('witnessed', 4);

    expect(await index.head()).toEqual({ integrated: 10, published: 8, signed: 1234, witnessed: 4 });
  });
});

describe('a key of KMS', () => {
  it('signs notes that its public key verifies', async () => {
    const signer = await kmsSigner({ kms, keyArn: await newKey(), name: ORIGIN, kind: 'ecdsa' });
    const text = formatCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT });

    const note = await signNote(text, [signer]);

    expect(openNote(note, [verifierOf(signer.vkey)])).toMatchObject({ text, signed: [{ name: ORIGIN, kind: 'ecdsa' }] });
    expect(() => openNote(note.replace('\n0\n', '\n1\n'), [verifierOf(signer.vkey)])).toThrow('does not fit the note');
  });

  it('of another kind than the bank’s file says is refused before it signs', async () => {
    const keyArn = await newKey();

    await expect(kmsSigner({ kms, keyArn, name: ORIGIN, kind: 'ed25519' })).rejects.toThrow(
      'signs with ECDSA_SHA_256, not with ED25519_SHA_512: see log.signature of the bank’s file',
    );
  });
});

it('a log on all of them is appended to by two writers, signed and witnessed, and verifies', async () => {
  const store = await newStore('whole');
  const table = await newTable('whole');
  const copies = await newStore('copies');
  const signer = await kmsSigner({ kms, keyArn: await newKey(), name: ORIGIN, kind: 'ecdsa' });
  const own = await kmsSigner({ kms, keyArn: await newKey(), name: 'strongroom/demo/witness/444444444444', kind: 'ecdsa' });
  const witness = {
    ...{ origin: ORIGIN, copies, keys: [verifierOf(signer.vkey)], signer: () => Promise.resolve(own) },
    state: witnessTable(await newTable('witness')),
  };
  const writers = [0, 1].map(() => logWriter({ store, index: dynamoIndex(table), origin: ORIGIN }));
  const part = (from: number, to: number) => leaves(...Array.from({ length: to - from }, (_, at) => from + at));

  await Promise.all(writers.map((writer, at) => writer.append(part(at * 150, at * 150 + 200))));
  await Promise.all(writers.map((writer, at) => writer.append(part(at * 100, at * 100 + 260))));
  const [writer] = writers;
  if (writer === undefined) throw new Error('no writer');
  for (const more of [[], [1000], [1001, 1002]]) {
    await writer.append(leaves(...more));
    const published = await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: Date.now() });
    if (published === undefined) throw new Error('nothing was signed');
    const call = (_: string, body: string) => addCheckpoint(witness, body);
    expect(await cosign(writer, published, { call, key: verifierOf(own.vkey) })).toBe(true);
  }

  const log = openLog(store);
  const latest = await log.checkpoint([verifierOf(signer.vkey)]);
  expect(latest?.size).toBe(363);
  expect((await log.root(363)).equals(latest?.root ?? EMPTY_ROOT)).toBe(true);
  const keys = new Set<string>();
  for await (const { leaf } of log.leaves(0, 363, { size: 363, checkTiles: true })) keys.add(leaf.key);
  expect(keys.size).toBe(363);
  const cosigned = await store.get('cosigned/000000000363');
  expect(openNote(cosigned?.toString() ?? '', [verifierOf(signer.vkey), verifierOf(own.vkey)]).signed).toHaveLength(2);
  expect((await witness.state.last(ORIGIN))?.size).toBe(363);
  expect(await witness.state.advance(ORIGIN, 360, { size: 999, root: EMPTY_ROOT })).toBe(false);
}, 120_000);

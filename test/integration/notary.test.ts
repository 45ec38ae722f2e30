// The log of evidence on the running platform: what ingest seals becomes leaves, once, and is signed; nothing is left out and nothing is there twice.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { output } from '../../cli/deployed.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { putObject } from '../../local/demo/deliver.ts';
import { createRandom } from '../../local/demo/random.ts';
import { cloudTrailRecord, DEFAULT_SCENE, type Scene } from '../../local/demo/records.ts';
import { yesterdayMorning } from '../../local/demo/scenario.ts';
import type { Leaf } from '../../shared/notary/leaf.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../../shared/notary/merkle.ts';
import { verifierOf } from '../../shared/notary/note.ts';
import { openLog, type Log } from '../../shared/notary/read.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import { strongroom } from './deployed.ts';

jest.setTimeout(240_000);

const ACCOUNT = '222222222222';
const SCENE: Scene = { ...DEFAULT_SCENE, start: yesterdayMorning(Date.now()) };
const random = createRandom(5);

let deployment: Deployment;
let log: Log;
let vault: string;

beforeAll(async () => {
  deployment = await startDeployment(() => undefined, { workloads: false });
  vault = output(deployment.outputs, 'VaultBucket');
  log = openLog(s3LogStore({ s3: deployment.security.s3, bucket: vault, retention: deployment.bank.retention }));
});

afterAll(async () => {
  await deployment.stop();
});

async function deliver(): Promise<string> {
  const records = Array.from({ length: 20 }, (_, index) => cloudTrailRecord(random, index, SCENE));
  const name = random.hex(16);
  const key = `AWSLogs/${ACCOUNT}/CloudTrail/eu-central-1/2026/11/20/${ACCOUNT}_CloudTrail_eu-central-1_20261120T0800Z_${name}.json.gz`;
  const bytes = gzipSync(`{"Records":[${records.join(',')}]}`);
  await putObject({ landing: 'kms', key, bytes, source: 'cloudtrail', records: 20 }, deployment.security, deployment.outputs);
  return name;
}

interface Signed {
  readonly size: number;
  readonly root: string;
  readonly isNew: boolean;
  readonly key: string;
}

/** `npx strongroom evidence checkpoint`, once everything under way has arrived. */
async function checkpoint(): Promise<Signed> {
  await deployment.host.quiesce();
  const { code, stdout, stderr } = await strongroom(deployment, 'evidence', 'checkpoint', '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout.toString()) as Signed;
}

async function leavesOf(size: number): Promise<readonly Leaf[]> {
  const leaves: Leaf[] = [];
  for await (const { leaf } of log.leaves(0, size, { size, checkTiles: true })) leaves.push(leaf);
  return leaves;
}

/** Versions in the vault that the log is about. */
async function versions(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const Prefix of ['demo/', '_statements/']) {
    const { Versions = [] } = await deployment.security.s3.send(new ListObjectVersionsCommand({ Bucket: vault, Prefix }));
    found.push(...Versions.map(({ Key = '', VersionId = '' }) => `${Key} ${VersionId}`));
  }
  return found.sort();
}

function notification(key: string, versionId: string): string {
  const object = { key: encodeURIComponent(key).replaceAll('%2F', '/'), size: 1, versionId };
  return JSON.stringify({ Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: vault }, object } }] });
}

async function notify(...bodies: readonly string[]): Promise<void> {
  const { sqs } = deployment.security;
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'strongroom-demo-notary' }));
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function messagesIn(name: string): Promise<number> {
  const { sqs } = deployment.security;
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `strongroom-demo-${name}` }));
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return Number(Attributes['ApproximateNumberOfMessages'] ?? 0) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);
}

test('what is sealed becomes a leaf, once, and a checkpoint signed with the published key covers it', async () => {
  const names = [await deliver(), await deliver(), await deliver()];
  const signed = await checkpoint();

  const leaves = await leavesOf(signed.size);
  expect(leaves.map(({ key, version }) => `${key} ${version}`).sort()).toEqual(await versions());
  for (const name of names) expect(leaves.filter((leaf) => leaf.kind === 'evidence' && leaf.origin.includes(name))).toHaveLength(1);
  const published = await log.checkpoint([verifierOf(signed.key)]);
  expect([published?.size, published?.root.toString('hex')]).toEqual([signed.size, signed.root]);
  expect((await log.root(signed.size)).toString('hex')).toBe(signed.root);
});

test('a leaf says what the vault says: hash of the object, counts, times, origin', async () => {
  const name = await deliver();
  const { size } = await checkpoint();
  const leaf = (await leavesOf(size)).find((each) => each.kind === 'evidence' && each.origin.includes(name));

  if (leaf?.kind !== 'evidence') throw new Error('no leaf');
  const { s3 } = deployment.security;
  const object = await s3.send(new GetObjectCommand({ Bucket: vault, Key: leaf.key, VersionId: leaf.version }));
  const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  expect(leaf).toMatchObject({ size: bytes.length, ciphertext: createHash('sha256').update(bytes).digest('hex') });
  expect(leaf).toMatchObject({ records: 20, events: 20, excluded: 0, parked: 0, trigger: 's3', plaintext: object.Metadata?.['plaintext'] });
  expect(leaf.stored).toBe(object.LastModified?.getTime());
  expect(leaf.first).toBeLessThanOrEqual(leaf.last ?? 0);
});

test('inclusion and consistency are proved from what lies in the vault', async () => {
  const before = await checkpoint();
  await deliver();
  const after = await checkpoint();

  expect(after.size).toBeGreaterThan(before.size);
  const [oldRoot, root] = [Buffer.from(before.root, 'hex'), Buffer.from(after.root, 'hex')];
  const proof = await log.consistency(before.size, after.size);
  expect(verifyConsistency({ oldSize: before.size, oldRoot, size: after.size, root, proof })).toBe(true);
  for await (const { index, bytes } of log.rawLeaves(0, after.size, { size: after.size }))
    expect(verifyInclusion({ index, size: after.size, leaf: leafHash(bytes), proof: await log.proofOf(index, after.size), root })).toBe(
      true,
    );
});

test('notifications that come again, in whatever order, append nothing', async () => {
  const before = await checkpoint();
  const leaves = await leavesOf(before.size);

  await notify(
    ...leaves.map(({ key, version }) => notification(key, version)),
    ...leaves.toReversed().map(({ key, version }) => notification(key, version)),
  );

  const after = await checkpoint();
  expect([after.size, after.root, after.isNew]).toEqual([before.size, before.root, false]);
});

test('what S3 says when the queue is connected is acknowledged; the log is not about itself', async () => {
  const before = await checkpoint();
  await notify(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-11-20T08:00:00.000Z', Bucket: vault }));
  await deployment.host.quiesce();

  expect(await messagesIn('notary')).toBe(0);
  expect(await messagesIn('notary-dlq')).toBe(0);
  expect((await checkpoint()).size).toBe(before.size);
});

/** In places that evidence has: the log takes no others. */
const BY_HAND = `demo/nginx/111111111111/eu-central-1/2026/11/20/${'by-hand'.padEnd(22, '-')}.sealed`;
const NOTHING = `demo/nginx/111111111111/eu-central-1/2026/11/20/${'nothing'.padEnd(22, '-')}.sealed`;

test('an object whose metadata nobody can read is a leaf all the same', async () => {
  const before = await checkpoint();
  const { s3 } = deployment.security;
  const Body = Buffer.from('put by hand');
  const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
  await s3.send(new PutObjectCommand({ Bucket: vault, Key: BY_HAND, Body, ChecksumAlgorithm: 'SHA256', ChecksumSHA256 }));

  const after = await checkpoint();

  expect(after.size).toBe(before.size + 1);
  expect((await leavesOf(after.size)).at(-1)).toMatchObject({ key: BY_HAND, size: 11, records: 0, origin: 'unknown' });
});

test('everything of the log is locked, the checkpoints and tiles for as long as the evidence', async () => {
  const { s3 } = deployment.security;
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: vault, Prefix: '_log/' }));
  const day = 86_400_000;
  const days = async (Key: string, VersionId: string | undefined): Promise<number> => {
    const { ObjectLockRetainUntilDate: until, ObjectLockMode: mode } = await s3.send(
      new HeadObjectCommand({ Bucket: vault, Key, VersionId }),
    );
    expect([Key, mode]).toEqual([Key, 'GOVERNANCE']);
    return ((until?.getTime() ?? 0) - Date.now()) / day;
  };

  expect(Versions.length).toBeGreaterThan(10);
  const once = Versions.filter(({ Key }) => Key !== '_log/checkpoint');
  expect(new Set(once.map(({ Key }) => Key)).size).toBe(once.length);
  for (const { Key = '', VersionId } of Versions) {
    const found = await days(Key, VersionId);
    if (Key === '_log/checkpoint') expect([Key, found >= 1 && found <= 2]).toEqual([Key, true]);
    else if (Key.startsWith('_log/batch/')) expect([Key, found >= 30 && found <= 31]).toEqual([Key, true]);
    else expect([Key, found >= 365]).toEqual([Key, true]);
  }
});

test('the public key lies beside the log, and the function says little else', async () => {
  const { key } = await checkpoint();
  const { s3 } = deployment.security;
  const path = `_log/keys/${key.split('+')[1] ?? ''}.json`;
  const file = await s3.send(new GetObjectCommand({ Bucket: vault, Key: path }));
  const content = parseJson((await file.Body?.transformToString()) ?? '');

  expect(isObject(content) ? text(content['vkey']) : undefined).toBe(key);
  expect(content).toMatchObject({ algorithm: 'ecdsa', spki: expect.any(String) as unknown, created: expect.any(String) as unknown });
  const plain = await strongroom(deployment, 'evidence', 'checkpoint');
  expect(plain.stdout.toString()).toMatch(
    /^checkpoint {2}\d+ leaves, signed before: nothing was sealed since\nroot {8}[0-9a-f]{64}\nlog key/,
  );
  expect(plain.stdout.toString()).toContain('witness     none in the bank’s file');
  expect((await s3.send(new HeadObjectCommand({ Bucket: vault, Key: '_log/checkpoint' }))).ContentLength).toBeLessThan(400);
});

test('a table that is lost is made again, and nothing is logged twice', async () => {
  const before = await checkpoint();
  const leaves = await leavesOf(before.size);
  const rebuilt = await strongroom(deployment, 'evidence', 'checkpoint', '--rebuild-index', '--json');

  expect(rebuilt.code).toBe(0);
  expect(rebuilt.stderr).toContain(`table of the log: ${before.size} of ${before.size} leaves`);
  await notify(...leaves.slice(0, 5).map(({ key, version }) => notification(key, version)));
  await new Promise((resolve) => setTimeout(resolve, 6000));
  expect((JSON.parse((await strongroom(deployment, 'evidence', 'checkpoint', '--json')).stdout.toString()) as Signed).size).toBe(
    before.size,
  );
});

test('a version that is not there is no leaf: its message comes back, and those beside it are done', async () => {
  const before = await checkpoint();
  const [leaf] = await leavesOf(before.size);
  await notify(notification(NOTHING, 'none'), notification(leaf?.key ?? '', leaf?.version ?? ''));
  const logged = await deliver();
  // Long enough for the first try; quiesce would wait for the message for ever.
  await new Promise((resolve) => setTimeout(resolve, 8000));

  expect(await messagesIn('notary')).toBe(1);
  const { stdout } = await strongroom(deployment, 'evidence', 'checkpoint', '--json');
  const { size } = JSON.parse(stdout.toString()) as Signed;
  const leaves = await leavesOf(size);
  expect(leaves.some((each) => each.key === NOTHING)).toBe(false);
  expect(leaves.some((each) => each.kind === 'evidence' && each.origin.includes(logged))).toBe(true);
  // After ten tries somebody is called.
  await deployment.host.quiesce();
  expect([await messagesIn('notary'), await messagesIn('notary-dlq')]).toEqual([0, 1]);
});

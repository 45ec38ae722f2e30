// Watching on the running platform: digests that arrive are opened and verified, what is wrong or missing becomes findings and alerts, once.
import { gzipSync } from 'node:zlib';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { output } from '../../cli/deployed.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { subscribe, type Inbox } from '../../local/demo/alerts.ts';
import { createRandom } from '../../local/demo/random.ts';
import { cloudTrailRecord, DEFAULT_SCENE } from '../../local/demo/records.ts';
import { keepDigestKey } from '../../shared/cloudtrail-digest/keys.ts';
import { vaultArchive } from '../../shared/complete/archive.ts';
import { createKeyRing } from '../../shared/complete/key-ring.ts';
import { watchOnce, type Watched, type WatchDeps } from '../../shared/complete/watch.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { isArray, object, text } from '../../shared/outcome.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys } from '../../shared/seal/period-keys.ts';
import { readStatements, type Statement, type StatementVault } from '../../shared/seal/statements.ts';
import { digestSigner, fakeTrail, keyOf, type FakeDigest, type FakeFile, type FakeTrail } from '../fakes/cloudtrail-digests.ts';
import { strongroom } from './deployed.ts';

jest.setTimeout(240_000);

const ACCOUNT = '222222222222';
const HOUR_MS = 3_600_000;
const HOURS = 5;
const signer = digestSigner();

// What the function writes for CloudWatch would be lines among those of the tests.
const SILENT = { addDimensions: noop, addMetric: noop, publishStoredMetrics: noop } as unknown as WatchDeps['metrics'];

function noop(): void {
  // Nothing is measured.
}

let deployment: Deployment;
let lambda: LambdaClient;
let inbox: Inbox;
let vault: StatementVault;
let landing: string;
let now: number;

beforeAll(async () => {
  deployment = await startDeployment(() => undefined, { workloads: false });
  const { security, outputs, bank } = deployment;
  const { endpoint, region, credentials } = security;
  lambda = new LambdaClient({ endpoint, region, credentials });
  inbox = await subscribe(security, output(outputs, 'AlertTopicArn'), 'watch-inbox');
  vault = { s3: security.s3, bucket: output(outputs, 'VaultBucket'), retention: bank.retention };
  landing = output(outputs, 'LandingBucket');
  now = Date.now();
  await keepDigestKey(vault, keyOf(signer), now);
});

afterAll(async () => {
  lambda.destroy();
  await deployment.stop();
});

/** A trail whose last digest is of the hour that has just ended. */
function trailNow(trail: string, hours = HOURS): FakeTrail {
  const random = createRandom(trail.length);
  return fakeTrail(signer, {
    ...{ account: ACCOUNT, bucket: landing, trail, start: Math.floor(now / 1000) * 1000 - hours * HOUR_MS },
    content: (delivered) => {
      const scene = { ...DEFAULT_SCENE, start: Math.min(delivered, now) - 120_000 };
      return Buffer.from(`{"Records":[${cloudTrailRecord(random, 0, scene)}]}`);
    },
  });
}

async function deliver(...delivered: readonly (FakeFile | FakeDigest)[]): Promise<void> {
  for (const one of delivered) {
    const Metadata = 'signature' in one ? { signature: one.signature, 'signature-algorithm': 'SHA256withRSA' } : undefined;
    await deployment.security.s3.send(new PutObjectCommand({ Bucket: landing, Key: one.key, Body: gzipSync(one.bytes), Metadata }));
  }
}

/** Has everything under way sealed and the log signed. */
async function settle(): Promise<void> {
  await deployment.host.quiesce();
  const { code, stderr } = await strongroom(deployment, 'evidence', 'checkpoint', '--json');
  expect([code, stderr]).toEqual([0, '']);
}

/** The function as its schedule starts it. */
async function watch(): Promise<Watched> {
  await settle();
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'strongroom-demo-watch', Payload: '{}' }));
  expect(answer.FunctionError).toBeUndefined();
  return JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as Watched;
}

/** The same, some hours from now. */
async function watchLater(hours: number): Promise<Watched> {
  await settle();
  const { security, outputs, bank } = deployment;
  const { endpoint, region, credentials, s3, kms, sns, kinesis } = security;
  const dynamo = new DynamoDBClient({ endpoint, region, credentials });
  const keys = createPeriodKeys({
    ...{ s3, kms, bucket: output(outputs, 'PeriodKeysBucket'), bank: bank.bank },
    keyArn: output(outputs, 'EvidenceKeyArn'),
  });
  const log = { info: () => undefined, warn: () => undefined };
  const later = (): number => Date.now() + hours * HOUR_MS;
  const deps: WatchDeps = {
    ...{ bank, log, now: later, sns, metrics: SILENT },
    transparency: s3LogStore(vault),
    state: { s3, bucket: output(outputs, 'ParkedBucket') },
    trails: {
      archive: vaultArchive({ vault, opener: createOpener({ keys }), by: 'the test' }),
      keys: createKeyRing({
        vault,
        cloudTrail: (place) => new CloudTrailClient({ endpoint, region: place, credentials }),
        log,
        now: later,
      }),
    },
    claims: { dynamo, table: output(outputs, 'AlertTable') },
    topicArn: output(outputs, 'AlertTopicArn'),
    hub: { kinesis, stream: output(outputs, 'HubStream') },
    vaultBucket: vault.bucket,
  };
  try {
    return await watchOnce(deps);
  } finally {
    dynamo.destroy();
  }
}

interface IndexedFinding {
  readonly title: string;
  readonly detail: string;
  readonly closed: boolean;
  readonly evidence: string | undefined;
}

/** Findings about completeness, as they are indexed. */
async function findings(): Promise<readonly IndexedFinding[]> {
  await deployment.host.quiesce();
  const { search } = deployment;
  await search.transport.request({ method: 'POST', path: '/_refresh' });
  const answer = await search.transport.request({
    method: 'GET',
    path: '/ocsf-detection_finding-*/_search',
    querystring: { size: '1000', q: 'finding_info.types:logging-failure', ignore_unavailable: 'true' },
  });
  const hits = object(object(answer.body)?.['hits'])?.['hits'];
  return (isArray(hits) ? hits : []).map((hit) => {
    const source = object(object(hit)?.['_source']) ?? {};
    const [evidence] = isArray(source['evidences']) ? source['evidences'] : [];
    return {
      title: text(object(source['finding_info'])?.['title']) ?? '',
      detail: text(object(evidence)?.['data']) ?? '',
      closed: source['activity_id'] === 3,
      evidence: text(object(source['unmapped'])?.['evidence']),
    };
  });
}

async function findingsAbout(words: string): Promise<readonly string[]> {
  return (await findings())
    .filter(({ detail }) => detail.includes(words))
    .map(({ title, closed }) => (closed ? `closed: ${title}` : title));
}

async function accessStatements(): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  for await (const statement of readStatements(vault, 'access')) statements.push(statement);
  return statements;
}

test('a trail whose digests all verify is no finding, and that its digests were opened is on record', async () => {
  const trail = trailNow('good');
  const hours = Array.from({ length: HOURS }, () => trail.hour(2));
  await deliver(...hours.flatMap(({ files, digest }) => [...files, digest]));

  const watched = await watch();

  expect(watched).toMatchObject({ digests: HOURS, behind: 0 });
  expect(watched.leaves).toBeGreaterThanOrEqual(HOURS * 3);
  expect(await findingsAbout('trail good')).toEqual([]);
  expect((await findings()).filter(({ title }) => title.includes('CloudTrail'))).toEqual([]);
  const [access] = (await accessStatements()).filter(({ body }) => body['who'] === 'strongroom-demo-watch');
  expect(access?.body).toMatchObject({ purpose: 'verify', scope: { digests: HOURS } });
  const Bucket = output(deployment.outputs, 'ParkedBucket');
  const { ContentLength } = await deployment.security.s3.send(new HeadObjectCommand({ Bucket, Key: 'watch/state.json.gz' }));
  expect(ContentLength).toBeLessThan(5000);
  expect(await watch()).toMatchObject({ digests: 0 });
});

test('an altered log file and a forged digest are found at once, and alerted once with what shows it', async () => {
  await inbox.receive();
  const trail = trailNow('tampered', 2);
  const [first, second] = [trail.hour(2), trail.hour(2)];
  const [altered, ...others] = first.files;
  if (altered === undefined) throw new Error('no file');
  const forged = { ...second.digest, bytes: Buffer.from(second.digest.bytes.toString().replace(/"hashValue":"\w\w/, '"hashValue":"00')) };
  await deliver({ ...altered, bytes: Buffer.from('{"Records":[]}') }, ...others, first.digest, ...second.files, forged);

  await watch();
  await watch();

  expect(await findingsAbout(altered.key)).toEqual(['CloudTrail log file was altered']);
  expect(await findingsAbout(forged.key)).toEqual(['CloudTrail digest has a false signature']);
  const alerts = (await inbox.receive()).filter(({ subject }) => subject.includes('CloudTrail'));
  expect(alerts.map(({ subject }) => subject).sort()).toEqual([
    '[CRITICAL] CloudTrail digest has a false signature - account 222222222222 (payments-prod)',
    '[CRITICAL] CloudTrail log file was altered - account 222222222222 (payments-prod)',
  ]);
  const [finding] = (await findings()).filter(({ detail }) => detail.includes(altered.key));
  const { Metadata } = await vault.s3.send(new HeadObjectCommand({ Bucket: vault.bucket, Key: finding?.evidence }));
  expect(decodeURIComponent(Metadata?.['origin'] ?? '')).toContain(altered.key);
});

test('what does not come is late before it is missing, and what comes late closes its finding', async () => {
  const trail = trailNow('gappy', 4);
  const [one, two, three] = [trail.hour(1), trail.hour(1), trail.hour(1)];
  const slipped = trail.file(now - 2.5 * HOUR_MS, 'slipped');
  await deliver(...one.files, one.digest, slipped, ...two.files, three.digest);

  await watch();
  expect(await findingsAbout('trail gappy')).toEqual([]);
  expect(await findingsAbout(three.files[0]?.key ?? '')).toEqual([]);

  await watchLater(1.1);
  const missing = 'CloudTrail digest is missing';
  expect((await findingsAbout('trail gappy')).includes(missing)).toBe(true);
  expect(await findingsAbout(three.files[0]?.key ?? '')).toEqual(['CloudTrail log file is missing']);

  await deliver(...three.files, two.digest);
  await watchLater(1.2);
  expect([...(await findingsAbout(three.files[0]?.key ?? ''))].sort()).toEqual([
    'CloudTrail log file is missing',
    'closed: CloudTrail log file is missing',
  ]);
  expect((await findingsAbout('trail gappy')).includes(`closed: ${missing}`)).toBe(true);
});

test('sources that fall silent are told by account', async () => {
  await inbox.receive();

  await watchLater(8);

  const told = (await findings()).filter(({ detail, closed }) => detail.startsWith('cloudtrail: account') && !closed);
  expect(told.map(({ title, detail }) => [title, /account \d+/.exec(detail)?.[0]]).sort()).toEqual([
    ['Log source is late', `account ${ACCOUNT}`],
    ['Log source is late', 'account 333333333333'],
    ['Log source is silent', `account ${ACCOUNT}`],
    ['Log source is silent', 'account 333333333333'],
  ]);
  const alerts = (await inbox.receive()).filter(({ subject }) => subject.includes('Log source is silent'));
  expect(alerts.length).toBeGreaterThan(0);
  expect(alerts[0]?.message).toContain('What to do\nLook for calls that switch the source off');
});

test('a log that was rewound is told', async () => {
  const { s3 } = deployment.security;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: vault.bucket, Key: '_log/checkpoint' }));
  const latest = (await Body?.transformToString()) ?? '';
  const older = await s3.send(new GetObjectCommand({ Bucket: vault.bucket, Key: `_log/checkpoints/${await olderSize()}` }));
  await s3.send(
    new PutObjectCommand({ Bucket: vault.bucket, Key: '_log/checkpoint', Body: (await older.Body?.transformToString()) ?? '' }),
  );

  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'strongroom-demo-watch', Payload: '{}' }));

  expect(answer.FunctionError).toBeUndefined();
  expect((await findings()).map(({ title }) => title)).toContain('Transparency log was rewritten');
  await s3.send(new PutObjectCommand({ Bucket: vault.bucket, Key: '_log/checkpoint', Body: latest }));
});

async function olderSize(): Promise<string> {
  for await (const path of s3LogStore(vault).list('checkpoints/')) return path.slice('checkpoints/'.length);
  throw new Error('no checkpoint');
}

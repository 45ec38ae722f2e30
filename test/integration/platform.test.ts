// The running platform: everything deployed as for a bank, on a real OpenSearch and the AWS emulator. Each failure is caused for real, and
// each time the final count in OpenSearch has to be exact.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { output } from '../../cli/deployed.ts';
import { SOURCES } from '../../shared/sources/registry.ts';
import type { LifecycleRun } from '../../shared/lifecycle/run.ts';
import { createBatcher } from '../../shared/hub/batch.ts';
import type { HubDocument, Origin } from '../../shared/model.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { placeOfKey } from '../../shared/seal/vault.ts';
import { subscribe, type Inbox } from '../../local/demo/alerts.ts';
import { attackCalls } from '../../local/demo/attack.ts';
import { putEvents, putLogEvents, putObject } from '../../local/demo/deliver.ts';
import { drops, reportsFindings } from '../../local/demo/drops.ts';
import { play } from '../../local/demo/play.ts';
import { createRandom } from '../../local/demo/random.ts';
import { cloudTrailRecord, DEFAULT_SCENE, flowLine, FLOW_DEFAULT_HEADER, type Scene } from '../../local/demo/records.ts';
import { scenario, yesterdayMorning } from '../../local/demo/scenario.ts';

jest.setTimeout(240_000);

const MINUTE = 60_000;
const ACCOUNT = '222222222222';
const SCENE: Scene = { ...DEFAULT_SCENE, start: yesterdayMorning(Date.now()) };

let deployment: Deployment;
let inbox: Inbox;
const random = createRandom(Date.now());

beforeAll(async () => {
  deployment = await startDeployment(() => undefined);
  inbox = await subscribe(deployment.security, output(deployment.outputs, 'AlertTopicArn'), 'test-inbox');
});

afterAll(async () => {
  await deployment.stop();
});

/** Delivers an object as CloudTrail or VPC Flow Logs would. @returns its key. */
async function deliverObject(
  service: 'CloudTrail' | 'vpcflowlogs' | 'mainframe',
  bytes: Buffer,
  name: string = random.hex(16),
): Promise<string> {
  const ending = service === 'CloudTrail' ? 'json.gz' : 'log.gz';
  const key = `AWSLogs/${ACCOUNT}/${service}/eu-central-1/2026/11/20/${ACCOUNT}_${service}_eu-central-1_fl-00000000000000000_20261120T0800Z_${name}.${ending}`;
  await putObject({ landing: 'kms', key, bytes, source: service, records: 0 }, deployment.security, deployment.outputs);
  return key;
}

function trail(count: number, change: (records: string[]) => void = () => undefined): Buffer {
  const records = Array.from({ length: count }, (_, index) => cloudTrailRecord(random, index, SCENE));
  change(records);
  return gzipSync(`{"Records":[${records.join(',')}]}`);
}

function flows(count: number): Buffer {
  return gzipSync(`${FLOW_DEFAULT_HEADER}\n${Array.from({ length: count }, (_, index) => flowLine(random, index, SCENE)).join('\n')}\n`);
}

/** All documents but our own findings, once everything under way has arrived. */
async function indexed(): Promise<number> {
  await deployment.host.quiesce();
  const { search } = deployment;
  await search.transport.request({ method: 'POST', path: '/_refresh' });
  const body = { query: { bool: { must_not: [{ term: { 'metadata.product.name': 'Strongroom' } }] } } };
  const answer = await search.transport.request({
    method: 'POST',
    path: '/ocsf-*/_count',
    querystring: { ignore_unavailable: 'true' },
    body,
  });
  return (answer.body as { count: number }).count;
}

interface Evidence {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Sealed objects whose origin holds the text. */
async function evidenceOf(part: string): Promise<readonly Evidence[]> {
  const { s3 } = deployment.security;
  const Bucket = output(deployment.outputs, 'VaultBucket');
  const found: Evidence[] = [];
  for (const key of await keysOf(Bucket)) {
    const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket, Key: key }));
    if (decodeURIComponent(Metadata['origin'] ?? '').includes(part)) found.push({ key, metadata: Metadata });
  }
  return found;
}

async function keysOf(Bucket: string): Promise<readonly string[]> {
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await deployment.security.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'demo/', ContinuationToken }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return keys;
}

/** `npx strongroom …` as an operator of the bank. */
async function strongroom(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }> {
  return await new Promise((resolve) => {
    const env = { ...process.env, ...deployment.environment };
    const child = execFile(process.execPath, ['cli/main.ts', ...args], { env, encoding: 'buffer', maxBuffer: 1e8 }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr: stderr.toString() });
    });
  });
}

async function parkedRecords(): Promise<readonly { readonly key: string; readonly records: number; readonly codes: readonly string[] }[]> {
  const { stdout } = await strongroom('parked', 'list', '--json');
  const lines = stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const { key, records, codes } = JSON.parse(line) as { key: string; records: number; codes: object };
    return { key, records, codes: Object.keys(codes) };
  });
}

/** Messages in the queues whose name holds the text. */
async function waitingIn(part: string): Promise<number> {
  const { sqs } = deployment.security;
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  let waiting = 0;
  for (const QueueUrl of QueueUrls.filter((url) => url.includes(part))) {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    waiting += Number(Attributes['ApproximateNumberOfMessages'] ?? 0) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);
  }
  return waiting;
}

function notification(bucket: string, key: string): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), size: 1 } },
      },
    ],
  });
}

async function notify(body: string): Promise<void> {
  await deployment.security.sqs.send(
    new SendMessageCommand({ QueueUrl: output(deployment.outputs, 'ObjectsQueueUrl'), MessageBody: body }),
  );
}

describe('a morning of the bank', () => {
  test('every record is accounted for, every byte is sealed as delivered, the attack is alerted', async () => {
    const [first = '', second = ''] = deployment.bank.accounts.map(({ id }) => id);
    const flowFormat = deployment.bank.log_groups.find(({ source }) => source === 'vpc-flow')?.format ?? '';

    const report = await play(deployment, scenario({ accounts: [first, second], flowFormat, start: SCENE.start }));

    expect(report.faults).toEqual([]);
    const silent = SOURCES.filter((source) => !reportsFindings(source)).map(({ name }) => name);
    expect(report.rows.map(({ source }) => source)).toEqual(expect.arrayContaining([...silent, 'guardduty', 'unknown']) as unknown);
    expect(report.verified).toBeGreaterThan(50);
    const subjects = report.alerts.map(({ subject }) => subject).join('\n');
    for (const rule of ['Root', 'CloudTrail stopped', 'ecurity group', 'Console login', 'address']) expect(subjects).toContain(rule);
    // Two of the four GuardDuty findings are below the bank's threshold.
    expect(report.alerts.filter(({ attributes }) => attributes['product'] === 'GuardDuty')).toHaveLength(2);
    expect(report.answers.every(({ lines }) => lines.length > 0)).toBe(true);
  });

  test('nothing is left in a queue or a dead-letter queue', async () => {
    await deployment.host.quiesce();
    expect(await waitingIn('strongroom-')).toBe(0);
  });
});

describe('as deployed', () => {
  test('the life cycle of the indices runs, makes what comes next, and soon has nothing to do', async () => {
    const lambda = new LambdaClient({
      region: deployment.bank.region,
      endpoint: deployment.platform.endpoint,
      credentials: deployment.security.credentials,
    });
    const run = async (): Promise<LifecycleRun> => {
      const answer = await lambda.send(new InvokeCommand({ FunctionName: 'strongroom-demo-lifecycle', Payload: '{}' }));
      expect([answer.FunctionError, Buffer.from(answer.Payload ?? []).toString()]).toEqual([undefined, expect.stringContaining('planned')]);
      return JSON.parse(Buffer.from(answer.Payload ?? []).toString()) as LifecycleRun;
    };
    try {
      const first = await run();
      expect(first.faults).toEqual([]);
      expect(first.done.length).toBeGreaterThan(0);
      // What was packed is merged by the next run.
      expect((await run()).done.filter((action) => !action.startsWith('merge '))).toEqual([]);
      expect((await run()).done).toEqual([]);
    } finally {
      lambda.destroy();
    }
  });

  test('the search command finds OpenSearch by itself', async () => {
    const { code, stdout } = await strongroom('search', 'api.operation:StopLogging', '--last', '7d', '--json');
    const found = stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '');

    expect(code).toBe(0);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((line) => line.includes('StopLogging'))).toBe(true);
  });
});

test('findings of every source are indexed: what an account drops for it', async () => {
  const objects = drops(ACCOUNT, [], reportsFindings);
  const [before, parked] = [await indexed(), await parkedRecords()];

  for (const object of objects) await putObject(object, deployment.security, deployment.outputs);

  expect(objects.length).toBeGreaterThan(7);
  expect(await indexed()).toBe(before + objects.reduce((sum, { records }) => sum + records, 0));
  expect(await parkedRecords()).toEqual(parked);
});

describe('delivered more than once', () => {
  test('the same notification again, and the same object put again: one set of documents, one evidence object', async () => {
    const before = await indexed();
    const bytes = flows(300);
    const name = random.hex(16);
    const key = await deliverObject('vpcflowlogs', bytes, name);
    expect(await indexed()).toBe(before + 300);

    await notify(notification(output(deployment.outputs, 'LandingBucket'), key));
    await deliverObject('vpcflowlogs', bytes, name);

    expect(await indexed()).toBe(before + 300);
    expect(await evidenceOf(name)).toHaveLength(1);
  });

  test('one CloudTrail event in two files is one document', async () => {
    const before = await indexed();
    const records = Array.from({ length: 50 }, (_, index) => cloudTrailRecord(random, index, SCENE));
    await deliverObject('CloudTrail', gzipSync(`{"Records":[${records.join(',')}]}`));
    await deliverObject('CloudTrail', gzipSync(`{"Records":[${records.slice(20).join(',')}]}`));

    expect(await indexed()).toBe(before + 50);
  });

  test('hub records delivered twice change nothing', async () => {
    const before = await indexed();
    const { kinesis } = deployment.security;
    const StreamName = output(deployment.outputs, 'HubStream');
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
    let again = 0;
    for (const { ShardId } of Shards) {
      const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
      const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 5 }));
      for (const { Data, PartitionKey } of Records) {
        await kinesis.send(new PutRecordCommand({ StreamName, Data, PartitionKey }));
        again++;
      }
    }

    expect(again).toBeGreaterThan(0);
    expect(await indexed()).toBe(before);
  });

  test('an alert is sent once, whatever is delivered again', async () => {
    const records = attackCalls(8, { ...SCENE, account: '333333333333', start: SCENE.start + 20 * 3_600_000 });
    const bytes = gzipSync(`{"Records":[${records.join(',')}]}`);
    await inbox.receive();
    const key = await deliverObject('CloudTrail', bytes);
    await deployment.host.quiesce();
    const first = await inbox.receive();

    await notify(notification(output(deployment.outputs, 'LandingBucket'), key));
    await deliverObject('CloudTrail', bytes);
    await deployment.host.quiesce();

    expect(first.map(({ attributes }) => [attributes['account'], attributes['rule']]).sort()).toEqual([
      ['333333333333', 'Credentials of the root user changed'],
      ['333333333333', 'Root user activity'],
    ]);
    expect(await inbox.receive()).toEqual([]);
  });
});

describe('input nobody wishes for', () => {
  test('s3:TestEvent is acknowledged', async () => {
    const before = await waitingIn('dead');
    await notify(
      JSON.stringify({
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: '2026-11-20T08:00:00.000Z',
        Bucket: 'b',
        RequestId: 'r',
        HostId: 'h',
      }),
    );
    await deployment.host.quiesce();
    expect(await waitingIn('objects')).toBe(0);
    expect(await waitingIn('dead')).toBe(before);
  });

  test('a truncated gzip: what can be read is indexed, the rest is parked, all of it is sealed', async () => {
    const before = await indexed();
    const whole = flows(2000);
    const torn = whole.subarray(0, Math.floor(whole.length * 0.6));
    const name = random.hex(16);
    await deliverObject('vpcflowlogs', torn, name);

    const after = await indexed();
    const [evidence] = await evidenceOf(name);
    expect(after - before).toBeGreaterThan(800);
    expect(evidence?.metadata).toMatchObject({ events: String(after - before) });
    expect((await strongroom('evidence', 'show', evidence?.key ?? '', '--reason', 'a test')).stdout.equals(torn)).toBe(true);
    expect(Number(evidence?.metadata['records'])).toBe(after - before + Number(evidence?.metadata['parked']));
    expect((await parkedRecords()).filter(({ codes }) => codes.includes('corrupt_compression')).length).toBeGreaterThan(0);
  });

  test('an empty object is sealed, and is nothing more', async () => {
    const before = await indexed();
    const name = random.hex(16);
    await deliverObject('CloudTrail', Buffer.alloc(0), name);

    expect(await indexed()).toBe(before);
    expect((await evidenceOf(name)).map(({ metadata }) => metadata)).toMatchObject([{ records: '0', events: '0', parked: '0', size: '0' }]);
  });

  test('an unknown log is sealed and parked as a whole', async () => {
    const before = await indexed();
    const name = random.hex(16);
    await deliverObject('mainframe', Buffer.from('JOB 8 ENDED\n'), name);

    expect(await indexed()).toBe(before);
    expect((await evidenceOf(name)).map(({ metadata }) => metadata)).toMatchObject([{ records: '1', events: '0', parked: '1' }]);
  });

  test('one broken record among a thousand: 999 are indexed, one is parked with its text, and is redriven no further while it stays broken', async () => {
    const before = await indexed();
    const earlier = new Set((await parkedRecords()).map(({ key }) => key));
    const bytes = trail(1000, (records) => (records[500] = (records[500] ?? '').slice(0, 300)));
    await deliverObject('CloudTrail', bytes);

    expect(await indexed()).toBe(before + 999);
    const parked = (await parkedRecords()).filter(({ key }) => !earlier.has(key));
    expect(parked).toMatchObject([{ records: 1 }]);
    const key = parked[0]?.key ?? '';
    const shown = (await strongroom('parked', 'show', key)).stdout.toString();
    expect(shown).toContain('malformed_json');
    expect(shown).toContain('eventVersion');
    const redriven = await strongroom('parked', 'redrive', key, '--reason', 'a test');
    // Not all of it succeeded.
    expect(redriven.code).toBe(1);
    expect(await indexed()).toBe(before + 999);
    expect((await parkedRecords()).map((found) => found.key)).toContain(key);
  });

  test('a stream record that is no batch, and a log group nobody mapped, are sealed and parked', async () => {
    const before = await indexed();
    const { kinesis } = deployment.security;
    const StreamName = output(deployment.outputs, 'IntakeStream');
    const batch = {
      messageType: 'DATA_MESSAGE',
      owner: ACCOUNT,
      logGroup: '/nobody',
      logStream: 's',
      subscriptionFilters: ['f'],
      logEvents: [{ id: '1', timestamp: SCENE.start, message: 'x' }],
    };
    for (const Data of [Buffer.from('not gzip'), gzipSync(JSON.stringify(batch))])
      await kinesis.send(new PutRecordCommand({ StreamName, PartitionKey: 'p', Data }));

    expect(await indexed()).toBe(before);
    const codes = (await parkedRecords()).flatMap((found) => found.codes);
    expect(codes).toContain('corrupt_compression');
    expect(codes).toContain('unknown_source');
  });
});

describe('the hub', () => {
  const origin: Origin = {
    bank: 'demo',
    account: ACCOUNT,
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: `s3://made/up#${Date.now()}`,
    time: SCENE.start,
  };

  async function publishDocuments(documents: readonly HubDocument[]): Promise<void> {
    const records: Buffer[] = [];
    const batcher = createBatcher({ hub: 1, origin, evidence: 'none' }, (record) => records.push(record));
    for (const document of documents) batcher.add(document);
    batcher.end();
    for (const Data of records) {
      await deployment.security.kinesis.send(
        new PutRecordCommand({ StreamName: output(deployment.outputs, 'HubStream'), PartitionKey: 'p', Data }),
      );
    }
  }

  test('a document that OpenSearch refuses is parked with the reason; its neighbours are indexed; redriving gives it another try', async () => {
    const before = await indexed();
    const earlier = new Set((await parkedRecords()).map(({ key }) => key));
    const index = 'ocsf-api_activity-2026.11.20';
    const event = { class_uid: 6003, time: SCENE.start, metadata: { uid: 'x', product: { name: 'CloudTrail' } } };
    const documents = [
      { id: `good-${random.hex(8)}`, index, json: JSON.stringify(event) },
      // The mapping knows `api` as an object.
      { id: `bad-${random.hex(8)}`, index, json: JSON.stringify({ ...event, api: 'text' }) },
      { id: `good-${random.hex(8)}`, index, json: JSON.stringify(event) },
    ];
    await publishDocuments(documents);

    expect(await indexed()).toBe(before + 2);
    const parked = (await parkedRecords()).filter(({ key }) => !earlier.has(key) && key.startsWith('index/'));
    expect(parked).toMatchObject([{ records: 1 }]);
    const key = parked[0]?.key ?? '';
    expect((await strongroom('parked', 'show', key)).stdout.toString()).toContain('mapper_parsing_exception');
    expect((await strongroom('parked', 'redrive', key, '--reason', 'a test')).code).toBe(0);
    expect(await indexed()).toBe(before + 2);
    // Refused again, parked again.
    expect((await parkedRecords()).filter((found) => !earlier.has(found.key) && found.key.startsWith('index/'))).toHaveLength(1);
  });

  test('bytes that are no batch do not hold up what comes behind them', async () => {
    const before = await indexed();
    await deployment.security.kinesis.send(
      new PutRecordCommand({ StreamName: output(deployment.outputs, 'HubStream'), PartitionKey: 'p', Data: Buffer.from('poison') }),
    );
    await deliverObject('vpcflowlogs', flows(100));

    expect(await indexed()).toBe(before + 100);
  });

  test('OpenSearch is away for a minute: intake and alerts go on, and nothing is missing or twice there afterwards', async () => {
    const before = await indexed();
    await inbox.receive();
    await deployment.platform.stopOpenSearch();
    const stopped = Date.now();
    await deliverObject('vpcflowlogs', flows(500));
    const attack = attackCalls(6, { ...SCENE, start: SCENE.start + 10 * 3_600_000 }).map((call) =>
      // Somebody else: more of what was alerted in this hour would be told at its end.
      call.replaceAll('a77ac000', random.hex(8)).replaceAll('contractor.lee', 'somebody.else'),
    );
    await deliverObject(
      'CloudTrail',
      trail(400, (records) => records.push(...attack)),
    );
    let alerts: Awaited<ReturnType<Inbox['receive']>> = [];
    while (alerts.length === 0 && Date.now() - stopped < MINUTE) {
      await sleep(500);
      alerts = await inbox.receive();
    }
    await sleep(Math.max(0, MINUTE - (Date.now() - stopped)));
    await deployment.platform.startOpenSearch();

    // Alerts do not wait for the index.
    expect(alerts).toHaveLength(1);
    expect(await indexed()).toBe(before + 500 + 400 + attack.length);
  });
});

describe('triggers', () => {
  test('GuardDuty from a workload account keeps the account it is about, and reaches subscribers by their filter', async () => {
    const { security, outputs } = deployment;
    const critical = await subscribe(security, output(outputs, 'AlertTopicArn'), 'test-critical', { severity: ['critical'] });
    const finding = (id: string, severity: number): object => ({
      schemaVersion: '2.0',
      accountId: '333333333333',
      region: 'eu-central-1',
      partition: 'aws',
      id,
      arn: `arn:aws:guardduty:eu-central-1:333333333333:detector/d/finding/${id}`,
      type: 'Backdoor:EC2/C&CActivity.B',
      resource: { resourceType: 'Instance' },
      service: {
        serviceName: 'guardduty',
        count: 1,
        archived: false,
        eventFirstSeen: '2026-11-20T08:00:00Z',
        eventLastSeen: '2026-11-20T08:00:00Z',
      },
      severity,
      createdAt: '2026-11-20T08:00:00.000Z',
      updatedAt: '2026-11-20T08:00:00.000Z',
      title: 'C&C',
      description: 'An instance talks to a known server.',
    });
    const trading = deployment.workloads.find(({ id }) => id === '333333333333');
    if (trading === undefined) throw new Error('no trading account');
    const details = [finding(random.hex(32), 8), finding(random.hex(32), 9.5), finding(random.hex(32), 3)].map((detail) => ({
      source: 'aws.guardduty',
      detailType: 'GuardDuty Finding',
      detail,
    }));
    await inbox.receive();
    const before = await indexed();
    await putEvents({ account: trading.id, source: 'guardduty', details }, trading);

    expect(await indexed()).toBe(before + 3);
    expect((await inbox.receive()).map(({ attributes }) => [attributes['account'], attributes['severity']]).sort()).toEqual([
      ['333333333333', 'critical'],
      ['333333333333', 'high'],
    ]);
    expect((await critical.receive()).map(({ attributes }) => attributes['severity'])).toEqual(['critical']);
  });

  test('log events of a workload account come through subscription, destination and stream', async () => {
    const before = await indexed();
    const workload = deployment.workloads[0];
    if (workload === undefined) throw new Error('no workload account');
    const events = [
      { timestamp: SCENE.start, message: JSON.stringify({ level: 'warn', message: 'limit raised' }) },
      { timestamp: SCENE.start, message: 'plain text' },
    ];
    await putLogEvents({ account: workload.id, logGroup: '/app/payments', source: 'application-json', events }, workload);

    expect(await indexed()).toBe(before + 2);
  });
});

describe('evidence', () => {
  test('show prints the bytes as delivered; a flipped byte is refused', async () => {
    const bytes = trail(20);
    const name = random.hex(16);
    await deliverObject('CloudTrail', bytes, name);
    await deployment.host.quiesce();
    const [evidence] = await evidenceOf(name);
    const key = evidence?.key ?? '';

    const shown = await strongroom('evidence', 'show', key, '--reason', 'a test');
    expect({ code: shown.code, same: shown.stdout.equals(bytes) }).toEqual({ code: 0, same: true });
    expect(gunzipSync(shown.stdout).toString()).toContain('"Records"');

    const { s3 } = deployment.security;
    const Bucket = output(deployment.outputs, 'VaultBucket');
    const sealed = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    const message = Buffer.from((await sealed.Body?.transformToByteArray()) ?? []);
    message[message.length - 40] = (message[message.length - 40] ?? 0) ^ 1;
    await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: message, Metadata: sealed.Metadata }));
    const refused = await strongroom('evidence', 'show', key, '--reason', 'a test');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/authentic|altered|damaged|changed/i);
    // Moved to another day, it is not what was sealed there.
    const moved = key.replace(/\/(\d\d)\/([^/]+)$/, (_, day: string, file: string) => `/${day === '01' ? '02' : '01'}/${file}`);
    await s3.send(new PutObjectCommand({ Bucket, Key: moved, Body: message, Metadata: sealed.Metadata }));
    expect(await strongroom('evidence', 'show', moved, '--reason', 'a test')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('metadata') as unknown,
    });
  });

  test('is held, stays held while it is, and is not erased', async () => {
    const Bucket = output(deployment.outputs, 'VaultBucket');
    const key = (await keysOf(Bucket)).findLast((name) => name.startsWith('demo/cloudtrail/')) ?? '';
    const { day } = placeOfKey(key);
    const held = async (): Promise<string | undefined> =>
      (await deployment.security.s3.send(new HeadObjectCommand({ Bucket, Key: key }))).ObjectLockLegalHoldStatus;
    const days = ['--source', 'cloudtrail', '--from', day, '--to', day];

    const set = await strongroom('hold', 'set', ...days, '--reason', 'case 4711', '--no-wait');
    expect({ code: set.code, stderr: set.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await held()).toBe('ON');
    const [hold] = (await strongroom('hold', 'list', '--json')).stdout.toString().trim().split('\n');
    const { id, open } = JSON.parse(hold ?? '') as { id: string; open: boolean };
    expect(open).toBe(true);
    const plan = await strongroom('erase', 'plan', '--class', 'trails', '--period', day.slice(0, 7));
    expect(plan.code).toBe(1);
    expect(plan.stdout.toString()).toMatch(new RegExp(`is not over[^]*legal hold ${id} covers some of it[^]*under S3's legal hold`));

    expect((await strongroom('hold', 'lift', id, '--reason', 'case closed', '--no-wait')).code).toBe(0);
    expect(await held()).toBe('OFF');
    expect((await strongroom('hold', 'list')).stdout.toString()).toContain('0 of 1 holds are open');
  });

  test('sealed objects are under retention', async () => {
    const Bucket = output(deployment.outputs, 'VaultBucket');
    const [key] = await keysOf(Bucket);
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await deployment.security.s3.send(new HeadObjectCommand({ Bucket, Key: key }));
    expect(ObjectLockMode).toBe('GOVERNANCE');
    expect((ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()).toBeGreaterThan(364 * 24 * 60 * MINUTE);
  });
});

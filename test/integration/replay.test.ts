// Replaying on the running platform: what was indexed comes back as it was, nothing is counted or alerted as new, and whatever is killed goes on.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { output } from '../../cli/deployed.ts';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { subscribe, type Inbox } from '../../local/demo/alerts.ts';
import { putObject } from '../../local/demo/deliver.ts';
import { play } from '../../local/demo/play.ts';
import { createRandom } from '../../local/demo/random.ts';
import { cloudTrailRecord, DEFAULT_SCENE, type Scene } from '../../local/demo/records.ts';
import { scenario, yesterdayMorning } from '../../local/demo/scenario.ts';
import { object, parseJson } from '../../shared/outcome.ts';
import { textAt } from '../../shared/search/value.ts';
import { strongroom } from './deployed.ts';

jest.setTimeout(240_000);

const SCENE: Scene = { ...DEFAULT_SCENE, start: yesterdayMorning(Date.now()) };
/** Sources date some of their records themselves. */
const EVER = ['--from', '2000-01-01', '--to', '2099-12-31'] as const;
const BECAUSE = ['--reason', 'test of replaying'] as const;

let deployment: Deployment;
let inbox: Inbox;

beforeAll(async () => {
  deployment = await startDeployment(() => undefined);
  const { bank } = deployment;
  const accounts = bank.accounts.map(({ id }) => id);
  const flowFormat = bank.log_groups.find(({ source }) => source === 'vpc-flow')?.format ?? '';
  const morning = scenario({ accounts: [accounts[0] ?? '', accounts[1] ?? ''], flowFormat, start: SCENE.start });
  // All trails, and of the rest as much as makes several chunks.
  const objects = morning.objects.filter(({ source }, at) => source === 'cloudtrail' || at % 4 === 0);
  const report = await play(deployment, { ...morning, objects });
  expect(report.faults).toEqual([]);
  inbox = await subscribe(deployment.security, output(deployment.outputs, 'AlertTopicArn'), 'replay-inbox');
});

afterAll(async () => {
  await deployment.stop();
});

interface Result {
  readonly code: number;
  readonly last: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

/** `strongroom replay --json …`, and everything behind it. */
async function replay(...args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await strongroom(deployment, 'replay', '--json', ...args);
  await deployment.host.quiesce();
  const line = stdout.toString().trimEnd().split('\n').at(-1) ?? '';
  return { code, last: line === '' ? {} : (JSON.parse(line) as Record<string, unknown>), stderr };
}

type Documents = ReadonlyMap<string, unknown>;

/** All documents of the indices, by index and id. */
async function documents(index: string): Promise<Documents> {
  await deployment.host.quiesce();
  const { search } = deployment;
  await search.transport.request({ method: 'POST', path: '/_refresh' });
  const found = new Map<string, unknown>();
  const size = 5000;
  for (let after: unknown[] | undefined; ;) {
    const body = { size, sort: [{ time: 'asc' }, { _id: 'asc' }], ...(after === undefined ? {} : { search_after: after }) };
    const answer = await search.transport.request({
      method: 'POST',
      path: `/${index}/_search`,
      querystring: { ignore_unavailable: 'true', allow_no_indices: 'true' },
      body,
    });
    const { hits } = (answer.body as { hits: { hits: { _index: string; _id: string; _source: unknown; sort: unknown[] }[] } }).hits;
    for (const hit of hits) found.set(`${hit._index}/${hit._id}`, hit._source);
    if (hits.length < size) return found;
    after = hits.at(-1)?.sort;
  }
}

/** Documents of other products: those of our own rules come first come, first served. */
function others(all: Documents): Documents {
  return new Map([...all].filter(([, source]) => !JSON.stringify(source).includes('"vendor_name":"Strongroom"')));
}

async function remove(index: string): Promise<void> {
  await deployment.search.transport.request({ method: 'DELETE', path: `/${index}` });
}

async function parkedList(): Promise<string> {
  return (await strongroom(deployment, 'parked', 'list', '--json')).stdout.toString();
}

async function accessStatements(): Promise<readonly Record<string, unknown>[]> {
  const { s3 } = deployment.security;
  const Bucket = output(deployment.outputs, 'VaultBucket');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: '_statements/access/' }));
  return await Promise.all(
    Contents.map(async ({ Key }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return JSON.parse((await Body?.transformToString()) ?? '') as Record<string, unknown>;
    }),
  );
}

test('the plan says what would be done, and nothing is', async () => {
  const statements = (await accessStatements()).length;

  const dry = await strongroom(deployment, 'replay', '--source', 'cloudtrail', ...EVER, '--dry-run');

  expect(dry.stderr).toBe('');
  expect(dry.code).toBe(0);
  expect(dry.stdout.toString()).toMatch(
    /^cloudtrail, events from 2000-01-01T00:00:00\.000Z to 2099-12-31T00:00:00\.000Z, to hub\n[1-9]\d* objects, [1-9]\d* records, [1-9]\d* bytes as delivered, in 1 chunks\nat 5000 records\/s: \d+ s or more; the log knows of objects until \S+Z\n/,
  );
  expect(await accessStatements()).toHaveLength(statements);
  const nothing = await replay('--source', 'cloudtrail', '--from', '2001-01-01', '--to', '2001-01-02', ...BECAUSE);
  expect(nothing).toMatchObject({ code: 0, last: { totals: { objects: 0 } } });
});

test.each([
  [['--source', 'cloudtrail', ...EVER], '--reason must say why'],
  [['--source', 'nothing', ...EVER, ...BECAUSE], '--source must be "all" or a source'],
  [['--resume', '20261121T093000Z-9f3c21ab', ...BECAUSE], 'replay 20261121T093000Z-9f3c21ab is not in'],
  [['--resume', '20261121T093000Z-9f3c21ab', '--source', 'all', ...BECAUSE], '--resume goes on as planned and takes no --source'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await strongroom(deployment, 'replay', ...args);

  expect(stderr).toContain(message);
  expect(code).toBe(1);
});

test('over a live index it changes no count, parks nothing twice and alerts nobody', async () => {
  const [before, parked] = [await documents('ocsf-*'), await parkedList()];
  expect(before.size).toBeGreaterThan(5000);

  const { code, last, stderr } = await replay('--source', 'all', ...EVER, ...BECAUSE);

  expect(stderr).toMatch(/^(replay \S+: \d+ of \d+ chunks, \d+ of \d+ records\n)+$/);
  expect(code).toBe(0);
  expect(last).toMatchObject({ erased: 0, refused: 0, failed: [], waiting: 0, faults: [] });
  expect(Number(last['records'])).toBeGreaterThan(5000);
  expect(await documents('ocsf-*')).toEqual(before);
  expect(await parkedList()).toBe(parked);
  expect(await inbox.receive()).toEqual([]);
  expect((await accessStatements()).filter(({ purpose }) => purpose === 'replay')).toMatchObject([
    { reason: 'test of replaying', scope: { replay: last['replay'], source: 'all', accounts: [] } },
  ]);
});

test('deleted indices come back as they were, document by document', async () => {
  const before = await documents('ocsf-*');
  await remove('events-*');
  expect((await documents('ocsf-*')).size).toBe(0);

  expect(await replay('--source', 'all', ...EVER, ...BECAUSE)).toMatchObject({ code: 0 });

  const after = await documents('ocsf-*');
  expect(others(after)).toEqual(others(before));
  // Which events of an hour a finding of ours names first depends on what comes first; that it is found does not.
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  expect(await inbox.receive()).toEqual([]);
});

test('into an index of its own it puts the same documents, and nothing is detected in them', async () => {
  const before = await documents('ocsf-*');

  const { code, last } = await replay('--source', 'cloudtrail', ...EVER, '--to', 'index:replay-check', ...BECAUSE);

  expect(code).toBe(0);
  const aside = await documents('replay-check');
  const byId = new Map([...before].map(([path, source]) => [path.slice(path.indexOf('/') + 1), source]));
  expect(aside.size).toBeGreaterThan(100);
  expect(aside.size).toBeLessThanOrEqual(Number(last['events']));
  for (const [path, source] of aside) expect(source).toEqual(byId.get(path.slice('replay-check/'.length)));
  expect(await documents('ocsf-*')).toEqual(before);
  const query = { query: { term: { 'api.operation': 'StopLogging' } } };
  const found = await deployment.search.transport.request({ method: 'POST', path: '/replay-check/_count', body: query });
  expect((found.body as { count: number }).count).toBeGreaterThan(0);
});

test('for detection alone it brings back findings, and indexes no event', async () => {
  const before = await documents('ocsf-*');
  const findings = [...before.keys()].filter((path) => path.startsWith('events-detection_finding-'));
  await remove('events-*');

  expect(await replay('--source', 'cloudtrail', ...EVER, '--to', 'detect', ...BECAUSE)).toMatchObject({ code: 0 });

  const after = [...(await documents('ocsf-*')).keys()];
  expect(after.length).toBeGreaterThan(3);
  expect(findings).toEqual(expect.arrayContaining(after) as unknown);
  expect(await inbox.receive()).toEqual([]);
  expect(await replay('--source', 'all', ...EVER, ...BECAUSE)).toMatchObject({ code: 0 });
  expect([...(await documents('ocsf-*')).keys()].sort()).toEqual([...before.keys()].sort());
});

test('with --alerts it alerts what was not alerted before, once', async () => {
  expect(await replay('--source', 'all', ...EVER, '--alerts', ...BECAUSE)).toMatchObject({ code: 0 });
  expect(await inbox.receive()).toEqual([]);

  // As if these had come while nobody alerted them.
  const forgotten = await forgetAlerts(2);
  expect(await replay('--source', 'all', ...EVER, '--alerts', ...BECAUSE)).toMatchObject({ code: 0 });
  expect(await inbox.receive()).toHaveLength(forgotten);
  expect(await replay('--source', 'all', ...EVER, '--alerts', ...BECAUSE)).toMatchObject({ code: 0 });
  expect(await inbox.receive()).toEqual([]);
});

/** Forgets which findings were alerted, and under what. @returns how many. */
async function forgetAlerts(count: number): Promise<number> {
  const dynamo = new DynamoDBClient(deployment.security);
  const TableName = output(deployment.outputs, 'AlertTable');
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName }));
  const chosen = Items.filter(({ id }) => id?.S?.startsWith('u/')).slice(0, count);
  for (const { id, content } of chosen) {
    const episode = textAt(object(parseJson(content?.S ?? '')) ?? {}, 'of') ?? '';
    for (const key of [id?.S ?? '', episode, `${episode}/finding`])
      await dynamo.send(new DeleteItemCommand({ TableName, Key: { id: { S: key } } }));
  }
  dynamo.destroy();
  return chosen.length;
}

describe('a replay that is killed', () => {
  const account = '333333333333';
  const ofAccount = ['--source', 'cloudtrail', '--account', account] as const;

  /** Of another day than the demo. */
  const scene: Scene = { ...SCENE, account, start: SCENE.start - 10 * 86_400_000 };

  async function deliver(count: number, name: string): Promise<void> {
    const random = createRandom(count);
    const records = Array.from({ length: count }, (_, index) => cloudTrailRecord(random, index, scene));
    const key = `AWSLogs/${account}/CloudTrail/eu-central-1/2026/11/10/${account}_CloudTrail_eu-central-1_20261110T0800Z_${name}.json.gz`;
    const bytes = gzipSync(`{"Records":[${records.join(',')}]}`);
    await putObject({ landing: 'kms', key, bytes, source: 'CloudTrail', records: count }, deployment.security, deployment.outputs);
    await deployment.host.quiesce();
  }

  test('goes on with what is not done, and ends with the same documents', async () => {
    for (const [at, count] of [5, 299, 6].entries()) await deliver(count, `killed${at}`);
    const window = ['--from', new Date(scene.start).toISOString(), '--to', new Date(scene.start + 86_400_000).toISOString()] as const;
    const before = await documents('ocsf-*');
    await remove('events-*');

    // At 4 records a second a chunk has 300 at most: the first one is done at once, the second one takes more than a minute.
    const killed = await killedAfter(/(\S+): 1 of 3 chunks/, ...ofAccount, ...window, '--rate', '4', '--local', ...BECAUSE);
    expect([...(await documents('ocsf-*')).keys()].length).toBeGreaterThan(5);

    const slower = await replay('--resume', killed, '--rate', '3', ...BECAUSE);
    expect(slower.stderr).toContain('--rate must not be below 4');
    const resumed = await replay('--resume', killed, '--rate', '100000', ...BECAUSE);

    expect(resumed.code).toBe(0);
    expect(resumed.last).toMatchObject({ replay: killed, chunks: 3, done: 3, objects: 3, records: 310, waiting: 0, faults: [] });
    expect(await replay('--resume', killed, '--local', ...BECAUSE)).toMatchObject({ code: 0, last: { records: 310 } });
    expect(await replay('--source', 'all', ...EVER, ...BECAUSE)).toMatchObject({ code: 0 });
    expect(others(await documents('ocsf-*'))).toEqual(others(before));
    expect(await inbox.receive()).toEqual([]);
  });

  /** @returns the id of the replay, as the command has printed it. */
  async function killedAfter(pattern: RegExp, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...deployment.environment };
    const child = spawn(process.execPath, ['cli/main.ts', 'replay', ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const seen = new Promise<string | undefined>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const [, id] = pattern.exec(said) ?? [];
        if (id !== undefined) resolve(id);
      });
      void exited.then(() => resolve(undefined));
    });
    const id = await seen;
    if (id === undefined) throw new Error(`ended too early: ${said}`);
    // Into the middle of the next chunk.
    await sleep(1500);
    child.kill('SIGKILL');
    await exited;
    return id;
  }
});

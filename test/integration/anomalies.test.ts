// The hourly job over a real OpenSearch: five quiet weeks are learned, then what is unusual is told once, however often and late it is seen.
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { bankNamed } from '../../cli/bank.ts';
import { BASELINES_INDEX, readState, saveState } from '../../shared/anomalies/opensearch-store.ts';
import { runAnomalies, type AnomalyDeps, type AnomalyRun } from '../../shared/anomalies/run.ts';
import { decodeBatch } from '../../shared/hub/batch.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import type { HubDocument, JsonObject, OcsfEvent } from '../../shared/model.ts';
import { API_ACTIVITY, classify, NETWORK_ACTIVITY, OCSF_VERSION } from '../../shared/ocsf/classes.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { yearlyIndexOf } from '../../shared/opensearch/index-name.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { object, text } from '../../shared/outcome.ts';
import { startAlertTable, type FakeAlertTable } from '../fakes/alert-table.ts';
import { startKinesis, type FakeKinesis } from '../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../fakes/sns.ts';
import { validateEvent } from '../ocsf.ts';

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday morning. */
const NOW = Date.UTC(2026, 10, 18, 10, 40);
const ACCOUNT = '222222222222';
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`;
const BATCH = `arn:aws:iam::${ACCOUNT}:role/batch`;
const KEY = 'AKIAEXAMPLE000000001';
const HOST = '10.0.0.5';

let directory: string;
let server: OpenSearchServer;
let client: OpenSearch;
let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let now: number;
let serial = 0;

beforeAll(async () => {
  directory = openSearchDirectory(makeRunDirectory(cacheDirectory()));
  server = await startOpenSearch({ directory });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  [table, kinesis, sns] = await Promise.all([startAlertTable(), startKinesis(), startSns()]);
  await write(quietWeeks());
});

afterAll(async () => {
  await client.close();
  await server.stop();
  await Promise.all([table.close(), kinesis.close(), sns.close()]);
});

/** In the index of the year: fewer are made faster. */
async function write(events: readonly OcsfEvent[]): Promise<void> {
  const documents = events.map((event): HubDocument => ({ ...toDocument(event), index: yearlyIndexOf(event.class_uid, event.time) }));
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
  );
  for (let at = 0; at < documents.length; at += 2000)
    expect((await writeDocuments(documents.slice(at, at + 2000), client)).refused).toEqual([]);
  await client.indices.refresh({ index: 'ocsf-*' });
}

function call(time: number, changes: object): OcsfEvent {
  return {
    ...classify(API_ACTIVITY, 2),
    severity_id: 1,
    time,
    metadata: { uid: `call-${serial++}`, version: OCSF_VERSION, product: { name: 'CloudTrail', vendor_name: 'AWS' }, profiles: ['cloud'] },
    cloud: { provider: 'AWS', account: { uid: ACCOUNT }, region: 'eu-central-1' },
    api: { operation: 'GetObject', service: { name: 's3.amazonaws.com' } },
    ...changes,
  };
}

function byAlice(time: number): OcsfEvent {
  return call(time, { actor: { user: { uid: ALICE, type_id: 1 } }, src_endpoint: { ip: '192.0.2.7', location: { country: 'DE' } } });
}

function byKey(time: number, country: string): OcsfEvent {
  const user = { uid: `arn:aws:sts::${ACCOUNT}:assumed-role/batch/s${serial}`, programmatic_credentials: [{ uid: KEY }] };
  return call(time, { actor: { user, session: { issuer: BATCH } }, src_endpoint: { ip: '198.51.100.9', location: { country } } });
}

function byAws(time: number): OcsfEvent {
  return call(time, {
    actor: { user: { uid: 'aws', type_id: 4 }, app_name: 'config.amazonaws.com' },
    src_endpoint: { svc_name: 'config' },
  });
}

function flow(time: number, port: number, bytes: number): OcsfEvent {
  return {
    ...classify(NETWORK_ACTIVITY, 6),
    severity_id: 1,
    time,
    metadata: { uid: `flow-${serial++}`, version: OCSF_VERSION, product: { name: 'Amazon VPC', vendor_name: 'AWS' } },
    cloud: { provider: 'AWS', account: { uid: ACCOUNT }, region: 'eu-central-1' },
    src_endpoint: { ip: HOST, port: 40_000 },
    dst_endpoint: { ip: '203.0.113.80', port },
    traffic: { bytes },
    action_id: 1,
  };
}

function quietWeeks(): readonly OcsfEvent[] {
  const events: OcsfEvent[] = [];
  const until = Math.floor(NOW / HOUR_MS) * HOUR_MS;
  for (let time = until - 35 * DAY_MS; time < until; time += HOUR_MS) {
    const date = new Date(time);
    events.push(byAws(time), flow(time + 60_000, 443, 1_000_000));
    if (date.getUTCHours() % 6 === 0) events.push(byKey(time + 120_000, 'DE'));
    const works = date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 8 && date.getUTCHours() < 17;
    if (works) events.push(byAlice(time + 180_000), byAlice(time + 240_000));
  }
  return events;
}

async function run(changes: Partial<AnomalyDeps> = {}): Promise<AnomalyRun> {
  return await runAnomalies({
    bank: { ...bankNamed('demo'), anomalies: { timezone: 'UTC' } },
    client,
    claims: { dynamo: table.client, table: 'claims' },
    sns: sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-alerts',
    hub: { kinesis: kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    log: { info: () => undefined, warn: () => undefined },
    now: () => now,
    budgetMs: 600_000,
    ...changes,
  });
}

/** Everything that went into the hub. */
function findings(): readonly OcsfEvent[] {
  return kinesis.stored.flatMap(({ data }) => {
    const batch = decodeBatch(data);
    return batch.kind === 'value' ? batch.value.documents.flatMap(({ json }) => fromDocument(json) ?? []) : [];
  });
}

function infoOf(finding: OcsfEvent | undefined): JsonObject {
  return object(finding?.['finding_info']) ?? {};
}

/** Findings of a baseline, one per id. */
function foundBy(baseline: string): readonly OcsfEvent[] {
  const found = findings().filter((finding) => JSON.stringify(infoOf(finding)['types']).includes(`"${baseline}"`));
  return [...new Map(found.map((finding) => [text(infoOf(finding)['uid']), finding])).values()];
}

test('weeks are learned out of the index, and nothing of them is told', async () => {
  now = NOW;
  const learned = await run();
  const again = await run();

  expect(learned).toMatchObject({ hours: 35 * 24, behind: 0, found: 0, alerted: 0 });
  expect(again).toMatchObject({ hours: 0, late: 0, behind: 0, found: 0 });
  const { body } = await client.count({ index: BASELINES_INDEX });
  // Alice, the batch's role, its key and the host; the services of AWS have no habits of their own.
  expect(body.count).toBeGreaterThan(5);
  expect(JSON.stringify((await client.search({ index: BASELINES_INDEX, size: 100 })).body)).not.toContain('"aws"');
});

test('a stolen key, a mass download and a new port are told once, with what was expected and what was seen', async () => {
  const hour = Math.floor(NOW / HOUR_MS) * HOUR_MS + HOUR_MS;
  now = NOW + 3 * HOUR_MS;
  const before = await readState(client);
  await write([
    ...[0, 1, 2, 3].map((minute) => byKey(hour + minute * 60_000, 'BR')),
    ...Array.from({ length: 150 }, (_, at) => byAlice(hour + at * 1000)),
    ...[1, 2, 3, 4, 5].map((minute) => flow(hour + minute * 60_000, 4444, 2000)),
    ...[0, 1, 2].flatMap((later) => [byAws(hour + (later - 1) * HOUR_MS), flow(hour + (later - 1) * HOUR_MS, 443, 1_000_000)]),
  ]);

  const told = await run();

  expect(told).toMatchObject({ hours: 3, behind: 0, alerted: 3 });
  expect(sns.published.map(({ subject }) => subject.split(' - ')[0]).sort()).toEqual([
    '[LOW] Host talks to a port it never talked to',
    '[LOW] Unusual use of an AWS service by an identity',
    '[MEDIUM] Access key in a country it never was in',
  ]);
  const [stolen] = foundBy('key-country');
  expect(findings().flatMap((finding) => validateEvent(finding))).toEqual([]);
  expect(stolen).toMatchObject({
    time: hour,
    cloud: { account: { uid: ACCOUNT }, region: 'eu-central-1' },
    count: 4,
    is_alert: true,
    finding_info: { types: ['anomaly', 'first_seen', 'key-country'], related_events_count: 4, analytic: { type_id: 3 } },
    anomaly_analyses: [{ analysis_targets: [{ name: KEY }], anomalies: [{ observations: [{ value: 'BR', count: 4 }] }] }],
  });
  expect(foundBy('principal-service')[0]).toMatchObject({
    anomaly_analyses: [
      { baselines: [{ observations: [{ value: '2' }, {}, { value: '2' }] }], anomalies: [{ observations: [{ value: '150' }] }] },
    ],
  });

  // A run that died before it wrote down how far it had come.
  const published = sns.published.length;
  const current = await readState(client);
  if (before === undefined || current === undefined) throw new Error('no state');
  await saveState(client, before.state, current.version);
  const uids = new Set(findings().map((finding) => infoOf(finding)['uid']));
  const repeated = await run();

  expect(repeated).toMatchObject({ hours: 3, found: told.found, alerted: 0 });
  expect(new Set(findings().map((finding) => infoOf(finding)['uid']))).toEqual(uids);
  expect(sns.published).toHaveLength(published);
});

test('events that come late are counted, and change no alert into two', async () => {
  const published = sns.published.length;
  const hour = Math.floor(NOW / HOUR_MS) * HOUR_MS;
  // Before what was told, and after; and a day of which the sum was counted.
  await write([byKey(hour + 60_000, 'BR'), byKey(hour + HOUR_MS + 600_000, 'BR'), byAws(hour - 15 * HOUR_MS)]);

  const late = await run();

  expect(late).toMatchObject({ hours: 0, late: 4, alerted: 0 });
  expect(foundBy('key-country')).toHaveLength(1);
  expect(sns.published).toHaveLength(published);
  expect(await run()).toMatchObject({ hours: 0, late: 0, found: 0 });
});

test('while OpenSearch is away nothing is counted, and the next run goes on where the last one ended', async () => {
  // The next day: of an entity one thing a day is alerted.
  const hour = Math.floor(NOW / HOUR_MS) * HOUR_MS + DAY_MS;
  await write([byAws(hour), ...Array.from({ length: 5 }, (_, at) => flow(hour + at * 60_000, 3389, 1000))]);
  await server.kill();
  now = NOW + DAY_MS + 3 * HOUR_MS;

  await expect(run()).rejects.toThrow();

  server = await startOpenSearch({ directory, port: server.port });
  expect(await run()).toMatchObject({ hours: 24, behind: 0, alerted: 1 });
  expect(sns.published.at(-1)?.message).toContain('3389');
});

test('a bank that wants none gets none', async () => {
  now = NOW + 2 * DAY_MS;

  expect(await run({ bank: { ...bankNamed('demo'), anomalies: { enabled: false } } })).toMatchObject({ hours: 0, disabled: true });
});

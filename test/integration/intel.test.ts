// The retro-hunt on the real OpenSearch: what was there before it was listed.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bankNamed } from '../../cli/bank.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import type { BankConfig } from '../../shared/config.ts';
import { toDocument } from '../../shared/hub/document.ts';
import { createFetch } from '../../shared/intel/fetch.ts';
import { huntOnce, type HuntDeps, type Hunted } from '../../shared/intel/hunt.ts';
import { readState } from '../../shared/intel/store.ts';
import { updateIntel } from '../../shared/intel/update.ts';
import type { OcsfEvent } from '../../shared/model.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { startAlertTable, type FakeAlertTable } from '../fakes/alert-table.ts';
import { startKinesis, type FakeKinesis } from '../fakes/kinesis.ts';
import { createFakeS3, type FakeS3 } from '../fakes/s3.ts';
import { startSns, type FakeSns } from '../fakes/sns.ts';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const EVM = '0xABCDEFabcdefabcdefabcdefabcdefabcdefabcd';

let server: OpenSearchServer;
let client: OpenSearch;
let feeds: Server;
let url = '';
let list = '';
let s3: FakeS3;
let fakes: { readonly table: FakeAlertTable; readonly sns: FakeSns; readonly kinesis: FakeKinesis };
let made = 0;
let now = NOW;

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  feeds = createServer((_, response) => void response.end(list));
  await new Promise<void>((resolve) => feeds.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(feeds.address() as AddressInfo).port}/`;
  await write([
    flow('198.51.100.7', 3 * DAY_MS),
    flow('198.51.100.7', 2 * DAY_MS),
    flow('198.51.100.7', 40 * DAY_MS),
    flow('203.0.113.50', DAY_MS),
    flow('192.0.2.1', DAY_MS),
    flow('2001:db8::5', DAY_MS),
    event(4003, DAY_MS, { query: { hostname: 'WWW.bad.example.', type: 'A' }, src_endpoint: { ip: '10.1.2.3' } }),
    event(4003, DAY_MS, { query: { hostname: 'notbad.example', type: 'A' }, src_endpoint: { ip: '10.1.2.3' } }),
    event(4002, DAY_MS, { http_request: { url: { hostname: 'ok.example', path: '/bin.sh' } }, src_endpoint: { ip: '10.1.2.3' } }),
    event(6003, DAY_MS, {
      observables: [{ name: 'unmapped.to', type_id: 99, type: 'Blockchain Address', value: EVM }],
      api: { operation: 'send' },
    }),
    event(3002, DAY_MS, { user: { name: 'Mallory@Evil.example' } }),
    flow('198.51.100.8', DAY_MS, {
      metadata: metadata(['osint']),
      osint: [{ value: '198.51.100.8', type_id: 1, uid: 'strongroom:list', risk_score: 90, tlp: 'CLEAR' }],
    }),
  ]);
});

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  [s3, now] = [createFakeS3(), NOW];
  fakes = { table: await startAlertTable(), sns: await startSns(), kinesis: await startKinesis() };
});
afterEach(async () => {
  await Promise.all([fakes.table.close(), fakes.sns.close(), fakes.kinesis.close()]);
});
afterAll(async () => {
  feeds.close();
  feeds.closeAllConnections();
  await client.close();
  await server.stop();
});

function metadata(profiles: readonly string[] = []): OcsfEvent['metadata'] {
  return {
    uid: `event-${made++}`,
    version: '1.8.0',
    product: { name: 'Example', vendor_name: 'Example' },
    profiles: ['cloud', ...profiles],
  };
}

function event(uid: number, before: number, more: object): OcsfEvent {
  const numbers = {
    class_uid: uid,
    category_uid: Math.floor(uid / 1000),
    activity_id: 1,
    type_uid: uid * 100 + 1,
    severity_id: 1,
    time: NOW - before,
  };
  return { ...numbers, metadata: metadata(), cloud: { provider: 'AWS', account: { uid: '222222222222' } }, ...more };
}

function flow(to: string, before: number, more: object = {}): OcsfEvent {
  return event(4001, before, { src_endpoint: { ip: '10.1.2.3', port: 40_000 }, dst_endpoint: { ip: to, port: 443 }, ...more });
}

async function write(events: readonly OcsfEvent[]): Promise<void> {
  const documents = events.map((one) => toDocument(one));
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
  );
  expect((await writeDocuments(documents, client)).refused).toEqual([]);
  await client.indices.refresh({ index: 'ocsf-*' });
}

function bank(): BankConfig {
  return {
    ...bankNamed('demo'),
    intel: { feeds: [{ name: 'list', format: 'list', url, confidence: 90, severity: 'high', may_shrink: true }] },
  };
}

function deps(more: Partial<HuntDeps> = {}): HuntDeps {
  return {
    bank: bank(),
    store: { s3: s3.client, bucket: 'reference' },
    client,
    claims: { dynamo: fakes.table.client, table: 'claims' },
    sns: fakes.sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:111111111111:alerts',
    hub: { kinesis: fakes.kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    log: { info: () => undefined, warn: () => undefined },
    metrics: createMetrics(),
    now: () => now,
    ...more,
  };
}

/** The feed has these lines now. */
async function listed(...lines: readonly string[]): Promise<void> {
  list = lines.join('\n');
  const { store, bank: one, log, metrics } = deps();
  const fetch = createFetch({ allowLocal: true });
  await updateIntel({ bank: one, store, fetch, secret: () => Promise.reject(new Error('none')), log, metrics, now: () => now }, ['list']);
}

function hunt(more: Partial<HuntDeps> = {}): Promise<Hunted> {
  return huntOnce(deps(more));
}

function alerts(): readonly string[] {
  return fakes.sns.published
    .map(({ message }) => /(?:198\.51|203\.0|2001:|bad\.|ok\.|evil\.|0xab)[^\s"',;(]*/i.exec(message)?.[0] ?? '')
    .toSorted();
}

it('finds every kind of new indicator, once, and nothing that the stream has told', async () => {
  await listed(
    '198.51.100.7',
    '203.0.113.0/24',
    '2001:db8::/32',
    'bad.example',
    'http://ok.example/bin.sh',
    EVM.toLowerCase(),
    'mallory@evil.example',
    '198.51.100.8',
    '192.0.2.99',
  );
  await expect(hunt()).resolves.toMatchObject({ fresh: 9, left: 0, findings: 7, alerts: 7 });
  expect(fakes.sns.published.every(({ message }) => message.includes('before it was listed'))).toBe(true);
  expect(alerts()).toHaveLength(7);
  await expect(hunt()).resolves.toEqual({ fresh: 0, left: 0, findings: 0, alerts: 0 });
  now += 3_600_000;
  await listed('198.51.100.7', '203.0.113.50');
  // The address was in a listed network before: it is new all the same, its feed is sure of it.
  await expect(hunt()).resolves.toMatchObject({ fresh: 1, findings: 1 });
});

it('goes on where it was when OpenSearch was away', async () => {
  await listed('198.51.100.7', 'bad.example');
  const away = openSearchClient('http://127.0.0.1:9', 'eu-central-1');
  await expect(hunt({ client: away })).rejects.toThrow();
  await away.close();
  expect(await readState(deps().store, 'hunt')).toEqual({});
  await expect(hunt()).resolves.toMatchObject({ fresh: 2, left: 0, alerts: 2 });
});

it('ends in time, and the next run brings to its end what was begun', async () => {
  await listed('198.51.100.7', 'bad.example');
  let asked = 0;
  await expect(hunt({ now: () => now + 1000 * asked++, budgetMs: 3000 })).resolves.toMatchObject({ fresh: 2 });
  now += 3_600_000;
  await listed('198.51.100.7', 'bad.example', '203.0.113.50');
  for (let run = 0; run < 3; run++) await hunt();
  expect(alerts()).toHaveLength(3);
  expect(new Set(alerts()).size).toBe(3);
});

it('alerts once, though SNS fails in between', async () => {
  await listed('198.51.100.7', '203.0.113.50');
  fakes.sns.failures.push('InternalError');
  await expect(hunt()).rejects.toThrow();
  await hunt();
  expect(alerts()).toEqual(['198.51.100.7', '203.0.113.50']);
});

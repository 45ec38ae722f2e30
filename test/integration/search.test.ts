// `strongroom search` and `strongroom investigate` on the real OpenSearch, with the morning of the demo in it.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { bankNamed } from '../../cli/bank.ts';
import { investigateCommand, type InvestigateOptions } from '../../cli/commands/investigate.ts';
import { searchCommand, type SearchOptions } from '../../cli/commands/search.ts';
import { attackCalls, ATTACKER_IP } from '../../local/demo/attack.ts';
import { scenario } from '../../local/demo/scenario.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { detect } from '../../shared/detect/detect.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { rulesOf } from '../../shared/detect/tuning.ts';
import { toDocument } from '../../shared/hub/document.ts';
import type { HubDocument } from '../../shared/model.ts';
import { createNormaliser } from '../../shared/normalise.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { isArray, isObject, object, parseJson } from '../../shared/outcome.ts';
import { readUnit, type Unit } from '../../shared/pipeline.ts';
import { textAt, textsAt } from '../../shared/search/value.ts';
import { vaultKey } from '../../shared/seal/vault.ts';
import { eventUnit, objectUnit, once } from '../../shared/units.ts';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 20, 8);
const [PAYMENTS, TRADING] = ['222222222222', '333333333333'] as const;
const MORNING = { from: '2026-11-20', to: '2026-11-21' };
const bank = bankNamed('demo');
const rules = rulesOf(bank);
const engine = createEngine(rules.stream, rules.lists);

let server: OpenSearchServer;
let client: OpenSearch;
/** Documents by class, as written. */
const written = new Map<string, Set<string>>();

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  for (const unit of units()) {
    const documents = await documentsOf(unit);
    await ensurePeriods(
      client,
      documents.map(({ index }) => index),
    );
    for (let at = 0; at < documents.length; at += 2000)
      expect((await writeDocuments(documents.slice(at, at + 2000), client)).refused).toEqual([]);
    for (const { id, index } of documents) {
      const cls = index.split('-')[1] ?? '';
      written.set(cls, (written.get(cls) ?? new Set()).add(id));
    }
  }
  await client.indices.refresh({ index: 'ocsf-*' });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

/** What the attack leaves in trails, flows and access logs, what GuardDuty says of it, and a call of the same user ten days before. */
function units(): readonly Unit[] {
  const { objects, events } = scenario({ accounts: [PAYMENTS, TRADING], flowFormat: '', start: START });
  const arrived = { version: 'v1', time: START + DAY_MS / 4 };
  const logs = objects.filter(({ source }) => ['cloudtrail', 'vpc-flow', 'alb'].includes(source));
  return [
    ...logs.map(({ key, bytes, landing }) => objectUnit({ ...arrived, bucket: `landing-${landing}`, key, body: once(bytes) }, bank)),
    objectUnit({ ...arrived, bucket: 'landing-kms', key: earlierKey(), body: once(earlier()) }, bank),
    ...events.flatMap(({ account, details }) =>
      details.map(({ source, detailType, detail }, at) => {
        const envelope = { id: `event-${at}`, source, 'detail-type': detailType, account, region: bank.region, detail };
        return eventUnit({ bytes: Buffer.from(JSON.stringify(envelope)), time: arrived.time }, bank);
      }),
    ),
  ];
}

function earlierKey(): string {
  return `AWSLogs/${PAYMENTS}/CloudTrail/eu-central-1/2026/11/10/${PAYMENTS}_CloudTrail_eu-central-1_20261110T0800Z_0a1b2c3d4e5f6071.json.gz`;
}

function earlier(): Buffer {
  const [, listUsers = ''] = attackCalls(4, { account: PAYMENTS, region: 'eu-central-1', start: START - 10 * DAY_MS, step: 1 });
  const call = { ...object(parseJson(listUsers)), eventID: 'a77ac000-0000-4000-a000-ffffffffffff', sourceIPAddress: '192.0.2.44' };
  return gzipSync(JSON.stringify({ Records: [call] }));
}

/** The unit's events, and what our rules find in them. */
async function documentsOf(unit: Unit): Promise<readonly HubDocument[]> {
  const documents: HubDocument[] = [];
  const normaliser = createNormaliser({
    ...unit,
    transforms: [],
    onEvent: (event) => documents.push(toDocument(event)),
    onParked: () => undefined,
  });
  await readUnit(unit, normaliser, { settled: () => Promise.resolve() });
  normaliser.end();
  const header = { hub: 1, origin: unit.origin, evidence: vaultKey(unit.origin), events: documents.length } as const;
  return [...documents, ...detect({ header, documents }, engine).findings.map((finding) => toDocument(finding))];
}

interface Said {
  readonly code: number;
  readonly out: string;
  readonly said: readonly string[];
}

async function ask(query: string, options: Partial<SearchOptions> = MORNING): Promise<Said> {
  return await printed((output) => searchCommand(query, { bank: 'demo', url: server.url, ...options }, output));
}

async function printed(work: (output: { out: PassThrough; say: (line: string) => void }) => Promise<number>): Promise<Said> {
  const out = new PassThrough();
  const said: string[] = [];
  const [code, read] = await Promise.all([work({ out, say: (line) => said.push(line) }).finally(() => out.end()), text(out)]);
  return { code, out: read, said };
}

function lines(out: string): readonly unknown[] {
  return out === '' ? [] : out.trimEnd().split('\n').map(parseJson);
}

function ids(out: string): readonly string[] {
  return lines(out).map((line) => (isObject(line) ? (textAt(line, '_id') ?? '') : ''));
}

async function counted(query: string): Promise<number> {
  return Number((await ask(query, { ...MORNING, count: true })).out);
}

test('the query of the manual', async () => {
  expect(await counted('actor.user.name:root AND api.operation:ConsoleLogin')).toBe(0);
  expect(await counted('actor.user.name:contractor.lee AND api.operation:ConsoleLogin')).toBe(1);
});

test('more than 10,000 events come whole, each once, the latest first', async () => {
  const flows = written.get('network_activity') ?? new Set();
  expect(flows.size).toBeGreaterThan(11_000);
  const { code, out, said } = await ask('class_uid:4001');
  expect([code, said]).toEqual([0, []]);
  const found = ids(out);
  expect(found).toHaveLength(flows.size);
  expect(new Set(found)).toEqual(flows);
  const times = lines(out).map((line) => Number(isObject(line) ? line['time'] : 0));
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  // Flows are told by the second: pages end in the midst of events of the same time.
  expect(new Set(times).size).toBeLessThan(times.length / 4);
  expect(await counted('class_uid:4001')).toBe(flows.size);
  expect(await openScrolls()).toBe(0);
});

async function openScrolls(): Promise<unknown> {
  const answer = await client.transport.request({ method: 'GET', path: '/_nodes/stats/indices/search' });
  const nodes = isObject(answer.body) ? object(answer.body['nodes']) : undefined;
  const [node] = Object.values(nodes ?? {});
  return object(object(object(node)?.['indices'])?.['search'])?.['scroll_current'];
}

test('a limit beyond a page gives that many', async () => {
  const { out, said } = await ask('class_uid:4001', { ...MORNING, limit: '1500' });
  expect(new Set(ids(out)).size).toBe(1500);
  expect(said).toEqual([expect.stringMatching(/^1500 of \d+ events, the latest/)]);
});

test('a line is the event as it is stored', async () => {
  const { out } = await ask('api.operation:StopLogging AND class_uid:6003');
  expect(lines(out)).toEqual([
    expect.objectContaining({
      _index: 'events-api_activity-2026.11.20-1',
      _id: 'p3rAAAAAQACgAAAAAAAABA',
      class_uid: 6003,
      unmapped: expect.anything() as unknown,
    }),
  ]);
});

test('networks, ARNs, payloads, ids and addresses are taken as they are written', async () => {
  const flows = await counted('class_uid:4001');
  const inside = await counted('class_uid:4001 AND src_endpoint.ip:10.0.0.0/8');
  expect(inside).toBeGreaterThan(flows / 2);
  expect(await counted('class_uid:4001 AND src_endpoint.ip:10.*')).toBe(inside);
  expect(await counted('actor.user.uid:arn:aws:iam::222222222222:user/contractor.lee')).toBe(6);
  expect(await counted('actor.user.uid:arn:aws:iam::222222222222:user/contr*')).toBe(6);
  expect(await counted('api.request.data:0.0.0.0/0')).toBe(1);
  expect(await counted('metadata.uid:a77ac000-0000-4000-a000-000000000004')).toBe(1);
  expect(await counted('a77ac000-0000-4000-a000-000000000004')).toBe(1);
  expect(await counted(`${ATTACKER_IP} AND class_uid:(3002 OR 6003)`)).toBe(7);
  expect(await counted('status_id:2 AND http_response.code:>=400')).toBeGreaterThan(0);
  expect(await counted('http_request.url.path:/login*')).toBeGreaterThan(0);
});

test('what the query asks in vain is said', async () => {
  const { code, out, said } = await ask('actor.user.nam:root OR severity:High OR cloud.account.name:x');
  expect([code, out]).toEqual([0, '']);
  expect(said).toEqual([
    expect.stringContaining('did you mean "actor.user.name"?'),
    expect.stringContaining('severity_id:4 is High'),
    expect.stringContaining('stored and shown but not indexed'),
    expect.stringMatching(/^no event from/),
  ]);
});

test.each([
  ['api.operation:[a b]', /the query is wrong: b was not expected[^]*position 18/],
  ['api.operation:[a TO', /range is not closed/],
  ['api.operation:*Login', /--leading-wildcards/],
  ['src_endpoint.ip:here', /holds addresses/],
])('%s: 2, and where', async (query, message) => {
  const { code, out, said } = await ask(query);
  expect([code, out]).toEqual([2, '']);
  expect(said.join('\n')).toMatch(message);
});

test('a leading wildcard that was asked for finds', async () => {
  expect((await ask('api.operation:*Login', { ...MORNING, count: true, leadingWildcards: true })).out).toBe('1\n');
});

test('a time without any event', async () => {
  const { code, out, said } = await ask('*', { from: '2025-01-01', to: '2025-01-02' });
  expect([code, out, said]).toEqual([0, '', [expect.stringMatching(/^nothing is indexed from 2025-01-01/)]]);
});

test('an index that is closed makes the answer none', async () => {
  await client.indices.close({ index: 'events-http_activity-2026.11.20-1' });
  try {
    await expect(ask('*')).rejects.toThrow(/events-http_activity-2026\.11\.20-1 is closed, the answer would be a part of the whole one/);
  } finally {
    await client.indices.open({ index: 'events-http_activity-2026.11.20-1' });
    await client.cluster.health({ wait_for_status: 'green' }, { ignore: [408] });
  }
});

async function investigated(id: string, options: Partial<InvestigateOptions> = {}): Promise<Said> {
  return await printed((output) => investigateCommand(id, { bank: 'demo', url: server.url, ...options }, output));
}

/** Of our rule on StopLogging. */
async function ownFinding(): Promise<string> {
  const { out } = await ask('finding_info.title:"CloudTrail stopped"');
  return ids(out)[0] ?? '';
}

interface Told {
  readonly timeline: readonly {
    readonly why: readonly string[];
    readonly own: boolean;
    readonly evidence?: string;
    readonly event: { readonly _id: string };
  }[];
  readonly leads: readonly {
    readonly label: string;
    readonly total: number;
    readonly shown: number;
    readonly activity?: { readonly events: number; readonly failed: number };
  }[];
  readonly evidence: readonly { readonly key: string; readonly command: string; readonly events: readonly string[] }[];
}

test('a finding of our rules: its timeline, what is new in it, and its evidence', async () => {
  const id = await ownFinding();
  const { code, out, said } = await investigated(id, { json: true });
  expect([code, said]).toEqual([0, []]);
  const told = JSON.parse(out) as Told;
  const events = told.timeline.map(({ event }) => event._id);
  expect(new Set(events).size).toBe(events.length);
  expect(told.timeline.filter(({ own }) => own).map(({ event }) => event._id)).toEqual(['p3rAAAAAQACgAAAAAAAABA']);
  const calls = told.timeline.filter(({ event }) => event._id.startsWith('p3rAAAAAQACg'));
  expect(calls.map(({ why }) => why.join('+'))).toEqual([...Array<string>(6).fill('actor+address'), 'address']);
  // Of the actor and address, beside six calls of the user and the one of root: the scan of the web server, findings of ours and GuardDuty's.
  expect(told.leads.map(({ label, activity }) => [label, activity?.events, activity?.failed])).toEqual([
    ['actor', 6, 1],
    ['address', 47, 41],
  ]);
  expect(told.evidence[0]?.events).toEqual(expect.arrayContaining([id, 'p3rAAAAAQACgAAAAAAAABA']));
  expect(told.evidence[0]?.command).toBe(
    `npx strongroom evidence show ${told.evidence[0]?.key ?? ''} --reason "finding ${id}" --bank demo`,
  );
});

test('as text: marks, what is new, and how to come to the rest of the evidence', async () => {
  const { out } = await investigated(await ownFinding());
  expect(out).toMatch(/^CloudTrail stopped or deleted\n {2}finding {6}\S+ of Strongroom\n {2}severity {5}critical/);
  expect(out).toMatch(/seen {9}2026-11-10 08:00:34Z to 2026-11-20 08:35:50Z, 7 events/);
  expect(out).toMatch(/operations {3}.*ListUsers 1,.*StopLogging 1 new/);
  expect(out).toContain(`${ATTACKER_IP} 6 new`);
  expect(out).toMatch(/\n> actor\+address +2026-11-20 08:30:46Z .*cloudtrail:StopLogging/);
  expect(out).toMatch(/\n\* actor\+address +2026-11-20 08:30:46Z .*CloudTrail stopped or deleted/);
  expect(out).toMatch(/\n! actor\+address .*Compromised credentials were used/);
  expect(out).toContain('npx strongroom evidence export --account 222222222222 --from 2026-11-20 --to 2026-11-21 --reason');
});

test.each([
  ['f1d13'.padEnd(32, '0')],
  [`arn:aws:guardduty:eu-central-1:222222222222:detector/12abc34d567e8fa901bc2d34e56789f0/finding/${'f1d13'.padEnd(32, '0')}`],
])('a finding of GuardDuty leads to the calls of whom it names: %s', async (id) => {
  const { out } = await investigated(id, { window: '30m', json: true });
  const told: unknown = JSON.parse(out);
  const timeline = isObject(told) && isArray(told['timeline']) ? told['timeline'] : [];
  const calls = timeline.flatMap((moment) => (isObject(moment) ? textsAt(moment, 'event.api.operation') : []));
  expect(calls).toEqual([
    ...['ConsoleLogin', 'ListUsers', 'ListBuckets', 'CreateUser', 'StopLogging'],
    ...['AuthorizeSecurityGroupIngress', 'CreateAccessKey'],
  ]);
});

test('what is bounded is the nearest, and said', async () => {
  const { out } = await investigated(await ownFinding(), { limit: '3' });
  expect(out).toMatch(/address: 198\.51\.100\.23[^]*\d+ events with findings, of which the timeline has the nearest 3/);
  expect(out).toMatch(/timeline, .*: [3-6] events/);
});

test('words side by side are each looked for', async () => {
  const both = await counted('api.operation:(ConsoleLogin OR StopLogging)');
  expect(both).toBeGreaterThan(1);
  expect(await counted('api.operation:(ConsoleLogin StopLogging)')).toBe(both);
  expect(await counted('class_uid:(2004 3002)')).toBe(await counted('class_uid:2004 OR class_uid:3002'));
  expect(await counted('http_response.code:(403 404)')).toBe(await counted('http_response.code:403 OR http_response.code:404'));
  expect(await counted('http_response.code:(403 404)')).toBeGreaterThan(0);
  const words = await counted('StopLogging OR ListUsers OR CreateUser');
  expect(await counted('StopLogging ListUsers CreateUser')).toBe(words);
  expect(await counted('StopLogging List* CreateUser^2')).toBeGreaterThanOrEqual(words);
  expect(await counted('_exists_:(api.operation query.hostname)')).toBe(await counted('_exists_:api.operation OR _exists_:query.hostname'));
  expect(await counted('api.operation:StopLoging~1')).toBe(await counted('api.operation:StopLogging'));
  expect(await counted('+class_uid:3002 -api.operation:ConsoleLogin NOT api.operation:X')).toBe(
    await counted('class_uid:3002 AND NOT api.operation:ConsoleLogin'),
  );
});

const GUARDDUTY_UID = 'f1d13'.padEnd(32, '0');

/** Findings of a sender who chooses ids and times himself. */
async function writeForeign(count: number, uid: string): Promise<void> {
  const time = Date.UTC(2029, 2, 1);
  const documents = Array.from({ length: count }, (_, at) => ({
    id: `foreign-${uid.slice(0, 5)}-${at}`,
    index: 'ocsf-detection_finding-2029',
    json: JSON.stringify({
      ...{ class_uid: 2004, activity_id: 1, severity_id: 1, time: time + at },
      ...{
        metadata: { uid: `foreign-${uid.slice(0, 5)}-${at}`, product: { name: 'Other' } },
        finding_info: { uid, title: 'Nothing to see' },
      },
    }),
  }));
  await ensurePeriods(client, ['ocsf-detection_finding-2029']);
  expect((await writeDocuments(documents, client)).refused).toEqual([]);
  await client.indices.refresh({ index: 'ocsf-*' });
}

test('findings of others neither hide a finding nor take its place, and what is dated ahead is found', async () => {
  const own = await ownFinding();
  const [guardDuty = ''] = ids((await ask(`finding_info.uid:${GUARDDUTY_UID}`)).out);
  await writeForeign(150, GUARDDUTY_UID);
  const { code, out, said } = await investigated(GUARDDUTY_UID);
  expect([code, out]).toEqual([1, '']);
  expect(said).toEqual([
    expect.stringMatching(/^findings of 2 products have the id f1d13/),
    expect.stringMatching(/events-detection_finding-2029-1\/foreign-f1d13-149 .* Other, the latest of 150: Nothing to see/),
    expect.stringContaining(`/${guardDuty}  `),
  ]);
  const named = await investigated(guardDuty);
  expect([named.code, named.out]).toEqual([0, expect.stringContaining('findings of Other have the same id')]);
  expect((await investigated('events-detection_finding-2029-1/foreign-f1d13-7')).out).toContain('foreign');
  expect((await investigated('events-detection_finding-2029-1/nobody')).code).toBe(1);
  await writeForeign(150, own);
  expect((await investigated(own)).out).toMatch(
    /^CloudTrail stopped or deleted\n {2}finding {6}\S+ of Strongroom\n[^]*findings of Other have the same id/,
  );
  for (const options of [{ from: '2026-11-01', to: '2030-01-01' }, { from: '2026-11-01' }, { last: '1h' }])
    expect((await ask('"Nothing to see"', { ...options, count: true })).out).toBe('300\n');
});

test('a server that is not there any more', async () => {
  await server.stop();
  await expect(ask('*')).rejects.toThrow(/does not answer: connect ECONNREFUSED/);
});

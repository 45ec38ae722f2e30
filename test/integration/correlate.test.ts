// Correlations over the real OpenSearch: each chain is found once, in whatever order its events come, late or twice, with OpenSearch away in
// between, with runs that fail anywhere, and with two runs at once.
import { performance } from 'node:perf_hooks';
import { bankNamed } from '../../cli/bank.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { correlationRules } from '../../shared/correlate/family.ts';
import { correlateOnce, type CorrelateDeps, type Correlated } from '../../shared/correlate/run.ts';
import { correlationsOf, type RulePack } from '../../shared/detect/pack.ts';
import { correlateAll } from '../../shared/detect/sigma/windows.ts';
import { NO_SUPPRESSIONS } from '../../shared/detect/suppress.ts';
import { toDocument } from '../../shared/hub/document.ts';
import type { OcsfEvent } from '../../shared/model.ts';
import { packStore } from '../../shared/lifecycle/pack.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { indexDocuments } from '../../shared/opensearch/late.ts';
import { createStore } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { eventsOf, sequenceEvents } from '../../tools/examples.ts';
import { packLists, packOf, readPack } from '../../tools/rules.ts';
import { startAlertTable, type FakeAlertTable } from '../fakes/alert-table.ts';
import { hubFindings } from '../fakes/hub-findings.ts';
import { startKinesis, type FakeKinesis } from '../fakes/kinesis.ts';
import { startSns, type FakeSns } from '../fakes/sns.ts';

jest.setTimeout(120_000);

const DIRECTORY = openSearchDirectory(makeRunDirectory(cacheDirectory()));
const NOW = Date.UTC(2026, 10, 20, 12);
const MINUTE = 60_000;
const YAML = `
title: Sign-in failed
name: failed
id: 6a3c9a2e-0000-4000-8000-000000000001
status: test
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: ConsoleLogin, responseElements.ConsoleLogin: Failure}
  condition: selection
---
title: Sign-in worked
name: worked
id: 6a3c9a2e-0000-4000-8000-000000000002
status: test
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: ConsoleLogin, responseElements.ConsoleLogin: Success}
  condition: selection
---
title: Guessing
name: guessing
id: 6a3c9a2e-0000-4000-8000-000000000003
status: test
level: medium
correlation:
  type: event_count
  rules: [failed]
  group-by: [userIdentity.userName, recipientAccountId]
  timespan: 10m
  condition: {gte: 3}
---
title: Guessed
id: 6a3c9a2e-0000-4000-8000-000000000004
description: Sign-ins fail, then one works.
status: test
level: high
tags: [attack.credential-access, attack.t1110]
response: Lock the user out.
falsepositives: [A password that somebody forgot]
correlation:
  type: temporal_ordered
  rules: [guessing, worked]
  group-by: [userIdentity.userName, recipientAccountId]
  timespan: 30m
examples:
  positive: [[{source: cloudtrail, record: {eventVersion: '1.08'}}]]
  negative: [[{source: cloudtrail, record: {eventVersion: '1.08'}}]]
`;

let server: OpenSearchServer;
let client: OpenSearch;
let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let own: RulePack;
const metrics = createMetrics();
// What it writes is for CloudWatch.
jest.spyOn(metrics, 'publishStoredMetrics').mockImplementation(() => {
  metrics.clearMetrics();
  return metrics;
});

beforeAll(async () => {
  const { pack, errors } = packOf([{ file: 'own.yml', yaml: YAML }]);
  expect(errors).toEqual([]);
  own = correlationsOf(pack);
  server = await startOpenSearch({ directory: DIRECTORY });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
});

beforeEach(async () => {
  [table, kinesis, sns] = [await startAlertTable(), await startKinesis(), await startSns()];
});

afterEach(async () => {
  await Promise.all([table.close(), kinesis.close(), sns.close()]);
  await client.indices.delete({ index: 'events-*' }, { ignore: [404] });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

function deps(pack: RulePack = own, more: Partial<CorrelateDeps> = {}): CorrelateDeps {
  const lists = packLists();
  return {
    bank: bankNamed('demo'),
    claims: { dynamo: table.client, table: 'alerts' },
    sns: sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:222222222222:alerts',
    hub: { kinesis: kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    client,
    rules: correlationRules(pack, lists),
    lists,
    suppressions: NO_SUPPRESSIONS,
    log: { info: () => undefined, warn: () => undefined },
    metrics,
    budgetMs: 30_000,
    now: () => NOW,
    ...more,
  };
}

async function run(more: Partial<CorrelateDeps> = {}): Promise<Correlated> {
  return await correlateOnce(deps(own, more));
}

/** A sign-in, `minute` minutes before or after noon. */
function signIn(user: string, minute: number, result: 'Failure' | 'Success' = 'Failure'): OcsfEvent {
  const time = NOW + minute * MINUTE;
  const [event] = eventsOf({
    source: 'cloudtrail',
    record: {
      eventVersion: '1.08',
      eventID: `${user.slice(0, 20)}-${minute}-${result}`,
      eventTime: new Date(time).toISOString(),
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      awsRegion: 'eu-central-1',
      sourceIPAddress: '192.0.2.7',
      recipientAccountId: '222222222222',
      userIdentity: { type: 'IAMUser', userName: user, arn: `arn:aws:iam::222222222222:user/${user}`, accountId: '222222222222' },
      responseElements: { ConsoleLogin: result },
    },
  });
  if (event === undefined) throw new Error('no event');
  return event;
}

function chain(user: string, minute: number): readonly OcsfEvent[] {
  return [signIn(user, minute), signIn(user, minute + 1), signIn(user, minute + 2), signIn(user, minute + 5, 'Success')];
}

async function index(events: readonly OcsfEvent[]): Promise<void> {
  expect(
    (
      await indexDocuments(
        events.map((event) => toDocument(event)),
        client,
      )
    ).refused,
  ).toEqual([]);
}

interface Told {
  readonly uid: string;
  readonly group: unknown;
  readonly related: readonly unknown[];
}

function findings(): readonly Told[] {
  return hubFindings(kinesis.stored).map((finding) => {
    const info = object(finding['finding_info']) ?? {};
    const related = info['related_events'];
    return {
      uid: text(info['uid']) ?? '',
      group: object(finding.unmapped)?.['group'],
      related: (isArray(related) ? related : []).map((one) => (isObject(one) ? one['uid'] : undefined)),
    };
  });
}

/** Mixed by a fixed rule. */
function mixed<T>(list: readonly T[], seed: number): readonly T[] {
  const keyed = list.map((one, at) => [((at + 1) * 2654435761 * (seed + 1)) % 4294967296, one] as const);
  return keyed.sort(([first], [second]) => first - second).map(([, one]) => one);
}

test('a group that OpenSearch refuses to be asked for is passed over, counted and named; the others are found', async () => {
  await index(['ann', 'bob', 'cy'].flatMap((user, at) => chain(user, -60 + at)));
  const request = client.transport.request.bind(client.transport);
  const warn = jest.fn();
  const spy = jest.spyOn(client.transport, 'request').mockImplementation((params, options) => {
    // A question that the server refuses, where it is about him.
    const isAboutBob = params.path.includes('_search') && JSON.stringify(params.body ?? '').includes('"bob"');
    return request(isAboutBob ? { ...params, body: { query: { none: {} } } } : params, options);
  });
  const { refused, findings: found } = await run({ log: { info: () => undefined, warn } }).finally(() => spy.mockRestore());
  expect({ refused, found }).toEqual({ refused: 1, found: 2 });
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('passed over'), expect.objectContaining({ group: ['bob', '222222222222'] }));
  expect(await run()).toMatchObject({ refused: 0, behind: 0 });
});

test('a chain that comes one by one, in any order, late and twice is found once', async () => {
  const users = ['ann', 'bob', 'cy'];
  const events = users.flatMap((user, at) => chain(user, -60 + at));
  // Nobody signed in, and nobody failed before: no chains.
  const others = [signIn('dan', -30), signIn('dan', -29), signIn('dan', -28), signIn('eve', -20, 'Success')];
  for (const [seed, event] of mixed([...events, ...others, ...events.slice(0, 5)], 3).entries()) {
    await index([event]);
    if (seed % 2 === 0) await run();
  }
  await run();
  const told = findings();
  expect(told.map(({ group }) => group)).toHaveLength(3);
  expect(new Set(told.map(({ uid }) => uid)).size).toBe(3);
  expect(told.flatMap(({ group }) => (isObject(group) ? [group['userIdentity.userName']] : [])).sort()).toEqual(users);
  const ann = told.find(({ group }) => isObject(group) && group['userIdentity.userName'] === 'ann');
  expect(ann?.related).toEqual(chain('ann', -60).map(({ metadata }) => metadata.uid));
  expect(sns.published).toHaveLength(3);
  // Nothing has come since.
  expect(await run()).toMatchObject({ candidates: 0, groups: 0, findings: 0, behind: 0 });
});

test('what completes a chain late, after later ones, has its window looked at again', async () => {
  await run();
  const [first, second, third, last] = chain('ann', -60);
  await index([...chain('ann', -20), second, third, last].flatMap((event) => event ?? []));
  await run();
  expect(findings().map(({ related }) => related[0])).toEqual(['ann--20-Failure']);
  await index([first].flatMap((event) => event ?? []));
  await run();
  expect(findings().map(({ related }) => related[0])).toEqual(['ann--20-Failure', 'ann--60-Failure']);
});

test('history from before the first run alerts nobody, and neither does an index that is made anew', async () => {
  await index([...chain('old', -2 * 24 * 60), ...chain('ann', -60)]);
  await run();
  expect(findings()).toHaveLength(1);
  // As the lifecycle and upgrades do it: the same documents in a store of the next generation.
  const before = 'events-authentication-2026.11-1';
  const next = 'events-authentication-2026.11-2';
  await createStore(client, { name: next, periods: [] });
  await client.transport.request({
    method: 'POST',
    path: '/_reindex',
    querystring: { refresh: 'true' },
    body: { source: { index: before }, dest: { index: next } },
  });
  const alias = 'ocsf-authentication-2026.11';
  const actions = [{ remove: { index: before, alias } }, { add: { index: next, alias, is_write_index: true } }];
  await client.indices.updateAliases({ body: { actions } });
  expect(await run()).toMatchObject({ candidates: 4, findings: 0, alerts: 0 });
  // Not even if what is known of the windows were lost.
  for (const id of [...table.items.keys()]) if (id.startsWith('correlate/')) table.items.delete(id);
  expect(await run()).toMatchObject({ candidates: 4, alerts: 0 });
  expect(sns.published).toHaveLength(1);
});

test('runs at once, and runs that fail anywhere, raise each chain once', async () => {
  await run();
  await index([...chain('ann', -60), ...chain('bob', -50)]);
  const results = await Promise.allSettled([run(), run(), run()]);
  expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  await run();
  expect(sns.published).toHaveLength(2);
  expect(new Set(findings().map(({ uid }) => uid)).size).toBe(2);
  // Crashes at every call of the table, before and after it is done.
  for (let crashAt = 0; crashAt < 8; crashAt++) {
    const user = `user${crashAt}`;
    let calls = 0;
    const crashing = await startAlertTable((_, when) =>
      (when === 'before') === (crashAt % 2 === 0) && calls++ === Math.floor(crashAt / 2)
        ? { status: 400, body: { __type: 'AccessDeniedException' } }
        : undefined,
    );
    for (const [id, item] of table.items) crashing.items.set(id, item);
    await table.close();
    table = crashing;
    await index(chain(user, -40));
    let failures = 0;
    for (let attempt = 0; attempt < 3; attempt++) await run({ now: () => NOW + (crashAt * 10 + attempt) * MINUTE }).catch(() => failures++);
    expect(failures).toBeLessThan(2);
    // A message that was sent and not noted is sent again: under the same id.
    const alerts = sns.published.filter(({ message }) => message.includes(user)).map(({ message }) => /"alert":"[^"]+"/.exec(message)?.[0]);
    expect(new Set(alerts).size).toBe(1);
    expect(alerts.length).toBeLessThan(3);
  }
});

test('goes on where it was when OpenSearch comes back', async () => {
  await run();
  await index(chain('ann', -60).slice(0, 3));
  await run();
  await index(chain('ann', -60).slice(3));
  await server.kill();
  await expect(run()).rejects.toThrow();
  expect(sns.published).toHaveLength(0);
  await client.close();
  server = await startOpenSearch({ directory: DIRECTORY });
  client = openSearchClient(server.url, 'eu-central-1');
  await run();
  expect(sns.published).toHaveLength(1);
});

test('more than a page, and more than a run has time for, is done by the next ones', async () => {
  await run();
  await index(Array.from({ length: 60 }, (_, user) => chain(`user${user}`, -60)).flat());
  let runs = 0;
  for (let behind = 1; behind > 0; runs++) behind = (await run({ pageSize: 4, budgetMs: 0 })).behind;
  expect(runs).toBeGreaterThan(1);
  expect(findings()).toHaveLength(60);
});

test('a group that is too loud says so, and hides no other', async () => {
  await run();
  const loud = Array.from({ length: 120 }, (_, at) => signIn('loud', -60 + at / 100));
  await index([...loud, ...chain('loud', -58), ...chain('ann', -59)]);
  await run({ mostEvents: 50 });
  const told = hubFindings(kinesis.stored).map(({ unmapped }) => [
    object(object(unmapped)?.['group'])?.['userIdentity.userName'],
    object(unmapped)?.['cut'] !== undefined,
  ]);
  expect(told.sort()).toEqual([
    ['ann', false],
    ['loud', true],
  ]);
});

test('the correlations that ship fire on their examples, all of them in the index at once, and nowhere else', async () => {
  const { correlations, pack, errors } = readPack('rules');
  expect(errors).toEqual([]);
  const shipped = correlationsOf(pack);
  const lists = Object.assign({ ...packLists() }, ...correlations.map(({ examples }) => examples?.lists ?? {})) as Readonly<
    Record<string, readonly string[]>
  >;
  const more = { rules: correlationRules(shipped, lists), lists };
  const started = performance.now();
  let rounds = 0;
  for (const kind of ['positive', 'negative'] as const) {
    for (let at = 0; ; at++) {
      const sequences = correlations.map(({ examples }) => examples?.[kind][at]).filter((sequence) => sequence !== undefined);
      // The near misses of later rounds are tried without a server: test/unit/rules.test.ts.
      if (sequences.length === 0 || (kind === 'negative' && at > 1)) break;
      rounds++;
      const events = sequences.flatMap((sequence, number) => {
        const start = NOW - 24 * 60 * MINUTE * 20;
        return sequenceEvents(sequence, start).map((event) => ({
          ...event,
          metadata: { ...event.metadata, uid: `${kind}-${at}-${number}-${event.metadata.uid}` },
        }));
      });
      // The first run says from when on events count.
      await correlateOnce(deps(shipped, { ...more, now: () => NOW - 24 * 60 * MINUTE * 21 }));
      const halves = mixed(events, at);
      for (const half of [halves.slice(0, halves.length / 2), halves.slice(halves.length / 2)]) {
        await index(half);
        await correlateOnce(deps(shipped, more));
      }
      const matches = events.flatMap((event) => more.rules.matches(event));
      const expected = more.rules.families.flatMap((family) =>
        correlateAll(family.correlations, matches).filter(({ correlation }) => correlation === family.correlation),
      );
      const found = hubFindings(kinesis.stored).map((finding) =>
        [
          text(object(object(finding['finding_info'])?.['analytic'])?.['name']),
          JSON.stringify(Object.values(object(object(finding.unmapped)?.['group']) ?? {})),
        ].join(' '),
      );
      const unique = (list: readonly string[]): readonly string[] => [...new Set(list)].sort();
      expect(unique(found)).toEqual(unique(expected.map(({ correlation, group }) => [correlation.title, JSON.stringify(group)].join(' '))));
      await Promise.all([table.close(), kinesis.close()]);
      [table, kinesis] = [await startAlertTable(), await startKinesis()];
      await client.indices.delete({ index: 'events-*' }, { ignore: [404] });
    }
  }
  console.log({ correlations: correlations.length, rounds, ms: Math.round(performance.now() - started) });
});

test('of a packed store, in as many shards or more, only what is new is read', async () => {
  await run();
  await index([...chain('ann', -60), ...chain('bob', -50).slice(0, 3)]);
  await run();
  await index(chain('bob', -50).slice(3));
  const [periods, waiting] = [['ocsf-authentication-2026.11'], { client, now: Date.now, deadline: Date.now() + 60_000 }];
  const name = (generation: number): string => `events-authentication-2026.11-${generation}`;
  const pack = async (from: number, shards: number, isSplit: boolean): Promise<unknown> => {
    await client.indices.putSettings({ index: name(from), body: { 'index.blocks.write': true } });
    return await packStore({ kind: 'pack', index: name(from), into: name(from + 1), shards, isSplit, periods }, waiting);
  };
  expect(await pack(1, 2, true)).toBe('done');
  expect(await run()).toMatchObject({ candidates: 1, findings: 1, behind: 0 });
  expect(await pack(2, 2, false)).toBe('done');
  expect(await run()).toMatchObject({ candidates: 0, groups: 0, behind: 0 });
  expect(findings()).toHaveLength(2);
});

test('names that somebody chose to be a burden stop nothing', async () => {
  await run();
  const names = ['ki'.repeat(250), 'k'.repeat(5000), 'half\ud800pair', '*?\\"', 'ann'];
  for (const user of names) await index(chain(user, -60));
  await run();
  expect(findings()).toHaveLength(names.length);
});

test('of a loud group, neither what lies hours back is hidden nor a step by the repetition of another', async () => {
  await run();
  const noise = Array.from({ length: 120 }, (_, at) => signIn('ann', -100 + at / 2));
  const repeated = Array.from({ length: 120 }, (_, at) => signIn('bob', -50 + at / 100, 'Success'));
  await index([...chain('ann', -150), ...noise, ...chain('bob', -56), ...repeated]);
  await run({ mostEvents: 50 });
  const firsts = findings().map(({ related }) => related[0]);
  expect(firsts).toContain('ann--150-Failure');
  expect(firsts).toContain('bob--56-Failure');
});

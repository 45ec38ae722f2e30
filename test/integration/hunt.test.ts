// `strongroom hunt` over the real OpenSearch and over a small sealed vault: what would have fired, and for whom.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { bankNamed } from '../../cli/bank.ts';
import { huntCommand, packOf, printRead, sourcesFor, type HuntOptions } from '../../cli/commands/hunt.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { createHunt } from '../../shared/correlate/hunt.ts';
import { huntVault } from '../../shared/correlate/hunt-vault.ts';
import { toDocument } from '../../shared/hub/document.ts';
import type { JsonObject, OcsfEvent } from '../../shared/model.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { indexDocuments } from '../../shared/opensearch/late.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { object, parseJson } from '../../shared/outcome.ts';
import { evidenceLeaves } from '../../shared/replay/leaves.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { eventsOf } from '../../tools/examples.ts';
import { sealedBank } from '../fakes/sealed-bank.ts';

jest.setTimeout(120_000);

const DAY = 86_400_000;
const FROM = Date.UTC(2026, 10, 10);
const RULE = `
title: Sign-in failed
name: failed
id: 6a3c9a2e-1111-4000-8000-000000000001
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: ConsoleLogin, responseElements.ConsoleLogin: Failure}
  condition: selection
`;
const CORRELATION = `${RULE}
---
title: Guessing
id: 6a3c9a2e-1111-4000-8000-000000000002
level: high
correlation:
  type: event_count
  rules: [failed]
  group-by: [userIdentity.userName]
  timespan: 1h
  condition: {gte: 5}
`;

const folder = mkdtempSync(join(tmpdir(), 'hunt-'));
let server: OpenSearchServer;
let client: OpenSearch;
let failures: readonly OcsfEvent[];

function record(user: string, time: number, result: 'Failure' | 'Success' = 'Failure'): JsonObject {
  return {
    eventVersion: '1.08',
    eventID: `${user}-${time}`,
    eventTime: new Date(time).toISOString(),
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    awsRegion: 'eu-central-1',
    sourceIPAddress: '192.0.2.7',
    recipientAccountId: '222222222222',
    userIdentity: { type: 'IAMUser', userName: user, arn: `arn:aws:iam::222222222222:user/${user}`, accountId: '222222222222' },
    responseElements: { ConsoleLogin: result },
  };
}

/** Every day of five: ann fails six times within the hour, bob once, cy signs in. */
function records(): readonly JsonObject[] {
  return [0, 1, 2, 3, 4].flatMap((day) => {
    const noon = FROM + day * DAY + DAY / 2;
    return [
      ...[0, 1, 2, 3, 4, 5].map((minute) => record('ann', noon + minute * 60_000)),
      record('bob', noon),
      record('cy', noon, 'Success'),
    ];
  });
}

beforeAll(async () => {
  writeFileSync(join(folder, 'rule.yml'), RULE);
  writeFileSync(join(folder, 'correlation.yml'), CORRELATION);
  writeFileSync(join(folder, 'broken.yml'), RULE.replace('condition: selection', 'condition: other'));
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  failures = records().flatMap((one) => eventsOf({ source: 'cloudtrail', record: one }));
  expect(
    (
      await indexDocuments(
        failures.map((event) => toDocument(event)),
        client,
      )
    ).refused,
  ).toEqual([]);
  await client.indices.refresh({ index: 'ocsf-*' });
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await client.close();
  await server.stop();
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly said: readonly string[];
}

async function hunt(rule: string, options: Partial<HuntOptions> = {}): Promise<Said> {
  return await printed((output) =>
    huntCommand({ rule: join(folder, rule), bank: 'demo', url: server.url, from: '2026-11-10', to: '2026-11-20', ...options }, output),
  );
}

async function printed(
  work: (output: { out: PassThrough; say: (line: string) => void; page: { size: number; keepAlive: string } }) => Promise<number>,
): Promise<Said> {
  const out = new PassThrough();
  const said: string[] = [];
  const page = { size: 7, keepAlive: '1m' };
  const [code, read] = await Promise.all([work({ out, say: (line) => said.push(line), page }).finally(() => out.end()), text(out)]);
  return { code, out: read, said };
}

function told({ out }: Said): unknown {
  return object(parseJson(out));
}

test('a rule over the index: how often, on which days, for whom', async () => {
  const answer = await hunt('rule.yml', { json: true, by: ['actor.user.name'] });
  expect([answer.code, answer.said]).toEqual([0, []]);
  expect(told(answer)).toMatchObject({
    over: 'index',
    from: '2026-11-10T00:00:00.000Z',
    rules: [
      {
        title: 'Sign-in failed',
        total: 35,
        first: '2026-11-10T12:00:00.000Z',
        last: '2026-11-14T12:05:00.000Z',
        by_day: { '2026-11-10': 7, '2026-11-14': 7 },
        by_entity: [
          { entity: { 'actor.user.name': 'ann' }, count: 30 },
          { entity: { 'actor.user.name': 'bob' }, count: 5 },
        ],
        entities: 2,
      },
    ],
  });
  const text = await hunt('rule.yml', { limit: '1' });
  expect(text.out).toContain('Sign-in failed (low): 35 events match');
  expect(text.out).toContain('arn:aws:iam::222222222222:user/ann, 222222222222');
  expect(text.out).toContain('and 1 more; --limit shows them');
});

test('only what lies between the times counts', async () => {
  const answer = await hunt('rule.yml', { json: true, from: '2026-11-11', to: '2026-11-12T12:00:00Z' });
  expect(told(answer)).toMatchObject({ rules: [{ total: 7, by_day: { '2026-11-11': 7 } }] });
  expect(told(await hunt('rule.yml', { json: true, from: '2026-11-15' }))).toMatchObject({ rules: [{ total: 0, by_entity: [] }] });
});

test('a correlation counts the times it would have fired, also where it began before', async () => {
  const answer = await hunt('correlation.yml', { json: true });
  expect(told(answer)).toMatchObject({
    rules: [{ title: 'Guessing', kind: 'correlation', total: 5, by_entity: [{ entity: { 'userIdentity.userName': 'ann' }, count: 5 }] }],
  });
  const late = await hunt('correlation.yml', { json: true, from: '2026-11-10T12:04:00Z', to: '2026-11-11' });
  expect(told(late)).toMatchObject({ rules: [{ total: 1, first: '2026-11-10T12:04:00.000Z' }] });
});

test('says what is wrong with the rule, the times and the options', async () => {
  expect(await hunt('broken.yml')).toMatchObject({ code: 2, said: [expect.stringContaining('broken.yml:')] });
  expect(await hunt('missing.yml')).toMatchObject({ code: 2, said: [expect.stringContaining('missing.yml')] });
  expect(await hunt('rule.yml', { from: 'yesterday' })).toMatchObject({ code: 2 });
  expect(await hunt('rule.yml', { reason: 'why' })).toMatchObject({ code: 2 });
  expect(await hunt('rule.yml', { vault: true })).toMatchObject({ code: 2, said: [expect.stringContaining('--reason')] });
});

test('over sealed evidence the same is found, in whatever order it was delivered, and what cannot be opened is named', async () => {
  const bank = sealedBank();
  const all = records();
  const objects = [all.slice(20), all.slice(0, 20), all.slice(5, 10)].map((part) => gzipSync(JSON.stringify({ Records: part })));
  const keys: string[] = [];
  for (const [at, bytes] of objects.entries()) {
    const part = at === 0 ? all.slice(20) : all.slice(0, 20);
    const times = part.map(({ eventTime }) => Date.parse(typeof eventTime === 'string' ? eventTime : ''));
    const name = `AWSLogs/222222222222/CloudTrail/eu-central-1/2026/11/10/222222222222_CloudTrail_eu-central-1_20261110T12${at}0Z_0a1b2c3d4e5f607${at}.json.gz`;
    const unit = { source: 'cloudtrail', uri: `s3://landing-kms/${name}#v1`, time: FROM + 6 * DAY } as const;
    keys.push(
      await bank.seal(unit, bytes, {
        firstTime: Math.min(...times),
        lastTime: Math.max(...times),
        counts: { records: 20, events: 20, excluded: 0, parked: 0 },
      }),
    );
  }
  // Of a source that the rule is not about.
  await bank.seal({ source: 'alb' });
  await bank.log();
  await bank.sign();
  const config = bankNamed('demo');
  const access = await recordAccess({
    vault: bank.vault,
    reason: 'case 4711',
    purpose: 'hunt',
    scope: {},
    by: 'arn:aws:iam::111111111111:user/eve',
  });
  for (const [file, total] of [
    ['rule.yml', 35],
    ['correlation.yml', 5],
  ] as const) {
    const pack = packOf(join(folder, file));
    const wanted = { pack, from: FROM, to: FROM + 10 * DAY, now: bank.now, by: [], rows: 10, isJson: true };
    const made = createHunt(pack, { from: wanted.from, to: wanted.to, by: [], lists: {} });
    const open = async (): Promise<Awaited<ReturnType<typeof huntVault>>> =>
      await huntVault(made, {
        ...{
          bank: config,
          sensitive: undefined,
          from: wanted.from,
          to: wanted.to,
          sources: sourcesFor(made.rules, config),
          onProgress: () => undefined,
        },
        leaves: evidenceLeaves(s3LogStore(bank.vault), 'demo/'),
        vault: { s3: bank.s3.client, bucket: 'vault', opener: bank.opener, access },
      });
    const read = await open();
    expect(read).toMatchObject({ objects: 3, refused: [] });
    const answer = await printed((output) => printRead(made, read, wanted, output));
    expect(told(answer)).toMatchObject({ over: 'vault', rules: [{ total }] });
    expect(answer.code).toBe(0);
  }
  // Tampered with: it is named, and the answer is not taken for a whole one.
  const version = bank.version(keys[1] ?? '');
  version.body = Buffer.concat([version.body.subarray(0, -1), Buffer.from([version.body.at(-1) === 0 ? 1 : 0])]);
  const pack = packOf(join(folder, 'rule.yml'));
  const wanted = { pack, from: FROM, to: FROM + 10 * DAY, now: bank.now, by: [], rows: 10, isJson: true };
  const made = createHunt(pack, { from: wanted.from, to: wanted.to, by: [], lists: {} });
  const read = await huntVault(made, {
    ...{ bank: config, sensitive: undefined, from: wanted.from, to: wanted.to, sources: undefined, onProgress: () => undefined },
    leaves: evidenceLeaves(s3LogStore(bank.vault), 'demo/'),
    vault: { s3: bank.s3.client, bucket: 'vault', opener: bank.opener, access },
  });
  const answer = await printed((output) => printRead(made, read, wanted, output));
  expect(answer.code).toBe(1);
  expect(answer.said).toEqual([expect.stringContaining(keys[1] ?? '-')]);
});

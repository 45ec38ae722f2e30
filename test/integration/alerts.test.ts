// Alerts on the emulated AWS, with the table as the template makes it, and the index as it is: once and only once, whatever is delivered again, tried at
// the same time or fails between two writes; routed, copied, answered, summed up.
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CreateStackCommand } from '@aws-sdk/client-cloudformation';
import {
  BatchGetItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateStreamCommand, GetRecordsCommand, GetShardIteratorCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { EnableSecurityHubCommand, GetFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { CreateTopicCommand, PublishCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { parse } from 'yaml';
import { bankNamed } from '../../cli/bank.ts';
import { findingChange, findingList, findingShow, type ChangeOptions, type ListOptions } from '../../cli/commands/finding.ts';
import { accountEnvironment, closeAccount, openAccount, type Account } from '../../local/accounts.ts';
import { subscribe, type Inbox, type ReceivedAlert } from '../../local/demo/alerts.ts';
import { startEmulator, type Emulator } from '../../local/emulator.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { raiseAlerts } from '../../shared/alert/alerts.ts';
import { requestChange } from '../../shared/alert/changes.ts';
import { digestNumbers } from '../../shared/alert/digest-numbers.ts';
import type { FindingStatus } from '../../shared/alert/episode.ts';
import { findHeld, type FindingChange } from '../../shared/alert/find.ts';
import { filterPolicy } from '../../shared/alert/routing.ts';
import { sweep, type SweepDeps } from '../../shared/alert/sweep.ts';
import type { BankConfig } from '../../shared/config.ts';
import { decodeBatch } from '../../shared/hub/batch.ts';
import type { HubDocument, OcsfEvent } from '../../shared/model.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { indexDocuments } from '../../shared/opensearch/late.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { object, parseJson } from '../../shared/outcome.ts';
import { findFinding } from '../../shared/search/find-finding.ts';
import { textAt } from '../../shared/search/value.ts';
import { foundIn, type Batch } from '../unit/alert/world.ts';

jest.setTimeout(180_000);

const MINUTE = 60_000;
const TABLE = 'strongroom-demo-alert-claims';
const TIME = Date.UTC(2026, 2, 2, 9);

let emulator: Emulator;
let account: Account;
let server: OpenSearchServer;
let search: OpenSearch;
let dynamo: DynamoDBClient;
let events: EventBridgeClient;
let securityHub: SecurityHubClient;
let bank: BankConfig;
let now = TIME;
let topicArn: string;
let everything: Inbox;
let critical: Inbox;
let tagged: Inbox;

beforeAll(async () => {
  [emulator, server] = await Promise.all([
    startEmulator({ lambdaHost: 'http://127.0.0.1:9' }),
    startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) }),
  ]);
  const demo = bankNamed('demo');
  account = await openAccount(emulator.endpoint, demo.region, demo.security_account);
  const config = { endpoint: emulator.endpoint, region: demo.region, credentials: account.credentials };
  [dynamo, events, securityHub] = [new DynamoDBClient(config), new EventBridgeClient(config), new SecurityHubClient(config)];
  search = openSearchClient(server.url, demo.region);
  await provision(search);
  await dynamo.send(new CreateTableCommand({ TableName: TABLE, BillingMode: 'PAY_PER_REQUEST', ...tableOfTemplate() }));
  await account.kinesis.send(new CreateStreamCommand({ StreamName: 'hub', ShardCount: 1 }));
  topicArn = (await account.sns.send(new CreateTopicCommand({ Name: 'strongroom-demo-alerts' }))).TopicArn ?? '';
  everything = await subscribe(account, topicArn, 'everything');
  critical = await subscribe(account, topicArn, 'critical', filterPolicy({ min_severity: 'critical', actions: ['create', 'summary'] }));
  tagged = await subscribe(account, topicArn, 'tagged', filterPolicy({ tags: ['T1078'], accounts: ['333333333333'] }));
  await securityHub.send(new EnableSecurityHubCommand({}));
  bank = demo;
});

afterAll(async () => {
  for (const client of [dynamo, events, securityHub]) client.destroy();
  closeAccount(account);
  await search.close();
  await Promise.all([emulator.stop(), server.stop()]);
});

/** Keys and indexes, as they are deployed. */
function tableOfTemplate(): Pick<CreateTableCommandInput, 'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes'> {
  const template = object(parse(readFileSync('stacks/resources/alerts.yml', 'utf8')));
  const properties = object(object(object(template?.['Resources'])?.['AlertClaims'])?.['Properties']);
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = properties ?? {};
  return { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } as unknown as ReturnType<typeof tableOfTemplate>;
}

function deps(more: Partial<SweepDeps> = {}): SweepDeps {
  return {
    bank,
    claims: { dynamo, table: TABLE },
    sns: account.sns,
    topicArn,
    hub: { kinesis: account.kinesis, stream: 'hub' },
    vaultBucket: 'vault',
    now: () => now,
    copies: { events, home: events, provider: events, securityHub },
    digest: { numbers: (range) => digestNumbers(search, range) },
    log: { info: noop, warn: noop, error: noop },
    metrics: { addDimensions: noop, addMetric: noop, publishStoredMetrics: noop } as unknown as SweepDeps['metrics'],
    ...more,
  };
}

function noop(): void {
  // Nobody reads it.
}

function found(batch: Batch): OcsfEvent {
  return foundIn({ time: now, ...batch });
}

async function raise(findings: readonly OcsfEvent[], with_: SweepDeps = deps()): Promise<void> {
  const origin = {
    bank: 'demo',
    account: '222222222222',
    region: bank.region,
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: now,
  } as const;
  await raiseAlerts(findings, { origin, evidence: 'vault/key' }, with_);
}

function uidsOf(alerts: readonly ReceivedAlert[]): readonly string[] {
  return alerts.map(
    ({ message, attributes }) => `${attributes['action'] ?? ''} ${textAt(jsonOf(message), 'finding.finding_info.uid') ?? ''}`,
  );
}

function jsonOf(message: string) {
  return object(parseJson(message.slice(message.lastIndexOf('\n') + 1))) ?? {};
}

async function hubDocuments(): Promise<readonly HubDocument[]> {
  const start = { StreamName: 'hub', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await account.kinesis.send(new GetShardIteratorCommand(start));
  const { Records = [] } = await account.kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
  return Records.flatMap(({ Data = new Uint8Array() }) => {
    const batch = decodeBatch(Data);
    return batch.kind === 'value' ? batch.value.documents : [];
  });
}

test('the same batch three times, by two workers at once, is one alert; what comes then is one update at the end of the window', async () => {
  const first = found({ events: ['1', '2'], uid: 'twice', account: '333333333333' });
  const both = async (findings: readonly OcsfEvent[]): Promise<void> => {
    const tried = await Promise.allSettled([raise(findings), raise(findings)]);
    // Whoever came second is told to come again.
    if (tried.some(({ status }) => status === 'rejected')) await raise(findings);
  };
  for (let time = 0; time < 3; time++) await both([first]);
  const more = found({ events: ['2', '3', '4'], uid: 'twice', account: '333333333333' });
  for (let time = 0; time < 3; time++) await both([more]);
  now += 61 * MINUTE;
  await Promise.allSettled([sweep(deps()), sweep(deps())]);
  await sweep(deps());

  const received = await everything.receive();
  expect(uidsOf(received)).toEqual(['create twice', 'update twice']);
  expect(received[1]?.subject).toBe('[HIGH] 2 more: Title of rule-1 - account 333333333333 (trading-prod)');
  expect(jsonOf(received[1]?.message ?? '')).toMatchObject({ finding: { count: 4 } });
  // Routed: by tag and account, and not by severity.
  expect(uidsOf(await tagged.receive())).toEqual(['create twice', 'update twice']);
  expect(await critical.receive()).toEqual([]);
});

test('a worker that dies before or after any of its calls leaves nothing untold, and nothing told twice but what it told itself', async () => {
  const calls = [BatchGetItemCommand, TransactWriteItemsCommand, PutItemCommand, PutRecordsCommand, PublishCommand];
  for (let at = 0; ; at++) {
    for (const when of ['before', 'after'] as const) {
      const uid = `dies-${when}-${at}`;
      const life = { call: 0, isDead: false };
      const mortal = <Client extends { send: (...args: never[]) => unknown }>(client: Client): Client =>
        Object.create(client, {
          send: {
            value: async (command: object): Promise<unknown> => {
              const mine = calls.some((one) => command instanceof one) && life.call++ === at;
              life.isDead ||= mine && when === 'before';
              if (life.isDead) throw new Error('dead');
              const answer: unknown = await (client.send as unknown as (one: object) => Promise<unknown>).call(client, command);
              life.isDead = mine;
              if (life.isDead) throw new Error('dead');
              return answer;
            },
          },
        }) as Client;
      const dying = deps({
        claims: { dynamo: mortal(dynamo), table: TABLE },
        sns: mortal(account.sns),
        hub: { kinesis: mortal(account.kinesis), stream: 'hub' },
      });
      const finding = found({ events: [uid], uid });
      await raise([finding], dying).catch(noop);
      // The batch is delivered again, or the minute's run finds what is due.
      now += 2 * MINUTE;
      if (at % 2 === 0) await raise([finding]);
      else await sweep(deps());
      await raise([finding]);
      const received = await everything.receive();
      // Only who dies between the message and the note that it is out leaves nobody to know of it: then it is the same message.
      const isUnknown = `${when} ${at}` === 'after 3' || `${when} ${at}` === 'before 4';
      expect([uid, uidsOf(received)]).toEqual([uid, isUnknown ? [`create ${uid}`, `create ${uid}`] : [`create ${uid}`]]);
      expect(new Set(received.map(({ message }) => message)).size).toBe(1);
      const held = await findHeld(deps(), uid);
      expect(held?.episode).toMatchObject({ told: 1, count: 1 });
      if (!life.isDead) {
        // Read, note, hub, topic, note.
        expect(at).toBe(5);
        return;
      }
    }
  }
});

test('a storm is summed up once', async () => {
  bank = { ...bank, alerts: { ...bank.alerts, storm: { rule_per_hour: 3, critical_per_hour: 2 } } };
  now = Math.ceil(now / (60 * MINUTE)) * 60 * MINUTE;
  const many = (severity: number): readonly OcsfEvent[] =>
    Array.from({ length: 12 }, (_, at) =>
      found({ events: [`s${severity}-${at}`], uid: `storm-${severity}-${at}`, rule: `storm-${severity}`, severity }),
    );
  await raise([...many(4), ...many(5)]);
  now += 62 * MINUTE;
  await sweep(deps());
  await sweep(deps());
  const received = await everything.receive();
  expect(received.filter(({ attributes }) => attributes['action'] === 'create')).toHaveLength(5);
  expect(
    received
      .filter(({ attributes }) => attributes['action'] === 'summary')
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual(['[CRITICAL] Summary: 10 findings held back - Critical findings', '[HIGH] Summary: 9 findings held back - Name of storm-4']);
  expect((await critical.receive()).map(({ attributes }) => attributes['action'])).toEqual(['create', 'create', 'summary']);
  bank = bankNamed('demo');
});

test('copies: an event for ticketing, Security Hub, and for the provider what may leave', async () => {
  await events.send(new CreateEventBusCommand({ Name: 'ticketing' }));
  const { EventBusArn: central = '' } = await events.send(new CreateEventBusCommand({ Name: 'central' }));
  const [tickets, provider] = [await queueOf('ticketing'), await queueOf('central')];
  bank = {
    ...bank,
    alerts: { ...bank.alerts, event_bus: 'ticketing', security_hub: true },
    provider: { name: 'Watchers', event_bus_arn: central, consent: { by: 'CISO', on: '2026-11-02', reference: 'entry 117' } },
  };
  await raise([found({ events: ['copy'], uid: 'copied' })]);
  expect(await sweep(deps())).toMatchObject({ copies: 3, copiesFailed: 0 });

  expect(await tickets()).toEqual([
    expect.objectContaining({
      source: 'strongroom',
      detail: expect.objectContaining({ action: 'create', evidence: 'vault/key' }) as unknown,
    }),
  ]);
  const [forwarded] = await provider();
  expect(forwarded).toMatchObject({ detail: { finding: { severity_id: 4, finding_info: { uid: 'copied' } } } });
  expect(JSON.stringify(forwarded)).not.toMatch(/vault\/key|unmapped|related_events"/);
  const { Findings = [] } = await securityHub.send(new GetFindingsCommand({}));
  expect(Findings.map(({ Id }) => Id)).toEqual(['strongroom/demo/copied']);
  // A bus that is not there holds up nothing.
  bank = { ...bank, alerts: { ...bank.alerts, event_bus: 'gone', security_hub: false } };
  await raise([found({ events: ['copy2'], uid: 'not-copied' })]);
  expect((await everything.receive()).length).toBe(2);
  await sweep(deps());
  expect((await everything.receive()).length).toBe(0);
  bank = bankNamed('demo');
});

/** Takes the events of a bus. */
async function queueOf(bus: string): Promise<() => Promise<readonly unknown[]>> {
  const { QueueUrl = '' } = await account.sqs.send(new CreateQueueCommand({ QueueName: bus }));
  const { Attributes } = await account.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  await events.send(new PutRuleCommand({ Name: bus, EventBusName: bus, EventPattern: JSON.stringify({ source: ['strongroom'] }) }));
  await events.send(
    new PutTargetsCommand({ Rule: bus, EventBusName: bus, Targets: [{ Id: 'queue', Arn: Attributes?.['QueueArn'] ?? '' }] }),
  );
  return async () => {
    const { Messages = [] } = await account.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    for (const { ReceiptHandle } of Messages) await account.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages.map(({ Body }) => parseJson(Body ?? ''));
  };
}

test('an answer is in the index under the name of who gave it, and the latest version is found', async () => {
  await raise([found({ events: ['x'], uid: 'answered' })]);
  const sts = new STSClient({ endpoint: emulator.endpoint, region: bank.region, credentials: account.credentials });
  const { Arn: by = '', UserId: principal = '' } = await sts.send(new GetCallerIdentityCommand({}));
  sts.destroy();
  const answer = async (status: FindingStatus, reason: string): Promise<void> => {
    const held = await findHeld(deps(), 'answered');
    await requestChange(deps().claims, { finding: held?.stored.id ?? '', status, reason, by, principal, at: now });
    now += MINUTE;
    await sweep(deps());
  };
  await answer('acknowledged', 'looking into it');
  await answer('closed', 'it was a test');
  const documents = await hubDocuments();
  expect((await indexDocuments(documents, search)).refused).toEqual([]);
  expect(await indexDocuments(documents, search)).toMatchObject({ created: 0, duplicate: documents.length });
  await search.indices.refresh({ index: 'ocsf-*' });

  expect(await findFinding(search, 'answered')).toMatchObject({ finding: { event: { activity_id: 3, status_id: 4 } }, versions: 3 });
  const index = documents.find(({ id }) => id === 'answered')?.index ?? '';
  const store = await search.indices.getAlias({ name: index });
  const [first] = Object.keys(object(store.body) ?? {});
  expect(await findFinding(search, `${first ?? ''}/answered`)).toMatchObject({ finding: { event: { activity_id: 1 } }, versions: 3 });
  const versions = documents
    .map(({ json }) => object(parseJson(json)) ?? {})
    .filter((one) => textAt(one, 'finding_info.uid') === 'answered');
  expect(versions.map(({ status_id, comment }) => [status_id, comment])).toEqual([
    [undefined, undefined],
    [2, 'looking into it'],
    [4, 'it was a test'],
  ]);
  expect(versions[2]).toMatchObject({ unmapped: { changed_by: by, changed_principal: principal } });
  expect(uidsOf(await everything.receive())).toEqual(['create answered', 'close answered']);
});

test('strongroom finding lists, shows and answers', async () => {
  Object.assign(process.env, accountEnvironment(account));
  await account.cloudFormation.send(
    new CreateStackCommand({
      StackName: 'strongroom-demo-security',
      TemplateBody: JSON.stringify({
        Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
        Outputs: { AlertTable: { Value: TABLE } },
      }),
    }),
  );
  await raise([found({ events: ['y'], uid: 'by-command-0123456', user: 'mallory' })]);
  const listed = await finding('list', '', { json: true });
  expect(listed.code).toBe(0);
  const lines = listed.stdout
    .trim()
    .split('\n')
    .map((line) => object(parseJson(line)) ?? {});
  expect(lines.map(({ status }) => status)).toEqual(lines.map(() => 'new'));
  expect(lines).toContainEqual(
    expect.objectContaining({ id: 'by-command-0123456', severity: 'high', account: '222222222222', count: 1, messages: 1 }),
  );
  const asked = await finding('close', 'by-command-0123456', { reason: 'a drill', json: true });
  expect([asked.code, object(parseJson(asked.stdout))]).toMatchObject([
    0,
    { status: 'closed', outcome: 'asked for', by: expect.stringContaining(':111111111111:') as unknown },
  ]);
  await sweep(deps());
  const shown = await finding('show', 'by-command-0123456');
  expect(shown.stdout).toMatch(/^Title of rule-1\n(?:.*\n)* {2}status {7}closed by arn:aws:sts::111111111111:.* a drill\n/);
  expect(shown.stdout).toContain('  who          mallory\n');
  expect((await finding('list', '', { status: 'closed', json: true })).stdout).toContain('"by-command-0123456"');
  expect(await finding('ack', 'nothing', { reason: 'why not' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing was alerted under nothing') as unknown,
  });
  await expect(finding('ack', 'by-command-0123456', { reason: '' })).rejects.toThrow('--reason must say why');
  expect(uidsOf(await everything.receive())).toEqual(['create by-command-0123456', 'close by-command-0123456']);
});

/** `npx strongroom finding …`, in this process. */
async function finding(command: 'list' | 'show' | FindingChange, id: string, options: Partial<ListOptions & ChangeOptions> = {}) {
  const out = new PassThrough();
  const said: string[] = [];
  const output = { out, say: (line: string) => void said.push(line) };
  const given = { bank: 'demo', status: 'new', limit: '500', reason: '', wait: false, ...options };
  const run = async (): Promise<number> => {
    if (command === 'list') return await findingList(given, output);
    return command === 'show' ? await findingShow(id, given, output) : await findingChange(command, id, given, output);
  };
  const [code, stdout] = await Promise.all([run().finally(() => out.end()), text(out)]);
  return { code, stdout, stderr: said.join('\n') };
}

test('the digest has the numbers of the index, and what nobody has answered', async () => {
  await indexDocuments(await hubDocuments(), search);
  await search.indices.refresh({ index: 'ocsf-*' });
  await sweep(deps());
  const monday = Date.UTC(2026, 2, 9, 7);
  now = monday;
  await sweep(deps());
  await sweep(deps());
  const digests = (await everything.receive()).filter(({ attributes }) => attributes['action'] === 'digest');
  expect(digests).toHaveLength(1);
  const { numbers, openCount, answered } = jsonOf(digests[0]?.message ?? '');
  const all = await hubDocuments();
  const uids = new Set(all.map(({ json }) => textAt(object(parseJson(json)) ?? {}, 'finding_info.uid')));
  // Each finding once, however many versions it has.
  expect(numbers).toMatchObject({ findings: uids.size, accounts: [{ name: '222222222222' }, { name: '333333333333', findings: 1 }] });
  expect(answered).toBe(2);
  expect(openCount).toBeGreaterThan(3);
});

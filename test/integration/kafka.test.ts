// Kafka topics and raw Kinesis streams against the running platform: a real broker with TLS and SCRAM, the mappings and functions as deployed.
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { Producer } from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { startDeployment, type Deployment } from '../../local/deployment.ts';
import { createRandom } from '../../local/demo/random.ts';
import { cloudTrailRecord, DEFAULT_SCENE } from '../../local/demo/records.ts';
import { yesterdayMorning } from '../../local/demo/scenario.ts';
import { connectionOf, openAdmin } from '../../local/kafka/client.ts';
import { streamName } from '../../shared/kafka-config.ts';
import { positionIds } from '../../shared/ids.ts';
import { parseJson } from '../../shared/outcome.ts';
import { aggregated } from '../fakes/kpl.ts';
import { evidenceOf, indexedIds, strongroom, type Evidence } from './deployed.ts';

jest.setTimeout(180_000);

const APPLICATION = 'payments.application';
const TRAIL = 'security.cloudtrail';
/** When the producer says that its records are from, ms since the epoch: part of their names. */
const STAMP = Date.now() - 60_000;
const FUNCTION = 'strongroom-demo-ingest-kafka';
const random = createRandom(7);
const scene = { ...DEFAULT_SCENE, start: yesterdayMorning(Date.now()) };

let deployment: Deployment;
let producer: Producer;
let lambda: LambdaClient;

beforeAll(async () => {
  deployment = await startDeployment(() => undefined, { kafka: true, workloads: false });
  const { platform, security } = deployment;
  if (platform.kafka === undefined) throw new Error('the platform has no broker');
  producer = new Producer(connectionOf(platform.kafka));
  lambda = new LambdaClient({ endpoint: platform.endpoint, region: security.region, credentials: security.credentials });
});

afterAll(async () => {
  await producer.close();
  lambda.destroy();
  await deployment.stop();
});

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly value?: Buffer;
  readonly key?: Buffer;
  readonly headers?: Map<Buffer, Buffer>;
}

async function produce(messages: readonly Message[]): Promise<void> {
  await producer.send({ acks: -1, messages: messages.map((message) => ({ ...message, timestamp: BigInt(STAMP) })) });
}

function said(partition: number, message: string): Message {
  return { topic: APPLICATION, partition, value: Buffer.from(JSON.stringify({ level: 'info', message })) };
}

/** Id of the event of one record of a topic. */
function idOf(topic: string, partition: number, offset: number): string {
  return positionIds(`kafka://local/${topic}/${partition}/${offset}@${STAMP}`)(0);
}

/** The records of one piece of evidence, as `strongroom evidence show` prints them. */
async function sealed({ key }: Evidence): Promise<readonly unknown[]> {
  const { stdout } = await strongroom(deployment, 'evidence', 'show', key, '--reason', 'a test');
  return gunzipSync(stdout).toString('utf8').trimEnd().split('\n').map(parseJson);
}

function errorsOf(name: string): number {
  return deployment.host.functions().find((found) => found.name === name)?.errors ?? 0;
}

async function mappingsOf(topic: string): Promise<readonly string[]> {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  return EventSourceMappings.filter(({ Topics = [] }) => Topics.includes(topic)).map(({ UUID = '' }) => UUID);
}

/** Starts or ends what reads the topic. */
async function setEnabled(topic: string, Enabled: boolean): Promise<void> {
  for (const UUID of await mappingsOf(topic)) await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
  await deployment.host.refresh();
}

describe('a topic', () => {
  test('each record is an event under its own name, each partition is sealed in its order, as it was delivered', async () => {
    const partitions = [0, 1, 2];
    await produce(partitions.flatMap((partition) => Array.from({ length: 40 }, (_, index) => said(partition, `first ${index}`))));
    const key = Buffer.from('card 7');
    const value = Buffer.from('{"level":"error","message":"declined"}');
    await produce([{ topic: APPLICATION, partition: 1, key, value, headers: new Map([[Buffer.from('trace'), Buffer.from([0, 255])]]) }]);

    const expected = partitions.flatMap((partition) =>
      Array.from({ length: partition === 1 ? 41 : 40 }, (_, offset) => idOf(APPLICATION, partition, offset)),
    );
    expect((await indexedIds(deployment)).toSorted()).toEqual(expected.toSorted());
    for (const partition of partitions) {
      const evidence = await evidenceOf(deployment, `kafka://local/${APPLICATION}/${partition}/`);
      const records = (await Promise.all(evidence.map(sealed))).flat();
      expect(records).toHaveLength(partition === 1 ? 41 : 40);
      expect(records).toMatchObject(records.map((_, offset) => ({ offset })));
      if (partition === 1)
        expect(records.at(-1)).toEqual({
          offset: 40,
          timestamp: expect.any(Number) as unknown,
          timestampType: 'CREATE_TIME',
          key: key.toString('base64'),
          headers: [{ name: 'trace', value: 'AP8=' }],
          value: value.toString('base64'),
        });
    }
  });

  test('what cannot be read is parked, a tombstone is excluded, and the sum holds; redriven, what is broken stays', async () => {
    const before = new Set(await indexedIds(deployment));
    const calls = Array.from({ length: 6 }, (_, index) => cloudTrailRecord(random, index, scene));
    const messages = calls.map((call) => Buffer.from(`{"Records":[${call}]}`));
    messages[2] = Buffer.from('{"Records":[{"eventVersion":"1.10","eventID":}]}');
    const send = messages.map((value) => ({ topic: TRAIL, partition: 0, value }));
    await produce([...send.slice(0, 4), { topic: TRAIL, partition: 0, key: Buffer.from('gone') }, ...send.slice(4)]);

    const added = (await indexedIds(deployment)).filter((id) => !before.has(id));
    const evidence = await evidenceOf(deployment, `kafka://local/${TRAIL}/0/`);
    const sum = (name: string): number => evidence.reduce((total, { metadata }) => total + Number(metadata[name]), 0);
    expect(added).toHaveLength(5);
    expect(['records', 'events', 'excluded', 'parked'].map(sum)).toEqual([7, 5, 1, 1]);

    const [parked] = (await strongroom(deployment, 'parked', 'list', '--json')).stdout.toString().trimEnd().split('\n').map(parseJson);
    expect(parked).toMatchObject({ records: 1, codes: { malformed_json: 1 } });
    const key = String((parked as { readonly key?: unknown }).key);
    expect((await strongroom(deployment, 'parked', 'show', key)).stdout.toString()).toContain('eventVersion');
    expect((await strongroom(deployment, 'parked', 'redrive', key, '--reason', 'a test')).code).toBe(1);
    expect((await indexedIds(deployment)).length).toBe(before.size + 5);
  });

  test('the function fails when the evidence is there but the hub is not: the batch comes again, and nothing is missing or twice there', async () => {
    const before = new Set(await indexedIds(deployment));
    const errors = errorsOf(FUNCTION);
    const { Environment: environment } = await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: FUNCTION }));
    const change = async (HUB_STREAM: string): Promise<void> => {
      const Variables = { ...environment?.Variables, HUB_STREAM };
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: FUNCTION, Environment: { Variables } }));
      const { Version: version } = await lambda.send(new PublishVersionCommand({ FunctionName: FUNCTION }));
      await lambda.send(new UpdateAliasCommand({ FunctionName: FUNCTION, Name: 'live', FunctionVersion: version }));
      await deployment.host.refresh();
    };

    await change('no-such-stream');
    await produce(Array.from({ length: 10 }, (_, index) => said(2, `second ${index}`)));
    while (errorsOf(FUNCTION) === errors) await sleep(100);
    const sealedBefore = await evidenceOf(deployment, `kafka://local/${APPLICATION}/2/`);
    await change(environment?.Variables?.['HUB_STREAM'] ?? '');

    const added = (await indexedIds(deployment)).filter((id) => !before.has(id));
    const expected = Array.from({ length: 10 }, (_, index) => idOf(APPLICATION, 2, 40 + index));
    expect(added.toSorted()).toEqual(expected.toSorted());
    expect(await evidenceOf(deployment, `kafka://local/${APPLICATION}/2/`)).toEqual(sealedBefore);
  });

  test('read again from the beginning, in other batches, it gives the same documents', async () => {
    const { kafka } = deployment.platform;
    if (kafka === undefined) throw new Error('no broker');
    const before = await indexedIds(deployment);
    const evidence = await evidenceOf(deployment, `kafka://local/${APPLICATION}/`);
    await setEnabled(APPLICATION, false);
    const admin = await openAdmin(kafka);
    const partitionOffsets = [0, 1, 2].map((partition) => ({ partition, offset: 1n }));
    const groupId = `strongroom-demo-${APPLICATION}`;
    await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: APPLICATION, partitionOffsets }] });
    await admin.close();
    await setEnabled(APPLICATION, true);

    expect((await indexedIds(deployment)).toSorted()).toEqual(before.toSorted());
    const again = await evidenceOf(deployment, `kafka://local/${APPLICATION}/`);
    expect(again.length).toBe(evidence.length + 3);
    expect(again.map(({ uri }) => uri)).toContain(`kafka://local/${APPLICATION}/2/1-49@${STAMP}`);
  });
});

describe('a stream of the bank’s own', () => {
  test('each record is an event under its own name, aggregated ones too, and its account is what the bank says', async () => {
    const before = new Set(await indexedIds(deployment));
    const StreamName = streamName('demo', 'applications');
    const line = (message: string): Buffer => Buffer.from(JSON.stringify({ level: 'info', message }));
    const plain = [line('a'), line('b'), Buffer.from(' \n')];
    const Records = [...plain, aggregated([line('c'), line('d')])].map((Data) => ({ Data, PartitionKey: 'same shard' }));
    const { Records: put = [] } = await deployment.security.kinesis.send(new PutRecordsCommand({ StreamName, Records }));

    const uris = put.map(({ ShardId, SequenceNumber }) => `kinesis://${StreamName}/${ShardId ?? ''}/${SequenceNumber ?? ''}`);
    const [first = '', second = '', , third = ''] = uris;
    const expected = [first, second, `${third}#0`, `${third}#1`].map((uri) => positionIds(uri)(0));
    expect((await indexedIds(deployment)).filter((id) => !before.has(id)).toSorted()).toEqual(expected.toSorted());
    const evidence = await evidenceOf(deployment, `kinesis://${StreamName}/`);
    expect(evidence.map(({ metadata }) => metadata)).toMatchObject([
      { account: '222222222222', source: 'application-json', trigger: 'kinesis', records: '5', events: '4', excluded: '1', parked: '0' },
    ]);
    expect(evidence[0]?.uri).toBe(`${first}-${uris.at(-1)?.split('/').at(-1) ?? ''}`);
  });
});

test('nothing was given up', async () => {
  const { sqs } = deployment.security;
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'strongroom-demo-ingest-' }));
  const deadLetters = QueueUrls.filter((url) => url.endsWith('-dlq'));
  const waiting = await Promise.all(
    deadLetters.map(async (QueueUrl) => (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes),
  );

  expect(deadLetters.map((url) => url.split('/').at(-1)).sort()).toEqual([`${FUNCTION}-dlq`, 'strongroom-demo-ingest-stream-dlq']);
  expect(waiting.map((attributes) => attributes?.['ApproximateNumberOfMessages'])).toEqual(['0', '0']);
});

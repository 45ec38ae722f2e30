import { setTimeout as delay } from 'node:timers/promises';
import { startTopicPoller, type TopicContext } from '../../../../local/lambda/kafka.ts';
import { topicEvent, topicFailureMessage, type GivenUpBatch, type TopicRecord } from '../../../../local/lambda/kafka-event.ts';
import type { Places, TopicReader } from '../../../../local/lambda/kafka-reader.ts';
import type { DeployedMapping, KafkaSource, Poller } from '../../../../local/lambda/model.ts';
import { isArray, object, parseJson } from '../../../../shared/outcome.ts';

const SOURCE: KafkaSource = { servers: ['127.0.0.1:1', '127.0.0.1:2'], topic: 'app.log', groupId: 'g', access: [] };

const MAPPING: DeployedMapping = {
  uuid: 'u',
  functionName: 'f',
  source: 'kafka',
  sourceArn: 'arn:aws:kafka:us-east-1:111111111111:cluster/self-managed',
  kafka: SOURCE,
  batchSize: 3,
  batchingWindowMs: 0,
  reportsBatchItemFailures: false,
  bisects: false,
  maxRetries: Infinity,
  maxRecordAgeMs: Infinity,
  startingPosition: 'TRIM_HORIZON',
  onFailureQueueArn: undefined,
  maxConcurrency: undefined,
};

function recordAt(partition: number, offset: number, change: Partial<TopicRecord> = {}): TopicRecord {
  const plain = { partition, offset, timestamp: 1000 + offset, timestampType: 'CREATE_TIME' as const };
  return { ...plain, key: null, value: Buffer.from('v'), headers: [], ...change };
}

/** A topic of two partitions in memory. */
function fakeTopic() {
  const partitions: TopicRecord[][] = [[], []];
  const state = { committed: new Map<number, number>(), failingReads: 0, closed: false };
  const ends = (): Places => new Map(partitions.map((records, partition) => [partition, records.length]));
  const reader: TopicReader = {
    places: (otherwise) =>
      Promise.resolve(
        new Map([...ends()].map(([partition, end]) => [partition, state.committed.get(partition) ?? (otherwise === 'LATEST' ? end : 0)])),
      ),
    ends: () => Promise.resolve(ends()),
    read: async (places) => {
      if (state.failingReads > 0) {
        state.failingReads -= 1;
        throw new Error('no broker');
      }
      const answer = { records: partitions.flatMap((found, partition) => found.slice(places.get(partition))), places: ends() };
      if (answer.records.length === 0) await delay(2);
      return answer;
    },
    commit: (places) => {
      state.committed = new Map(places);
      return Promise.resolve();
    },
    close: () => {
      state.closed = true;
      return Promise.resolve();
    },
  };
  const put = (partition: number, count: number): void => {
    const found = partitions[partition] ?? [];
    for (let index = 0; index < count; index++) found.push(recordAt(partition, found.length));
  };
  return { reader, state, put };
}

/** `partition/offset` of each record, in the order in which the event has them. */
function placesIn(payload: string): readonly string[] {
  const records = Object.values(object(object(parseJson(payload))?.['records']) ?? {}).flatMap((found) => (isArray(found) ? found : []));
  return records.map(object).map((record) => `${Number(record?.['partition'])}/${Number(record?.['offset'])}`);
}

describe('the topic poller', () => {
  let topic: ReturnType<typeof fakeTopic>;
  let batches: (readonly string[])[];
  let given: GivenUpBatch[];
  let failures: number;
  let poller: Poller;

  beforeEach(() => {
    topic = fakeTopic();
    batches = [];
    given = [];
    failures = 0;
  });
  afterEach(() => poller.stop());

  function start(mapping: Partial<DeployedMapping> = {}, context: Partial<TopicContext> = {}): void {
    poller = startTopicPoller(
      { ...MAPPING, ...mapping },
      {
        source: SOURCE,
        reader: topic.reader,
        invoke: (payload) => {
          batches.push(placesIn(payload));
          const failed = failures > 0;
          if (failed) failures -= 1;
          return Promise.resolve({ requestId: 'r', failed, payload: 'null' });
        },
        giveUp: (found) => {
          given.push(found);
          return Promise.resolve();
        },
        pace: { retryMs: 1, maxRetryMs: 2 },
        log: () => undefined,
        ...context,
      },
    );
  }

  async function quiet(): Promise<void> {
    while (!(await poller.isQuiet(0))) await delay(1);
  }

  it('delivers every partition in its order, in batches, and commits behind them', async () => {
    topic.put(0, 4);
    topic.put(1, 1);
    start();
    await quiet();

    expect(batches).toEqual([
      ['0/0', '0/1', '0/2'],
      ['0/3', '1/0'],
    ]);
    expect(topic.state.committed).toEqual(
      new Map([
        [0, 4],
        [1, 1],
      ]),
    );
  });

  it('tries the same batch again until it succeeds, and commits nothing before', async () => {
    topic.put(0, 4);
    failures = 2;
    const committed: unknown[] = [];
    const { reader } = topic;
    start({}, { reader: { ...reader, commit: (places) => (committed.push([...places]), reader.commit(places)) } });
    await quiet();

    const first = ['0/0', '0/1', '0/2'];
    expect(batches).toEqual([first, first, first, ['0/3']]);
    expect(committed).toEqual([
      [
        [0, 3],
        [1, 0],
      ],
      [
        [0, 4],
        [1, 0],
      ],
    ]);
  });

  it('gives a batch up after its retries, and goes on behind it', async () => {
    topic.put(0, 4);
    failures = 3;
    start({ maxRetries: 2 });
    await quiet();

    expect(given.map(({ records, attempts }) => [records.map(({ offset }) => offset), attempts])).toEqual([[[0, 1, 2], 3]]);
    expect(batches.at(-1)).toEqual(['0/3']);
    expect(topic.state.committed.get(0)).toBe(4);
  });

  it('goes on where its group was, or where the mapping says', async () => {
    topic.put(0, 3);
    topic.state.committed.set(0, 1);
    start({ startingPosition: 'LATEST' });
    await quiet();
    expect(batches).toEqual([['0/1', '0/2']]);
    await poller.stop();

    topic.state.committed.clear();
    batches = [];
    start({ startingPosition: 'LATEST' });
    await quiet();
    topic.put(1, 1);
    await quiet();
    expect(batches).toEqual([['1/0']]);
  });

  it('gathers for as long as the mapping says', async () => {
    topic.put(0, 1);
    start({ batchingWindowMs: 60 });
    await delay(20);
    topic.put(0, 1);
    await quiet();

    expect(batches).toEqual([['0/0', '0/1']]);
  });

  it('is not quiet before it has delivered what is there, is while it is paused, and then goes on', async () => {
    start();
    await quiet();
    await poller.pause();
    topic.put(0, 1);
    expect(await poller.isQuiet(0)).toBe(true);
    expect(batches).toEqual([]);

    poller.resume();
    expect(await poller.isQuiet(0)).toBe(false);
    await quiet();
    expect(batches).toEqual([['0/0']]);
  });

  it('tries again when the brokers cannot be reached, and closes its connections in the end', async () => {
    topic.state.failingReads = 2;
    topic.put(0, 1);
    start();
    await quiet();
    await poller.stop();

    expect(batches).toEqual([['0/0']]);
    expect(topic.state.closed).toBe(true);
  });

  it('stops in the middle of retries, and what was not delivered is not committed', async () => {
    topic.put(0, 1);
    failures = Infinity;
    start();
    while (batches.length < 3) await delay(1);
    await poller.stop();

    expect(topic.state.committed.size).toBe(0);
  });
});

describe('an event', () => {
  it('holds each partition by itself, as Lambda writes it', () => {
    const key = Buffer.from('k');
    const headers = [[Buffer.from('h'), Buffer.from([104, 255])] as const, [Buffer.from('n'), null] as const];
    const records = [recordAt(1, 7, { key, headers }), recordAt(0, 2, { value: null }), recordAt(1, 8)];

    expect(topicEvent(records, SOURCE)).toEqual({
      eventSource: 'SelfManagedKafka',
      bootstrapServers: '127.0.0.1:1,127.0.0.1:2',
      records: {
        'app.log-1': [
          {
            ...{ topic: 'app.log', partition: 1, offset: 7, timestamp: 1007, timestampType: 'CREATE_TIME' },
            ...{ key: 'aw==', value: 'dg==', headers: [{ h: [104, -1] }, { n: null }] },
          },
          { topic: 'app.log', partition: 1, offset: 8, timestamp: 1008, timestampType: 'CREATE_TIME', value: 'dg==', headers: [] },
        ],
        'app.log-0': [{ topic: 'app.log', partition: 0, offset: 2, timestamp: 1002, timestampType: 'CREATE_TIME', headers: [] }],
      },
    });
  });

  it('that was given up is told by its offsets', () => {
    const last = { requestId: 'r', failed: true, payload: '{}' };
    const message = topicFailureMessage({ records: [recordAt(1, 7), recordAt(1, 9)], payload: '{}', attempts: 3, last }, SOURCE, 'arn', 0);

    expect(message).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      KafkaBatchInfo: { batchSize: 2, recordsInfo: { 'app.log-1': { firstRecordOffset: '7', lastRecordOffset: '9' } } },
    });
  });
});

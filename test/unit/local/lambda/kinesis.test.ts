import { startStreamPoller } from '../../../../local/lambda/kinesis.ts';
import type { StreamContext } from '../../../../local/lambda/kinesis.ts';
import type { Position, ShardInfo, StreamReader } from '../../../../local/lambda/kinesis-reader.ts';
import type { StreamRecord } from '../../../../local/lambda/kinesis-batch.ts';
import type { DeployedMapping, Poller } from '../../../../local/lambda/model.ts';
import { isArray, object, parseJson, text } from '../../../../shared/outcome.ts';

const MAPPING: DeployedMapping = {
  uuid: 'u',
  functionName: 'f',
  source: 'kinesis',
  sourceArn: 'arn:aws:kinesis:us-east-1:111111111111:stream/s',
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

/** A stream in memory. An iterator is `<shard>:<place of the next record>`. */
function fakeStream() {
  const shards: (ShardInfo & { closed: boolean; readonly records: StreamRecord[] })[] = [];
  const state = { failingReads: 0, iterators: [] as { readonly id: string; readonly position: Position }[] };
  const find = (id: string) => {
    const found = shards.find((shard) => shard.id === id);
    if (found === undefined) throw new Error(`no shard ${id}`);
    return found;
  };
  const reader: StreamReader = {
    shards: () => Promise.resolve(shards.map(({ id, parents, closed }) => ({ id, parents, closed }))),
    iterator: (id, position) => {
      state.iterators.push({ id, position });
      const { records } = find(id);
      if (typeof position === 'object')
        return Promise.resolve(`${id}:${records.findIndex(({ sequenceNumber }) => sequenceNumber === position.after) + 1}`);
      return Promise.resolve(`${id}:${position === 'LATEST' ? records.length : 0}`);
    },
    read: (iterator, limit) => {
      if (state.failingReads > 0) {
        state.failingReads -= 1;
        return Promise.reject(new Error('throttled'));
      }
      const [id = '', from = ''] = iterator.split(':');
      const { closed, records } = find(id);
      const found = records.slice(Number(from), Number(from) + limit);
      const end = Number(from) + found.length;
      return Promise.resolve({ records: found, next: closed && end === records.length ? undefined : `${id}:${end}` });
    },
  };
  const open = (id: string, ...parents: readonly string[]) => shards.push({ id, parents, closed: false, records: [] });
  const close = (id: string) => shards.filter((shard) => shard.id === id).forEach((shard) => (shard.closed = true));
  const put = (id: string, ...names: readonly string[]) => {
    const data = (name: string) => Buffer.from(name);
    find(id).records.push(...names.map((name) => ({ sequenceNumber: `#${name}`, partitionKey: 'p', data: data(name), arrivedAt: 0 })));
  };
  return { reader, state, open, close, put };
}

function namesIn(payload: string): readonly string[] {
  const records = object(parseJson(payload))?.['Records'];
  const data = (record: unknown) => text(object(object(record)?.['kinesis'])?.['data']) ?? '';
  return isArray(records) ? records.map((record) => Buffer.from(data(record), 'base64').toString()) : [];
}

describe('the stream poller', () => {
  let stream: ReturnType<typeof fakeStream>;
  let batches: (readonly string[])[];
  let pollers: Poller[];

  beforeEach(() => {
    stream = fakeStream();
    batches = [];
    pollers = [];
  });
  afterEach(() => Promise.all(pollers.map((poller) => poller.stop())));

  async function start(mapping: Partial<DeployedMapping> = {}, context: Partial<StreamContext> = {}): Promise<Poller> {
    const poller = await startStreamPoller(
      { ...MAPPING, ...mapping },
      {
        reader: stream.reader,
        invoke: (payload) => {
          batches.push(namesIn(payload));
          return Promise.resolve({ requestId: 'r', failed: false, payload: 'null' });
        },
        origin: { streamArn: MAPPING.sourceArn, region: 'us-east-1', functionArn: '', roleArn: '' },
        giveUp: () => Promise.resolve(),
        pace: { pollMs: 1, idleMs: 1, discoverMs: 1, retryMs: 1, maxRetryMs: 1 },
        log: () => undefined,
        ...context,
      },
    );
    pollers.push(poller);
    return poller;
  }

  /** Ends when everything put before was looked at; a poller that never gets there fails by Jest's time limit. */
  async function quiet(poller: Poller): Promise<void> {
    const since = performance.now();
    while (!(await poller.isQuiet(since))) await new Promise(setImmediate);
  }

  it('delivers a shard in order, in batches of the size of the mapping', async () => {
    stream.open('s1');
    stream.put('s1', 'a', 'b', 'c', 'd');
    await quiet(await start());
    expect(batches).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('sees records put after it started from LATEST, and only those', async () => {
    stream.open('s1');
    stream.put('s1', 'old');
    const poller = await start({ startingPosition: 'LATEST' });
    stream.put('s1', 'new');
    await quiet(poller);
    expect(batches).toEqual([['new']]);
  });

  it('waits for a full batch as long as the batching window is open', async () => {
    stream.open('s1');
    stream.put('s1', 'a', 'b');
    const poller = await start({ batchingWindowMs: 3_600_000 });
    expect(await poller.isQuiet(performance.now())).toBe(false);
    stream.put('s1', 'c', 'd');
    while (batches.length === 0) await new Promise(setImmediate);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('reads the children of a split only when their parent was delivered to its end', async () => {
    stream.open('parent');
    stream.open('child', 'parent');
    stream.put('parent', 'a', 'b');
    stream.put('child', 'c');
    const poller = await start();
    await quiet(poller);
    const before = [...batches];
    stream.close('parent');
    while (batches.length < 2) await new Promise(setImmediate);
    expect(before).toEqual([['a', 'b']]);
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('reads a shard that appears later from its beginning, also for LATEST', async () => {
    stream.open('s1');
    const poller = await start({ startingPosition: 'LATEST' });
    stream.open('s2', 's1');
    stream.put('s2', 'a');
    stream.close('s1');
    while (batches.length < 1) await new Promise(setImmediate);
    await quiet(poller);
    expect(batches).toEqual([['a']]);
  });

  it('goes on behind the last record read when reading failed', async () => {
    stream.open('s1');
    stream.put('s1', 'a');
    const logged: string[] = [];
    const poller = await start({}, { log: (message) => logged.push(message) });
    await quiet(poller);
    stream.state.failingReads = 2;
    stream.put('s1', 'b');
    await quiet(poller);
    expect(batches).toEqual([['a'], ['b']]);
    expect(logged).toHaveLength(2);
    expect(stream.state.iterators.at(-1)).toEqual({ id: 's1', position: { after: '#a' } });
  });

  it('delivers a batch again whose records could not be given up', async () => {
    stream.open('s1');
    stream.put('s1', 'a');
    const results = [new Error('no queue'), undefined];
    const givenUp: (readonly string[])[] = [];
    const failing: Partial<StreamContext> = {
      invoke: (payload) => {
        batches.push(namesIn(payload));
        return Promise.resolve({ requestId: 'r', failed: true, payload: '{}' });
      },
      giveUp: ({ records }) => {
        const trouble = results.shift();
        if (trouble !== undefined) return Promise.reject(trouble);
        givenUp.push(records.map(({ sequenceNumber }) => sequenceNumber));
        return Promise.resolve();
      },
    };
    await quiet(await start({ maxRetries: 0 }, failing));
    expect(batches).toEqual([['a'], ['a']]);
    expect(givenUp).toEqual([['#a']]);
  });

  it('delivers nothing while it is paused, counts as quiet, and goes on where it was', async () => {
    stream.open('s1');
    const poller = await start();
    await poller.pause();
    stream.put('s1', 'a');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await poller.isQuiet(performance.now())).toBe(true);
    expect(batches).toEqual([]);
    poller.resume();
    await quiet(poller);
    expect(batches).toEqual([['a']]);
  });

  it('stops while a batch fails again and again', async () => {
    stream.open('s1');
    stream.put('s1', 'a');
    const poller = await start(
      {},
      {
        invoke: () => {
          batches.push([]);
          return Promise.resolve({ requestId: 'r', failed: true, payload: '{}' });
        },
      },
    );
    while (batches.length < 3) await new Promise(setImmediate);
    await poller.stop();
    const attempts = batches.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(batches).toHaveLength(attempts);
  });
});

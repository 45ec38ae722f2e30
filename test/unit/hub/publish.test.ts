import { RetryableError } from '../../../shared/errors.ts';
import { publish } from '../../../shared/hub/publish.ts';
import { startKinesis, type FakeKinesis, type PutRecord, type Verdict } from '../../fakes/kinesis.ts';

const AT_ONCE = { baseMs: 0, capMs: 0, attempts: 4 };
const THROTTLED: Verdict = { code: 'ProvisionedThroughputExceededException' };
const MIB = 1024 * 1024;

let kinesis: FakeKinesis | undefined;
afterEach(async () => {
  await kinesis?.close();
  kinesis = undefined;
});

async function put(records: readonly Buffer[], fake: FakeKinesis): Promise<number> {
  kinesis = fake;
  return await publish(records, { kinesis: fake.client, stream: 'strongroom-demo-hub', backoff: AT_ONCE });
}

function numbered(count: number, bytes = 8): readonly Buffer[] {
  return Array.from({ length: count }, (_, at) => Buffer.alloc(bytes, String(at).padStart(8, '0')));
}

function numbers(records: readonly PutRecord[]): readonly number[] {
  return records.map(({ data }) => Number(data.toString('latin1', 0, 8)));
}

describe('publishing', () => {
  it('puts every record, in order, and tells how many', async () => {
    const records = numbered(7);
    const fake = await startKinesis();

    expect(await put(records, fake)).toBe(7);
    expect(fake.stored.map(({ data }) => data)).toEqual(records);
    expect(fake.calls).toHaveLength(1);
  });

  it('nothing is no call', async () => {
    const fake = await startKinesis();

    expect(await put([], fake)).toBe(0);
    expect(fake.calls).toEqual([]);
  });

  it('keeps to 500 records a call', async () => {
    const fake = await startKinesis();

    await put(numbered(1201), fake);

    expect(fake.calls.map((call) => call.length)).toEqual([500, 500, 201]);
    expect(numbers(fake.stored)).toEqual([...Array(1201).keys()]);
  });

  it('keeps to 5 MiB a call, partition keys included', async () => {
    const fake = await startKinesis();
    // 500 records of which the data alone are 5 MiB to the byte.
    const size = (5 * MIB) / 320;

    await put(numbered(640, size), fake);

    const bytes = fake.calls.map((call) => call.reduce((sum, { data, key }) => sum + data.length + Buffer.byteLength(key), 0));
    for (const sum of bytes) expect(sum).toBeLessThanOrEqual(5 * MIB);
    expect(fake.calls.length).toBe(3);
    expect(numbers(fake.stored)).toEqual([...Array(640).keys()]);
  });

  it('gives the same record the same partition key, and others another', async () => {
    const fake = await startKinesis();
    const [a = Buffer.alloc(0), b = Buffer.alloc(0)] = numbered(2, 6000);

    await put([a, b, a], fake);

    const [first, second, third] = fake.stored.map(({ key }) => key);
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });
});

describe('records that are refused', () => {
  it('are sent again, and only they', async () => {
    const fake = await startKinesis((record, call) => (call === 0 && Number(record.data.toString()) % 3 === 1 ? THROTTLED : 'accept'));

    expect(await put(numbered(8), fake)).toBe(8);
    expect(fake.calls.map(numbers)).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [1, 4, 7],
    ]);
  });

  it('are sent until each is accepted', async () => {
    const fake = await startKinesis((record, call) => (Number(record.data.toString()) > 2 - call ? 'accept' : { code: 'InternalFailure' }));

    expect(await put(numbered(4), fake)).toBe(4);
    expect(fake.calls.map(numbers)).toEqual([[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]);
    expect(numbers(fake.stored)).toEqual([3, 2, 1, 0]);
  });

  it('do not hold back what a later call would put before them: the calls stay in order', async () => {
    const fake = await startKinesis((_, call) => (call === 0 ? THROTTLED : 'accept'));

    await put(numbered(600), fake);

    expect(numbers(fake.stored)).toEqual([...Array(600).keys()]);
  });

  it('end in RetryableError after the last attempt; what was accepted stays', async () => {
    const fake = await startKinesis((record) => (record.data.toString() === '00000001' ? THROTTLED : 'accept'));

    await expect(put(numbered(3), fake)).rejects.toThrow(new RetryableError('hub: 1 of 3 records refused 4 times'));
    expect(fake.calls.map(numbers)).toEqual([[0, 1, 2], [1], [1], [1]]);
    expect(numbers(fake.stored)).toEqual([0, 2]);
  });

  it('an answer that says nothing of a record is no acceptance', async () => {
    const fake = await startKinesis(
      () => 'accept',
      (call) => (call === 0 ? { status: 200, body: { FailedRecordCount: 0, Records: [] } } : undefined),
    );

    expect(await put(numbered(2), fake)).toBe(2);
    expect(numbers(fake.stored)).toEqual([0, 1]);
  });

  it('a call that fails as a whole is an error of Kinesis: the trigger delivers again', async () => {
    const fake = await startKinesis(
      () => 'accept',
      () => ({ status: 400, body: { __type: 'ResourceNotFoundException', message: 'no such stream' } }),
    );

    await expect(put(numbered(1), fake)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

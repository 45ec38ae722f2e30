import fc from 'fast-check';
import { deliverBatch } from '../../../../local/lambda/kinesis-batch.ts';
import type { GivenUp, StreamRecord } from '../../../../local/lambda/kinesis-batch.ts';
import type { DeployedMapping, InvocationResult } from '../../../../local/lambda/model.ts';

const MAPPING: DeployedMapping = {
  uuid: 'u',
  functionName: 'f',
  source: 'kinesis',
  sourceArn: 'arn:aws:kinesis:us-east-1:111111111111:stream/s',
  batchSize: 100,
  batchingWindowMs: 0,
  reportsBatchItemFailures: true,
  bisects: false,
  maxRetries: Infinity,
  maxRecordAgeMs: Infinity,
  startingPosition: 'TRIM_HORIZON',
  onFailureQueueArn: undefined,
  maxConcurrency: undefined,
};

/** A record whose sequence number is its place. They are not padded: 10 is behind 9. */
function record(place: number, arrivedAt = 0): StreamRecord {
  return { sequenceNumber: String(place), partitionKey: 'p', data: new Uint8Array(), arrivedAt };
}

function records(count: number): readonly StreamRecord[] {
  return Array.from({ length: count }, (_, place) => record(place));
}

function numbers(found: readonly StreamRecord[]): readonly number[] {
  return found.map(({ sequenceNumber }) => Number(sequenceNumber));
}

const CRASH = 'crash';

/** @param react what the function answers: places that failed, or CRASH. @returns what was tried and given up, in order. */
async function deliver(
  batch: readonly StreamRecord[],
  mapping: Partial<DeployedMapping>,
  react: (places: readonly number[], call: number) => readonly number[] | string,
) {
  const tried: (readonly number[])[] = [];
  const givenUp: GivenUp[] = [];
  const backOffs: number[] = [];
  let clock = 0;
  await deliverBatch(
    batch,
    { ...MAPPING, ...mapping },
    {
      invoke: (found): Promise<InvocationResult> => {
        tried.push(numbers(found));
        clock += 1000;
        const reaction = react(numbers(found), tried.length);
        const failures = typeof reaction === 'string' ? [] : reaction.map((place) => ({ itemIdentifier: String(place) }));
        return Promise.resolve({
          requestId: `r${tried.length}`,
          failed: reaction === CRASH,
          payload: JSON.stringify({ batchItemFailures: failures }),
        });
      },
      giveUp: (found) => Promise.resolve(void givenUp.push(found)),
      backOff: (retry) => Promise.resolve(void backOffs.push(retry)),
      now: () => clock,
    },
  );
  return { tried, givenUp, backOffs };
}

describe('deliverBatch', () => {
  it('invokes once where all goes well', async () => {
    const { tried, givenUp, backOffs } = await deliver(records(3), {}, () => []);
    expect({ tried, givenUp, backOffs }).toEqual({ tried: [[0, 1, 2]], givenUp: [], backOffs: [] });
  });

  it('goes on from the lowest place reported, by place in the batch and not by text', async () => {
    const { tried } = await deliver(records(12), {}, (_, call) => (call === 1 ? [11, 10, 9] : []));
    expect(tried[1]).toEqual([9, 10, 11]);
  });

  it('backs off longer with every retry', async () => {
    const { tried, backOffs } = await deliver(records(1), {}, (_, call) => (call < 5 ? CRASH : []));
    expect(tried).toHaveLength(5);
    expect(backOffs).toEqual([1, 2, 3, 4]);
  });

  it('gives the remaining records up after the retries that the mapping allows', async () => {
    const { tried, givenUp } = await deliver(records(3), { maxRetries: 2 }, (places) => (places.includes(1) ? [1] : []));
    expect(tried).toEqual([
      [0, 1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(givenUp).toMatchObject([{ reason: 'RetryAttemptsExhausted', attempts: 3, last: { requestId: 'r4' } }]);
    expect(givenUp.map((found) => numbers(found.records))).toEqual([[1, 2]]);
  });

  it('gives up at once where no retry is allowed', async () => {
    const { tried, givenUp } = await deliver(records(2), { maxRetries: 0 }, () => CRASH);
    expect(tried).toEqual([[0, 1]]);
    expect(givenUp).toMatchObject([{ attempts: 1 }]);
  });

  it('splits a failed batch, the front half first, and counts only attempts with the same records', async () => {
    const { tried, givenUp } = await deliver(records(4), { bisects: true, maxRetries: 1 }, (places) => (places.includes(2) ? CRASH : []));
    expect(tried).toEqual([[0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3]]);
    expect(givenUp.map((found) => numbers(found.records))).toEqual([[2]]);
    expect(givenUp).toMatchObject([{ attempts: 2 }]);
  });

  it('gives up records that are too old, with the answer to the last attempt, and goes on with the others', async () => {
    const batch = [record(0, 0), record(1, 2000)];
    const { tried, givenUp } = await deliver(batch, { maxRecordAgeMs: 1500 }, (places) => (places.includes(0) ? CRASH : []));
    expect(tried).toEqual([[0, 1], [0, 1], [1]]);
    expect(givenUp).toMatchObject([{ reason: 'RecordAgeExceeded', attempts: 2, last: { requestId: 'r2' } }]);
    expect(givenUp.map((found) => numbers(found.records))).toEqual([[0]]);
  });

  it('does not try records that were too old from the start', async () => {
    const { tried, givenUp } = await deliver([record(0, -10_000)], { maxRecordAgeMs: 5000 }, () => []);
    expect(tried).toEqual([]);
    expect(givenUp).toMatchObject([{ reason: 'RecordAgeExceeded', attempts: 0, last: undefined }]);
  });

  it('processes or gives up every record exactly once, in order, whichever are poison', async () => {
    const settings = fc.record({
      count: fc.integer({ min: 1, max: 20 }),
      poison: fc.uniqueArray(fc.nat(19)),
      maxRetries: fc.nat(3),
      partial: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ count, poison, maxRetries, partial }) => {
        const processed: number[] = [];
        const { givenUp } = await deliver(records(count), { bisects: true, maxRetries, reportsBatchItemFailures: partial }, (places) => {
          const bad = places.filter((place) => poison.includes(place));
          const from = bad.length === 0 ? places.length : places.indexOf(Math.min(...bad));
          processed.push(...(partial || bad.length === 0 ? places.slice(0, from) : []));
          return partial ? bad.reverse() : bad.length > 0 ? CRASH : [];
        });
        const lost = givenUp.flatMap((found) => numbers(found.records));
        expect(lost).toEqual(poison.filter((place) => place < count).sort((a, b) => a - b));
        expect(processed).toEqual(numbers(records(count)).filter((place) => !poison.includes(place)));
      }),
    );
  });
});

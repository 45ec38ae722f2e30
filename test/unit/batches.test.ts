import { eachMessage, eachRecord } from '../../shared/batches.ts';

const quiet = { error: (): void => undefined };
const record = (sequenceNumber: string) => ({ kinesis: { sequenceNumber } });

test('a stream batch ends at the first failure, which is all that is reported', async () => {
  const seen: string[] = [];
  const answer = await eachRecord([record('1'), record('2'), record('3')], quiet, ({ kinesis }) => {
    seen.push(kinesis.sequenceNumber);
    return kinesis.sequenceNumber === '2' ? Promise.reject(new Error('away')) : Promise.resolve();
  });
  expect({ seen, answer }).toEqual({ seen: ['1', '2'], answer: { batchItemFailures: [{ itemIdentifier: '2' }] } });
});

test('a stream batch that takes too long is left off between two records, the first is always done', async () => {
  const seen: string[] = [];
  const process = ({ kinesis }: ReturnType<typeof record>): Promise<void> => {
    seen.push(kinesis.sequenceNumber);
    return Promise.resolve();
  };
  expect(await eachRecord([record('1'), record('2'), record('3')], quiet, process, () => seen.length >= 2)).toEqual({
    batchItemFailures: [{ itemIdentifier: '3' }],
  });
  expect(await eachRecord([record('4'), record('5')], quiet, process, () => true)).toEqual({
    batchItemFailures: [{ itemIdentifier: '5' }],
  });
  expect(seen).toEqual(['1', '2', '4']);
});

test('of a queue batch every message is tried, and each failure reported', async () => {
  const seen: string[] = [];
  const answer = await eachMessage([{ messageId: 'a' }, { messageId: 'b' }, { messageId: 'c' }], quiet, ({ messageId }) => {
    seen.push(messageId);
    return messageId === 'b' ? Promise.resolve() : Promise.reject(new Error('away'));
  });
  expect({ seen, answer }).toEqual({
    seen: ['a', 'b', 'c'],
    answer: { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'c' }] },
  });
});

test('a batch without failures reports none', async () => {
  expect(await eachRecord([record('1')], quiet, () => Promise.resolve())).toEqual({ batchItemFailures: [] });
  expect(await eachMessage([{ messageId: 'a' }], quiet, () => Promise.resolve())).toEqual({ batchItemFailures: [] });
});

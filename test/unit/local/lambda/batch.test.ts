import { batchLength, failedItems, MAX_BATCH_BYTES } from '../../../../local/lambda/batch.ts';

const IDS = ['a', 'b', 'c'];

function answered(payload: string, failed = false) {
  return { requestId: 'r', failed, payload };
}

describe('failedItems', () => {
  it.each([
    ['nothing', 'null', []],
    ['an empty object', '{}', []],
    ['an empty list', '{"batchItemFailures":[]}', []],
    ['null for the list', '{"batchItemFailures":null}', []],
    ['two of them', '{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}', ['a', 'c']],
    ['one it was not given', '{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}', IDS],
    ['an empty identifier', '{"batchItemFailures":[{"itemIdentifier":""}]}', IDS],
    ['another key', '{"batchItemFailures":[{"id":"a"}]}', IDS],
    ['something that is no list', '{"batchItemFailures":"a"}', IDS],
    ['something that is no object', '"done"', IDS],
    ['no JSON', '{', IDS],
  ])('understands an answer that holds %s', (_, payload, expected) => {
    expect([...failedItems(answered(payload), IDS, true)].sort()).toEqual(expected);
  });

  it('fails everything where the function failed, whatever it printed', () => {
    expect([...failedItems(answered('{"batchItemFailures":[]}', true), IDS, true)]).toEqual(IDS);
  });

  it('does not look at the answer where the mapping does not report item failures', () => {
    expect([...failedItems(answered('{"batchItemFailures":[{"itemIdentifier":"a"}]}'), IDS, false)]).toEqual([]);
  });
});

describe('batchLength', () => {
  it('takes as many items as the mapping allows', () => {
    expect(batchLength([1, 1, 1, 1], 3)).toBe(3);
    expect(batchLength([1, 1], 3)).toBe(2);
    expect(batchLength([], 3)).toBe(0);
  });

  it('stops before the batch is larger than an event may be', () => {
    expect(batchLength([MAX_BATCH_BYTES - 1, 1, 1], 10)).toBe(2);
  });

  it('takes an item that is too large by itself: waiting would not make it smaller', () => {
    expect(batchLength([MAX_BATCH_BYTES + 1, 1], 10)).toBe(1);
  });
});

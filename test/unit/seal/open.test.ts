import { contextDifference } from '../../../shared/seal/open.ts';

describe('contextDifference', () => {
  const context = { account: '111111111111', bank: 'demo', region: 'eu-central-1' };

  it('finds none between equal contexts, whatever their order', () => {
    expect(contextDifference(context, { region: 'eu-central-1', bank: 'demo', account: '111111111111' })).toBeUndefined();
  });

  it.each([
    [{ ...context, bank: 'other' }, '"bank" is "other" in the message and should be "demo"'],
    [{ account: '111111111111', bank: 'demo' }, '"region" is absent in the message and should be "eu-central-1"'],
    [{ ...context, extra: '' }, '"extra" is "" in the message and should be absent'],
    [{ ...context, account: '2', bank: 'other' }, '"account" is "2" in the message and should be "111111111111"'],
  ])('names the first pair that differs', (found, expected) => {
    expect(contextDifference(found, context)).toBe(expected);
  });

  it('quotes what came from the message, which may hold control characters', () => {
    expect(contextDifference({ ...context, '\u001b[2J': 'x' }, context)).toBe('"\\u001b[2J" is "x" in the message and should be absent');
  });
});

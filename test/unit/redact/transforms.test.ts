import { transformsFor } from '../../../shared/redact/transforms.ts';
import { run } from '../normalise/toy.ts';

const BANK = {
  exclusions: [{ name: 'health', source: 'toy', field: 'message', starts_with: 'good health', reason: 'for the test' }],
  redaction: [{ field: 'message', action: 'mask' }],
} as const;

test('exclusion comes first: it sees what redaction takes away', () => {
  const { events, excluded } = run((normaliser) => normaliser.push(Buffer.from('good one\ngood health check\ngood two')), {
    transforms: transformsFor(BANK, 'toy'),
  });

  expect(excluded).toEqual([{ index: 1, rule: 'health' }]);
  expect(events.map(({ index, event }) => [index, event['message']])).toEqual([
    [0, '***'],
    [2, '***'],
  ]);
});

test('another source is redacted, but not excluded from', () => {
  expect(transformsFor(BANK, 'alb')).toHaveLength(1);
  expect(transformsFor({ exclusions: [], redaction: [] }, 'alb')).toEqual([]);
});

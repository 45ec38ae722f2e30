import { loadBank } from '../../../cli/bank.ts';
import { transformsFor } from '../../../shared/redact/transforms.ts';
import { alb } from '../../../shared/sources/alb.ts';
import { run } from '../normalise/toy.ts';

const BANK = {
  bank: 'demo',
  security_account: '111111111111',
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
  expect(transformsFor({ ...BANK, exclusions: [], redaction: [] }, 'alb')).toEqual([]);
});

test.each([
  ['that is redirected', 'GET http://pay.example:80/reset?token=s3cret HTTP/1.1', 'https://pay.example:443/reset?token=s3cret', '-'],
  ['that is rewritten', 'GET http://pay.example:80/reset?token=s3cret HTTP/1.1', '-', '/v2/reset?token=s3cret'],
  ['of no known form', 'GET /reset?token=s3cret HTTP/1.1', '-', '-'],
  ['that is cut', 'GET', '/reset?token=s3cret', '-'],
  ['without a version', 'GET?token=s3cret', '-', '-'],
])('the example bank masks the query of a request %s wherever it is repeated', (_, request, redirect, rewritten) => {
  const { bank } = loadBank('banks/demo.yml');
  const line = `http 2026-11-21T10:00:00.123456Z app/pay/50dc6c495c0c9188 192.0.2.1:2817 - -1 -1 -1 301 - 34 366 "${request}" "curl/8" - - - "Root=1-5-3" "-" "-" 0 2026-11-21T10:00:00.000000Z "redirect" "${redirect}" "-" "-" "-" "-" "-" TID_1 "-" "${rewritten}" "-"`;
  const { events } = run((normaliser) => normaliser.push(Buffer.from(line)), {
    source: alb,
    transforms: bank === undefined ? [] : transformsFor(bank, 'alb'),
  });

  expect(events).toHaveLength(1);
  expect(JSON.stringify(events)).not.toContain('s3cret');
  expect(JSON.stringify(events)).toContain('***');
});

import { covers, coversStatement, periodOf, placeOf, scopeOf } from '../../../shared/verify/scope.ts';

const KEY = `demo/alb/222222222222/eu-central-1/2026/11/20/${'x'.repeat(22)}.sealed`;

describe('scopeOf', () => {
  it('takes days and times, as the days they are in', () => {
    expect(scopeOf({ bank: 'demo', from: '2026-11-01', to: '2026-11-20T23:30:00-02:00' })).toMatchObject({
      from: '2026-11-01',
      to: '2026-11-21',
    });
  });

  it.each([
    [{ from: '1 November' }, '--from must be a day or a time such as 2026-11-21 or 2026-11-21T09:30Z (found "1 November")'],
    [{ to: '2026-13-01' }, '--to must be a day'],
    [{ from: '2026-11-02', to: '2026-11-01' }, '--from 2026-11-02 is after --to 2026-11-01'],
    [{ key: KEY, source: 'alb' }, '--key names one object: leave --from, --to, --source and --account out'],
    [{ key: 'demo/x' }, '--key must be a vault key of demo'],
    [{ key: KEY.replace('demo', 'other') }, '--key must be a vault key of demo'],
  ])('refuses %j', (asked, message) => {
    expect(() => scopeOf({ bank: 'demo', ...asked })).toThrow(message);
  });
});

it('a period ends with the last millisecond of its last day', () => {
  expect(periodOf({ bank: 'demo', from: '2026-11-20', to: '2026-11-20' })).toEqual({
    from: Date.UTC(2026, 10, 20),
    until: Date.UTC(2026, 10, 21),
  });
});

it.each([
  [{}, true],
  [{ source: 'alb', account: '222222222222' }, true],
  [{ source: 'nginx' }, false],
  [{ account: '333333333333' }, false],
  [{ from: '2026-11-20', to: '2026-11-20' }, true],
  [{ from: '2026-11-21' }, false],
  [{ to: '2026-11-19' }, false],
  [{ key: KEY }, true],
  [{ key: KEY.replace('x', 'y') }, false],
])('%j covers the evidence: %s', (scope, expected) => {
  const place = placeOf(KEY);

  expect(place !== undefined && covers({ bank: 'demo', ...scope }, KEY, place)).toBe(expected);
});

it.each([
  [{}, true],
  [{ from: '2026-11-20', to: '2026-11-20' }, true],
  [{ to: '2026-11-19' }, false],
  [{ source: 'alb' }, false],
  [{ key: KEY }, false],
])('%j covers the statement: %s', (scope, expected) => {
  expect(coversStatement({ bank: 'demo', ...scope }, '_statements/hold/2026/11/20/x.json')).toBe(expected);
});

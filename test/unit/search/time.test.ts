import { QueryError } from '../../../shared/search/errors.ts';
import { periodsOf } from '../../../shared/search/periods.ts';
import { readDuration, readTime, timeRange } from '../../../shared/search/time.ts';

const NOW = Date.UTC(2026, 10, 21, 9, 30);
const HOUR = 3_600_000;

test.each([
  ['15m', 15 * 60_000],
  ['24h', 24 * HOUR],
  ['7d', 168 * HOUR],
  ['2w', 336 * HOUR],
  ['90s', 90_000],
])('%s', (given, ms) => {
  expect(readDuration('--last', given)).toBe(ms);
});

test.each(['', '0h', '24', 'h', '-1h', '1.5h', '1y', '99999999d'])('--last %p is refused with an example', (given) => {
  expect(() => readDuration('--last', given)).toThrow(/--last must be .* 15m, 24h or 7d/);
});

test.each([
  ['2026-11-21', Date.UTC(2026, 10, 21)],
  ['2026-11-21T09:30', NOW],
  ['2026-11-21 09:30:00', NOW],
  ['2026-11-21T09:30Z', NOW],
  ['2026-11-21T10:30:00+01:00', NOW],
  ['2026-11-21T09:30:00.250Z', NOW + 250],
])('%s is UTC unless it says otherwise', (given, ms) => {
  expect(readTime('--from', given)).toBe(ms);
});

test.each(['yesterday', '2026-02-30', '2026-13-01', '21.11.2026', '1763717400000', '1999-12-31', '2026-11-21T25:00Z', ''])(
  '--from %p is refused',
  (given) => {
    expect(() => readTime('--from', given)).toThrow(QueryError);
  },
);

test('without any words it is the last day, with no end', () => {
  expect(timeRange({}, NOW)).toEqual({ from: NOW - 24 * HOUR, to: undefined });
});

test('--last counts back from --to', () => {
  expect(timeRange({ last: '1h', to: '2026-11-20' }, NOW)).toEqual({ from: Date.UTC(2026, 10, 19, 23), to: Date.UTC(2026, 10, 20) });
});

test.each([
  [{ last: '1h', from: '2026-11-20' }, /--last and --from/],
  [{ from: '2026-11-20', to: '2026-11-20' }, /--to must be after/],
])('%j', (words, message) => {
  expect(() => timeRange(words, NOW)).toThrow(message);
});

describe('periods', () => {
  const all = (last: string): readonly string[] => periodsOf(timeRange({ last }, NOW), NOW).split(',');
  const ahead = (pattern: string): boolean => /-20(?:2[7-9]|[3-9]\d)\*?$/.test(pattern);
  const list = (last: string): readonly string[] => all(last).filter((pattern) => !ahead(pattern));

  test('whatever is dated ahead, up to --to or for ever', () => {
    for (const last of ['1h', '60d', '4000d']) expect(all(last).filter(ahead)).toHaveLength(73);
    const range = { from: Date.UTC(2026, 10), to: Date.UTC(2029, 0, 2) };
    expect(periodsOf({ from: NOW, to: Date.UTC(2099, 5) }, NOW)).toMatch(/^ocsf-\*-2026\*,.*,ocsf-\*-2099\*$/);
    const found = periodsOf(range, NOW).split(',');
    expect(found).toContain('ocsf-*-2028.12*');
    expect(found.slice(-4)).toEqual(['ocsf-*-2026', 'ocsf-*-2027', 'ocsf-*-2028', 'ocsf-*-2029']);
    expect(periodsOf({ ...range, to: Date.UTC(2029, 0) }, NOW)).not.toContain('2029');
  });

  test('each day, month and year that an event of the time is addressed to, and the day after', () => {
    expect(list('24h')).toEqual(['ocsf-*-2026.11.20', 'ocsf-*-2026.11.21', 'ocsf-*-2026.11.22', 'ocsf-*-2026.11', 'ocsf-*-2026']);
  });

  test('up to the last millisecond before --to', () => {
    const range = { from: Date.UTC(2026, 11, 31), to: Date.UTC(2027, 0) };
    expect(periodsOf(range, NOW)).toBe('ocsf-*-2026.12.31,ocsf-*-2026.12,ocsf-*-2026');
  });

  test('over the turn of a year', () => {
    const range = { from: Date.UTC(2026, 11, 31, 23), to: Date.UTC(2027, 0, 1, 1) };
    expect(periodsOf(range, NOW).split(',')).toEqual([
      ...['ocsf-*-2026.12.31', 'ocsf-*-2027.01.01', 'ocsf-*-2026.12', 'ocsf-*-2027.01'],
      ...['ocsf-*-2026', 'ocsf-*-2027'],
    ]);
  });

  test('by the month, then by the year, where days were too many', () => {
    expect(list('90d')).toEqual(['ocsf-*-2026.08*', 'ocsf-*-2026.09*', 'ocsf-*-2026.10*', 'ocsf-*-2026.11*', 'ocsf-*-2026']);
    expect(list('400w')).toEqual(
      ['2019', '2020', '2021', '2022', '2023', '2024', '2025', '2026'].map((year) => `ocsf-*-${year}*`).slice(-list('400w').length),
    );
  });

  test.each(['1h', '45d', '46d', '1000d', '1300d', '999999d'])('%s fits into an address', (last) => {
    expect(all(last).join().length).toBeLessThan(3000);
  });
});

import fc from 'fast-check';
import { DAY_MS, extentOf, extentOfSpan, kindOf, periodAt, spanAt, type SpanKind } from '../../../shared/lifecycle/spans.ts';
import { storeName, storeOf } from '../../../shared/opensearch/index-name.ts';

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

it.each([
  // https://en.wikipedia.org/wiki/ISO_week_date#Relation_with_the_Gregorian_calendar
  ['2005-01-01', '2004.w53'],
  ['2005-01-02', '2004.w53'],
  ['2005-12-31', '2005.w52'],
  ['2007-01-01', '2007.w01'],
  ['2007-12-31', '2008.w01'],
  ['2008-12-29', '2009.w01'],
  ['2010-01-03', '2009.w53'],
  ['2026-11-21', '2026.w47'],
])('%s is in %s', (date, week) => {
  expect(spanAt('week', day(date))).toBe(week);
});

it('a span covers the time that it was made of, and is a store’s', () => {
  const times = fc.integer({ min: day('2000-01-01'), max: day('2099-12-31') });
  fc.assert(
    fc.property(times, fc.constantFrom<SpanKind>('day', 'week', 'month', 'year'), (time, kind) => {
      const span = spanAt(kind, time);
      const { from, to } = extentOfSpan(span);

      expect(kindOf(span)).toBe(kind);
      expect(from <= time && time < to).toBe(true);
      expect([spanAt(kind, from), spanAt(kind, to - 1)]).toEqual([span, span]);
      expect(spanAt(kind, to)).not.toBe(span);
      expect(storeOf(storeName({ cls: 'api_activity', span, generation: 3 }))?.span).toBe(span);
    }),
  );
});

it('a store is from its first period to its last; without any, its span', () => {
  const periods = ['ocsf-api_activity-2026.11.03', 'ocsf-api_activity-2026.11.01'];

  expect(extentOf({ periods, span: '2026.11' })).toEqual({ from: day('2026-11-01'), to: day('2026-11-04') });
  expect(extentOf({ periods: [], span: '2026.11' })).toEqual({ from: day('2026-11-01'), to: day('2026-12-01') });
});

it('a period is a day, or a month of a class that is few', () => {
  const time = day('2026-11-21') + DAY_MS / 2;

  expect(periodAt('api_activity', time)).toBe('ocsf-api_activity-2026.11.21');
  expect(periodAt('detection_finding', time)).toBe('ocsf-detection_finding-2026.11');
  expect(periodAt('class_9001', time)).toBe('ocsf-class_9001-2026.11.21');
});

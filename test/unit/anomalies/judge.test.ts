import { judge, newOnes } from '../../../shared/anomalies/judge.ts';
import { isQuietHour, isWarm, medianOf, peakOf, scoreOf, usualAt, valueAt } from '../../../shared/anomalies/score.ts';
import { newProfile } from '../../../shared/anomalies/profile.ts';
import { baseline, bench, MONDAY, PAST, type Bench } from './core.ts';

const WEEK = 168;
const CONTEXT = { first: MONDAY - 8 * WEEK, newKeys: 0, entities: 200, holders: 0 };

/** Ten calls an hour from nine to five on workdays, for eight weeks. */
function habit(of: string, key = 's3'): Bench {
  const one = bench(of);
  for (let slot = MONDAY - 8 * WEEK; slot < MONDAY; slot++) {
    const [day, hour] = [Math.floor((slot + 72) / 24) % 7, slot % 24];
    if (day < 5 && hour >= 9 && hour < 17) one.see(slot, 10, { key });
  }
  return one;
}

describe('robust statistics', () => {
  it('have the median and the deviation of like hours, and a zero where nothing was said', () => {
    const [profile] = habit('principal-service').profiles.values();
    if (profile === undefined) throw new Error('none');

    expect(usualAt(profile, MONDAY + 10, baseline('principal-service'), PAST)).toMatchObject({ median: 10, deviation: 8, samples: 8 });
    expect(usualAt(profile, MONDAY + 3, baseline('principal-service'), PAST)).toMatchObject({ median: 0, samples: 7 });
    expect(peakOf(profile, MONDAY)).toBe(10);
  });

  it('leave out hours of which nothing is known, and take hours of the day where few are left', () => {
    const [profile] = habit('principal-service').profiles.values();
    if (profile === undefined) throw new Error('none');
    const lost = (slot: number): boolean => (slot - MONDAY) % WEEK !== 10 - WEEK || slot < MONDAY - 3 * WEEK;

    const usual = usualAt(profile, MONDAY + 10, baseline('principal-service'), { ...PAST, knows: lost });

    expect(usual?.samples).toBeGreaterThan(20);
    expect(usualAt(profile, MONDAY + 10, baseline('principal-service'), { ...PAST, knows: () => false })).toBeUndefined();
  });

  it('turn a value into a score and back', () => {
    const usual = { median: 20, deviation: 5, samples: 8 };

    expect(scoreOf(valueAt(6, usual), usual)).toBeCloseTo(6);
    expect(medianOf([5, 1, 9])).toBe(5);
    expect(medianOf([1, 2, 3, 10])).toBe(2.5);
  });

  it('know hours without work', () => {
    const [profile] = habit('principal-changes', '').profiles.values();
    if (profile === undefined) throw new Error('none');

    expect(isQuietHour(profile, MONDAY + 2, PAST)).toBe(true);
    expect(isQuietHour(profile, MONDAY + 7, PAST)).toBe(false);
  });

  it('are warm after two weeks, or after one with much in it', () => {
    const quiet = newProfile('b', 'e', '', 0);
    const busy = newProfile('b', 'e', '', 0);
    for (let slot = 0; slot < 30; slot++) busy.values.set(slot, 1);

    expect([isWarm(quiet, 13 * 24, 'hour'), isWarm(quiet, 14 * 24, 'hour')]).toEqual([false, true]);
    expect([isWarm(busy, 6 * 24, 'hour'), isWarm(busy, 7 * 24, 'hour')]).toEqual([false, true]);
  });
});

describe('volume', () => {
  it('is unusual far above the busiest hours, not at them', () => {
    expect(habit('principal-service').see(MONDAY + 10, 400, { key: 's3' })).toMatchObject([
      { kind: 'volume', value: 400, usual: { median: 10, peak: 10 } },
    ]);
    expect(habit('principal-service').see(MONDAY + 10, 90, { key: 's3' })).toEqual([]);
    expect(habit('principal-service').see(MONDAY + 10, 400, { key: 's3', isAutomation: true })).toEqual([]);
  });

  it('is unusual at hours without work, where people change things', () => {
    expect(habit('principal-changes', '').see(MONDAY + 2, 14)).toMatchObject([{ kind: 'off_hours' }]);
    expect(habit('principal-changes', '').see(MONDAY + 11, 14)).toEqual([]);
  });

  it('is not judged before two weeks are known', () => {
    const fresh = bench('principal-service');
    const found = Array.from({ length: 13 * 24 }, (_, at) =>
      fresh.see(MONDAY + at, at === 300 ? 100_000 : at % 24 === 0 ? 1 : 0, { key: 's3' }),
    );

    expect(found.flat()).toEqual([]);
  });

  it('teaches no more than what is just not unusual, and less while nobody has said what it was', () => {
    const learned = (isClosed: () => boolean): readonly number[] => {
      const one = habit('principal-service');
      for (const slot of [MONDAY + 10, MONDAY + 11]) one.see(slot, 5000, { key: 's3', isClosed });
      const [profile] = one.profiles.values();
      return [MONDAY + 10, MONDAY + 11].map((slot) => profile?.values.get(slot) ?? -1);
    };

    const [first = 0, second = 0] = learned(() => false);
    expect(first).toBeLessThan(120);
    expect(second).toBeLessThan(first);
    expect(learned(() => true)).toEqual([first, first]);
  });

  it('goes on for a week as one, unless it grows', () => {
    const one = habit('principal-service');

    expect(one.see(MONDAY + 10, 400, { key: 's3' })).toHaveLength(1);
    expect(one.see(MONDAY + 11, 400, { key: 's3' })).toEqual([]);
    expect(one.see(MONDAY + 34, 500, { key: 's3' })).toEqual([]);
    expect(one.see(MONDAY + 35, 40_000, { key: 's3' })).toHaveLength(1);
    expect(one.see(MONDAY + WEEK + 40, 40_000, { key: 's3' })).toHaveLength(1);
  });

  it('comes to the same when it is judged again, and is not told twice for what comes late', () => {
    const one = habit('principal-service');
    const first = one.see(MONDAY + 12, 400, { key: 's3' });
    one.see(MONDAY + 13, 10, { key: 's3' });

    expect(one.see(MONDAY + 12, 400, { key: 's3' })).toEqual(first);
    expect(one.see(MONDAY + 11, 400, { key: 's3' })).toEqual([]);
  });

  it('of days has to persist', () => {
    const daily = bench('host-bytes-out-daily');
    const today = MONDAY / 24;
    for (let day = today - 56; day < today; day++) daily.see(day, 2e9);

    expect(daily.see(today, 5e9)).toEqual([]);
    expect(daily.see(today + 1, 5e9)).toMatchObject([{ kind: 'volume' }]);
  });

  it('of many at once tells less of each', () => {
    const many = bench('host-bytes-out');
    const hosts = Array.from({ length: 40 }, (_, at) => `10.0.0.${at}`);
    const at = (slot: number, value: number) =>
      judge(
        hosts.map((entity) => ({ entity, key: '', value })),
        many.profiles,
        new Map(),
        { baseline: baseline('host-bytes-out'), slot, past: PAST, isClosed: () => false },
      );
    for (let slot = MONDAY - 8 * WEEK; slot < MONDAY; slot += 12) at(slot, 20e6);
    for (let week = 8; week > 0; week--) at(MONDAY + 10 - week * WEEK, 20e6);

    expect(at(MONDAY + 10, 1e9)).toEqual([]);
    expect(many.see(MONDAY + 10 + WEEK, 1e9, { entity: '10.0.0.1' })).toHaveLength(1);
  });
});

describe('a key', () => {
  it('is new once, to an entity that is known', () => {
    const one = habit('principal-country', 'DE');

    expect(one.see(MONDAY, 3, { key: 'BR', context: CONTEXT })).toMatchObject([{ kind: 'first_seen', key: 'BR' }]);
    expect(one.see(MONDAY + 1, 3, { key: 'BR', context: CONTEXT })).toEqual([]);
    expect(one.see(MONDAY, 3, { entity: 'bob', key: 'BR', context: { ...CONTEXT, first: MONDAY - 24 } })).toEqual([]);
    expect(one.see(MONDAY, 3, { entity: 'carol', key: 'BR' })).toEqual([]);
  });

  it('surprises less where others have it, or where the entity has new ones all the time', () => {
    const surprise = (context: Partial<typeof CONTEXT>): number =>
      habit('principal-country', 'DE').see(MONDAY, 3, { key: 'BR', context: { ...CONTEXT, ...context } })[0]?.surprise ?? 0;

    expect(surprise({ holders: 100 })).toBeLessThan(surprise({ holders: 1 }));
    expect(surprise({ newKeys: 20 })).toBeLessThan(surprise({}));
    expect(surprise({ entities: 1 })).toBeGreaterThan(2);
  });

  it('that comes too seldom to count is new when there is enough', () => {
    const one = bench('host-port');
    for (let slot = MONDAY - 6 * WEEK; slot < MONDAY; slot += 24) one.see(slot, 5, { key: '443' });

    expect(one.see(MONDAY, 2, { key: '4444', context: CONTEXT })).toEqual([]);
    expect(one.see(MONDAY + 1, 2, { key: '4444', context: CONTEXT })).toMatchObject([{ kind: 'first_seen' }]);
    expect(one.see(MONDAY + 2, 200, { key: '4444', context: CONTEXT })).toEqual([]);
  });

  it('of long ago is rare, one of last week is not', () => {
    const one = bench('account-region');
    for (let slot = MONDAY - 8 * WEEK; slot < MONDAY; slot += 24) one.see(slot, 5, { entity: 'a', key: 'eu-west-1' });
    one.see(MONDAY - 6 * WEEK, 1, { entity: 'a', key: 'sa-east-1' });
    const context = CONTEXT;

    expect(one.see(MONDAY, 2, { entity: 'a', key: 'sa-east-1', context })).toMatchObject([{ kind: 'rare' }]);
    expect(one.see(MONDAY + 24, 2, { entity: 'a', key: 'sa-east-1', context })).toEqual([]);
    expect(one.see(MONDAY, 2, { entity: 'a', key: 'eu-west-1', context })).toEqual([]);
  });

  it('is asked about only where it is new', () => {
    const one = habit('principal-country', 'DE');
    const seen = ['DE', 'BR'].map((key) => ({ entity: 'alice', key, value: 1 }));

    expect(newOnes(seen, one.profiles, { baseline: baseline('principal-country'), slot: MONDAY }).map(({ key }) => key)).toEqual(['BR']);
  });
});

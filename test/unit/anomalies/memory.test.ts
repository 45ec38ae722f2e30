// What is remembered: values, the calendar, names of principals, the job's state.
import fc from 'fast-check';
import { anomalies } from '../../../cli/bank-anomalies.ts';
import { bankNamed } from '../../../cli/bank.ts';
import { createCalendar, MEMORY } from '../../../shared/anomalies/calendar.ts';
import { createPrincipals } from '../../../shared/anomalies/principal.ts';
import { decodeValues, encodeValues, learn, newProfile } from '../../../shared/anomalies/profile.ts';
import { anomalySettings, DEFAULT_BUDGET } from '../../../shared/anomalies/settings.ts';
import { decodeState, encodeState } from '../../../shared/anomalies/state.ts';
import { object, parseJson } from '../../../shared/outcome.ts';

describe('values', () => {
  it('are the same when they are written and read', () => {
    const values = fc
      .dictionary(fc.nat(10_000_000).map(String), fc.nat(2 ** 50))
      .map((said) => new Map(Object.entries(said).map(([slot, value]) => [Number(slot), value])));
    fc.assert(
      fc.property(values, (said) => {
        expect([...decodeValues(encodeValues({ values: said }))]).toEqual([...said].sort(([one], [other]) => one - other));
      }),
    );
  });

  it('are read as far as they can be', () => {
    expect(
      [...decodeValues('a:1;nonsense;;:zz;!:!')].every(([slot, value]) => Number.isSafeInteger(slot) && Number.isSafeInteger(value)),
    ).toBe(true);
    expect(decodeValues('').size).toBe(0);
  });

  it('take a few bytes each, and are forgotten after eight weeks', () => {
    const profile = newProfile('b', 'e', 'k', 0);
    for (let slot = 0; slot < 3 * MEMORY.hour; slot++) learn(profile, slot, 40, 'hour');

    expect(profile.values.size).toBeLessThanOrEqual(MEMORY.hour + 24);
    expect(encodeValues(profile).length).toBeLessThan(5 * profile.values.size);
    expect(profile).toMatchObject({ first: 0, last: 3 * MEMORY.hour - 1 });
  });

  it('are learned once, however often', () => {
    const profile = newProfile('b', 'e', 'k', 7);
    for (const slot of [7, 9, 8, 7, 6]) learn(profile, slot, slot, 'hour');

    expect([...profile.values.entries()].sort()).toEqual([[6, 6], [7, 7], [8, 8], [9, 9]]); // prettier-ignore
    expect(profile.first).toBe(6);
  });
});

describe('the calendar', () => {
  const hour = (text: string): number => Date.parse(text) / 3_600_000;

  it('goes by the bank’s own clock, across its change', () => {
    const calendar = createCalendar({ timezone: 'Europe/Berlin', holidays: new Set() });

    // 9:00 in Berlin on Mondays: 8:00 UTC in winter, 7:00 in summer.
    const alike = calendar.alike(hour('2026-11-02T08:00Z'), 'hour').map((slot) => new Date(slot * 3_600_000).toISOString().slice(5, 16));
    expect(alike.slice(0, 2)).toEqual(['10-26T08:00', '10-19T07:00']);
  });

  it('takes a holiday for a Sunday', () => {
    const holidays = new Set(['2026-11-16']);
    const calendar = createCalendar({ timezone: 'UTC', holidays });

    expect(calendar.alike(hour('2026-11-16T10:00Z'), 'hour')[0]).toBe(hour('2026-11-15T10:00Z'));
    expect(calendar.alike(hour('2026-11-23T10:00Z'), 'hour')[0]).toBe(hour('2026-11-09T10:00Z'));
    expect(calendar.kindred(hour('2026-11-16T10:00Z'), 'hour')).not.toContain(hour('2026-11-13T10:00Z'));
  });

  it('knows days of the week', () => {
    const calendar = createCalendar({ timezone: 'America/New_York', holidays: new Set() });
    const monday = Date.parse('2026-11-16') / 86_400_000;

    expect(calendar.alike(monday, 'day')).toEqual([7, 14, 21, 28, 35, 42, 49, 56].map((days) => monday - days));
    expect(calendar.kindred(monday, 'day')).toHaveLength(40);
  });
});

describe('principals', () => {
  const principalOf = createPrincipals({
    automation: ['arn:aws:iam::*:role/deploy-*'],
    own: 'arn:aws:iam::111111111111:role/strongroom-demo-',
  });
  const role = 'arn:aws:iam::222222222222:role/batch';

  it.each([
    [role, 'arn:aws:sts::222222222222:assumed-role/batch/i-0a1b', { name: role, cls: 'role' }],
    ['arn:aws:iam::222222222222:role/deploy-web', 'x', { name: 'arn:aws:iam::222222222222:role/deploy-web', cls: 'automation' }],
    [
      'arn:aws:iam::222222222222:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0a1b',
      'arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Admin_0a1b/alice',
      { name: 'arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Admin_0a1b/alice', cls: 'person' },
    ],
    [undefined, 'arn:aws:iam::222222222222:user/alice', { name: 'arn:aws:iam::222222222222:user/alice', cls: 'person' }],
    [undefined, 'arn:aws:iam::222222222222:root', { name: 'arn:aws:iam::222222222222:root', cls: 'root' }],
    ['arn:aws:iam::222222222222:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig', 'x', undefined],
    ['arn:aws:iam::111111111111:role/strongroom-demo-index', 'x', undefined],
  ])('%s, %s', (issuer, uid, expected) => {
    expect(principalOf(issuer, uid)).toEqual(expected);
  });
});

describe('state and settings', () => {
  it('are the same when they are written and read', () => {
    const told = [{ uid: 'u', entity: 'e', analytic: 'host-port:first_seen', about: 'traffic', surprise: 3.25, alerted: true }];
    const state = { since: 5, through: 9, totals: new Map([['api_activity CloudTrail', new Map([[5, 10], [6, 2]])]]), days: new Map([[3, told]]) }; // prettier-ignore

    expect(decodeState(object(parseJson(JSON.stringify(encodeState(state)))))).toEqual(state);
    expect(decodeState(undefined)).toBeUndefined();
    expect(decodeState({ through: 3 })).toBeUndefined();
  });

  it('have defaults, and a time zone that exists', () => {
    const demo = bankNamed('demo');

    expect(anomalySettings({})).toMatchObject({ enabled: true, budgetPerDay: DEFAULT_BUDGET, timezone: 'UTC' });
    expect(anomalySettings({ anomalies: { enabled: false, budget_per_day: 2 } })).toMatchObject({ enabled: false, budgetPerDay: 2 });
    expect([...anomalies(demo)]).toEqual([]);
    expect([...anomalies({ ...demo, anomalies: { timezone: 'Europe/Atlantis', holidays: ['2026-02-30'] } })]).toMatchObject([
      { path: ['anomalies', 'timezone'] },
      { path: ['anomalies', 'holidays', '0'] },
    ]);
  });
});

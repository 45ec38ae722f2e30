import { nextDigest } from '../../../shared/alert/digest.ts';
import { requestChange } from '../../../shared/alert/changes.ts';
import { findHeld } from '../../../shared/alert/find.ts';
import { BANK } from './findings.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';

const DAY = 1440 * MINUTE;
const MONDAY = Date.parse('2026-03-09T07:00:00Z');
const NUMBERS = {
  findings: 12,
  severities: [
    { name: '4', findings: 10 },
    { name: '5', findings: 2 },
  ],
  rules: [{ name: 'Noisy rule', findings: 9 }],
  accounts: [{ name: '222222222222', findings: 12 }],
  silent: [{ product: 'WAF', last: MONDAY - 3 * DAY }],
};

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

it.each([
  ['2026-03-09T06:59:59Z', '2026-03-09T07:00:00.000Z'],
  ['2026-03-09T07:00:00Z', '2026-03-16T07:00:00.000Z'],
  ['2026-03-11T00:00:00Z', '2026-03-16T07:00:00.000Z'],
])('after %s the next one is at %s', (now, next) => {
  expect(new Date(nextDigest({ weekday: 'monday', hour: 7 }, Date.parse(now))).toISOString()).toBe(next);
});

it('is sent once a week, with the numbers of the index and what people have answered', async () => {
  const asked: unknown[] = [];
  world.numbers = () => {
    asked.push(world.now);
    return Promise.resolve(NUMBERS);
  };
  await world.sweep();
  await world.raise(
    foundIn({ events: ['a'], uid: 'a' }),
    foundIn({ events: ['b'], uid: 'b', severity: 5 }),
    foundIn({ events: ['c'], uid: 'c' }),
  );
  world.now += 30 * MINUTE;
  const held = await findHeld(world.deps(), 'a');
  const request = { finding: held?.stored.id ?? '', status: 'acknowledged', reason: 'on it', by: 'arn', principal: 'id', at: 0 } as const;
  await requestChange(world.deps().claims, request);
  await world.sweep();
  expect(asked).toEqual([]);
  world.now = MONDAY;
  for (let time = 0; time < 3; time++) await world.sweep();

  expect(asked).toHaveLength(1);
  const [digest, ...others] = world.sns.published.filter(({ attributes }) => attributes['action']?.[1] === 'digest');
  expect(others).toEqual([]);
  expect(digest?.subject).toBe('[DIGEST] demo: 12 findings, 2 not answered, week to 2026-03-09');
  for (const line of [
    'Found: 12',
    '        2  critical',
    '        9  Noisy rule',
    '       12  account 222222222222 (payments-prod)',
    '  WAF, last heard of 2026-03-06 07:00:00 UTC',
    'Not answered: 2',
    'Answered in this week: 1, after 30 minutes on average',
  ])
    expect(digest?.message).toContain(`${line}\n`);
  expect(digest?.message).toMatch(/Not answered: 2\n {2}critical/);
  world.now += 7 * DAY;
  await world.sweep();
  expect(asked).toHaveLength(2);
});

it('waits for OpenSearch for three hours, then goes without it and says so', async () => {
  await world.sweep();
  world.now = MONDAY;
  await world.sweep();
  expect(world.sns.published).toEqual([]);
  for (let minutes = 0; minutes < 180; minutes += 10) {
    world.now += 10 * MINUTE;
    await world.sweep();
  }
  const [digest, ...others] = world.sns.published;
  expect(others).toEqual([]);
  expect(digest?.subject).toContain('findings unknown');
  expect(digest?.message).toContain('OpenSearch could not be asked (Error: no OpenSearch)');
});

it('is sent again where the topic did not take it, and not where the bank wants none', async () => {
  world.numbers = () => Promise.resolve(NUMBERS);
  await world.sweep();
  world.now = MONDAY;
  world.sns.failures.push('InternalError');
  await expect(world.sweep()).rejects.toThrow();
  world.now += 2 * MINUTE;
  await world.sweep();
  expect(world.sns.published).toHaveLength(1);
  world.bank = { ...BANK, alerts: { ...BANK.alerts, digest: { send: false } } };
  world.now += 7 * DAY;
  await world.sweep();
  expect(world.sns.published).toHaveLength(1);
});

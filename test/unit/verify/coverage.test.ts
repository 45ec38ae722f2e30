// What should have been delivered and was not, told by the log alone.
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { createCoverage } from '../../../shared/verify/coverage.ts';
import type { Problem } from '../../../shared/verify/problems.ts';
import { placeOf, type Scope } from '../../../shared/verify/scope.ts';
import { timeProblems } from '../../../shared/verify/times.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30, 12);

function leafOf(day: string, { source = 'alb', account = '222222222222', origin = 's3://b/k#v' } = {}): EvidenceLeaf {
  const delivered = Date.parse(day) + 3_600_000;
  return {
    ...{ v: 1, kind: 'evidence', version: 'v', size: 1, ciphertext: '', plaintext: '', bytes: 1, trigger: 's3' },
    ...{ key: `demo/${source}/${account}/eu-central-1/${day.replaceAll('-', '/')}/${'x'.repeat(22)}.sealed` },
    ...{
      records: 1,
      events: 1,
      excluded: 0,
      parked: 0,
      first: delivered - 1000,
      last: delivered - 1000,
      delivered,
      origin,
      stored: delivered,
    },
  };
}

function days(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => `2026-11-${String(from + at).padStart(2, '0')}`);
}

function problems(leaves: readonly EvidenceLeaf[], scope: Partial<Scope> = {}, accounts: readonly string[] = []): readonly Problem[] {
  const coverage = createCoverage({
    scope: { bank: 'demo', ...scope },
    accounts: accounts.map((id) => ({ id, name: `bank ${id}` })),
    now: NOW,
  });
  for (const leaf of leaves) {
    const place = placeOf(leaf.key);
    if (place !== undefined) coverage.leaf(leaf, place);
  }
  return coverage.problems();
}

describe('a source of an account', () => {
  it('that delivered on all days but some was silent on those', () => {
    const leaves = [...days(1, 9), ...days(12, 19), ...days(21, 29)].map((day) => leafOf(day));

    expect(problems(leaves)).toEqual([
      {
        code: 'gap',
        severity: 'warning',
        at: 'demo/alb/222222222222',
        detail: 'nothing on 2026-11-10 to 2026-11-11; delivered on 26 other days',
      },
      { code: 'gap', severity: 'warning', at: 'demo/alb/222222222222', detail: 'nothing on 2026-11-20; delivered on 26 other days' },
    ]);
  });

  it('that stopped was silent until yesterday: today is not over', () => {
    expect(problems(days(1, 27).map((day) => leafOf(day))).map(({ detail }) => detail)).toEqual([
      'nothing on 2026-11-28 to 2026-11-29; delivered on 27 other days',
    ]);
  });

  it('that delivers now and then, or began in the period, is not missed', () => {
    expect(problems(['2026-11-01', '2026-11-12', '2026-11-29'].map((day) => leafOf(day)))).toEqual([]);
    expect(
      problems(
        days(20, 29).map((day) => leafOf(day)),
        { from: '2026-11-10' },
      ),
    ).toEqual([]);
  });

  it('that delivered before the period is missed at its beginning, and in all of it', () => {
    expect(
      problems(
        [...days(1, 9), ...days(12, 15)].map((day) => leafOf(day)),
        { from: '2026-11-10', to: '2026-11-15' },
      ),
    ).toMatchObject([{ detail: 'nothing on 2026-11-10 to 2026-11-11; delivered on 4 other days' }]);
    expect(
      problems(
        days(1, 9).map((day) => leafOf(day)),
        { from: '2026-11-10', to: '2026-11-15' },
      ),
    ).toMatchObject([{ detail: 'nothing on 2026-11-10 to 2026-11-15; delivered on 9 of the 14 days before' }]);
  });

  it('of another scope is left alone', () => {
    const leaves = [leafOf('2026-11-01', { source: 'nginx' }), leafOf('2026-11-02', { account: '333333333333' })];

    expect(problems(leaves, { source: 'alb', account: '222222222222' })).toEqual([]);
  });
});

it("accounts of the bank's file that delivered nothing are named", () => {
  const leaves = days(1, 29).map((day) => leafOf(day));

  expect(problems(leaves, {}, ['222222222222', '333333333333'])).toMatchObject([{ code: 'silent_account', at: '333333333333' }]);
  expect(problems(leaves, { account: '222222222222' }, ['222222222222', '333333333333'])).toEqual([]);
});

describe('offsets of a partition', () => {
  const run = (first: number, last: number, day = '2026-11-29') =>
    leafOf(day, { origin: `kafka://local/payments/0/${first}-${last}@1795219190000` });

  it('that follow each other, in whatever order and however often, leave no gap', () => {
    expect(problems([run(0, 9), run(20, 29), run(10, 19), run(5, 12), run(30, 30)])).toEqual([]);
  });

  it('that are left out are named', () => {
    expect(
      problems([run(40, 49), run(0, 9), run(11, 29), run(30, 34)]).map(({ at, detail }) => `${at} ${detail.split(' are')[0] ?? ''}`),
    ).toEqual(['kafka://local/payments/0 offset 10', 'kafka://local/payments/0 offsets 35 to 39']);
  });

  it('are asked for in the period in which the gap ended', () => {
    const leaves = [run(0, 9, '2026-11-27'), run(11, 12, '2026-11-28'), run(14, 15, '2026-11-29')];

    expect(problems(leaves, { from: '2026-11-28', to: '2026-11-28' }).filter(({ at }) => at.startsWith('kafka'))).toHaveLength(1);
    expect(problems(leaves, { from: '2026-11-29' }).filter(({ at }) => at.startsWith('kafka'))).toHaveLength(1);
  });
});

describe('times of an object', () => {
  const leaf = leafOf('2026-11-20');
  const { delivered } = leaf;

  it.each([
    [{}, []],
    [{ first: null, last: null }, []],
    [{ last: delivered + 5 * 60_000 }, []],
    [{ first: delivered, last: delivered - 1 }, ['its first event is after its last']],
    [{ last: delivered + 3 * 3_600_000 }, ['its last event is 3 h after its delivery']],
    [{ stored: delivered - 11 * 60_000 }, ['it was sealed 11 min before its delivery']],
    [{ stored: delivered + 61 * 60_000 }, ['it was sealed 61 min after its delivery']],
    [{ first: delivered - 3 * DAY_MS, last: delivered - 3 * DAY_MS }, ['it was delivered 3 d 0 h after its last event']],
  ])('%j: %j', (change, details) => {
    expect(timeProblems({ ...leaf, ...change }).map(({ detail }) => detail)).toEqual(details);
  });
});

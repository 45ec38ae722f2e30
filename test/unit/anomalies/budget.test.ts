import fc from 'fast-check';
import { cutsOf, decide, LEAST_TO_ALERT, type Days, type Decision, type Placed } from '../../../shared/anomalies/budget.ts';
import type { Candidate } from '../../../shared/anomalies/judge.ts';
import { baseline } from './core.ts';

function placed(uid: string, surprise: number, more: Partial<Candidate> & { readonly of?: string; readonly day?: number } = {}): Placed {
  const { of = 'host-port', day = 100, ...rest } = more;
  const candidate: Candidate = {
    baseline: baseline(of),
    kind: 'first_seen',
    entity: uid,
    key: 'k',
    slot: day * 24,
    value: 1,
    surprise,
    ...rest,
  };
  return { uid, day, candidate };
}

function alerted(decisions: readonly Decision[]): readonly string[] {
  return decisions.filter((one) => one.alerted).map(({ uid }) => uid);
}

it('holds on every day, whatever is found and however often it is judged', () => {
  const found = fc.array(
    fc.record({
      uid: fc.nat(60),
      entity: fc.nat(20),
      surprise: fc.double({ min: 2, max: 8, noNaN: true }),
      day: fc.integer({ min: 100, max: 104 }),
    }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(found, fc.nat(6), (all, budget) => {
      const days: Days = new Map();
      const told = new Map<number, Set<string>>();
      for (let turn = 0; turn < 2; turn++) {
        for (const { uid, entity, surprise, day } of all) {
          const name = `${day} ${uid}`;
          for (const one of alerted(decide([placed(name, surprise, { entity: String(entity), day })], days, budget)))
            told.set(day, (told.get(day) ?? new Set()).add(one));
        }
      }
      return [...told.values()].every(({ size }) => size <= budget);
    }),
  );
});

it('goes to the most surprising of an hour, and what is beyond is kept', () => {
  const decisions = decide([placed('a', 3), placed('b', 5), placed('c', 4)], new Map(), 2);

  expect(alerted(decisions)).toEqual(['b', 'c']);
  expect(decisions.map(({ uid }) => uid).sort()).toEqual(['a', 'b', 'c']);
});

it('has one alert for an entity and a day', () => {
  const days: Days = new Map();

  expect(alerted(decide([placed('a', 3, { entity: 'e' }), placed('b', 4, { entity: 'e' })], days, 5))).toEqual(['b']);
  expect(alerted(decide([placed('c', 9, { entity: 'e' })], days, 5))).toEqual([]);
  expect(alerted(decide([placed('d', 4, { entity: 'e', day: 101 })], days, 5))).toEqual(['d']);
});

it('decides the same again', () => {
  const days: Days = new Map();
  const found = [placed('a', 3), placed('b', 5), placed('c', 4)];
  const first = decide(found, days, 1);

  expect(decide(found, days, 1)).toEqual(first);
  expect(decide([placed('d', 8)], days, 1)).toMatchObject([{ alerted: false }]);
});

it('is not taken by what confirms only, but by what is confirmed', () => {
  const network = { of: 'principal-network', entity: 'e' } as const;

  expect(alerted(decide([placed('a', 6, network)], new Map(), 5))).toEqual([]);
  const days: Days = new Map();
  decide([placed('a', 3, network)], days, 5);
  expect(decide([placed('b', 2.1, { of: 'principal-service', entity: 'e', kind: 'first_seen' })], days, 5)).toMatchObject([
    { alerted: true, confirmedBy: 2 },
  ]);
});

it('gives a quiet kind its share, however noisy another one is', () => {
  const days: Days = new Map();
  for (let day = 70; day < 100; day++) {
    const noise = Array.from({ length: 20 }, (_, at) =>
      placed(`n${day}-${at}`, 3 + at / 10, { of: 'host-bytes-out', kind: 'volume', day }),
    );
    decide(noise, days, 5);
  }
  decide([placed('q1', 2.5, { day: 98 })], days, 5);

  const cuts = cutsOf(days, 100, 5);
  expect(cuts.get('host-port:first_seen')).toBe(LEAST_TO_ALERT);
  expect(cuts.get('host-bytes-out:volume')).toBeGreaterThan(4.5);
  expect(alerted(decide([placed('n', 4, { of: 'host-bytes-out', kind: 'volume' }), placed('q2', 2.4)], days, 5))).toEqual(['q2']);
});

it('of none alerts nothing', () => {
  expect(alerted(decide([placed('a', 9)], new Map(), 0))).toEqual([]);
});

// Whatever a cluster looks like: what is planned may be done twice, and once it is done there is nothing left to plan.
import fc from 'fast-check';
import { plan } from '../../../shared/lifecycle/plan.ts';
import type { LifecycleSettings } from '../../../shared/lifecycle/settings.ts';
import { DAY_MS, extentOf, kindOf, spanAt, startOfDay, type SpanKind } from '../../../shared/lifecycle/spans.ts';
import type { ClusterState, StoreState } from '../../../shared/lifecycle/state.ts';
import { GB } from '../../../shared/lifecycle/volume.ts';
import { storeName } from '../../../shared/opensearch/index-name.ts';
import { applied, BYTES_PER_DOC, cluster, hold, nodes, run, settingsWith, snapshotOf, store } from './cluster.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const KINDS: readonly SpanKind[] = ['day', 'week', 'month', 'year'];

const stores: fc.Arbitrary<StoreState> = fc
  .record({
    cls: fc.constantFrom('api_activity', 'network_activity', 'class_9001'),
    kind: fc.constantFrom(...KINDS),
    age: fc.integer({ min: -3, max: 800 }),
    generation: fc.integer({ min: 0, max: 3 }),
    live: fc.boolean(),
    gb: fc.integer({ min: 0, max: 300 }),
    shards: fc.integer({ min: 1, max: 4 }),
    flags: fc.record({ readOnly: fc.boolean(), complete: fc.boolean(), moving: fc.boolean() }),
    segments: fc.integer({ min: 0, max: 9 }),
    replicas: fc.integer({ min: 0, max: 1 }),
    tier: fc.constantFrom('hot' as const, 'warm' as const, 'cold' as const),
  })
  .map(({ cls, kind, age, generation, live, gb, flags, ...rest }) => {
    const at = NOW - age * DAY_MS;
    const span = spanAt(kind, at);
    const plain = generation === 0 && kind !== 'week';
    const name = plain ? `ocsf-${cls}-${span}` : storeName({ cls, span, generation: Math.max(1, generation) });
    const own = kind === 'week' ? `ocsf-${cls}-${spanAt('day', at)}` : `ocsf-${cls}-${span}`;
    const made = { ...rest, ...flags, bytes: gb * GB, created: at };
    return store(name, { ...made, periods: plain ? [name] : live ? [own] : [], readOnly: flags.readOnly || rest.tier !== 'hot' });
  });

const states: fc.Arbitrary<ClusterState> = fc
  .record({
    list: fc.uniqueArray(stores, { maxLength: 25, selector: ({ name }) => name }),
    count: fc.integer({ min: 1, max: 9 }),
    gb: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 15 }),
    snapshots: fc.option(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }), { nil: undefined }),
    held: fc.option(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 2 }), { nil: undefined }),
  })
  .map(({ list, count, gb, snapshots, held }) => {
    const taken = new Set<string>();
    // OpenSearch lets no two indices have one period.
    const found = list.map((one) => {
      const isFree = one.periods.every((period) => !taken.has(period));
      for (const period of one.periods) taken.add(period);
      return isFree ? one : { ...one, periods: [] };
    });
    const volumes = gb.map((size, at) => ({
      from: startOfDay(NOW) - (gb.length - 1 - at) * DAY_MS,
      bytes: size * GB,
      docs: (size * GB) / BYTES_PER_DOC,
    }));
    return cluster({
      stores: found.filter((one) => one.generation > 0 || one.periods.length > 0),
      nodes: nodes(count),
      volumes: new Map([['api_activity', volumes]]),
      snapshots: snapshots?.map((age, at) =>
        snapshotOf(
          `strongroom-old-${at}`,
          NOW - age * DAY_MS,
          found.map(({ name }) => name),
        ),
      ),
      holds: held?.map((age) => hold('*', day(age + 3), day(age))),
    });
  });

function day(age: number): string {
  return new Date(NOW - age * DAY_MS).toISOString().slice(0, 10);
}

const settings: fc.Arbitrary<LifecycleSettings> = fc
  .record({
    snapshots: fc.option(fc.constant({ repository: 'bank', keepDays: 14 }), { nil: undefined }),
    singleCopyAfterDays: fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined }),
    warmAfterDays: fc.option(fc.integer({ min: 3, max: 60 }), { nil: undefined }),
    coldAfterDays: fc.option(fc.integer({ min: 61, max: 200 }), { nil: undefined }),
    days: fc.integer({ min: 10, max: 500 }),
  })
  .map(({ days, ...rest }) => settingsWith({ ...rest, indexDays: () => days }));

it('doing it twice is doing it once, and soon there is nothing left', () => {
  fc.assert(
    fc.property(states, settings, (state, given) => {
      const first = plan(state, given, NOW).actions;
      const once = first.reduce((before, action) => applied(before, action, NOW), state);
      const twice = first.reduce((before, action) => applied(before, action, NOW), once);
      expect(twice.stores).toEqual(once.stores);

      // What one step makes possible (a snapshot a single copy, a split a merge, warm cold) is done by the next runs.
      let [current, rounds] = [once, 1];
      while (plan(current, given, NOW).actions.length > 0) {
        current = run(current, given, NOW).state;
        rounds++;
        expect(rounds).toBeLessThan(6);
      }
      const periods = current.stores.flatMap((one) => one.periods);
      expect(new Set(periods).size).toBe(periods.length);
    }),
    { numRuns: 300 },
  );
});

it('never closes what is still to come, never deletes what is searched before its time, nor anything under a hold or without knowing of holds', () => {
  fc.assert(
    fc.property(states, settings, (state, given) => {
      for (const action of plan(state, given, NOW).actions) {
        const found = state.stores.find((one) => 'index' in action && one.name === action.index);
        if (found === undefined) continue;
        const { from, to } = extentOf(found);
        if (action.kind === 'close') expect(to + given.closeAfterDays * DAY_MS).toBeLessThanOrEqual(NOW);
        if (action.kind === 'close' || action.kind === 'merge') expect(kindOf(found.span)).not.toBe('year');
        if (action.kind !== 'delete') continue;
        expect(state.holds).toBeDefined();
        if (found.periods.length > 0) expect(to + given.indexDays(found.cls) * DAY_MS).toBeLessThanOrEqual(NOW);
        for (const { scope } of state.holds ?? []) expect(Date.parse(scope.to) < from || Date.parse(scope.from) >= to).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

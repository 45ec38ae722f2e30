import type { Action } from '../../../shared/lifecycle/actions.ts';
import { plan } from '../../../shared/lifecycle/plan.ts';
import { DAY_MS, startOfDay } from '../../../shared/lifecycle/spans.ts';
import type { DayVolume, StoreState } from '../../../shared/lifecycle/state.ts';
import { GB } from '../../../shared/lifecycle/volume.ts';
import { BYTES_PER_DOC, cluster, hold, nodes, settingsWith, snapshotOf, store } from './cluster.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const CLASS = 'api_activity';

/** The same every day, and as much of today as is over. */
function volume(gbPerDay: number, days = 10): readonly DayVolume[] {
  return Array.from({ length: days + 1 }, (_, at) => {
    const bytes = gbPerDay * GB * (at === days ? 0.5 : 1);
    return { from: startOfDay(NOW) - (days - at) * DAY_MS, bytes, docs: bytes / BYTES_PER_DOC };
  });
}

function planned(stores: readonly StoreState[], changes: Parameters<typeof cluster>[0] = {}, settings = settingsWith()): readonly Action[] {
  return plan(cluster({ stores, ...changes }), settings, NOW).actions;
}

const TODAY = store(`events-${CLASS}-2026.11.21-1`);

describe('makes stores ahead', () => {
  const made = (gbPerDay: number, stores: readonly StoreState[] = [TODAY], count = 3): unknown =>
    planned(stores, { volumes: new Map([[CLASS, volume(gbPerDay)]]), nodes: nodes(count) })
      .filter(({ kind }) => kind === 'create' || kind === 'extend')
      .map((action) =>
        action.kind === 'create'
          ? [action.store.name, action.store.periods.length, action.store.settings?.['index.number_of_shards']]
          : action.kind === 'extend' && [action.index, action.periods],
      );

  it.each([
    ['a month for little', 0.1, [[`events-${CLASS}-2026.11-1`, 1, 1]]],
    // Of the week that is nearly over, and of the next.
    [
      'a week for more',
      8,
      [
        [`events-${CLASS}-2026.w47-1`, 1, 1],
        [`events-${CLASS}-2026.w48-1`, 1, 2],
      ],
    ],
    [
      'a day for much',
      25,
      [
        [`events-${CLASS}-2026.11.22-1`, 1, 1],
        [`events-${CLASS}-2026.11.23-1`, 1, 1],
      ],
    ],
    [
      'more shards for more',
      130,
      [
        [`events-${CLASS}-2026.11.22-1`, 1, 6],
        [`events-${CLASS}-2026.11.23-1`, 1, 6],
      ],
    ],
  ])('%s', (_, gbPerDay, expected) => {
    expect(made(gbPerDay)).toEqual(expected);
  });

  it('none for a class that nothing comes of, and none where all are there', () => {
    const others = [22, 23].map((day) => store(`events-${CLASS}-2026.11.${day}-1`));

    expect(planned([TODAY])).toEqual([]);
    expect(made(25, [TODAY, ...others])).toEqual([]);
  });

  it('gives a day to the store of its month while that has room', () => {
    const month = (gb: number): StoreState => store(`events-${CLASS}-2026.11-1`, { periods: [`ocsf-${CLASS}-2026.11.21`], bytes: gb * GB });

    expect(made(0.1, [month(3)])).toEqual([[`events-${CLASS}-2026.11-1`, [`ocsf-${CLASS}-2026.11.22`]]]);
    expect(made(0.1, [month(41)])).toEqual([
      [`events-${CLASS}-2026.w47-1`, 1, 1],
      [`events-${CLASS}-2026.w48-1`, 1, 1],
    ]);
    expect(made(0.1, [{ ...month(3), readOnly: true }])).toEqual([
      [`events-${CLASS}-2026.w47-1`, 1, 1],
      [`events-${CLASS}-2026.w48-1`, 1, 1],
    ]);
  });

  it('of the next month, where a class is addressed by the month', () => {
    const [findings] = [store('events-detection_finding-2026.11-1')];
    const late = Date.UTC(2026, 10, 29, 12);
    const volumes = new Map([['detection_finding', volume(0.1).map((day) => ({ ...day, from: day.from + 8 * DAY_MS }))]]);

    expect(planned([findings], { volumes: new Map([['detection_finding', volume(0.1)]]) })).toEqual([]);
    expect(plan(cluster({ stores: [findings], volumes }), settingsWith(), late).actions).toMatchObject([
      { kind: 'create', store: { name: 'events-detection_finding-2026.12-1', periods: ['ocsf-detection_finding-2026.12'] } },
    ]);
  });

  it('limits the shards of one per node only where that cannot keep any from being placed', () => {
    const limit = (count: number): unknown =>
      planned([TODAY], { volumes: new Map([[CLASS, volume(130)]]), nodes: nodes(count) })
        .map((action) => action.kind === 'create' && action.store.settings?.['index.routing.allocation.total_shards_per_node'])
        .at(0);

    expect([1, 2, 3, 6].map(limit)).toEqual([undefined, undefined, 6, 3]);
  });

  it('says so where a name is taken by an index that nobody searches', () => {
    const orphan = store(`events-${CLASS}-2026.11.22-1`, { periods: [] });
    const { faults } = plan(cluster({ stores: [TODAY, orphan], volumes: new Map([[CLASS, volume(25)]]) }), settingsWith(), NOW);

    expect(faults).toEqual([expect.stringMatching(/2026\.11\.22-1 has no alias/)]);
  });
});

describe('closes and merges', () => {
  it('what has been over for two days, and never what is for a year', () => {
    const stores = ['2026.11.18', '2026.11.19', '2025', '2026.10'].map((span) => store(`events-${CLASS}-${span}-1`, { segments: 9 }));

    expect(planned(stores)).toEqual([
      { kind: 'close', index: `events-${CLASS}-2026.11.18-1` },
      { kind: 'close', index: `events-${CLASS}-2026.10-1` },
      { kind: 'merge', index: `events-${CLASS}-2026.11.18-1` },
      { kind: 'merge', index: `events-${CLASS}-2026.10-1` },
    ]);
  });

  it('an index of an earlier version as well', () => {
    expect(planned([store(`ocsf-${CLASS}-2026.11.10`)])).toEqual([{ kind: 'close', index: `ocsf-${CLASS}-2026.11.10` }]);
  });

  it('one merge at a time, and none without room', () => {
    const old = store(`events-${CLASS}-2026.11.10-1`, { readOnly: true, segments: 9 });
    const full = nodes(3).map((node) => ({ ...node, freeBytes: 20 * GB }));

    expect(planned([old], { merging: new Set(['events-other-2026.11.10-1']) })).toEqual([]);
    expect(plan(cluster({ stores: [old], nodes: full }), settingsWith(), NOW)).toMatchObject({
      actions: [],
      notes: [expect.stringContaining('too little free space')],
    });
  });

  it('splits what grew too large, until each shard is of a good size', () => {
    const old = store(`events-${CLASS}-2026.11.10-1`, { readOnly: true, bytes: 130 * GB, segments: 9 });
    const copy = store(`events-${CLASS}-2026.11.10-2`, { periods: [], shards: 1 });

    expect(planned([old])).toEqual([{ kind: 'pack', index: old.name, into: copy.name, shards: 8, isSplit: true, periods: old.periods }]);
    // An upgrade makes a copy of that name just now.
    expect(planned([old, copy]).filter(({ kind }) => kind === 'pack')).toEqual([]);
  });

  it('packs what is over, and lets go of what it was a day later', () => {
    const old = store(`events-${CLASS}-2026.11.10-1`, { readOnly: true, codec: 'default', segments: 9 });
    const copy = (created: number, changes: Partial<StoreState> = {}): StoreState =>
      store(`events-${CLASS}-2026.11.10-2`, { readOnly: true, created, ...changes });
    const replaced = { ...old, periods: [] };
    const kinds = (stores: readonly StoreState[]): readonly string[] => planned(stores).map(({ kind }) => kind);

    expect(planned([old])).toEqual([
      { kind: 'pack', index: old.name, into: copy(0).name, shards: 1, isSplit: false, periods: old.periods },
    ]);
    expect(kinds([{ ...old, docs: 0 }])).toEqual(['merge']);
    expect(kinds([{ ...old, readOnly: false }])).toEqual(['close', 'pack']);
    expect(kinds([replaced, copy(NOW - DAY_MS / 2)])).toEqual([]);
    expect(planned([replaced, copy(NOW - DAY_MS)])).toMatchObject([{ kind: 'delete', index: old.name }]);
    // Less than what it was made of, or another mapping's copy: that is kept for the way back.
    expect(kinds([replaced, copy(NOW - DAY_MS, { docs: old.docs - 1 })])).toEqual([]);
    expect(kinds([{ ...replaced, codec: 'best_compression' }, copy(NOW - DAY_MS)])).toEqual([]);
  });

  it('a snapshot waits for what is being packed, but not for days', () => {
    const old = store(`events-${CLASS}-2026.11.10-1`, { readOnly: true, codec: 'default' });
    const settings = settingsWith({ snapshots: { repository: 'bank', keepDays: 14 } });
    const kinds = (hours: number): readonly string[] =>
      planned([old], { snapshots: [snapshotOf('strongroom-2026.11.20', NOW - hours * 3_600_000, [])] }, settings).map(({ kind }) => kind);

    expect(kinds(24)).toEqual(['pack']);
    expect(kinds(37)).toEqual(['pack', 'snapshot']);
  });

  it('says what is not compressed well', () => {
    const { notes } = plan(
      cluster({ stores: [store(`ocsf-${CLASS}-2026.11.10`, { readOnly: true, codec: 'default' })] }),
      settingsWith(),
      NOW,
    );

    expect(notes).toEqual([expect.stringContaining('1 closed indices are not compressed as well as they could be')]);
  });
});

describe('snapshots', () => {
  const settings = settingsWith({ snapshots: { repository: 'bank', keepDays: 14 }, singleCopyAfterDays: 5 });
  const old = store(`events-${CLASS}-2026.11.10-1`, { readOnly: true });
  const days = (count: number): number => NOW - count * DAY_MS;

  it('one a day, of what is searched and hot', () => {
    const others = [
      store(`events-${CLASS}-2026.11.09-1`, { readOnly: true, tier: 'warm' }),
      store(`events-${CLASS}-2026.11.09-2`, { periods: [] }),
    ];
    const snapshot: Action = { kind: 'snapshot', repository: 'bank', snapshot: 'strongroom-2026.11.21', indices: [old.name] };

    expect(planned([old, ...others], { snapshots: [] }, settings)).toEqual([snapshot]);
    expect(planned([old], { snapshots: [snapshotOf('strongroom-2026.11.21', NOW, [])] }, settings)).toEqual([]);
    expect(planned([old], { snapshots: [snapshotOf('strongroom-2026.11.20', days(1), [], 'IN_PROGRESS')] }, settings)).toEqual([]);
  });

  it('tries again what failed, three times, and then says so', () => {
    const failed = ['', '-2', '-3'].map((suffix) => snapshotOf(`strongroom-2026.11.21${suffix}`, NOW, [], 'PARTIAL'));

    expect(planned([old], { snapshots: failed.slice(0, 1) }, settings)).toMatchObject([{ snapshot: 'strongroom-2026.11.21-2' }]);
    expect(plan(cluster({ stores: [old], snapshots: failed }), settings, NOW)).toMatchObject({
      actions: [],
      faults: [expect.stringContaining('3 snapshots of today have failed')],
    });
  });

  it('forgets what is older than they are kept, but never the last good one', () => {
    const list = [snapshotOf('strongroom-2026.10.01', days(51), []), snapshotOf('strongroom-2026.09.01', days(81), [])];

    expect(planned([], { snapshots: list }, settings)).toEqual([{ kind: 'forget', repository: 'bank', snapshot: 'strongroom-2026.09.01' }]);
  });

  it('a store has a single copy when a snapshot has it as it was closed, not before', () => {
    const today = (started: number): readonly Action[] =>
      planned([old], { snapshots: [snapshotOf('strongroom-2026.11.21', started, [old.name])] }, settings);

    expect(today(days(0))).toEqual([{ kind: 'replicas', index: old.name, replicas: 0 }]);
    expect(today(days(9.5))).toEqual([]);
    expect(planned([old], { snapshots: [snapshotOf('strongroom-2026.11.21', NOW, [])] }, settings)).toEqual([]);
  });
});

describe('tiers', () => {
  const settings = settingsWith({ warmAfterDays: 5, coldAfterDays: 20 });

  it('warm, then cold, and what is on its way is left alone', () => {
    const stores = [
      store(`events-${CLASS}-2026.11.18-1`, { readOnly: true }),
      store(`events-${CLASS}-2026.11.10-1`, { readOnly: true }),
      store(`events-${CLASS}-2026.11.09-1`, { readOnly: true, moving: true }),
      store(`events-${CLASS}-2026.10.01-1`, { readOnly: true, tier: 'warm' }),
      store(`events-${CLASS}-2026.09.30-1`, { readOnly: true, tier: 'cold' }),
    ];

    expect(planned(stores, {}, settings)).toEqual([
      { kind: 'warm', index: `events-${CLASS}-2026.11.10-1` },
      { kind: 'cold', index: `events-${CLASS}-2026.10.01-1`, from: '2026-10-01', to: '2026-10-01' },
    ]);
    expect(planned(stores)).toEqual([]);
  });
});

describe('deletes', () => {
  const settings = settingsWith({ indexDays: () => 30 });
  const deletions = (stores: readonly StoreState[], changes: Parameters<typeof cluster>[0] = {}): readonly string[] =>
    planned(stores, changes, settings).flatMap((action) => (action.kind === 'delete' ? action.index : []));
  const day = (label: string, changes: Partial<StoreState> = {}): StoreState =>
    store(`events-${CLASS}-${label}-1`, { readOnly: true, ...changes });

  it('when the last event is older than its time', () => {
    const stores = [day('2026.10.20'), day('2026.10.22'), day('2026.10'), day('2025'), day('2024')];

    expect(deletions(stores)).toEqual([`events-${CLASS}-2026.10.20-1`, `events-${CLASS}-2025-1`, `events-${CLASS}-2024-1`]);
  });

  it('not what a replay has brought back lately', () => {
    expect(deletions([day('2026.01.01', { created: NOW - 10 * DAY_MS })])).toEqual([]);
    expect(deletions([day('2026.01.01', { created: NOW - 31 * DAY_MS })])).toHaveLength(1);
    // A later generation too: it may have been made of what was brought back.
    expect(deletions([store(`events-${CLASS}-2026.01.01-2`, { readOnly: true, created: NOW - 10 * DAY_MS })])).toHaveLength(0);
  });

  it.each([
    ['of its day', hold('*', '2026-10-01', '2026-10-01'), 0],
    ['of its source', hold('cloudtrail', '2026-10-01', '2026-10-01'), 0],
    ['of a source of other classes', hold('vpc-flow', '2026-10-01', '2026-10-01'), 1],
    ['of a source that nobody knows', hold('gone', '2026-10-01', '2026-10-01'), 0],
    ['of days that it may have been delivered on', hold('*', '2026-11-04', '2026-11-05'), 0],
    ['of days after those', hold('*', '2026-11-06', '2026-11-07'), 1],
    ['of the day before', hold('*', '2026-09-30', '2026-09-30'), 0],
    ['of days before that', hold('*', '2026-09-20', '2026-09-29'), 1],
    ['without a date', hold('*', '', ''), 0],
  ])('under a legal hold %s: %#', (_, one, expected) => {
    expect(deletions([day('2026.10.01')], { holds: [one] })).toHaveLength(expected);
  });

  it('nothing of a year that began before a hold ended', () => {
    expect(deletions([day('2024')], { holds: [hold('*', '2026-05-01', '2026-05-02')] })).toEqual([]);
    expect(deletions([day('2024')], { holds: [hold('*', '2023-05-01', '2023-05-02')] })).toHaveLength(1);
  });

  it('nothing where holds cannot be read', () => {
    const { actions, faults } = plan(cluster({ stores: [day('2026.10.01')], holds: undefined }), settings, NOW);

    expect(actions).toEqual([]);
    expect(faults).toEqual([expect.stringContaining('1 stores whose time is over stay')]);
  });

  it('a generation that was replaced a week ago by one that holds as much', () => {
    const former = store(`events-${CLASS}-2026.11.10-1`, { periods: [], readOnly: true });
    const present = (changes: Partial<StoreState>): readonly string[] =>
      deletions([former, store(`events-${CLASS}-2026.11.10-2`, { readOnly: true, created: NOW - 8 * DAY_MS, ...changes })]);

    expect(present({})).toEqual([former.name]);
    expect(present({ created: NOW - 6 * DAY_MS })).toEqual([]);
    expect(present({ docs: 1 })).toEqual([]);
    expect(present({ moving: true })).toEqual([]);
    expect(present({ periods: [] })).toEqual([]);
    // A copy in the making.
    expect(
      deletions([store(`events-${CLASS}-2026.11.10-1`, { readOnly: true }), store(`events-${CLASS}-2026.11.10-2`, { periods: [] })]),
    ).toEqual([]);
  });
});

// A year of a growing bank in a few seconds: what the planner makes of it, hour by hour.
import { DAY_MS, extentOf, kindOf, periodAt, startOfDay } from '../../../shared/lifecycle/spans.ts';
import type { ClusterState, StoreState } from '../../../shared/lifecycle/state.ts';
import { GB, SHARD } from '../../../shared/lifecycle/volume.ts';
import { cluster, hold, ingested, nodes, run, settingsWith } from './cluster.ts';

const START = Date.UTC(2026, 0, 5);
const DAYS = 365;
const STEP_MS = DAY_MS / 4;
const NODES = 6;

type Load = (day: number, date: Date) => number;

const weekly = (date: Date): number => ([0, 6].includes(date.getUTCDay()) ? 0.4 : 1.15);
/** Ten times as much after a year. */
const growth = (day: number): number => 10 ** (day / DAYS);

/** GB a day: 5 at first, 50 in the end. */
const LOADS: Readonly<Record<string, Load>> = {
  // A spike of three times the usual for a day.
  network_activity: (day, date) => 3.5 * growth(day) * weekly(date) * (day === 200 ? 3 : 1),
  api_activity: (day, date) => 1 * growth(day) * weekly(date),
  // Thirty times as much for a week: somebody logs what nobody should.
  http_activity: (day, date) => 0.4 * growth(day) * weekly(date) * (day >= 252 && day < 259 ? 30 : 1),
  authentication: (day, date) => 0.08 * growth(day) * weekly(date),
  detection_finding: (day) => 0.01 * growth(day),
  datastore_activity: () => 0.005,
  // New, and at once the noisiest of all.
  dns_activity: (day) => (day < 150 ? 0 : 22),
};

interface Year {
  readonly state: ClusterState;
  /** Most shards on all nodes together, copies included, and the most on a node per GB of heap. */
  readonly mostShards: number;
  readonly deleted: readonly { readonly store: StoreState; readonly at: number }[];
  readonly splits: number;
  /** GB of the largest shard that was ever closed and searched. */
  readonly largest: number;
  readonly made: number;
  /** Periods that the index function had to make itself. */
  readonly late: readonly string[];
}

function year(): Year {
  const settings = settingsWith({ indexDays: () => 90 });
  let state = cluster({ nodes: nodes(NODES), holds: [hold('*', '2026-04-20', '2026-04-21')] });
  const deleted: { store: StoreState; at: number }[] = [];
  const late: string[] = [];
  let [mostShards, splits, made, largest] = [0, 0, 0, 0];
  for (let now = START; now < START + DAYS * DAY_MS; now += STEP_MS) {
    for (const [cls, load] of Object.entries(LOADS)) {
      const day = Math.floor((now - START) / DAY_MS);
      const bytes = (load(day, new Date(now)) * GB * STEP_MS) / DAY_MS;
      if (bytes === 0) continue;
      if (!state.taken.has(periodAt(cls, now))) late.push(periodAt(cls, now));
      state = ingested(state, cls, now, bytes);
    }
    const before = state;
    const after = run(state, settings, now + STEP_MS);
    for (const action of after.actions) {
      if (action.kind === 'create') made++;
      if (action.kind === 'pack' && action.isSplit) splits++;
      const store = action.kind === 'delete' ? before.stores.find(({ name }) => name === action.index) : undefined;
      if (store !== undefined) deleted.push({ store, at: now + STEP_MS });
    }
    state = after.state;
    mostShards = Math.max(mostShards, shardsOf(state));
    for (const { readOnly, periods, shardBytes } of state.stores)
      if (readOnly && periods.length > 0) largest = Math.max(largest, ...shardBytes);
  }
  return { state, mostShards, deleted, splits, made, late, largest: largest / GB };
}

function shardsOf({ stores }: ClusterState): number {
  return stores.reduce((sum, { shards, replicas }) => sum + shards * (1 + replicas), 0);
}

const END = START + DAYS * DAY_MS;
let result: Year;

beforeAll(() => {
  result = year();
});

function closed(): readonly StoreState[] {
  return result.state.stores.filter(({ periods, readOnly }) => periods.length > 0 && readOnly);
}

it('no closed shard is larger than 50 GB, and few that could be larger are below 10', () => {
  const sizes = closed().flatMap(({ shardBytes }) => shardBytes.map((bytes) => bytes / GB));
  const busy = closed().filter(({ cls }) => ['network_activity', 'api_activity', 'http_activity', 'dns_activity'].includes(cls));
  const small = busy.filter(({ shardBytes }) => Math.max(...shardBytes) < SHARD.smallest);

  expect(Math.max(...sizes)).toBeLessThanOrEqual(50);
  // Nor was any in the whole year, on the day of the spike and when the new source began included.
  expect(result.largest).toBeLessThanOrEqual(50);
  // What came too suddenly was split afterwards.
  expect(result.splits).toBe(1);
  expect(small.length / busy.length).toBeLessThan(0.2);
  // Of classes that have not even that in a month.
  expect(sizes.filter((size) => size < 1).length / sizes.length).toBeLessThan(0.15);
});

it('there are no more shards than nodes bear', () => {
  expect(result.mostShards / NODES).toBeLessThan(1000);
  // 25 per GB of heap.
  expect(result.mostShards / NODES / 16).toBeLessThan(25);
  // What is packed is there twice for a day.
  expect(result.mostShards).toBeLessThan(730);
});

it('classes are kept by the day, the week or the month, as they come', () => {
  const recent = closed().filter((store) => extentOf(store).from > END - 60 * DAY_MS);
  const kinds = (cls: string): readonly string[] => [
    ...new Set(recent.filter((store) => store.cls === cls).map(({ span }) => kindOf(span))),
  ];

  expect(kinds('network_activity')).toEqual(['day']);
  expect(kinds('api_activity')).toEqual(['week']);
  expect(kinds('datastore_activity')).toEqual(['month']);
});

it('each period is in one store, and only the first days of a class were not made in time', () => {
  const periods = result.state.stores.flatMap((store) => store.periods);
  const first = [...new Set(Object.keys(LOADS).map((cls) => periodAt(cls, cls === 'dns_activity' ? START + 150 * DAY_MS : START)))];

  expect(new Set(periods).size).toBe(periods.length);
  expect(result.late.toSorted()).toEqual(first.toSorted());
  for (const cls of Object.keys(LOADS)) {
    for (let day = END - 80 * DAY_MS; day < END; day += DAY_MS) expect(periods).toContain(periodAt(cls, day));
  }
});

it('nothing is deleted early, nothing under the hold, and everything else in time', () => {
  const [from, to] = [Date.UTC(2026, 3, 20), Date.UTC(2026, 3, 22)];
  const isHeld = (store: StoreState): boolean => extentOf(store).from < to && extentOf(store).to > from;

  expect(result.deleted.length).toBeGreaterThan(100);
  for (const { store, at } of result.deleted) {
    if (store.periods.length === 0) continue;
    expect(extentOf(store).to + 90 * DAY_MS).toBeLessThanOrEqual(at);
    expect(isHeld(store)).toBe(false);
  }
  const old = result.state.stores.filter((store) => extentOf(store).to + 91 * DAY_MS < startOfDay(END));
  expect(old.length).toBeGreaterThan(0);
  // 35 days before the hold, and a day after it.
  for (const store of old) expect(extentOf(store).to).toBeGreaterThan(from - 35 * DAY_MS);
  for (const store of old) expect(extentOf(store).from).toBeLessThan(to + DAY_MS);
});

import { asText } from '../../../cli/commands/capacity.ts';
import { capacityOf, type Capacity } from '../../../shared/lifecycle/capacity.ts';
import { DAY_MS, spanAt, startOfDay } from '../../../shared/lifecycle/spans.ts';
import type { DataNode } from '../../../shared/lifecycle/state.ts';
import { GB } from '../../../shared/lifecycle/volume.ts';
import { BYTES_PER_DOC, cluster, nodes, settingsWith, store } from './cluster.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const CLASS = 'network_activity';

/** So much a day for so many days, each in a store of its own, on nodes that are as full as that makes them. */
function bank(gbPerDay: number, days: number, { count = 3, diskGb = 1000, keep = 100 } = {}): Capacity {
  const stores = Array.from({ length: days }, (_, at) =>
    store(`events-${CLASS}-${spanAt('day', NOW - (at + 1) * DAY_MS)}-1`, {
      bytes: gbPerDay * GB,
      readOnly: true,
      replicas: count > 1 ? 1 : 0,
    }),
  );
  const used = stores.reduce((sum, { bytes, replicas }) => sum + bytes * (1 + replicas), 0) / count;
  const like = (node: DataNode): DataNode => ({ ...node, diskBytes: diskGb * GB, freeBytes: diskGb * GB - used });
  const volumes = Array.from({ length: Math.min(days, 14) }, (_, at) => ({
    from: startOfDay(NOW) - (at + 1) * DAY_MS,
    bytes: gbPerDay * GB,
    docs: (gbPerDay * GB) / BYTES_PER_DOC,
  })).toReversed();
  return capacityOf(
    cluster({ stores, nodes: nodes(count).map(like), volumes: new Map([[CLASS, volumes]]) }),
    settingsWith({ indexDays: () => keep }),
    NOW,
  );
}

it('tells rate, share and shard sizes of each class', () => {
  const [one] = bank(20, 14).classes;

  expect(one).toMatchObject({ cls: CLASS, writes: 1, stored: 1, days: 100, span: 'day', recommended: 'day', stores: 14 });
  expect((one?.bytesPerDay ?? 0) / GB).toBeCloseTo(20);
  expect(one?.docsPerDay).toBeCloseTo((20 * GB) / BYTES_PER_DOC, -2);
  expect(one?.shards).toEqual({ count: 14, smallest: 20 * GB, median: 20 * GB, largest: 20 * GB, tooLarge: 0, tooSmall: 0 });
});

it('recommends another period, and says what is out of bounds', () => {
  expect(bank(5, 14).classes[0]).toMatchObject({ span: 'day', recommended: 'week', shards: { tooSmall: 14, tooLarge: 0 } });
  expect(bank(60, 7).classes[0]).toMatchObject({ recommended: 'day', shards: { tooSmall: 0, tooLarge: 7 } });
  expect(bank(0.1, 7).classes[0]?.recommended).toBe('month');
});

it.each([
  // 3000 GB of disks, 2550 of them usable; 20 GB a day twice: 560 are there, 1990 are left.
  ['grows until it is full', bank(20, 14), 50],
  // In balance at 100 days of 10 GB twice.
  ['stays below when as much is deleted as comes', bank(10, 14), undefined],
  ['is full', bank(100, 14), 0],
  // What is there goes while new data comes: 1 node, no copies, 850 GB usable, 10 GB a day.
  ['on one node has no copies', bank(10, 14, { count: 1, keep: 80 }), undefined],
  ['on one node fills up', bank(10, 14, { count: 1, keep: 90 }), 72],
])('%s', (_, { fullInDays }, expected) => {
  expect(fullInDays).toBe(expected);
});

it('reckons nodes and storage for what the bank grows to', () => {
  const { roadmap } = bank(10, 14);

  // 10 GB × 100 days × 2 copies ÷ 0.8 = 2500 GB on nodes of 1000 GB.
  expect(roadmap.map(({ factor, nodes: count, storage, limitedBy }) => [factor, count, Math.round(storage / GB), limitedBy])).toEqual([
    [1, 3, 2500, 'storage'],
    [2, 5, 5000, 'storage'],
    [5, 13, 12500, 'storage'],
    [10, 25, 25000, 'storage'],
  ]);
  // 1250 GB do not fit on one node; then there are copies, and 2500.
  expect(bank(10, 14, { count: 1 }).roadmap[0]).toMatchObject({ nodes: 3, storage: 2500 * GB });
  expect(bank(1, 14, { count: 1 }).roadmap[0]).toMatchObject({ nodes: 1, storage: 125 * GB });
  // 16 GB of heap bear 400 shards.
  expect(bank(100, 14, { diskGb: 1_000_000 }).roadmap[3]).toMatchObject({ limitedBy: 'shards', nodes: 18 });
});

it('prints it for people', () => {
  const text = asText('demo', bank(5, 14), { settings: settingsWith(), faults: ['no snapshots in bank: …'] });

  expect(text).toMatch(/^network_activity\s+26,843,546\s+5\s+100\.0 %\s+100\.0 %\s+100\s+day\s+14\s+5\s+5\s+5$/m);
  expect(text).toContain('network_activity: its volume asks for an index a week; the next ones are made so');
  expect(text).toMatch(/^n1\s+1,000\s+4\.7 %\s+953/m);
  expect(text).toContain('10 GB come a day, copies included: at this rate the disks do not fill up in 10 years');
  expect(text).toMatch(/^10×\s+13\s+12,500\s/m);
  expect(text).toContain('Not seen: no snapshots in bank: …');
});

it('an empty cluster has nothing to tell', () => {
  const empty = capacityOf(cluster({ nodes: nodes(1) }), settingsWith(), NOW);

  expect(empty).toMatchObject({ classes: [], growth: 0, fullInDays: undefined });
  expect(empty.roadmap.map(({ nodes: count }) => count)).toEqual([1, 1, 1, 1]);
});

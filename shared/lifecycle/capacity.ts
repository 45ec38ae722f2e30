// What a cluster has, what fills it and when it is full, and what it needs when the bank grows. Numbers of today, carried on.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/sizing-domains.html
import type { LifecycleSettings } from './settings.ts';
import { DAY_MS, extentOf, isByMonth, kindOf, type SpanKind } from './spans.ts';
import { isLive, type ClusterState, type DataNode, type StoreState } from './state.ts';
import { GB, median, rateOf, SHARD, shardsFor, spanFor } from './volume.ts';

/** Share of a volume that stays free: at 85 % OpenSearch places no shard there any more; merges and what is sudden need some of the rest. */
export const RESERVE = { full: 0.15, planned: 0.2 } as const;
/** Shards that a node bears. */
export const SHARDS = { perHeapGb: 25, perNode: 1000 } as const;
export const FACTORS = [1, 2, 5, 10] as const;
/** Days; beyond it nobody plans. */
export const HORIZON_DAYS = 3650;

/** Bytes are of primaries unless it says otherwise. */
export interface ClassCapacity {
  readonly cls: string;
  /** Of the last week, a day. */
  readonly docsPerDay: number;
  readonly bytesPerDay: number;
  /** Share of all classes in what is written a day, and in what is stored. */
  readonly writes: number;
  readonly stored: number;
  /** Days until its events are deleted. */
  readonly days: number;
  /** How long its newest store is for; what its volume asks for. */
  readonly span: SpanKind | undefined;
  readonly recommended: SpanKind;
  readonly stores: number;
  readonly shards: ShardSizes;
}

export interface ShardSizes {
  readonly count: number;
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
  /** Closed ones above 50 GB; closed ones of a day or a week below 10 GB, which could be fewer. */
  readonly tooLarge: number;
  readonly tooSmall: number;
}

/** What would be needed if so many times as much came. */
export interface Growth {
  readonly factor: number;
  /** Data nodes like those there are. */
  readonly nodes: number;
  /** With copies and what stays free, bytes. */
  readonly storage: number;
  /** Copies included. */
  readonly shards: number;
  readonly limitedBy: 'storage' | 'shards' | 'copies';
}

export interface Capacity {
  readonly classes: readonly ClassCapacity[];
  readonly nodes: readonly DataNode[];
  /** With copies, a day, before anything is deleted. */
  readonly growth: number;
  /** Undefined: not within ten years. */
  readonly fullInDays: number | undefined;
  readonly roadmap: readonly Growth[];
}

export function capacityOf(state: ClusterState, settings: LifecycleSettings, now: number): Capacity {
  const classes = classesOf(state, settings, now);
  const copies = copiesOn(state.nodes.length, settings);
  return {
    classes,
    nodes: state.nodes,
    growth: classes.reduce((sum, { bytesPerDay }) => sum + bytesPerDay * copies, 0),
    fullInDays: fullInDays(state, classes, settings, now),
    roadmap: FACTORS.map((factor) => needed(factor, classes, state.nodes, settings)),
  };
}

function classesOf(state: ClusterState, settings: LifecycleSettings, now: number): readonly ClassCapacity[] {
  const live = state.stores.filter(isLive);
  const names = [...new Set(live.map(({ cls }) => cls))].toSorted();
  const rates = new Map(names.map((cls) => [cls, rateOf(state.volumes.get(cls) ?? [], now)]));
  const total = [...rates.values()].reduce((sum, rate) => sum + (rate?.mean ?? 0), 0);
  const stored = live.reduce((sum, { bytes }) => sum + bytes, 0);
  return names.map((cls) => {
    const own = live.filter((store) => store.cls === cls);
    const rate = rates.get(cls);
    const [docs, bytes] = [own.reduce((sum, one) => sum + one.docs, 0), own.reduce((sum, one) => sum + one.bytes, 0)];
    const newest = own.filter(({ span }) => kindOf(span) !== 'year').toSorted((a, b) => extentOf(b).from - extentOf(a).from)[0];
    const mean = rate?.mean ?? 0;
    return {
      cls,
      docsPerDay: bytes === 0 ? 0 : (mean * docs) / bytes,
      bytesPerDay: mean,
      writes: total === 0 ? 0 : mean / total,
      stored: stored === 0 ? 0 : bytes / stored,
      days: settings.indexDays(cls),
      span: newest === undefined ? undefined : kindOf(newest.span),
      recommended: spanOf(cls, mean),
      stores: own.length,
      shards: sizesOf(own),
    };
  });
}

function spanOf(cls: string, mean: number): Exclude<SpanKind, 'year'> {
  return isByMonth(cls) ? 'month' : spanFor({ mean });
}

function sizesOf(stores: readonly StoreState[]): ShardSizes {
  const sizes = stores.flatMap(({ shardBytes }) => shardBytes);
  const closed = stores.filter(({ readOnly }) => readOnly);
  const divided = closed.filter(({ span, shards }) => ['day', 'week'].includes(kindOf(span)) || shards > 1);
  return {
    count: sizes.length,
    smallest: sizes.length === 0 ? 0 : Math.min(...sizes),
    median: median(sizes),
    largest: Math.max(0, ...sizes),
    tooLarge: closed.flatMap(({ shardBytes }) => shardBytes).filter((bytes) => bytes > SHARD.largest).length,
    tooSmall: divided.flatMap(({ shardBytes }) => shardBytes).filter((bytes) => bytes < SHARD.smallest).length,
  };
}

/** Of each shard, the primary included. */
function copiesOn(nodes: number, { replicas = 1 }: LifecycleSettings): number {
  return 1 + Math.min(replicas, Math.max(0, nodes - 1));
}

/** Days for which data lies on data nodes. */
function hotDays({ days }: ClassCapacity, { warmAfterDays = days }: LifecycleSettings): number {
  return Math.min(days, warmAfterDays);
}

/** As much as last week comes every day; what is deleted, or leaves for another tier, is taken off on its day. */
function fullInDays(state: ClusterState, classes: readonly ClassCapacity[], settings: LifecycleSettings, now: number): number | undefined {
  const { nodes, stores } = state;
  const copies = copiesOn(nodes.length, settings);
  const total = nodes.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  const used = total - nodes.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  const byClass = new Map(classes.map((one) => [one.cls, one]));
  const leaving = stores
    .filter(({ tier }) => tier === 'hot')
    .map((store) => {
      const cls = byClass.get(store.cls);
      const days = !isLive(store) || cls === undefined ? settings.replacedDays : hotDays(cls, settings);
      return { day: Math.ceil((extentOf(store).to - now) / DAY_MS + days), bytes: store.bytes * (1 + store.replicas) };
    });
  for (let day = 0; day <= HORIZON_DAYS; day++) {
    const gone = leaving.reduce((sum, one) => sum + (one.day <= day ? one.bytes : 0), 0);
    const come = classes.reduce((sum, one) => sum + one.bytesPerDay * copies * Math.min(day, hotDays(one, settings)), 0);
    if (used - gone + come > total * (1 - RESERVE.full)) return day;
  }
  return undefined;
}

/** Once every class has all its days. */
function needed(factor: number, classes: readonly ClassCapacity[], nodes: readonly DataNode[], settings: LifecycleSettings): Growth {
  const volume = median(nodes.map(({ diskBytes }) => diskBytes));
  const heap = median(nodes.map(({ heapBytes }) => heapBytes)) / GB;
  const bearable = Math.max(1, Math.min(SHARDS.perNode, Math.floor(heap * SHARDS.perHeapGb)));
  const primaries = classes.reduce((sum, one) => sum + one.bytesPerDay * factor * hotDays(one, settings), 0);
  let count = 1;
  // With a second node come the copies, and with them more nodes.
  for (let round = 0; ; round++) {
    const copies = copiesOn(count, settings);
    const storage = (primaries * copies) / (1 - RESERVE.planned);
    const shards = classes.reduce((sum, one) => sum + shardsOf(one, factor, { nodes: count, settings }) * copies, 0);
    const byStorage = volume === 0 ? 1 : Math.max(1, Math.ceil(storage / volume));
    const byShards = Math.max(1, Math.ceil(shards / bearable));
    const wanted = Math.max(byStorage, byShards, nodes.length > 1 ? copiesOn(nodes.length, settings) : 1);
    if (wanted <= count || round > 20) {
      const limitedBy = wanted === byStorage ? 'storage' : wanted === byShards ? 'shards' : 'copies';
      return { factor, nodes: count, storage, shards, limitedBy };
    }
    count = wanted;
  }
}

const SPAN_DAYS = { day: 1, week: 7, month: 30 } as const;

/** Primary shards of a class at so many times its volume. */
function shardsOf(
  one: ClassCapacity,
  factor: number,
  { nodes, settings }: { readonly nodes: number; readonly settings: LifecycleSettings },
): number {
  const mean = one.bytesPerDay * factor;
  const days = SPAN_DAYS[spanOf(one.cls, mean)];
  const bytes = mean * days;
  return Math.ceil(hotDays(one, settings) / days) * shardsFor({ peak: bytes, typical: bytes }, nodes);
}

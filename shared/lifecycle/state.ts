// What the life cycle knows of a cluster: read by read.ts, looked at by the planner, and by nobody changed.
// https://docs.opensearch.org/latest/im-plugin/index-alias/
import type { Hold } from '../retention/holds.ts';

export interface DataNode {
  readonly name: string;
  /** Bytes of its volume, and of those that are free. */
  readonly diskBytes: number;
  readonly freeBytes: number;
  readonly heapBytes: number;
  readonly shards: number;
}

/** `hot`: on data nodes. `warm`, `cold`: where Amazon's domains keep what is seldom asked for. */
export type Tier = 'hot' | 'warm' | 'cold';

/** An index that holds periods: a store, or an index of an earlier version that is named like its period. */
export interface StoreState {
  readonly name: string;
  readonly cls: string;
  /** `2026.11.21`, `2026.w48`, `2026.11` or `2026` */
  readonly span: string;
  /** 0: named like its period. */
  readonly generation: number;
  /** Its aliases: periods, the earliest first. None: nobody searches it. */
  readonly periods: readonly string[];
  /** Primary shards, and copies of each beside it. */
  readonly shards: number;
  readonly replicas: number;
  readonly docs: number;
  /** Of primaries. */
  readonly bytes: number;
  /** Of each primary shard. */
  readonly shardBytes: readonly number[];
  /** Of the shard copy that has most. */
  readonly segments: number;
  readonly readOnly: boolean;
  /** All primaries are there: its numbers can be trusted. */
  readonly complete: boolean;
  /** ms since the epoch */
  readonly created: number;
  readonly tier: Tier;
  /** On its way to another tier, or taken over by an upgrade just now. */
  readonly moving: boolean;
  readonly codec: string;
}

/** What came of a class on a day of events. */
export interface DayVolume {
  /** ms since the epoch (UTC), when the day begins. */
  readonly from: number;
  readonly docs: number;
  /** Estimated for primaries. */
  readonly bytes: number;
}

export interface SnapshotState {
  readonly name: string;
  /** As OpenSearch says it: SUCCESS, IN_PROGRESS, PARTIAL, FAILED, INCOMPATIBLE. */
  readonly state: string;
  /** When it began, ms since the epoch. */
  readonly started: number;
  readonly indices: readonly string[];
}

export interface ClusterState {
  readonly nodes: readonly DataNode[];
  readonly stores: readonly StoreState[];
  /** Names of all periods, whatever has them. */
  readonly taken: ReadonlySet<string>;
  /** By class: the last days, the present one included, the earliest first. */
  readonly volumes: ReadonlyMap<string, readonly DayVolume[]>;
  /** What is being merged now. */
  readonly merging: ReadonlySet<string>;
  /** In the bank's repository, ours; undefined where the bank names none or it cannot be read: `faults` says which. */
  readonly snapshots: readonly SnapshotState[] | undefined;
  /** Open ones; undefined where they cannot be read. */
  readonly holds: readonly Hold[] | undefined;
  /** What could not be seen, in words for who runs it. */
  readonly faults: readonly string[];
}

/** Whether somebody searches it: the others are copies in the making, or generations kept for the way back. */
export function isLive({ periods }: StoreState): boolean {
  return periods.length > 0;
}

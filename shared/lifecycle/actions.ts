// What the life cycle does to a cluster: each may be done again without harm. https://docs.opensearch.org/latest/api-reference/index-apis/index/
import type { NewStore } from '../opensearch/periods.ts';

export type Action =
  | { readonly kind: 'create'; readonly store: NewStore }
  /** The store takes periods that nothing has. */
  | { readonly kind: 'extend'; readonly index: string; readonly periods: readonly string[] }
  /** No more writes. */
  | { readonly kind: 'close'; readonly index: string }
  /** For good. */
  | { readonly kind: 'delete'; readonly index: string; readonly tier: 'hot' | 'warm' | 'cold'; readonly why: string }
  /** Nothing is written any more: a copy that is compressed as well as can be takes its place; with more shards where they have become too large. */
  | {
      readonly kind: 'pack';
      readonly index: string;
      readonly into: string;
      /** Of the copy; the same number as before, or a multiple of it. */
      readonly shards: number;
      readonly isSplit: boolean;
      readonly periods: readonly string[];
    }
  | { readonly kind: 'replicas'; readonly index: string; readonly replicas: number }
  | { readonly kind: 'snapshot'; readonly repository: string; readonly snapshot: string; readonly indices: readonly string[] }
  | { readonly kind: 'forget'; readonly repository: string; readonly snapshot: string }
  /** Down to one segment per shard. */
  | { readonly kind: 'merge'; readonly index: string }
  | { readonly kind: 'warm'; readonly index: string }
  /** Days of its events, `YYYY-MM-DD`, both included. */
  | { readonly kind: 'cold'; readonly index: string; readonly from: string; readonly to: string };

export interface Plan {
  /** In the order in which they are to be done. */
  readonly actions: readonly Action[];
  /** What keeps the life cycle from its work, and what to do about it: the run fails for it when everything else is done. */
  readonly faults: readonly string[];
  /** What somebody should know. */
  readonly notes: readonly string[];
}

/** @returns e.g. `close events-api_activity-2026.11.21-1`. */
export function describe(action: Action): string {
  switch (action.kind) {
    case 'create':
      return `create ${action.store.name} for ${action.store.periods.join(', ')}`;
    case 'extend':
      return `extend ${action.index} to ${action.periods.join(', ')}`;
    case 'delete':
      return `delete ${action.index} (${action.why})`;
    case 'pack':
      return action.isSplit
        ? `split ${action.index} into ${action.shards} shards, ${action.into}`
        : `pack ${action.index} into ${action.into}`;
    case 'replicas':
      return `replicas of ${action.index}: ${action.replicas}`;
    case 'snapshot':
    case 'forget':
      return `${action.kind} ${action.snapshot} in ${action.repository}`;
    case 'close':
    case 'merge':
    case 'warm':
    case 'cold':
      return `${action.kind} ${action.index}`;
  }
}

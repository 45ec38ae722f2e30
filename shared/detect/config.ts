// `detections` of the bank's file (schemas/config/bank.schema.json): which rules count, and how.
import type { Level } from './sigma/rule.ts';

/** Rules are named by id or by their file below rules/ without `.yml`; the bank's own by `own/<file>`. */
export interface DetectionsConfig {
  /** Found no more. Correlations that build on such a rule go on. */
  readonly disable?: readonly { readonly rule: string; readonly reason: string }[];
  readonly tune?: readonly TuneConfig[];
  readonly suppress?: readonly SuppressConfig[];
  /** What `%name%` in rules stands for: see shared/detect/bank-lists.ts. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

export interface TuneConfig {
  readonly rule: string;
  /** informational: found and kept, never alerted. */
  readonly level?: Level;
  /** Attribute paths whose values make two matches one finding. */
  readonly group_by?: readonly string[];
  /** In place of the bank's lists, for this rule alone. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** Of a correlation: how many matches, values or how much, and in how long. */
  readonly at_least?: number;
  readonly minutes?: number;
}

/** Found and kept, but not alerted. */
export interface SuppressConfig {
  /** Left out: of every rule. */
  readonly rule?: string | undefined;
  /** As a selection of Sigma, with attribute paths: `src_endpoint.ip|cidr: 192.0.2.0/24`. Left out: whatever the rule finds. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** Last day (UTC), as 2026-11-21: of events, and of the suppression itself. */
  readonly until: string;
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
}

// `anomalies` of the bank's file (schemas/config/bank.schema.json): what is usual, and how often to be told of what is not.

export interface AnomaliesConfig {
  /** Left out: true. */
  readonly enabled?: boolean;
  /** Alerts a day, over the whole bank; left out: 5. */
  readonly budget_per_day?: number;
  /** IANA name of the time zone in which people work; left out: UTC. */
  readonly timezone?: string;
  /** Days as 2026-12-25. */
  readonly holidays?: readonly string[];
  /** ARNs of roles and users that only machines use, `*` for any run of characters: how much they do is not judged. */
  readonly automation?: readonly string[];
  /** Baselines that are left out, by id: see shared/anomalies/baselines.ts. */
  readonly without?: readonly string[];
}

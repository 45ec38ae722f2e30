// What the bank's file says of anomalies, and what stands where it says nothing. (schemas/config/bank.schema.json, `anomalies`)
import type { BankConfig } from '../config.ts';

export interface AnomalySettings {
  readonly enabled: boolean;
  /** Alerts of anomalies a day, over the whole bank: what is beyond is kept in the index, as informational. */
  readonly budgetPerDay: number;
  /** IANA name: people's hours are theirs, and half of the year an hour off from UTC's. */
  readonly timezone: string;
  /** Days as 2026-12-25: nobody works, as on a Sunday. */
  readonly holidays: ReadonlySet<string>;
  /** The bank's own automation, whose volumes follow deployments and batches, not habits: ARNs of roles and users, `*` is any run of characters. */
  readonly automation: readonly string[];
  /** Names of baselines that are left out. */
  readonly without: ReadonlySet<string>;
}

export const DEFAULT_BUDGET = 5;

export function anomalySettings({ anomalies }: Pick<BankConfig, 'anomalies'>): AnomalySettings {
  return {
    enabled: anomalies?.enabled ?? true,
    budgetPerDay: anomalies?.budget_per_day ?? DEFAULT_BUDGET,
    timezone: anomalies?.timezone ?? 'UTC',
    holidays: new Set(anomalies?.holidays),
    automation: anomalies?.automation ?? [],
    without: new Set(anomalies?.without),
  };
}

// What the bank's file says of coverage: `coverage` in schemas/config/bank.schema.json.
import type { BankConfig } from '../config.ts';

export interface CoverageConfig {
  /** Left out: true. */
  readonly switch_on?: boolean;
  /** Left out: true. */
  readonly config_recorder?: boolean;
}

export interface CoverageSettings {
  /** Whether logging is switched on where it is off and that changes nothing else: flow logs, load balancers, web ACLs, log groups of the bank's file. */
  readonly switchOn: boolean;
  /** Whether the workload stacks make recorders of AWS Config. */
  readonly recorder: boolean;
}

export function coverageSettings({ coverage = {} }: Pick<BankConfig, 'coverage'>): CoverageSettings {
  return { switchOn: coverage.switch_on ?? true, recorder: coverage.config_recorder ?? true };
}

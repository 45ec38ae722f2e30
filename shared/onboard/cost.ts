// What the steps of a plan will cost a month before a single record comes: keys, alarms and streams have a price by the month, the rest goes by use.
// Prices and where they are from: prices.json. `strongroom cost` says what the vault costs.
import type { BankConfig } from '../config.ts';
import { inRegion } from '../organization/config.ts';
import prices from './prices.json' with { type: 'json' };
import type { StepResult } from './step.ts';

export interface CostLine {
  readonly what: string;
  /** A month, in the currency of prices.json. */
  readonly amount: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly total: number;
  readonly notes: readonly string[];
}

/** How many alarms a stack has: the templates know. @param bank as the region has it. */
export type AlarmCount = (bank: BankConfig, stack: 'security' | 'workload') => number;

/** Evidence, landing, streams, pseudonyms, the log's. */
const SECURITY_KEYS = 5;
/** Intake and hub. */
const SECURITY_STREAMS = 2;

/** @param bank as its file has it. @returns what the steps that are to be done add. */
export function costOfPlan(results: readonly StepResult[], bank: BankConfig, alarms: AlarmCount): Cost {
  const lines = results.flatMap((result) => (result.state === 'to do' ? stepCost(result, inRegion(bank, result.region), alarms) : []));
  const services = results.some(({ id, state }) => state === 'to do' && /^(?:guardduty|securityhub)-/.test(id));
  return {
    lines,
    total: lines.reduce((sum, { amount }) => sum + amount, 0),
    notes: [
      ...(lines.length === 0 ? [] : [BY_USE]),
      ...(services ? ['GuardDuty and Security Hub are billed to each account by what they look at, after a trial of 30 days.'] : []),
      ...(lines.length > 0 && bank.opensearch.domain !== undefined ? [DOMAIN] : []),
    ],
  };
}

const BY_USE =
  `By use, and not in it: functions, requests, log data in and out of streams, storage (\`strongroom cost\`), and AWS Config ` +
  `(${prices.thousand.configuration_items} ${prices.currency} for 1,000 configuration items).`;
const DOMAIN = 'The OpenSearch domain is not in it: https://aws.amazon.com/opensearch-service/pricing/ has its instance type.';

function stepCost({ id, account, region }: StepResult, bank: BankConfig, alarms: AlarmCount): readonly CostLine[] {
  if (id.startsWith('security-stack@')) {
    const keys = SECURITY_KEYS + (bank.opensearch.domain === undefined ? 0 : 1);
    const streams = SECURITY_STREAMS + (bank.streams?.length ?? 0);
    return [
      line(`${region}: ${streams} on-demand streams`, streams, 'stream'),
      line(`${region}: ${alarms(bank, 'security')} alarms`, alarms(bank, 'security'), 'alarm'),
      line(`${region}: ${keys} keys, before rotations`, keys, 'key'),
    ];
  }
  if (id.startsWith('workload@'))
    return [
      line(`${account}, ${region}: a key`, 1, 'key'),
      line(`${account}, ${region}: ${alarms(bank, 'workload')} alarms`, alarms(bank, 'workload'), 'alarm'),
    ];
  return [];
}

function line(what: string, count: number, unit: keyof typeof prices.month): CostLine {
  return { what, amount: count * prices.month[unit] };
}

/** @returns which prices those are, in a sentence. */
export function priceNote(): string {
  return `Estimate from list prices of ${prices.region}, ${prices.checked} (${prices.sources.join(', ')})`;
}

export function currency(): string {
  return prices.currency;
}

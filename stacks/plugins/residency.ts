// What the bank's residency rules mean for the policies of a stack: who may deliver to it, and from which regions. Without rules, all of the bank's
// accounts from everywhere. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
import type { BankConfig } from '../../shared/config.ts';
import { regionsOf } from '../../shared/organization/config.ts';
import { mayLive, mayMove } from '../../shared/residency/rules.ts';
import type { Alarm } from './alarm-resources.ts';

/** @param bank as the region has it. @returns those of the accounts whose logs may live in this region. */
export function residentAccounts(bank: BankConfig, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => mayLive(bank, id, 'logs', bank.region));
}

/**
 * ARNs of the trails that may deliver here. A trail that covers all regions has the ARN of its home region: with rules, one of the platform's regions
 * whose logs may come here; without, whichever that is. Regions that a trail covers are checked record by record.
 */
export function trailArns(bank: BankConfig, ids: readonly string[]): readonly string[] {
  const { region: here } = bank;
  if (bank.residency === undefined) return ids.map((id) => trailArn('*', id));
  return ids.flatMap((id) =>
    regionsOf(bank)
      .filter((from) => mayLive(bank, id, 'logs', from) && mayMove(bank, id, 'logs', from, here))
      .map((from) => trailArn(from, id)),
  );
}

function trailArn(region: string, account: string): string {
  return `arn:aws:cloudtrail:${region}:${account}:trail/*`;
}

/** @returns the alarm that rings when records are refused; none where nothing can be. */
export function residencyAlarms({ bank, residency }: BankConfig): readonly Alarm[] {
  if (residency === undefined) return [];
  return [
    {
      name: 'residency',
      text: 'Records came of a region or account whose data may not be here; they were parked without their text. Findings say whose, docs/RESIDENCY.md what to do.',
      namespace: 'Strongroom',
      metric: 'ResidencyRefused',
      dimensions: { Bank: bank },
      statistic: 'Sum',
      above: 0,
    },
  ];
}

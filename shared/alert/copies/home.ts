// Findings of a bank's further regions to its home region, where they are indexed beside its own: one place to see them all, while what was logged
// stays where it is. Alerted they were where they were found. shared/sources/strongroom-finding.ts reads them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html (a bus takes events through the endpoint of its own region)
import type { BankConfig } from '../../config.ts';
import { homeOf, regionsOf } from '../../organization/config.ts';
import { object, text } from '../../outcome.ts';
import { mayMove, placesOf } from '../../residency/rules.ts';

export interface HomeBus {
  readonly arn: string;
  readonly region: string;
}

/** @param bank as its stack in the region has it. @returns undefined at home, and where no account's findings may go there. */
export function homeBus(bank: BankConfig): HomeBus | undefined {
  const home = homeOf(bank);
  const isAllowed = bank.region !== home && placesOf(bank).some(({ account }) => mayMove(bank, account, 'findings', bank.region, home));
  if (!isAllowed) return undefined;
  return { arn: `arn:aws:events:${home}:${bank.security_account}:event-bus/strongroom-${bank.bank}`, region: home };
}

/** @param bank as its home region has it. @returns whether findings of other regions may come. */
export function takesFindings(bank: BankConfig): boolean {
  const home = homeOf(bank);
  if (bank.region !== home) return false;
  const others = regionsOf(bank).filter((region) => region !== home);
  return others.some((region) => placesOf(bank).some(({ account }) => mayMove(bank, account, 'findings', region, home)));
}

/** @returns whether the residency rules of the account that the finding is about let it go home. */
export function mayGoHome(bank: BankConfig, finding: Readonly<Record<string, unknown>>): boolean {
  const account = text(object(object(finding['cloud'])?.['account'])?.['uid']) ?? bank.security_account;
  return mayMove(bank, account, 'findings', bank.region, homeOf(bank));
}

// Which accounts are looked at, and by which role. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_aws-accounts.html
import type { BankConfig } from '../config.ts';
import { accountRegions, homeOf, roleNames } from '../organization/config.ts';

export interface CoveredAccount {
  readonly id: string;
  /** Log groups that the bank's file lists for it. */
  readonly logGroups: readonly string[];
  /** Whether this is the first of its regions, in which those groups must be. */
  readonly isFirst: boolean;
}

/** @returns the bank's accounts that work in this region; the management account works in the home region, as far as anybody has said. */
export function coveredAccounts(bank: BankConfig): readonly CoveredAccount[] {
  const { organization, region } = bank;
  const listed = bank.accounts
    .filter((account) => accountRegions(bank, account).includes(region))
    .map((account) => ({ id: account.id, logGroups: account.log_groups ?? [], isFirst: accountRegions(bank, account)[0] === region }));
  const management = organization?.management_account;
  if (management === undefined || region !== homeOf(bank) || listed.some(({ id }) => id === management)) return listed;
  return [...listed, { id: management, logGroups: [], isFirst: false }];
}

/** @returns ARN of the role that an account's workload stack makes for this region. */
export function coverageRole(bank: BankConfig, account: string): string {
  return `arn:aws:iam::${account}:role/${roleNames(bank)}-coverage`;
}

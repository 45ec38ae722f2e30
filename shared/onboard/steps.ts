// Which steps there are for a bank, for one of its accounts, for one of its regions, in the order in which they make sense.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { accountRegions, homeOf, inRegion, regionsOf } from '../organization/config.ts';
import { detectorSteps } from './detectors.ts';
import { membershipSteps } from './membership.ts';
import { organizationSteps } from './organization.ts';
import { organizationStackStep, securityStackStep, workloadAccounts, workloadSteps, type StackDeps } from './stacks.ts';
import type { Step } from './step.ts';

/** What is onboarded. */
export type Target =
  { readonly kind: 'bank' } | { readonly kind: 'account'; readonly account: string } | { readonly kind: 'region'; readonly region: string };

/** @param bank as its file has it: its home region's. @throws MisconfiguredError where the file has not what is to be onboarded. */
export function stepsFor(target: Target, bank: BankConfig, deps: StackDeps): readonly Step[] {
  switch (target.kind) {
    case 'bank':
      return bankSteps(bank, deps);
    case 'account':
      return accountSteps(bank, target.account, deps);
    case 'region':
      return regionSteps(bank, target.region, deps);
  }
}

/** Security stacks before the organization's: its trail needs their bucket. */
function bankSteps(bank: BankConfig, deps: StackDeps): readonly Step[] {
  const regions = regionsOf(bank).map((region) => inRegion(bank, region));
  return [
    ...organizationSteps(bank, deps.sessions),
    ...regions.map((one) => securityStackStep(one, deps)),
    ...organizationStackStep(bank, deps),
    ...regions.flatMap((one) => detectorSteps(one, deps.sessions)),
    ...bank.accounts.flatMap((account) => membershipSteps(bank, account, deps.sessions)),
    ...regions.flatMap((one) => workloadAccounts(bank, one.region).flatMap((account) => workloadSteps(one, account, deps))),
  ];
}

function accountSteps(bank: BankConfig, id: string, deps: StackDeps): readonly Step[] {
  const account = bank.accounts.find((one) => one.id === id);
  if (account === undefined) {
    const known = bank.accounts.map((one) => `${one.id} (${one.name})`).join(', ');
    throw new MisconfiguredError(`bank ${bank.bank} has no account ${id}, only ${known}: enter it in banks/${bank.bank}.yml first`);
  }
  const regions = accountRegions(bank, account).map((region) => inRegion(bank, region));
  const [member, ...unit] = membershipSteps(bank, account, deps.sessions);
  return [
    ...(member === undefined ? [] : [member]),
    ...regions.map((one) => securityStackStep(one, deps)),
    ...organizationStackStep(bank, deps),
    ...unit,
    ...regions.flatMap((one) => workloadSteps(one, account, deps)),
  ];
}

function regionSteps(bank: BankConfig, region: string, deps: StackDeps): readonly Step[] {
  const there = inRegion(bank, region);
  return [
    securityStackStep(there, deps),
    // Its policies and its StackSet name the regions.
    ...(region === homeOf(bank) ? [] : organizationStackStep(bank, deps)),
    ...detectorSteps(there, deps.sessions),
    ...workloadAccounts(bank, region).flatMap((account) => workloadSteps(there, account, deps)),
  ];
}

// Which banks are deployed together, and which stacks of each into which accounts and regions.
// https://docs.aws.amazon.com/wellarchitected/latest/devops-guidance/dl.ads.2-implement-incremental-feature-release-techniques.html
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { accountRegions, homeOf, inRegion, regionsOf } from '../../shared/organization/config.ts';

/** The witness's stack is deployed by those who run the witness. */
export const DEPLOYED_STACKS = ['security', 'organization', 'workload'] as const;

export type DeployedStack = (typeof DEPLOYED_STACKS)[number];

export interface Target {
  readonly stack: DeployedStack;
  readonly account: string;
  readonly region: string;
}

export interface BankTargets {
  /** As its file has it. */
  readonly bank: BankConfig;
  /** In the order in which they are deployed. */
  readonly targets: readonly Target[];
}

export interface Wave {
  readonly wave: number;
  readonly banks: readonly BankTargets[];
}

export interface Selection {
  /** All banks of the stage; left out: those that are named. */
  readonly stage?: string | undefined;
  readonly names?: readonly string[];
  readonly stacks: readonly DeployedStack[];
  /** Only this wave. */
  readonly wave?: number | undefined;
  /** Only this region. */
  readonly region?: string | undefined;
}

/**
 * @param banks all there are, as their files have them.
 * @returns the waves, first to last, each with its banks by name. @throws MisconfiguredError where nothing is selected, or what does not exist.
 */
export function wavesOf(banks: readonly BankConfig[], selection: Selection): readonly Wave[] {
  const selected = banksOf(banks, selection).map((bank) => ({ bank, targets: targetsOf(bank, selection) }));
  const numbers = [...new Set(selected.map(({ bank }) => waveOf(bank)))].sort((a, b) => a - b);
  if (selection.wave !== undefined && !numbers.includes(selection.wave))
    throw new MisconfiguredError(`--wave must be one of ${numbers.join(', ')} (found ${selection.wave})`);
  return numbers
    .filter((wave) => selection.wave === undefined || wave === selection.wave)
    .map((wave) => ({ wave, banks: selected.filter(({ bank }) => waveOf(bank) === wave) }));
}

function waveOf({ deployment }: BankConfig): number {
  return deployment?.wave ?? 1;
}

function banksOf(banks: readonly BankConfig[], { stage, names = [] }: Selection): readonly BankConfig[] {
  const byName = [...banks].sort((a, b) => (a.bank < b.bank ? -1 : 1));
  const known = byName.map(({ bank }) => bank);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MisconfiguredError(`--bank must name one of ${known.join(', ')} (found "${unknown}")`);
  if (stage === undefined) return byName.filter(({ bank }) => names.includes(bank));
  const found = byName.filter(({ deployment }) => deployment?.stage === stage);
  if (found.length > 0) return found;
  const stages = [...new Set(byName.flatMap(({ deployment }) => deployment?.stage ?? []))].sort();
  throw new MisconfiguredError(
    `no bank's file has deployment.stage ${stage}${stages.length === 0 ? ', nor any other' : `, only ${stages.join(', ')}`}`,
  );
}

/** @returns what is to be deployed: stack by stack, the home region first. @throws MisconfiguredError where the bank has none of it. */
export function targetsOf(bank: BankConfig, { stacks, region: only }: Pick<Selection, 'stacks' | 'region'>): readonly Target[] {
  const targets = DEPLOYED_STACKS.filter((stack) => stacks.includes(stack))
    .flatMap((stack) => placesOf(bank, stack).map((place) => ({ stack, ...place })))
    .filter(({ region }) => only === undefined || region === only);
  if (targets.length > 0) return targets;
  throw new MisconfiguredError(
    `bank ${bank.bank} has no ${stacks.join(' or ')} stack${only === undefined ? '' : ` in ${only}`}: its regions are ${regionsOf(bank).join(', ')}${bank.organization === undefined ? '; its file has no organization' : ''}`,
  );
}

function placesOf(bank: BankConfig, stack: DeployedStack): readonly Omit<Target, 'stack'>[] {
  const { security_account: security, organization } = bank;
  switch (stack) {
    case 'security':
      return regionsOf(bank).map((region) => ({ account: security, region }));
    case 'organization':
      return organization === undefined ? [] : [{ account: organization.management_account, region: homeOf(bank) }];
    case 'workload':
      // The organization's StackSet brings it to all accounts but the management account.
      return organization === undefined
        ? regionsOf(bank).flatMap((region) => inRegion(bank, region).accounts.map(({ id: account }) => ({ account, region })))
        : managementRegions(bank, organization.management_account);
  }
}

function managementRegions(bank: BankConfig, account: string): readonly Omit<Target, 'stack'>[] {
  const listed = bank.accounts.find(({ id }) => id === account);
  return (listed === undefined ? regionsOf(bank) : accountRegions(bank, listed)).map((region) => ({ account, region }));
}

/** @returns a target in few words. */
export function placeText(bank: string, { stack, account, region }: Target): string {
  return `${bank} ${region}: ${stack} stack in ${account}`;
}

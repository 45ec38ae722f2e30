// Where data of a bank's accounts may live and where it may go, by the policies that its file names (`residency`). Everything that asks is asked
// here: the check of the bank's file, the templates, the functions and `strongroom status`. See docs/RESIDENCY.md.
// https://docs.aws.amazon.com/whitepapers/latest/navigating-gdpr-compliance/aws-regions-and-availability-zones.html
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { accountRegions, homeOf, regionsOf } from '../organization/config.ts';
import { RESIDENCY_CLASSES, type ResidencyClass, type ResidencyPolicy } from './policy.ts';

export interface NamedPolicy extends ResidencyPolicy {
  readonly name: string;
}

/** @returns the policy of the first rule that names the account, or no account; undefined where there is none. */
export function policyOf(bank: BankConfig, account: string): NamedPolicy | undefined {
  const rule = bank.residency?.find(({ accounts }) => accounts === undefined || accounts.includes(account));
  return rule === undefined ? undefined : policyNamed(bank, rule.policy);
}

/**
 * The policies that bind an account, and whether all of them must allow a thing. Without rules none does. An account that no rule names is held to
 * all policies of the file; only the security account, in which the platform of every jurisdiction stands, is at home wherever one of them allows.
 */
export function policiesOf(bank: BankConfig, account: string): { readonly policies: readonly NamedPolicy[]; readonly all: boolean } {
  const own = policyOf(bank, account);
  if (own !== undefined) return { policies: [own], all: true };
  const names = [...new Set((bank.residency ?? []).map(({ policy }) => policy))];
  return { policies: names.map((name) => policyNamed(bank, name)), all: account !== bank.security_account };
}

/** @throws MisconfiguredError where the bank was loaded without its policies. */
function policyNamed({ bank, policies }: BankConfig, name: string): NamedPolicy {
  const policy = policies?.[name];
  if (policy === undefined) throw new MisconfiguredError(`bank ${bank}: residency names the policy ${name}, which was not loaded`);
  return { ...policy, name };
}

/** @returns whether data of the account and class may be made and kept in the region. */
export function mayLive(bank: BankConfig, account: string, className: ResidencyClass, region: string): boolean {
  return allows(bank, account, ({ classes }) => classes[className].live.includes(region));
}

/** @returns whether data of the account and class may go from one region to another; within a region it may. */
export function mayMove(
  bank: BankConfig,
  account: string,
  className: ResidencyClass,
  ...way: readonly [from: string, to: string]
): boolean {
  const [from, to] = way;
  return from === to || allows(bank, account, ({ classes }) => classes[className].move === 'any' || classes[className].move.includes(to));
}

/** @returns whether events of services without a region may be taken. */
export function mayTakeGlobal(bank: BankConfig, account: string): boolean {
  return allows(bank, account, ({ global_events: taken }) => taken);
}

function allows(bank: BankConfig, account: string, test: (policy: NamedPolicy) => boolean): boolean {
  const { policies, all } = policiesOf(bank, account);
  if (policies.length === 0) return true;
  return all ? policies.every(test) : policies.some(test);
}

/** An account of the bank and the regions whose logs of it are taken. */
export interface AccountPlace {
  readonly account: string;
  readonly regions: readonly string[];
}

/** @returns the bank's accounts with their regions: the workload accounts, then the management account (at home), then the security account (everywhere). */
export function placesOf(bank: BankConfig): readonly AccountPlace[] {
  const management = bank.organization?.management_account;
  const isListed = bank.accounts.some(({ id }) => id === management);
  return [
    ...bank.accounts.map((account) => ({ account: account.id, regions: accountRegions(bank, account) })),
    ...(management === undefined || isListed ? [] : [{ account: management, regions: [homeOf(bank)] }]),
    { account: bank.security_account, regions: regionsOf(bank) },
  ];
}

/**
 * The regions in which the bank's accounts may work at all, for its organization's policies: those of the platform, without any in which no account's
 * logs may live. A region in which the platform does not run is none of them: nobody would take its logs.
 * @param bank as its file has it. @returns undefined where the file has no rules: then nobody is kept out of a region.
 */
export function allowedRegions(bank: BankConfig): readonly string[] | undefined {
  if (bank.residency === undefined) return undefined;
  return regionsOf(bank).filter((region) => placesOf(bank).some(({ account }) => mayLive(bank, account, 'logs', region)));
}

export interface ResidencyRow {
  readonly account: string;
  readonly class: ResidencyClass;
  readonly region: string;
  readonly may_live: boolean;
  /** The bank's other regions, and all that the policy names; `any` is anywhere. */
  readonly may_move_to: readonly string[] | 'any';
  /** Names joined by `, `, or by ` or ` where any of them will do. */
  readonly policy: string;
}

/** @returns what the rules say of each account, region and class, for `strongroom status`; nothing where the file has none. */
export function residencyReport(bank: BankConfig): readonly ResidencyRow[] {
  if (bank.residency === undefined) return [];
  return placesOf(bank).flatMap(({ account, regions }) => {
    const { policies, all } = policiesOf(bank, account);
    const policy = policies.map(({ name }) => name).join(all ? ', ' : ' or ');
    return regions.flatMap((region) =>
      RESIDENCY_CLASSES.map((className) => ({
        account,
        class: className,
        region,
        may_live: mayLive(bank, account, className, region),
        may_move_to: targets(bank, account, className, region),
        policy,
      })),
    );
  });
}

function targets(bank: BankConfig, account: string, className: ResidencyClass, from: string): readonly string[] | 'any' {
  const moves = policiesOf(bank, account).policies.map(({ classes }) => classes[className].move);
  if (moves.length > 0 && moves.every((move) => move === 'any')) return 'any';
  const named = moves.flatMap((move) => (move === 'any' ? regionsOf(bank) : move));
  return [...new Set(named)].filter((to) => to !== from && mayMove(bank, account, className, from, to)).sort();
}

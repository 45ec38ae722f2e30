// The parts of the bank's file that are about more than one account or region (schemas/config/bank.schema.json), and the bank as one of its regions has it.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_introduction.html
import type { BankAccount, BankConfig, SeverityName } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';

export interface OrganizationConfig {
  /** `o-…` */
  readonly id: string;
  /** Left out: the bank's. */
  readonly name?: string;
  readonly management_account: string;
  /** `r-…`: units hang on it. */
  readonly root_id: string;
  /** ARNs, `*` stands for any run of characters: roles that may change what the organization's policies protect. */
  readonly deployers: readonly string[];
  /** S3 buckets and Lambda functions whose every access the trail records; `all` of a kind. Left out: none. */
  readonly data_events?: { readonly buckets?: 'all' | readonly string[]; readonly functions?: 'all' | readonly string[] };
}

/** A further region of the platform: what it does not say is as the bank's file has it. */
export interface RegionConfig extends Pick<BankConfig, 'opensearch' | 'kafka' | 'streams' | 'partner_events'> {
  readonly region: string;
  /** Region whose intake this one takes when that one is out (`strongroom failover`). */
  readonly takes_over?: string;
}

/** The first rule that names the account, or none, is the account's. */
export interface ResidencyRule {
  /** Name of a file in banks/policies/. */
  readonly policy: string;
  /** Left out: every account. */
  readonly accounts?: readonly string[];
}

/** Which release wave of `strongroom deploy --all` the bank is in, and with which rights. */
export interface DeploymentConfig {
  readonly stage: string;
  /** From 1 on; banks of one wave go together. Left out: 1. */
  readonly wave?: number;
  /** Role in the security account that deploys; `{account}` in its place of the account lets one name serve all of the bank's. */
  readonly role_arn?: string;
}

/** Who watches for the bank: gets findings and health, never logs. */
export interface ProviderConfig {
  readonly name: string;
  readonly event_bus_arn: string;
  readonly findings?: boolean;
  readonly health?: boolean;
  readonly min_severity?: SeverityName;
  /** Without it nothing leaves. */
  readonly consent: { readonly by: string; readonly on: string; readonly reference: string };
}

/** @returns the home region, then the others, in the order of the file. */
export function regionsOf(bank: BankConfig): readonly string[] {
  return [homeOf(bank), ...(bank.regions ?? []).map(({ region }) => region)];
}

/** @returns the region whose stack bears the names without a region. */
export function homeOf({ home, region }: BankConfig): string {
  return home ?? region;
}

/** @returns the regions whose logs of the account are taken. */
export function accountRegions(bank: BankConfig, { regions }: { readonly regions?: readonly string[] }): readonly string[] {
  return regions ?? [homeOf(bank)];
}

/**
 * @returns the accounts that deliver to this region as a rule, without those whose logs it takes only while another one is out. At home all: an
 * organization's trail delivers there, whatever the region.
 */
export function usualAccounts(bank: BankConfig): readonly BankAccount[] {
  return bank.region === homeOf(bank)
    ? bank.accounts
    : bank.accounts.filter((account) => accountRegions(bank, account).includes(bank.region));
}

/** @returns the region that takes the intake of this one over while it is out; undefined where none does. */
export function standbyOf({ regions = [] }: Pick<BankConfig, 'regions'>, region: string): string | undefined {
  return regions.find(({ takes_over: taken }) => taken === region)?.region;
}

/**
 * The bank as its stack in this region has it: that region's endpoints, and the accounts that have logs there, those included whose logs it takes only
 * while another region is out.
 * @throws MisconfiguredError naming the regions there are.
 */
export function inRegion(bank: BankConfig, region: string): BankConfig {
  const home = homeOf(bank);
  if (region === bank.region) return bank;
  const own = (bank.regions ?? []).find((one) => one.region === region);
  if (own === undefined) throw new MisconfiguredError(`bank ${bank.bank} has no region ${region}, only ${regionsOf(bank).join(', ')}`);
  const { opensearch, kafka = [], streams = [], partner_events = [] } = own;
  const accounts = bank.accounts.filter((account) => accountRegions(bank, account).some((one) => one === region || one === own.takes_over));
  return { ...bank, home, region, accounts, opensearch, kafka, streams, partner_events };
}

/** @returns the beginning of the names of the region's IAM roles: they are known in all regions, so only the home region's go without its name. */
export function roleNames(bank: BankConfig): string {
  const home = homeOf(bank);
  return bank.region === home ? `strongroom-${bank.bank}` : `strongroom-${bank.bank}-${bank.region}`;
}

// What must be seen of an account in a region, and how long each source may take to speak. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
import type { BankAccount, BankConfig } from '../config.ts';
import { wildcard } from '../declared/wildcard.ts';
import { homeOf } from '../organization/config.ts';

/** Spoken of by no region: what belongs to a whole account is expected once, in the home region, and seen wherever it comes from. */
const OF_NO_REGION: ReadonlySet<string> = new Set(['cloudfront', 'cloudfront-realtime', 'route53-public', 'health']);

/** Minutes after which it is late, where the bank's file does not say (operations.silence); delivery by AWS is in it. */
const MINUTES: Readonly<Record<string, number>> = { cloudtrail: 60, 'vpc-flow': 60, 'route53-resolver': 180 };
const OTHER_MINUTES = 1440;
/** What may be silent no longer than this speaks all day: an hour without it is a gap. */
const STEADY_MINUTES = 60;

/**
 * What the file lists for the account. Left out: cloudtrail; config, where the organization's stacks switch it on; what operations.silence names for
 * it; and what its log groups hold.
 */
export function expectedSources(bank: BankConfig, account: BankAccount): readonly string[] {
  if (account.sources !== undefined) return account.sources;
  const silence = (bank.operations?.silence ?? []).flatMap(({ source, accounts }) =>
    accounts === 'all' || accounts?.includes(account.id) === true ? [source] : [],
  );
  const groups = (account.log_groups ?? []).flatMap((group) => {
    const entry = bank.log_groups.find(({ match, account: of }) => (of === undefined || of === account.id) && wildcard(match)(group));
    return entry === undefined ? [] : [entry.source];
  });
  return [...new Set(['cloudtrail', ...(bank.organization === undefined ? [] : ['config']), ...silence, ...groups])];
}

/** A source of an account in a region; the region is undefined where the source has none. */
export interface Expected {
  readonly account: string;
  readonly source: string;
  readonly region: string | undefined;
}

/** @param bank as the region has it. */
export function expectedIn(bank: BankConfig): readonly Expected[] {
  const isHome = bank.region === homeOf(bank);
  return bank.accounts.flatMap((account) =>
    expectedSources(bank, account).flatMap((source): readonly Expected[] => {
      if (!OF_NO_REGION.has(source)) return [{ account: account.id, source, region: bank.region }];
      return isHome ? [{ account: account.id, source, region: undefined }] : [];
    }),
  );
}

/** @returns minutes after which the source is late. */
export function allowedMinutes(bank: Pick<BankConfig, 'operations'>, source: string): number {
  return bank.operations?.silence?.find((entry) => entry.source === source)?.minutes ?? MINUTES[source] ?? OTHER_MINUTES;
}

export function isSteady(minutes: number): boolean {
  return minutes <= STEADY_MINUTES;
}

// A workload account's log groups to the intake: those that the bank's file lists for it. They exist already.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html
import { digest } from '../../shared/ids.ts';
import type { BankConfig } from '../../shared/config.ts';
import type { Resources } from './resources.ts';

/** @param account 12 digits; one that is no workload account has none. */
export function logSubscriptions(bank: BankConfig, account: string): Resources {
  const groups = bank.accounts.find(({ id }) => id === account)?.log_groups ?? [];
  const prefix = `strongroom-${bank.bank}`;
  return Object.fromEntries(
    groups.map((name) => [
      // Names have slashes and may be long; another order in the file must not replace anything.
      `Subscription${Buffer.from(digest(9, name), 'base64url').toString('hex')}`,
      {
        Type: 'AWS::Logs::SubscriptionFilter',
        Properties: {
          FilterName: prefix,
          LogGroupName: name,
          FilterPattern: '',
          DestinationArn: `arn:aws:logs:${bank.region}:${bank.security_account}:destination:${prefix}-intake`,
        },
      },
    ]),
  );
}

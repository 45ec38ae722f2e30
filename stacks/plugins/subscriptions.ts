// The workload accounts' log groups to the intake: those that the bank's file lists for an account. They exist already, in the first of its regions;
// those of its other regions, and groups made anew, are subscribed by functions/coverage.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-subscriptionfilter.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
import { accountRegions } from '../../shared/organization/config.ts';
import { digest } from '../../shared/ids.ts';
import type { BankConfig } from '../../shared/config.ts';
import { among } from './conditions.ts';
import type { WorkloadNames, WorkloadTemplate } from './workload.ts';

export function logSubscriptions(bank: BankConfig, { prefix, arnOfSecurity }: WorkloadNames): WorkloadTemplate {
  const accounts = new Map<string, readonly string[]>();
  for (const { id, log_groups: groups = [] } of bank.accounts)
    for (const name of new Set(groups)) accounts.set(name, [...(accounts.get(name) ?? []), id]);
  const conditions = among(
    [...accounts.values()],
    new Map(bank.accounts.map((account) => [account.id, accountRegions(bank, account)[0] ?? bank.region])),
  );
  return {
    Conditions: conditions.all,
    Resources: Object.fromEntries(
      [...accounts].map(([name, ids]) => [
        // Names have slashes and may be long; another order in the file must not replace anything.
        `Subscription${Buffer.from(digest(9, name), 'base64url').toString('hex')}`,
        {
          Type: 'AWS::Logs::SubscriptionFilter',
          Condition: conditions.named(ids),
          Properties: {
            FilterName: prefix,
            LogGroupName: name,
            FilterPattern: '',
            DestinationArn: arnOfSecurity('logs', `destination:${prefix}-intake`),
          },
        },
      ]),
    ),
  };
}

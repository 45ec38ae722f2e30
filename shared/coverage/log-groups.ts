// Log groups of the bank's file that do not go to the intake. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
import {
  DescribeSubscriptionFiltersCommand,
  PutSubscriptionFilterCommand,
  ResourceNotFoundException,
  type SubscriptionFilter,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Gap, Place } from './gap.ts';

/** A log group has room for so many subscriptions. */
const MOST = 2;

export async function logGroups(place: Place): Promise<readonly Gap[]> {
  const gaps: Gap[] = [];
  for (const group of place.logGroups) gaps.push(...gapsOf(group, await filtersOf(group, place), place));
  return gaps;
}

/** @returns undefined where there is no such group. */
async function filtersOf(logGroupName: string, { clients: { logs } }: Place): Promise<readonly SubscriptionFilter[] | undefined> {
  try {
    return (await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName }))).subscriptionFilters ?? [];
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** @param filters of the group; undefined where it is not there, which it need not be in all of the account's regions. */
export function gapsOf(group: string, filters: readonly SubscriptionFilter[] | undefined, place: Place): readonly Gap[] {
  const { account, region, bank, isFirst, clients, to } = place;
  const gap = {
    kind: 'log_group_unsubscribed',
    source: 'logs',
    resource: `arn:aws:logs:${region}:${account}:log-group:${group}`,
  } as const;
  if (filters === undefined) return isFirst ? [{ ...gap, detail: `${group} is not there` }] : [];
  if (filters.some(({ destinationArn }) => destinationArn === to.intake)) return [];
  if (filters.length >= MOST) return [{ ...gap, detail: `${group} has ${filters.length} other subscriptions, as many as it can have` }];
  const filter = { logGroupName: group, filterName: `strongroom-${bank}`, filterPattern: '', destinationArn: to.intake };
  return [
    {
      ...gap,
      detail: `${group} has no subscription to the intake`,
      switchOn: () => clients.logs.send(new PutSubscriptionFilterCommand(filter)),
    },
  ];
}

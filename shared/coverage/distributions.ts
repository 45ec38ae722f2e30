// CloudFront distributions without a log. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/AccessLogs.html
import { GetDistributionConfigCommand, paginateListDistributions, type DistributionSummary } from '@aws-sdk/client-cloudfront';
import { paginateDescribeDeliveries, paginateDescribeDeliverySources } from '@aws-sdk/client-cloudwatch-logs';
import type { Clients, Gap, Place } from './gap.ts';

export async function distributions({ clients }: Place): Promise<readonly Gap[]> {
  const all: DistributionSummary[] = [];
  for await (const { DistributionList: list } of paginateListDistributions({ client: clients.cloudFront }, {}))
    all.push(...(list?.Items ?? []));
  if (all.length === 0) return [];
  const delivered = await deliveredBy(clients);
  const gaps: Gap[] = [];
  for (const distribution of all) {
    const { Id, ARN: arn = '', DomainName: name = '' } = distribution;
    if (delivered.has(arn) || hasRealTimeLog(distribution)) continue;
    const { DistributionConfig: config } = await clients.cloudFront.send(new GetDistributionConfigCommand({ Id }));
    if (config?.Logging?.Enabled !== true)
      gaps.push({ kind: 'distribution_unlogged', source: 'cloudfront', resource: arn, detail: `${Id ?? ''} (${name}) does not log` });
  }
  return gaps;
}

export function hasRealTimeLog({ DefaultCacheBehavior: byDefault, CacheBehaviors: others }: DistributionSummary): boolean {
  return [byDefault, ...(others?.Items ?? [])].some((behavior) => (behavior?.RealtimeLogConfigArn ?? '') !== '');
}

/** @returns ARNs of distributions with standard logging v2. */
async function deliveredBy({ cloudFrontLogs: client }: Clients): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for await (const { deliveries = [] } of paginateDescribeDeliveries({ client }, {}))
    for (const { deliverySourceName: name } of deliveries) if (name !== undefined) used.add(name);
  const found = new Set<string>();
  for await (const { deliverySources = [] } of paginateDescribeDeliverySources({ client }, {}))
    for (const { name = '', resourceArns = [] } of deliverySources) if (used.has(name)) resourceArns.forEach((arn) => found.add(arn));
  return found;
}

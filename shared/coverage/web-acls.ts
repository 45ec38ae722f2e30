// Web ACLs that do not log. Each has one destination. https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html
import {
  ListLoggingConfigurationsCommand,
  ListWebACLsCommand,
  PutLoggingConfigurationCommand,
  type LoggingConfiguration,
  type Scope,
  type WAFV2Client,
  type WebACLSummary,
} from '@aws-sdk/client-wafv2';
import type { Gap, Place } from './gap.ts';

const SOURCE = 'waf';
/** Headers with secrets of clients, which the service blots out. */
const REDACTED = ['authorization', 'cookie'];
const PAGE = 100;

export async function webAcls(place: Place): Promise<readonly Gap[]> {
  return await ofScope('REGIONAL', place.clients.waf, place);
}

/** Those of CloudFront: their logs may have to stay in other regions than ours, so where they go is not decided here. */
export async function cloudFrontAcls(place: Place): Promise<readonly Gap[]> {
  const gaps = await ofScope('CLOUDFRONT', place.clients.cloudFrontWaf, place);
  return gaps.map((gap) => ({ ...gap, switchOn: undefined }));
}

async function ofScope(scope: Scope, client: WAFV2Client, place: Place): Promise<readonly Gap[]> {
  const page = { Scope: scope, Limit: PAGE };
  const acls = await everything(async (NextMarker) => {
    const { WebACLs = [], NextMarker: next } = await client.send(new ListWebACLsCommand({ ...page, NextMarker }));
    return { items: WebACLs, next };
  });
  const configurations = await everything(async (NextMarker) => {
    const { LoggingConfigurations = [], NextMarker: next } = await client.send(
      new ListLoggingConfigurationsCommand({ ...page, NextMarker }),
    );
    return { items: LoggingConfigurations, next };
  });
  return acls.flatMap((acl) => gapsOf(acl, configurations, place));
}

/** The SDK has no paginator for this service. */
async function everything<T>(
  ask: (marker: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let marker: string | undefined, isFirst = true; isFirst || marker !== undefined; isFirst = false) {
    const { items, next } = await ask(marker);
    all.push(...items);
    // A page that is empty is the last one, whatever marker it has.
    marker = items.length === 0 ? undefined : next;
  }
  return all;
}

/** @param configurations of the account. Where one is there, the ACL is left as it is. */
export function gapsOf(
  { ARN: arn = '', Name: name = '' }: WebACLSummary,
  configurations: readonly LoggingConfiguration[],
  { clients: { waf }, to: { wafBucket } }: Place,
): readonly Gap[] {
  const ours = `arn:aws:s3:::${wafBucket}`;
  const destinations = configurations
    .filter(({ ResourceArn }) => ResourceArn === arn)
    .flatMap(({ LogDestinationConfigs = [] }) => LogDestinationConfigs);
  if (destinations.some((one) => one === ours || one.startsWith(`${ours}/`))) return [];
  const gap = { kind: 'web_acl_unlogged', source: SOURCE, resource: arn } as const;
  if (destinations.length > 0) return [{ ...gap, detail: `${name} logs to ${destinations.join()}` }];
  const LoggingConfiguration = {
    ResourceArn: arn,
    LogDestinationConfigs: [ours],
    RedactedFields: REDACTED.map((Name) => ({ SingleHeader: { Name } })),
  };
  return [
    { ...gap, detail: `${name} does not log`, switchOn: () => waf.send(new PutLoggingConfigurationCommand({ LoggingConfiguration })) },
  ];
}

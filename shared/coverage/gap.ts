// What the parts of coverage have in common: where they look, and what they find.
import type { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { ConfigServiceClient } from '@aws-sdk/client-config-service';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { GuardDutyClient } from '@aws-sdk/client-guardduty';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { BankConfig } from '../config.ts';
import type { COVERAGE_SIGNALS } from './signals.ts';

/** Of one account in one region. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly balancers: ElasticLoadBalancingV2Client;
  readonly waf: WAFV2Client;
  readonly rds: RDSClient;
  readonly logs: CloudWatchLogsClient;
  readonly config: ConfigServiceClient;
  readonly guardDuty: GuardDutyClient;
  /** In us-east-1: CloudFront, and what belongs to it. */
  readonly cloudFront: CloudFrontClient;
  readonly cloudFrontLogs: CloudWatchLogsClient;
  readonly cloudFrontWaf: WAFV2Client;
}

/** Where logs of the region belong. */
export interface Destinations {
  readonly landingBucket: string;
  readonly balancerBucket: string;
  readonly wafBucket: string;
  /** ARN of the Logs Destination. */
  readonly intake: string;
}

export interface Place {
  readonly bank: string;
  readonly account: string;
  readonly region: string;
  /** Log groups that the bank's file lists for the account. */
  readonly logGroups: readonly string[];
  /** Whether they must all be there: in the first of the account's regions. */
  readonly isFirst: boolean;
  readonly clients: Clients;
  readonly to: Destinations;
}

export interface Gap {
  readonly kind: keyof typeof COVERAGE_SIGNALS;
  /** Name of the source that is missing. */
  readonly source: string;
  /** ARN, or what else names it within account and region. */
  readonly resource: string;
  /** What is wrong, on one line. */
  readonly detail: string;
  /** Switches logging on; left out where that is not ours to do. @throws what AWS says. */
  readonly switchOn?: (() => Promise<unknown>) | undefined;
}

/** Asks one service. @throws what AWS says. */
export type Look = (place: Place) => Promise<readonly Gap[]>;

/** As the stacks name them (stacks/resources/landing.yml, intake.yml). */
export function destinationsOf({ bank, security_account: security, region }: BankConfig): Destinations {
  const buckets = `strongroom-${bank}-${security}-${region}`;
  return {
    landingBucket: `${buckets}-landing-kms`,
    balancerBucket: `${buckets}-landing-sse-s3`,
    wafBucket: `aws-waf-logs-${bank}-${security}-${region}`,
    intake: `arn:aws:logs:${region}:${security}:destination:strongroom-${bank}-intake`,
  };
}

// The way into another account: the role that its workload stack makes (stacks/plugins/workload-coverage.ts).
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { ListAccountsCommand, type OrganizationsClient } from '@aws-sdk/client-organizations';
import {
  cloudFrontClient,
  cloudWatchLogsClient,
  configServiceClient,
  ec2Client,
  guardDutyClient,
  loadBalancingClient,
  rdsClient,
  wafClient,
} from '../deps.ts';
import type { BankConfig } from '../config.ts';
import { coverageRole } from './accounts.ts';
import type { CoverageDeps, OrganizationAccount } from './coverage.ts';
import type { Clients } from './gap.ts';

/** CloudFront is asked there. */
const CLOUDFRONT_REGION = 'us-east-1';
/** Long enough for one account. */
const SESSION_SECONDS = 900;

/** @returns clients of an account in the bank's region. @throws what AWS says where the role cannot be assumed. */
export function entrance(bank: BankConfig, sts: Pick<STSClient, 'send'>, sessionName: string): CoverageDeps['enter'] {
  return async (account) => {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: coverageRole(bank, account),
        RoleSessionName: sessionName,
        DurationSeconds: SESSION_SECONDS,
      }),
    );
    const credentials = {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    };
    return clientsOf({ region: bank.region, credentials }, { region: CLOUDFRONT_REGION, credentials });
  };
}

function clientsOf(here: Parameters<typeof ec2Client>[0], cloudFront: Parameters<typeof cloudFrontClient>[0]): Clients {
  return {
    ec2: ec2Client(here),
    balancers: loadBalancingClient(here),
    waf: wafClient(here),
    rds: rdsClient(here),
    logs: cloudWatchLogsClient(here),
    config: configServiceClient(here),
    guardDuty: guardDutyClient(here),
    cloudFront: cloudFrontClient(cloudFront),
    cloudFrontLogs: cloudWatchLogsClient(cloudFront),
    cloudFrontWaf: wafClient(cloudFront),
  };
}

/** Only the management account, and accounts that administer a service for the organization, may ask. */
const MAY_NOT: ReadonlySet<string> = new Set(['AccessDeniedException', 'AWSOrganizationsNotInUseException']);

/** @returns the organization's active accounts; undefined where this account may not ask. */
export async function membersOf(organizations: OrganizationsClient): Promise<readonly OrganizationAccount[] | undefined> {
  const members: OrganizationAccount[] = [];
  try {
    for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken !== undefined; isFirst = false) {
      const page = await organizations.send(new ListAccountsCommand({ NextToken }));
      for (const { Id: id, Name: name = '', Status } of page.Accounts ?? [])
        if (id !== undefined && Status === 'ACTIVE') members.push({ id, name });
      NextToken = page.NextToken;
    }
    return members;
  } catch (error) {
    if (error instanceof Error && MAY_NOT.has(error.name)) return undefined;
    throw error;
  }
}

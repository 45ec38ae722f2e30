// Credentials for each of a bank's accounts: of the role that deploys there (deployment.role_arn in the bank's file), or those at hand, where they
// are of that account. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// Clients are made here and not in shared/deps.ts because they are of other accounts than the caller's; no function does that.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GuardDutyClient } from '@aws-sdk/client-guardduty';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { S3Client } from '@aws-sdk/client-s3';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { BankConfig, Environment } from '../config.ts';
import { ElsewhereError } from './step.ts';

/** An account in a region, as the one who deploys there sees it. */
export interface Session {
  readonly account: string;
  readonly region: string;
  readonly cloudFormation: CloudFormationClient;
  readonly cloudTrail: CloudTrailClient;
  readonly events: EventBridgeClient;
  readonly guardDuty: GuardDutyClient;
  readonly kinesis: KinesisClient;
  readonly logs: CloudWatchLogsClient;
  readonly organizations: OrganizationsClient;
  readonly s3: S3Client;
  readonly securityHub: SecurityHubClient;
  readonly sns: SNSClient;
  readonly sts: STSClient;
  /** In which a child process works as this session. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Sessions {
  /** @throws ElsewhereError where the credentials at hand are of another account and the bank's file names no role to take on. */
  of(account: string, region: string): Promise<Session>;
  close(): void;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What every role gives. */
const SESSION_SECONDS = 3600;
/** Whoever asks later gets credentials that last for a deployment again. */
const FRESH_MS = 10 * 60_000;

/** @param environment where the caller's AWS is. @returns sessions, each made when it is asked for, and anew when it is asked for much later. */
export function createSessions(bank: BankConfig, environment: Pick<Environment, 'endpoint'>): Sessions {
  const opened: Promise<Session>[] = [];
  const sts = new STSClient({ region: bank.region });
  const credentials = forAWhile((account: string) => credentialsOf(sts, bank, account));
  const sessions = forAWhile((place: string) => {
    const [account = '', region = ''] = place.split(' ');
    const session = credentials(account).then((own) => sessionOf({ account, region, endpoint: environment.endpoint }, own));
    opened.push(session);
    return session;
  });
  return {
    of: (account, region) => sessions(`${account} ${region}`),
    close() {
      sts.destroy();
      for (const session of opened) session.then(destroy, () => undefined);
    },
  };
}

function forAWhile<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, { readonly made: Promise<T>; readonly until: number }>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined && before.until > Date.now()) return before.made;
    const made = make(name);
    known.set(name, { made, until: Date.now() + FRESH_MS });
    return made;
  };
}

/** @returns undefined where the credentials at hand are the account's own. */
async function credentialsOf(sts: STSClient, bank: BankConfig, account: string): Promise<Credentials | undefined> {
  const role = roleIn(bank, account);
  if (role !== undefined) {
    const answer = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: `strongroom-${bank.bank}`, DurationSeconds: SESSION_SECONDS }),
    );
    const {
      AccessKeyId: accessKeyId = '',
      SecretAccessKey: secretAccessKey = '',
      SessionToken: sessionToken = '',
    } = answer.Credentials ?? {};
    return { accessKeyId, secretAccessKey, sessionToken };
  }
  const { Account: own = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}));
  if (own === account) return undefined;
  throw new ElsewhereError(
    `the credentials are of account ${own}: run this again with credentials of ${account}, or give the bank's file deployment.role_arn with {account} in it`,
  );
}

/** @returns the role that deploys into the account, where the bank's file names one that is there. */
function roleIn({ deployment, security_account: security }: BankConfig, account: string): string | undefined {
  const role = deployment?.role_arn;
  if (role === undefined) return undefined;
  return role.includes('{account}') || account === security ? role.replaceAll('{account}', account) : undefined;
}

interface Place {
  readonly account: string;
  readonly region: string;
  readonly endpoint: string | undefined;
}

function sessionOf({ account, region, endpoint }: Place, credentials: Credentials | undefined): Session {
  const config = { region, ...(credentials === undefined ? {} : { credentials }) };
  return {
    account,
    region,
    cloudFormation: new CloudFormationClient(config),
    cloudTrail: new CloudTrailClient(config),
    events: new EventBridgeClient(config),
    guardDuty: new GuardDutyClient(config),
    // The default handler speaks HTTP/2, which no emulator does.
    kinesis: new KinesisClient({ ...config, ...(endpoint === undefined ? {} : { requestHandler: new NodeHttpHandler() }) }),
    logs: new CloudWatchLogsClient(config),
    organizations: new OrganizationsClient(config),
    s3: new S3Client({ ...config, forcePathStyle: endpoint !== undefined }),
    securityHub: new SecurityHubClient(config),
    sns: new SNSClient(config),
    sts: new STSClient(config),
    environment: environmentOf(region, credentials),
  };
}

function environmentOf(region: string, credentials: Credentials | undefined): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(credentials === undefined
      ? {}
      : {
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
        }),
  };
}

function destroy({
  cloudFormation,
  cloudTrail,
  events,
  guardDuty,
  kinesis,
  logs,
  organizations,
  s3,
  securityHub,
  sns,
  sts,
}: Session): void {
  for (const client of [cloudFormation, cloudTrail, events, guardDuty, kinesis, logs, organizations, s3, securityHub, sns, sts])
    client.destroy();
}

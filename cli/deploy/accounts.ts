// The accounts of banks as a deployment sees them: what is deployed, which alarms ring. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, paginateDescribeAlarms, type AlarmType } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BankConfig, Environment } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { createSessions, type Session } from '../../shared/onboard/sessions.ts';
import { regionsOf } from '../../shared/organization/config.ts';
import type { DeployDeps, Found, Ringing } from './run.ts';
import { serverlessDeploy } from './serverless.ts';
import type { Target } from './waves.ts';

const ALARM_TYPES: AlarmType[] = ['MetricAlarm', 'CompositeAlarm'];

/** @param root the project's folder. @param say takes one line of progress. */
export function accountDeps(root: string, environment: Pick<Environment, 'endpoint'>, say: (line: string) => void): DeployDeps {
  /** With credentials that were just taken: a wave may take longer than those of a role last. */
  async function within<T>(
    bank: BankConfig,
    { account, region }: Omit<Target, 'stack'>,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const sessions = createSessions(bank, environment);
    try {
      return await work(await sessions.of(account, region));
    } finally {
      sessions.close();
    }
  }
  return {
    look: (bank, target) => within(bank, target, (session) => foundIn(session, stackName(bank, target))),
    deploy: (bank, target, release) =>
      within(bank, target, (session) => serverlessDeploy({ ...target, root, bank: bank.bank, release, environment: session.environment })),
    finish: async (bank, target) => {
      if (target.stack === 'security') await within(bank, target, (session) => provision(session, bank));
    },
    async ringing(bank, targets) {
      const places = [...regionsOf(bank).map((region) => ({ account: bank.security_account, region })), ...targets];
      const distinct = new Map(places.map(({ account, region }) => [`${account} ${region}`, { account, region }]));
      const found = [...distinct.values()].map((place) => within(bank, place, (session) => ringingIn(session, bank)));
      return (await Promise.all(found)).flat();
    },
    now: Date.now,
    sleep: (ms) => sleep(ms),
    say,
  };
}

function stackName({ bank }: BankConfig, { stack }: Target): string {
  return `strongroom-${bank}-${stack}`;
}

/** @throws MisconfiguredError where somebody else is changing it. */
async function foundIn({ cloudFormation }: Session, StackName: string): Promise<Found | undefined> {
  const stack = await cloudFormation.send(new DescribeStacksCommand({ StackName })).then(
    ({ Stacks = [] }) => Stacks[0],
    (error: unknown) => {
      if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) return undefined;
      throw error;
    },
  );
  if (stack === undefined) return undefined;
  const { StackStatus: status = '', CreationTime: created, LastUpdatedTime: updated, Outputs = [] } = stack;
  if (status.endsWith('_IN_PROGRESS'))
    throw new MisconfiguredError(`stack ${StackName} is being changed (${status}): wait until it is done, then run the same command again`);
  const release = Outputs.find(({ OutputKey }) => OutputKey === 'Release')?.OutputValue;
  const createdAt = created?.getTime() ?? 0;
  return { release, status, createdAt, changedAt: updated?.getTime() ?? createdAt };
}

async function ringingIn({ account, region, cloudFormation }: Session, { bank }: BankConfig): Promise<readonly Ringing[]> {
  const client = new CloudWatchClient({ region, credentials: cloudFormation.config.credentials });
  const query = { AlarmNamePrefix: `strongroom-${bank}-`, AlarmTypes: ALARM_TYPES };
  const place = `${account} ${region}`;
  const found: Ringing[] = [];
  try {
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginateDescribeAlarms({ client }, query)) {
      const silences = MetricAlarms.filter(({ TreatMissingData: missing }) => missing === 'breaching');
      const names = [...MetricAlarms, ...CompositeAlarms].flatMap(({ AlarmName: name = '', StateValue: state }) =>
        state === 'ALARM' ? [name] : [],
      );
      found.push(...names.map((name) => ({ name, place, isSilence: silences.some(({ AlarmName }) => AlarmName === name) })));
    }
    return found;
  } finally {
    client.destroy();
  }
}

/** A deployment ends with it (stacks/plugins/strongroom.ts), and may have ended before it. It changes nothing that is right. */
async function provision({ region, cloudFormation }: Session, { bank }: BankConfig): Promise<void> {
  const client = new LambdaClient({ region, credentials: cloudFormation.config.credentials });
  const FunctionName = `strongroom-${bank}-provision`;
  try {
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
    if (FunctionError !== undefined)
      throw new MisconfiguredError(`${FunctionName} could not set up OpenSearch: ${Buffer.from(Payload ?? []).toString('utf8')}`);
  } finally {
    client.destroy();
  }
}

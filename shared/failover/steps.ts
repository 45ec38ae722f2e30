// What `strongroom failover` changes, step by step. Each looks before and after, so that run again it does what is left and no more.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestination.html (its stream may be in another region)
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
import { DescribeDestinationsCommand, PutDestinationCommand, type Destination } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTrailsCommand, UpdateTrailCommand, type Trail } from '@aws-sdk/client-cloudtrail';
import { DescribeEventBusCommand, ListTargetsByRuleCommand, PutTargetsCommand, type Target } from '@aws-sdk/client-eventbridge';
import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { Session, Sessions } from '../onboard/sessions.ts';
import type { Looked, Step } from '../onboard/step.ts';
import { intakeOf, sendersIn, type Failover, type IntakeNames } from './failover.ts';

interface Change {
  readonly bank: BankConfig;
  readonly failover: Failover;
  /** Where everything is to go. */
  readonly wanted: IntakeNames;
  readonly session: () => Promise<Session>;
}

const READY = 'intake';
/** Target of the forward rules: stacks/plugins/workload.ts. */
const TARGET = 'bus';

/** @param bank as its file has it. @returns the steps, in the order in which they make sense. */
export function failoverSteps(bank: BankConfig, failover: Failover, sessions: Sessions): readonly Step[] {
  const { from, to, back } = failover;
  const { security_account: security, organization } = bank;
  const receiving = back ? from : to;
  const wanted = intakeOf(bank, receiving);
  const at = (account: string, region: string) => ({
    account,
    region,
    change: { bank, failover, wanted, session: () => sessions.of(account, region) },
  });
  const management = organization?.management_account;
  return [
    readyStep(at(security, receiving)),
    destinationStep(at(security, from)),
    ...sendersIn(bank, from).map((account) => forwardStep(at(account, from))),
    ...(management === undefined ? [] : [trailStep(at(management, from))]),
  ];
}

interface Place {
  readonly account: string;
  readonly region: string;
  readonly change: Change;
}

/** Nothing goes where nobody would take it. */
function readyStep({ account, region, change: { bank, wanted, session } }: Place): Step {
  return {
    id: READY,
    title: `the intake of ${region} takes logs`,
    ...{ account, region },
    rights: ['events:DescribeEventBus', 'kinesis:DescribeStreamSummary'],
    async look() {
      const { events, kinesis } = await session();
      try {
        await events.send(new DescribeEventBusCommand({ Name: wanted.busName }));
        const { StreamDescriptionSummary: stream } = await kinesis.send(
          new DescribeStreamSummaryCommand({ StreamName: wanted.streamName }),
        );
        const status = stream?.StreamStatus ?? 'unknown';
        return { done: status === 'ACTIVE' || status === 'UPDATING', found: `stream ${status.toLowerCase()}` };
      } catch (error) {
        if (isMissing(error)) return { done: false, found: 'no security stack' };
        throw error;
      }
    },
    act: () =>
      Promise.reject(
        new MisconfiguredError(
          `nobody would take what is sent to ${region}: deploy the security stack there first (serverless deploy --param bank=${bank.bank} --param region=${region})`,
        ),
      ),
  };
}

/** The destination stays where the log groups are, and the bank's accounts keep writing to it. */
function destinationStep({ account, region, change: { wanted, session } }: Place): Step {
  const read = async (): Promise<Destination> => {
    const { logs } = await session();
    const { destinations = [] } = await logs.send(new DescribeDestinationsCommand({ DestinationNamePrefix: wanted.streamName }));
    const found = destinations.find(({ destinationName }) => destinationName === wanted.streamName);
    if (found === undefined)
      throw new MisconfiguredError(`there is no destination ${wanted.streamName} in ${region}: its security stack is not deployed`);
    return found;
  };
  return {
    id: 'log-groups',
    title: `log groups of ${region}`,
    ...{ account, region },
    rights: ['iam:PassRole', 'logs:DescribeDestinations', 'logs:PutDestination'],
    after: [READY],
    look: async () => lookedAt((await read()).targetArn, wanted.stream),
    async act() {
      const { destinationName, roleArn } = await read();
      const { logs } = await session();
      await logs.send(new PutDestinationCommand({ destinationName, roleArn, targetArn: wanted.stream }));
    },
  };
}

/** EventBridge sends nothing on from a second bus to a third: each account's own rule has to name the other one. */
function forwardStep({ account, region, change: { bank, wanted, session } }: Place): Step {
  const rule = `strongroom-${bank.bank}-forward`;
  const read = async (): Promise<Target | undefined> => {
    const { events } = await session();
    try {
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
      return Targets.find(({ Id }) => Id === TARGET);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  return {
    id: `events@${account}`,
    title: `events of account ${account} in ${region}`,
    ...{ account, region },
    rights: ['events:ListTargetsByRule', 'events:PutTargets', 'iam:PassRole'],
    after: [READY],
    async look() {
      const target = await read();
      return target === undefined ? { done: true, found: `no rule ${rule}: no events come from there` } : lookedAt(target.Arn, wanted.bus);
    },
    async act() {
      const target = await read();
      if (target === undefined) return;
      const { events } = await session();
      const { FailedEntries = [] } = await events.send(new PutTargetsCommand({ Rule: rule, Targets: [{ ...target, Arn: wanted.bus }] }));
      const [failed] = FailedEntries;
      if (failed !== undefined)
        throw new RetryableError(`EventBridge refuses the target: ${failed.ErrorCode ?? ''} ${failed.ErrorMessage ?? ''}`);
    },
  };
}

/** Those whose home is the region and whose bucket is one of ours; CloudTrail asks that key and bucket be of one region. */
function trailStep({ account, region, change: { bank, failover, wanted, session } }: Place): Step {
  const ours = [failover.from, failover.to].map((one) => intakeOf(bank, one).landingBucket);
  const read = async (): Promise<readonly Trail[]> => {
    const { cloudTrail } = await session();
    const { trailList = [] } = await cloudTrail.send(new DescribeTrailsCommand({ includeShadowTrails: false }));
    return trailList.filter(({ S3BucketName }) => ours.includes(S3BucketName ?? ''));
  };
  return {
    id: 'trails',
    title: `trails of ${region}`,
    ...{ account, region },
    rights: ['cloudtrail:DescribeTrails', 'cloudtrail:UpdateTrail'],
    after: [READY],
    async look() {
      const trails = await read();
      const others = trails.filter(({ S3BucketName }) => S3BucketName !== wanted.landingBucket);
      if (trails.length === 0) return { done: true, found: 'none delivers here' };
      return lookedAt(others[0]?.S3BucketName ?? wanted.landingBucket, wanted.landingBucket);
    },
    async act() {
      const { cloudTrail } = await session();
      for (const { TrailARN, S3BucketName, KmsKeyId } of await read()) {
        if (S3BucketName === wanted.landingBucket) continue;
        const key = KmsKeyId === undefined ? {} : { KmsKeyId: wanted.landingKey };
        await cloudTrail.send(new UpdateTrailCommand({ Name: TrailARN, S3BucketName: wanted.landingBucket, ...key }));
      }
    },
  };
}

function lookedAt(found: string | undefined, wanted: string): Looked {
  return found === wanted
    ? { done: true, found: `to ${wanted}` }
    : { done: false, found: `to ${found ?? 'nowhere'}`, todo: `to ${wanted}` };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

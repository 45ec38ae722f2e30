// How the platform itself does in a region: alarms that ring, messages that wait, streams that are not read.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
// https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
import { GetMetricDataCommand, paginateDescribeAlarms, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { GetQueueAttributesCommand, paginateListQueues, type SQSClient } from '@aws-sdk/client-sqs';
import { type BankConfig } from '../config.ts';
import { streamName } from '../kafka-config.ts';

export interface Queue {
  readonly name: string;
  readonly waiting: number;
  /** Taken, and not done with. */
  readonly inHand: number;
}

export interface Platform {
  readonly region: string;
  readonly alarms: readonly { readonly name: string; readonly reason: string }[];
  readonly queues: readonly Queue[];
  /** Age of the oldest record not read, seconds; undefined where CloudWatch has no number of the last minutes. */
  readonly streams: readonly { readonly name: string; readonly age: number | undefined }[];
}

export interface PlatformDeps {
  readonly cloudWatch: CloudWatchClient;
  readonly sqs: SQSClient;
}

const WINDOW_MS = 15 * 60_000;

/** @param bank as the region has it. @param now ms since the epoch. */
export async function platformOf(bank: BankConfig, deps: PlatformDeps, now: number): Promise<Platform> {
  const prefix = `strongroom-${bank.bank}-`;
  const [alarms, queues, streams] = await Promise.all([
    ringing(deps.cloudWatch, prefix),
    queuesOf(deps.sqs, prefix),
    ages(bank, deps.cloudWatch, now),
  ]);
  return { region: bank.region, alarms, queues, streams };
}

/** Letters that nobody reads any more are trouble; other queues are what they are for. */
export function isDeadLetters({ name }: Queue): boolean {
  return name.endsWith('-dlq');
}

async function ringing(client: CloudWatchClient, AlarmNamePrefix: string): Promise<Platform['alarms']> {
  const found: { readonly name: string; readonly reason: string }[] = [];
  for await (const page of paginateDescribeAlarms(
    { client },
    { AlarmNamePrefix, StateValue: 'ALARM', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
  ))
    for (const { AlarmName = '', StateReason = '' } of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])])
      found.push({ name: AlarmName, reason: StateReason });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param QueueNamePrefix such as `strongroom-demo-`. */
export async function queuesOf(client: SQSClient, QueueNamePrefix: string): Promise<readonly Queue[]> {
  const queues: Queue[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues({ client }, { QueueNamePrefix, MaxResults: 1000 })) {
    for (const QueueUrl of QueueUrls) {
      const { Attributes: numbers = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      queues.push({
        name: QueueUrl.split('/').at(-1) ?? QueueUrl,
        waiting: Number(numbers['ApproximateNumberOfMessages'] ?? 0),
        inHand: Number(numbers['ApproximateNumberOfMessagesNotVisible'] ?? 0),
      });
    }
  }
  return queues.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function ages({ bank, streams: own = [] }: BankConfig, client: CloudWatchClient, now: number): Promise<Platform['streams']> {
  const names = [streamName(bank, 'intake'), streamName(bank, 'hub'), ...own.map(({ name }) => streamName(bank, name))];
  const Metric = { Namespace: 'AWS/Kinesis', MetricName: 'GetRecords.IteratorAgeMilliseconds' };
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - WINDOW_MS),
      EndTime: new Date(now),
      MetricDataQueries: names.map((Value, at) => ({
        Id: `stream${at}`,
        MetricStat: { Metric: { ...Metric, Dimensions: [{ Name: 'StreamName', Value }] }, Period: 60, Stat: 'Maximum' },
      })),
    }),
  );
  return names.map((name, at) => {
    const [newest] = MetricDataResults.find(({ Id }) => Id === `stream${at}`)?.Values ?? [];
    return { name, age: newest === undefined ? undefined : Math.round(newest / 1000) };
  });
}

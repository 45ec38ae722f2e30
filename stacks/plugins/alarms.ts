// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
// The alarms as a table: one line each, made into resources. All of them go to the operations topic, but the witness's to its own.
import type { BankConfig } from '../../shared/config.ts';
import { healthBus } from '../../shared/provider/provider.ts';
import type { Resource, Resources } from './resources.ts';
import { logicalId, metric, resource, silenceResource, stoppedResource, type Alarm } from './alarm-resources.ts';
import { detectionAlarms } from './alarms-detection.ts';
import { serviceAlarms } from './alarms-services.ts';
import type { StackPlace } from './place.ts';
import { residencyAlarms } from './residency.ts';

const CONSUMERS = ['ingest-stream', 'index', 'detect'];
const FUNCTIONS = [
  'ingest-objects',
  'ingest-stream',
  'ingest-events',
  'index',
  'detect',
  'provision',
  'notarize',
  'replay',
  'alerts',
  'correlate',
];
/** Run a few times an hour at most, and twice more where they fail: no alarm that waits for failures in a row would ring for them. */
const SELDOM = [
  { name: 'watch', text: 'watch could not look for what is missing, nor when it was tried again. Its log group says why.' },
  {
    name: 'coverage',
    text: 'coverage could not ask some accounts what logs, nor when it was tried again; it asks the rest. Its log group says which and why.',
  },
  {
    name: 'lifecycle',
    text: 'lifecycle could not do some of what it has to, nor when it was tried again; it does the rest. Its log group says what and why.',
  },
  {
    name: 'release-hook',
    text: 'release-hook could not tell CodeDeploy whether new versions work; those releases are rolled back after an hour. Its log group says why.',
  },
  {
    name: 'digest',
    text: 'digest could not ask OpenSearch for the numbers of the week; alerts tries for three hours, then sends the digest without them.',
  },
  { name: 'intel', text: 'intel could not make an index of indicators, nor when it was tried again; the last one stays in use.' },
  {
    name: 'intel-hunt',
    text: 'intel-hunt could not look for new indicators in the index; the next run goes on where it ended. Its log group says why.',
  },
  {
    name: 'anomalies',
    text: 'anomalies could not look for what is unusual, nor when it was tried again; the next run goes on where it ended. Its log group says why.',
  },
] as const;
const DEAD_LETTERS = ['objects-dlq', 'events-dlq', 'ingest-stream-dlq', 'index-dlq', 'detect-dlq', 'notary-dlq', 'replay-dlq'];
const QUEUES = ['objects', 'events', 'notary'];
/** What looks for others must not fall silent itself. */
const STOPPED = [
  { name: 'notarize', seconds: 900, text: 'notarize has not run for a quarter of an hour: the log of evidence is not signed.' },
  { name: 'watch', seconds: 3600, text: 'watch has not run for an hour: nobody looks for what is missing.' },
  {
    name: 'alerts',
    seconds: 900,
    text: 'alerts has not run for a quarter of an hour: first alerts go out, but no updates, summaries, copies or answers.',
  },
  { name: 'coverage', seconds: 10_800, text: 'coverage has not run for three hours: resources without a log are not found.' },
  { name: 'lifecycle', seconds: 10_800, text: 'lifecycle has not run for three hours: no index is made ahead, closed, saved or deleted.' },
  { name: 'intel', seconds: 10_800, text: 'intel has not run for three hours: indicators age, and new ones are not met.' },
  { name: 'anomalies', seconds: 10_800, text: 'anomalies has not run for three hours: nobody looks for what is unusual.' },
  {
    name: 'correlate',
    seconds: 900,
    text: 'correlate has not run for a quarter of an hour: single events alert, chains of them do not. It goes on where it ended.',
  },
] as const;
const STREAMS = ['intake', 'hub'];
const PROVIDER =
  "Queue provider-dlq holds states of alarms that the provider's bus has not taken for a day: the attributes of its messages say why.";
/** Records: a few minutes of a busy topic. */
const KAFKA_LAG = 100_000;

/** @returns the alarms of a stack, by logical id. */
export function alarmResources(bank: BankConfig, { stack, account, region }: StackPlace): Resources {
  const prefix = `strongroom-${bank.bank}`;
  const operations = `arn:aws:sns:${bank.region}:${bank.security_account}:${prefix}-operations`;
  const topic = stack === 'witness' ? `arn:aws:sns:${region}:${account}:${prefix}-witness` : operations;
  const alarms = {
    security: () => [...securityAlarms(prefix, bank), ...logAlarms(bank), ...kafkaAlarms(prefix, bank), ...residencyAlarms(bank)],
    // Nothing of it runs; whether its trail delivers is seen where it delivers to.
    organization: () => [],
    // Its own is in the template of all accounts (stacks/plugins/workload.ts).
    workload: () => [],
    witness: () => witnessAlarms(prefix, bank),
  }[stack]();
  const silence = stack === 'security' ? (bank.operations?.silence ?? []) : [];
  const entries: readonly (readonly [string, Resource])[] = [
    ...alarms.map((alarm) => [logicalId(alarm.name), resource(prefix, topic, alarm)] as const),
    ...(stack === 'security' ? STOPPED.map((one) => [logicalId(`${one.name}-stopped`), stoppedResource(prefix, topic, one)] as const) : []),
    ...silence.map(
      ({ source, minutes }) =>
        [logicalId(`silence-${source}`), silenceResource({ prefix, topic, bank: bank.bank, source, minutes })] as const,
    ),
  ];
  return { ...Object.fromEntries(entries), ...(stack === 'security' ? serviceAlarms(prefix, topic, bank) : {}) };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#performance-metrics (Kafka tells no age, but offsets) */
function kafkaAlarms(prefix: string, { kafka = [] }: BankConfig): readonly Alarm[] {
  const name = 'ingest-kafka';
  if (kafka.length === 0) return [];
  return [
    deadLetters(prefix, `${name}-dlq`),
    errors(prefix, name),
    {
      name: `${name}-lag`,
      text: `${name} is more than ${KAFKA_LAG} records behind in a topic; they are lost when the topic's retention ends.`,
      ...metric('AWS/Lambda', 'OffsetLag', { FunctionName: `${prefix}-${name}` }),
      statistic: 'Maximum',
      above: KAFKA_LAG,
      periods: 3,
    },
  ];
}

function errors(prefix: string, name: string): Alarm {
  return {
    name: `${name}-errors`,
    text: `${name} has failed; what it was given is delivered again. See its log group for the reason.`,
    ...metric('AWS/Lambda', 'Errors', { FunctionName: `${prefix}-${name}` }),
    statistic: 'Sum',
    above: 0,
    periods: 3,
  };
}

function securityAlarms(prefix: string, { bank, streams = [], provider }: BankConfig): readonly Alarm[] {
  return [
    ...DEAD_LETTERS.map((queue) => deadLetters(prefix, queue)),
    ...QUEUES.map((queue) => ({
      name: `${queue}-age`,
      text: `A delivery has waited in queue ${queue} for 15 minutes: its consumer is slow, throttled or failing.`,
      ...metric('AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: `${prefix}-${queue}` }),
      statistic: 'Maximum' as const,
      above: 900,
    })),
    ...CONSUMERS.map((name) => ({
      name: `${name}-lag`,
      text: `${name} is more than 5 minutes behind its stream; records expire after 7 days.`,
      ...metric('AWS/Lambda', 'IteratorAge', { FunctionName: `${prefix}-${name}` }),
      statistic: 'Maximum' as const,
      above: 300_000,
      periods: 3,
    })),
    ...FUNCTIONS.map((name) => errors(prefix, name)),
    ...SELDOM.map(({ name, text }) => ({ ...errors(prefix, name), text, period: 3600, periods: 1, above: 2 })),
    ...[...STREAMS, ...streams.map(({ name }) => name)].map((stream) => ({
      name: `${stream}-throttled`,
      text: `Stream ${stream} has refused writes; they are repeated, but intake slows down.`,
      ...metric('AWS/Kinesis', 'WriteProvisionedThroughputExceeded', { StreamName: `${prefix}-${stream}` }),
      statistic: 'Sum' as const,
      above: 0,
      periods: 3,
    })),
    ...detectionAlarms(bank),
    ...(healthBus({ provider }) === undefined ? [] : [{ ...deadLetters(prefix, 'provider-dlq'), text: PROVIDER }]),
    {
      name: 'parked',
      text: 'Records were parked because they could not be processed: `strongroom parked list` says why.',
      ...metric('Strongroom', 'Parked', { Bank: bank }),
      statistic: 'Sum',
      above: 0,
    },
  ];
}

function logAlarms({ bank, log }: BankConfig): readonly Alarm[] {
  const counted = (name: string): Pick<Alarm, 'namespace' | 'metric' | 'dimensions' | 'statistic'> => ({
    ...metric('Strongroom', name, { Bank: bank }),
    statistic: 'Sum',
  });
  return [
    {
      name: 'log-contradiction',
      text: 'The log of evidence contradicts itself or its witness: somebody has altered it, or taken a part of it away. Nothing is signed until it is mended.',
      ...counted('LogFaults'),
      above: 0,
    },
    {
      name: 'log-unsigned',
      text: 'No checkpoint of the log could be signed for 15 minutes. Leaves are still appended; see the log group of notarize for the reason.',
      ...counted('CheckpointFailures'),
      above: 0,
      periods: 3,
    },
    ...(log?.witness === undefined
      ? []
      : [
          {
            name: 'log-unwitnessed',
            text: 'The witness has not signed the last checkpoints of the log: ask those who run it.',
            ...counted('WitnessFailures'),
            above: 2,
            period: 3600,
          },
        ]),
  ];
}

function witnessAlarms(prefix: string, { bank }: BankConfig): readonly Alarm[] {
  return [
    errors(prefix, 'witness'),
    {
      name: 'witness-refused',
      text: "The bank's log was signed with a history that is not the one this witness knows: refused/ in its bucket has the proof.",
      ...metric('Strongroom', 'WitnessRefusals', { Bank: bank }),
      statistic: 'Sum',
      above: 0,
    },
  ];
}

/** @param queue name after `strongroom-<bank>-`. */
export function deadLetters(prefix: string, queue: string): Alarm {
  return {
    name: queue,
    text: `Queue ${queue} holds deliveries that failed for good: find the reason in the logs, then redrive them.`,
    ...metric('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: `${prefix}-${queue}` }),
    statistic: 'Maximum',
    above: 0,
  };
}

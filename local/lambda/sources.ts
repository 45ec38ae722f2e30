// Starts what reads an event source for a function: a queue, a stream or a topic.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { MisconfiguredError } from '../../shared/errors.ts';
import { getSecret, type SecretsAccess } from '../secrets.ts';
import type { HostClients } from './clients.ts';
import { topicFailureMessage } from './kafka-event.ts';
import { topicReader } from './kafka-reader.ts';
import { startTopicPoller } from './kafka.ts';
import { onFailureMessage } from './kinesis-event.ts';
import { streamReader } from './kinesis-reader.ts';
import { LOCAL_PACE, startStreamPoller } from './kinesis.ts';
import type { DeployedFunction, DeployedMapping, HostLog, Invoke, Poller } from './model.ts';
import { queueUrlOf, startQueuePoller } from './sqs.ts';

export interface SourceContext {
  readonly options: SecretsAccess & { readonly sqsRetrySeconds?: number; readonly sqsWindowSeconds?: number; readonly log: HostLog };
  readonly clients: HostClients;
  readonly target: DeployedFunction;
  readonly invoke: Invoke;
  /** Batches of a queue that may be under way at once. */
  readonly concurrency: () => number;
}

/** @returns the poller, which already reads. @throws MisconfiguredError where the mapping does not say what it reads. */
export async function startPoller(mapping: DeployedMapping, context: SourceContext): Promise<Poller> {
  switch (mapping.source) {
    case 'sqs':
      return await startQueue(mapping, context);
    case 'kinesis':
      return await startStream(mapping, context);
    case 'kafka':
      return await startTopic(mapping, context);
  }
}

function startQueue(mapping: DeployedMapping, { options, clients, invoke, concurrency }: SourceContext): Promise<Poller> {
  const { region, sqsRetrySeconds: retrySeconds, sqsWindowSeconds: windowSeconds, log } = options;
  return startQueuePoller(mapping, { client: clients.sqs, region, invoke, concurrency, retrySeconds, windowSeconds, log });
}

function startStream(mapping: DeployedMapping, context: SourceContext): Promise<Poller> {
  const { target, clients, invoke } = context;
  const { region, log } = context.options;
  const origin = { streamArn: mapping.sourceArn, region, functionArn: target.arn, roleArn: target.role };
  return startStreamPoller(mapping, {
    reader: streamReader(clients.kinesis, mapping.sourceArn),
    invoke,
    origin,
    giveUp: async (givenUp, shardId, current) => {
      log('records given up', { function: target.name, shard: shardId, reason: givenUp.reason, records: givenUp.records.length });
      await reportFailure(current, context, onFailureMessage(givenUp, { ...origin, shardId }, Date.now()));
    },
    pace: LOCAL_PACE,
    log,
  });
}

async function startTopic(mapping: DeployedMapping, context: SourceContext): Promise<Poller> {
  const { kafka: source, uuid } = mapping;
  if (source === undefined) throw new MisconfiguredError(`event source mapping ${uuid}: names no brokers`);
  const { options, target, invoke } = context;
  return startTopicPoller(mapping, {
    source,
    reader: await topicReader(source, (arn) => getSecret(options, arn)),
    invoke,
    giveUp: async (given, current) => {
      options.log('records given up', { function: target.name, topic: source.topic, records: given.records.length });
      await reportFailure(current, context, topicFailureMessage(given, source, target.arn, Date.now()));
    },
    pace: LOCAL_PACE,
    log: options.log,
  });
}

async function reportFailure(
  { onFailureQueueArn: arn }: DeployedMapping,
  { clients }: SourceContext,
  message: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (arn === undefined) return;
  const QueueUrl = await queueUrlOf(clients.sqs, arn);
  await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
}

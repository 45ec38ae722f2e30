// Event source mapping of a queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Message, MessageAttributeValue, SQSClient } from '@aws-sdk/client-sqs';
import { batchLength, failedItems, MAX_BATCH_BYTES } from './batch.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate.ts';
import { reasonOf } from './model.ts';
import type { DeployedMapping, HostLog, InvocationResult, Invoke, Poller } from './model.ts';

/** Short, because pausing waits for a poll under way: a request that is cut off could still take messages. */
const LONG_POLL_SECONDS = 1;
/** Messages that one call may receive or delete. */
const CALL_LIMIT = 10;
const TROUBLE_PAUSE_MS = 1000;

export interface QueueContext {
  readonly client: SQSClient;
  readonly region: string;
  readonly invoke: Invoke;
  /** Batches that may be under way at once. */
  readonly concurrency: () => number;
  /** Seconds after which a failed message comes back; undefined leaves it to the queue's visibility timeout, as Lambda does. */
  readonly retrySeconds: number | undefined;
  /** Seconds for which messages are gathered at the most; undefined leaves it to the mapping's batching window. */
  readonly windowSeconds: number | undefined;
  readonly log: HostLog;
}

interface State {
  readonly context: QueueContext;
  readonly queueUrl: string;
  readonly gate: Gate;
  readonly batches: Set<Promise<void>>;
  mapping: DeployedMapping;
}

/** @returns the poller, which already polls. */
export async function startQueuePoller(mapping: DeployedMapping, context: QueueContext): Promise<Poller> {
  const stopping = new AbortController();
  const state: State = {
    mapping,
    context,
    queueUrl: await queueUrlOf(context.client, mapping.sourceArn),
    gate: createGate(),
    batches: new Set(),
  };
  const done = poll(state, stopping.signal);
  return {
    pause: () => state.gate.close(),
    resume: () => state.gate.open(),
    update: (changed) => (state.mapping = changed),
    isQuiet: () => isQuiet(state),
    stop: async () => {
      stopping.abort();
      await done;
      await Promise.all(state.batches);
    },
  };
}

/** @param arn of a queue of this or another account. */
export async function queueUrlOf(client: SQSClient, arn: string): Promise<string> {
  const [, , , , account = '', name = ''] = arn.split(':');
  const { QueueUrl: url = '' } = await client.send(new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }));
  return url;
}

/** Whatever was received and not yet deleted still counts as not visible, so the queue itself knows of batches under way. */
async function isQuiet({ gate, context, queueUrl }: State): Promise<boolean> {
  if (!gate.isOpen()) return true;
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const;
  const { Attributes: attributes } = await context.client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
  );
  return names.every((name) => Number(attributes?.[name] ?? 0) === 0);
}

async function poll(state: State, signal: AbortSignal): Promise<void> {
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal }).catch(() => undefined);
  const note = (thrown: unknown): void => {
    if (!signal.aborted) state.context.log('queue poller: will try again', { source: state.mapping.sourceArn, reason: reasonOf(thrown) });
  };
  while (!signal.aborted) {
    try {
      await startBatch(state, signal);
    } catch (thrown) {
      note(thrown);
      await pause(TROUBLE_PAUSE_MS);
    }
  }
}

/** Resolves when the batch was received; it is delivered in the background, so that the next one may be received meanwhile. */
async function startBatch(state: State, signal: AbortSignal): Promise<void> {
  const { batches, context, gate } = state;
  const limit = (): number => Math.max(1, Math.min(context.concurrency(), state.mapping.maxConcurrency ?? Infinity));
  while (batches.size >= limit()) await Promise.race(batches);
  await gate.enter(signal);
  const gathered = gather(state, signal);
  const work: Promise<void> = deliverGathered(state, gathered, signal).finally(() => {
    batches.delete(work);
    gate.leave();
  });
  batches.add(work);
  await gathered;
}

async function gather({ context, queueUrl, mapping }: State, signal: AbortSignal): Promise<readonly Message[]> {
  const messages: Message[] = [];
  const windowMs = Math.min(mapping.batchingWindowMs, (context.windowSeconds ?? Infinity) * 1000);
  let until = 0;
  for (;;) {
    const request = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(CALL_LIMIT, mapping.batchSize - messages.length),
      WaitTimeSeconds: LONG_POLL_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages: received = [] } = await context.client.send(request, { abortSignal: signal }).catch((thrown: unknown) => {
      // What was taken before must not wait until the queue shows it again.
      if (messages.length === 0 || signal.aborted) throw thrown;
      return { Messages: [] };
    });
    if (messages.length === 0) until = performance.now() + windowMs;
    messages.push(...received);
    const bytes = messages.reduce((sum, { Body: body = '' }) => sum + body.length, 0);
    const full = messages.length >= mapping.batchSize || bytes >= MAX_BATCH_BYTES;
    if (messages.length === 0 || full || performance.now() >= until) return messages;
  }
}

async function deliverGathered(state: State, gathered: Promise<readonly Message[]>, signal: AbortSignal): Promise<void> {
  // Whoever started the batch hears of a failed receive.
  const messages = await gathered.catch(() => []);
  const { mapping, context } = state;
  const records = messages.map((message) => JSON.stringify(eventRecord(message, mapping.sourceArn, context.region)));
  const sizes = records.map((record) => Buffer.byteLength(record));
  try {
    for (let from = 0; from < messages.length;) {
      const to = from + batchLength(sizes.slice(from), mapping.batchSize);
      const result = await context.invoke(`{"Records":[${records.slice(from, to).join(',')}]}`);
      await acknowledgeSurely(state, messages.slice(from, to), { result, signal });
      from = to;
    }
  } catch (thrown) {
    // What was not deleted comes back by itself.
    context.log('queue poller: messages could not be acknowledged', { source: mapping.sourceArn, reason: reasonOf(thrown) });
  }
}

/** Lambda does not leave what was processed in the queue because that is out for a moment. */
async function acknowledgeSurely(
  state: State,
  messages: readonly Message[],
  { result, signal }: { readonly result: InvocationResult; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await acknowledge(state, messages, result);
      return;
    } catch (thrown) {
      state.context.log('queue poller: will acknowledge again', { source: state.mapping.sourceArn, reason: reasonOf(thrown) });
      await delay(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function acknowledge({ context, queueUrl, mapping }: State, messages: readonly Message[], result: InvocationResult): Promise<void> {
  const identifiers = messages.map(({ MessageId: id = '' }) => id);
  const failed = failedItems(result, identifiers, mapping.reportsBatchItemFailures);
  const entries = messages.map(({ ReceiptHandle: handle = '' }, index) => ({ Id: String(index), ReceiptHandle: handle }));
  const isFailed = (_: unknown, index: number): boolean => failed.has(identifiers[index] ?? '');
  const done = entries.filter((entry, index) => !isFailed(entry, index));
  for (let from = 0; from < done.length; from += CALL_LIMIT) {
    await context.client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: done.slice(from, from + CALL_LIMIT) }));
  }
  if (context.retrySeconds === undefined) return;
  const back = entries.filter(isFailed).map((entry) => ({ ...entry, VisibilityTimeout: context.retrySeconds }));
  for (let from = 0; from < back.length; from += CALL_LIMIT) {
    await context.client.send(
      new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: back.slice(from, from + CALL_LIMIT) }),
    );
  }
}

/** @returns the record of a Lambda event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export function eventRecord(message: Message, sourceArn: string, region: string): Record<string, unknown> {
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, found]) => [name, attributeOf(found)]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: sourceArn,
    awsRegion: region,
  };
}

function attributeOf(found: MessageAttributeValue): Record<string, unknown> {
  const binary = found.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(found.BinaryValue).toString('base64') };
  const string = found.StringValue === undefined ? {} : { stringValue: found.StringValue };
  return { ...string, ...binary, stringListValues: [], binaryListValues: [], dataType: found.DataType };
}

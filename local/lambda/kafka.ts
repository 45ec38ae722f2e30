// Event source mapping of a topic: batches hold records of any of its partitions, each partition's in their order; a failed batch is tried again
// as it is, and its place is committed when it was delivered. https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
import { setTimeout as delay } from 'node:timers/promises';
import { batchLength, MAX_BATCH_BYTES } from './batch.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate.ts';
import { topicEvent, topicEventRecord } from './kafka-event.ts';
import type { GivenUpBatch, TopicRecord } from './kafka-event.ts';
import type { Places, TopicReader } from './kafka-reader.ts';
import type { StreamPace } from './kinesis.ts';
import { reasonOf } from './model.ts';
import type { DeployedMapping, HostLog, Invoke, KafkaSource, Poller } from './model.ts';

export interface TopicContext {
  readonly source: KafkaSource;
  readonly reader: TopicReader;
  readonly invoke: Invoke;
  /** @param mapping as it is now: its destination may have changed since the poller started. */
  readonly giveUp: (given: GivenUpBatch, mapping: DeployedMapping) => Promise<void>;
  readonly pace: Pick<StreamPace, 'retryMs' | 'maxRetryMs'>;
  readonly log: HostLog;
}

interface State {
  readonly context: TopicContext;
  readonly gate: Gate;
  readonly signal: AbortSignal;
  mapping: DeployedMapping;
  /** Where the next read begins; undefined until the group's place is known. */
  read: Places | undefined;
  /** Behind what was delivered: what is committed. */
  delivered: Map<number, number>;
  /** Read and not yet delivered. */
  readonly buffer: { readonly record: TopicRecord; readonly bytes: number }[];
  /** When its first record was read, ms of the process clock. */
  bufferedSince: number;
}

/** @returns the poller, which already reads: from where the group was, or from the starting position of the mapping. */
export function startTopicPoller(mapping: DeployedMapping, context: TopicContext): Poller {
  const stopping = new AbortController();
  const { signal } = stopping;
  const state: State = {
    mapping,
    context,
    signal,
    gate: createGate(),
    read: undefined,
    delivered: new Map(),
    buffer: [],
    bufferedSince: 0,
  };
  const done = follow(state);
  return {
    pause: () => state.gate.close(),
    resume: () => state.gate.open(),
    update: (changed) => (state.mapping = changed),
    isQuiet: () => isQuiet(state),
    stop: async () => {
      stopping.abort();
      await done;
      await context.reader.close().catch(() => undefined);
    },
  };
}

/** The topic itself knows of what was written since the last read. */
async function isQuiet({ gate, read, delivered, context }: State): Promise<boolean> {
  if (!gate.isOpen()) return true;
  if (read === undefined) return false;
  const ends = await context.reader.ends();
  return [...ends].every(([partition, end]) => (delivered.get(partition) ?? 0) >= end);
}

async function follow(state: State): Promise<void> {
  const { gate, context, signal, mapping } = state;
  while (!signal.aborted) {
    try {
      await gate.enter(signal);
      try {
        await step(state);
      } finally {
        gate.leave();
      }
    } catch (thrown) {
      if (isStopped(state)) return;
      context.log('topic poller: will try again', { source: mapping.sourceArn, topic: context.source.topic, reason: reasonOf(thrown) });
      await delay(context.pace.maxRetryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

function isStopped({ signal }: State): boolean {
  return signal.aborted;
}

/** One read and what it makes ready. */
async function step(state: State): Promise<void> {
  const { reader, source } = state.context;
  if (state.read === undefined) {
    state.read = await reader.places(state.mapping.startingPosition);
    state.delivered = new Map(state.read);
  }
  const { records, places } = await reader.read(state.read);
  if (state.buffer.length === 0) state.bufferedSince = performance.now();
  for (const record of records) {
    const bytes = Buffer.byteLength(JSON.stringify(topicEventRecord(record, source.topic)));
    state.buffer.push({ record, bytes });
  }
  state.read = places;
  // What is no record, such as the end of a transaction, is behind us at once.
  if (state.buffer.length === 0) state.delivered = new Map(places);
  while (isReady(state)) await deliverNext(state);
}

function isReady({ buffer, bufferedSince, mapping }: State): boolean {
  if (buffer.length === 0) return false;
  const full = buffer.length >= mapping.batchSize || buffer.reduce((sum, { bytes }) => sum + bytes, 0) >= MAX_BATCH_BYTES;
  return full || performance.now() - bufferedSince >= mapping.batchingWindowMs;
}

async function deliverNext(state: State): Promise<void> {
  const { context, buffer, mapping } = state;
  const sizes = buffer.map(({ bytes }) => bytes);
  const length = batchLength(sizes, mapping.batchSize);
  const records = buffer.slice(0, length).map(({ record }) => record);
  await deliver(state, records);
  for (const { partition, offset } of records) state.delivered.set(partition, offset + 1);
  await context.reader.commit(state.delivered);
  buffer.splice(0, length);
  state.bufferedSince = performance.now();
}

/** Resolves when the batch was processed or given up. @throws when the poller stops. */
async function deliver(state: State, records: readonly TopicRecord[]): Promise<void> {
  const { context, signal, gate } = state;
  const payload = JSON.stringify(topicEvent(records, context.source));
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted();
    const last = await context.invoke(payload);
    if (!last.failed) return;
    signal.throwIfAborted();
    if (attempts > state.mapping.maxRetries) return context.giveUp({ records, payload, attempts, last }, state.mapping);
    await gate.rest(Math.min(context.pace.retryMs * 2 ** (attempts - 1), context.pace.maxRetryMs), signal);
  }
}

// Event source mapping of a stream: every shard in its own order. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
import { setTimeout as delay } from 'node:timers/promises';
import { batchLength, MAX_BATCH_BYTES } from './batch.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate.ts';
import { deliverBatch } from './kinesis-batch.ts';
import type { GivenUp, StreamRecord } from './kinesis-batch.ts';
import { streamEventRecord } from './kinesis-event.ts';
import type { EventOrigin } from './kinesis-event.ts';
import type { Position, ShardInfo, StreamReader } from './kinesis-reader.ts';
import { reasonOf } from './model.ts';
import type { DeployedMapping, HostLog, Invoke, Poller } from './model.ts';

/** A read of the real service ends at 10 MB; the emulator's only at this many records. */
const READ_LIMIT = 100;

export interface StreamPace {
  /** Between two reads of an empty shard, ms, while somebody waits for quiet. */
  readonly pollMs: number;
  /** The same while nobody does. */
  readonly idleMs: number;
  /** Between two looks for new shards, ms. */
  readonly discoverMs: number;
  /** Before the first retry, ms; doubled for each further one up to `maxRetryMs`. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

/** As often as Lambda reads a shard; who waits does not wait for that. It backs off for up to a minute: not here. */
export const LOCAL_PACE: StreamPace = { pollMs: 200, idleMs: 1000, discoverMs: 2000, retryMs: 200, maxRetryMs: 3000 };

export interface StreamContext {
  readonly reader: StreamReader;
  readonly invoke: Invoke;
  readonly origin: Omit<EventOrigin, 'shardId'>;
  /** @param mapping as it is now: its destination may have changed since the poller started. */
  readonly giveUp: (givenUp: GivenUp, shardId: string, mapping: DeployedMapping) => Promise<void>;
  readonly pace: StreamPace;
  readonly log: HostLog;
}

interface Shard {
  readonly id: string;
  iterator: string;
  closed: boolean;
  /** Sequence number of the last record read. */
  lastRead: string | undefined;
  /** Read and not yet delivered; a batch leaves it when it was delivered. */
  readonly buffer: StreamRecord[];
  /** When its first record was read, ms of the process clock. */
  bufferedSince: number;
  /** When the last read began, where that read found nothing and nothing was left to deliver; else -Infinity. */
  quietSince: number;
}

interface State {
  readonly context: StreamContext;
  readonly gate: Gate;
  readonly signal: AbortSignal;
  readonly followed: Map<string, Shard>;
  readonly finished: Set<string>;
  readonly work: Set<Promise<void>>;
  mapping: DeployedMapping;
  /** When somebody last asked whether it is quiet, ms of the process clock. */
  askedAt: number;
}

/** Who waits for quiet asks more often than this, ms. */
const ASKS_MS = 1000;

/** @returns the poller, which has its place in every shard and already reads. */
export async function startStreamPoller(mapping: DeployedMapping, context: StreamContext): Promise<Poller> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const state: State = {
    mapping,
    context,
    signal,
    gate: createGate(),
    followed: new Map(),
    finished: new Set(),
    work: new Set(),
    askedAt: -Infinity,
  };
  const shards = await context.reader.shards();
  // From LATEST on, a shard that takes no more records has nothing to give.
  if (mapping.startingPosition === 'LATEST') for (const { id, closed } of shards) if (closed) state.finished.add(id);
  await followNew(state, shards, mapping.startingPosition);
  start(state, discover(state));
  return {
    pause: () => state.gate.close(),
    resume: () => state.gate.open(),
    update: (changed) => (state.mapping = changed),
    isQuiet: (since) => {
      state.askedAt = performance.now();
      return Promise.resolve(!state.gate.isOpen() || [...state.followed.values()].every(({ quietSince }) => quietSince >= since));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(state.work);
    },
  };
}

function start(state: State, work: Promise<void>): void {
  const tracked = work.finally(() => state.work.delete(tracked));
  state.work.add(tracked);
}

async function discover(state: State): Promise<void> {
  const { context, signal } = state;
  while (!signal.aborted) {
    await delay(context.pace.discoverMs, undefined, { signal }).catch(() => undefined);
    await followChildren(state);
  }
}

async function followChildren(state: State): Promise<void> {
  if (state.signal.aborted) return;
  try {
    // A shard that appears later is read from its beginning, whatever the starting position is.
    await followNew(state, await state.context.reader.shards(), 'TRIM_HORIZON');
  } catch (thrown) {
    state.context.log('stream poller: shards could not be listed', { source: state.mapping.sourceArn, reason: reasonOf(thrown) });
  }
}

/** Follows the shards that are new, parents before children: a key's records move to the child when its parent closes. */
async function followNew(state: State, shards: readonly ShardInfo[], position: Position): Promise<void> {
  const unfinished = new Set(shards.map(({ id }) => id).filter((id) => !state.finished.has(id)));
  for (const { id, parents, closed } of shards) {
    const known = state.followed.get(id);
    if (known !== undefined) known.closed = closed;
    else if (!state.finished.has(id) && !parents.some((parent) => unfinished.has(parent)))
      await followShard(state, { id, closed }, position);
  }
}

async function followShard(state: State, { id, closed }: Pick<ShardInfo, 'id' | 'closed'>, position: Position): Promise<void> {
  const shard: Shard = { id, closed, iterator: '', lastRead: undefined, buffer: [], bufferedSince: 0, quietSince: -Infinity };
  state.followed.set(id, shard);
  try {
    shard.iterator = await state.context.reader.iterator(id, position);
  } catch (thrown) {
    state.followed.delete(id);
    throw thrown;
  }
  start(state, follow(state, shard));
}

async function follow(state: State, shard: Shard): Promise<void> {
  const { gate, context, signal } = state;
  let ended = false;
  while (!ended && !signal.aborted) {
    try {
      await gate.enter(signal);
      try {
        ended = await step(state, shard);
      } finally {
        gate.leave();
      }
    } catch (thrown) {
      if (isStopped(state)) return;
      context.log('stream poller: will try again', { source: state.mapping.sourceArn, shard: shard.id, reason: reasonOf(thrown) });
      await delay(context.pace.maxRetryMs, undefined, { signal }).catch(() => undefined);
      await recover(state, shard);
    }
  }
  state.followed.delete(shard.id);
  state.finished.add(shard.id);
  await followChildren(state);
}

function isStopped({ signal }: State): boolean {
  return signal.aborted;
}

/** An iterator may have grown old while the stream could not be read. */
async function recover(state: State, shard: Shard): Promise<void> {
  if (shard.lastRead === undefined || state.signal.aborted) return;
  shard.iterator = await state.context.reader.iterator(shard.id, { after: shard.lastRead }).catch(() => shard.iterator);
}

/** One read and what it makes ready. @returns whether the shard has come to its end. */
async function step(state: State, shard: Shard): Promise<boolean> {
  const { context, mapping } = state;
  const began = performance.now();
  const { closed } = shard;
  const room = Math.max(1, Math.min(READ_LIMIT, mapping.batchSize - shard.buffer.length));
  const { records, next } = await context.reader.read(shard.iterator, room);
  if (records.length > 0) {
    if (shard.buffer.length === 0) shard.bufferedSince = performance.now();
    shard.buffer.push(...records);
    shard.lastRead = records.at(-1)?.sequenceNumber;
  }
  const ended = next === undefined || (closed && records.length === 0);
  shard.iterator = next ?? shard.iterator;
  while (isReady(shard, mapping, ended)) await deliverNext(state, shard);
  shard.quietSince = records.length === 0 && shard.buffer.length === 0 ? began : -Infinity;
  if (records.length === 0 && !ended) await restUntilDue(state);
  return ended;
}

async function restUntilDue(state: State): Promise<void> {
  const { pollMs, idleMs } = state.context.pace;
  const began = performance.now();
  do await state.gate.rest(pollMs, state.signal);
  while (performance.now() - began < idleMs && performance.now() - state.askedAt > ASKS_MS);
}

function isReady({ buffer, bufferedSince }: Shard, mapping: DeployedMapping, ended: boolean): boolean {
  if (buffer.length === 0) return false;
  const full = buffer.length >= mapping.batchSize || buffer.reduce((sum, { data }) => sum + data.length, 0) >= MAX_BATCH_BYTES;
  return ended || full || performance.now() - bufferedSince >= mapping.batchingWindowMs;
}

async function deliverNext(state: State, shard: Shard): Promise<void> {
  const { context, gate, signal, mapping } = state;
  const origin = { ...context.origin, shardId: shard.id };
  const encode = (record: StreamRecord): string => JSON.stringify(streamEventRecord(record, origin));
  const length = batchLength(
    shard.buffer.map((record) => Buffer.byteLength(encode(record))),
    mapping.batchSize,
  );
  await deliverBatch(shard.buffer.slice(0, length), mapping, {
    invoke: (records) => {
      signal.throwIfAborted();
      return context.invoke(`{"Records":[${records.map(encode).join(',')}]}`);
    },
    giveUp: (givenUp) => {
      signal.throwIfAborted();
      return context.giveUp(givenUp, shard.id, mapping);
    },
    backOff: (retry) => gate.rest(Math.min(context.pace.retryMs * 2 ** (retry - 1), context.pace.maxRetryMs), signal),
    now: () => Date.now(),
  });
  shard.buffer.splice(0, length);
  shard.bufferedSince = performance.now();
}

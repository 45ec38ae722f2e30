// What Lambda does with one batch of a shard: attempts, checkpoints, bisection, and giving up.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
import { failedItems } from './batch.ts';
import type { DeployedMapping, InvocationResult } from './model.ts';

export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Approximate arrival, ms since the epoch. */
  readonly arrivedAt: number;
}

export type GiveUpReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Records that will not be tried again. */
export interface GivenUp {
  readonly reason: GiveUpReason;
  readonly records: readonly StreamRecord[];
  /** Attempts made with them, the first included. */
  readonly attempts: number;
  /** Answer to the last attempt; absent where there was none. */
  readonly last: InvocationResult | undefined;
}

export interface BatchDelivery {
  readonly invoke: (records: readonly StreamRecord[]) => Promise<InvocationResult>;
  readonly giveUp: (givenUp: GivenUp) => Promise<void>;
  /** Waits before a further attempt. @param retry 1 for the first. @throws when the poller stops. */
  readonly backOff: (retry: number) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Resolves when every record of the batch was processed or given up. @throws only when the poller stops, or where `giveUp` fails. */
export async function deliverBatch(batch: readonly StreamRecord[], mapping: DeployedMapping, delivery: BatchDelivery): Promise<void> {
  await attempt(batch, 0, { mapping, delivery });
}

interface Context {
  readonly mapping: DeployedMapping;
  readonly delivery: BatchDelivery;
}

/** @param attemptsBefore failed attempts that count for these records already. */
async function attempt(batch: readonly StreamRecord[], attemptsBefore: number, context: Context): Promise<void> {
  const { mapping, delivery } = context;
  let records = batch;
  let attempts = attemptsBefore;
  let last: InvocationResult | undefined;
  for (;;) {
    records = await dropExpired(records, { reason: 'RecordAgeExceeded', attempts, last }, context);
    if (records.length === 0) return;
    last = await delivery.invoke(records);
    const from = firstFailure(records, last, mapping.reportsBatchItemFailures);
    if (from === undefined) return;
    if (from > 0) {
      // The checkpoint moved: what remains is a batch of its own, with all its retries before it.
      records = records.slice(from);
      attempts = 0;
      await delivery.backOff(1);
    } else if (mapping.bisects && records.length > 1) {
      // Splitting does not count as a retry.
      const half = Math.ceil(records.length / 2);
      await delivery.backOff(1);
      await attempt(records.slice(0, half), attempts, context);
      records = records.slice(half);
    } else {
      attempts += 1;
      if (attempts > mapping.maxRetries) return delivery.giveUp({ reason: 'RetryAttemptsExhausted', records, attempts, last });
      await delivery.backOff(attempts);
    }
  }
}

/** @returns the position of the lowest failed record, where Lambda starts again; undefined where none failed. */
function firstFailure(records: readonly StreamRecord[], result: InvocationResult, partial: boolean): number | undefined {
  const identifiers = records.map(({ sequenceNumber }) => sequenceNumber);
  const failed = failedItems(result, identifiers, partial);
  const lowest = identifiers.findIndex((identifier) => failed.has(identifier));
  return lowest < 0 ? undefined : lowest;
}

async function dropExpired(
  records: readonly StreamRecord[],
  cause: Omit<GivenUp, 'records'>,
  { mapping, delivery }: Context,
): Promise<readonly StreamRecord[]> {
  const oldest = delivery.now() - mapping.maxRecordAgeMs;
  const young = records.findIndex(({ arrivedAt }) => arrivedAt >= oldest);
  const expired = young < 0 ? records : records.slice(0, young);
  if (expired.length > 0) await delivery.giveUp({ ...cause, records: expired });
  return records.slice(expired.length);
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
// PutRecords answers 200 even when single records failed: those, and only those, are sent again.
import { PutRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { backOff, type Backoff } from '../backoff.ts';
import { RetryableError } from '../errors.ts';
import { digest } from '../ids.ts';

// Limits of one call, partition keys included; 5 MiB is what every Region takes.
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;
const KEY_BYTES = 11;
const BACKOFF: Backoff = { baseMs: 50, capMs: 2000, attempts: 8 };

export interface HubTarget {
  readonly kinesis: KinesisClient;
  readonly stream: string;
  /** How records that were refused are tried again; given in tests only. */
  readonly backoff?: Backoff;
}

/**
 * Puts hub records on the stream, each until it is accepted.
 * @throws RetryableError when records are still refused after the last attempt; what was accepted stays, and consumers see it as duplicate.
 */
export async function publish(records: AsyncIterable<Buffer> | Iterable<Buffer>, target: HubTarget): Promise<number> {
  let published = 0;
  for await (const call of calls(records)) {
    await publishCall(call, target);
    published += call.length;
  }
  return published;
}

async function* calls(records: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<readonly Buffer[]> {
  let call: Buffer[] = [];
  let bytes = 0;
  for await (const record of records) {
    if (call.length > 0 && (call.length === MAX_RECORDS || bytes + record.length + KEY_BYTES > MAX_BYTES)) {
      yield call;
      call = [];
      bytes = 0;
    }
    call.push(record);
    bytes += record.length + KEY_BYTES;
  }
  if (call.length > 0) yield call;
}

async function publishCall(records: readonly Buffer[], { kinesis, stream, backoff = BACKOFF }: HubTarget): Promise<void> {
  let waiting = records;
  for (let attempt = 0; ; attempt++) {
    // The key spreads records over the shards and is the same for the same batch.
    const Records = waiting.map((Data) => ({ Data, PartitionKey: digest(8, Data.toString('latin1', 0, 4096), String(Data.length)) }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
    // Only what has a sequence number is on the stream.
    waiting = waiting.filter((_, at) => answer.Records?.[at]?.SequenceNumber === undefined);
    if (waiting.length === 0) return;
    if (attempt + 1 >= backoff.attempts) {
      throw new RetryableError(`hub: ${waiting.length} of ${records.length} records refused ${backoff.attempts} times`);
    }
    await backOff(attempt, backoff);
  }
}

// Records of a Kafka partition or a Kinesis shard, in their order: as evidence, and as the normaliser reads them. Evidence is gzip of NDJSON,
// one line per record with everything that was delivered. https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html and
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
import { gzipSync } from 'node:zlib';
import type { Outcome, Reject } from '../model.ts';
import type { Normaliser } from '../normalise.ts';
import { inRange } from '../ocsf/event.ts';
import { isArray, isObject, parseJson, reject, value } from '../outcome.ts';
import { gunzipText } from './gunzip.ts';
import { deaggregate, isEmptyAggregate } from './kpl.ts';

export interface KafkaRecord {
  readonly offset: number;
  /** ms since the epoch; the producer's, or the broker's where timestampType is LOG_APPEND_TIME. */
  readonly timestamp: number;
  readonly timestampType: string;
  /** base64 */
  readonly key: string | null;
  /** In their order; a name may come twice. Values in base64. */
  readonly headers: readonly { readonly name: string; readonly value: string | null }[];
  /** base64; null deletes the key in a compacted topic (a tombstone). */
  readonly value: string | null;
}

export interface ShardRecord {
  readonly sequence: string;
  /** When Kinesis took it, ms since the epoch. */
  readonly timestamp: number;
  /** Partition key, as it is. */
  readonly key: string;
  /** base64 */
  readonly value: string;
}

const NO_USER_RECORDS: Reject = { code: 'malformed_record', detail: 'an aggregate without user records' };

/** An invocation brings 6 MB; more was made by somebody else. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** What a record without a believable time is filed under: the beginning of the years that events may be of. */
const NO_TIME = Date.UTC(2000, 0, 1);

/** @returns the records as they are sealed. */
export function sealRecords(records: readonly (KafkaRecord | ShardRecord)[]): Buffer {
  return gzipSync(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

export function openKafkaRecords(sealed: Buffer): Exclude<Outcome<readonly KafkaRecord[]>, { kind: 'exclude' }> {
  return openRecords(sealed, isKafkaRecord);
}

export function openShardRecords(sealed: Buffer): Exclude<Outcome<readonly ShardRecord[]>, { kind: 'exclude' }> {
  return openRecords(sealed, isShardRecord);
}

function openRecords<R>(
  sealed: Buffer,
  isRecord: (candidate: unknown) => candidate is R,
): Exclude<Outcome<readonly R[]>, { kind: 'exclude' }> {
  const expanded = gunzipText(sealed, MAX_TEXT_BYTES);
  if (expanded.kind === 'reject') return expanded;
  const records: readonly unknown[] = expanded.value.split('\n').slice(0, -1).map(parseJson);
  return records.every(isRecord) ? value(records) : reject('malformed_record', 'the sealed bytes hold a line that is no record');
}

function isKafkaRecord(candidate: unknown): candidate is KafkaRecord {
  if (!isObject(candidate) || !isArray(candidate['headers'])) return false;
  const { offset, timestamp, timestampType, key } = candidate;
  return (
    typeof offset === 'number' &&
    typeof timestamp === 'number' &&
    typeof timestampType === 'string' &&
    isText(key) &&
    isText(candidate['value'])
  );
}

function isText(candidate: unknown): boolean {
  return typeof candidate === 'string' || candidate === null;
}

function isShardRecord(candidate: unknown): candidate is ShardRecord {
  if (!isObject(candidate) || typeof candidate['timestamp'] !== 'number') return false;
  return ['sequence', 'key', 'value'].every((name) => typeof candidate[name] === 'string');
}

/** When the run was delivered, the same on every redelivery: the first time in it that can be true. ms since the epoch. */
export function timeOf(records: readonly { readonly timestamp: number }[]): number {
  return records.find(({ timestamp }) => inRange(timestamp))?.timestamp ?? NO_TIME;
}

/**
 * Hands each record to the normaliser under its own name, which stays the same in whatever batch it comes again.
 * @param partition uri of the partition, to which the offset is added.
 */
export function readKafkaRecords(records: readonly KafkaRecord[], partition: string, normaliser: Normaliser): void {
  const otherwise = timeOf(records);
  for (const { offset, timestamp, value: body } of records) {
    if (body === null) normaliser.exclude('kafka_tombstone');
    else
      readMessage(
        Buffer.from(body, 'base64'),
        { uri: `${partition}/${offset}@${timestamp}`, time: inRange(timestamp) ? timestamp : otherwise },
        normaliser,
      );
  }
}

/** As readKafkaRecords; a record of the Kinesis Producer Library is several. @param shard uri of the shard, to which the sequence number is added. */
export function readShardRecords(records: readonly ShardRecord[], shard: string, normaliser: Normaliser): void {
  for (const { sequence, timestamp: time, value: body } of records) {
    const bytes = Buffer.from(body, 'base64');
    const uri = `${shard}/${sequence}`;
    const parts = deaggregate(bytes);
    if (parts === undefined) readMessage(bytes, { uri, time }, normaliser);
    else if (parts.length === 0) withoutRecords(bytes, normaliser);
    else for (const [index, part] of parts.entries()) readMessage(part, { uri: `${uri}#${index}`, time }, normaliser);
  }
}

/** An aggregate of no user records: of nothing at all, or of something else (a table of keys). */
function withoutRecords(aggregate: Buffer, normaliser: Normaliser): void {
  if (isEmptyAggregate(aggregate)) normaliser.exclude('empty_message');
  else normaliser.broken(NO_USER_RECORDS, aggregate.toString('latin1'));
}

function readMessage(body: Buffer, wrapper: { readonly uri: string; readonly time: number }, normaliser: Normaliser): void {
  // Framing finds no record in it, and every message is to be accounted for.
  if (body.every(isSpace)) normaliser.exclude('empty_message');
  else normaliser.message(body, wrapper);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

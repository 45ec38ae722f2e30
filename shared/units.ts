// One delivered unit per trigger: which source it is, whose account it is about, how its records are reached. The ingest functions build
// units from what is delivered, redriving builds the same units from the sealed bytes.
import type { BankConfig } from './config.ts';
import { buffer } from 'node:stream/consumers';
import { parseCloudWatchBatch, readCloudWatchBatch, type CloudWatchBatch } from './decode/cloudwatch-batch.ts';
import { gunzipText } from './decode/gunzip.ts';
import { MisconfiguredError } from './errors.ts';
import { digest } from './ids.ts';
import { kafkaUnitFrom, shardUnitFrom } from './message-units.ts';
import type { Origin, Outcome } from './model.ts';
import { inRange } from './ocsf/event.ts';
import { isObject, parseJson, text } from './outcome.ts';
import { isOwnLogGroup, OWN_WORK } from './redact/own.ts';
import type { Unit } from './pipeline.ts';
import { eventRoute, logsRoute, objectRoute, writtenByService, type Route } from './sources/routes.ts';

/** Batches of CloudWatch Logs that hold no log of the bank. */
export const UNREAD_LOGS = 'cloudwatch-logs';

/** A CloudWatch Logs batch expands to a few MB; more is a bomb. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024;

export interface ArrivedObject {
  readonly bucket: string;
  readonly key: string;
  /** What tells this object from another one put under the same key: its ETag. */
  readonly version: string;
  /** ms since the epoch */
  readonly time: number;
  readonly body: AsyncIterable<Uint8Array>;
  /** `signature` of its user metadata: CloudTrail signs digests there. */
  readonly signature?: string | undefined;
}

/** An object in a landing bucket. */
export function objectUnit(arrived: ArrivedObject, bank: BankConfig): Unit {
  const { bucket, key, version, time, body, signature } = arrived;
  const route = objectRoute(bank, { bucket, key });
  const source = route?.source;
  const place = source?.locate?.({ trigger: 's3', bucket, key: writtenByService(key) ?? key });
  return {
    origin: {
      bank: bank.bank,
      account: route?.account ?? place?.account ?? 'unknown',
      region: place?.region ?? bank.region,
      source: source?.name ?? 'unknown',
      trigger: 's3',
      uri: `s3://${bucket}/${key}#${version}`,
      time,
    },
    source,
    format: route?.format,
    way: route?.way,
    body,
    signature,
  };
}

export interface ArrivedBytes {
  readonly bytes: Buffer;
  /** ms since the epoch */
  readonly time: number;
}

/** A record of the intake stream: a CloudWatch Logs subscription batch. @param uri `kinesis://stream/shard/sequence`. */
export function streamUnit(uri: string, region: string, { bytes, time }: ArrivedBytes, bank: BankConfig): Unit {
  const batch = openBatch(bytes);
  const opened = batch.kind === 'value' ? batch.value : undefined;
  const route = opened === undefined ? undefined : batchRoute(opened, bank);
  return {
    origin: {
      bank: bank.bank,
      account: opened?.owner ?? 'unknown',
      region,
      source: route === 'unread' ? UNREAD_LOGS : (route?.source.name ?? 'unknown'),
      trigger: 'kinesis',
      uri,
      time,
    },
    ...(route === undefined || route === 'unread' ? { source: undefined } : { source: route.source, format: route.format, way: route.way }),
    body: once(bytes),
    read(normaliser) {
      if (opened !== undefined && isOwn(opened, bank)) opened.events.forEach(() => normaliser.exclude(OWN_WORK));
      else if (opened !== undefined) readCloudWatchBatch(opened, normaliser);
      else if (batch.kind === 'reject') normaliser.unreadable(batch.reject);
    },
    logGroup: opened?.logGroup,
    logStream: opened?.logStream,
  };
}

/** `unread`: nobody's log. CloudWatch Logs tries the stream, or somebody has subscribed it to the functions that read it. */
function batchRoute(batch: CloudWatchBatch, bank: BankConfig): Route | 'unread' | undefined {
  return batch.control || isOwn(batch, bank) ? 'unread' : logsRoute(bank, { account: batch.owner, ...batch });
}

function isOwn({ owner, logGroup }: CloudWatchBatch, bank: BankConfig): boolean {
  return isOwnLogGroup(bank, owner, logGroup);
}

function openBatch(bytes: Buffer): Outcome<CloudWatchBatch> {
  const expanded = gunzipText(bytes, MAX_BATCH_BYTES);
  return expanded.kind === 'value' ? parseCloudWatchBatch(expanded.value) : expanded;
}

/** An event of the bank's bus, as it came through the events queue. */
export function eventUnit({ bytes, time }: ArrivedBytes, bank: BankConfig): Unit {
  const body = bytes.toString('utf8');
  const envelope = parseJson(body);
  const event = isObject(envelope) ? envelope : {};
  const account = text(event['account']) ?? 'unknown';
  const region = text(event['region']) ?? bank.region;
  const route = eventRoute(bank, { account, source: text(event['source']) ?? '', detailType: text(event['detail-type']) ?? '' });
  const source = route?.source;
  return {
    origin: {
      bank: bank.bank,
      account,
      region,
      source: source?.name ?? 'unknown',
      trigger: 'eventbridge',
      // Every event of EventBridge has an id. What has none came by another way, and must not share its evidence with the next.
      uri: `eventbridge://${account}/${region}/${text(event['id']) ?? digest(16, body)}`,
      time: timeOf(event['time'], time) ?? time,
    },
    source,
    way: route?.way,
    body: once(bytes),
    read: (normaliser) => normaliser.record(body),
  };
}

/** Queues keep an event for 14 days at most. */
const LATEST_MS = 15 * 86_400_000;
const EARLIEST_MS = 3_600_000;

/** The event's own time: the same on every redelivery, unlike the message's. @param arrived ms since the epoch. */
function timeOf(candidate: unknown, arrived: number): number | undefined {
  const time = typeof candidate === 'string' ? Date.parse(candidate) : Number.NaN;
  // Whoever puts an event chooses its time: it must not choose the month whose key seals it, nor slip out of a hold.
  return inRange(time) && time > arrived - LATEST_MS && time < arrived + EARLIEST_MS ? time : undefined;
}

const S3_URI = /^s3:\/\/([^/]+)\/(.+)#([^#]*)$/s;

/** @returns undefined where the uri is of no S3 object. */
export function objectOfUri(uri: string): Pick<ArrivedObject, 'bucket' | 'key' | 'version'> | undefined {
  const [, bucket, key, version] = S3_URI.exec(uri) ?? [];
  return bucket === undefined || key === undefined || version === undefined ? undefined : { bucket, key, version };
}

/** The unit as its trigger delivered it, claimed with the present code: what nobody knew then may have a source now. @param body as sealed. */
export async function unitFromEvidence(origin: Origin, body: AsyncIterable<Uint8Array>, bank: BankConfig): Promise<Unit> {
  const { trigger, uri, region, time } = origin;
  switch (trigger) {
    case 's3': {
      const object = objectOfUri(uri);
      if (object === undefined) throw new MisconfiguredError(`${uri} names no S3 object`);
      return objectUnit({ ...object, time, body }, bank);
    }
    case 'kinesis': {
      const bytes = await buffer(body);
      return shardUnitFrom(origin, bytes, bank) ?? streamUnit(uri, region, { bytes, time }, bank);
    }
    case 'eventbridge':
      return eventUnit({ bytes: await buffer(body), time }, bank);
    case 'kafka':
      return kafkaUnitFrom(origin, await buffer(body), bank);
    case 'file':
      throw new MisconfiguredError(`${uri} came from a local file; use \`strongroom normalize\` on it`);
  }
}

export async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

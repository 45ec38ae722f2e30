// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#DestinationKinesisExample
// What a subscription filter puts on a Kinesis stream: gzip of one JSON object with a batch of log events of one stream.
import { isArray, isObject, parseJson, reject, text, value } from '../outcome.ts';
import type { Outcome } from '../model.ts';
import type { Normaliser } from '../normalise.ts';

export interface CloudWatchBatch {
  /** Account of the log group. */
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  /** CONTROL_MESSAGE: CloudWatch Logs tries whether the destination can be reached. */
  readonly control: boolean;
  readonly events: readonly CloudWatchEvent[];
}

export interface CloudWatchEvent {
  readonly id: string | undefined;
  /** ms since the epoch */
  readonly timestamp: number | undefined;
  readonly message: string | undefined;
}

/** @param payload the expanded JSON. */
export function parseCloudWatchBatch(payload: string): Outcome<CloudWatchBatch> {
  const batch = parseJson(payload);
  if (batch === undefined) return reject('malformed_json', 'the subscription payload is not JSON');
  if (!isObject(batch) || !isArray(batch['logEvents'])) return reject('malformed_record', 'the subscription payload has no logEvents');
  return value({
    owner: text(batch['owner']) ?? 'unknown',
    logGroup: text(batch['logGroup']) ?? '',
    logStream: text(batch['logStream']) ?? '',
    control: batch['messageType'] === 'CONTROL_MESSAGE',
    events: batch['logEvents'].map(toEvent),
  });
}

function toEvent(candidate: unknown): CloudWatchEvent {
  const event = isObject(candidate) ? candidate : {};
  const timestamp = event['timestamp'];
  return {
    id: text(event['id']),
    timestamp: typeof timestamp === 'number' ? timestamp : undefined,
    message: typeof event['message'] === 'string' ? event['message'] : undefined,
  };
}

/** Hands every log event of the batch to the normaliser as a record. */
export function readCloudWatchBatch(batch: CloudWatchBatch, normaliser: Normaliser): void {
  for (const event of batch.events) {
    if (batch.control) normaliser.exclude('cloudwatch_control_message');
    else {
      normaliser.record(event.message ?? '', {
        ...(event.timestamp === undefined ? {} : { time: event.timestamp }),
        ...(event.id === undefined ? {} : { uid: event.id }),
      });
    }
  }
}

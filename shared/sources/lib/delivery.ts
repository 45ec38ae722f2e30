// What is known of a record from the way it came, for sources that come in many ways: through CloudWatch Logs it is of an AWS account.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
import type { OcsfMetadata, RawRecord } from '../../model.ts';
import { inRange, type Cloud } from '../../ocsf/event.ts';
import type { Context } from '../api.ts';
import { cloudAt } from './line.ts';

const NONE = {};

/** Attributes of `metadata`, without the profiles. @param time of the event. */
export function deliveryOf(record: RawRecord, time: number, context: Context): Partial<OcsfMetadata> {
  const { logGroup, logStream } = context;
  if (logGroup === undefined) return NONE;
  const logged = record.time !== undefined && record.time !== time && inRange(record.time) ? record.time : undefined;
  return { log_provider: 'AWS CloudWatch', log_name: logGroup, log_source: logStream, logged_time: logged, original_event_uid: record.uid };
}

export function deliveredCloud({ logGroup, origin }: Context): Cloud | undefined {
  return logGroup === undefined ? undefined : cloudAt(origin);
}

const HOST = ['host'];
const CLOUD = ['cloud'];
const CLOUD_HOST = ['cloud', 'host'];

/** @param host whether the event uses attributes of profile `host`. */
export function profilesOf({ logGroup }: Context, host: boolean): readonly string[] | undefined {
  if (logGroup === undefined) return host ? HOST : undefined;
  return host ? CLOUD_HOST : CLOUD;
}

/** When the record was delivered, ms since the epoch. */
export function deliveredAt(record: RawRecord, { origin }: Context): number {
  return record.time ?? origin.time;
}

// CloudTrail's five-minute counts of data events to API Activity.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
//  - time and start_time are the beginning of the window, end_time its end, `count` what the primary dimension counts in all.
//  - Where one operation or one caller is counted it is the operation and the actor; the counted resources are `resources`.
//  - The counts themselves are in unmapped.summary, whole.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, classify, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange } from '../ocsf/event.ts';
import { isArray, isObject, object, reject, text, value } from '../outcome.ts';
import type { Context } from './api.ts';
import { CLOUDTRAIL } from './cloudtrail-identity.ts';
import { ACTIVITY, activityOf, MAX_EVENT_ID, PRODUCT, PROFILES } from './cloudtrail-tables.ts';

interface Aggregated {
  readonly fields: JsonObject;
  readonly time: number;
  readonly envelope: JsonObject | undefined;
}

const TYPE = 'AwsAggregatedEvent';

export function isAggregated(fields: JsonObject): boolean {
  return fields['eventType'] === TYPE || fields['eventCategory'] === 'Aggregated';
}

export function parseAggregated(fields: JsonObject, envelope: JsonObject | undefined): Outcome<Aggregated> {
  const start = text(object(fields['timeWindow'])?.['windowStart']);
  if (start === undefined) return reject('missing_field', 'timeWindow.windowStart');
  const time = epochMs(start);
  if (time === undefined) return reject('bad_value', 'timeWindow.windowStart is not an ISO 8601 time');
  return inRange(time) ? value({ fields, time, envelope }) : reject('time_out_of_range', 'timeWindow.windowStart');
}

export function mapAggregated(native: Aggregated, record: RawRecord, context: Context): OcsfEvent {
  const { fields, time } = native;
  const source = text(fields['eventSource']);
  const counted = countedIn(object(fields['summary']));
  const operation = only(counted, 'eventName');
  const caller = only(counted, 'userIdentity');
  const activity = operation === undefined ? ACTIVITY.other : activityOf(operation, false);
  const window = object(fields['timeWindow']) ?? {};
  return {
    ...classify(API_ACTIVITY, activity),
    activity_name: activity === ACTIVITY.other ? (operation ?? TYPE) : undefined,
    severity_id: SEVERITY.informational,
    time,
    start_time: time,
    end_time: timeOf(window['windowEnd']),
    count: total(counted[0]),
    metadata: {
      version: OCSF_VERSION,
      uid: eventIdOf(fields) ?? context.uid(record.index),
      product: PRODUCT,
      profiles: PROFILES,
      log_provider: 'CloudTrail',
      event_code: text(fields['eventType']),
      log_version: text(fields['eventVersion']),
    },
    cloud: cloudOf(text(fields['accountId']) ?? context.origin.account, text(fields['awsRegion']) ?? context.origin.region),
    actor: caller === undefined ? { app_uid: source ?? CLOUDTRAIL } : { user: { uid: caller } },
    api: { operation: operation ?? TYPE, service: source === undefined ? undefined : { name: source } },
    src_endpoint: { svc_name: source ?? CLOUDTRAIL },
    resources: resourcesOf(counted),
    unmapped: unmappedOf(native),
  };
}

function eventIdOf(fields: JsonObject): string | undefined {
  const id = text(fields['eventId']);
  return id === undefined || id.length > MAX_EVENT_ID ? undefined : id;
}

/** One dimension and how often each of its values was seen. */
interface Counted {
  readonly dimension: string;
  readonly statistics: readonly { readonly name: string; readonly value: number }[];
}

/** The primary dimension first. */
function countedIn(summary: JsonObject | undefined): readonly Counted[] {
  const details = summary?.['details'];
  return [summary?.['primaryDimension'], ...(isArray(details) ? details : [])].flatMap((one) => {
    const dimension = isObject(one) ? text(one['dimension']) : undefined;
    const statistics = isObject(one) ? one['statistics'] : undefined;
    return dimension === undefined || !isArray(statistics) ? [] : [{ dimension, statistics: statistics.flatMap(statisticOf) }];
  });
}

function statisticOf(one: Json): { name: string; value: number }[] {
  const name = isObject(one) ? text(one['name']) : undefined;
  const count = isObject(one) ? one['value'] : undefined;
  return name === undefined || typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0 ? [] : [{ name, value: count }];
}

/** @returns the one value that was counted. */
function only(counted: readonly Counted[], dimension: string): string | undefined {
  const names = statisticsOf(counted, dimension);
  return names.length === 1 ? names[0] : undefined;
}

function statisticsOf(counted: readonly Counted[], dimension: string): readonly string[] {
  return counted.find((one) => one.dimension === dimension)?.statistics.map(({ name }) => name) ?? [];
}

function total(primary: Counted | undefined): number | undefined {
  const statistics = primary?.statistics ?? [];
  const sum = statistics.reduce((so, { value: count }) => so + count, 0);
  return statistics.length === 0 || !Number.isSafeInteger(sum) ? undefined : sum;
}

function resourcesOf(counted: readonly Counted[]): readonly { readonly uid: string }[] | undefined {
  const uids = statisticsOf(counted, 'resourceARN');
  return uids.length === 0 ? undefined : uids.map((uid) => ({ uid }));
}

function timeOf(candidate: Json | undefined): number | undefined {
  const time = typeof candidate === 'string' ? epochMs(candidate) : undefined;
  return time !== undefined && inRange(time) ? time : undefined;
}

const MOVED: ReadonlySet<string> = new Set(['eventVersion', 'accountId', 'eventType', 'awsRegion', 'eventSource']);

function unmappedOf({ fields, envelope }: Aggregated): JsonObject {
  const rest: [string, Json | undefined][] = Object.entries(fields).filter(
    ([name, member]) =>
      member !== null && !(name === 'eventId' ? eventIdOf(fields) !== undefined : MOVED.has(name) && text(member) !== undefined),
  );
  if (envelope !== undefined) rest.push(['eventbridge', envelope]);
  return Object.fromEntries(rest);
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventVersion 1.0 to 1.11)
// AWS CloudTrail: management, data, network activity and Insights events → API Activity, sign-ins → Authentication; counts of events
// (CloudTrail-Aggregated) → API Activity, see cloudtrail-aggregated.ts. One event is the same document, by whichever way it came.
//
// Nothing is lost and everything can be turned back: a field of the record is moved to one OCSF attribute or stays, under its own name and
// nesting, in `unmapped`. What stands in `unmapped` is the record's word: where an attribute OCSF requires had to be made up (a request
// without requestID, say), `unmapped` holds the field with null. A null in the record is the same as no field and is not kept.
// Attributes that are made from a value (time, status_id, is_mfa, user, …) come in addition to it. What EventBridge wrapped around the record
// is in unmapped.eventbridge.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, AUTHENTICATION, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { exclude, isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import { isAggregated, mapAggregated, parseAggregated } from './cloudtrail-aggregated.ts';
import { actorOf, CLOUDTRAIL, flag, newSessionOf, subjectOf, type Actor, type User } from './cloudtrail-identity.ts';
import { targetsOf } from './cloudtrail-resources.ts';
import { filled, keep, leftovers, resourcesOf, type Mapped, type Rest } from './cloudtrail-leftovers.ts';
import {
  ACTIVITY,
  activityOf,
  API_PLACES,
  MAX_EVENT_ID,
  PRODUCT,
  PROFILES,
  SIGN_IN_PLACES,
  SIGN_INS,
  STS_LOGONS,
} from './cloudtrail-tables.ts';

export interface CloudTrailRecord {
  readonly fields: JsonObject;
  /** When it happened, ms since the epoch: eventTime, or the beginning of the window it counts. */
  readonly time: number;
  /** What EventBridge wrapped around it. */
  readonly envelope: JsonObject | undefined;
}

// Folders: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html (with the organization's id for
// its trails). CloudTrail-Digest holds signatures, not events.
const KEY =
  /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?(\d{12})\/CloudTrail(?:-Insight|-NetworkActivity|-Aggregated|-Digest)?\/(?:([a-z]{2,}(?:-[a-z]+)+-\d+)\/)?/;

export const cloudtrail: Source<CloudTrailRecord> = {
  name: 'cloudtrail',
  title: 'AWS CloudTrail',
  documentation: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html',
  classes: [API_ACTIVITY.uid, AUTHENTICATION.uid],
  framing: { kind: 'json', arrayKey: 'Records' },
  delivered: [
    'S3: AWSLogs/[<organization>/]<account>/CloudTrail[-Insight|-NetworkActivity|-Aggregated|-Digest]/<region>/…',
    'EventBridge: aws.*, AWS … via CloudTrail',
    "CloudWatch Logs: the log groups that the bank's file names",
  ],
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html says Signin, the events themselves say Sign In.
  events: [
    {
      source: 'aws.*',
      detailTypes: [
        'AWS API Call via CloudTrail',
        'AWS Console Sign In via CloudTrail',
        'AWS Console Signin via CloudTrail',
        'AWS Console Action via CloudTrail',
        'AWS Service Event via CloudTrail',
        'AWS Insight via CloudTrail',
        'AWS Network Activity Event via CloudTrail',
      ],
    },
  ],
  // Not by the name of a log stream: everybody who may write to a log group may name one.
  claims: (delivery) => whereOf(delivery) !== null,
  locate(delivery) {
    const where = whereOf(delivery);
    return { account: where?.[1], region: where?.[2] };
  },
  recognises: (head) => VERSION.test(head) && COMMON.every((name) => head.includes(name)) && TELLING.some((name) => head.includes(name)),
  parse,
  map: (native, record, context) => (isAggregated(native.fields) ? mapAggregated(native, record, context) : map(native, record, context)),
};

// S3 notifications have the same fields, in version 2.
const VERSION = /"eventVersion"\s*:\s*"1\.\d/;
const COMMON = ['"awsRegion"', '"event'];
const TELLING = ['"eventID"', '"userAgent"', '"AwsAggregatedEvent"'];

function whereOf(delivery: Delivery): RegExpExecArray | null {
  return delivery.trigger === 's3' ? KEY.exec(delivery.key) : null;
}

function parse(record: RawRecord): Outcome<CloudTrailRecord> {
  const parsed = jsonOf(record);
  if (parsed === undefined) return reject('malformed_json', 'the record is not JSON');
  if (!isObject(parsed)) return reject('malformed_record', 'the record is not an object');
  if (parsed['detail-type'] === undefined) return check(parsed, undefined);
  const { detail, ...envelope } = parsed;
  return isObject(detail) ? check(detail, envelope) : reject('malformed_record', 'EventBridge event: detail is not an object');
}

function check(fields: JsonObject, envelope: JsonObject | undefined): Outcome<CloudTrailRecord> {
  // The hourly list of what was delivered, with its hashes: evidence, none of the account's activity.
  if (fields['digestS3Object'] !== undefined && fields['eventID'] === undefined) return exclude('cloudtrail_digest');
  if (isAggregated(fields)) return parseAggregated(fields, envelope);
  const eventTime = fields['eventTime'];
  if (eventTime === undefined || eventTime === null) return reject('missing_field', 'eventTime');
  const time = typeof eventTime === 'string' ? epochMs(eventTime) : undefined;
  if (time === undefined) return reject('bad_value', 'eventTime is not an ISO 8601 time');
  return inRange(time) ? value({ fields, time, envelope }) : reject('time_out_of_range', 'eventTime');
}

function map(native: CloudTrailRecord, record: RawRecord, context: Context): OcsfEvent {
  const { fields } = native;
  const source = text(fields['eventSource']);
  const name = text(fields['eventName']);
  const activity = signInActivity(source, name);
  if (activity !== undefined && source !== undefined && name !== undefined) {
    const user = subjectOf(fields);
    // Without a subject there is no Authentication event: OCSF requires it.
    if (user !== undefined) return signIn(native, commonOf(native, record, context, source), { activity, source, name, user });
  }
  return apiCall(native, commonOf(native, record, context, source), name);
}

function apiCall(native: CloudTrailRecord, common: Common, name: string | undefined): OcsfEvent {
  const { fields } = native;
  const activity = name === undefined ? unnamedActivity(fields) : activityOf(name, flag(fields['readOnly']) === true);
  const userAgent = text(fields['userAgent']);
  const resources = resourcesOf(fields['resources']);
  const targets = targetsOf(fields['requestParameters']);
  const rest = leftovers(fields, API_PLACES, mappedOf(common));
  if (resources === undefined) keep(rest, 'resources', fields['resources']);
  return {
    activity_id: activity,
    activity_name: activity === ACTIVITY.other ? common.api.operation : undefined,
    category_uid: API_ACTIVITY.category,
    class_uid: API_ACTIVITY.uid,
    type_uid: API_ACTIVITY.uid * 100 + activity,
    severity_id: SEVERITY.informational,
    status_id: name === undefined ? undefined : failed(fields) ? STATUS.failure : STATUS.success,
    time: native.time,
    metadata: common.metadata,
    cloud: common.cloud,
    actor: common.actor,
    api: common.api,
    src_endpoint: common.src_endpoint,
    dst_endpoint: common.dst_endpoint,
    http_request: userAgent === undefined ? undefined : { user_agent: userAgent },
    resources: targets === undefined || resources === undefined ? (resources ?? targets) : [...resources, ...targets],
    unmapped: withEnvelope(rest, native.envelope),
  };
}

interface SignIn {
  readonly activity: number;
  readonly source: string;
  readonly name: string;
  readonly user: User;
}

function signIn(native: CloudTrailRecord, common: Common, { activity, source, name, user }: SignIn): OcsfEvent {
  const { fields } = native;
  return {
    activity_id: activity,
    activity_name: activity === ACTIVITY.other ? name : undefined,
    category_uid: AUTHENTICATION.category,
    class_uid: AUTHENTICATION.uid,
    type_uid: AUTHENTICATION.uid * 100 + activity,
    severity_id: SEVERITY.informational,
    status_id: signInStatus(fields, name),
    time: native.time,
    metadata: common.metadata,
    cloud: common.cloud,
    user,
    is_mfa: flag(object(fields['additionalEventData'])?.['MFAUsed']),
    session: newSessionOf(object(fields['responseElements'])),
    service: { name: source },
    actor: common.actor,
    api: common.api,
    src_endpoint: common.src_endpoint,
    dst_endpoint: common.dst_endpoint,
    unmapped: withEnvelope(leftovers(fields, SIGN_IN_PLACES, mappedOf(common)), native.envelope),
  };
}

function signInActivity(source: string | undefined, name: string | undefined): number | undefined {
  if (source === undefined || name === undefined) return undefined;
  if (source.startsWith('sts.')) return STS_LOGONS.get(name);
  return source.startsWith('signin.') || source.startsWith('sso.') ? SIGN_INS.get(name) : undefined;
}

function unnamedActivity(fields: JsonObject): number {
  return text(fields['eventType']) === undefined ? ACTIVITY.unknown : ACTIVITY.other;
}

function failed(fields: JsonObject): boolean {
  return text(fields['errorCode']) !== undefined || text(fields['errorMessage']) !== undefined;
}

/** The console and Identity Center say how it went under the event's own name, and set no errorCode. */
function signInStatus(fields: JsonObject, name: string): number {
  const result = text(object(fields['responseElements'])?.[name]) ?? text(object(fields['serviceEventDetails'])?.[name]);
  if (result === 'Success') return STATUS.success;
  return result === 'Failure' || failed(fields) ? STATUS.failure : STATUS.success;
}

interface Common {
  readonly metadata: OcsfEvent['metadata'];
  readonly cloud: ReturnType<typeof cloudOf>;
  readonly actor: Actor;
  readonly api: Api;
  readonly src_endpoint: Readonly<Record<'ip' | 'domain' | 'uid' | 'svc_name', string | undefined>>;
  readonly dst_endpoint: { readonly hostname: string } | undefined;
}

function commonOf(native: CloudTrailRecord, record: RawRecord, context: Context, source: string | undefined): Common {
  const { fields } = native;
  const { origin } = context;
  const eventId = text(fields['eventID']);
  const uid = eventId === undefined || eventId.length > MAX_EVENT_ID ? context.uid(record.index) : eventId;
  const hostname = text(object(fields['tlsDetails'])?.['clientProvidedHostHeader']);
  return {
    metadata: {
      version: OCSF_VERSION,
      uid,
      product: PRODUCT,
      profiles: PROFILES,
      log_provider: 'CloudTrail',
      event_code: text(fields['eventType']),
      log_version: text(fields['eventVersion']),
      original_time: text(fields['eventTime']),
    },
    cloud: cloudOf(text(fields['recipientAccountId']) ?? origin.account, text(fields['awsRegion']) ?? origin.region),
    actor: actorOf(object(fields['userIdentity']), source),
    api: apiOf(fields, source, uid),
    src_endpoint: sourceEndpointOf(fields, source),
    dst_endpoint: hostname === undefined ? undefined : { hostname },
  };
}

interface Api {
  readonly operation: string;
  readonly service: { readonly name: string } | undefined;
  readonly version: string | undefined;
  readonly request: { readonly uid: string; readonly data: Json | undefined } | undefined;
  readonly response:
    { readonly error: string | undefined; readonly error_message: string | undefined; readonly data: Json | undefined } | undefined;
}

function apiOf(fields: JsonObject, source: string | undefined, uid: string): Api {
  const requestId = text(fields['requestID']);
  const asked = fields['requestParameters'] ?? undefined;
  const error = text(fields['errorCode']);
  const message = text(fields['errorMessage']);
  const answered = fields['responseElements'] ?? undefined;
  const hasResponse = error !== undefined || message !== undefined || answered !== undefined;
  return {
    // Insights events have no name of their own.
    operation: text(fields['eventName']) ?? text(fields['eventType']) ?? 'Unknown',
    service: source === undefined ? undefined : { name: source },
    version: text(fields['apiVersion']),
    request: requestId === undefined && asked === undefined ? undefined : { uid: requestId ?? uid, data: asked },
    response: hasResponse ? { error, error_message: message, data: answered } : undefined,
  };
}

function sourceEndpointOf(fields: JsonObject, source: string | undefined): Common['src_endpoint'] {
  const address = text(fields['sourceIPAddress']);
  const uid = text(fields['vpcEndpointId']);
  const ip = ipOf(address);
  return {
    ip,
    // "AWS Internal" and service names stand where an address would.
    domain: ip === undefined ? address : undefined,
    uid,
    svc_name: address === undefined && uid === undefined ? (source ?? CLOUDTRAIL) : undefined,
  };
}

function mappedOf({ actor, api, metadata, cloud }: Common): Mapped {
  return {
    user: actor.user,
    operation: api.operation,
    uid: metadata.uid,
    requestUid: api.request?.uid,
    account: cloud.account?.uid,
    region: cloud.region,
  };
}

function withEnvelope(rest: Rest, envelope: JsonObject | undefined): Rest | undefined {
  if (envelope !== undefined) keep(rest, 'eventbridge', envelope);
  return filled(rest);
}

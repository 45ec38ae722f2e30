// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// AWS CloudTrail: management, data, network activity and Insights events → API Activity, sign-ins → Authentication.
//
// Nothing is lost and everything can be turned back: a field of the record is moved to one OCSF attribute or stays, under its own name and
// nesting, in `unmapped`. What stands in `unmapped` is the record's word: where an attribute OCSF requires had to be made up (a request
// without requestID, say), `unmapped` holds the field with null. A null in the record is the same as no field and is not kept.
// Attributes that are made from a value (time, status_id, is_mfa, user, …) come in addition to it.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, AUTHENTICATION, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { exclude, isArray, isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import {
  ACTIVITY,
  API_PLACES,
  IDENTITY_PLACES,
  SIGN_IN_PLACES,
  SIGN_INS,
  STS_LOGONS,
  USER_TYPE_IDS,
  VERB_PREFIXES,
  VERBS,
  type Place,
} from './cloudtrail-tables.ts';

export interface CloudTrailRecord {
  readonly fields: JsonObject;
  /** eventTime, ms since the epoch. */
  readonly time: number;
}

/** Members of the record on their way to `unmapped`. */
type Rest = Record<string, Json>;

// Folders: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
// CloudTrail-Digest holds signatures, not events; CloudTrail-Aggregated holds counts of events in another format.
const KEY =
  /(?:^|\/)AWSLogs\/(?:o-[a-z0-9]+\/)?(\d{12})\/CloudTrail(?:-Insight|-NetworkActivity|-Digest)?\/(?:([a-z]{2,}(?:-[a-z]+)+-\d+)\/)?/;
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/monitor-cloudtrail-log-files-with-cloudwatch-logs.html
const LOG_STREAM = /^(?:o-[a-z0-9]+_)?(\d{12})_CloudTrail_([a-z]{2,}(?:-[a-z]+)+-\d+)/;

/** AWS says 36 characters; a document id in OpenSearch holds 512 bytes. */
const MAX_EVENT_ID = 128;

/** Who acted, and from where, in events that name nobody: CloudTrail itself wrote them. */
const CLOUDTRAIL = 'cloudtrail.amazonaws.com';

const OTHER = 99;
const PRODUCT = { name: 'CloudTrail', vendor_name: 'AWS' };
const PROFILES = ['cloud'];

export const cloudtrail: Source<CloudTrailRecord> = {
  name: 'cloudtrail',
  title: 'AWS CloudTrail',
  documentation: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html',
  classes: [API_ACTIVITY.uid, AUTHENTICATION.uid],
  framing: { kind: 'json', arrayKey: 'Records' },
  delivered: ['S3: AWSLogs/[<organization>/]<account>/CloudTrail[-Insight|-NetworkActivity|-Digest]/<region>/…'],
  claims: (delivery) => whereOf(delivery) !== null,
  locate(delivery) {
    const where = whereOf(delivery);
    return { account: where?.[1], region: where?.[2] };
  },
  recognises: (head) => ['"eventVersion"', '"eventID"', '"eventType"', '"awsRegion"'].every((name) => head.includes(name)),
  parse,
  map,
};

function whereOf(delivery: Delivery): RegExpExecArray | null {
  if (delivery.trigger === 's3') return KEY.exec(delivery.key);
  return delivery.trigger === 'logs' ? LOG_STREAM.exec(delivery.logStream) : null;
}

function parse(record: RawRecord): Outcome<CloudTrailRecord> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'the record is not JSON');
  if (!isObject(fields)) return reject('malformed_record', 'the record is not an object');
  // The hourly list of what was delivered, with its hashes: evidence, none of the account's activity.
  if (fields['digestS3Object'] !== undefined && fields['eventID'] === undefined) return exclude('cloudtrail_digest');
  const eventTime = fields['eventTime'];
  if (eventTime === undefined || eventTime === null) return reject('missing_field', 'eventTime');
  const time = typeof eventTime === 'string' ? epochMs(eventTime) : undefined;
  if (time === undefined) return reject('bad_value', 'eventTime is not an ISO 8601 time');
  return inRange(time) ? value({ fields, time }) : reject('time_out_of_range', 'eventTime');
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
  const activity = activityOf(name, fields);
  const userAgent = text(fields['userAgent']);
  const resources = resourcesOf(fields['resources']);
  const rest = leftovers(fields, API_PLACES, common);
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
    resources,
    unmapped: filled(rest),
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
    unmapped: filled(leftovers(fields, SIGN_IN_PLACES, common)),
  };
}

function signInActivity(source: string | undefined, name: string | undefined): number | undefined {
  if (source === undefined || name === undefined) return undefined;
  if (source.startsWith('sts.')) return STS_LOGONS.get(name);
  return source.startsWith('signin.') || source.startsWith('sso.') ? SIGN_INS.get(name) : undefined;
}

function activityOf(name: string | undefined, fields: JsonObject): number {
  if (name === undefined) return text(fields['eventType']) === undefined ? ACTIVITY.unknown : ACTIVITY.other;
  let verb = word(name, 0);
  if (VERB_PREFIXES.has(verb)) verb = word(name, verb.length);
  return VERBS.get(verb) ?? (flag(fields['readOnly']) === true ? ACTIVITY.read : ACTIVITY.other);
}

/** @returns the word of a CamelCase name that begins at `start`. */
function word(name: string, start: number): string {
  let end = start + 1;
  // a to z
  while (end < name.length && name.charCodeAt(end) >= 97 && name.charCodeAt(end) <= 122) end++;
  return name.slice(start, end);
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

/** CloudTrail writes booleans as booleans, as "true" and "false", and as Yes and No. */
function flag(said: Json | undefined): boolean | undefined {
  if (said === true || said === 'true' || said === 'Yes') return true;
  return said === false || said === 'false' || said === 'No' ? false : undefined;
}

// ── What both classes have ──

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

interface User {
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly uid_alt?: string | undefined;
  readonly type?: string | undefined;
  readonly type_id?: number | undefined;
  readonly account?: { readonly uid: string } | undefined;
  readonly programmatic_credentials?: readonly { readonly uid: string }[] | undefined;
}

interface Session {
  readonly issuer: string | undefined;
  readonly is_mfa: boolean | undefined;
  readonly created_time: number | undefined;
}

interface Actor {
  readonly user: User | undefined;
  readonly session: Session | undefined;
  readonly app_name: string | undefined;
  readonly app_uid: string | undefined;
  readonly idp: { readonly name: string } | undefined;
}

/** OCSF 1.8 has deprecated actor.invoked_by and user.credential_uid, which Security Lake still writes; these are their successors. */
function actorOf(identity: JsonObject | undefined, source: string | undefined): Actor {
  const user = identity === undefined ? undefined : userOf(identity);
  const session = sessionOf(object(identity?.['sessionContext']));
  const invokedBy = text(identity?.['invokedBy']);
  const provider = text(identity?.['identityProvider']);
  const nobody = user === undefined && session === undefined && invokedBy === undefined;
  return {
    user,
    session,
    app_name: invokedBy,
    app_uid: nobody ? (source ?? CLOUDTRAIL) : undefined,
    idp: provider === undefined ? undefined : { name: provider },
  };
}

/** OCSF has the word beside the id only where the id is 99; with another id CloudTrail's word stays in `unmapped`. */
function userOf(identity: JsonObject): User | undefined {
  const name = text(identity['userName']);
  const uid = text(identity['arn']);
  const account = text(identity['accountId']);
  // OCSF requires one of them; AWS services often have none.
  if (name === undefined && uid === undefined && account === undefined) return undefined;
  const type = text(identity['type']);
  const key = text(identity['accessKeyId']);
  const typeId = type === undefined ? undefined : (USER_TYPE_IDS.get(type) ?? OTHER);
  return {
    name,
    uid,
    uid_alt: text(identity['principalId']),
    type: typeId === OTHER ? type : undefined,
    type_id: typeId,
    account: account === undefined ? undefined : { uid: account },
    programmatic_credentials: key === undefined ? undefined : [{ uid: key }],
  };
}

function sessionOf(context: JsonObject | undefined): Session | undefined {
  if (context === undefined) return undefined;
  const attributes = object(context['attributes']);
  const issuer = text(object(context['sessionIssuer'])?.['arn']);
  const isMfa = flag(attributes?.['mfaAuthenticated']);
  const created = text(attributes?.['creationDate']);
  const time = created === undefined ? undefined : epochMs(created);
  const createdTime = time !== undefined && inRange(time) ? time : undefined;
  if (issuer === undefined && isMfa === undefined && createdTime === undefined) return undefined;
  return { issuer, is_mfa: isMfa, created_time: createdTime };
}

/** Who is signed in: the role where one is assumed, else the caller. */
function subjectOf(fields: JsonObject): User | undefined {
  const asked = object(fields['requestParameters']);
  const role = text(asked?.['roleArn']);
  return role === undefined ? callerOf(fields, object(fields['userIdentity'])) : { uid: role, name: text(asked?.['roleSessionName']) };
}

function callerOf(fields: JsonObject, identity: JsonObject | undefined): User | undefined {
  const account = text(identity?.['accountId']) ?? text(fields['recipientAccountId']);
  // Identity Center names the person outside userIdentity, or by its own id.
  const name = text(identity?.['userName']) ?? text(object(fields['additionalEventData'])?.['UserName']);
  const uid = text(identity?.['arn']);
  if (name === undefined && uid === undefined && account === undefined) return undefined;
  const alternative = text(identity?.['principalId']) ?? text(object(identity?.['onBehalfOf'])?.['userId']);
  return { name, uid, uid_alt: alternative, account: account === undefined ? undefined : { uid: account } };
}

/** The session that AssumeRole opened: what is done in it is done with this key. */
function newSessionOf(
  answered: JsonObject | undefined,
): Readonly<Record<'uid' | 'uid_alt' | 'credential_uid', string | undefined>> | undefined {
  const role = object(answered?.['assumedRoleUser']);
  const uid = text(role?.['arn']);
  return uid === undefined
    ? undefined
    : { uid, uid_alt: text(role?.['assumedRoleId']), credential_uid: text(object(answered?.['credentials'])?.['accessKeyId']) };
}

type Resource = Readonly<{
  uid: string | undefined;
  name: string | undefined;
  type: string | undefined;
  owner: { readonly account: { readonly uid: string } } | undefined;
  data: Rest | undefined;
}>;

/** @returns undefined if there is none, or one that OCSF cannot name: the array then stays whole. */
function resourcesOf(listed: Json | undefined): readonly Resource[] | undefined {
  if (!isArray(listed) || listed.length === 0) return undefined;
  const resources: Resource[] = [];
  for (const item of listed) {
    const resource = isObject(item) ? resourceOf(item) : undefined;
    if (resource === undefined) return undefined;
    resources.push(resource);
  }
  return resources;
}

function resourceOf(item: JsonObject): Resource | undefined {
  const uid = text(item['ARN']);
  // All objects below a prefix, in S3 data events.
  const name = text(item['ARNPrefix']);
  if (uid === undefined && name === undefined) return undefined;
  const account = text(item['accountId']);
  const data: Rest = {};
  for (const [key, member] of Object.entries(item)) {
    const moves = key === 'ARN' || key === 'ARNPrefix' || key === 'type' || key === 'accountId';
    if (!moves || text(member) === undefined) keep(data, key, member);
  }
  const owner = account === undefined ? undefined : { account: { uid: account } };
  return { uid, name, type: text(item['type']), owner, data: filled(data) };
}

// ── unmapped ──

function leftovers(fields: JsonObject, places: ReadonlyMap<string, Place>, common: Common): Rest {
  const rest: Rest = {};
  for (const name in fields) {
    const place = places.get(name);
    const member = fields[name];
    if (place === undefined || (place === 'text' && text(member) === undefined)) keep(rest, name, member);
  }
  keep(rest, 'userIdentity', identityLeftovers(fields['userIdentity'], common.actor.user));
  correct(rest, 'eventName', fields, common.api.operation);
  correct(rest, 'eventID', fields, common.metadata.uid);
  correct(rest, 'requestID', fields, common.api.request?.uid);
  correct(rest, 'recipientAccountId', fields, common.cloud.account?.uid);
  correct(rest, 'awsRegion', fields, common.cloud.region);
  return rest;
}

function keep(rest: Rest, name: string, member: Json | undefined): void {
  if (member === undefined || member === null) return;
  // Assigning to __proto__ would not make a member.
  if (name === '__proto__') Object.defineProperty(rest, name, { value: member, enumerable: true, configurable: true, writable: true });
  else rest[name] = member;
}

/** Where the attribute does not hold what the record says (nothing, another type), `unmapped` has the record's word. */
function correct(rest: Rest, name: string, fields: JsonObject, mapped: string | undefined): void {
  const said = fields[name] ?? undefined;
  if (said !== mapped) rest[name] = said ?? null;
}

function filled(rest: Rest): Rest | undefined {
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function identityLeftovers(identity: Json | undefined, user: User | undefined): Json | undefined {
  if (!isObject(identity)) return identity;
  const rest: Rest = {};
  let moved = false;
  for (const name in identity) {
    const member = identity[name];
    const left = name === 'sessionContext' ? sessionLeftovers(member) : identityMoves(name, member, user) ? undefined : member;
    if (left !== member) moved = true;
    keep(rest, name, left);
  }
  return moved ? filled(rest) : identity;
}

function identityMoves(name: string, member: Json | undefined, user: User | undefined): boolean {
  const place = IDENTITY_PLACES.get(name);
  if (place === undefined || text(member) === undefined) return false;
  return place === 'always' || (name === 'type' ? user?.type !== undefined : user !== undefined);
}

/** The issuer's ARN is all that moves; the attributes stay as they were written. */
function sessionLeftovers(context: Json | undefined): Json | undefined {
  if (!isObject(context)) return context;
  const issuer = object(context['sessionIssuer']);
  if (text(issuer?.['arn']) === undefined) return context;
  const rest: Rest = {};
  for (const name in context) keep(rest, name, name === 'sessionIssuer' ? without(issuer ?? {}, 'arn') : context[name]);
  return filled(rest);
}

function without(members: JsonObject, left: string): Rest | undefined {
  const rest: Rest = {};
  for (const name in members) if (name !== left) keep(rest, name, members[name]);
  return filled(rest);
}

// https://developer.okta.com/docs/reference/api/system-log/ (LogEvent), https://developer.okta.com/docs/reference/api/event-types/
// Okta System Log: sign-ins and sessions → Authentication, life of accounts, passwords and factors → Account Change, members of groups →
// Group Management, assignments of applications and of administrator roles → User Access, policies, zones, applications and devices →
// Entity Management, everything else → API Activity.
//
//  - eventType is metadata.event_code, outcome.result status_code, outcome.reason status_detail, transaction.id correlation_uid.
//  - actor is actor.user; the user, group or entity that an event is about is its first target of that type, a user the actor where there
//    is none. In API Activity the targets are resources; elsewhere the others stay in `unmapped`.
//  - A null, and `unknown` for an id, is absence. An event without the subject its class demands is API Activity.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import {
  ACCOUNT_CHANGE,
  API_ACTIVITY,
  AUTHENTICATION,
  ENTITY_MANAGEMENT,
  GROUP_MANAGEMENT,
  SEVERITY,
  USER_ACCESS,
} from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  endpointOf,
  locationOf,
  metadataOf,
  namedOf,
  statusOf,
  takeCountry,
  unmappedOf,
  userOf,
  uuidOf,
  type Common,
  type Delivered,
  type Endpoint,
  type User,
} from './lib/audit.ts';
import {
  drain,
  type Fields,
  giveBack,
  inside,
  listIn,
  originalTime,
  peekText,
  take,
  takeDegrees,
  takeId,
  takeIp,
  takeText,
  takeWhole,
  timeOf,
} from './lib/fields.ts';
import { crudOf } from './lib/verbs.ts';
import {
  ACCOUNT_CHANGES,
  ACCOUNT_SWITCH,
  DEVICES,
  ENTITY_CHANGES,
  ENTITY_FAMILIES,
  ENTITY_TYPES,
  FACTORS,
  GROUP_CHANGES,
  LOGON,
  RESULTS,
  SEVERITIES,
  SIGN_INS,
  USER_TYPES,
} from './okta-tables.ts';

interface OktaEvent {
  readonly delivered: Delivered;
  readonly type: string;
  /** published, ms since the epoch. */
  readonly time: number;
}

const SERVICE = 'Okta';
const PRODUCT = { name: 'Okta', vendor_name: 'Okta' };

export const okta: Source<OktaEvent> = {
  name: 'okta',
  title: 'Okta System Log',
  documentation: 'https://developer.okta.com/docs/reference/api/system-log/',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, ENTITY_MANAGEMENT.uid, USER_ACCESS.uid, GROUP_MANAGEMENT.uid, API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ['EventBridge: partner bus aws.partner/okta.com/<subdomain>/<name>', "Kafka, Kinesis, S3: as the bank's file says"],
  events: [{ source: 'aws.partner/okta.com/*' }],
  claims: () => false,
  recognises: (head) => ['"eventType"', '"published"', '"displayMessage"', '"outcome"', '"uuid"'].every((name) => head.includes(name)),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<OktaEvent> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const type = takeText(fields, 'eventType');
  if (type === undefined) return reject('missing_field', 'eventType');
  const published = take(fields, 'published');
  if (published === undefined) return reject('missing_field', 'published');
  const time = timeOf(published);
  return time === undefined ? reject('bad_value', 'published is not a time') : value({ delivered: delivered.value, type, time });
}

function map(native: OktaEvent, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, type } = native;
  const { fields } = delivered;
  const common = commonOf(native, record, context);
  const targets = listIn(fields, 'target');
  const event =
    signIn(type, common, fields, targets) ??
    accountChange(type, common, fields, targets) ??
    membership(type, common, targets) ??
    access(type, common, targets) ??
    entityChange(type, common, targets) ??
    apiActivity(common, { activity: crudOf(type), operation: type, service: SERVICE, resources: resourcesOf(targets) });
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

// ── Classes ──

const IMPERSONATE = 2;

function signInActivity(type: string): number | undefined {
  const known = SIGN_INS.get(type);
  if (known !== undefined) return known;
  if (type.startsWith('user.authentication.')) return LOGON;
  return type.startsWith('user.session.') ? OTHER : undefined;
}

function signIn(type: string, common: Common, fields: Fields, targets: readonly Fields[]): Mapped {
  const activity = signInActivity(type);
  // An administrator may act on another's session: then it is the target's.
  const subject = activity === undefined ? undefined : (targetUser(targets) ?? common.actor?.user);
  if (activity === undefined || subject === undefined) return undefined;
  const credential = inside(fields, 'authenticationContext');
  const factor = FACTORS.get(peekText(credential, 'credentialType') ?? '');
  if (factor !== undefined) take(credential, 'credentialType');
  return {
    ...activityOf(AUTHENTICATION, activity, type),
    ...common,
    user: subject,
    session: sessionOf(subject, common),
    service: applicationOf(targets) ?? { name: SERVICE },
    is_mfa: type === 'user.authentication.auth_via_mfa' ? true : undefined,
    auth_factors: factor === undefined ? undefined : [{ factor_type_id: factor }],
    account_switch_type_id: activity === ACCOUNT_SWITCH ? IMPERSONATE : undefined,
  };
}

/** The actor's own session, not that of whom he acts on. */
function sessionOf(subject: User, { actor }: Common): JsonObject | undefined {
  return subject.name === actor?.user?.name ? actor?.session : undefined;
}

function accountChange(type: string, common: Common, fields: Fields, targets: readonly Fields[]): Mapped {
  if (!type.startsWith('user.')) return undefined;
  const privilege = type.startsWith('user.account.privilege.');
  const activity = ACCOUNT_CHANGES.find(([family]) => type.startsWith(family))?.[1];
  const user = activity === undefined ? undefined : (targetUser(targets) ?? common.actor?.user);
  if (activity === undefined || user === undefined) return undefined;
  const granted = privilege ? privilegesOf(inside(inside(fields, 'debugContext'), 'debugData')) : [];
  if (granted.length === 0) return { ...activityOf(ACCOUNT_CHANGE, activity, type), ...common, user };
  return { ...activityOf(USER_ACCESS, assignment(type), type), ...common, user, privileges: granted };
}

/** Okta lists the administrator roles in one text: `Super administrator, Group administrator (…)`. */
function privilegesOf(debug: Fields): readonly string[] {
  const listed = takeText(debug, 'privilegeGranted') ?? takeText(debug, 'privilegeRevoked');
  return (listed ?? '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
}

/** Activities of User Access. */
function assignment(type: string): number {
  const verb = type.slice(type.lastIndexOf('.') + 1);
  if (verb === 'add' || verb === 'grant') return 1;
  return verb === 'remove' || verb === 'revoke' ? 2 : OTHER;
}

function membership(type: string, common: Common, targets: readonly Fields[]): Mapped {
  if (!type.startsWith('group.')) return undefined;
  const target = targets.find((candidate) => peekText(candidate, 'type') === 'UserGroup');
  const group = target === undefined ? undefined : namedTarget(target);
  if (group === undefined) return undefined;
  return { ...activityOf(GROUP_MANAGEMENT, GROUP_CHANGES.get(type) ?? OTHER, type), ...common, group, user: targetUser(targets) };
}

/** What a user may do in an application is for the application to say: OCSF's privilege is the application itself. */
function access(type: string, common: Common, targets: readonly Fields[]): Mapped {
  if (!type.startsWith('application.user_membership.')) return undefined;
  const application = targets.find(isApplication);
  const name = application === undefined ? undefined : peekText(application, 'displayName');
  if (application === undefined || name === undefined) return undefined;
  const user = targetUser(targets);
  if (user === undefined) return undefined;
  return {
    ...activityOf(USER_ACCESS, assignment(type), type),
    ...common,
    user,
    privileges: [name],
    resources: resourcesOf([application]),
  };
}

const DEVICE = 1;

function entityChange(type: string, common: Common, targets: readonly Fields[]): Mapped {
  if (!ENTITY_FAMILIES.some((family) => type.startsWith(family))) return undefined;
  const isRule = type.startsWith('policy.rule.');
  const target = targets.find((candidate) => (peekText(candidate, 'type') === 'PolicyRule') === isRule) ?? targets[0];
  const entity = target === undefined ? undefined : entityOf(target, type.startsWith('device.'));
  if (entity === undefined) return undefined;
  return { ...activityOf(ENTITY_MANAGEMENT, ENTITY_CHANGES.get(type.slice(type.lastIndexOf('.') + 1)) ?? OTHER, type), ...common, entity };
}

function entityOf(target: Fields, isDevice: boolean): JsonObject | undefined {
  const named = namedTarget(target);
  if (named === undefined) return undefined;
  const { type, ...entity } = named;
  const typeId = isDevice ? DEVICE : (ENTITY_TYPES.get(type ?? '') ?? (type === undefined ? 0 : OTHER));
  // The word stays where OCSF has no place for it beside the id.
  if (typeId !== OTHER) giveBack(target, 'type');
  return { ...entity, type_id: typeId, type: typeId === OTHER ? type : undefined, data: drain(target) };
}

// ── Targets ──

function isUser(target: Fields): boolean {
  return peekText(target, 'type') === 'User';
}

function isApplication(target: Fields): boolean {
  return peekText(target, 'type') === 'AppInstance';
}

function targetUser(targets: readonly Fields[]): User | undefined {
  const target = targets.find(isUser);
  return target === undefined ? undefined : personOf(target);
}

/** An actor, or a target that is a user: both have the same members. */
function personOf(person: Fields): User | undefined {
  const name = known(person, 'alternateId');
  const uid = known(person, 'id');
  if (name === undefined && uid === undefined) return undefined;
  const typeId = USER_TYPES.get(peekText(person, 'type') ?? '') ?? OTHER;
  const type = peekText(person, 'type') === undefined ? undefined : takeText(person, 'type');
  return userOf({
    name,
    uid,
    display_name: known(person, 'displayName'),
    type: typeId === OTHER ? type : undefined,
    type_id: type === undefined ? undefined : typeId,
  });
}

function namedTarget(
  target: Fields,
): { readonly name?: string | undefined; readonly uid?: string | undefined; readonly type?: string | undefined } | undefined {
  const named = namedOf({ name: peekText(target, 'displayName'), uid: takeId(target, 'id') });
  if (named === undefined) return undefined;
  return { ...named, name: takeText(target, 'displayName'), type: takeText(target, 'type') };
}

function applicationOf(targets: readonly Fields[]): JsonObject | undefined {
  const target = targets.find(isApplication);
  const named = target === undefined ? undefined : namedOf({ name: takeText(target, 'displayName'), uid: takeId(target, 'id') });
  return named === undefined ? undefined : { ...named };
}

/** A target without id and name stays where it was. */
function resourcesOf(targets: readonly Fields[]): readonly JsonObject[] {
  return targets.flatMap((target) => {
    const named = namedTarget(target);
    return named === undefined ? [] : [{ ...named, data: drain(target) }];
  });
}

// ── What all classes have ──

function commonOf(native: OktaEvent, record: RawRecord, context: Context): Common {
  const { fields } = native.delivered;
  const outcome = inside(fields, 'outcome');
  const result = takeText(outcome, 'result');
  const client = inside(fields, 'client');
  const debug = inside(inside(fields, 'debugContext'), 'debugData');
  const session = inside(fields, 'authenticationContext');
  const sessionId = known(session, 'externalSessionId');
  const issuer = known(inside(session, 'issuer'), 'id');
  return {
    severity_id: SEVERITIES.get(peekText(fields, 'severity') ?? '') ?? SEVERITY.unknown,
    time: native.time,
    message: takeText(fields, 'displayMessage'),
    ...statusOf(result, RESULTS),
    status_code: result,
    status_detail: takeText(outcome, 'reason'),
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: personOf(inside(fields, 'actor')),
      session: sessionId === undefined && issuer === undefined ? undefined : { uid: sessionId, issuer },
    }),
    src_endpoint: sourceOf(client, inside(fields, 'securityContext')),
    http_request: requestOf(client, debug),
  };
}

function metadata(native: OktaEvent, record: RawRecord, context: Context): Common['metadata'] {
  const { fields } = native.delivered;
  const id = takeText(fields, 'uuid');
  return metadataOf({
    uid: uuidOf(id) ?? (id === undefined ? context.uid(record.index) : digest(15, 'okta', JSON.stringify(id))),
    product: PRODUCT,
    log_name: 'System Log',
    event_code: native.type,
    log_level: takeText(fields, 'severity'),
    log_version: takeText(fields, 'version'),
    correlation_uid: takeText(inside(fields, 'transaction'), 'id'),
    original_event_uid: uuidOf(id) === id ? undefined : id,
    original_time: originalTime(fields.members['published']),
  });
}

/** Okta writes `unknown` for ids it does not have. */
function known(fields: Fields, name: string): string | undefined {
  return peekText(fields, name) === 'unknown' ? undefined : takeText(fields, name);
}

function sourceOf(client: Fields, security: Fields): Endpoint | undefined {
  const ip = takeIp(client, 'ipAddress');
  if (ip === undefined) return undefined;
  const device = DEVICES.get(peekText(client, 'device') ?? '');
  if (device !== undefined) take(client, 'device');
  const number = takeWhole(security, 'asNumber');
  const name = takeText(security, 'asOrg');
  return endpointOf({
    ip,
    type_id: device,
    location: placeOf(inside(client, 'geographicalContext')),
    autonomous_system: number === undefined && name === undefined ? undefined : { number, name },
    isp: takeText(security, 'isp'),
    domain: takeText(security, 'domain'),
    zone: peekText(client, 'zone') === 'null' ? undefined : takeText(client, 'zone'),
  });
}

function placeOf(place: Fields): ReturnType<typeof locationOf> {
  if (['city', 'state', 'postalCode'].every((name) => peekText(place, name) === undefined)) return undefined;
  const point = inside(place, 'geolocation');
  const country = takeCountry(place, 'country');
  return locationOf({
    city: takeText(place, 'city'),
    region: takeText(place, 'state'),
    postal_code: takeText(place, 'postalCode'),
    country,
    // Okta writes names of countries, OCSF wants codes.
    desc: country === undefined ? takeText(place, 'country') : undefined,
    lat: takeDegrees(point, 'lat', 90),
    long: takeDegrees(point, 'lon', 180),
  });
}

function requestOf(client: Fields, debug: Fields): JsonObject | undefined {
  const agent = takeText(inside(client, 'userAgent'), 'rawUserAgent');
  const path = takeText(debug, 'requestUri');
  const url = takeText(debug, 'url');
  if (agent === undefined && path === undefined && url === undefined) return undefined;
  return { user_agent: agent, url: path === undefined && url === undefined ? undefined : { path, url_string: url } };
}

// https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/reviewing-audit-logs-for-your-enterprise/audit-log-events-for-your-enterprise
// GitHub audit log of an enterprise or organization, streamed or from the API, with Git events: sign-ins → Authentication, users → Account
// Change, teams and members of organizations → Group Management, permissions → User Access, all else (Git too) → API Activity.
//
//  - action is metadata.event_code and api.operation; operation_type says what kind of act it is where there is one, else the name does.
//  - actor is actor.user, its token programmatic_credentials; `user` is whom the event is about, the actor where there is none.
//  - Enterprises may turn actor_ip off; a country is no endpoint and stays in `unmapped` then.
//  - Repository and organization are resources of API Activity; an event of another class keeps them in `unmapped`.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { ACCOUNT_CHANGE, API_ACTIVITY, AUTHENTICATION, GROUP_MANAGEMENT, SEVERITY, STATUS, USER_ACCESS } from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import {
  OTHER,
  activityOf,
  actorOf,
  apiActivity,
  deliveredOf,
  locationOf,
  metadataOf,
  namedOf,
  takeCountry,
  unmappedOf,
  userOf,
  type Common,
  type Delivered,
  type Endpoint,
  type User,
} from './lib/audit.ts';
import { inside, originalTime, peekText, take, takeId, takeIp, takeText, timeOf, type Fields } from './lib/fields.ts';
import { HTTP_ACTIVITIES } from './lib/http.ts';
import { crudOf } from './lib/verbs.ts';

interface AuditEntry {
  readonly delivered: Delivered;
  readonly action: string;
  /** @timestamp, ms since the epoch. */
  readonly time: number;
  readonly originalTime: string | undefined;
}

const NAME = 'GitHub';
const PRODUCT = { name: NAME, vendor_name: NAME };

export const github: Source<AuditEntry> = {
  name: 'github',
  title: 'GitHub audit log (enterprise and organization)',
  documentation:
    'https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/reviewing-audit-logs-for-your-enterprise',
  classes: [ACCOUNT_CHANGE.uid, AUTHENTICATION.uid, USER_ACCESS.uid, GROUP_MANAGEMENT.uid, API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["S3 (audit log streaming), Kafka, Kinesis: as the bank's file says"],
  claims: () => false,
  recognises: (head) =>
    ['"action"', '"@timestamp"', '"actor"'].every((name) => head.includes(name)) &&
    ['"_document_id"', '"actor_location"', '"business_id"', '"org_id"'].some((name) => head.includes(name)),
  parse,
  map,
};

function parse(record: RawRecord): Outcome<AuditEntry> {
  const delivered = deliveredOf(record);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const action = takeText(fields, 'action');
  if (action === undefined) return reject('missing_field', 'action');
  const written = take(fields, '@timestamp') ?? take(fields, 'created_at');
  if (written === undefined) return reject('missing_field', '@timestamp or created_at');
  const time = timeOf(written);
  if (time === undefined) return reject('bad_value', 'the time is not a time');
  return value({ delivered: delivered.value, action, time, originalTime: originalTime(written) });
}

function map(native: AuditEntry, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, action } = native;
  const { fields } = delivered;
  const common = commonOf(native, record, context);
  const event =
    signIn(action, common, fields) ??
    accountChange(action, common, fields) ??
    groupChange(action, common, fields) ??
    accessChange(action, common, fields) ??
    apiActivity(common, {
      activity: OPERATION_TYPES.get(peekText(fields, 'operation_type') ?? '') ?? GIT_ACTIVITIES.get(action) ?? crudOf(action),
      operation: action,
      service: NAME,
      resources: resourcesOf(fields),
    });
  return { ...event, unmapped: unmappedOf(delivered) };
}

type Mapped = OcsfEvent | undefined;

/** https://schema.ocsf.io/1.8.0/classes/api_activity (activity_id) */
const OPERATION_TYPES: ReadonlyMap<string, number> = new Map([
  ['create', 1],
  ['access', 2],
  ['modify', 3],
  ['transfer', 3],
  ['restore', 3],
  ['remove', 4],
]);
const GIT_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['git.clone', 2],
  ['git.fetch', 2],
  ['git.push', 3],
]);

const LOGON = 1;
const LOGOFF = 2;
const FAILURES: ReadonlySet<string> = new Set(['user.failed_login', 'user.two_factor_challenge_failure']);
const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['user.login', LOGON],
  ['user.failed_login', LOGON],
  ['user.sign_in_from_unrecognized_device', LOGON],
  ['user.sign_in_from_unrecognized_device_and_location', LOGON],
  ['user.logout', LOGOFF],
  ['user.two_factor_challenge_success', LOGON],
  ['user.two_factor_challenge_failure', LOGON],
  ['org.sso_response', LOGON],
  ['business.sso_response', LOGON],
]);

function signIn(action: string, common: Common, fields: Fields): Mapped {
  const activity = SIGN_INS.get(action);
  const user = activity === undefined ? undefined : (subjectOf(fields) ?? common.actor?.user);
  if (activity === undefined || user === undefined) return undefined;
  return {
    ...activityOf(AUTHENTICATION, activity, action),
    ...common,
    status_id: FAILURES.has(action) ? STATUS.failure : STATUS.success,
    user,
    service: { name: NAME },
    is_mfa: action.startsWith('user.two_factor_') ? true : undefined,
  };
}

const ACCOUNT_CHANGES: ReadonlyMap<string, number> = new Map([
  ['user.create', 1],
  ['user.unsuspend', 2],
  ['user.change_password', 3],
  ['user.forgot_password', 4],
  ['user.reset_password', 4],
  ['user.suspend', 5],
  ['user.destroy', 6],
  ['user.async_delete', 6],
  ['user.rename', OTHER],
  ['user.two_factor_enabled', 10],
  ['two_factor_authentication.enabled', 10],
  ['two_factor_authentication.add_factor', 10],
  ['two_factor_authentication.disabled', 11],
  ['two_factor_authentication.remove_factor', 11],
  ['external_identity.provision', 1],
  ['external_identity.update', OTHER],
  ['external_identity.deprovision', 6],
]);

function accountChange(action: string, common: Common, fields: Fields): Mapped {
  const activity = ACCOUNT_CHANGES.get(action);
  const user = activity === undefined ? undefined : (subjectOf(fields) ?? common.actor?.user);
  return activity === undefined || user === undefined ? undefined : { ...activityOf(ACCOUNT_CHANGE, activity, action), ...common, user };
}

const TEAM_CHANGES: ReadonlyMap<string, number> = new Map([
  ['team.add_member', 3],
  ['team.remove_member', 4],
  ['team.destroy', 5],
  ['team.delete', 5],
  ['team.create', 6],
]);
const MEMBERSHIPS: ReadonlyMap<string, number> = new Map([
  ['org.add_member', 3],
  ['org.remove_member', 4],
  ['business.add_member', 3],
  ['business.remove_member', 4],
]);

function groupChange(action: string, common: Common, fields: Fields): Mapped {
  if (action.startsWith('team.')) {
    const name = takeText(fields, 'team') ?? takeText(inside(fields, 'data'), 'team');
    if (name === undefined) return undefined;
    const group = { name, uid: takeId(fields, 'team_id') };
    return { ...activityOf(GROUP_MANAGEMENT, TEAM_CHANGES.get(action) ?? OTHER, action), ...common, group, user: subjectOf(fields) };
  }
  const activity = MEMBERSHIPS.get(action);
  if (activity === undefined) return undefined;
  const group = action.startsWith('org.') ? ownerOf(fields, 'org', 'organization') : ownerOf(fields, 'business', 'enterprise');
  return group === undefined ? undefined : { ...activityOf(GROUP_MANAGEMENT, activity, action), ...common, group, user: subjectOf(fields) };
}

const ACCESS_CHANGES: ReadonlyMap<string, number> = new Map([
  ['org.update_member', 1],
  ['repo.add_member', 1],
  ['repo.update_member', 1],
  ['repo.remove_member', 2],
  ['business.add_admin', 1],
  ['business.remove_admin', 2],
]);

function accessChange(action: string, common: Common, fields: Fields): Mapped {
  const activity = ACCESS_CHANGES.get(action);
  if (activity === undefined || peekText(fields, 'user') === undefined) return undefined;
  const privilege = takeText(fields, 'permission') ?? (action.endsWith('_admin') ? 'admin' : undefined);
  if (privilege === undefined) return undefined;
  const repository = repositoryOf(fields);
  return {
    ...activityOf(USER_ACCESS, activity, action),
    ...common,
    user: subjectOf(fields),
    privileges: [privilege],
    resources: repository === undefined ? undefined : [repository],
  };
}

function subjectOf(fields: Fields): User | undefined {
  const name = takeText(fields, 'user');
  return userOf({ name, uid: takeId(fields, 'user_id') });
}

function ownerOf(fields: Fields, name: string, type: string): JsonObject | undefined {
  const owner = namedOf({ name: takeText(fields, name), uid: takeId(fields, `${name}_id`) });
  return owner === undefined ? undefined : { ...owner, type };
}

function repositoryOf(fields: Fields): JsonObject | undefined {
  const name = takeText(fields, 'repo') ?? takeText(fields, 'repository');
  const repository = namedOf({ name, uid: takeId(fields, 'repo_id') ?? takeId(fields, 'repository_id') });
  return repository === undefined ? undefined : { ...repository, type: 'repository' };
}

/** An event may be about several organizations or repositories at once: those lists stay where they are. */
function resourcesOf(fields: Fields): readonly JsonObject[] {
  const found = [repositoryOf(fields), ownerOf(fields, 'org', 'organization'), ownerOf(fields, 'business', 'enterprise')];
  return found.filter((resource) => resource !== undefined);
}

// ── What all classes have ──

function commonOf(native: AuditEntry, record: RawRecord, context: Context): Common {
  const { fields } = native.delivered;
  return {
    severity_id: SEVERITY.informational,
    time: native.time,
    message: takeText(fields, 'message'),
    metadata: metadata(native, record, context),
    actor: actorOf({
      user: callerOf(fields),
      app_name: takeText(fields, 'oauth_application_name'),
      app_uid: nonZero(fields, 'oauth_application_id'),
    }),
    src_endpoint: sourceOf(fields),
    http_request: requestOf(fields),
  };
}

/** GitHub writes 0 where there is no application, or no user (deploy keys). */
function nonZero(fields: Fields, name: string): string | undefined {
  return fields.members[name] === 0 ? undefined : takeId(fields, name);
}

/** A token without its user stays where it was. */
function callerOf(fields: Fields): User | undefined {
  const user = userOf({ name: takeText(fields, 'actor'), uid: nonZero(fields, 'actor_id') });
  const token = user === undefined ? undefined : takeId(fields, 'token_id');
  if (user === undefined || token === undefined) return user;
  return { ...user, programmatic_credentials: [{ uid: token, type: takeText(fields, 'programmatic_access_type') }] };
}

function metadata(native: AuditEntry, record: RawRecord, context: Context): Common['metadata'] {
  const { fields } = native.delivered;
  const id = takeText(fields, '_document_id');
  return metadataOf({
    uid: id === undefined ? context.uid(record.index) : digest(15, 'github', JSON.stringify(id)),
    product: PRODUCT,
    event_code: native.action,
    correlation_uid: takeText(fields, 'request_id'),
    original_event_uid: id,
    original_time: native.originalTime,
  });
}

function sourceOf(fields: Fields): Endpoint | undefined {
  const place = inside(fields, 'actor_location');
  const ip = takeIp(fields, 'actor_ip') ?? takeIp(place, 'ip');
  if (ip === undefined) return undefined;
  return { ip, location: locationOf({ country: takeCountry(place, 'country_code') }) };
}

/** What events of API requests tell beside the agent. */
function requestOf(fields: Fields): JsonObject | undefined {
  const agent = takeText(fields, 'user_agent');
  const path = takeText(fields, 'url_path');
  const method = peekText(fields, 'request_method');
  const isKnown = method !== undefined && HTTP_ACTIVITIES.has(method);
  if (isKnown) take(fields, 'request_method');
  if (agent === undefined && path === undefined && !isKnown) return undefined;
  return { http_method: isKnown ? method : undefined, user_agent: agent, url: path === undefined ? undefined : { path } };
}

// What the Okta mapper knows by name. https://developer.okta.com/docs/reference/api/event-types/
import { SEVERITY, STATUS } from '../ocsf/classes.ts';
import { OTHER, USER_TYPE } from './lib/audit.ts';

// https://schema.ocsf.io/1.8.0/classes/authentication (activity_id)
export const LOGON = 1;
const LOGOFF = 2;
export const ACCOUNT_SWITCH = 7;

/** Of the families user.session and user.authentication; every other one of user.authentication is a logon. */
export const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['user.session.start', LOGON],
  ['user.session.end', LOGOFF],
  ['user.session.clear', LOGOFF],
  ['user.session.expire', LOGOFF],
  ['user.session.impersonation.initiate', ACCOUNT_SWITCH],
  ['user.session.impersonation.end', OTHER],
  ['user.authentication.slo', LOGOFF],
  ['user.authentication.universal_logout', LOGOFF],
  ['user.mfa.okta_verify.deny_push', OTHER],
  ['user.mfa.attempt_bypass', OTHER],
]);

/** Kinds of factors. https://schema.ocsf.io/1.8.0/objects/auth_factor (factor_type_id) */
export const FACTORS: ReadonlyMap<string, number> = new Map([
  ['SMS', 1],
  ['OTP', 7],
  ['EMAIL', 8],
  ['PASSWORD', 11],
]);

/** By the longest name that the event's type begins with; every other one of these families is OTHER. */
export const ACCOUNT_CHANGES: readonly (readonly [family: string, activity: number])[] = [
  ['user.lifecycle.create', 1],
  ['user.lifecycle.activate', 2],
  ['user.lifecycle.reactivate', 2],
  ['user.lifecycle.unsuspend', 2],
  ['user.lifecycle.deactivate', 5],
  ['user.lifecycle.suspend', 5],
  ['user.lifecycle.delete', 6],
  ['user.account.update_password', 3],
  ['user.account.reset_password', 4],
  ['user.account.lock', 9],
  ['user.account.unlock', 12],
  ['user.mfa.factor.activate', 10],
  ['user.mfa.factor.unsuspend', 10],
  ['user.mfa.factor.deactivate', 11],
  ['user.mfa.factor.reset_all', 11],
  ['user.mfa.factor.suspend', 11],
  ['user.lifecycle.', OTHER],
  ['user.account.', OTHER],
  ['user.mfa.factor.', OTHER],
];

export const GROUP_CHANGES: ReadonlyMap<string, number> = new Map([
  ['group.privilege.grant', 1],
  ['group.privilege.revoke', 2],
  ['group.user_membership.add', 3],
  ['group.user_membership.remove', 4],
  ['group.lifecycle.delete', 5],
  ['group.lifecycle.create', 6],
]);

/** Activities of Entity Management by the verb of the event's type. */
export const ENTITY_CHANGES: ReadonlyMap<string, number> = new Map([
  ['create', 1],
  ['add', 1],
  ['update', 3],
  ['overwrite', 3],
  ['delete', 4],
  ['enroll', 6],
  ['activate', 10],
  ['deactivate', 11],
  ['suspend', 12],
  ['unsuspend', 13],
]);

/** Kinds of entities by the target's type. https://schema.ocsf.io/1.8.0/objects/managed_entity (type_id) */
export const ENTITY_TYPES: ReadonlyMap<string, number> = new Map([
  ['PolicyEntity', 5],
  ['PolicyRule', 5],
  ['NetworkZone', 7],
  ['Zone', 7],
]);

export const ENTITY_FAMILIES = [
  'policy.lifecycle.',
  'policy.rule.',
  'zone.',
  'network_zone.',
  'application.lifecycle.',
  'device.lifecycle.',
];

export const USER_TYPES: ReadonlyMap<string, number> = new Map([
  ['User', USER_TYPE.user],
  ['SystemPrincipal', USER_TYPE.system],
]);

export const SEVERITIES: ReadonlyMap<string, number> = new Map([
  ['DEBUG', SEVERITY.informational],
  ['INFO', SEVERITY.informational],
  ['WARN', SEVERITY.low],
  ['ERROR', SEVERITY.medium],
]);

export const RESULTS: ReadonlyMap<string, number> = new Map([
  ['SUCCESS', STATUS.success],
  ['ALLOW', STATUS.success],
  ['FAILURE', STATUS.failure],
  ['DENY', STATUS.failure],
  ['UNKNOWN', STATUS.unknown],
]);

/** Kinds of endpoints. https://schema.ocsf.io/1.8.0/objects/network_endpoint (type_id) */
export const DEVICES: ReadonlyMap<string, number> = new Map([
  ['Computer', 2],
  ['Tablet', 4],
  ['Mobile', 5],
]);

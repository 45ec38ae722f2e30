// What the operations of Microsoft's directory are: Entra ID names them in its own audit log, and Microsoft 365 has them again, with a full
// stop at the end. https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-audit-activities
import { ACCOUNT_CHANGE, ENTITY_MANAGEMENT, GROUP_MANAGEMENT, USER_ACCESS, type OcsfClass } from '../../ocsf/classes.ts';
import { OTHER } from './audit.ts';

export interface DirectoryOperation {
  readonly cls: OcsfClass;
  readonly activity: number;
}

const OPERATIONS: ReadonlyMap<string, DirectoryOperation> = new Map([
  ...operations(ACCOUNT_CHANGE, 1, ['add user', 'invite external user', 'bulk create users - finished (bulk)']),
  ...operations(ACCOUNT_CHANGE, 2, ['enable account', 'restore user']),
  ...operations(ACCOUNT_CHANGE, 3, ['change user password', 'change password (self-service)', 'self-serve password change']),
  ...operations(ACCOUNT_CHANGE, 4, [
    'reset user password',
    'reset password',
    'reset password (by admin)',
    'reset password (self-service)',
    'set force change user password',
  ]),
  ...operations(ACCOUNT_CHANGE, 5, ['disable account']),
  ...operations(ACCOUNT_CHANGE, 6, ['delete user', 'hard delete user']),
  ...operations(ACCOUNT_CHANGE, 10, ['user registered security info', 'admin registered security info', 'enable strong authentication']),
  ...operations(ACCOUNT_CHANGE, 11, ['user deleted security info', 'admin deleted security info', 'disable strong authentication']),
  ...operations(ACCOUNT_CHANGE, 12, ['unlock user account (self-service)']),
  ...operations(ACCOUNT_CHANGE, OTHER, [
    'update user',
    'change user license',
    'set license properties',
    'set user manager',
    'user changed default security info',
    'update stsrefreshtokenvalidfrom timestamp',
    'convert federated user to managed',
    'dismiss user risk',
    'confirm user compromised',
  ]),
  ...operations(GROUP_MANAGEMENT, 3, ['add member to group']),
  ...operations(GROUP_MANAGEMENT, 4, ['remove member from group']),
  ...operations(GROUP_MANAGEMENT, 5, ['delete group', 'hard delete group']),
  ...operations(GROUP_MANAGEMENT, 6, ['add group']),
  ...operations(GROUP_MANAGEMENT, OTHER, [
    'update group',
    'restore group',
    'add owner to group',
    'remove owner from group',
    'set group license',
    'set dynamic group properties',
  ]),
  ...operations(USER_ACCESS, 1, [
    'add member to role',
    'add eligible member to role',
    'add scoped member to role',
    'add member to role completed (pim activation)',
    'add member to role in pim completed (permanent)',
    'add member to role in pim completed (timebound)',
    'add member to role outside of pim (permanent)',
    'add eligible member to role in pim completed (permanent)',
    'add eligible member to role in pim completed (timebound)',
    'add app role assignment grant to user',
  ]),
  ...operations(USER_ACCESS, 2, [
    'remove member from role',
    'remove eligible member from role',
    'remove scoped member from role',
    'remove member from role (pim activation expired)',
    'remove member from role in pim completed (permanent)',
    'remove member from role in pim completed (timebound)',
    'remove eligible member from role in pim completed (permanent)',
    'remove eligible member from role in pim completed (timebound)',
    'remove app role assignment from user',
  ]),
  ...operations(ENTITY_MANAGEMENT, 1, [
    'add policy',
    'add conditional access policy',
    'add device',
    'register device',
    'add named location',
  ]),
  ...operations(ENTITY_MANAGEMENT, 3, ['update policy', 'update conditional access policy', 'update device', 'update named location']),
  ...operations(ENTITY_MANAGEMENT, 4, [
    'delete policy',
    'delete conditional access policy',
    'delete device',
    'unregister device',
    'delete named location',
  ]),
]);

function operations(cls: OcsfClass, activity: number, names: readonly string[]): [string, DirectoryOperation][] {
  return names.map((name) => [name, { cls, activity }]);
}

/** @returns what the operation is, where it is about an account, a group, a role, a policy or a device. */
export function directoryOperation(name: string): DirectoryOperation | undefined {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  return OPERATIONS.get(plain.toLowerCase());
}

const ENTITY_TYPES: ReadonlyMap<string, number> = new Map([
  ['device', 1],
  ['policy', 5],
  ['location', 7],
]);

/** @returns the kind of entity by the last word of the operation. https://schema.ocsf.io/1.8.0/objects/managed_entity (type_id) */
export function entityTypeOf(name: string): number {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  return ENTITY_TYPES.get(plain.slice(plain.lastIndexOf(' ') + 1).toLowerCase()) ?? 0;
}

/** Values of changed properties are JSON within text: `"Global Administrator"`, `["a"]`. @returns the text; undefined for any other value. */
export function plainValue(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const plain = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  return plain === '' || plain === 'null' || plain.startsWith('[') ? undefined : plain;
}

// What an entry of Entra ID's directory audit log is about: targetResources, and the properties that were changed of them.
// https://learn.microsoft.com/en-us/graph/api/resources/targetresource
import type { JsonObject } from '../model.ts';
import { isArray, isObject, text } from '../outcome.ts';
import { USER_TYPE, namedOf, userOf, type User } from './lib/audit.ts';
import { plainValue } from './lib/entra-operations.ts';
import { drain, peekText, take, takeText, type Fields } from './lib/fields.ts';

function ofType(targets: readonly Fields[], type: string): Fields | undefined {
  return targets.find((target) => peekText(target, 'type') === type);
}

export function userTarget(targets: readonly Fields[]): User | undefined {
  const target = ofType(targets, 'User') ?? ofType(targets, 'ServicePrincipal');
  if (target === undefined) return undefined;
  const isUser = peekText(target, 'type') === 'User';
  return userOf({
    name: takeText(target, 'userPrincipalName') ?? (isUser ? undefined : takeText(target, 'displayName')),
    uid: takeText(target, 'id'),
    display_name: isUser ? takeText(target, 'displayName') : undefined,
    type_id: isUser ? USER_TYPE.user : USER_TYPE.service,
  });
}

/** Operations on members have the member as their target, and the group in its changed properties. */
export function groupOf(targets: readonly Fields[]): JsonObject | undefined {
  const target = ofType(targets, 'Group');
  const named = target === undefined ? undefined : namedOf({ name: takeText(target, 'displayName'), uid: takeText(target, 'id') });
  const name = named?.name ?? changed(targets, 'Group.DisplayName');
  const uid = named?.uid ?? changed(targets, 'Group.ObjectID');
  return name === undefined && uid === undefined ? undefined : { name, uid };
}

export function roleOf(targets: readonly Fields[]): string | undefined {
  const target = ofType(targets, 'Role');
  const name = target === undefined ? undefined : takeText(target, 'displayName');
  return name ?? changed(targets, 'Role.DisplayName') ?? changed(targets, 'AppRole.DisplayName') ?? changed(targets, 'AppRole.Value');
}

/** @returns what the property of a target was set to, or what it was before it was emptied. */
function changed(targets: readonly Fields[], name: string): string | undefined {
  for (const target of targets) {
    const listed = target.members['modifiedProperties'];
    if (!isArray(listed)) continue;
    const property = listed.find((candidate) => isObject(candidate) && candidate['displayName'] === name);
    if (isObject(property)) return plainValue(text(property['newValue'])) ?? plainValue(text(property['oldValue']));
  }
  return undefined;
}

export function resourcesOf(targets: readonly Fields[]): readonly JsonObject[] {
  return targets.flatMap((target) => {
    const named = namedOf({ name: takeText(target, 'displayName'), uid: takeText(target, 'id'), type: peekText(target, 'type') });
    if (named === undefined) return [];
    take(target, 'type');
    return [{ ...named, data: drain(target) }];
  });
}

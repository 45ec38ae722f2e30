// What sources of lines have in common: the cloud a unit is of, and values of a line on their way to `unmapped`.
// https://schema.ocsf.io/1.8.0/classes/base_event (unmapped)
import type { Json, JsonObject, Origin } from '../../model.ts';
import { cloudOf, type Cloud } from '../../ocsf/event.ts';

// One unit has one origin object.
let lastCloud: { readonly origin: Origin | undefined; readonly cloud: Cloud } = { origin: undefined, cloud: cloudOf(undefined, undefined) };

export function cloudAt(origin: Origin): Cloud {
  if (lastCloud.origin !== origin) lastCloud = { origin, cloud: cloudOf(origin.account, origin.region) };
  return lastCloud.cloud;
}

/** A value that has no place in the event, under its field's name. */
export type Stray = [name: string, value: Json];

export function keep(stray: Stray[], name: string, text: string | undefined): void {
  if (text !== undefined) stray.push([name, text]);
}

/** fromEntries defines own members, whatever they are called (`__proto__` too). */
export function unmappedFrom(stray: readonly Stray[]): JsonObject | undefined {
  return stray.length === 0 ? undefined : Object.fromEntries(stray);
}

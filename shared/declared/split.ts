// Several records in one delivered value, or one inside a wrapper.
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { eachOf } from '../parts.ts';
import type { Source } from '../sources/api.ts';
import { valueAt } from './assign.ts';
import type { Records } from './plan.ts';
import { restOf, restTree } from './rest.ts';

/** @returns what gives undefined where the field is not there: the value is then a record itself. */
export function splitter({ field, wrapper }: Records): NonNullable<Source['split']> {
  const tree = restTree([field], new Set());
  const taken = { moved: new Uint8Array([1]), left: new Map<number, Json>() };
  return (whole) => {
    const found = valueAt(whole, field);
    const parts = isArray(found) ? found : isObject(found) ? [found] : undefined;
    if (parts === undefined || wrapper === undefined || !isObject(whole)) return parts;
    const around = restOf(whole, tree, taken);
    return eachOf(parts, (part) => (isObject(part) && around !== undefined ? within(part, wrapper, around) : part));
  };
}

/** What the record says of itself under that name stays. */
function within(part: JsonObject, wrapper: string, around: JsonObject): JsonObject {
  return { [wrapper]: around, ...part };
}

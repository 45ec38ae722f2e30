// The event that the assignments of a plan fill: a tree of attributes, each with a slot of its own, that is built once per record.
// https://schema.ocsf.io/1.8.0/objects (what an object that is there must have)
import type { Json, JsonObject } from '../model.ts';
import type { Needs, NeedsByPlace } from './plan.ts';

export interface Places {
  /** @param isFallback its value counts only where its object would be incomplete without it. @returns the number of its slot. */
  add(path: readonly string[], isFallback?: boolean): number;
  clear(): void;
  /** @param leaves fields that it was moved from; undefined where it came from none. */
  set(slot: number, value: Json, leaves: readonly number[] | undefined): void;
  /** @param moved how often each field was moved; less where an object is left out. */
  build(moved: Uint8Array): { readonly event: JsonObject; readonly missing: string | undefined };
}

/** An attribute with a value of its own, or an object (or list of objects) around such. */
interface Place {
  readonly name: string;
  readonly slot: number | undefined;
  /** Its members are the objects of a list. */
  readonly isList: boolean;
  readonly members: Place[];
  readonly needs: Needs | undefined;
  /** Members that count only where the object would be incomplete without them. */
  readonly fallbacks: Place[];
}

interface Slots {
  readonly values: (Json | undefined)[];
  readonly leaves: (readonly number[] | undefined)[];
}

const INDEX = /^\d+$/;

export function createPlaces(needs: NeedsByPlace): Places {
  const root: Place = { name: '', slot: undefined, isList: false, members: [], needs: undefined, fallbacks: [] };
  const slots: Slots = { values: [], leaves: [] };
  return {
    add(path, isFallback = false) {
      const slot = slots.values.push(undefined) - 1;
      slots.leaves.push(undefined);
      place(root, path, { slot, needs, isFallback });
      return slot;
    },
    clear() {
      slots.values.fill(undefined);
      slots.leaves.fill(undefined);
    },
    set(slot, value, leaves) {
      slots.values[slot] = value;
      slots.leaves[slot] = leaves;
    },
    build(moved) {
      const event = objectOf(root, slots, moved) ?? {};
      return { event, missing: lackOf(event, needs['']) };
    },
  };
}

interface Where {
  readonly slot: number;
  readonly needs: NeedsByPlace;
  readonly isFallback: boolean;
}

function place(root: Place, path: readonly string[], { slot, needs, isFallback }: Where): void {
  let node = root;
  for (const [depth, name] of path.entries()) {
    const isLeaf = depth === path.length - 1;
    let next = node.members.find((member) => member.name === name);
    if (next === undefined) {
      const own = needs[path.slice(0, depth + 1).join('.')];
      const isList = INDEX.test(path[depth + 1] ?? '');
      next = { name, slot: isLeaf ? slot : undefined, isList, members: [], needs: own, fallbacks: [] };
      (isLeaf && isFallback ? node.fallbacks : node.members).push(next);
    }
    node = next;
  }
}

function valueOf(node: Place, slots: Slots, moved: Uint8Array): Json | undefined {
  if (node.slot !== undefined) return slots.values[node.slot];
  return node.isList ? listOf(node, slots, moved) : objectOf(node, slots, moved);
}

/** An object of a list of which the record says nothing is not one of the list. */
function listOf({ members }: Place, slots: Slots, moved: Uint8Array): readonly Json[] | undefined {
  const found: Json[] = [];
  for (const member of members) {
    const object = isSaid(member, slots) ? objectOf(member, slots, moved) : undefined;
    if (object !== undefined) found.push(object);
  }
  return found.length === 0 ? undefined : found;
}

function isSaid({ slot, members }: Place, slots: Slots): boolean {
  return slot === undefined ? members.some((member) => isSaid(member, slots)) : slots.leaves[slot] !== undefined;
}

function objectOf(node: Place, slots: Slots, moved: Uint8Array): JsonObject | undefined {
  let made: Record<string, Json> | undefined;
  for (const member of node.members) {
    const value = valueOf(member, slots, moved);
    if (value !== undefined) (made ??= {})[member.name] = value;
  }
  if (node.fallbacks.length > 0 && (made === undefined || lackOf(made, node.needs) !== undefined)) {
    for (const { name, slot } of node.fallbacks) {
      const value = slot === undefined ? undefined : slots.values[slot];
      if (value !== undefined) (made ??= {})[name] = value;
    }
  }
  if (made === undefined || lackOf(made, node.needs) === undefined) return made;
  giveBack(node, slots, moved);
  return undefined;
}

/** The object is left out: the fields it was made of have not moved. */
function giveBack(node: Place, slots: Slots, moved: Uint8Array): void {
  for (const member of node.members) {
    if (member.slot === undefined) giveBack(member, slots, moved);
    else {
      for (const leaf of slots.leaves[member.slot] ?? []) moved[leaf] = (moved[leaf] ?? 1) - 1;
      slots.leaves[member.slot] = undefined;
    }
  }
}

function lackOf(made: JsonObject, needs: Needs | undefined): string | undefined {
  if (needs === undefined) return undefined;
  const missing = needs.required.find((name) => made[name] === undefined);
  if (missing !== undefined) return missing;
  if (needs.anyOf.length === 0 || needs.anyOf.some((names) => names.every((name) => made[name] !== undefined))) return undefined;
  return needs.anyOf.map((names) => names.join(' and ')).join(' or ');
}

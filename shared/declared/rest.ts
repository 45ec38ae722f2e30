// What of a record has not become an attribute: `unmapped`, under its own names and nesting.
// https://schema.ocsf.io/1.8.0/classes/base_event (unmapped)
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import type { RawPath } from './plan.ts';

/** Fields that may move to an attribute, as a tree. */
interface RestNode {
  readonly members: ReadonlyMap<string, RestNode>;
  /** Number of the field that ends here. */
  readonly leaf: number | undefined;
}

/** What has been taken out of one record. */
export interface Taken {
  /** How often each field was moved, by its number. */
  readonly moved: Uint8Array;
  /** What is left of a field that was moved in part, by its number. */
  readonly left: Map<number, Json>;
}

export interface RestTree {
  readonly root: RestNode;
  readonly leaves: number;
  readonly leafOf: (path: RawPath) => number;
  /** Texts that say that nothing is there. */
  readonly absent: ReadonlySet<Json>;
}

export function restTree(paths: readonly RawPath[], absent: ReadonlySet<Json>): RestTree {
  const numbers = new Map<string, number>();
  const root = { members: new Map(), leaf: undefined };
  for (const path of paths) {
    const key = JSON.stringify(path);
    if (numbers.has(key)) continue;
    numbers.set(key, numbers.size);
    grow(root, path, numbers.size - 1);
  }
  return { root, leaves: numbers.size, leafOf: (path) => numbers.get(JSON.stringify(path)) ?? -1, absent };
}

interface Growing {
  readonly members: Map<string, Growing>;
  leaf: number | undefined;
}

function grow(root: Growing, path: RawPath, leaf: number): void {
  let node = root;
  for (const name of path) {
    const next = node.members.get(name) ?? { members: new Map(), leaf: undefined };
    node.members.set(name, next);
    node = next;
  }
  node.leaf = leaf;
}

/** @returns undefined where nothing is left. */
export function restOf(fields: JsonObject, tree: RestTree, taken: Taken): JsonObject | undefined {
  const rest = without(fields, tree.root, { tree, taken });
  return isObject(rest) ? rest : undefined;
}

interface Rest {
  readonly tree: RestTree;
  readonly taken: Taken;
}

function without(node: Json, at: RestNode, rest: Rest): Json | undefined {
  if (at.leaf !== undefined && (rest.taken.moved[at.leaf] ?? 0) > 0) return rest.taken.left.get(at.leaf);
  if (at.members.size === 0) return node;
  if (isArray(node)) return elementsOf(node, at, rest);
  return isObject(node) ? membersOf(node, at, rest) : node;
}

/** Elements keep their places; undefined where nothing is left of any. */
function elementsOf(node: readonly Json[], at: RestNode, rest: Rest): readonly Json[] | undefined {
  const left = node.map((element, index) => {
    const inner = at.members.get(String(index));
    return inner === undefined ? element : (without(element, inner, rest) ?? null);
  });
  return node.length > 0 && left.every((element) => element === null) ? undefined : left;
}

function membersOf(node: JsonObject, at: RestNode, rest: Rest): JsonObject | undefined {
  const { absent } = rest.tree;
  let found: Record<string, Json> | undefined;
  for (const name of Object.keys(node)) {
    const member = node[name];
    if (member === undefined || member === null || (absent.size > 0 && absent.has(member))) continue;
    const inner = at.members.get(name);
    const left = inner === undefined ? member : without(member, inner, rest);
    if (left !== undefined) define((found ??= {}), name, left);
  }
  return found;
}

/** As an own member, whatever it is called. */
export function define(object: Record<string, Json>, name: string, member: Json): void {
  if (name !== '__proto__') object[name] = member;
  else Object.defineProperty(object, name, { value: member, enumerable: true, configurable: true, writable: true });
}

// What the log says of a key beside what the vault has of it: both come in the order of the keys, and neither is held in memory.
import type { Sorted } from './sorter.ts';
import { byKey, compareKeys, type ObjectVersion } from './vault-reader.ts';

export interface Joined {
  readonly key: string;
  /** By index. */
  readonly leaves: readonly Sorted[];
  /** The newest first. */
  readonly versions: readonly ObjectVersion[];
}

export async function* joined(
  leaves: AsyncIterable<Sorted>,
  versions: AsyncIterable<ObjectVersion>,
): AsyncGenerator<Joined, void, undefined> {
  const logged = leavesByKey(leaves);
  const stored = byKey(versions);
  let [leaf, version] = [await nextOf(logged), await nextOf(stored)];
  for (let order = orderOf(leaf, version); order !== undefined; order = orderOf(leaf, version)) {
    const [key, leaves] = order <= 0 && leaf !== undefined ? [leaf.key, leaf.leaves] : [undefined, []];
    const found = order >= 0 && version !== undefined ? version : { key: undefined, versions: [] };
    yield { key: key ?? found.key ?? '', leaves, versions: found.versions };
    if (order <= 0) leaf = await nextOf(logged);
    if (order >= 0) version = await nextOf(stored);
  }
}

/** @returns below 0: the leaf comes first; 0: both are of one key; undefined: there are no more. */
function orderOf(leaf: { readonly key: string } | undefined, version: { readonly key: string } | undefined): number | undefined {
  if (leaf === undefined) return version === undefined ? undefined : 1;
  return version === undefined ? -1 : compareKeys(leaf.key, version.key);
}

async function nextOf<T>(items: AsyncIterator<T, unknown>): Promise<T | undefined> {
  const next = await items.next();
  return next.done === true ? undefined : next.value;
}

async function* leavesByKey(leaves: AsyncIterable<Sorted>): AsyncGenerator<Pick<Joined, 'key' | 'leaves'>, void, undefined> {
  let group: Sorted[] = [];
  for await (const leaf of leaves) {
    const key = group[0]?.key;
    if (key !== undefined && key !== leaf.key) {
      yield { key, leaves: group };
      group = [];
    }
    group.push(leaf);
  }
  const key = group[0]?.key;
  if (key !== undefined) yield { key, leaves: group };
}

// The way back from an upgrade of mappings: the former generations, with what was written since, are searched again.
// https://docs.opensearch.org/latest/im-plugin/index-alias/
import { RetryableError } from '../errors.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { copyingOf, type Moved } from './apply.ts';
import { countOf } from './copy.ts';
import { locked, type LockOptions } from './lock.ts';
import { finishMove, moveBack } from './move.ts';
import { findStores, generationsOf, liveOf, type Found } from './stores.ts';

export interface RollbackOptions extends LockOptions {
  readonly rate?: number | undefined;
  readonly say?: (line: string) => void;
}

/**
 * Puts the generation before behind the periods again, with what was written since. Templates stay: an earlier version puts its own when it is deployed.
 * @throws as applyUpgrade.
 */
export async function rollbackUpgrade(client: OpenSearch, options: RollbackOptions = {}): Promise<readonly Moved[]> {
  const { say = () => undefined } = options;
  return await locked(client, options, async (assertMine) => {
    const moved: Moved[] = [];
    for (const { live, former } of await rollbacks(client)) {
      const began = Date.now();
      say(`back ${live.name} → ${former.name}: ${live.documents} documents`);
      const copying = copyingOf(client, live.name, former.name, { ...options, assertMine });
      if (live.meta.moving === true && live.meta.former === former.name)
        await finishMove(copyingOf(client, former.name, live.name, { ...options, assertMine }));
      const [source] = await findStores(client, live.name);
      if (source === undefined) throw new RetryableError(`${live.name} is gone: run it again`);
      await moveBack(copying, source);
      moved.push({
        from: live.name,
        to: former.name,
        periods: live.periods,
        documents: await countOf(client, former.name),
        ms: Date.now() - began,
      });
    }
    return moved;
  });
}

/** @returns stores that have a generation before them with another mapping, with that: the life cycle makes generations too, of the same mapping. */
export async function rollbacks(client: OpenSearch): Promise<readonly { readonly live: Found; readonly former: Found }[]> {
  return generationsOf(await findStores(client)).flatMap((group) => {
    const live = liveOf(group);
    const former = group
      .filter(({ generation, meta }) => generation < (live?.generation ?? 0) && meta.strongroom !== live?.meta.strongroom)
      .at(-1);
    return live === undefined || former === undefined ? [] : [{ live, former }];
  });
}

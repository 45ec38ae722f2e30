// Closed stores are packed: a copy takes their place (shared/lifecycle/pack.ts). Its documents keep their numbers, so that what was read of the
// store is read of the copy; without that, every day's events would be looked at again the day after, with all their groups.
// https://docs.opensearch.org/latest/api-reference/index-apis/clone/ and https://docs.opensearch.org/latest/api-reference/index-apis/split/
import { ask } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isObject, object, text } from '../outcome.ts';
import type { Shard } from './ingested.ts';
import { shardKey } from './state.ts';

/** Names in one address, which may have 4 KiB. */
const AT_ONCE = 20;

/** @returns by shardKey() up to which number each shard was read; -1: nothing of it. @throws as the client does. */
export async function seenOf(
  client: OpenSearch,
  shards: readonly Shard[],
  before: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const isNew = shards.filter((shard) => !before.has(shardKey(shard)));
  const origins = before.size === 0 ? new Map<string, Origin>() : await originsOf(client, [...new Set(isNew.map(({ store }) => store))]);
  const counts = new Map([...Map.groupBy(shards, ({ store }) => store)].map(([store, own]) => [store, own.length]));
  return new Map(
    shards.map((shard) => {
      const origin = origins.get(shard.store);
      const copied = origin === undefined ? undefined : copiedUpTo(shard, counts.get(shard.store) ?? 1, origin, before);
      return [shardKey(shard), before.get(shardKey(shard)) ?? copied ?? -1];
    }),
  );
}

interface Origin {
  readonly store: string;
  readonly uuid: string;
}

/** @returns of those that are copies what they were made of. */
async function originsOf(client: OpenSearch, stores: readonly string[]): Promise<ReadonlyMap<string, Origin>> {
  const origins = new Map<string, Origin>();
  for (let at = 0; at < stores.length; at += AT_ONCE) {
    const answer = await ask(client, `/${stores.slice(at, at + AT_ONCE).join(',')}/_settings/index.resize.*`, {
      query: { flat_settings: 'true', ignore_unavailable: 'true' },
    });
    for (const [store, index] of Object.entries(object(answer) ?? {})) {
      const settings = object(isObject(index) ? index['settings'] : undefined);
      const [name, uuid] = ['name', 'uuid'].map((key) => text(settings?.[`index.resize.source.${key}`]));
      if (name !== undefined && uuid !== undefined) origins.set(store, { store: name, uuid });
    }
  }
  return origins;
}

/** A shard of a copy has documents of one shard: with more shards than the store had, some of them follow each other. */
function copiedUpTo({ number }: Shard, count: number, origin: Origin, before: ReadonlyMap<string, number>): number | undefined {
  let shards = 0;
  while (before.has(shardKey({ ...origin, number: shards }))) shards++;
  if (shards === 0 || count % shards !== 0) return undefined;
  return before.get(shardKey({ ...origin, number: Math.floor(number / (count / shards)) }));
}

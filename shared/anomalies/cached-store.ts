// Profiles that several hours of one run have to do with are read once and written once. https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
import { profileId } from './judge.ts';
import type { Profile } from './profile.ts';
import type { ProfileStore } from './store.ts';

export interface CachedStore extends ProfileStore {
  /** Writes what has changed. */
  flush(): Promise<void>;
}

/** A profile of a busy entity takes some ten KiB here. */
const MOST_KEPT = 20_000;

interface Kept {
  /** undefined: there is none in the store. */
  readonly known: Map<string, Profile | undefined>;
  readonly changed: Map<string, Profile>;
}

export function cachedStore(store: ProfileStore): CachedStore {
  const baselines = new Map<string, Kept>();
  const keptOf = (baseline: string): Kept => {
    const kept = baselines.get(baseline) ?? { known: new Map(), changed: new Map() };
    baselines.set(baseline, kept);
    return kept;
  };
  const flush = async (): Promise<void> => {
    for (const [baseline, { changed }] of baselines) {
      await store.save(baseline, changed.values());
      changed.clear();
    }
  };
  const makeRoom = async (): Promise<void> => {
    const size = [...baselines.values()].reduce((sum, { known }) => sum + known.size, 0);
    if (size < MOST_KEPT) return;
    await flush();
    baselines.clear();
  };
  return {
    flush,
    async profiles(baseline, pairs) {
      await makeRoom();
      const { known } = keptOf(baseline);
      const missing = pairs.filter(({ entity, key }) => !known.has(profileId(entity, key)));
      const read = missing.length === 0 ? new Map<string, Profile>() : await store.profiles(baseline, missing);
      for (const { entity, key } of missing) known.set(profileId(entity, key), read.get(profileId(entity, key)));
      const found = new Map<string, Profile>();
      for (const { entity, key } of pairs) {
        const profile = known.get(profileId(entity, key));
        if (profile !== undefined) found.set(profileId(entity, key), profile);
      }
      return found;
    },
    save(baseline, profiles) {
      const { known, changed } = keptOf(baseline);
      for (const profile of profiles) {
        known.set(profileId(profile.entity, profile.key), profile);
        changed.set(profileId(profile.entity, profile.key), profile);
      }
      return Promise.resolve();
    },
    async contexts(question) {
      // Asked of the store: it has to know what is known here.
      await flush();
      return await store.contexts(question);
    },
  };
}

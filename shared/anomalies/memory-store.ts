// What the job remembers, in memory: for simulations and tests of the core.
// https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Map
import { profileId } from './judge.ts';
import type { Profile } from './profile.ts';
import type { Context } from './score.ts';
import type { ContextQuestion, Pair, ProfileStore } from './store.ts';

interface Kept {
  readonly profiles: Map<string, Profile>;
  readonly byEntity: Map<string, Set<Profile>>;
  readonly byKey: Map<string, Set<Profile>>;
}

export function memoryStore(): ProfileStore {
  const baselines = new Map<string, Kept>();
  const keptOf = (baseline: string): Kept => {
    const kept = baselines.get(baseline) ?? { profiles: new Map(), byEntity: new Map(), byKey: new Map() };
    baselines.set(baseline, kept);
    return kept;
  };
  return {
    profiles: (baseline, pairs) => Promise.resolve(found(keptOf(baseline), pairs)),
    save(baseline, profiles) {
      const kept = keptOf(baseline);
      for (const profile of profiles) add(kept, profile);
      return Promise.resolve();
    },
    contexts: (question) => Promise.resolve(contexts(keptOf(question.baseline), question)),
  };
}

function found({ profiles }: Kept, pairs: readonly Pair[]): Map<string, Profile> {
  const out = new Map<string, Profile>();
  for (const { entity, key } of pairs) {
    const id = profileId(entity, key);
    const profile = profiles.get(id);
    if (profile !== undefined) out.set(id, profile);
  }
  return out;
}

function add({ profiles, byEntity, byKey }: Kept, profile: Profile): void {
  const { entity, key } = profile;
  const id = profileId(entity, key);
  // It is the same object that is changed.
  if (profiles.get(id) === profile) return;
  profiles.set(id, profile);
  byEntity.set(entity, (byEntity.get(entity) ?? new Set()).add(profile));
  byKey.set(key, (byKey.get(key) ?? new Set()).add(profile));
}

function contexts(kept: Kept, { pairs, slot, memory, warmUp }: ContextQuestion): Map<string, Context> {
  const out = new Map<string, Context>();
  for (const { entity, key } of pairs) {
    const firsts = [...(kept.byEntity.get(entity) ?? [])].map(({ first }) => first).filter((first) => first < slot);
    if (firsts.length === 0) continue;
    const first = Math.min(...firsts);
    const newKeys = firsts.filter((at) => at > first + warmUp && at > slot - memory).length;
    const holders = [...(kept.byKey.get(key) ?? [])].filter((other) => other.entity !== entity && other.first < slot).length;
    out.set(profileId(entity, key), { first, newKeys, entities: kept.byEntity.size, holders });
  }
  return out;
}

// The versions of evidence that were delivered on some days, found by walking down the vault's keys: only folders of those days are listed.
import type { EvidencePlace } from '../seal/vault.ts';
import { placeOfKey } from '../seal/vault.ts';
import type { ObjectVersion, VaultReader } from '../verify/vault-reader.ts';
import { ANY_SOURCE, isHeld, type HoldScope } from './holds.ts';

export interface EvidenceVersion extends ObjectVersion {
  readonly place: EvidencePlace;
}

/** All versions of evidence in the scope, without delete markers: what one hides is there all the same. */
export async function* evidenceVersions(vault: VaultReader, bank: string, scope: HoldScope): AsyncGenerator<EvidenceVersion> {
  for await (const prefix of dayPrefixes(vault, bank, scope)) {
    for await (const version of vault.versions(prefix)) {
      if (version.isMarker || !version.key.endsWith('.sealed')) continue;
      const place = placeOfKey(version.key);
      if (isHeld(scope, place)) yield { ...version, place };
    }
  }
}

async function* dayPrefixes(vault: VaultReader, bank: string, { source, account, from, to }: HoldScope): AsyncGenerator<string> {
  const sources = source === ANY_SOURCE ? await folders(vault, `${bank}/`) : [`${bank}/${source}/`];
  for (const ofSource of sources) {
    const accounts = account === undefined ? await folders(vault, ofSource) : [`${ofSource}${account}/`];
    for (const ofAccount of accounts) {
      for (const ofRegion of await folders(vault, ofAccount)) yield* within(vault, ofRegion, { from, to }, '');
    }
  }
}

/** Years, months, days: a folder that lies wholly between the days is listed as a whole. @param begun `2026-11-`, as far as the folder says. */
async function* within(vault: VaultReader, folder: string, days: Pick<HoldScope, 'from' | 'to'>, begun: string): AsyncGenerator<string> {
  for (const below of await folders(vault, folder)) {
    const date = `${begun}${below.slice(folder.length, -1)}`;
    const [first, last] = [date.padEnd(10, FIRST.slice(date.length)), date.padEnd(10, LAST.slice(date.length))];
    if (last < days.from || days.to < first) continue;
    if (days.from <= first && last <= days.to) yield below;
    else yield* within(vault, below, days, `${date}-`);
  }
}

const FIRST = '0000-01-01';
const LAST = '9999-12-31';

async function folders(vault: VaultReader, prefix: string): Promise<readonly string[]> {
  return (await vault.folder(prefix)).prefixes;
}

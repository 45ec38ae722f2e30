// The log as verification reads it: through the vault's own eyes, so that what lies over and under each object is seen too.
import { EvidenceError } from '../errors.ts';
import { isObject, parseJson, text } from '../outcome.ts';
import type { ReadableLog } from '../notary/read.ts';
import { KEYS, LOG_PREFIX } from '../notary/store.ts';
import { bytesOf, type VaultReader } from './vault-reader.ts';

/** Larger than any bundle of leaves: 256 of them, each of at most 65,537 bytes with its length. */
const LARGEST = 20 * 1024 * 1024;

export function logStoreOf(vault: Pick<VaultReader, 'open' | 'versions'>): ReadableLog {
  return {
    async get(path) {
      const found = await vault.open(LOG_PREFIX + path);
      if (found.kind === 'missing') return undefined;
      if (found.kind === 'archived') throw new EvidenceError(`${LOG_PREFIX}${path} lies in an archive: have it restored first`);
      return await bytesOf(found.object, LARGEST);
    },
    async *list(prefix, after) {
      const from = after === undefined ? undefined : LOG_PREFIX + after;
      for await (const { key, isLatest, isMarker } of vault.versions(LOG_PREFIX + prefix, from))
        if (isLatest && !isMarker) yield key.slice(LOG_PREFIX.length);
    },
  };
}

/** The verifier keys that lie with the log. @throws EvidenceError if one of them is not as it is written. */
export async function keysOf(store: ReadableLog): Promise<readonly string[]> {
  const vkeys: string[] = [];
  for await (const path of store.list(KEYS)) {
    const content = parseJson((await store.get(path))?.toString() ?? '');
    const vkey = isObject(content) ? text(content['vkey']) : undefined;
    if (vkey === undefined) throw new EvidenceError(`${LOG_PREFIX}${path} holds no verifier key`);
    vkeys.push(vkey);
  }
  return vkeys;
}

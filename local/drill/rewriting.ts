// The log written anew from the beginning, as whoever has its key could: tiles, bundles and checkpoints of the same sizes, all of them consistent.
import { logWriter, pending } from '../../shared/notary/append.ts';
import { encodeLeaf, type Leaf } from '../../shared/notary/leaf.ts';
import { publish } from '../../shared/notary/publish.ts';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import { memoryLog } from '../../test/fakes/log.ts';
import type { Ground } from './ground.ts';
import { logFile } from './intruder.ts';

/** Paths below `_log/` that a log of these leaves has, with their contents. */
export type LogFiles = ReadonlyMap<string, Buffer>;

export async function rewritten({ origin, checkpoints }: Ground, leaves: readonly Leaf[], signer: KmsSigner): Promise<LogFiles> {
  const log = memoryLog();
  const writer = logWriter({ ...log.open(), origin });
  for (const [at, size] of checkpoints.entries()) {
    // By their place: whoever forges may log the same version twice.
    const batch = leaves.slice(checkpoints[at - 1] ?? 0, size).map((leaf, place) => ({ ...pending(leaf), id: `${size} ${place}` }));
    await writer.append(batch);
    await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: Date.now() });
  }
  return log.files;
}

/** In the storage: what is there gets the contents of the other log. Batches are gone after a month, so nobody asks for them. */
export async function layOver(ground: Ground, files: LogFiles, isWanted: (path: string) => boolean = () => true): Promise<void> {
  for (const [path, bytes] of files) {
    if (path.startsWith('batch/') || path.startsWith('keys/') || !isWanted(path)) continue;
    await ground.storage.alter(ground.vault.bucket, await logFile(ground, path), { bytes, checksum: true });
  }
}

/** The leaves with one of them changed. */
export function withLeaf(leaves: readonly Leaf[], changed: Leaf): readonly Leaf[] {
  encodeLeaf(changed);
  return leaves.map((leaf) => (leaf.key === changed.key && leaf.version === changed.version ? changed : leaf));
}

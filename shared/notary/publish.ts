// https://c2sp.org/tlog-checkpoint
// Signs the log as it is now, if the last time is long enough ago. Nothing is signed that the last signed checkpoint is not a beginning of:
// after a signature there is no way back.
import { EvidenceError } from '../errors.ts';
import { latestOf, sizeOf, storedCheckpoint } from './latest.ts';
import type { LogWriter } from './append.ts';
import { formatCheckpoint, openCheckpoint, type OpenCheckpoint } from './checkpoint.ts';
import { partialFiles, tilesOf, type Edge } from './edge.ts';
import { publishKey } from './keys.ts';
import { consistencyProof, verifyConsistency } from './merkle.ts';
import { signNote, verifierOf } from './note.ts';
import { CHECKPOINT_PATH, checkpointPath } from './read.ts';
import type { KmsSigner } from './signer.ts';
import { putSame } from './store.ts';
import { hashesFromTiles } from './tiles.ts';

export interface PublishRequest {
  /** Only asked for where something is to be signed. */
  readonly signer: () => Promise<KmsSigner>;
  /** ms between two checkpoints; 0: at once. */
  readonly interval: number;
  /** ms since the epoch. */
  readonly now: number;
}

export interface Published {
  readonly checkpoint: OpenCheckpoint;
  readonly edge: Edge;
  /** False where all leaves were under a checkpoint already. */
  readonly isNew: boolean;
}

/**
 * @returns the checkpoint of the whole log; undefined where it is not due, or the log is empty.
 * @throws EvidenceError, and signs nothing, if the log contradicts what was signed before.
 */
export async function publish(log: LogWriter, { signer, interval, now }: PublishRequest): Promise<Published | undefined> {
  const head = await log.index.head();
  if (now - (head?.signed ?? 0) < interval) return undefined;
  if ((await log.follow()).size === head?.published && interval > 0) return undefined;
  const latest = await latestOf(log.store, log.origin);
  // Followed after that was read: another writer may have signed more than this one knew of.
  const edge = await log.follow();
  if (edge.size === 0) return undefined;
  if (latest !== undefined) await checkConsistency(log, edge, latest);
  if (latest?.size === edge.size) {
    await finish(log, latest, now);
    return { checkpoint: latest, edge, isNew: false };
  }
  await Promise.all(partialFiles(edge).map(({ path, bytes }) => putSame(log.store, path, bytes)));
  const checkpoint = await sign(log, edge, await signer(), now);
  await finish(log, checkpoint, now);
  return { checkpoint, edge, isNew: true };
}

async function checkConsistency({ store }: LogWriter, edge: Edge, latest: OpenCheckpoint): Promise<void> {
  const { size, root } = edge;
  if (size < latest.size)
    throw new EvidenceError(`the log was rewound: a checkpoint of ${latest.size} leaves was signed, and it has ${size}`);
  const proof = await consistencyProof(latest.size, size, hashesFromTiles(size, tilesOf(edge, store)));
  if (verifyConsistency({ oldSize: latest.size, oldRoot: latest.root, size, root, proof })) return;
  throw new EvidenceError(`the log of ${size} leaves does not begin with the ${latest.size} of the last checkpoint: nothing is signed`);
}

/** Of writers who sign the same size at the same moment one note stays. */
async function sign({ store, origin }: LogWriter, { size, root }: Edge, signer: KmsSigner, now: number): Promise<OpenCheckpoint> {
  await publishKey(store, signer, now);
  const note = await signNote(formatCheckpoint({ origin, size, root }), [signer]);
  // Before it is put where it can never be corrected.
  const mine = openCheckpoint(note, [verifierOf(signer.vkey)]);
  const path = checkpointPath(size);
  if ((await store.putOnce(path, Buffer.from(note), 'log')) === 'put') return mine;
  const other = await storedCheckpoint(path, store, origin);
  if (!other.root.equals(root)) throw new EvidenceError(`${path} of the log was signed with another root than its leaves give`);
  return other;
}

/** What may be left to do after a checkpoint was put. */
async function finish({ store, index }: LogWriter, { note, size }: OpenCheckpoint, now: number): Promise<void> {
  await store.replace(CHECKPOINT_PATH, Buffer.from(note), (current) => sizeOf(current) < size);
  await index.raise('published', size, now);
}

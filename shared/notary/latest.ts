// The latest checkpoint of a log, for its writer. `checkpoint` is only a copy of it: a writer may have ended between the two.
import { EvidenceError } from '../errors.ts';
import { publishedKeys } from './keys.ts';
import { openCheckpoint, parseCheckpoint, type OpenCheckpoint } from './checkpoint.ts';
import { noteText, parseNote, type NoteVerifier } from './note.ts';
import { CHECKPOINT_PATH, checkpointPath } from './read.ts';
import type { LogStore } from './store.ts';

const CHECKPOINTS = 'checkpoints/';

/** @throws EvidenceError if a checkpoint is there that none of the log's keys signed, or that is of another log. */
export async function latestOf(store: LogStore, origin: string): Promise<OpenCheckpoint | undefined> {
  const current = await store.get(CHECKPOINT_PATH);
  let last: string | undefined;
  for await (const path of store.list(CHECKPOINTS, checkpointPath(current === undefined ? 0 : sizeOf(current)))) last = path;
  if (last !== undefined) return await storedCheckpoint(last, store, origin);
  return current === undefined ? undefined : open(CHECKPOINT_PATH, current, await publishedKeys(store), origin);
}

/** @throws EvidenceError if it is not the checkpoint that its path says. */
export async function storedCheckpoint(path: string, store: Pick<LogStore, 'get' | 'list'>, origin: string): Promise<OpenCheckpoint> {
  const bytes = await store.get(path);
  if (bytes === undefined) throw new EvidenceError(`${path} of the log is listed and cannot be read`);
  // Read after the note: its key was put before it.
  const opened = open(path, bytes, await publishedKeys(store), origin);
  if (checkpointPath(opened.size) !== path) throw new EvidenceError(`${path} of the log is a checkpoint of ${opened.size} leaves`);
  return opened;
}

/** Of a note whose signatures nobody has checked. */
export function sizeOf(note: Buffer): number {
  return parseCheckpoint(parseNote(noteText(note)).text).size;
}

function open(path: string, bytes: Buffer, keys: readonly NoteVerifier[], origin: string): OpenCheckpoint {
  const opened = openCheckpoint(noteText(bytes), keys);
  if (opened.origin !== origin) throw new EvidenceError(`${path} of the log is a checkpoint of ${opened.origin}, not of ${origin}`);
  return opened;
}

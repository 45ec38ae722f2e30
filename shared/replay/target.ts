// Where a replay goes: `--to` of the command, and the mark that its batches carry through the hub.
import { MisconfiguredError } from '../errors.ts';
import type { ReplayMark, ReplayTarget } from '../model.ts';
import { isReplayIndexName, REPLAY_PREFIX } from '../opensearch/index-name.ts';
import { isObject } from '../outcome.ts';

const INDEX = 'index:';

/** @throws MisconfiguredError saying what is allowed. */
export function replayTarget(text: string): ReplayTarget {
  if (isReplayTarget(text)) return text;
  const allowed = text.startsWith(INDEX)
    ? `${INDEX}${REPLAY_PREFIX}<name>, the name of lower-case letters, digits, ".", "_" and "-", at most 100`
    : `hub, detect or ${INDEX}${REPLAY_PREFIX}<name>`;
  throw new MisconfiguredError(`--to must be ${allowed} (found "${text}")`);
}

function isReplayTarget(candidate: unknown): candidate is ReplayTarget {
  if (candidate === 'hub' || candidate === 'detect') return true;
  return typeof candidate === 'string' && candidate.startsWith(INDEX) && isReplayIndexName(candidate.slice(INDEX.length));
}

/** @returns the index that all documents go to; undefined where each goes to its own. */
export function indexOfTarget(target: ReplayTarget): string | undefined {
  return target.startsWith(INDEX) ? target.slice(INDEX.length) : undefined;
}

export function isReplayMark(candidate: unknown): candidate is ReplayMark {
  if (!isObject(candidate)) return false;
  return typeof candidate['id'] === 'string' && typeof candidate['alerts'] === 'boolean' && isReplayTarget(candidate['to']);
}

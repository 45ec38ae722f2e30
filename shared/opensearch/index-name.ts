// Index of an event: by class and by the event's own time, so that a replay meets its earlier copy.
// https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions
import { OCSF_CLASSES } from '../ocsf/classes.ts';

export const INDEX_PREFIX = 'ocsf-';

// Findings, sign-ins, changes of accounts and inventories are few: a month each. The rest is by the day.
const MONTHLY: ReadonlySet<number> = new Set([2002, 2003, 2004, 2006, 3001, 3002, 3004, 3005, 3006, 5023]);
const NAMES: ReadonlyMap<number, string> = new Map(OCSF_CLASSES.map((cls) => [cls.uid, cls.name]));
const DAY_MS = 86_400_000;

const memo = { class: -1, day: -1, name: '' };

/** @param time ms since the epoch (UTC). @returns e.g. `ocsf-network_activity-2026.11.21`, or `ocsf-detection_finding-2026.11`. */
export function indexOf(classUid: number, time: number): string {
  const day = Math.floor(time / DAY_MS);
  if (memo.class === classUid && memo.day === day) return memo.name;
  const date = new Date(time).toISOString();
  const period = MONTHLY.has(classUid) ? date.slice(0, 7) : date.slice(0, 10);
  memo.name = `${INDEX_PREFIX}${NAMES.get(classUid) ?? `class_${classUid}`}-${period.replaceAll('-', '.')}`;
  memo.class = classUid;
  memo.day = day;
  return memo.name;
}

/** As indexOf(), by the year: for events that somebody dates far from when they came. */
export function yearlyIndexOf(classUid: number, time: number): string {
  return `${INDEX_PREFIX}${NAMES.get(classUid) ?? `class_${classUid}`}-${new Date(time).getUTCFullYear()}`;
}

const NAME = /^ocsf-[a-z0-9_.]+-[0-9.]+$/;

/** True for a name as indexOf() makes it: no other index but those of replays is ours to write to. */
export function isIndexName(candidate: string): boolean {
  return NAME.test(candidate);
}

/** Of indices beside the others, so that nobody who searches `ocsf-*` meets an event twice. */
export const REPLAY_PREFIX = 'replay-';

const REPLAY_NAME = /^replay-[a-z0-9][a-z0-9_.-]{0,99}$/;

/** True for the name of an index that a replay may fill with documents of all classes. */
export function isReplayIndexName(candidate: string): boolean {
  return REPLAY_NAME.test(candidate);
}

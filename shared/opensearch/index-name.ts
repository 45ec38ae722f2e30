// Where an event is addressed: by class and by the event's own time, so that a replay meets its earlier copy.
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

/** @param name of a period. @returns the one of the same class that is a year long; undefined where it is none. */
export function yearlyNameOf(name: string): string | undefined {
  const period = periodOf(name);
  return period === undefined ? undefined : `${INDEX_PREFIX}${period.cls}-${period.label.slice(0, 4)}`;
}

const NAME = /^ocsf-([a-z0-9_]+)-(\d{4}(?:\.\d{2}(?:\.\d{2})?)?)$/;

/** True for a name as indexOf() makes it: no other index but those of replays is ours to write to. */
export function isIndexName(candidate: string): boolean {
  return NAME.test(candidate);
}

/** A period of a class: what documents are addressed to. In OpenSearch it is an alias; the index behind it is a store. */
export interface Period {
  /** Name of the OCSF class, or `class_<uid>`. */
  readonly cls: string;
  /** `2026.11.21`, `2026.11` or `2026` */
  readonly label: string;
  /** ms since the epoch (UTC); `to` is not in it. */
  readonly from: number;
  readonly to: number;
}

/** @returns undefined where it is no name of a period. */
export function periodOf(name: string): Period | undefined {
  const [, cls, label] = NAME.exec(name) ?? [];
  return cls === undefined || label === undefined ? undefined : { cls, label, ...extentOfLabel(label) };
}

/** @param label of a period. @returns ms since the epoch; `to` is not in it. */
export function extentOfLabel(label: string): { readonly from: number; readonly to: number } {
  const [year = 0, month, day] = label.split('.').map(Number);
  if (month === undefined) return { from: Date.UTC(year, 0), to: Date.UTC(year + 1, 0) };
  if (day === undefined) return { from: Date.UTC(year, month - 1), to: Date.UTC(year, month) };
  const from = Date.UTC(year, month - 1, day);
  return { from, to: from + DAY_MS };
}

/** Of stores. Nobody searches them but by their aliases: one without an alias is a copy in the making, or one kept for the way back. */
export const STORE_PREFIX = 'events-';

/** An index that holds one or more periods of a class: `events-<class>-<span>-<generation>`. */
export interface Store {
  readonly cls: string;
  /** `2026.11.21`, `2026.w48`, `2026.11` or `2026` */
  readonly span: string;
  /** From 1; the next one when its mapping changes. */
  readonly generation: number;
}

const STORE = /^events-([a-z0-9_]+)-(\d{4}(?:\.w\d{2}|\.\d{2}(?:\.\d{2})?)?)-([1-9]\d{0,8})$/;

export function storeName({ cls, span, generation }: Store): string {
  return `${STORE_PREFIX}${cls}-${span}-${generation}`;
}

/** @returns undefined where it is no name of a store. */
export function storeOf(name: string): Store | undefined {
  const [, cls, span, generation] = STORE.exec(name) ?? [];
  return cls === undefined || span === undefined ? undefined : { cls, span, generation: Number(generation) };
}

/** Whether events of the class are addressed by the month; otherwise by the day. */
export function isMonthly(classUid: number): boolean {
  return MONTHLY.has(classUid);
}

/** Of indices beside the others, so that nobody who searches `ocsf-*` meets an event twice. */
export const REPLAY_PREFIX = 'replay-';

const REPLAY_NAME = /^replay-[a-z0-9][a-z0-9_.-]{0,99}$/;

/** True for the name of an index that a replay may fill with documents of all classes. */
export function isReplayIndexName(candidate: string): boolean {
  return REPLAY_NAME.test(candidate);
}

// What a finding adds to what is known of its kind, each event once. A rule in the stream finds anew in every batch: its events are remembered by
// their ids. Who looks at a whole time again and again (correlations, baselines, other products) says how many there are in all.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isOwn } from '../detect/log-sources.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import type { Stored, Write } from './claims.ts';
import { findingKey } from './message.ts';

const DAY_MS = 86_400_000;
/** The hub keeps 7 days, a queue that somebody redrives 14. */
const EVENTS_KEPT_MS = 15 * DAY_MS;

/** What an alert is about, as items of the table know it. */
export interface Subject {
  readonly uid: string;
  /** Of the item that has its life; several findings of one rule and group share it. */
  readonly id: string;
  /** Of the item that says where this very finding belongs. */
  readonly pointer: string;
  /** Of the item with the finding itself. */
  readonly snapshot: string;
  /** Ids of items of events, and of those that are not listed; undefined where the finding says how many there are in all. */
  readonly events: readonly EventMark[] | undefined;
}

interface EventMark {
  readonly id: string;
  /** Events that it stands for. */
  readonly events: number;
}

export const EPISODE_PREFIX = 'f/';
const POINTER_PREFIX = 'u/';
const EVENT_PREFIX = 'e/';
/** Beside the other items of one write. */
const MAX_MARKS = 60;

export interface SubjectContext {
  readonly bank: string;
  readonly way?: string | undefined;
  /** Vault key of the sealed bytes; empty where the finding comes out of many. */
  readonly evidence: string;
  /** Out of a replay: it has nothing to do with what is going on now. */
  readonly isOld: boolean;
}

export function subjectOf(finding: OcsfEvent, { bank, way, evidence, isOld }: SubjectContext): Subject {
  const key = findingKey(finding, bank, way);
  const family = isOwn(finding) && !isOld ? text(finding.metadata['correlation_uid']) : undefined;
  const id = EPISODE_PREFIX + (family === undefined ? key : digest(16, 'family', bank, family));
  const uid = uidOf(finding);
  return { uid, id, pointer: pointerId(key), snapshot: `${id}/finding`, events: eventsOf(finding, { id, evidence }) };
}

/** Other products choose their ids, of any length: in the items of the table there is room for a short one. */
export function uidOf(finding: OcsfEvent): string {
  const uid = text(object(finding['finding_info'])?.['uid']) ?? finding.metadata.uid;
  return uid.length <= MAX_UID ? uid : digest(16, 'uid', JSON.stringify(uid));
}

const MAX_UID = 1024;

/** @param key see findingKey() */
export function pointerId(key: string): string {
  return POINTER_PREFIX + key;
}

function eventsOf(
  finding: OcsfEvent,
  { id, evidence }: { readonly id: string; readonly evidence: string },
): readonly EventMark[] | undefined {
  if (!isOwn(finding) || evidence === '') return undefined;
  const uids = relatedOf(finding).flatMap(({ uid }) => text(uid) ?? []);
  const listed = [...new Set(uids)].slice(0, MAX_MARKS - 1);
  if (listed.length === 0) return undefined;
  const marks = listed.map((uid) => ({ id: markId(id, uid), events: 1 }));
  const more = countOf(finding) - uids.length;
  // The same record of the hub has the same ones.
  const rest = markId(id, 'more', evidence, String(countOf(finding)), ...uids.map((uid) => digest(8, uid)));
  return more > 0 ? [...marks, { id: rest, events: more }] : marks;
}

function markId(...parts: readonly string[]): string {
  return EVENT_PREFIX + digest(16, ...parts.map((part) => JSON.stringify(part)));
}

export function relatedOf(finding: OcsfEvent): readonly JsonObject[] {
  const related = object(finding['finding_info'])?.['related_events'];
  return isArray(related) ? related.filter(isObject) : [];
}

export function countOf(finding: OcsfEvent): number {
  const { count } = finding;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 1 ? count : 1;
}

/** Items that have to be read to know what is new. */
export function itemsOf({ id, pointer, snapshot, events }: Subject): readonly string[] {
  return [id, pointer, snapshot, ...(events ?? []).map((event) => event.id)];
}

export interface Added {
  /** Not counted before. */
  readonly events: number;
  /** Remembers them. */
  readonly writes: readonly Write[];
}

/** @param keptUntil ms since the epoch: as long as replays may find it. */
export function addedBy(
  finding: OcsfEvent,
  subject: Subject,
  item: (id: string) => Stored,
  { now, keptUntil }: { readonly now: number; readonly keptUntil: number },
): Added {
  const before = item(subject.pointer);
  const { counted: known } = before.content ?? {};
  const counted = typeof known === 'number' ? known : 0;
  const marks = (subject.events ?? []).filter(({ id }) => item(id).content === undefined);
  const events = subject.events === undefined ? countOf(finding) - counted : marks.reduce((sum, mark) => sum + mark.events, 0);
  if (events <= 0) return { events: 0, writes: [] };
  return {
    events,
    writes: [
      { before, content: { of: subject.id, counted: counted + events }, expires: keptUntil },
      ...marks.map(({ id }) => ({ before: item(id), content: {}, expires: now + EVENTS_KEPT_MS })),
    ],
  };
}

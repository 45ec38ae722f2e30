// The life of a finding, as decisions without any I/O: told at once, then counted, then told again in one message per window, until somebody says
// what is to become of it, or it is over. What is decided is written down first (`pending`), then done, so whoever comes next finds what is to be done.
// https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { Copy } from './settings.ts';

export type FindingStatus = 'new' | 'acknowledged' | 'closed' | 'suppressed';
export const STATUSES: readonly FindingStatus[] = ['new', 'acknowledged', 'closed', 'suppressed'];

/** What somebody has said of it. */
export interface Change {
  readonly status: FindingStatus;
  readonly reason: string;
  /** ARN of who says so, and the id that IAM vouches for. */
  readonly by: string;
  readonly principal: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Of a suppression: until when, ms since the epoch. */
  readonly until?: number | undefined;
}

/** What is to be told and has not been. */
export interface Pending {
  readonly action: 'create' | 'update' | 'close';
  /** Into the index only. */
  readonly silent: boolean;
  /** Whether the copies are made, too, although it is silent. */
  readonly copied?: boolean | undefined;
  /** When it was decided, ms since the epoch: the same however often it is tried. */
  readonly at: number;
  /** Events since the message before. */
  readonly more: number;
  /** When that was, ms since the epoch. */
  readonly since: number;
  /** As it is told. */
  readonly count: number;
  readonly severity: number;
  /** No more messages of its rule are sent in this hour. */
  readonly last?: boolean | undefined;
}

export interface Episode {
  readonly format: 1;
  /** finding_info.uid under which it is told. */
  readonly uid: string;
  /** Of the finding, for lists. */
  readonly title: string;
  readonly rule: string;
  readonly ruleName: string;
  readonly account: string | undefined;
  readonly isOwn: boolean;
  readonly status: FindingStatus;
  readonly changed?: Change | undefined;
  /** When somebody first said something of it, ms since the epoch. */
  readonly answered?: number | undefined;
  /** The highest severity id so far. */
  readonly severity: number;
  /** Events, all of them. */
  readonly count: number;
  /** Of the first and the last event, ms since the epoch. */
  readonly first: number;
  readonly last: number;
  /** When it was decided to tell of it. */
  readonly opened: number;
  /** Documents of it so far, but the first. */
  readonly revision: number;
  /** Messages so far; 0: it was held back. */
  readonly told: number;
  /** As of the last message. */
  readonly toldCount: number;
  readonly toldSeverity: number;
  readonly toldAt: number;
  /** End of the window, ms since the epoch; undefined: it is quiet. */
  readonly windowEnd?: number | undefined;
  /** Events since the last document. */
  readonly inWindow: number;
  /** From when on a finding that is still reported, without anything new, is told once more. */
  readonly again: number;
  readonly pending?: Pending | undefined;
  /** Until when a worker is telling it. */
  readonly lease: number;
  /** Copies that are still to be made of the last message, and since when they have failed. */
  readonly owed: readonly Copy[];
  readonly owedAction?: Pending['action'] | undefined;
  readonly tries: number;
  readonly retryAt: number;
  /** Seen since the last document. */
  readonly related: readonly object[];
  readonly evidences: readonly object[];
}

/** What a finding adds. */
export interface Hit {
  readonly uid: string;
  readonly title: string;
  readonly rule: string;
  readonly ruleName: string;
  readonly account: string | undefined;
  readonly isOwn: boolean;
  readonly severity: number;
  /** Events that were not counted before. */
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly related: readonly object[];
  readonly evidences: readonly object[];
}

export interface Clock {
  /** ms since the epoch. */
  readonly now: number;
  readonly windowMs: number;
  /** It comes out of a replay, not from whoever still reports it. */
  readonly isOld?: boolean;
}

/** Longer than telling takes, shorter than anybody wants to wait for an alert whose worker died. */
export const LEASE_MS = 60_000;
const DAY_MS = 86_400_000;
export const AGAIN_MS = 30 * DAY_MS;
const TIMES = 10;
/** Between two documents; more is in the index. */
const MAX_RELATED = 25;
const MAX_EVIDENCES = 5;

/** @returns what it is after the hit; the same object where the hit changes nothing. */
export function afterHit(before: Episode | undefined, hit: Hit, clock: Clock): Episode {
  if (before === undefined) return opened(hit, clock);
  if (isOver(before, clock.now)) return afterEnd(before, hit, clock);
  const isMuted = before.status === 'suppressed';
  if (!isMuted && isWorse(before, hit)) return risen(counted(before, hit), clock);
  if (hit.events === 0) return stillThere(before, clock);
  if (isAnother(before, hit)) return isMuted ? quietly(opened(hit, clock), before) : opened(hit, clock);
  return merged(before, hit, clock);
}

/** Closed, or suppressed for a time that has ended. */
function isOver({ status, changed }: Episode, now: number): boolean {
  return status === 'closed' || (status === 'suppressed' && (changed?.until ?? Infinity) <= now);
}

function afterEnd(before: Episode, hit: Hit, clock: Clock): Episode {
  const isLater = hit.last > (before.changed?.at ?? 0);
  if (isLater && (hit.events > 0 || !hit.isOwn)) return reopened(before, hit, clock);
  return hit.events > 0 ? counted(before, hit) : before;
}

function isWorse({ pending, told, toldSeverity, severity }: Episode, hit: Hit): boolean {
  return pending === undefined && hit.severity > (told > 0 ? toldSeverity : severity);
}

function stillThere(before: Episode, clock: Clock): Episode {
  const { again, status, pending } = before;
  const isDue = again < clock.now && clock.isOld !== true && status === 'new' && pending === undefined;
  return isDue ? { ...decided(before, 'create', false, clock), again: clock.now + AGAIN_MS } : before;
}

/** Of the same kind, after it was quiet. */
function isAnother({ windowEnd, uid, pending }: Episode, hit: Hit): boolean {
  return windowEnd === undefined && uid !== hit.uid && pending === undefined;
}

function merged(before: Episode, hit: Hit, clock: Clock): Episode {
  const after = counted(before, hit);
  if (!hit.isOwn) return after;
  const { status, told, pending, toldCount, windowEnd } = before;
  const isMany = status === 'new' && told > 0 && pending === undefined && after.count >= TIMES * toldCount;
  if (isMany) return restarted(decided(after, 'update', false, clock), clock);
  return { ...after, windowEnd: windowEnd ?? clock.now + clock.windowMs };
}

function opened(hit: Hit, clock: Clock): Episode {
  const { now, windowMs } = clock;
  const { uid, title, rule, ruleName, account, isOwn, severity, first, last } = hit;
  const count = Math.max(1, hit.events);
  const fresh: Episode = {
    ...{ format: 1, uid, title, rule, ruleName, account, isOwn, status: 'new', severity, count, first, last },
    ...{ opened: now, revision: 0, told: 0, toldCount: 0, toldSeverity: 0, toldAt: now },
    windowEnd: isOwn ? now + windowMs : undefined,
    ...{ inWindow: 0, again: now + AGAIN_MS, lease: 0, owed: [], tries: 0, retryAt: 0, related: [], evidences: [] },
  };
  return { ...fresh, pending: pendingOf(fresh, 'create', false, now), lease: now + LEASE_MS };
}

/** Somebody has said that it is not to be told. */
function quietly(fresh: Episode, { status, changed }: Episode): Episode {
  const { pending } = fresh;
  return { ...fresh, status, changed, pending: pending === undefined ? undefined : { ...pending, silent: true } };
}

function reopened(before: Episode, hit: Hit, clock: Clock): Episode {
  if (before.uid !== hit.uid) return opened(hit, clock);
  const again = {
    ...counted(before, hit),
    status: 'new',
    changed: undefined,
    opened: clock.now,
    answered: undefined,
    told: 0,
    toldSeverity: 0,
  } as const;
  return restarted(decided(again, 'create', false, clock), clock);
}

function risen(after: Episode, clock: Clock): Episode {
  const { status, changed } = after;
  const fresh = status === 'acknowledged' ? { ...after, status: 'new' as const, changed: undefined } : { ...after, changed };
  return restarted(decided(fresh, fresh.told === 0 ? 'create' : 'update', false, clock), clock);
}

function counted(before: Episode, hit: Hit): Episode {
  return {
    ...before,
    severity: Math.max(before.severity, hit.severity),
    count: before.count + hit.events,
    first: Math.min(before.first, hit.first),
    last: Math.max(before.last, hit.last),
    inWindow: before.inWindow + hit.events,
    related: [...before.related, ...hit.related].slice(-MAX_RELATED),
    evidences: [...before.evidences, ...hit.evidences].slice(0, MAX_EVIDENCES),
  };
}

/** The next document of it is to be written, and told unless it is silent. */
function decided(before: Episode, action: Pending['action'], silent: boolean, { now }: Pick<Clock, 'now'>): Episode {
  const after = { ...before, revision: before.revision + 1 };
  return { ...after, inWindow: 0, pending: pendingOf(before, action, silent, now), lease: now + LEASE_MS };
}

function pendingOf(episode: Episode, action: Pending['action'], silent: boolean, now: number): Pending {
  const { inWindow, toldCount, toldAt, count, severity, told } = episode;
  const more = told === 0 ? inWindow : Math.max(0, count - toldCount);
  return { action, silent, at: now, more, since: toldAt, count, severity };
}

function restarted(after: Episode, { now, windowMs }: Clock): Episode {
  return after.isOwn ? { ...after, windowEnd: now + windowMs } : after;
}

/** At the end of its window: one message for all that came in it, or it is quiet. */
export function afterWindow(before: Episode, clock: Clock): Episode {
  if (before.inWindow === 0) return { ...before, windowEnd: undefined };
  const after = isOver(before, clock.now) ? { ...before, status: 'new' as const, changed: undefined } : before;
  return restarted(decided(after, before.told === 0 ? 'create' : 'update', after.status !== 'new', clock), clock);
}

/** It is not told after all: there were too many. */
export function heldBack(after: Episode): Episode {
  return after.pending === undefined ? after : { ...after, pending: { ...after.pending, silent: true } };
}

/** What was pending is done. @param copies who else is to get it. */
export function afterTelling(before: Episode, copies: readonly Copy[], now: number): Episode {
  const { pending } = before;
  if (pending === undefined) return before;
  const done: Episode = { ...before, pending: undefined, lease: 0, related: [], evidences: [] };
  const isCopied = !pending.silent || pending.copied === true;
  const copied = isCopied && copies.length > 0 ? { ...done, owed: copies, owedAction: pending.action, tries: 0, retryAt: now } : done;
  if (pending.silent) return copied;
  const { count: toldCount, severity: toldSeverity, at: toldAt } = pending;
  const told = { ...copied, told: before.told + 1, toldCount, toldSeverity, toldAt };
  // It has risen while it was told.
  return before.severity > toldSeverity && told.windowEnd !== undefined ? { ...told, windowEnd: now } : told;
}

/** Somebody has said what is to become of it. Nothing may be pending. */
export function afterChange(before: Episode, change: Change): Episode {
  const { status } = change;
  const isClosed = status === 'closed';
  const after = {
    ...decided({ ...before, status }, isClosed ? 'close' : 'update', !isClosed || before.told === 0, { now: change.at }),
    changed: change,
  };
  const pending = after.pending === undefined ? undefined : { ...after.pending, copied: before.told > 0 };
  return { ...after, pending, answered: before.answered ?? change.at, windowEnd: isClosed ? undefined : before.windowEnd };
}

/** Its product says that it is over: the product's own finding says so to everybody. */
export function afterClosing(before: Episode, at: number): Episode {
  if (before.status === 'closed') return before;
  const changed = { status: 'closed', reason: 'the product that found it says that it is over', by: 'product', principal: '', at } as const;
  return { ...before, status: 'closed', changed, windowEnd: undefined, inWindow: 0 };
}

/** When somebody has to look at it, ms since the epoch; undefined: not before the next hit. */
export function dueOf({ pending, lease, owed, retryAt, windowEnd }: Episode): number | undefined {
  const times = [pending === undefined ? Infinity : lease, owed.length === 0 ? Infinity : retryAt, windowEnd ?? Infinity];
  const next = Math.min(...times);
  return next === Infinity ? undefined : next;
}

/** @returns whether an item holds one. Only we write them. */
export function isEpisode(candidate: unknown): candidate is Episode {
  return typeof candidate === 'object' && candidate !== null && 'format' in candidate && candidate.format === 1 && 'revision' in candidate;
}

// Storms: how many messages an hour may have, and what is said in one message of those beyond. Without any I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
import { digest } from '../ids.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { line } from './description.ts';
import type { Episode } from './episode.ts';
import type { Caps } from './settings.ts';

const HOUR_MS = 3_600_000;
/** After its end a worker may still be writing to an hour. */
const GRACE_MS = 60_000;
const MAX_FIRST = 10;
const MAX_ACCOUNTS = 200;
const MAX_RULES = 50;
const ACCOUNT = /^\d{12}$/;

/** One hour of a rule, of the bank, or of what is critical. */
export interface Storm {
  readonly format: 1;
  readonly kind: 'rule' | 'bank' | 'critical';
  /** Of the rule; of the bank. */
  readonly name: string;
  readonly rule: string;
  /** Beginning of the hour, ms since the epoch. */
  readonly hour: number;
  /** Messages that were sent. */
  readonly sent: number;
  /** Findings that were held back. */
  readonly held: number;
  readonly severity: number;
  readonly accounts: readonly string[];
  /** Findings of accounts that are not listed, or of none. */
  readonly otherAccounts: number;
  /** Held back by the rule: name → findings. */
  readonly rules: Readonly<Record<string, number>>;
  /** The worst, and of those the first. */
  readonly first: readonly StormFinding[];
  /** The summary is out. */
  readonly isTold: boolean;
}

export interface StormFinding {
  readonly uid: string;
  readonly title: string;
  readonly account: string | undefined;
  readonly severity?: number;
}

export interface StormIds {
  readonly rule: string;
  readonly bank: string;
  readonly critical: string;
}

export const STORM_PREFIX = 'storm/';

/** Ids of the items of this hour. */
export function stormIds(rule: string, now: number): StormIds {
  const hour = `${STORM_PREFIX}${hourOf(now)}/`;
  return { rule: `${hour}rule/${digest(12, rule)}`, bank: `${hour}bank`, critical: `${hour}critical` };
}

export function hourOf(now: number): number {
  return Math.floor(now / HOUR_MS) * HOUR_MS;
}

/** When the summary of an hour is due, and when the hour ends for those who wait for it. */
export function summaryDue({ hour }: Storm): number {
  return hour + HOUR_MS + GRACE_MS;
}

export interface Claimed {
  readonly granted: boolean;
  /** It was the last one of its rule, or of the bank, in this hour. */
  readonly isLast: boolean;
  /** What is to be written, by id. */
  readonly storms: ReadonlyMap<string, Storm>;
}

export interface StormRequest {
  readonly episode: Episode;
  readonly bank: string;
  readonly caps: Caps;
  readonly now: number;
  /** Items as they were read. */
  readonly storm: (id: string) => Storm | undefined;
}

/** @returns whether a message may be sent for the finding, and the counts with it. */
export function claimMessage({ episode, bank, caps, now, storm }: StormRequest): Claimed {
  const ids = stormIds(episode.rule, now);
  const hour = hourOf(now);
  const of = (id: string, kind: Storm['kind'], name: string): Storm => storm(id) ?? emptyStorm(kind, name, episode.rule, hour);
  if (episode.severity >= SEVERITY.critical && episode.severity <= SEVERITY.fatal) {
    const critical = of(ids.critical, 'critical', bank);
    return claimed([[ids.critical, critical, caps.critical]], episode);
  }
  return claimed(
    [
      [ids.rule, of(ids.rule, 'rule', episode.ruleName), caps.rule],
      [ids.bank, of(ids.bank, 'bank', bank), bankCap(caps, episode)],
    ],
    episode,
  );
}

/** What is cheap to cause must not take the last message from what is high. */
function bankCap({ bank }: Caps, { severity }: Episode): number {
  return severity >= SEVERITY.high ? bank : Math.ceil(bank / 2);
}

function claimed(asked: readonly (readonly [string, Storm, number])[], episode: Episode): Claimed {
  const full = asked.find(([, { sent }, cap]) => sent >= cap);
  if (full !== undefined) return { granted: false, isLast: false, storms: new Map([[full[0], held(full[1], episode)]]) };
  const storms = new Map(asked.map(([id, storm]) => [id, { ...storm, sent: storm.sent + 1 }]));
  return { granted: true, isLast: asked.some(([, { sent }, cap]) => sent + 1 === cap), storms };
}

function emptyStorm(kind: Storm['kind'], name: string, rule: string, hour: number): Storm {
  const nothing = { sent: 0, held: 0, severity: 0, accounts: [], otherAccounts: 0, rules: {}, first: [], isTold: false };
  return { format: 1, kind, name, rule, hour, ...nothing };
}

function held(storm: Storm, { uid, title, account, severity, ruleName }: Episode): Storm {
  const isKnown = account !== undefined && storm.accounts.includes(account);
  const isListed = account !== undefined && ACCOUNT.test(account) && storm.accounts.length < MAX_ACCOUNTS;
  const isRoom = Object.hasOwn(storm.rules, ruleName) || Object.keys(storm.rules).length < MAX_RULES;
  const rule = isRoom ? ruleName : 'other rules';
  return {
    ...storm,
    // Whoever comes after the summary has it sent once more.
    isTold: false,
    held: storm.held + 1,
    severity: Math.max(storm.severity, severity),
    accounts: isKnown || !isListed ? storm.accounts : [...storm.accounts, account],
    otherAccounts: storm.otherAccounts + (isKnown || isListed ? 0 : 1),
    rules: { ...storm.rules, [rule]: (Object.hasOwn(storm.rules, rule) ? (storm.rules[rule] ?? 0) : 0) + 1 },
    first: worst([...storm.first, { uid: (line(uid) ?? '').slice(0, 200), title: title.slice(0, 200), account, severity }]),
  };
}

/** Whoever floods a rule must not be all that its summary names. */
function worst(findings: readonly StormFinding[]): readonly StormFinding[] {
  return [...findings].sort((one, other) => (other.severity ?? 0) - (one.severity ?? 0)).slice(0, MAX_FIRST);
}

/** @returns whether an item holds one. Only we write them. */
export function isStorm(candidate: unknown): candidate is Storm {
  return typeof candidate === 'object' && candidate !== null && 'format' in candidate && candidate.format === 1 && 'held' in candidate;
}

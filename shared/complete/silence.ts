// Sources gone silent, by account: the bank's file says for how long each may be (operations.silence).
import type { BankConfig } from '../config.ts';
import { usualAccounts } from '../organization/config.ts';
import type { Signal } from './signals.ts';

/** Last delivery, ms since the epoch, and its evidence; by source and account. */
export type Seen = Record<string, { readonly at: number; readonly key: string }>;

/** What was told to be quiet, and since when; by source and account. */
export type Told = Record<string, { readonly since: number; readonly levels: readonly Level[] }>;

type Level = 'source_late' | 'source_silent';

export interface SilenceState {
  /** ms since the epoch: when watching began. */
  readonly since: number;
  readonly seen: Seen;
  readonly told: Told;
}

export interface Delivered {
  readonly source: string;
  readonly account: string;
  /** ms since the epoch */
  readonly at: number;
  /** Vault key. */
  readonly key: string;
}

const MINUTE_MS = 60_000;
/** Until what was delivered is in the log and read there. */
const LOG_LAG_MS = 10 * MINUTE_MS;
const LEVELS: readonly (readonly [Level, number])[] = [
  ['source_late', 1],
  ['source_silent', 3],
];

/** Account of a source that none has delivered yet. */
const ANY = 'any';

/** Every account has them, from its first day; what others an account has is known once it has delivered. */
const OF_EVERY_ACCOUNT: ReadonlySet<string> = new Set(['cloudtrail']);

type Entry = NonNullable<NonNullable<BankConfig['operations']>['silence']>[number];

export function isWatched(source: string, { operations }: Pick<BankConfig, 'operations'>): boolean {
  return operations?.silence?.some((entry) => entry.source === source) === true;
}

/** Notes a delivery. @returns findings that it closes. */
export function noteDelivered(state: SilenceState, { source, account, at, key }: Delivered): readonly Signal[] {
  const closed = [account, ANY].flatMap((of) => closing(state, source, of, at));
  const name = nameOf(source, account);
  const before = state.seen[name];
  if (before === undefined || before.at < at) state.seen[name] = { at, key };
  return closed;
}

function closing({ told }: SilenceState, source: string, account: string, at: number): readonly Signal[] {
  const name = nameOf(source, account);
  const open = told[name];
  // What was delivered before does not end it.
  if (open === undefined || at <= open.since) return [];
  Reflect.deleteProperty(told, name);
  return open.levels.map((level) => ({
    ...signalOf(level, { source, account, since: open.since, key: undefined }, 0),
    until: at,
    closed: at,
  }));
}

/** @returns what is to be told now; what was told before is not told again. */
export function silences(state: SilenceState, bank: BankConfig, now: number): readonly Signal[] {
  return (bank.operations?.silence ?? []).flatMap((entry) =>
    expected(entry, state, bank).flatMap((account) => silenceOf(state, entry, account, now)),
  );
}

function expected({ source, accounts }: Entry, { seen }: SilenceState, bank: BankConfig): readonly string[] {
  const prefix = nameOf(source, '');
  const usual = usualAccounts(bank).map(({ id }) => id);
  // What came while another region was out is no habit.
  const guests = new Set(bank.accounts.map(({ id }) => id).filter((id) => !usual.includes(id)));
  const delivered = Object.keys(seen).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const named = accounts === 'all' || (accounts === undefined && OF_EVERY_ACCOUNT.has(source)) ? usual : (accounts ?? []);
  const all = new Set([...named, ...delivered.filter((account) => !guests.has(account))]);
  return all.size === 0 ? [ANY] : [...all].sort();
}

function silenceOf(state: SilenceState, { source, minutes }: Entry, account: string, now: number): readonly Signal[] {
  const name = nameOf(source, account);
  const { at: since, key } = state.seen[name] ?? { at: state.since, key: undefined };
  const told = state.told[name]?.since === since ? state.told[name].levels : [];
  const due = LEVELS.flatMap(([level, times]) =>
    now - since > times * minutes * MINUTE_MS + LOG_LAG_MS && !told.includes(level) ? [level] : [],
  );
  if (due.length === 0) return [];
  state.told[name] = { since, levels: [...told, ...due] };
  return due.map((level) => signalOf(level, { source, account, since, key }, minutes));
}

interface Quiet {
  readonly source: string;
  readonly account: string;
  readonly since: number;
  readonly key: string | undefined;
}

function signalOf(kind: Level, { source, account, since, key }: Quiet, minutes: number): Signal {
  const who = account === ANY ? 'no account' : `account ${account}`;
  const allowed = minutes === 0 ? '' : `, and may be silent for ${minutes} min`;
  const detail =
    key === undefined && minutes !== 0
      ? `${source}: ${who} has delivered any since ${clock(since)}${allowed}`
      : `${source}: ${who} delivered last at ${clock(since)}${allowed}`;
  return {
    kind,
    about: [source, account, String(since)],
    detail,
    time: since,
    source,
    account: account === ANY ? undefined : account,
    evidence: key,
  };
}

function nameOf(source: string, account: string): string {
  return `${source} ${account}`;
}

function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

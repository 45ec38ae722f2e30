// What was expected beside what was seen and what arrived: one row for each source of an account in a region.
import type { BankConfig } from '../config.ts';
import type { Arrived } from './arrived.ts';
import { allowedMinutes, isSteady, type Expected } from './expected.ts';
import { KNOWN_MS, type Seen } from './seen.ts';

/** ok: in time. late, silent: longer than it may be, than three times that. never: not in a month. unexpected: the account's entry lists others. */
export type RowState = 'ok' | 'late' | 'silent' | 'never' | 'unexpected';

export interface Row {
  readonly account: string;
  readonly source: string;
  /** `any` of a source that belongs to no region. */
  readonly region: string;
  readonly expected: boolean;
  readonly state: RowState;
  /** Newest event by its own time, ms since the epoch; undefined where the index cannot tell. */
  readonly seen: number | undefined;
  /** Newest evidence, ms since the epoch. */
  readonly arrived: number | undefined;
  /** By how much the newest event is older than the newest arrival, seconds: delivery's own delay. */
  readonly lag: number | undefined;
  /** Whole hours of the last day without an event; undefined of sources that need not speak all day. */
  readonly gaps: number | undefined;
}

export interface Facts {
  readonly expected: readonly Expected[];
  readonly seen: readonly Seen[];
  readonly arrived: readonly Arrived[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS = 24;
/** As many times what is allowed make silence of lateness: shared/complete/silence.ts does the same. */
const SILENT_TIMES = 3;
const ANY = 'any';

interface Place {
  readonly account: string;
  readonly source: string;
  readonly region: string;
}

/** @param bank as its file has it. @param now ms since the epoch. @returns rows by account, source, region. */
export function judge(bank: BankConfig, { expected, seen, arrived }: Facts, now: number): readonly Row[] {
  const everywhere = new Set(expected.flatMap(({ account, source, region }) => (region === undefined ? [`${source} ${account}`] : [])));
  const placed = (one: Place): Place => ({
    account: one.account,
    source: one.source,
    region: everywhere.has(`${one.source} ${one.account}`) ? ANY : one.region,
  });
  const places = new Map<string, Place>();
  const wanted = new Set<string>();
  for (const one of expected) {
    const place = { ...one, region: one.region ?? ANY };
    places.set(nameOf(place), place);
    wanted.add(nameOf(place));
  }
  const recent = seen.filter(({ last }) => last > now - KNOWN_MS);
  const late = arrived.filter(({ at }) => at > now - KNOWN_MS);
  for (const one of [...recent, ...late]) places.set(nameOf(placed(one)), placed(one));
  return [...places.values()]
    .map((place) => {
      const name = nameOf(place);
      const ofPlace = <T extends Place>(all: readonly T[]): readonly T[] => all.filter((one) => nameOf(placed(one)) === name);
      return rowOf(bank, place, { wanted: wanted.has(name), seen: ofPlace(recent), arrived: ofPlace(late), now });
    })
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

interface OfPlace {
  readonly wanted: boolean;
  readonly seen: readonly Seen[];
  readonly arrived: readonly Arrived[];
  readonly now: number;
}

function rowOf(bank: BankConfig, { account, source, region }: Place, { wanted, seen, arrived, now }: OfPlace): Row {
  const minutes = allowedMinutes(bank, source);
  const last = latest(seen.map((one) => one.last));
  const came = latest(arrived.map(({ at }) => at));
  const state = isListed(bank, account) && !wanted ? 'unexpected' : stateOf(came ?? last, minutes, now);
  return {
    ...{ account, source, region, expected: wanted, state, seen: last, arrived: came },
    lag: last === undefined || came === undefined ? undefined : Math.max(0, Math.round((came - last) / 1000)),
    gaps: last !== undefined && isSteady(minutes) ? gapsOf(new Set(seen.flatMap(({ hours }) => hours)), minutes, now) : undefined,
  };
}

/** Whether the bank's file says all that the account has; otherwise more than is expected is nothing strange. */
function isListed({ accounts }: BankConfig, account: string): boolean {
  const entry = accounts.find(({ id }) => id === account);
  return entry === undefined || entry.sources !== undefined;
}

function stateOf(last: number | undefined, minutes: number, now: number): RowState {
  if (last === undefined) return 'never';
  const age = now - last;
  if (age > SILENT_TIMES * minutes * MINUTE_MS) return 'silent';
  return age > minutes * MINUTE_MS ? 'late' : 'ok';
}

/** Of the hours that have ended long enough ago for their events to have come. */
function gapsOf(hours: ReadonlySet<number>, minutes: number, now: number): number {
  const end = Math.floor((now - minutes * MINUTE_MS) / HOUR_MS) * HOUR_MS;
  let gaps = 0;
  for (let hour = 1; hour < HOURS; hour++) if (!hours.has(end - hour * HOUR_MS)) gaps++;
  return gaps;
}

function latest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}

function nameOf({ account, source, region }: Place): string {
  return `${account} ${source} ${region}`;
}

// What should have been delivered and was not: days on which a source of an account was silent, offsets of a Kafka topic that no object holds,
// accounts of the bank's file that delivered nothing. Told by the log alone.
import type { EvidenceLeaf } from '../notary/leaf.ts';
import type { EvidencePlace } from '../seal/vault.ts';
import { createOffsets } from './offsets.ts';
import { problem, type Problem } from './problems.ts';
import { coversDay, type Scope } from './scope.ts';

export interface Coverage {
  /** Every leaf of the log, in the scope or not: what an account delivered before tells whether it should have gone on. */
  leaf(leaf: EvidenceLeaf, place: EvidencePlace): void;
  problems(): readonly Problem[];
}

export interface CoverageOptions {
  readonly scope: Scope;
  /** Accounts of the bank's file, by id; undefined where it is not at hand. */
  readonly accounts: readonly { readonly id: string; readonly name: string }[] | undefined;
  /** ms since the epoch; the day that it is in is not over, so nothing is missed of it. */
  readonly now: number;
}

interface Series {
  /** Days of the period on which it delivered. */
  readonly days: Set<number>;
  /** Days on which it delivered in the fortnight before the period. */
  readonly earlier: Set<number>;
}

const DAY_MS = 86_400_000;

const FORTNIGHT = 14;

/** Who delivers on fewer of the days does so by chance, and his silence says nothing. */
const REGULAR = 0.5;

export function createCoverage({ scope, accounts, now }: CoverageOptions): Coverage {
  const series = new Map<string, Series>();
  const seen = new Set<string>();
  const offsets = createOffsets();

  return {
    leaf(leaf, place) {
      if (scope.source !== undefined && scope.source !== place.source) return;
      if (scope.account !== undefined && scope.account !== place.account) return;
      offsets.add(leaf.origin, place.day);
      const name = `${place.source}/${place.account}`;
      const known = series.get(name) ?? { days: new Set<number>(), earlier: new Set<number>() };
      series.set(name, known);
      if (coversDay(scope, place.day)) {
        known.days.add(dayNumber(place.day));
        seen.add(place.account);
      } else if (scope.from !== undefined && isShortlyBefore(place.day, scope.from)) known.earlier.add(dayNumber(place.day));
    },
    problems() {
      const last = Math.min(scope.to === undefined ? Infinity : dayNumber(scope.to), Math.floor(now / DAY_MS) - 1);
      const silent = [...series].flatMap(([name, one]) => silentDays(`${scope.bank}/${name}`, one, { scope, last }));
      return [...silent, ...offsets.problems((day) => coversDay(scope, day)), ...silentAccounts(seen, { scope, accounts })];
    },
  };
}

function silentAccounts(
  seen: ReadonlySet<string>,
  { scope, accounts = [] }: Pick<CoverageOptions, 'scope' | 'accounts'>,
): readonly Problem[] {
  return accounts
    .filter(({ id }) => (scope.account === undefined || scope.account === id) && !seen.has(id))
    .map(({ id, name }) =>
      problem('silent_account', id, `${name} delivered nothing${scope.source === undefined ? '' : ` of ${scope.source}`}`),
    );
}

function silentDays(
  at: string,
  { days, earlier }: Series,
  { scope, last }: { readonly scope: Scope; readonly last: number },
): readonly Problem[] {
  const begin = earlier.size > 0 && scope.from !== undefined ? dayNumber(scope.from) : Math.min(...days);
  const [least, among] = days.size === 0 ? [earlier.size, FORTNIGHT] : [days.size, Math.max(...days) - Math.min(...days) + 1];
  if (least < REGULAR * among) return [];
  return runsOf(begin, last, (day) => !days.has(day)).map(([from, to]) => {
    const when = from === to ? dayText(from) : `${dayText(from)} to ${dayText(to)}`;
    const others = days.size === 0 ? `${earlier.size} of the ${FORTNIGHT} days before` : `${days.size} other days`;
    return problem('gap', at, `nothing on ${when}; delivered on ${others}`);
  });
}

function isShortlyBefore(day: string, from: string): boolean {
  return day < from && dayNumber(from) - dayNumber(day) <= FORTNIGHT;
}

/** Runs of days from `first` to `last` for which it holds. */
function runsOf(first: number, last: number, holds: (day: number) => boolean): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (let day = first; day <= last; day++) {
    if (!holds(day)) continue;
    const run = runs.at(-1);
    if (run?.[1] === day - 1) run[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}

function dayNumber(day: string): number {
  return Math.floor(Date.parse(day) / DAY_MS);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

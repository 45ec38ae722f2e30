// Which evidence is verified or exported: whole UTC days of delivery, as they stand in the keys.
import { MisconfiguredError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { placeOfKey, type EvidencePlace } from '../seal/vault.ts';

export interface Scope {
  readonly bank: string;
  /** One object; then nothing else is given. */
  readonly key?: string | undefined;
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  /** `YYYY-MM-DD`, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const DAY_MS = 86_400_000;
const STATEMENT_DAY = /^_statements\/[a-z-]+\/(\d{4})\/(\d\d)\/(\d\d)\//;

/** What was asked for on the command line. @throws MisconfiguredError saying what is wrong with it. */
export function scopeOf(asked: Scope): Scope {
  const { bank, key, source, account } = asked;
  if (key !== undefined) {
    if ([source, account, asked.from, asked.to].some((other) => other !== undefined))
      throw new MisconfiguredError('--key names one object: leave --from, --to, --source and --account out');
    if (placeOf(key)?.bank !== bank)
      throw new MisconfiguredError(`--key must be a vault key of ${bank}: ${bank}/<source>/<account>/… (found "${key}")`);
    return { bank, key };
  }
  const [from, to] = [dayOf('--from', asked.from), dayOf('--to', asked.to)];
  if (from !== undefined && to !== undefined && from > to) throw new MisconfiguredError(`--from ${from} is after --to ${to}`);
  return { bank, source, account, from, to };
}

function dayOf(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const time = Date.parse(given);
  if (!/^\d{4}-\d\d-\d\d(T.*)?$/.test(given) || Number.isNaN(time))
    throw new MisconfiguredError(`${option} must be a day or a time such as 2026-11-21 or 2026-11-21T09:30Z (found "${given}")`);
  return new Date(time).toISOString().slice(0, 10);
}

/** @returns where the evidence of this key belongs; undefined if it is no vault key. */
export function placeOf(key: string): EvidencePlace | undefined {
  try {
    return placeOfKey(key);
  } catch {
    return undefined;
  }
}

export function covers(scope: Scope, key: string, place: EvidencePlace): boolean {
  if (place.bank !== scope.bank) return false;
  if (scope.key !== undefined) return scope.key === key;
  if (scope.source !== undefined && scope.source !== place.source) return false;
  if (scope.account !== undefined && scope.account !== place.account) return false;
  return coversDay(scope, place.day);
}

/** Statements are of no source and no account: they belong to whatever asks for all of a period. */
export function coversStatement(scope: Scope, key: string): boolean {
  if (scope.key !== undefined || scope.source !== undefined || scope.account !== undefined) return false;
  const [, year, month, date] = STATEMENT_DAY.exec(key) ?? [];
  return year !== undefined && coversDay(scope, `${year}-${month}-${date}`);
}

export function coversDay({ from, to }: Scope, day: string): boolean {
  return (from === undefined || from <= day) && (to === undefined || day <= to);
}

/** ms since the epoch, the end excluded; undefined where it is open. */
export function periodOf({ from, to }: Scope): { readonly from: number | undefined; readonly until: number | undefined } {
  return {
    from: from === undefined ? undefined : Date.parse(from),
    until: to === undefined ? undefined : Date.parse(to) + DAY_MS,
  };
}

/** As it is recorded when evidence is opened. */
export function scopeJson({ bank, key, source, account, from, to }: Scope): JsonObject {
  return {
    bank,
    ...(key === undefined ? {} : { keys: [key] }),
    ...(source === undefined ? {} : { source }),
    ...(account === undefined ? {} : { account }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

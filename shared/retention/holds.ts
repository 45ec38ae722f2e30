// Legal holds: evidence that a court or an authority may ask for is neither deleted nor erased, however old it is. A hold begins and ends with a
// statement; what it says of the objects (S3's own legal hold) is put on those that are there and on those that arrive while it is open.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html#object-lock-legal-holds
import { MisconfiguredError } from '../errors.ts';
import type { JsonObject, Origin } from '../model.ts';
import { isObject, text } from '../outcome.ts';
import { readStatement, statementKeys, type Statement } from '../seal/statements.ts';
import { placeOf, type EvidencePlace, type VaultSource } from '../seal/vault.ts';

/** Which evidence: whole UTC days of delivery, both included. */
export interface HoldScope {
  /** Name of a source, `*` for all of them. */
  readonly source: string;
  /** Default: all accounts. */
  readonly account?: string | undefined;
  /** `YYYY-MM-DD`, as all days here. */
  readonly from: string;
  readonly to: string;
}

export interface Hold {
  readonly id: string;
  /** Vault key of the statement. */
  readonly statement: string;
  /** ms since the epoch */
  readonly at: number;
  readonly who: string;
  readonly reason: string;
  readonly scope: HoldScope;
  /** Statement that has lifted it. */
  readonly released?: Statement | undefined;
}

export interface Holds {
  /** @throws S3 errors as they come: evidence that may have to be held is not put before that is known. */
  covers(origin: Origin): Promise<boolean>;
}

export const ANY_SOURCE = '*';

/** After so long a process looks again whether holds were set or lifted. */
export const HOLDS_MAX_AGE_MS = 60_000;

export function isHeld({ source, account, from, to }: HoldScope, place: EvidencePlace): boolean {
  if (source !== ANY_SOURCE && source !== place.source) return false;
  if (account !== undefined && account !== place.account) return false;
  return from <= place.day && place.day <= to;
}

/** Keep one per process: it remembers what it has read. */
export function createHolds(vault: VaultSource, now: () => number = Date.now): Holds {
  const known = new Map<string, Statement>();
  let current: { readonly open: Promise<readonly Hold[]>; readonly until: number } | undefined;

  function open(): Promise<readonly Hold[]> {
    if (current !== undefined && current.until > now()) return current.open;
    const asked = { open: readHolds(vault, known).then(openOnes), until: now() + HOLDS_MAX_AGE_MS };
    current = asked;
    asked.open.catch(() => {
      if (current === asked) current = undefined;
    });
    return asked.open;
  }

  return {
    async covers(origin) {
      const place = placeOf(origin);
      return (await open()).some(({ scope }) => isHeld(scope, place));
    },
  };
}

export function openOnes(holds: readonly Hold[]): readonly Hold[] {
  return holds.filter(({ released }) => released === undefined);
}

/** All holds that were ever set, the oldest first. @param known statements that were read before: they never change. */
export async function readHolds(vault: VaultSource, known = new Map<string, Statement>()): Promise<readonly Hold[]> {
  const set = await statementsOf(vault, 'hold', known);
  if (set.length === 0) return [];
  return holdsFrom(set, await statementsOf(vault, 'release', known));
}

/** @param set statements of kind `hold`, @param released of kind `release`. @returns the oldest first. */
export function holdsFrom(set: readonly Statement[], released: readonly Statement[]): readonly Hold[] {
  return set.map((statement) => holdOf(statement, released)).toSorted((a, b) => a.at - b.at);
}

async function statementsOf(vault: VaultSource, kind: 'hold' | 'release', known: Map<string, Statement>): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  for await (const key of statementKeys(vault, kind)) {
    const statement = known.get(key) ?? (await readStatement(vault, key));
    known.set(key, statement);
    statements.push(statement);
  }
  return statements;
}

function holdOf(statement: Statement, released: readonly Statement[]): Hold {
  const { id, key, at, body } = statement;
  const scope = scopeOf(body['scope']);
  if (scope === undefined) throw new MisconfiguredError(`${key} does not say what it holds`);
  return {
    ...{ id, at, scope, statement: key },
    who: text(body['who']) ?? 'unknown',
    reason: text(body['reason']) ?? '',
    released: released.find((one) => one.body['hold'] === id),
  };
}

/** @returns undefined where it does not say what is held. */
export function scopeOf(candidate: unknown): HoldScope | undefined {
  if (!isObject(candidate)) return undefined;
  const [source, account, from, to] = ['source', 'account', 'from', 'to'].map((name) => text(candidate[name]));
  return source === undefined || from === undefined || to === undefined ? undefined : { source, account, from, to };
}

export function scopeText({ source, account, from, to }: HoldScope): string {
  const whose = account === undefined ? '' : ` of account ${account}`;
  return `${source === ANY_SOURCE ? 'all sources' : source}${whose}, delivered ${from} to ${to}`;
}

export function scopeJson({ source, account, from, to }: HoldScope): JsonObject {
  return { source, ...(account === undefined ? {} : { account }), from, to };
}

// `strongroom hold`: evidence that must not be deleted or erased while a court or an authority may ask for it.
import type { Writable } from 'node:stream';
import { MisconfiguredError } from '../../shared/errors.ts';
import { applyHold, holdNamed, liftHold, setHold, type HoldCounts, type HoldDeps } from '../../shared/retention/hold.ts';
import { ANY_SOURCE, readHolds, scopeJson, scopeText, type Hold, type HoldScope } from '../../shared/retention/holds.ts';
import { checkedReason } from '../../shared/seal/access.ts';
import type { StatementVault } from '../../shared/seal/statements.ts';
import { bankVault } from '../vault.ts';

export interface HoldSetOptions {
  readonly bank: string;
  readonly source: string;
  readonly account?: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly wait?: boolean | undefined;
}

/** Sets a hold and puts it on every version there is. @returns the exit code. */
export async function holdSet(options: HoldSetOptions, out: Writable = process.stdout): Promise<number> {
  const scope = scopeOf(options);
  const reason = checkedReason(options.reason);
  const { hold, tooLate, ...counts } = await setHold(scope, reason, await holdDeps(options, out));
  for (const { class: className, period, statement } of tooLate)
    out.write(`too late for ${className} of ${period}: erased, or being erased (${statement})\n`);
  out.write(`${countsText(hold, counts)}\n`);
  return 0;
}

/** Puts a hold on what it covers once more: after an interruption, or to be sure. @returns the exit code. */
export async function holdApply(id: string, { bank }: { readonly bank: string }, out: Writable = process.stdout): Promise<number> {
  const deps = await holdDeps({ bank }, out);
  const hold = await holdNamed(deps.vault, id);
  if (hold.released !== undefined) throw new MisconfiguredError(`hold ${id} was lifted (${hold.released.key})`);
  out.write(`${countsText(hold, await applyHold(hold, deps))}\n`);
  return 0;
}

export async function holdLift(
  id: string,
  options: { readonly bank: string; readonly reason: string; readonly wait?: boolean | undefined },
  out: Writable = process.stdout,
): Promise<number> {
  const reason = checkedReason(options.reason);
  const { hold, ...counts } = await liftHold(id, reason, await holdDeps(options, out));
  out.write(
    `hold ${id} lifted from ${scopeText(hold.scope)}: ${counts.changed} versions released, ${counts.unchanged} were not held, ${counts.otherwiseHeld} stay under another hold\n`,
  );
  return 0;
}

export async function holdList(
  options: { readonly bank: string; readonly json?: boolean | undefined },
  out: Writable = process.stdout,
): Promise<number> {
  return await listHolds((await bankVault(options.bank)).vault, options.json === true, out);
}

export async function listHolds(vault: StatementVault, json: boolean, out: Writable): Promise<number> {
  const holds = await readHolds(vault);
  for (const hold of holds) out.write(json ? `${JSON.stringify(described(hold))}\n` : `${line(hold)}\n`);
  if (!json) out.write(`${holds.filter(({ released }) => released === undefined).length} of ${holds.length} holds are open\n`);
  return 0;
}

/** @throws MisconfiguredError saying which option is wrong. */
export function scopeOf({ source, account, from, to }: Omit<HoldSetOptions, 'bank' | 'reason'>): HoldScope {
  for (const [name, day] of Object.entries({ from, to })) {
    const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
    if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day)
      throw new MisconfiguredError(`--${name} must be a day such as 2026-11-21 (found "${day}")`);
  }
  if (from > to) throw new MisconfiguredError(`--from ${from} is after --to ${to}`);
  if (account !== undefined && !/^(?:\d{12}|unknown)$/.test(account))
    throw new MisconfiguredError(`--account must be 12 digits (found "${account}")`);
  if (source !== ANY_SOURCE && !/^[A-Za-z0-9._-]+$/.test(source))
    throw new MisconfiguredError(`--source must be the name of a source, or "*" for all (found "${source}")`);
  return { source, account, from, to };
}

async function holdDeps(options: { readonly bank: string; readonly wait?: boolean | undefined }, out: Writable): Promise<HoldDeps> {
  const { vault, bank, by } = await bankVault(options.bank);
  return { vault, bank: bank.bank, by: await by(), settle: options.wait, tell: (text) => out.write(`${text}\n`) };
}

function countsText({ id, scope }: Hold, { versions, changed, unchanged }: HoldCounts): string {
  return `hold ${id} on ${scopeText(scope)}: ${versions} versions, ${changed} put on hold, ${unchanged} were held already; what arrives from now on is held when it is sealed`;
}

function line({ id, at, who, scope, reason, released }: Hold): string {
  const state = released === undefined ? 'open  ' : 'lifted';
  return `${id}  ${state}  ${new Date(at).toISOString().slice(0, 10)}  ${scopeText(scope)}  by ${who}: ${JSON.stringify(reason)}`;
}

function described({ id, at, who, scope, reason, statement, released }: Hold): object {
  const lifted =
    released === undefined
      ? {}
      : {
          lifted: new Date(released.at).toISOString(),
          lifted_by: released.body['who'],
          lifted_reason: released.body['reason'],
          release: released.key,
        };
  return { id, at: new Date(at).toISOString(), who, reason, scope: scopeJson(scope), statement, open: released === undefined, ...lifted };
}

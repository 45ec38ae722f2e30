// `strongroom upgrade`: templates and mappings to those of this version and back, while events are written and searched; and the domain itself to
// another version of OpenSearch.
import type { Writable } from 'node:stream';
import { openSearchServiceClient } from '../../shared/deps.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { applyUpgrade, type Moved } from '../../shared/upgrade/apply.ts';
import { checkDomain, upgradeDomain, type DomainUpgraded } from '../../shared/upgrade/domain.ts';
import { planUpgrade, type Plan, type Step } from '../../shared/upgrade/plan.ts';
import { rollbackUpgrade } from '../../shared/upgrade/rollback.ts';
import { bankEnvironment } from '../deployed.ts';
import { withBankSearch, type BankSearch } from '../opensearch.ts';

export interface UpgradeArguments {
  readonly bank: string;
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface PlanArguments extends UpgradeArguments {
  /** Stores in use, too. */
  readonly all?: boolean | undefined;
}

export interface ApplyArguments extends PlanArguments {
  readonly rate?: string | undefined;
  readonly finish?: boolean | undefined;
}

export interface RollbackArguments extends UpgradeArguments {
  readonly rate?: string | undefined;
}

export interface DomainArguments extends UpgradeArguments {
  readonly to: string;
  readonly check?: boolean | undefined;
  readonly domain?: string | undefined;
  readonly repository?: string | undefined;
}

/** Prints what `apply` would do. @returns the exit code. */
export async function upgradePlan(options: PlanArguments, out: Writable = process.stdout): Promise<number> {
  return await withBankSearch(options.bank, options, async ({ client }) => {
    const plan = await planUpgrade(client, options);
    out.write(options.json === true ? `${JSON.stringify(plan)}\n` : planText(plan));
    return 0;
  });
}

function planText({ templates, steps, skipped, current, room }: Plan): string {
  const lines = [
    `${templates.length} templates are to be put${templates.length === 0 ? '' : `: ${templates.join(', ')}`}`,
    `${steps.length} stores are to be made anew, ${skipped.length} are left, ${current} are up to date`,
    ...steps.map((step) => `  ${stepText(step)}`),
    ...skipped.map(({ index, reason }) => `  left: ${index}: ${reason}`),
  ];
  if (steps.length > 0)
    lines.push(
      `${size(room.free)} free, ${size(room.largest)} needed for the largest, ${size(room.all)} for all with their former generations`,
    );
  if (room.largest > room.free)
    lines.push('there is not enough room for the largest: add storage, or delete former generations (apply --finish)');
  if (steps.some(({ action }) => action === 'adopt'))
    lines.push(
      'plain indices of earlier versions become stores: writers wait for some seconds, and a search in that very moment may have to be repeated',
    );
  return `${lines.join('\n')}\n`;
}

function stepText({ action, from, to, documents, totalBytes, open, begun }: Step): string {
  if (action === 'finish') return `${from} → ${to}: what an interrupted run has left`;
  const notes = [...(open ? ['in use'] : []), ...(begun ? ['begun'] : []), ...(action === 'adopt' ? ['plain index'] : [])];
  return `${from} → ${to}: ${documents} documents, ${size(totalBytes)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

function size(bytes: number): string {
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

/** Does it. @returns the exit code. @throws RetryableError where it is to be run again. */
export async function upgradeApply(options: ApplyArguments, out: Writable = process.stdout): Promise<number> {
  const { all, finish, json } = options;
  const rate = rateOf(options.rate);
  return await withBankSearch(options.bank, options, async ({ client }) => {
    const { templates, moved, skipped, deleted } = await applyUpgrade(client, { all, finish, rate, say });
    if (json === true) out.write(`${JSON.stringify({ templates, moved, skipped, deleted })}\n`);
    else
      out.write(
        `${[...moved.map(movedText), `upgrade: ${templates.length} templates, ${moved.length} stores, ${skipped.length} left, ${deleted.length} former generations deleted`].join('\n')}\n`,
      );
    return 0;
  });
}

/** Puts former generations back. @returns the exit code: 1 where there is none. */
export async function upgradeRollback(options: RollbackArguments, out: Writable = process.stdout): Promise<number> {
  const rate = rateOf(options.rate);
  return await withBankSearch(options.bank, options, async ({ client }) => {
    const moved = await rollbackUpgrade(client, { rate, say });
    if (options.json === true) out.write(`${JSON.stringify({ moved })}\n`);
    else
      out.write(
        `${[...moved.map(movedText), `rollback: ${moved.length} stores; templates stay those of this version until another one is deployed`].join('\n')}\n`,
      );
    return moved.length > 0 ? 0 : 1;
  });
}

function movedText({ from, to, documents, ms }: Moved): string {
  return `${from} → ${to}: ${documents} documents, ${(ms / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function rateOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw new MisconfiguredError(`--rate must be a number of documents per second (found "${given}")`);
}

/** @returns the exit code: 1 where something stands against it, or it did not go well to its end. */
export async function upgradeDomainCommand(options: DomainArguments, out: Writable = process.stdout): Promise<number> {
  return await withBankSearch(options.bank, options, async (search) => {
    const control = openSearchServiceClient(bankEnvironment(options.bank));
    const repository = options.repository ?? search.bank.opensearch.snapshots?.repository;
    const deps = { control, search: search.client, domain: domainOf(search, options), say };
    try {
      const result = options.check === true ? await checkDomain(deps, options) : await upgradeDomain(deps, { ...options, repository });
      out.write(options.json === true ? `${JSON.stringify(result)}\n` : domainText(result, search));
      return result.objections.length === 0 && (!isUpgraded(result) || wentWell(result)) ? 0 : 1;
    } finally {
      control.destroy();
    }
  });
}

function domainOf({ bank }: BankSearch, { domain }: DomainArguments): string {
  if (domain !== undefined) return domain;
  // stacks/resources/opensearch-domain.yml
  if (bank.opensearch.domain !== undefined) return `strongroom-${bank.bank}`;
  throw new MisconfiguredError(`the domain of bank ${bank.bank} is not of its stack: name it with --domain`);
}

type DomainResult = Awaited<ReturnType<typeof checkDomain>> | DomainUpgraded;

function isUpgraded(result: DomainResult): result is DomainUpgraded {
  return 'status' in result;
}

function wentWell({ status, alarms, issues }: DomainUpgraded): boolean {
  return status === 'SUCCEEDED' && alarms.length === 0 && issues.length === 0;
}

function domainText(result: DomainResult, { bank }: BankSearch): string {
  const { from, to, objections } = result;
  const lines = objections.map((objection) => `against it: ${objection}`);
  if (objections.length > 0) lines.push(`${from} → ${to}: not begun`);
  else if (!isUpgraded(result)) lines.push(`${from} → ${to}: nothing stands against it`);
  else {
    lines.push(...result.alarms, ...result.issues.map((issue) => `issue: ${issue}`));
    lines.push(
      `${from} → ${to}: ${result.status}; ${result.documents?.before ?? 0} documents before, ${result.documents?.after ?? 0} after; snapshot ${result.snapshot ?? ''}`,
    );
    if (bank.opensearch.domain !== undefined)
      lines.push(`set EngineVersion in stacks/resources/opensearch-domain.yml to ${to}: the next deployment is not to ask for another`);
  }
  return `${lines.join('\n')}\n`;
}

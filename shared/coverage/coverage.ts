// Coverage, every hour: asks each account of the bank in this region what logs and what does not, switches logging on where that changes nothing else,
// and tells the rest as findings, one for each resource, closed when it logs.
// https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/log-archive.html
import { RetryableError } from '../errors.ts';
import { tell, type TellDeps } from '../complete/tell.ts';
import type { StateStore } from '../complete/state.ts';
import type { Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { homeOf } from '../organization/config.ts';
import { coveredAccounts, type CoveredAccount } from './accounts.ts';
import { destinationsOf, type Clients, type Place } from './gap.ts';
import { lookAt, type LookedAt } from './look.ts';
import { note, type Found } from './note.ts';
import { coverageSettings } from './settings.ts';
import { KEY, loadState, saveState, type CoverageState } from './state.ts';

export interface OrganizationAccount {
  readonly id: string;
  readonly name: string;
}

export interface CoverageDeps extends TellDeps {
  readonly state: StateStore;
  /** @returns clients of an account. @throws what AWS says where its role cannot be assumed. */
  readonly enter: (account: string) => Promise<Clients>;
  /** @returns the organization's active accounts; undefined where this account may not ask. */
  readonly members: () => Promise<readonly OrganizationAccount[] | undefined>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly metrics: MetricsWriter;
}

export interface Covered {
  readonly accounts: number;
  /** Resources without logging, after this run. */
  readonly missing: number;
  /** Of this run. */
  readonly switchedOn: number;
  readonly findings: number;
  readonly alerts: number;
}

/** Accounts looked at side by side. */
const WORKERS = 8;
const MEMBERS = 'organization members';

/** @throws RetryableError naming what could not be asked for now, after all else was done; AWS errors where nothing could be kept or told. */
export async function coverOnce(deps: CoverageDeps): Promise<Covered> {
  const { bank, log, now } = deps;
  const accounts = coveredAccounts(bank);
  const [looked, unknown] = [await lookAtAll(accounts, deps), await unknownAccounts(deps)];
  const found = [...looked.flatMap((one) => one.found), ...(unknown ?? [])];
  const state = await loadState(deps.state);
  const able = new Set([...looked.flatMap((one) => one.able), ...(unknown === undefined ? [] : [MEMBERS])]);
  note(state, { found, able, all: new Set([...looked.flatMap((one) => one.all), MEMBERS]) }, now());
  await saveState(deps.state, state);
  const { published, alerted } = await tellPending(state, deps);
  const missing = found.filter(({ isOn }) => !isOn).length;
  const switchedOn = looked.reduce((sum, one) => sum + one.switchedOn, 0);
  emit(deps.metrics, { bank: bank.bank, source: 'strongroom' }, { CoverageMissing: missing, CoverageSwitchedOn: switchedOn });
  const failed = looked.flatMap((one) => one.failed);
  for (const what of failed) log.warn('could not be looked at', { what });
  if (failed.length > 0) throw new RetryableError(`${failed.length} looks failed, the first of account ${failed[0] ?? ''}`);
  return { accounts: accounts.length, missing, switchedOn, findings: published, alerts: alerted };
}

async function lookAtAll(accounts: readonly CoveredAccount[], { bank, enter }: CoverageDeps): Promise<readonly LookedAt[]> {
  const { region } = bank;
  const { switchOn } = coverageSettings(bank);
  const options = { switchOn, isHome: region === homeOf(bank) };
  const looked: LookedAt[] = [];
  const waiting = accounts.values();
  const worker = async (): Promise<void> => {
    for (const { id: account, logGroups, isFirst } of waiting) {
      let clients: Clients | undefined;
      const open = async (): Promise<Place> => {
        clients = await enter(account);
        return { bank: bank.bank, account, region, logGroups, isFirst, clients, to: destinationsOf(bank) };
      };
      looked.push(await lookAt({ account, region }, open, options));
      if (clients !== undefined) close(clients);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return looked;
}

function close(clients: Clients): void {
  for (const client of Object.values({ ...clients })) (client as { destroy(): void }).destroy();
}

/** @returns those that the bank's file does not name; undefined where that is not known here. */
async function unknownAccounts({ bank, members }: CoverageDeps): Promise<readonly Found[] | undefined> {
  const { organization, region, security_account: security, accounts } = bank;
  if (organization === undefined || region !== homeOf(bank)) return undefined;
  const named = new Set([security, organization.management_account, bank.log?.witness?.account, ...accounts.map(({ id }) => id)]);
  return (await members())
    ?.filter(({ id }) => !named.has(id))
    .map(({ id, name }) => ({
      kind: 'account_unknown',
      source: 'strongroom',
      resource: `arn:aws:organizations::${organization.management_account}:account/${organization.id}/${id}`,
      detail: `account ${id} (${name}) of organization ${organization.id}`,
      account: id,
      region,
      by: MEMBERS,
      isOn: false,
    }));
}

async function tellPending(state: CoverageState, deps: CoverageDeps): Promise<{ readonly published: number; readonly alerted: number }> {
  if (state.pending.length === 0) return { published: 0, alerted: 0 };
  const told = await tell(state.pending, `s3://${deps.state.bucket}/${KEY}`, deps);
  state.pending = [];
  await saveState(deps.state, state);
  return told;
}

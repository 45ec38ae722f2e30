// Takes an Amazon OpenSearch Service domain to another version: checks, a snapshot, the service's own check, then its blue/green deployment, watched.
// Until that begins everything can be stopped, and is. From then on nobody can: "The upgrade process is irreversible and can't be paused or cancelled."
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/starting-upgrades.html, https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_UpgradeDomain.html
import { setTimeout as wait } from 'node:timers/promises';
import {
  CancelDomainConfigChangeCommand,
  DescribeDomainChangeProgressCommand,
  DescribeDomainCommand,
  GetCompatibleVersionsCommand,
  GetUpgradeHistoryCommand,
  ResourceNotFoundException,
  UpgradeDomainCommand,
  type DomainStatus,
  type OpenSearchClient,
  type UpgradeHistory,
} from '@aws-sdk/client-opensearch';
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { text } from '../outcome.ts';
import { ask } from './ask.ts';
import { countOf } from './copy.ts';
import { objectionsOf, takeSnapshot, versionOf } from './domain-checks.ts';

export interface DomainDeps {
  readonly control: OpenSearchClient;
  readonly search: OpenSearch;
  /** Name of the domain. */
  readonly domain: string;
  readonly say: (line: string) => void;
  /** Given in tests only. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

export interface DomainOptions {
  /** `OpenSearch_3.3` */
  readonly to: string;
  /** Of snapshots; the bank's only one where absent. */
  readonly repository?: string | undefined;
}

export interface DomainChecked {
  readonly from: string;
  readonly to: string;
  /** What stands against it, in words. */
  readonly objections: readonly string[];
}

export interface DomainUpgraded extends DomainChecked {
  /** `repository/name`; undefined where it did not come to that. */
  readonly snapshot?: string;
  /** As the service has it: SUCCEEDED, SUCCEEDED_WITH_ISSUES, FAILED; `not begun`. */
  readonly status: string;
  readonly issues: readonly string[];
  /** When the cluster was red or did not answer while it was watched. */
  readonly alarms: readonly string[];
  /** Documents that are searched, before and after. */
  readonly documents?: { readonly before: number; readonly after: number };
}

const POLL_MS = 20_000;
/** Of looks in a row: electing a new cluster manager takes a moment. */
const ALARMED_AFTER = 3;
/** Until the service shows an upgrade that it has taken on. */
const SHOWN_WITHIN = 30;
const UNDONE =
  'What can be done: nothing stops it. Intake goes on, and what cannot be indexed waits in the hub stream. If the service does not bring the cluster back, restore the snapshot to a new domain and open a case with AWS';

/** Changes nothing. The service's own check runs too. @throws MisconfiguredError where there is no such domain. */
export async function checkDomain(deps: DomainDeps, { to }: DomainOptions): Promise<DomainChecked> {
  const { control, search, domain, say } = deps;
  const version = versionOf(to);
  const status = await describe(deps);
  const { CompatibleVersions = [] } = await control.send(new GetCompatibleVersionsCommand({ DomainName: domain }));
  const from = status.EngineVersion ?? '';
  const targets = CompatibleVersions.flatMap(({ SourceVersion, TargetVersions = [] }) => (SourceVersion === from ? TargetVersions : []));
  const own = [
    ...underChange(status),
    ...(targets.includes(to) ? [] : [`from ${from} the service upgrades to ${targets.join(', ') || 'no version'}, not to ${to}`]),
    ...(await objectionsOf(search, version)),
  ];
  // The service checks only what it would take on.
  if (own.length > 0) return { from, to, objections: own };
  say(`asking the service whether ${domain} can go from ${from} to ${to}`);
  const before = await latestUpgrade(deps);
  await control.send(new UpgradeDomainCommand({ DomainName: domain, TargetVersion: to, PerformCheckOnly: true }));
  const { UpgradeStatus: outcome, ...checked } = await ended(deps, before);
  return {
    from,
    to,
    objections: outcome === 'SUCCEEDED' ? [] : [`the service's check ended as ${outcome ?? 'unknown'}`, ...issuesOf(checked)],
  };
}

/**
 * Checks, takes a snapshot, begins and watches to the end.
 * @throws MisconfiguredError, RetryableError before it has begun; nothing has changed then.
 */
export async function upgradeDomain(deps: DomainDeps, options: DomainOptions): Promise<DomainUpgraded> {
  const { control, search, domain, say, sleep = wait } = deps;
  const checked = await checkDomain(deps, options);
  const notBegun = { status: 'not begun', issues: [], alarms: [] };
  if (checked.objections.length > 0) return { ...checked, ...notBegun };
  const { to } = checked;
  const name = `strongroom-before-${to.toLowerCase().replaceAll('_', '-')}-${new Date()
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14)}`;
  say(`taking snapshot ${name}`);
  const snapshot = await takeSnapshot({ search, repository: options.repository, name, sleep });
  say(`snapshot ${snapshot} is complete`);
  // It took its time.
  const objections = [...underChange(await describe(deps)), ...(await objectionsOf(search, versionOf(to)))];
  if (objections.length > 0) return { ...checked, ...notBegun, objections, snapshot };
  const before = await countOf(search, 'ocsf-*');
  const latest = await latestUpgrade(deps);
  await control.send(new UpgradeDomainCommand({ DomainName: domain, TargetVersion: to, PerformCheckOnly: false }));
  say(`${domain} is being upgraded to ${to}: from here on it cannot be stopped`);
  const alarms: string[] = [];
  const entry = await ended(deps, latest, () => alarmIfRed(deps, alarms));
  const after = await countOf(search, 'ocsf-*');
  const lost = after < before ? [`${before - after} documents fewer are found than before`] : [];
  return {
    ...{ ...checked, snapshot, alarms },
    status: entry.UpgradeStatus ?? 'unknown',
    issues: [...issuesOf(entry), ...lost],
    documents: { before, after },
  };
}

async function describe({ control, domain }: DomainDeps): Promise<DomainStatus> {
  try {
    const { DomainStatus: status } = await control.send(new DescribeDomainCommand({ DomainName: domain }));
    if (status === undefined) throw new RetryableError(`the service says nothing of ${domain}: run it again`);
    return status;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new MisconfiguredError(
      `there is no domain ${domain} in this account and region: name it with --domain, or set other credentials`,
    );
  }
}

const SETTLED: ReadonlySet<string> = new Set(['Completed', 'Cancelled']);

function* underChange({
  Processing,
  UpgradeProcessing,
  DomainProcessingStatus: doing,
  ChangeProgressDetails: change,
}: DomainStatus): Generator<string> {
  const status = change?.ConfigChangeStatus;
  if (UpgradeProcessing === true) yield 'the domain is being upgraded';
  else if (Processing === true || (doing !== undefined && doing !== 'Active'))
    yield `the domain is being changed (${doing ?? 'processing'})`;
  else if (status !== undefined && !SETTLED.has(status)) yield `a change of the domain is open (${status}): finish or cancel it`;
}

async function latestUpgrade({ control, domain }: DomainDeps): Promise<UpgradeHistory | undefined> {
  const { UpgradeHistories = [] } = await control.send(new GetUpgradeHistoryCommand({ DomainName: domain, MaxResults: 10 }));
  return UpgradeHistories.toSorted((a, b) => (b.StartTimestamp?.getTime() ?? 0) - (a.StartTimestamp?.getTime() ?? 0))[0];
}

/** Waits for the end of what began after `before`. */
async function ended(
  deps: DomainDeps,
  before: UpgradeHistory | undefined,
  look: () => Promise<void> = () => Promise.resolve(),
): Promise<UpgradeHistory> {
  const { say, sleep = wait } = deps;
  let told = '';
  for (let polls = 0; ; polls++) {
    const entry = await latestUpgrade(deps).catch((error: unknown) => {
      say(`the service did not answer: ${nameOf(error)}`);
      return undefined;
    });
    const isNew = entry !== undefined && entry.StartTimestamp?.getTime() !== before?.StartTimestamp?.getTime();
    if (isNew && entry.UpgradeStatus !== 'IN_PROGRESS') return entry;
    if (!isNew && polls > SHOWN_WITHIN)
      throw new RetryableError('the service does not show the upgrade that it has taken on: look at the console');
    const progress = isNew ? await progressOf(deps, entry) : '';
    if (progress !== '' && progress !== told) say((told = progress));
    await look();
    await sleep(POLL_MS);
  }
}

async function progressOf({ control, domain }: DomainDeps, { StepsList = [] }: UpgradeHistory): Promise<string> {
  const step = StepsList.find(({ UpgradeStepStatus }) => UpgradeStepStatus === 'IN_PROGRESS');
  const done = `${step?.UpgradeStep ?? 'waiting'} ${Math.round(step?.ProgressPercent ?? 0)} %`;
  if (step?.UpgradeStep !== 'UPGRADE') return done;
  const stages = await control.send(new DescribeDomainChangeProgressCommand({ DomainName: domain })).then(
    ({ ChangeProgressStatus }) => ChangeProgressStatus?.ChangeProgressStages ?? [],
    () => [],
  );
  const stage = stages.find(({ Status }) => Status === 'IN_PROGRESS');
  return stage === undefined ? done : `${done}: ${stage.Name ?? ''}`;
}

function issuesOf({ StepsList = [] }: Pick<UpgradeHistory, 'StepsList'>): readonly string[] {
  return StepsList.flatMap(({ UpgradeStep: step, Issues = [] }) => Issues.map((issue) => `${step ?? ''}: ${issue}`));
}

const looks = new WeakMap<readonly string[], number>();

/** Says once loudly what is wrong and what can be done, tries what there is to try, and goes on watching. */
async function alarmIfRed(deps: DomainDeps, alarms: string[]): Promise<void> {
  const status = await healthOf(deps.search);
  const inRow = status === 'red' || status === 'no answer' ? (looks.get(alarms) ?? 0) + 1 : 0;
  looks.set(alarms, inRow);
  if (inRow !== ALARMED_AFTER) return;
  const alarm = `${new Date().toISOString()} ALARM: the cluster of ${deps.domain} is ${status === 'red' ? 'red: events are missing from searches' : 'not answering'}`;
  alarms.push(alarm);
  deps.say(alarm);
  deps.say((await cancelled(deps)) ?? UNDONE);
}

/** A change that still waits can be cancelled; the service says which by a dry run. @returns undefined where none can. */
async function cancelled({ control, domain }: DomainDeps): Promise<string | undefined> {
  try {
    const { CancelledChangeIds: possible = [] } = await control.send(
      new CancelDomainConfigChangeCommand({ DomainName: domain, DryRun: true }),
    );
    if (possible.length === 0) return undefined;
    const { CancelledChangeIds: ids = [] } = await control.send(new CancelDomainConfigChangeCommand({ DomainName: domain }));
    return `cancelled: change ${ids.join(', ')}`;
  } catch {
    return undefined;
  }
}

async function healthOf(search: OpenSearch): Promise<string> {
  return await ask(search, { method: 'GET', path: '/_cluster/health' }, { requestTimeout: 10_000 }).then(
    ({ status }) => text(status) ?? 'unknown',
    () => 'no answer',
  );
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

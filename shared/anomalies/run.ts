// The hourly job: counts what has ended since the last run, judges it, learns it, raises what is unusual.
//  - It looks at events by their own time, a while after the hour has ended, for what is delivered late. Of the last day it sees by the number of
//    events whether more has come since, and then counts again: the same is found again under the same id, once.
//  - While OpenSearch is away nothing is counted; the next run goes on where the last one ended.
// https://docs.opensearch.org/latest/aggregations/bucket/composite/
import { raiseAlerts, type AlertDeps } from '../alert/alerts.ts';
import type { BankConfig } from '../config.ts';
import type { Log } from '../observe/log.ts';
import { ask } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, object, text } from '../outcome.ts';
import { BASELINES } from './baselines.ts';
import type { Baseline } from './model.ts';
import type { Decision } from './budget.ts';
import { cachedStore, type CachedStore } from './cached-store.ts';
import { createCalendar, HOUR_MS, MEMORY, SLOT_MS, type Grain } from './calendar.ts';
import { findingOf } from './finding.ts';
import { activityOf, judgeHour, slotOf, type HourDeps, type SlotCounts } from './hour.ts';
import type { Observation } from './judge.ts';
import { ensureBaselines, forget, openSearchStore, readState, saveState, type KeptState } from './opensearch-store.ts';
import { createPrincipals } from './principal.ts';
import { countSlots, countTotals, earliestHour, examples, type PrincipalOf, type Stretch } from './read.ts';
import { anomalySettings, type AnomalySettings } from './settings.ts';
import type { State } from './store.ts';

export interface AnomalyDeps extends AlertDeps {
  readonly client: OpenSearch;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** After it no further hours are begun, ms. */
  readonly budgetMs: number;
}

export interface AnomalyRun {
  /** Hours that were judged, those that were counted again for what came late, and those still to do. */
  readonly hours: number;
  readonly late: number;
  readonly behind: number;
  readonly found: number;
  readonly alerted: number;
  readonly disabled?: boolean;
}

/** CloudTrail delivers within 15 minutes on average, flow logs within about 10; then all of it has to pass through. */
const DELAY_MS = 30 * 60_000;
/** Of what is learned before the first hour that is judged. */
const LEARNED_HOURS = MEMORY.hour;
const LATE_HOURS = 24;
/** Hours that are counted at once where there are many to do, and observations that memory is good for. */
const AT_ONCE = 24;
const OBSERVED_AT_ONCE = 200_000;
const FORGOTTEN_DAYS = 182;
const NOTHING: AnomalyRun = { hours: 0, late: 0, behind: 0, found: 0, alerted: 0 };

/** @throws RetryableError or what OpenSearch or AWS say, when the rest has to wait for the next run. */
export async function runAnomalies(deps: AnomalyDeps): Promise<AnomalyRun> {
  const { bank, client, now, budgetMs } = deps;
  const settings = anomalySettings(bank);
  if (!settings.enabled) return { ...NOTHING, disabled: true };
  const started = now();
  await ensureBaselines(client);
  const closedHour = Math.floor((started - DELAY_MS) / HOUR_MS);
  const kept = await readState(client);
  const state = kept?.state ?? (await firstState(client, closedHour));
  const job = await createJob(deps, settings, state);
  const run = { ...NOTHING };
  let atOnce = 1;
  let { version }: { version?: KeptState['version'] | undefined } = kept ?? {};
  const late = await lateHours(job);
  if (late.length > 0) {
    add(run, await judgeHours(job, late));
    run.late = late.length;
    version = await saveState(client, state, version);
  }
  while (state.through < closedHour && now() - started < budgetMs) {
    const next = Array.from({ length: Math.min(atOnce, closedHour - state.through) }, (_, at) => state.through + at);
    await countAgain(job, next);
    const judged = await judgeHours(job, next);
    add(run, judged);
    atOnce = Math.max(1, Math.min(AT_ONCE, 4 * atOnce, Math.floor((OBSERVED_AT_ONCE * next.length) / Math.max(1, judged.observed))));
    run.hours += next.length;
    state.through += next.length;
    version = await saveState(client, state, version);
  }
  await forgetOld(job, closedHour);
  return { ...run, behind: closedHour - state.through };
}

/** Begins with what the index has already, of the last eight weeks: that is learned, not told. */
async function firstState(client: OpenSearch, closedHour: number): Promise<State> {
  const from = closedHour - LEARNED_HOURS;
  const earliest = await earliestHour(client, { from: from * HOUR_MS, to: closedHour * HOUR_MS });
  return {
    since: closedHour - 1,
    through: Math.max(from, Math.min(earliest ?? closedHour, closedHour - 1)),
    totals: new Map(),
    days: new Map(),
  };
}

function add(run: { found: number; alerted: number }, { found, alerted }: { readonly found: number; readonly alerted: number }): void {
  run.found += found;
  run.alerted += alerted;
}

interface Job {
  readonly deps: AnomalyDeps;
  readonly state: State;
  readonly baselines: readonly Baseline[];
  readonly store: CachedStore;
  readonly hour: HourDeps;
  readonly principalOf: PrincipalOf;
}

async function createJob(deps: AnomalyDeps, settings: AnomalySettings, state: State): Promise<Job> {
  const { bank, client } = deps;
  const calendar = createCalendar(settings);
  const store = cachedStore(openSearchStore(client));
  const hour: HourDeps = {
    ...{ bank: bank.bank, store, state, calendar, budgetPerDay: settings.budgetPerDay },
    closed: await closedFindings(client),
  };
  const baselines = BASELINES.filter(({ id }) => !settings.without.has(id));
  return { deps, state, baselines, store, hour, principalOf: createPrincipals({ automation: settings.automation, own: ownRoles(bank) }) };
}

function ownRoles({ bank, security_account: account }: BankConfig): string {
  return `arn:aws:iam::${account}:role/strongroom-${bank}-`;
}

const CLOSED_STATES = [3, 4, 5, 6];
const MOST_CLOSED = 1000;

/** @returns ids of anomalies that somebody has dealt with. https://schema.ocsf.io/1.8.0/classes/detection_finding (status_id) */
async function closedFindings(client: OpenSearch): Promise<ReadonlySet<string>> {
  const filter = [{ term: { 'finding_info.types': 'anomaly' } }, { terms: { status_id: CLOSED_STATES } }];
  const answer = await ask(client, '/ocsf-detection_finding-*/_search', {
    method: 'POST',
    query: { ignore_unavailable: 'true', allow_no_indices: 'true' },
    body: { size: MOST_CLOSED, sort: [{ time: 'desc' }], query: { bool: { filter } }, _source: ['finding_info.uid'] },
  });
  const hits = object(object(answer)?.['hits'])?.['hits'];
  const uids = (isArray(hits) ? hits : []).flatMap(
    (hit) => text(object(object(object(hit)?.['_source'])?.['finding_info'])?.['uid']) ?? [],
  );
  return new Set(uids);
}

/** @returns hours of the last day that have other events now than when they were judged, in order. */
async function lateHours(job: Job): Promise<readonly number[]> {
  const { through } = job.state;
  const hours = Array.from({ length: LATE_HOURS }, (_, at) => through - LATE_HOURS + at);
  const changed = await countAgain(job, hours);
  // A day is judged again with its last hour.
  const ends = changed.map((hour) => hour - (hour % 24) + 23).filter((hour) => hour < through);
  return [...new Set([...changed, ...ends])].sort((one, other) => one - other);
}

/** Counts events by hour, of each activity. @returns hours that have other counts than before. */
async function countAgain({ deps, state, baselines }: Job, hours: readonly number[]): Promise<readonly number[]> {
  const [from = 0, to = 0] = [hours[0], hours.at(-1)];
  const changed = new Set<number>();
  const activities = new Map(baselines.map((baseline) => [activityOf(baseline), baseline]));
  for (const [activity, baseline] of activities) {
    const counted = await countTotals(deps.client, baseline, { from: from * HOUR_MS, to: (to + 1) * HOUR_MS });
    const known = state.totals.get(activity) ?? new Map<number, number>();
    state.totals.set(activity, known);
    for (const [hour, total] of counted) {
      if (known.get(hour) === total) continue;
      known.set(hour, total);
      changed.add(hour);
    }
    for (const hour of known.keys()) if (hour < to - MEMORY.hour) known.delete(hour);
  }
  return [...changed].sort((one, other) => one - other);
}

/** Judges hours in their order. @param hours without those between, where they are late. */
async function judgeHours(job: Job, hours: readonly number[]): Promise<{ found: number; alerted: number; observed: number }> {
  const { deps, hour: hourDeps } = job;
  const counted = new Map<Baseline, ReadonlyMap<number, readonly Observation[]>>();
  for (const baseline of job.baselines)
    if (hasEvents(job, baseline, hours)) counted.set(baseline, await countBaseline(job, baseline, hours));
  const sums = { found: 0, alerted: 0, observed: 0 };
  for (const hour of hours) {
    const counts = job.baselines.flatMap((baseline): readonly SlotCounts[] => {
      const slot = slotOf(baseline.grain, hour);
      return slot === undefined ? [] : [{ baseline, slot, observations: counted.get(baseline)?.get(slot) ?? [] }];
    });
    sums.observed += counts.reduce((sum, { observations }) => sum + observations.length, 0);
    const decisions = await judgeHour(counts, hourDeps);
    // What is raised is remembered before: a run that dies in between finds it again, and raises it then.
    if (decisions.length > 0) await job.store.flush();
    for (const decision of decisions) {
      sums.found++;
      sums.alerted += await raise(decision, deps);
    }
  }
  await job.store.flush();
  return sums;
}

/** Of a day, its hours before these are asked for too. */
function hasEvents({ state }: Job, baseline: Baseline, hours: readonly number[]): boolean {
  const known = state.totals.get(activityOf(baseline));
  const before = baseline.grain === 'day' ? LATE_HOURS : 0;
  for (let hour = (hours[0] ?? 0) - before; hour <= (hours.at(-1) ?? 0); hour++) if (known?.has(hour) === true) return true;
  return false;
}

async function countBaseline(
  { deps, principalOf }: Job,
  baseline: Baseline,
  hours: readonly number[],
): Promise<ReadonlyMap<number, readonly Observation[]>> {
  const slots = hours.flatMap((hour) => slotOf(baseline.grain, hour) ?? []);
  const [first, last] = [slots[0], slots.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  return await countSlots(deps.client, baseline, stretchOf(baseline.grain, first, last), principalOf);
}

function stretchOf(grain: Grain, first: number, last: number): Stretch {
  return { from: first * SLOT_MS[grain], to: (last + 1) * SLOT_MS[grain] };
}

/** @returns alerts that went out now: 0 for what was out already. */
async function raise(decision: Decision, deps: AnomalyDeps): Promise<number> {
  const { bank, client, now, log } = deps;
  const { baseline, slot, entity, key } = decision.candidate;
  const events = await examples(client, baseline, stretchOf(baseline.grain, slot, slot), { entity, key });
  const finding = findingOf(decision, bank.bank, events);
  const cloud = object(finding['cloud']);
  const origin = {
    bank: bank.bank,
    account: text(object(cloud?.['account'])?.['uid']) ?? 'unknown',
    region: text(cloud?.['region']) ?? bank.region,
    source: 'strongroom',
    trigger: 'file',
    uri: `opensearch://anomalies/${decision.uid}`,
    time: now(),
  } as const;
  const { alerted } = await raiseAlerts([finding], { origin, evidence: '' }, deps);
  if (alerted > 0) log.info('unusual', { baseline: baseline.id, kind: decision.candidate.kind, finding: decision.uid });
  return alerted;
}

/** Once a day. */
async function forgetOld({ deps, baselines, state }: Job, closedHour: number): Promise<void> {
  if (state.through !== closedHour || closedHour % 24 !== 0) return;
  for (const { id, grain } of baselines)
    await forget(deps.client, id, Math.floor((closedHour * HOUR_MS) / SLOT_MS[grain]) - (FORGOTTEN_DAYS * SLOT_MS.day) / SLOT_MS[grain]);
}

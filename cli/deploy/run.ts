// One wave of banks after the other, until something stands against it: an alarm, or a deployment that fails. Nothing is rolled back here (CodeDeploy and
// CloudFormation do that); the next wave is what is not begun. https://aws.amazon.com/builders-library/automating-safe-hands-off-deployments/
import type { BankConfig } from '../../shared/config.ts';
import { inParallel } from '../../shared/retention/parallel.ts';
import { placeText, type BankTargets, type Target, type Wave } from './waves.ts';

/** How a deployed stack was found. */
export interface Found {
  /** As its output says; of one that was deployed otherwise: undefined. */
  readonly release: string | undefined;
  readonly status: string;
  /** ms */
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface Ringing {
  readonly name: string;
  readonly place: string;
  /** It rings for what is not there: of a new bank nothing is yet. */
  readonly isSilence: boolean;
}

export interface DeployDeps {
  /** @returns undefined where there is no such stack. @throws where somebody else is changing it. */
  look(bank: BankConfig, target: Target): Promise<Found | undefined>;
  /** @throws Error saying why it failed. */
  deploy(bank: BankConfig, target: Target, release: string): Promise<void>;
  /** What comes behind a stack that is up to date, for where it was not reached. */
  finish(bank: BankConfig, target: Target): Promise<void>;
  /** The bank's alarms that ring, in all places that it has stacks in. */
  ringing(bank: BankConfig, targets: readonly Target[]): Promise<readonly Ringing[]>;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Takes one line of progress. */
  say(line: string): void;
}

export interface RunOptions {
  readonly releases: ReadonlyMap<string, string>;
  /** After the last deployment of a wave. */
  readonly watchMs: number;
  /** Names of alarms that may ring. */
  readonly despite: readonly string[];
}

export type Outcome = 'deployed' | 'up to date' | 'failed' | 'not begun';

export interface TargetOutcome extends Target {
  readonly bank: string;
  readonly wave: number;
  readonly outcome: Outcome;
  /** Of a failure. */
  readonly reason?: string;
}

export interface Report {
  readonly outcomes: readonly TargetOutcome[];
  /** undefined: all of it went well. */
  readonly stopped: { readonly wave: number; readonly reason: string } | undefined;
}

/** Banks of one wave at once: each takes a processor for some seconds, then waits. */
const AT_ONCE = 3;
const DAY_MS = 86_400_000;
const POLL_MS = 30_000;

interface WaveRun {
  readonly wave: Wave;
  readonly outcomes: Map<string, TargetOutcome>;
  readonly options: RunOptions;
  readonly deps: DeployDeps;
  /** Banks, by name, whose stacks are younger than a day. */
  readonly young: Set<string>;
  /** Of the last change of a stack of the wave, ms. */
  changedAt: number;
}

/** @returns what became of each target. Never throws for a bank. */
export async function runWaves(waves: readonly Wave[], options: RunOptions, deps: DeployDeps): Promise<Report> {
  const outcomes = new Map<string, TargetOutcome>();
  for (const wave of waves) {
    for (const { bank, targets } of wave.banks)
      for (const target of targets) note(outcomes, { ...target, bank: bank.bank, wave: wave.wave, outcome: 'not begun' });
  }
  for (const wave of waves) {
    const reason = await runWave({ wave, outcomes, options, deps, young: new Set(), changedAt: 0 });
    if (reason !== undefined) return { outcomes: [...outcomes.values()], stopped: { wave: wave.wave, reason } };
  }
  return { outcomes: [...outcomes.values()], stopped: undefined };
}

function note(outcomes: Map<string, TargetOutcome>, outcome: TargetOutcome): void {
  outcomes.set(placeText(outcome.bank, outcome), outcome);
}

/** @returns what stands against going on; undefined: nothing does. */
async function runWave(run: WaveRun): Promise<string | undefined> {
  const { wave, deps } = run;
  deps.say(`wave ${wave.wave}: ${wave.banks.map(({ bank }) => bank.bank).join(', ')}`);
  const found = await lookAt(run);
  if (typeof found === 'string') return found;
  const before = await alarmIn(run);
  if (before !== undefined) return `${before}; nothing of wave ${wave.wave} was deployed`;
  const failed: string[] = [];
  await inParallel(listed(wave.banks), AT_ONCE, async (one) => {
    if (failed.length > 0) return;
    const reason = await deployBank(one, found, run);
    if (reason !== undefined) failed.push(reason);
  });
  return failed.length > 0 ? failed.join('; ') : await watch(run);
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}

/** @returns the stacks of the wave as they are, by place; or why one cannot be looked at. */
async function lookAt({ wave, deps, young }: WaveRun): Promise<ReadonlyMap<string, Found | undefined> | string> {
  const found = new Map<string, Found | undefined>();
  for (const { bank, targets } of wave.banks) {
    for (const target of targets) {
      const place = placeText(bank.bank, target);
      try {
        const one = await deps.look(bank, target);
        found.set(place, one);
        if (one === undefined || one.createdAt > deps.now() - DAY_MS) young.add(bank.bank);
      } catch (error) {
        return `${place}: ${messageOf(error)}`;
      }
    }
  }
  return found;
}

/** One stack after the other: what another one builds on is there before it. @returns why it failed. */
async function deployBank(
  { bank, targets }: BankTargets,
  found: ReadonlyMap<string, Found | undefined>,
  run: WaveRun,
): Promise<string | undefined> {
  const { deps, outcomes, options, wave } = run;
  const release = options.releases.get(bank.bank) ?? '';
  for (const target of targets) {
    const place = placeText(bank.bank, target);
    const [begun, before] = [deps.now(), found.get(place)];
    const isCurrent = before !== undefined && isUpToDate(before, release);
    const entry = { ...target, bank: bank.bank, wave: wave.wave };
    try {
      await (isCurrent ? deps.finish(bank, target) : deps.deploy(bank, target, release));
    } catch (error) {
      const reason = `${place}: ${messageOf(error)}`;
      note(outcomes, { ...entry, outcome: 'failed', reason: messageOf(error) });
      deps.say(`${place}: failed`);
      return reason;
    }
    run.changedAt = Math.max(run.changedAt, isCurrent ? before.changedAt : deps.now());
    note(outcomes, { ...entry, outcome: isCurrent ? 'up to date' : 'deployed' });
    deps.say(`${place}: ${isCurrent ? 'is up to date' : `deployed (${Math.round((deps.now() - begun) / 1000)} s)`}`);
  }
  return undefined;
}

/** @returns whether the stack is of this release, whole. */
export function isUpToDate({ release, status }: Found, wanted: string): boolean {
  return release === wanted && (status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE');
}

/** Looks until the time is over since the last change, so that whoever was interrupted watches for what is left of it. */
async function watch(run: WaveRun): Promise<string | undefined> {
  const { deps, options, wave } = run;
  const until = run.changedAt + options.watchMs;
  if (until > deps.now()) deps.say(`wave ${wave.wave}: watching its alarms until ${new Date(until).toISOString().slice(11, 19)} UTC`);
  for (;;) {
    const reason = await alarmIn(run);
    if (reason !== undefined) return reason;
    const left = until - deps.now();
    if (left <= 0) break;
    await deps.sleep(Math.min(POLL_MS, left));
  }
  deps.say(`wave ${wave.wave}: no alarm`);
  return undefined;
}

/** @returns what rings among the wave's banks. */
async function alarmIn({ wave, deps, options, young }: WaveRun): Promise<string | undefined> {
  for (const { bank, targets } of wave.banks) {
    try {
      const ringing = (await deps.ringing(bank, targets)).filter(
        ({ name, isSilence }) => !options.despite.includes(name) && !(isSilence && young.has(bank.bank)),
      );
      if (ringing.length > 0) return `${bank.bank}: ${ringing.map(({ name, place }) => `alarm ${name} rings in ${place}`).join(', ')}`;
    } catch (error) {
      return `${bank.bank}: its alarms could not be looked at: ${messageOf(error)}`;
    }
  }
  return undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

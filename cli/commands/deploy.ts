// `strongroom deploy`: a release to many banks, one wave after the other. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { readEnvironment, type BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { derive } from '../../stacks/plugins/variables.ts';
import { bankNames, loadBank } from '../bank.ts';
import { accountDeps } from '../deploy/accounts.ts';
import { releases } from '../deploy/release.ts';
import { isUpToDate, runWaves, type DeployDeps, type Report, type RunOptions } from '../deploy/run.ts';
import { DEPLOYED_STACKS, placeText, wavesOf, type DeployedStack, type Selection, type Target, type Wave } from '../deploy/waves.ts';
import { formatErrors } from '../yaml-file.ts';

export interface DeployArguments {
  readonly all?: boolean | undefined;
  readonly stage?: string | undefined;
  readonly bank?: readonly string[] | undefined;
  readonly stack?: readonly string[] | undefined;
  readonly wave?: string | undefined;
  readonly plan?: boolean | undefined;
  readonly watchMinutes: string;
  readonly despite?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

const MINUTE_MS = 60_000;
const SHOWN_DIGITS = 12;

/** Where it runs; left out, on this machine's project with AWS. */
export interface DeploySetting {
  readonly deps?: (say: (line: string) => void) => DeployDeps;
  readonly out?: Writable;
  /** One of the banks' regions. */
  readonly region?: string | undefined;
}

/** @returns the exit code: 1 where it has stopped. @throws MisconfiguredError before anything is deployed, with all that is wrong in any bank's file. */
export async function deployCommand(
  options: DeployArguments,
  { deps: given, out = process.stdout, region }: DeploySetting = {},
): Promise<number> {
  const selection = selectionOf(options, region);
  const watchMs = numberOf('--watch-minutes', options.watchMinutes, 0, 1440) * MINUTE_MS;
  const root = process.cwd();
  if (!existsSync(join(root, 'serverless.yml')))
    throw new MisconfiguredError(`${root} has no serverless.yml: start this in the folder of the project`);
  const waves = wavesOf(allBanks(), selection);
  checkStacks(waves);
  const known = await releases(
    root,
    waves.flatMap(({ banks }) => banks.map(({ bank }) => bank.bank)),
  );
  const progress = options.json === true ? process.stderr : out;
  const say = (line: string): void => void progress.write(`${line}\n`);
  const deps = given?.(say) ?? accountDeps(root, readEnvironment(), say);
  if (options.plan === true) return await plan(waves, { known, deps, json: options.json === true, out });
  const run: RunOptions = { releases: known, watchMs, despite: options.despite ?? [] };
  const report = await runWaves(waves, run, deps);
  out.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.stopped === undefined ? 0 : 1;
}

function selectionOf({ all, stage, bank: names = [], stack = ['security'], wave }: DeployArguments, region: string | undefined): Selection {
  if ((all === true) === names.length > 0) throw new MisconfiguredError('takes either --all with --stage, or --bank');
  if (all === true && stage === undefined)
    throw new MisconfiguredError('--all needs --stage, such as prod: deployment.stage of the banks that are meant');
  if (all !== true && stage !== undefined) throw new MisconfiguredError('--stage belongs to --all');
  const unknown = stack.find((one) => !isStack(one));
  if (unknown !== undefined) throw new MisconfiguredError(`--stack must be ${DEPLOYED_STACKS.join(', ')} (found "${unknown}")`);
  return {
    ...{ stage, names, region },
    stacks: stack.filter(isStack),
    wave: wave === undefined ? undefined : numberOf('--wave', wave, 1, 99),
  };
}

function isStack(candidate: string): candidate is DeployedStack {
  return (DEPLOYED_STACKS as readonly string[]).includes(candidate);
}

function numberOf(option: string, given: string, least: number, most: number): number {
  const found = /^\d{1,6}$/.test(given) ? Number(given) : NaN;
  if (found >= least && found <= most) return found;
  throw new MisconfiguredError(`${option} must be a number from ${least} to ${most} (found "${given}")`);
}

/** @throws MisconfiguredError with every error of every bank's file: who deploys one wave means to deploy the next one too. */
function allBanks(): readonly BankConfig[] {
  const loaded = bankNames().map((name) => {
    const file = join('banks', `${name}.yml`);
    return { file, ...loadBank(file) };
  });
  const wrong = loaded.flatMap(({ file, errors }) => (errors === undefined ? [] : [formatErrors(file, errors)]));
  if (wrong.length > 0) throw new MisconfiguredError(`nothing is deployed: these files are wrong\n${wrong.join('\n')}`);
  return loaded.flatMap(({ bank }) => (bank === undefined ? [] : [bank]));
}

/** What packaging would refuse. @throws MisconfiguredError before the first bank has changed. */
function checkStacks(waves: readonly Wave[]): void {
  const problems = waves.flatMap(({ banks }) =>
    banks.flatMap(({ bank, targets }) =>
      targets.flatMap((target) => {
        try {
          derive(bank, { ...target, opensearchUrl: '', kafkaServers: '', logKey: '' });
          return [];
        } catch (error) {
          return [`${placeText(bank.bank, target)}: ${error instanceof Error ? error.message : String(error)}`];
        }
      }),
    ),
  );
  if (problems.length > 0) throw new MisconfiguredError(`nothing is deployed: these stacks cannot be\n${problems.join('\n')}`);
}

interface Planned {
  readonly known: ReadonlyMap<string, string>;
  readonly deps: DeployDeps;
  readonly json: boolean;
  readonly out: Writable;
}

interface PlannedTarget extends Target {
  readonly wave: number;
  readonly bank: string;
  readonly state: string;
}

/** What would be done, and what stands against it now. @returns the exit code: 1 where something does. */
async function plan(waves: readonly Wave[], { known, deps, json, out }: Planned): Promise<number> {
  const targets: PlannedTarget[] = [];
  const ringing: string[] = [];
  for (const { wave, banks } of waves) {
    for (const { bank, targets: all } of banks) {
      for (const target of all)
        targets.push({ wave, bank: bank.bank, ...target, state: await stateOf(bank, target, known.get(bank.bank) ?? '', deps) });
      ringing.push(...(await deps.ringing(bank, all)).map(({ name, place }) => `alarm ${name} rings in ${place}`));
    }
  }
  const lines = [...targets.map(({ wave, state, ...target }) => `wave ${wave}: ${placeText(target.bank, target)}: ${state}`), ...ringing];
  out.write(json ? `${JSON.stringify({ targets, ringing })}\n` : `${lines.join('\n')}\n`);
  return ringing.length === 0 ? 0 : 1;
}

async function stateOf(bank: BankConfig, target: Target, release: string, deps: DeployDeps): Promise<string> {
  const found = await deps.look(bank, target);
  if (found === undefined) return `new, to ${shown(release)}`;
  if (isUpToDate(found, release)) return 'is up to date';
  return `${shown(found.release)} (${found.status}) to ${shown(release)}`;
}

function shown(release: string | undefined): string {
  return release === undefined || release === 'none' ? 'deployed by itself' : release.slice(0, SHOWN_DIGITS);
}

function reportText({ outcomes, stopped }: Report): string {
  if (stopped === undefined) return `deployed: ${banksOf(outcomes, true)}\n`;
  return [
    `stopped in wave ${stopped.wave}: ${stopped.reason}`,
    `on the new release: ${banksOf(outcomes, true)}`,
    `not, or not whole: ${banksOf(outcomes, false)}`,
    'when the cause is gone, run the same command again: what is up to date is passed over. --despite <alarm> lets an alarm ring, where this release mends its cause.',
    '',
  ].join('\n');
}

/** @returns names of the banks of which all, or not all, is on the new release. */
function banksOf(outcomes: Report['outcomes'], isWhole: boolean): string {
  const behind = new Set(outcomes.flatMap(({ bank, outcome }) => (outcome === 'failed' || outcome === 'not begun' ? [bank] : [])));
  const names = [...new Set(outcomes.map(({ bank }) => bank))].filter((bank) => behind.has(bank) !== isWhole);
  return names.length === 0 ? 'none' : names.join(', ');
}

// `strongroom onboard`: a bank, an account or a region, from the bank's file to logs that arrive: a plan, its application, and probes.
import type { Writable } from 'node:stream';
import { readEnvironment, type BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { costOfPlan, type Cost } from '../../shared/onboard/cost.ts';
import { createSessions, type Sessions } from '../../shared/onboard/sessions.ts';
import { applySteps, planSteps, type StepResult } from '../../shared/onboard/step.ts';
import { stepsFor, type Target } from '../../shared/onboard/steps.ts';
import type { ProbeResult } from '../../shared/onboard/verify.ts';
import { homeOf } from '../../shared/organization/config.ts';
import { alarmResources } from '../../stacks/plugins/alarms.ts';
import { bankNamed } from '../bank.ts';
import { releases } from '../deploy/release.ts';
import { serverlessDeploy } from '../deploy/serverless.ts';
import { costText, probeText, rightsText, stepText, summaryText } from '../onboard-text.ts';
import { verifyTarget } from '../onboard-verify.ts';

export interface OnboardOptions {
  readonly bank: string;
  readonly plan?: boolean | undefined;
  readonly apply?: boolean | undefined;
  readonly verify?: boolean | undefined;
  /** Nobody is asked. */
  readonly yes?: boolean | undefined;
  /** Until a probe has arrived, such as 15m. */
  readonly timeout: string;
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Report {
  readonly steps?: readonly StepResult[];
  readonly cost?: Cost;
  readonly probes?: readonly ProbeResult[];
}

/**
 * Plans where nothing else is asked for; applies, then verifies, what is.
 * @returns the exit code: 1 where a step failed, or a probe did not arrive.
 * @throws MisconfiguredError where the bank's file has no such account or region.
 */
export async function onboardCommand(target: Target, options: OnboardOptions, out: Writable = process.stdout): Promise<number> {
  const bank = bankNamed(options.bank, homeOf(bankNamed(options.bank)));
  if (options.apply === true && options.yes !== true)
    throw new MisconfiguredError('--apply changes the accounts of the bank: look at the plan first, then give --yes as well');
  const sessions = createSessions(bank, readEnvironment());
  const say = (text: string): void => {
    if (options.json !== true) out.write(text);
  };
  try {
    const report = await work({ target, options, bank, sessions, say });
    if (options.json === true) out.write(`${JSON.stringify(report)}\n`);
    return isFine(report) ? 0 : 1;
  } finally {
    sessions.close();
  }
}

interface Work {
  readonly target: Target;
  readonly options: OnboardOptions;
  readonly bank: BankConfig;
  readonly sessions: Sessions;
  readonly say: (text: string) => void;
}

async function work({ target, options, bank, sessions, say }: Work): Promise<Report> {
  const root = process.cwd();
  const steps = stepsFor(target, bank, {
    sessions,
    // As `strongroom deploy` does it.
    deploy: async (deployment, { environment }) => {
      const release = (await releases(root, [bank.bank])).get(bank.bank) ?? '';
      await serverlessDeploy({ ...deployment, root, bank: bank.bank, release, environment });
    },
  });
  const tell = (result: StepResult): void => say(stepText(result));
  const isPlan = options.apply !== true && options.verify !== true;
  if (isPlan || options.plan === true) {
    const planned = await planSteps(steps, tell);
    const cost = costOfPlan(planned, bank, alarmCount);
    say(`\n${rightsText(planned)}\n${costText(cost)}\n${summaryText(planned)}`);
    return { steps: planned, cost };
  }
  const applied = options.apply === true ? await applySteps(steps, tell) : undefined;
  if (applied !== undefined) say(`\n${summaryText(applied)}`);
  if (options.verify !== true || applied?.some(({ state }) => state === 'failed') === true)
    return applied === undefined ? {} : { steps: applied };
  const probes = await verifyTarget(target, bank, { ...options, sessions, tell: (result) => say(probeText(result)) });
  return { ...(applied === undefined ? {} : { steps: applied }), probes };
}

function isFine({ steps = [], probes = [] }: Report): boolean {
  return !steps.some(({ state }) => state === 'failed' || state === 'stopped') && probes.every(({ next }) => next === undefined);
}

function alarmCount(bank: BankConfig, stack: 'security' | 'workload'): number {
  const place = { stack, account: bank.security_account, region: bank.region };
  return Object.values(alarmResources(bank, place)).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length;
}

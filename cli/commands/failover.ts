// `strongroom failover`: one region's intake taken over by another's, and given back.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import type { Writable } from 'node:stream';
import { PublishCommand } from '@aws-sdk/client-sns';
import { readEnvironment, type BankConfig } from '../../shared/config.ts';
import { checkFailover, intakeOf, staying, type Failover } from '../../shared/failover/failover.ts';
import { failoverSteps } from '../../shared/failover/steps.ts';
import { createSessions, type Sessions } from '../../shared/onboard/sessions.ts';
import { applySteps, planSteps, type StepResult, type StepState } from '../../shared/onboard/step.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { callerOf } from '../../shared/seal/access.ts';
import { bankNamed } from '../bank.ts';

export interface FailoverArguments {
  readonly bank: string;
  readonly from: string;
  readonly to: string;
  readonly back?: boolean | undefined;
  readonly plan?: boolean | undefined;
  readonly reason?: string | undefined;
}

const LEFT: ReadonlySet<StepState> = new Set(['failed', 'stopped', 'elsewhere']);

/** @returns the exit code: 1 where something is left. @throws MisconfiguredError where the bank's file or its residency rules are against it. */
export async function failoverCommand(options: FailoverArguments, out: Writable = process.stdout): Promise<number> {
  const bank = bankNamed(options.bank);
  const failover = { from: options.from, to: options.to, back: options.back === true };
  checkFailover(bank, failover);
  const isPlan = options.plan === true;
  const reason = options.reason?.trim() ?? '';
  if (!isPlan && reason === '') throw new MisconfiguredError('--reason must say why: the operations topic is told');
  const sessions = createSessions(bank, readEnvironment());
  try {
    const steps = failoverSteps(bank, failover, sessions);
    const tell = (result: StepResult): void => void out.write(`${line(result)}\n`);
    const results = await (isPlan ? planSteps(steps, tell) : applySteps(steps, tell));
    for (const words of staying(bank, failover)) out.write(`          ${words}\n`);
    const left = results.filter(({ state }) => LEFT.has(state)).length;
    const changed = results.filter(({ state }) => state === 'changed').length;
    if (changed > 0) await announce({ bank, failover, reason, sessions, results }, out);
    out.write(
      `failover: ${isPlan ? `${results.filter(({ state }) => state === 'to do').length} to do` : `${changed} changed`}, ${left} left\n`,
    );
    return left === 0 ? 0 : 1;
  } finally {
    sessions.close();
  }
}

function line({ state, title, found = '', todo, error }: StepResult): string {
  const detail = [found, ...(todo === undefined ? [] : [todo]), ...(error === undefined ? [] : [error])].filter((text) => text !== '');
  return `${state.padEnd(9)} ${title}: ${detail.join(' → ')}`;
}

interface Done {
  readonly bank: BankConfig;
  readonly failover: Failover;
  readonly reason: string;
  readonly sessions: Sessions;
  readonly results: readonly StepResult[];
}

/** Told where it goes: the other region may not be able to. That nobody could be told undoes nothing. */
async function announce({ bank, failover: { from, to, back }, reason, sessions, results }: Done, out: Writable): Promise<void> {
  const receiving = back ? from : to;
  try {
    const { sns, sts } = await sessions.of(bank.security_account, receiving);
    const Subject = `Strongroom ${bank.bank}: intake of ${from} goes to ${receiving}`;
    const lines = [Subject, `By: ${await callerOf(sts)}`, `Reason: ${reason}`, '', ...results.map(line)];
    await sns.send(new PublishCommand({ TopicArn: intakeOf(bank, receiving).operationsTopic, Subject, Message: lines.join('\n') }));
  } catch (error) {
    out.write(
      `          the operations topic in ${receiving} could not be told: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

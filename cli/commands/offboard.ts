// `strongroom offboard`: what collects is taken down; evidence, its keys, its log and its holds stay.
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseDocument, isMap, isSeq } from 'yaml';
import { readEnvironment, type BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { createSessions, type Sessions } from '../../shared/onboard/sessions.ts';
import { applySteps, planSteps, type StepResult } from '../../shared/onboard/step.ts';
import type { Target } from '../../shared/onboard/steps.ts';
import { takedownFor } from '../../shared/onboard/takedown.ts';
import { homeOf } from '../../shared/organization/config.ts';
import { openOnes, readHolds, scopeText } from '../../shared/retention/holds.ts';
import prices from '../../shared/retention/prices.json' with { type: 'json' };
import { callerOf, checkedReason } from '../../shared/seal/access.ts';
import { putStatement, type StatementVault } from '../../shared/seal/statements.ts';
import { isDeadLetters, queuesOf } from '../../shared/status/platform.ts';
import { bankNamed } from '../bank.ts';
import { output, stackOutputs } from '../deployed.ts';
import { rightsText, stepText, summaryText } from '../onboard-text.ts';

export interface OffboardOptions {
  readonly bank: string;
  readonly yes?: boolean | undefined;
  readonly reason?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Prints the plan; with --yes, says in the vault who does it and why, then does it.
 * @returns the exit code: 1 where a step failed. @throws MisconfiguredError where the bank has no such account or region, or no reason is given.
 */
export async function offboardCommand(target: Target, options: OffboardOptions, out: Writable = process.stdout): Promise<number> {
  const bank = bankNamed(options.bank, homeOf(bankNamed(options.bank)));
  const reason = options.yes === true ? checkedReason(options.reason) : undefined;
  const sessions = createSessions(bank, readEnvironment());
  const say = (text: string): void => {
    if (options.json !== true) out.write(text);
  };
  try {
    const steps = takedownFor(target, bank, { sessions, busy: (there) => busyIn(there, sessions) });
    const tell = (result: StepResult): void => say(stepText(result));
    const vault = await vaultOf(target, bank, sessions);
    const statement = reason === undefined || vault === undefined ? undefined : await recorded(vault, target, { bank, reason, sessions });
    if (reason !== undefined && vault !== undefined) say(`recorded in the vault: ${statement ?? ''}\n`);
    const results = reason === undefined ? await planSteps(steps, tell) : await applySteps(steps, tell);
    const remains = [...(await holdsOf(vault)), ...remaining(target, bank)];
    say(
      `\n${reason === undefined ? rightsText(results) : ''}${summaryText(results)}\nWhat stays:\n${remains.map((line) => `  ${line}\n`).join('')}${fileText(target, bank)}`,
    );
    if (options.json === true) out.write(`${JSON.stringify({ steps: results, statement, remains })}\n`);
    return results.some(({ state }) => state === 'failed' || state === 'stopped') ? 1 : 0;
  } finally {
    sessions.close();
  }
}

/** The vault of the region that goes; otherwise the home region's. @returns undefined once its stack is gone: what was said stands in it. */
async function vaultOf(target: Target, bank: BankConfig, sessions: Sessions): Promise<StatementVault | undefined> {
  const { s3, cloudFormation } = await sessions.of(bank.security_account, target.kind === 'region' ? target.region : homeOf(bank));
  try {
    const bucket = output(await stackOutputs(cloudFormation, bank.bank), 'VaultBucket');
    return { s3, bucket, retention: bank.retention };
  } catch (error) {
    if (error instanceof MisconfiguredError) return undefined;
    throw error;
  }
}

interface Recorded {
  readonly bank: BankConfig;
  readonly reason: string;
  readonly sessions: Sessions;
}

async function recorded(vault: StatementVault, target: Target, { bank, reason, sessions }: Recorded): Promise<string> {
  const { sts } = await sessions.of(bank.security_account, homeOf(bank));
  const { key } = await putStatement(vault, 'access', {
    who: await callerOf(sts),
    purpose: 'offboard',
    reason,
    scope: { ...target, bank: bank.bank },
  });
  return key;
}

async function busyIn(bank: BankConfig, sessions: Sessions): Promise<readonly string[]> {
  const { cloudFormation } = await sessions.of(bank.security_account, bank.region);
  const sqs = new SQSClient({ region: bank.region, credentials: cloudFormation.config.credentials, useQueueUrlAsEndpoint: false });
  try {
    const queues = await queuesOf(sqs, `strongroom-${bank.bank}-`);
    return queues.flatMap((queue) =>
      queue.waiting + queue.inHand === 0 ? [] : [`${queue.name} ${queue.waiting + queue.inHand}${isDeadLetters(queue) ? ' dead' : ''}`],
    );
  } finally {
    sqs.destroy();
  }
}

async function holdsOf(vault: StatementVault | undefined): Promise<readonly string[]> {
  if (vault === undefined) return [];
  const open = openOnes(await readHolds(vault));
  return open.map(({ id, scope }) => `legal hold ${id} on ${scopeText(scope)}: nobody lifts it by this`);
}

function remaining(target: Target, bank: BankConfig): readonly string[] {
  const lists: Readonly<Record<string, { readonly storage: { readonly STANDARD: number }; readonly checked: string }>> = prices.regions;
  const list = lists[bank.region] ?? prices.regions['us-east-1'];
  const evidence = `evidence under Object Lock until its retention is over, at ${list.storage.STANDARD} ${prices.currency} a GB and month in STANDARD (${prices.source}, ${list.checked}); npx strongroom cost says more`;
  if (target.kind === 'account')
    return [
      evidence,
      'events of the account in OpenSearch, until their retention is over',
      ...(bank.organization === undefined
        ? []
        : ["the account's unit: while the organization's StackSet targets it, the account gets the stack again; move it out of the unit"]),
    ];
  return [
    evidence,
    'buckets of evidence, period keys, parked and landed records; the table and the bucket of the log; KMS keys, at 1 USD a month each (https://aws.amazon.com/kms/pricing/): without them no evidence is opened or proven',
    ...(target.kind === 'bank'
      ? ["delegated administrators, trusted access, GuardDuty and Security Hub of the organization: they are the bank's, and go on"]
      : []),
  ];
}

/** Which lines of the bank's file an engineer takes out afterwards, in review as everything else. */
function fileText(target: Target, { bank }: BankConfig): string {
  const file = `banks/${bank}.yml`;
  if (target.kind === 'bank') return `Keep ${file}: evidence is verified and opened with it.\n`;
  const [list, name, wanted] =
    target.kind === 'account' ? (['accounts', 'id', target.account] as const) : (['regions', 'region', target.region] as const);
  const content = readFileSync(file, 'utf8');
  const entries = parseDocument(content).get(list);
  const entry = isSeq(entries) ? entries.items.find((item) => isMap(item) && item.get(name) === wanted) : undefined;
  if (!isMap(entry) || entry.range == null) return '';
  const lineOf = (offset: number): number => content.slice(0, offset).split('\n').length;
  const [from, to] = [lineOf(entry.range[0]), lineOf(entry.range[1])];
  const lines = content.split('\n').slice(from - 1, to);
  const after = target.kind === 'account' ? 'security and organization stacks' : 'organization stack';
  return `Then take lines ${from} to ${to} out of ${file}, and deploy the ${after}:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
}

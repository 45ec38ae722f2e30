// `strongroom finding`: what became of what was alerted. A change is asked for; the function alerts carries it out, within a minute, so that the index,
// the copies and those who were alerted hear of it from one place. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
import { setTimeout as sleep } from 'node:timers/promises';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { outcomeOf, requestChange } from '../../shared/alert/changes.ts';
import { readItems } from '../../shared/alert/claims.ts';
import { describe } from '../../shared/alert/description.ts';
import { listOf } from '../../shared/alert/digest.ts';
import { STATUSES, type Episode, type FindingStatus } from '../../shared/alert/episode.ts';
import { CHANGES, findHeld, type FindingChange } from '../../shared/alert/find.ts';
import type { Held, Ledger } from '../../shared/alert/ledger.ts';
import { severityName } from '../../shared/alert/summary.ts';
import { dynamoClient, stsClient } from '../../shared/deps.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { oneLine } from '../../shared/search/row.ts';
import { clock } from '../../shared/search/value.ts';
import { bankNamed } from '../bank.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';
import { TERMINAL, write, type Output } from './search.ts';

const DAY_MS = 86_400_000;
/** The function runs every minute. */
const PATIENCE_MS = 100_000;
const LOOK_MS = 3000;
const SHORTEST = 5;
const LONGEST = 500;

export interface ListOptions {
  readonly bank: string;
  readonly status: string;
  readonly limit: string;
  readonly json?: boolean | undefined;
}

export interface ShowOptions {
  readonly bank: string;
  readonly json?: boolean | undefined;
}

export interface ChangeOptions {
  readonly bank: string;
  readonly reason: string;
  /** `--no-wait` makes it false. */
  readonly wait: boolean;
  readonly days?: string | undefined;
  readonly json?: boolean | undefined;
}

/** @returns the exit code. @throws MisconfiguredError where the bank, its stack or an option is not as it has to be. */
export async function findingList(options: ListOptions, out: Output = TERMINAL): Promise<number> {
  const statuses = statusesOf(options.status);
  const limit = wholeNumber('--limit', options.limit);
  return await withLedger(options.bank, async (ledger) => {
    const lists = await Promise.all(statuses.map((status) => listOf(ledger, status, limit)));
    const found = lists
      .flat()
      .sort((one, other) => other.opened - one.opened)
      .slice(0, limit);
    const lines = found.map((episode) => (options.json === true ? JSON.stringify(summaryOf(episode)) : rowOf(episode)));
    await write(out.out, lines.map((line) => `${line}\n`).join(''));
    if (found.length === 0) out.say(`no finding is ${statuses.join(' or ')}`);
    return 0;
  });
}

/** @returns the exit code: 1 where nothing was alerted under that id. */
export async function findingShow(id: string, options: ShowOptions, out: Output = TERMINAL): Promise<number> {
  return await withLedger(options.bank, async (ledger) => {
    const held = await findHeld(ledger, id);
    if (held === undefined) return unknown(id, out);
    const { episode, snapshot, stored } = held;
    const whole = {
      ...summaryOf({ ...episode, id: stored.id }),
      changed: episode.changed,
      evidence: snapshot.evidence,
      finding: snapshot.finding,
    };
    await write(out.out, options.json === true ? `${JSON.stringify(whole, null, 2)}\n` : `${linesOf(held, options.bank).join('\n')}\n`);
    return 0;
  });
}

/** @returns the exit code: 0 where it is in effect, or asked for with --no-wait; 1 where it is not. */
export async function findingChange(change: FindingChange, id: string, options: ChangeOptions, out: Output = TERMINAL): Promise<number> {
  const reason = checkedReason(options.reason);
  const until = options.days === undefined ? undefined : Date.now() + wholeNumber('--days', options.days) * DAY_MS;
  return await withLedger(options.bank, async (ledger, caller) => {
    const held = await findHeld(ledger, id);
    if (held === undefined) return unknown(id, out);
    const { by, principal } = await caller();
    const status = CHANGES[change];
    const request = { finding: held.stored.id, status, reason, by, principal, at: Date.now(), until };
    const asked = await requestChange(ledger.claims, request);
    const outcome = options.wait ? await outcomeWithin(ledger, asked) : 'asked for';
    const isDone = outcome !== undefined && !outcome.startsWith('refused');
    if (options.json === true)
      await write(out.out, `${JSON.stringify({ finding: held.episode.uid, status, by, reason, request: asked, outcome })}\n`);
    else
      out.say(
        `${oneLine(held.episode.title)}: ${outcome ?? 'not in effect yet, the function alerts has not run: look again with `strongroom finding show`'}`,
      );
    return isDone ? 0 : 1;
  });
}

function unknown(id: string, { say }: Output): number {
  say(
    `nothing was alerted under ${oneLine(id)}, or so long ago that it is forgotten: only findings that were alerted are acknowledged and closed; ` +
      '`strongroom finding list --status all` has them, `strongroom investigate` looks into the index',
  );
  return 1;
}

async function outcomeWithin(ledger: Ledger, request: string): Promise<string | undefined> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const item = await readItems(ledger.claims, [request], Date.now());
    const outcome = outcomeOf(item(request));
    if (outcome !== undefined || Date.now() > end) return outcome;
    await sleep(LOOK_MS);
  }
}

interface Caller {
  readonly by: string;
  /** As IAM's variable aws:userid has it: what a request may be named after. */
  readonly principal: string;
}

async function withLedger<T>(name: string, use: (ledger: Ledger, caller: () => Promise<Caller>) => Promise<T>): Promise<T> {
  const bank = bankNamed(name);
  const environment = bankEnvironment(name);
  const table = output(await deployed(name, environment), 'AlertTable');
  const [dynamo, sts] = [dynamoClient(environment), stsClient(environment)];
  try {
    return await use({ bank, claims: { dynamo, table }, now: Date.now }, async () => {
      const { Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));
      if (Arn === undefined || UserId === undefined) throw new MisconfiguredError('STS does not say who has these credentials');
      return { by: Arn, principal: UserId };
    });
  } finally {
    dynamo.destroy();
    sts.destroy();
  }
}

function statusesOf(given: string): readonly FindingStatus[] {
  if (given === 'all') return STATUSES;
  const found = STATUSES.filter((status) => status === given);
  if (found.length === 0) throw new MisconfiguredError(`--status must be one of ${STATUSES.join(', ')}, all (found "${given}")`);
  return found;
}

function wholeNumber(option: string, given: string): number {
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given);
  throw new MisconfiguredError(`${option} must be a whole number from 1 to 99999 (found "${given}")`);
}

function checkedReason(given: string): string {
  const reason = given.trim();
  if (reason.length >= SHORTEST && reason.length <= LONGEST) return reason;
  throw new MisconfiguredError(`--reason must say why, in ${SHORTEST} to ${LONGEST} characters: it is kept with the finding`);
}

type Listed = Episode & { readonly id: string };

function summaryOf({ id, uid, title, ruleName, rule, account, status, severity, count, first, last, opened, told, isOwn }: Listed): object {
  const key = id.slice(id.indexOf('/') + 1);
  const times = { first: new Date(first).toISOString(), last: new Date(last).toISOString(), alerted: new Date(opened).toISOString() };
  return {
    ...{ id: isOwn ? uid : key, key, uid, status, severity: severityName(severity), title, rule: ruleName, rule_id: rule, account },
    ...{ count, messages: told, ...times },
  };
}

function rowOf({ id, uid, isOwn, title, account, status, severity, count, opened }: Listed): string {
  const name = isOwn ? uid : id.slice(id.indexOf('/') + 1);
  return `${name.padEnd(22)}  ${status.padEnd(12)}  ${severityName(severity).padEnd(13)}  ${clock(opened)}  ${String(count).padStart(6)} × ${oneLine(title)}${account === undefined ? '' : ` - ${account}`}`;
}

function linesOf({ episode, snapshot, stored }: Held, bank: string): readonly string[] {
  const { status, changed, count, first, last, opened, told, owed, windowEnd } = episode;
  const said = describe(snapshot.finding);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['finding', `${episode.uid} (${stored.id.slice(stored.id.indexOf('/') + 1)})`],
    ['status', changed === undefined ? status : `${status} by ${changed.by} at ${clock(changed.at)}: ${changed.reason}`],
    ['until', changed?.until === undefined ? undefined : clock(changed.until)],
    ['severity', severityName(episode.severity)],
    ['rule', said.rule],
    ['what', said.what],
    ['who', said.who],
    ['who else', said.others],
    ['from', said.from],
    ['to', said.to],
    ['where', [said.account, said.region].filter((part) => part !== undefined).join(', ') || undefined],
    ['events', `${count}, ${clock(first)} to ${clock(last)}`],
    ['alerted', `${clock(opened)}, ${told} messages${told === 0 ? ': there were too many in that hour' : ''}`],
    ['window', windowEnd === undefined ? undefined : `until ${clock(windowEnd)}`],
    ['copies owed', owed.length === 0 ? undefined : owed.join(', ')],
    ['evidence', snapshot.evidence === '' ? undefined : `npx strongroom evidence show ${snapshot.evidence} --bank ${bank} --reason <why>`],
    ['to do', said.response],
  ];
  return [said.title, ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(13)}${oneLine(value)}`]))];
}

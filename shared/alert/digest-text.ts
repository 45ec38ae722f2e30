// The weekly digest in words. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import type { BankConfig } from '../config.ts';
import { digest as hashOf } from '../ids.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { clock, line } from './description.ts';
import type { Counted, DigestNumbers, DigestRange } from './digest-numbers.ts';
import { accountName, listed, named, subjectLine, type AlertMessage } from './message.ts';
import { FINDINGS_SOURCE } from './publish.ts';
import { severityName } from './summary.ts';

const MAX_SILENT = 50;

export interface Open {
  readonly uid: string;
  readonly title: string;
  readonly severity: number;
  readonly account: string | undefined;
  /** ms since the epoch. */
  readonly opened: number;
  readonly count: number;
}

export interface Digest {
  readonly range: DigestRange;
  /** undefined where the index could not be asked, with the reason. */
  readonly numbers: DigestNumbers | undefined;
  readonly reason: string | undefined;
  /** Of those that nobody has answered: the worst, and how many there are. */
  readonly open: readonly Open[];
  readonly openCount: number;
  /** Findings that somebody has first answered in the week, and how long that took. */
  readonly answered: number;
  readonly meanAnswerMs: number | undefined;
}

export function digestMessage(bank: BankConfig, digest: Digest): AlertMessage {
  const { range, numbers, openCount } = digest;
  const id = hashOf(16, 'digest', bank.bank, String(range.to));
  const found = numbers === undefined ? 'findings unknown' : `${numbers.findings} findings`;
  const severities = ['informational', 'low', 'medium', 'high', 'critical'];
  return {
    id,
    subject: subjectLine(
      '[DIGEST] ',
      `${bank.bank}: ${found}, ${openCount} not answered, week to ${new Date(range.to).toISOString().slice(0, 10)}`,
    ),
    body: `${wordsOf(bank, digest)}\n\n${JSON.stringify({ alert: id, action: 'digest', bank: bank.bank, ...digest, numbers: shortNumbers(numbers) })}`,
    attributes: {
      action: named('digest'),
      // It is about all of them: whoever is told of some of them gets it.
      severity: listed(severities),
      severity_id: { DataType: 'Number', StringValue: String(SEVERITY.informational) },
      account: listed(bank.accounts.map((account) => account.id)),
      product: named('Strongroom'),
      source: named(FINDINGS_SOURCE),
      rule: named('digest'),
      rule_id: named('digest'),
    },
  };
}

/** Names of products, rules and accounts are whatever stands in the events: SNS takes 256 KiB, and refuses more for ever. */
function shortNumbers(numbers: DigestNumbers | undefined): object | undefined {
  if (numbers === undefined) return undefined;
  const { rules, accounts, silent } = numbers;
  const named = ({ name, findings }: Counted): Counted => ({ name: line(name) ?? '', findings });
  const quiet = silent.slice(0, MAX_SILENT).map(({ product, last }) => ({ product: line(product) ?? '', last }));
  return { ...numbers, rules: rules.map(named), accounts: accounts.map(named), silent: quiet };
}

function wordsOf(bank: BankConfig, { range, numbers, reason, open, openCount, answered, meanAnswerMs }: Digest): string {
  return [
    `Week of ${clock(range.from)} to ${clock(range.to)}, bank ${bank.bank}`,
    '',
    ...(numbers === undefined ? withoutIndex(reason) : foundLines(bank, numbers)),
    '',
    `Not answered: ${openCount}`,
    ...open.map(({ uid, title, severity, account, opened, count }) => {
      const where = account === undefined ? '' : ` - ${accountName(account, bank)}`;
      return `  ${severityName(severity).padEnd(13)} ${clock(opened)}  ${title}${where}${count > 1 ? `, ${count} times` : ''}  (${line(uid) ?? ''})`;
    }),
    ...(openCount > open.length ? [`  and ${openCount - open.length} more: npx strongroom finding list --bank ${bank.bank}`] : []),
    `Answered in this week: ${answered}${meanAnswerMs === undefined ? '' : `, after ${duration(meanAnswerMs)} on average`}`,
    '',
    'The numbers as JSON are the last line.',
  ].join('\n');
}

function withoutIndex(reason: string | undefined): readonly string[] {
  return [
    `OpenSearch could not be asked (${reason ?? 'no reason given'}): how much was found, by which rules, and which sources are silent is not known here.`,
  ];
}

function foundLines(bank: BankConfig, { findings, severities, rules, accounts, silent }: DigestNumbers): readonly string[] {
  const bySeverity = [...severities].sort((one, other) => Number(other.name) - Number(one.name));
  return [
    `Found: ${findings}`,
    ...table(bySeverity.map(({ name, findings: count }) => ({ name: severityName(Number(name)), findings: count }))),
    '',
    'Noisiest rules',
    ...table(rules),
    '',
    'Accounts with most findings',
    ...table(accounts.map(({ name, findings: count }) => ({ name: accountName(name, bank), findings: count }))),
    '',
    silent.length === 0 ? 'Silent sources: none' : 'Silent sources (nothing for a day)',
    ...silent.slice(0, MAX_SILENT).map(({ product, last }) => `  ${line(product) ?? 'without a name'}, last heard of ${clock(last)}`),
    ...(silent.length > MAX_SILENT ? [`  and ${silent.length - MAX_SILENT} more`] : []),
  ];
}

function table(rows: readonly Counted[]): readonly string[] {
  return rows.map(({ name, findings }) => `  ${String(findings).padStart(7)}  ${line(name) ?? 'without a name'}`);
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}

// One message for all that was held back in an hour. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import type { BankConfig, SeverityName } from '../config.ts';
import { digest } from '../ids.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { clock } from './description.ts';
import { accountName, listed, named, subjectLine, type AlertMessage } from './message.ts';
import { FINDINGS_SOURCE } from './publish.ts';
import type { Storm } from './storm.ts';

const HOUR_MS = 3_600_000;
const MAX_RULES = 20;

export function summaryOf(storm: Storm, { bank }: { readonly bank: BankConfig }): AlertMessage {
  const { kind, name, rule, hour, held, severity, accounts } = storm;
  const id = digest(16, 'summary', bank.bank, kind, rule, String(hour), String(held));
  const what = kind === 'rule' ? name : kind === 'critical' ? 'Critical findings' : 'Findings of all rules';
  const level = severityName(severity);
  return {
    id,
    subject: subjectLine(`[${level.toUpperCase()}] Summary: `, `${held} findings held back - ${what}`),
    body: `${wordsOf(storm, what, bank)}\n\n${JSON.stringify({ alert: id, action: 'summary', bank: bank.bank, storm: { ...storm, isTold: undefined } })}`,
    attributes: {
      action: named('summary'),
      severity: named(level),
      severity_id: { DataType: 'Number', StringValue: String(severity) },
      account: accounts.length === 0 ? named('unknown') : listed(accounts),
      product: named('Strongroom'),
      source: named(FINDINGS_SOURCE),
      rule: named(kind === 'rule' ? name : kind),
      rule_id: named(kind === 'rule' ? rule : kind),
    },
  };
}

function wordsOf(storm: Storm, what: string, bank: BankConfig): string {
  const { kind, hour, sent, held, accounts, otherAccounts, first, rules } = storm;
  const until = hour + HOUR_MS;
  const where = `${accounts.length} account${accounts.length === 1 ? '' : 's'}${otherAccounts > 0 ? `, and ${otherAccounts} findings of others or of none` : ''}`;
  const byRule = Object.entries(rules).sort(([, one], [, other]) => other - one);
  return [
    `${what}: ${held} findings, ${where}`,
    '',
    `From ${clock(hour)} to ${clock(until)} ${sent} alerts were sent; these ${held} were more than the bank's file allows in an hour (alerts.storm).`,
    'All of them are indexed. None of them was alerted on its own.',
    '',
    ...(kind === 'rule'
      ? []
      : ['By rule', ...byRule.slice(0, MAX_RULES).map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`), '']),
    first.length < held ? `The first ${first.length}` : 'They are',
    ...first.map(({ uid, title, account }) => `  ${uid}  ${title}${account === undefined ? '' : ` - ${accountName(account, bank)}`}`),
    ...(first.length < held ? [`  and ${held - first.length} more`] : []),
    '',
    'All of them',
    `npx strongroom search 'class_uid:2004${ofRule(storm)}' --from ${iso(hour)} --to ${iso(until)} --bank ${bank.bank}`,
    '(times are those of the events: look further back where they came late)',
    '',
    'What to do',
    'Look at the accounts and actors that most of them have in common: it is one thing that happens many times, or a rule that does not fit. ' +
      "Tune or suppress the rule in the bank's file (detections) if it is the rule.",
    '',
    'The numbers as JSON are the last line.',
  ].join('\n');
}

/** Goes into a command that somebody pastes, between apostrophes: other products choose the names of their rules. */
const PLAIN = /^[\w.:/ &!+()-]{1,200}$/;

function ofRule({ kind, rule }: Storm): string {
  return kind === 'rule' && PLAIN.test(rule) ? ` AND finding_info.analytic.uid:"${rule}"` : '';
}

function iso(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

export function severityName(id: number): SeverityName {
  const names: readonly SeverityName[] = ['informational', 'low', 'medium', 'high', 'critical'];
  return names.find((name) => SEVERITY[name] === Math.min(id, SEVERITY.critical)) ?? 'informational';
}

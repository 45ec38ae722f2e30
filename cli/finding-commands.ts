// `strongroom finding`: its arguments. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { FindingChange } from '../shared/alert/find.ts';
import type { ChangeOptions, ListOptions, ShowOptions } from './commands/finding.ts';

const commands = () => import('./commands/finding.ts');
const BANK_OPTION = ['--bank <name>', 'bank', 'demo'] as const;
const ID = ['<id>', 'as the alert names it'] as const;

const CHANGES: readonly (readonly [FindingChange, string])[] = [
  ['ack', 'somebody is at it: no more messages about it, unless its severity rises'],
  ['close', 'it is dealt with: if it happens again, it is alerted anew'],
  ['reopen', 'it is not dealt with after all'],
  ['suppress', 'no messages about it and what is of its kind, for some days'],
];

/** @param run runs the command and sets the exit code. */
export function addFinding(program: Command, run: (command: () => Promise<number>) => Promise<void>): void {
  const finding = program.command('finding').description('findings that were alerted: what became of them, and what is to become of them');
  finding
    .command('list')
    .description('alerted findings, the latest first')
    .option('--status <status>', 'new, acknowledged, closed, suppressed, or all', 'new')
    .option('--limit <n>', 'findings at most', '50')
    .option('--json', 'one line of JSON per finding')
    .option(...BANK_OPTION)
    .action((options: ListOptions) => run(async () => (await commands()).findingList(options)));
  finding
    .command('show')
    .description('all that is known of a finding, and who has said what of it')
    .argument(...ID)
    .option('--json', 'as JSON')
    .option(...BANK_OPTION)
    .action((id: string, options: ShowOptions) => run(async () => (await commands()).findingShow(id, options)));
  for (const [name, description] of CHANGES) {
    const command = finding
      .command(name)
      .description(description)
      .argument(...ID)
      .requiredOption('--reason <text>', 'why: it is kept with the finding, and with your name')
      .option('--no-wait', 'do not wait until it is in effect')
      .option('--json', 'what became of it, as JSON')
      .option(...BANK_OPTION);
    if (name === 'suppress') command.option('--days <n>', 'for so long', '30');
    command.action((id: string, options: ChangeOptions) => run(async () => (await commands()).findingChange(name, id, options)));
  }
}

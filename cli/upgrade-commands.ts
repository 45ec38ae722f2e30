// `strongroom upgrade`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { ApplyArguments, DomainArguments, PlanArguments, RollbackArguments } from './commands/upgrade.ts';

// Loaded when it is asked for.
const commands = () => import('./commands/upgrade.ts');

const BANK_OPTION = ['--bank <name>', 'bank', 'demo'] as const;
const URL_OPTION = ['--url <address>', 'of OpenSearch, instead of what the deployed stack says'] as const;
const RATE_OPTION = ['--rate <n>', 'documents copied per second at most; otherwise as fast as it goes'] as const;
const ALL_OPTION = ['--all', 'stores in use, too; otherwise they are left until their periods are over'] as const;
const JSON_OPTION = ['--json', 'as one line of JSON'] as const;

/** @param run runs an action and makes its result the exit code. */
export function addUpgrade(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  const upgrade = program
    .command('upgrade')
    .description('index templates and mappings, and OpenSearch itself, to another version without a gap');
  upgrade
    .command('plan')
    .description('which templates and stores are not those of this version, what making them anew takes, and whether there is room')
    .option(...ALL_OPTION)
    .option(...JSON_OPTION)
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((options: PlanArguments) => run(async () => (await commands()).upgradePlan(options)));
  upgrade
    .command('apply')
    .description('put the templates, and copy what was made with others to new stores behind the same periods; interrupted, run it again')
    .option(...ALL_OPTION)
    .option(...RATE_OPTION)
    .option('--finish', 'delete former generations afterwards: there is no way back then')
    .option(...JSON_OPTION)
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((options: ApplyArguments) => run(async () => (await commands()).upgradeApply(options)));
  upgrade
    .command('rollback')
    .description('put former generations behind their periods again, with what was written since')
    .option(...RATE_OPTION)
    .option(...JSON_OPTION)
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((options: RollbackArguments) => run(async () => (await commands()).upgradeRollback(options)));
  upgrade
    .command('domain')
    .description(
      'an Amazon OpenSearch Service domain to another version: checked, snapshot taken, watched; once begun it cannot be stopped',
    )
    .requiredOption('--to <version>', 'such as OpenSearch_3.3')
    .option('--check', 'only check, with the check of the service')
    .option('--domain <name>', 'otherwise that of the stack')
    .option('--repository <name>', "for the snapshot; otherwise the bank's")
    .option(...JSON_OPTION)
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((options: DomainArguments) => run(async () => (await commands()).upgradeDomainCommand(options)));
}

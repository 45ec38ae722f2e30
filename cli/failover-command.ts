// `strongroom failover`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { FailoverArguments } from './commands/failover.ts';

// Loaded when it is asked for.
const commands = () => import('./commands/failover.ts');

/** @param run runs an action and makes its result the exit code. */
export function addFailover(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  program
    .command('failover')
    .description("send what is delivered in one region to another region's intake, and back; run it again where something was left")
    .requiredOption('--from <region>', 'region whose intake is out')
    .requiredOption('--to <region>', "region that takes it over (takes_over in the bank's file)")
    .option('--back', 'the first region takes its own again')
    .option('--plan', 'only say what would be done')
    .option('--reason <text>', 'why: the operations topic is told')
    .option('--bank <name>', 'bank', 'demo')
    .action((options: FailoverArguments) => run(async () => (await commands()).failoverCommand(options)));
}

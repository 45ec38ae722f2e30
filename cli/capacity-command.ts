// `strongroom capacity`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { CapacityOptions } from './commands/capacity.ts';

/** @param run runs an action and makes its result the exit code. */
export function addCapacity(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  program
    .command('capacity')
    .description('what the indices weigh, when the disks are full, and what is needed when the bank grows')
    .option('--bank <name>', 'bank', 'demo')
    .option('--url <address>', 'of OpenSearch, instead of what the deployed stack says')
    .option('--json', 'as one line of JSON')
    .action((options: CapacityOptions) => run(async () => (await import('./commands/capacity.ts')).capacityCommand(options)));
}

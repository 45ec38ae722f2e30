// `strongroom search` and `strongroom investigate`: their arguments. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { InvestigateOptions } from './commands/investigate.ts';
import type { SearchOptions } from './commands/search.ts';

const BANK_OPTION = ['--bank <name>', 'bank', 'demo'] as const;
const URL_OPTION = ['--url <address>', 'of OpenSearch, instead of what the deployed stack says'] as const;

/** @param run runs the command and sets the exit code. */
export function addSearchCommands(program: Command, run: (command: () => Promise<number>) => Promise<void>): void {
  program
    .command('search')
    .description('events of the index, newest first: Lucene query string syntax, over all classes')
    .argument('<query>', "for example 'actor.user.name:root AND api.operation:ConsoleLogin'; '*' for all")
    .option('--last <time>', 'of the last 15m, 24h, 7d (default: 24h)')
    .option('--from <time>', 'events at or after it: 2026-11-21T09:30:00Z, or a day (UTC)')
    .option('--to <time>', 'events before it')
    .option('--limit <n>', 'events at most (default: 100 in a table, all as JSON)')
    .option('--json', 'one event per line, complete; the default where the output is no terminal')
    .option('--table', 'one line per event; the default on a terminal')
    .option('--count', 'only how many')
    .option('--leading-wildcards', 'take values that begin with * or ?, slow as they are')
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((query: string, options: SearchOptions) =>
      run(async () => (await import('./commands/search.ts')).searchCommand(query, options)),
    );
  program
    .command('investigate')
    .description('a finding and what its actor, addresses and resources did around it, with the evidence')
    .argument('<finding-id>', 'as an alert, a search or the product names it')
    .option('--window <time>', 'before the first and after the last of it: 30m, 2h, 1d (default: 2h)')
    .option('--limit <n>', 'events at most of each actor, address and resource, the nearest in time (default: 200)')
    .option('--json', 'one document of JSON')
    .option(...URL_OPTION)
    .option(...BANK_OPTION)
    .action((id: string, options: InvestigateOptions) =>
      run(async () => (await import('./commands/investigate.ts')).investigateCommand(id, options)),
    );
}

// `strongroom hunt`: its arguments. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { HuntOptions } from './commands/hunt.ts';

/** @param run runs the command and sets the exit code. */
export function addHunt(program: Command, run: (command: () => Promise<number>) => Promise<void>): void {
  program
    .command('hunt')
    .description('would these rules have fired? Sigma rules and correlations over the index, or over sealed evidence')
    .requiredOption('--rule <file>', 'Sigma rules and correlations, as YAML; a correlation with the rules that it builds on')
    .option('--last <time>', 'of the last 15m, 24h, 7d (default: 24h)')
    .option('--from <time>', 'events at or after it: 2026-11-21T09:30:00Z, or a day (UTC)')
    .option('--to <time>', 'events before it (default: now)')
    .option(
      '--by <path>',
      'count by this attribute instead of what the rule is grouped by, such as src_endpoint.ip; may be repeated',
      collected,
    )
    .option('--limit <n>', 'entities and samples shown of each rule (default: 10)')
    .option('--json', 'one document of JSON')
    .option('--vault', 'open sealed evidence, for times that the index no longer has')
    .option('--reason <text>', 'with --vault, why: recorded in the vault before anything is opened')
    .option('--url <address>', 'of OpenSearch, instead of what the deployed stack says')
    .option('--bank <name>', 'bank', 'demo')
    .action((options: HuntOptions) => run(async () => (await import('./commands/hunt.ts')).huntCommand(options)));
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

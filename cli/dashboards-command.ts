// `strongroom dashboards`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { ExportOptions, ImportOptions } from './commands/dashboards.ts';

// Loaded when it is asked for.
const commands = () => import('./commands/dashboards.ts');

/** @param run runs an action and makes its result the exit code. */
export function addDashboards(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  const dashboards = program.command('dashboards').description("the analysts' dashboards, for OpenSearch Dashboards from 2.19 on");
  dashboards
    .command('export')
    .description('write them as NDJSON, to be imported by hand (Management, Saved objects, Import)')
    .option('--out <file>', 'otherwise to standard output')
    .action((options: ExportOptions) => run(async () => (await commands()).dashboardsExport(options)));
  dashboards
    .command('import')
    .description(
      'bring them to a running Dashboards, or up to date there; what is not ours is left, what was changed is kept under another id',
    )
    .option('--url <url>', "http://localhost:5601 or https://<domain>/_dashboards; otherwise that of the bank's domain")
    .option('--bank <name>', 'bank', 'demo')
    .option('--tenant <name>', "tenant of Dashboards' security plugin, where it is there", 'global')
    .option('--dry-run', 'say what would be done and do nothing')
    .option('--json', 'as one line of JSON')
    .action((options: ImportOptions) => run(async () => (await commands()).dashboardsImport(options)));
}

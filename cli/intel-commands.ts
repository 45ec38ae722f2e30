// `strongroom intel`: its arguments. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { IntelImportOptions, IntelOptions } from './commands/intel.ts';

const BANK_OPTION = ['--bank <name>', 'bank', 'demo'] as const;

/** @param run runs the command and sets the exit code. */
export function addIntel(program: Command, run: (command: () => Promise<number>) => Promise<void>): void {
  const intel = program.command('intel').description('threat intelligence: what the feeds list, and how they do');
  intel
    .command('list')
    .description('the feeds: when each was last read, what it has, why it failed')
    .option('--json', 'one line of JSON per feed')
    .option(...BANK_OPTION)
    .action((options: IntelOptions) => run(async () => (await commands()).intelList(options)));
  intel
    .command('check')
    .description('what the index in use knows of addresses, networks, names, URLs, hashes, mail addresses, wallets, CVEs')
    .argument('<value...>', 'as written, defanged too: 198.51.100.7, bad[.]example')
    .option('--json', 'one line of JSON per indicator')
    .option(...BANK_OPTION)
    .action((values: readonly string[], options: IntelOptions) => run(async () => (await commands()).intelCheck(values, options)));
  intel
    .command('fetch')
    .description('read feeds now, due or not, and make the index')
    .argument('[feed...]', 'names of feeds; left out: those that are due')
    .option('--json', 'what was done, as JSON')
    .option(...BANK_OPTION)
    .action((feeds: readonly string[], options: IntelOptions) => run(async () => (await commands()).intelFetch(feeds, options)));
  intel
    .command('import')
    .description('a file in the place of what a feed without url had until now')
    .argument('<file>', 'in the format of the feed; gzip or not')
    .requiredOption('--feed <name>', "feed of the bank's file that has no url")
    .option('--dry-run', 'only say what is in the file')
    .option(...BANK_OPTION)
    .action((file: string, options: IntelImportOptions) => run(async () => (await commands()).intelImport(file, options)));
}

function commands(): Promise<typeof import('./commands/intel.ts')> {
  return import('./commands/intel.ts');
}

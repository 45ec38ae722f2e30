// The `strongroom` command. https://github.com/tj/commander.js
import { existsSync } from 'node:fs';
import { Command } from 'commander';

const USAGE = 2;

// Each command loads what it needs: `normalize` starts without the AWS SDK.
const check = () => import('./commands/check.ts');
const evidenceCommands = () => import('./commands/evidence.ts');
const parkedCommands = () => import('./commands/parked.ts');

const program = new Command('strongroom').description('The security log platform of one bank: what an operator and an auditor need of it.');
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE)).showHelpAfterError();

program
  .command('check')
  .description('validate bank files')
  .argument('[files...]', 'bank files', ['banks/demo.yml'])
  .action((files: string[]) => run(async () => (await check()).checkCommand(files)));

program
  .command('normalize')
  .description('decode, parse and map local log files (plain, gzip, zstd) to OCSF 1.8.0 as NDJSON on standard output; needs no server')
  .argument('<files...>', 'log files, - for standard input')
  .option('--source <name>', 'name of the format; otherwise it is told by the contents')
  .option('--parked <file>', 'write the records that could not be read there, with the reason')
  .option('--json', 'print the summary (standard error) as one line of JSON')
  .option('--full', 'with captions and observables, for other tools')
  .option('--bank <file>', 'apply the exclusions and redactions of this bank; without it events are printed unredacted')
  .action((files: string[], options: { source?: string; parked?: string; json?: boolean; full?: boolean; bank?: string }) =>
    run(() => normalize(files, options)),
  );

const evidence = program.command('evidence').description('the sealed bytes, as they were delivered');
evidence
  .command('show')
  .description('open a sealed object, verify it and print the original bytes')
  .argument('<key>', 'key in the vault')
  .option('--bank <name>', 'bank whose stack is asked for vault and key', 'demo')
  .option('--version <id>', 'a version of the object other than the latest: one that a delete marker hides, for example')
  .option('--json', 'print what was sealed with it (origin, hashes, counts) instead of the bytes')
  .action((key: string, options: { bank: string; version?: string; json?: boolean }) =>
    run(async () => (await evidenceCommands()).evidenceShow(key, options)),
  );

const parked = program.command('parked').description('records that could not be processed: nothing is dropped');
parked
  .command('list')
  .option('--bank <name>', 'bank', 'demo')
  .option('--stage <stage>', 'only of this stage: decode, parse, map, index, detect')
  .option('--source <name>', 'only of this source')
  .option('--json', 'one line of JSON per parked object')
  .action((options: { bank: string; stage?: string; source?: string; json?: boolean }) =>
    run(async () => (await parkedCommands()).parkedList(options)),
  );
parked
  .command('show')
  .argument('<key>', 'key of a parked object, from list')
  .option('--bank <name>', 'bank', 'demo')
  .action((key: string, options: { bank: string }) => run(async () => (await parkedCommands()).parkedShow(key, options)));
parked
  .command('redrive')
  .description('process parked records again with the present version; what succeeds leaves the list')
  .argument('[key]', 'key of a parked object')
  .option('--all', 'all that are parked')
  .option('--bank <name>', 'bank', 'demo')
  .action((key: string | undefined, options: { bank: string; all?: boolean }) =>
    run(async () => (await parkedCommands()).parkedRedrive(key, options)),
  );

async function normalize(
  files: readonly string[],
  options: { source?: string; parked?: string; json?: boolean; full?: boolean; bank?: string },
): Promise<number> {
  const { bank: file, ...rest } = options;
  const { normalizeCommand } = await import('./commands/normalize.ts');
  if (file === undefined) return await normalizeCommand(files, rest);
  // Says what is wrong with it; what is right with it is of no interest here.
  const bank = existsSync(file) ? (await import('./bank.ts')).loadBank(file).bank : undefined;
  if (bank !== undefined) return await normalizeCommand(files, { ...rest, bank });
  await (await check()).checkCommand([file]);
  return USAGE;
}

async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    process.stderr.write(`strongroom: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

// A reader that has seen enough (head, less) closes the pipe: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

await program.parseAsync();

// The `strongroom` command. https://github.com/tj/commander.js
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
  .description("validate banks' files, and the sources that they declare")
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
  .option('--bank <file>', 'apply the exclusions, redactions and own sources of this bank; without it events are printed unredacted')
  .option('--mapping <file>', 'try out a source described in YAML (banks/<bank>/sources/*.yml)')
  .action((files: string[], options: NormalizeArguments) => run(() => normalize(files, options)));

program
  .command('sources')
  .description('the sources of logs that are known: class, trigger, how each is delivered')
  .option('--json', 'as JSON')
  .option('--bank <file>', "with the bank's own")
  .action((options: { json?: boolean; bank?: string }) => run(async () => (await import('./commands/sources.ts')).sourcesCommand(options)));

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

interface NormalizeArguments {
  readonly source?: string;
  readonly parked?: string;
  readonly json?: boolean;
  readonly full?: boolean;
  readonly bank?: string;
  readonly mapping?: string;
}

async function normalize(files: readonly string[], options: NormalizeArguments): Promise<number> {
  const { bank: bankFile, mapping: mappingFile, ...rest } = options;
  const bank = bankFile === undefined ? undefined : (await import('./commands/check.ts')).checkedBank(bankFile);
  const mapping = mappingFile === undefined ? undefined : (await import('./commands/check.ts')).checkedSource(mappingFile);
  if (bank === null || mapping === null) return USAGE;
  const { normalizeCommand } = await import('./commands/normalize.ts');
  return await normalizeCommand(files, { ...rest, bank, mapping });
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

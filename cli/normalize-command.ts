// `strongroom normalize`: its options. https://github.com/tj/commander.js
import type { Command } from 'commander';

type Run = (command: () => Promise<number>) => Promise<void>;

const USAGE = 2;

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

export function addNormalize(program: Command, run: Run): void {
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
}

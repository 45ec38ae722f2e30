// `strongroom detect`: its arguments. https://github.com/tj/commander.js
import type { Command } from 'commander';

const USAGE = 2;

interface Arguments {
  readonly rules?: readonly string[];
  readonly json?: boolean;
  readonly source?: string;
  readonly list?: readonly string[];
  readonly bank?: string;
}

/** @param run runs the command and sets the exit code. */
export function addDetect(program: Command, run: (command: () => Promise<number>) => Promise<void>): void {
  program
    .command('detect')
    .description('Sigma rules over local log files (plain, gzip, zstd, as delivered); needs no server')
    .argument('<files...>', 'log files, - for standard input')
    .option(
      '--rules <path>',
      'folder or file of Sigma rules; may be repeated (default: the rules that ship, as --bank has them)',
      collected,
    )
    .option('--source <name>', 'name of the format; otherwise it is told by the contents')
    .option('--json', 'one line per rule: {"id","title","matches"}, rules without matches too')
    .option('--list <name=value,…>', 'what a placeholder %name% of the rules stands for; may be repeated', collected)
    .option('--bank <file>', "apply this bank's file: own rules, disabled and tuned ones, lists, exclusions, redactions, own sources")
    .addHelpText(
      'after',
      `
A rule is run on the logs that its logsource names; --source says what the files are, no more. Correlations are rules too: their matches
are how often they fired. What a bank suppresses is found all the same.
Rules that cannot be used, rules for logs that are none of ours and records that cannot be read are told on standard error.
Exit code: 0, also where some rules or records could not be used; 2 usage, or no rule that can be used; 3 no file was recognised.`,
    )
    .action((files: string[], options: Arguments) => run(() => detect(files, options)));
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

async function detect(files: readonly string[], { bank: file, ...rest }: Arguments): Promise<number> {
  const bank = file === undefined ? undefined : (await import('./commands/check.ts')).checkedBank(file);
  if (bank === null) return USAGE;
  return await (await import('./commands/detect.ts')).detectCommand(files, { ...rest, bank });
}

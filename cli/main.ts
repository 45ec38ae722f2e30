// The `strongroom` command. https://github.com/tj/commander.js
import { Command } from 'commander';
import type { CheckpointOptions } from './commands/checkpoint.ts';
import type { ExportArguments } from './commands/export.ts';
import type { CostOptions } from './commands/cost.ts';
import type { ErasePlanOptions, EraseReasons } from './commands/erase.ts';
import type { HoldSetOptions } from './commands/hold.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { VerifyArguments } from './commands/verify.ts';
import { addCapacity } from './capacity-command.ts';
import { addDeploy } from './deploy-command.ts';
import { addDetect } from './detect-commands.ts';
import { addDrills } from './drill-commands.ts';
import { addNormalize } from './normalize-command.ts';
import { addOnboarding } from './onboard-commands.ts';
import { addUpgrade } from './upgrade-commands.ts';
import { addSearchCommands } from './search-commands.ts';
import { addFailover } from './failover-command.ts';
import { addFinding } from './finding-commands.ts';
import { addHunt } from './hunt-commands.ts';
import { addIntel } from './intel-commands.ts';
import { addDashboards } from './dashboards-command.ts';

const USAGE = 2;

// Each command loads what it needs: `normalize` starts without the AWS SDK.
const check = () => import('./commands/check.ts');
const evidenceCommands = () => import('./commands/evidence.ts');
const holdCommands = () => import('./commands/hold.ts');
const eraseCommands = () => import('./commands/erase.ts');
const parkedCommands = () => import('./commands/parked.ts');

const program = new Command('strongroom').description('The security log platform of one bank: what an operator and an auditor need of it.');
program.option('--region <region>', "one of the bank's regions; left out, its home").hook('preAction', async () => {
  const { region } = program.opts<{ region?: string }>();
  if (region !== undefined) (await import('./bank.ts')).chooseRegion(region);
});
program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE)).showHelpAfterError();

program
  .command('check')
  .description("validate banks' files, and the sources that they declare")
  .argument('[files...]', 'bank files', ['banks/demo.yml'])
  .action((files: string[]) => run(async () => (await check()).checkCommand(files)));

addNormalize(program, run);

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
  .requiredOption('--reason <text>', 'why: recorded in the vault before anything is opened')
  .option('--bank <name>', 'bank', 'demo')
  .option('--version <id>', 'a version of the object other than the latest: one that a delete marker hides, for example')
  .option('--json', 'print what was sealed with it (origin, hashes, counts) instead of the bytes')
  .action((key: string, options: { bank: string; reason: string; version?: string; json?: boolean }) =>
    run(async () => (await evidenceCommands()).evidenceShow(key, options)),
  );
evidence
  .command('export')
  .description('write evidence, its proofs and the keys that open it to a directory, which verifies on a machine without AWS')
  .requiredOption('--out <directory>', 'a new directory')
  .requiredOption('--reason <text>', 'why: recorded in the vault before anything is opened')
  .option('--from <day>', 'first day of delivery, UTC')
  .option('--to <day>', 'last day of delivery, UTC')
  .option('--source <name>', 'only of this source')
  .option('--account <id>', 'only of this account')
  .option('--key <key>', 'one object instead')
  .option('--trust <file>', 'whose signatures count, as a C2SP tlog-policy; otherwise the keys beside the log, which prove little')
  .option('--bank <name>', 'bank', 'demo')
  .option('--concurrency <n>', 'objects read at once')
  .option('--json', 'what was found and exported, as JSON')
  .action((options: ExportArguments) => run(async () => (await import('./commands/export.ts')).exportCommand(options)));
evidence
  .command('checkpoint')
  .description('sign the log of all evidence now, with all that was sealed until now')
  .option('--bank <name>', 'bank', 'demo')
  .option('--rebuild-index', "first make the log's table again out of the log, where it was lost")
  .option('--json', 'print the checkpoint as JSON')
  .action((options: CheckpointOptions) => run(async () => (await import('./commands/checkpoint.ts')).evidenceCheckpoint(options)));

const hold = program.command('hold').description('legal holds: what they cover is neither deleted nor erased, however old it is');
const BANK_OPTION = ['--bank <name>', 'bank', 'demo'] as const;
hold
  .command('set')
  .description('hold evidence: what is there, and what arrives')
  .requiredOption('--source <name>', 'source, * for all')
  .option('--account <id>', 'only of this account')
  .requiredOption('--from <day>', 'first day of delivery, UTC')
  .requiredOption('--to <day>', 'last day of delivery, UTC; may lie ahead')
  .requiredOption('--reason <text>', 'why: recorded in the vault')
  .option('--no-wait', 'leave what arrives in the next two minutes to `hold apply`')
  .option(...BANK_OPTION)
  .action((options: HoldSetOptions) => run(async () => (await holdCommands()).holdSet(options)));
hold
  .command('list')
  .option(...BANK_OPTION)
  .option('--json', 'one line of JSON per hold')
  .action((options: { bank: string; json?: boolean }) => run(async () => (await holdCommands()).holdList(options)));
hold
  .command('apply')
  .description('put an open hold on what it covers once more, after an interruption')
  .argument('<id>', 'id of a hold, from list')
  .option(...BANK_OPTION)
  .action((id: string, options: { bank: string }) => run(async () => (await holdCommands()).holdApply(id, options)));
hold
  .command('lift')
  .description('lift a hold; what another one covers stays held')
  .argument('<id>', 'id of a hold, from list')
  .requiredOption('--reason <text>', 'why: recorded in the vault')
  .option('--no-wait', 'do not look again at what arrives in the next two minutes')
  .option(...BANK_OPTION)
  .action((id: string, options: { bank: string; reason: string; wait: boolean }) =>
    run(async () => (await holdCommands()).holdLift(id, options)),
  );

const erase = program
  .command('erase')
  .description('destroy the key of a class and month: what was sealed under it can never be read again');
erase
  .command('plan')
  .description('what would be erased, and what stands against it')
  .requiredOption('--class <name>', 'retention class')
  .requiredOption('--period <YYYY-MM>', 'month of delivery')
  .option('--before-retention', 'as if retention did not matter')
  .option(...BANK_OPTION)
  .option('--json', 'as one line of JSON')
  .action((options: ErasePlanOptions) => run(async () => (await eraseCommands()).erasePlan(options)));
erase
  .command('apply')
  .requiredOption('--class <name>', 'retention class')
  .requiredOption('--period <YYYY-MM>', 'month of delivery')
  .requiredOption('--reason <text>', 'why: recorded in the vault')
  .requiredOption('--legal-basis <text>', 'law, order or decision that asks for it')
  .option('--confirm <class/period>', 'what is to be erased, once more')
  .option('--before-retention', 'although the time that it is to be kept is not over')
  .option(...BANK_OPTION)
  .action((options: ErasePlanOptions & EraseReasons) => run(async () => (await eraseCommands()).eraseApply(options)));
erase
  .command('pseudonyms')
  .description('destroy the key of all pseudonyms so far; new ones are made with another')
  .requiredOption('--reason <text>', 'why: recorded in the vault')
  .requiredOption('--legal-basis <text>', 'law, order or decision that asks for it')
  .option('--confirm <pseudonyms/generation>', 'what is to be erased, once more')
  .option(...BANK_OPTION)
  .action((options: { bank: string } & EraseReasons) => run(async () => (await eraseCommands()).erasePseudonyms(options)));

program
  .command('cost')
  .description("what the vault will cost to keep, as the bank's file has it")
  .option(...BANK_OPTION)
  .requiredOption('--gb-per-day <GB>', 'what is delivered a day, as it is delivered (compressed)')
  .option('--class <name=GB>', 'of which so much in another class than the standard one; may be repeated', collected)
  .option('--object-kb <KB>', 'size of an object on average', '256')
  .option('--years <N>', 'years', '10')
  .option('--json', 'as one line of JSON')
  .action((options: CostOptions) => run(async () => Promise.resolve((await import('./commands/cost.ts')).costCommand(options))));

addDashboards(program, run);

addDeploy(program, run);

addCapacity(program, run);

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
  .requiredOption('--reason <text>', 'why: recorded in the vault before evidence is opened')
  .option('--all', 'all that are parked')
  .option('--bank <name>', 'bank', 'demo')
  .action((key: string | undefined, options: { bank: string; reason: string; all?: boolean }) =>
    run(async () => (await parkedCommands()).parkedRedrive(key, options)),
  );

program
  .command('replay')
  .description(
    'history out of the vault through the mappers and rules of today; objects are replayed whole, and what is indexed stays as it is',
  )
  .option('--bank <name>', 'bank', 'demo')
  .option('--source <name>', 'of this source, or "all"')
  .option('--from <time>', 'events at or after it: 2026-11-21T09:30:00Z, or a day')
  .option('--to <time|target>', 'given twice: events before this time; and where to: hub (default), detect, index:replay-<name>', collected)
  .option('--account <id>', 'only of this account; may be given several times', collected)
  .option('--rate <n>', 'records per second at most (default: 5000)')
  .option('--alerts', 'alert what is found and was not alerted before; otherwise findings are indexed only')
  .option('--dry-run', 'print the plan and do nothing')
  .option('--reason <text>', 'why: recorded in the vault before anything is opened')
  .option('--resume <id>', 'do what is not done of an earlier replay')
  .option('--local', 'in this process, not by the function')
  .option('--json', 'as JSON')
  .action((options: ReplayOptions) => run(async () => (await import('./commands/replay.ts')).replayCommand(options)));

program
  .command('verify')
  .description('the vault against its log: every object, proof, signature and lock, and what should have been delivered and was not')
  .option('--bank <name>', 'bank', 'demo')
  .option('--reason <text>', 'why: recorded in the vault before anything is opened (needed but for --offline)')
  .option('--from <day>', 'first day of delivery, UTC; left out: from the beginning')
  .option('--to <day>', 'last day of delivery, UTC; left out: until today')
  .option('--source <name>', 'only of this source')
  .option('--account <id>', 'only of this account')
  .option('--key <key>', 'one object instead')
  .option('--trust <file>', 'whose signatures count, as a C2SP tlog-policy; otherwise the keys beside the log, which prove little')
  .option('--checkpoint <file>', 'a checkpoint kept elsewhere, which the log must still contain; may be given several times', collected)
  .option('--resume <file>', 'keeps the position there, and goes on from it')
  .option('--concurrency <n>', 'objects read at once')
  .option('--offline <directory>', 'an exported directory, without AWS')
  .option('--json', 'one document of JSON')
  .action((options: VerifyArguments) => run(async () => (await import('./commands/verify.ts')).verifyCommand(options)));

addSearchCommands(program, run);

addFailover(program, run);

addOnboarding(program, run);

addFinding(program, run);

addIntel(program, run);

for (const add of [addDetect, addHunt, addUpgrade, addDrills]) add(program, run);

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
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

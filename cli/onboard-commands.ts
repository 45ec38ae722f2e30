// `strongroom onboard`, `strongroom offboard` and `strongroom status`, as the command line has them. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { Target } from '../shared/onboard/steps.ts';
import type { OffboardOptions } from './commands/offboard.ts';
import type { OnboardOptions } from './commands/onboard.ts';
import type { StatusOptions } from './commands/status.ts';

type Run = (action: () => Promise<number>) => Promise<void>;

const BANK = ['--bank <name>', 'bank', 'demo'] as const;
const JSON_OPTION = ['--json', 'as one line of JSON'] as const;

/** @param run runs an action and makes its result the exit code. */
export function addOnboarding(program: Command, run: Run): void {
  const onboard = program.command('onboard').description("from the bank's file to logs that arrive; what is done already is left alone");
  const act = (target: Target, options: OnboardOptions): Promise<void> =>
    run(async () => (await import('./commands/onboard.ts')).onboardCommand(target, options));
  onboardOptions(onboard.command('bank').description('the organization, all regions, all accounts')).action((options: OnboardOptions) =>
    act({ kind: 'bank' }, options),
  );
  onboardOptions(onboard.command('account').description('an account that was entered in the file').argument('<id>', '12 digits')).action(
    (account: string, options: OnboardOptions) => act({ kind: 'account', account }, options),
  );
  onboardOptions(
    onboard.command('region').description('a region that was entered in the file').argument('<region>', 'such as eu-west-1'),
  ).action((region: string, options: OnboardOptions) => act({ kind: 'region', region }, options));
  addOffboarding(program, run);
  addStatus(program, run);
}

function onboardOptions(command: Command): Command {
  return command
    .option(...BANK)
    .option('--plan', 'print what would change, what it costs and which rights it needs; this is what happens where nothing else is said')
    .option('--apply', 'do it')
    .option('--verify', 'deliver probes of each source, and wait until they are sealed and can be searched')
    .option('--yes', 'with --apply: I have seen the plan')
    .option('--timeout <time>', 'how long a probe may take', '15m')
    .option('--url <address>', 'of OpenSearch, instead of what the deployed stack says')
    .option(...JSON_OPTION);
}

function addOffboarding(program: Command, run: Run): void {
  const offboard = program.command('offboard').description('take down what collects; evidence, its keys and its log stay');
  const act = (target: Target, options: OffboardOptions): Promise<void> =>
    run(async () => (await import('./commands/offboard.ts')).offboardCommand(target, options));
  offboardOptions(offboard.command('bank')).action((options: OffboardOptions) => act({ kind: 'bank' }, options));
  offboardOptions(offboard.command('account').argument('<id>', '12 digits')).action((account: string, options: OffboardOptions) =>
    act({ kind: 'account', account }, options),
  );
  offboardOptions(offboard.command('region').argument('<region>', 'such as eu-west-1')).action((region: string, options: OffboardOptions) =>
    act({ kind: 'region', region }, options),
  );
}

function offboardOptions(command: Command): Command {
  return command
    .option(...BANK)
    .option('--yes', 'do it; otherwise the plan is printed')
    .option('--reason <text>', 'why: recorded in the vault before anything is taken down')
    .option(...JSON_OPTION);
}

function addStatus(program: Command, run: Run): void {
  program
    .command('status')
    .description("the bank's accounts, sources and regions: expected, last seen, late, silent; and the platform's own health")
    .option(...BANK)
    .option('--url <address>', 'of OpenSearch, instead of what the deployed stacks say')
    .option(...JSON_OPTION)
    .action((options: StatusOptions) =>
      run(async () =>
        (await import('./commands/status.ts')).statusCommand({ ...options, region: program.opts<{ region?: string }>().region }),
      ),
    );
}

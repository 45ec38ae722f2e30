// `strongroom deploy`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';
import type { DeployArguments } from './commands/deploy.ts';

/** @param run runs an action and makes its result the exit code. */
export function addDeploy(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  program
    .command('deploy')
    .description('this release to many banks, in waves that stop at the first alarm; interrupted or stopped, run it again')
    .option('--all', 'all banks of a stage')
    .option('--stage <name>', "deployment.stage of the banks' files, such as test or prod")
    .option('--bank <name>', 'this bank instead; may be given several times', collected)
    .option('--stack <name>', 'security (default), organization or workload; may be given several times', collected)
    .option('--wave <n>', 'only this wave')
    .option('--plan', 'print what would be done, and which alarms stand against it')
    .option('--watch-minutes <m>', 'how long the alarms of a wave are watched after its last deployment', '10')
    .option('--despite <alarm>', 'name of an alarm that may ring; may be given several times', collected)
    .option('--json', 'the result as one line of JSON; progress goes to standard error')
    .action((options: DeployArguments) =>
      run(async () =>
        (await import('./commands/deploy.ts')).deployCommand(options, { region: program.opts<{ region?: string }>().region }),
      ),
    );
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

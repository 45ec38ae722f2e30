// `strongroom drill`, as the command line has it. https://github.com/tj/commander.js
import type { Command } from 'commander';

// Loaded when it is asked for.
const commands = () => import('./commands/drill.ts');

/** @param run runs an action and makes its result the exit code. */
export function addDrills(program: Command, run: (action: () => Promise<number>) => Promise<void>): void {
  const drill = program.command('drill').description('put the platform to the test, on this machine');
  drill
    .command('tamper')
    .description(
      'fill a vault on the local platform, tamper with it in every way there is, and have verification find each where it was done',
    )
    .action(() => run(async () => (await commands()).drillTamperCommand()));
  drill
    .command('region')
    .description(
      "run a bank in two regions, switch the first one's intake off while logs arrive, fail over and back: nothing is lost or found twice",
    )
    .action(() => run(async () => (await commands()).drillRegionCommand()));
  drill
    .command('upgrade')
    .description(
      'change the mapping, take it back and change it again while logs are delivered and searched: nothing is lost, found twice, or fails',
    )
    .action(() => run(async () => (await commands()).drillUpgradeCommand()));
}

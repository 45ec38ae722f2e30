// What `npm test` does: every check and every test. The last line is `N passed, N failed`.
// https://jestjs.io/docs/cli#--json
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, ensureDirectory } from '../local/paths.ts';
import { runToExitCode } from '../local/processes.ts';
import { pythonEnvironment } from '../local/python.ts';
import { FAILED, PASSED, countTests, sum, summary, type Tally } from './tally.ts';

interface Step {
  readonly name: string;
  run(): Promise<Tally>;
}

/** A step that counts as one test. */
function check(name: string, command: string, ...args: string[]): Step {
  return { name, run: async () => ((await execute(command, args)) === 0 ? PASSED : FAILED) };
}

function jest(name: string, ...args: string[]): Step {
  return {
    name,
    run: async () => {
      const report = join(ensureDirectory(join(cacheDirectory(), 'reports')), `${name}.json`);
      rmSync(report, { force: true });
      const code = await execute('jest', [...args, '--json', `--outputFile=${report}`]);
      return countTests(existsSync(report) ? readFileSync(report, 'utf8') : '', code);
    },
  };
}

/** At the same time: each keeps one core busy. */
const CHECKS: readonly Step[] = [
  check('types', 'tsc', '--noEmit'),
  check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
  check('lint', 'eslint', '--max-warnings', '0', '.'),
];

const STEPS: readonly Step[] = [
  // Jest would leave one core to others.
  jest('unit', '--selectProjects=unit', '--maxWorkers=100%'),
  { name: 'template tools', run: async () => (await pythonEnvironment('lint', console.error), PASSED) },
  // Two at once: most of their time they wait for servers of their own.
  jest('integration', '--selectProjects=integration', '--maxWorkers=2'),
];

async function execute(command: string, args: readonly string[]): Promise<number> {
  return await runToExitCode({ name: command, command, args, log: 'inherit' });
}

interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly tally: Tally;
}

async function timed(step: Step): Promise<Result> {
  const started = Date.now();
  const tally = await step.run().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  });
  return { name: step.name, seconds: Math.round((Date.now() - started) / 1000), tally };
}

async function main(): Promise<number> {
  const results: Result[] = [];
  console.log(`\n== ${CHECKS.map(({ name }) => name).join(', ')}`);
  results.push(...(await Promise.all(CHECKS.map(timed))));
  for (const step of STEPS) {
    console.log(`\n== ${step.name}`);
    results.push(await timed(step));
  }
  console.log('');
  for (const { name, seconds, tally } of results) console.log(`${name}: ${summary(tally)} (${seconds} s)`);
  const total = sum(results.map(({ tally }) => tally));
  console.log(summary(total));
  return total.failed === 0 ? 0 : 1;
}

process.exitCode = await main();

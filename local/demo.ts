// `npm run demo`: deploys Strongroom to the local platform, lets a morning of a bank happen, and shows what became of every record.
// --keep leaves the platform up; --input DIR takes a folder of real logs instead of the made-up ones.
import { parseArgs } from 'node:util';
import { startDeployment, type Deployment } from './deployment.ts';
import { folderScenario } from './demo/folder.ts';
import { play } from './demo/play.ts';
import { printReport } from './demo/report.ts';
import { scenario, yesterdayMorning, type Scenario } from './demo/scenario.ts';

const print = (line: string): void => console.log(line);

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false }, input: { type: 'string' } } });

try {
  process.exitCode = await demo();
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function demo(): Promise<number> {
  const started = Date.now();
  const deployment = await startDeployment((line) => print(`  ${line}`));
  try {
    print(`  deployed in ${seconds(started)}; delivering`);
    const report = await play(deployment, await scenarioOf(deployment, options.input));
    printReport(report, print);
    print(`(${seconds(started)} in all)`);
    if (options.keep) await keep(deployment);
    return report.faults.length === 0 ? 0 : 1;
  } finally {
    await deployment.stop();
  }
}

async function scenarioOf({ bank }: Deployment, input: string | undefined): Promise<Scenario> {
  const [first = '', second = first] = bank.accounts.map(({ id }) => id);
  if (input !== undefined) return await folderScenario(input, first, bank.region);
  const format = bank.log_groups.find(({ source }) => source === 'vpc-flow')?.format ?? '';
  return scenario({ accounts: [first, second], flowFormat: format, start: yesterdayMorning(Date.now()) });
}

async function keep({ platform, environment, outputs }: Deployment): Promise<void> {
  print('\nThe platform stays up until Ctrl-C.');
  print(`  OpenSearch  ${platform.opensearchUrl}`);
  print(`  AWS         ${platform.endpoint}`);
  print(`  logs        ${platform.directory}`);
  print('  for npx strongroom, in another terminal:');
  for (const [name, value] of Object.entries(environment)) print(`    export ${name}=${value}`);
  print(`    npx strongroom parked list`);
  print(`    aws s3 ls --recursive s3://${outputs['VaultBucket'] ?? ''}  (or any other client)`);
  print('  OpenSearch Dashboards beside it, where Docker is (then http://localhost:5601/app/dashboards):');
  print(`    OPENSEARCH_URL=${platform.opensearchUrl} docker compose up --detach dashboards`);
  print('    npx strongroom dashboards import --url http://localhost:5601');
  await new Promise<void>(() => setInterval(() => undefined, 60_000));
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}

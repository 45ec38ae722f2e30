// `npm run demo`: deploys Strongroom to the local platform, lets a morning of a bank happen, and shows what became of every record.
// --keep leaves the platform up; --input DIR takes a folder of real logs instead of the made-up ones.
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { output } from '../cli/deployed.ts';
import { startDeployment, type Deployment } from './deployment.ts';
import { subscribe } from './demo/alerts.ts';
import { deliver } from './demo/deliver.ts';
import { folderScenario } from './demo/folder.ts';
import { askQuestions } from './demo/queries.ts';
import { printReport, type Report, type SourceRow } from './demo/report.ts';
import { scenario, yesterdayMorning, type Scenario } from './demo/scenario.ts';
import { audit, countIndexed, type Audit } from './demo/verify.ts';
import { countByProduct, latency, watchIndex } from './demo/watch.ts';
import type { Delivered } from './demo/deliver.ts';

// A refresh of the index, and a little: what was written by then is searchable.
const REFRESH_MS = 5500;

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

async function play({ host, bank, security, workloads, outputs, search }: Deployment, play: Scenario): Promise<Report> {
  const inbox = await subscribe(security, output(outputs, 'AlertTopicArn'), 'demo-tickets');
  const watch = watchIndex(search);
  const delivered = await deliver(play, security, workloads, outputs);
  await host.quiesce();
  await sleep(REFRESH_MS);
  const samples = await watch.stop();
  const alerts = await inbox.receive();
  const audited = await audit({
    security,
    vaultBucket: output(outputs, 'VaultBucket'),
    evidenceKeyArn: output(outputs, 'EvidenceKeyArn'),
    bank,
    delivered,
  });
  const rows: SourceRow[] = [];
  for (const [source, sum] of audited.sources) {
    const indexed = await countIndexed(sum.documents.values(), search);
    const units = delivered.filter((unit) => unit.source === source);
    const [p50, p95] = [0.5, 0.95].map((quantile) => latency(samples, sum.products, units, quantile));
    rows.push({ source, ...sum, indexed, p50, p95 });
  }
  const found = await countByProduct(search);
  const faults = [...audited.faults, ...faultsOf(audited, rows, delivered), ...strangers(audited, found)];
  return { rows, answers: await askQuestions(search), alerts, verified: audited.verified, faults };
}

/** Every number against another that was got in a different way. */
function faultsOf({ sources }: Audit, rows: readonly SourceRow[], delivered: readonly Delivered[]): readonly string[] {
  const faults: string[] = [];
  for (const { source, records, events, excluded, parked, indexed } of rows) {
    if (records !== events + excluded + parked) faults.push(`${source}: ${records} records, but ${events} + ${excluded} + ${parked}`);
    const documents = sources.get(source)?.documents.size ?? 0;
    if (indexed !== documents) faults.push(`${source}: ${documents} different events, ${indexed} found in the index`);
  }
  for (const source of new Set(delivered.map((unit) => unit.source))) {
    const handedOver = delivered.filter((unit) => unit.source === source).reduce((sum, { records }) => sum + records, 0);
    const arrived = sources.get(source)?.records ?? 0;
    if (handedOver !== arrived) faults.push(`${source}: ${handedOver} records were delivered, ${arrived} are in the evidence`);
  }
  return faults;
}

/** The index holds the events of the evidence and our own findings, nothing else. */
function strangers({ sources }: Audit, found: ReadonlyMap<string, number>): readonly string[] {
  const expected = [...sources.values()].reduce((sum, { documents }) => sum + documents.size, 0);
  const indexed = [...found].reduce((sum, [product, count]) => (product === 'Strongroom' ? sum : sum + count), 0);
  return indexed === expected ? [] : [`${indexed} documents are in the index, the evidence gives ${expected}`];
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
  await new Promise<void>(() => setInterval(() => undefined, 60_000));
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}

// A scenario from delivery to report.
import { setTimeout as sleep } from 'node:timers/promises';
import { output } from '../../cli/deployed.ts';
import type { Deployment } from '../deployment.ts';
import { subscribe } from './alerts.ts';
import { deliver, type Delivered } from './deliver.ts';
import { askQuestions } from './queries.ts';
import type { Report, SourceRow } from './report.ts';
import type { Scenario } from './scenario.ts';
import { audit, countIndexed, type Audit } from './verify.ts';
import { countByProduct, latency, watchIndex } from './watch.ts';

// A refresh of the index, and a little: what was written by then is searchable.
const REFRESH_MS = 5500;

/** Delivers the scenario, waits until all of it is through, and accounts for every record of it. */
export async function play({ host, bank, security, workloads, outputs, search }: Deployment, scenario: Scenario): Promise<Report> {
  const inbox = await subscribe(security, output(outputs, 'AlertTopicArn'), 'demo-tickets');
  const watch = watchIndex(search);
  const delivered = await deliver(scenario, security, workloads, outputs);
  await host.quiesce();
  await sleep(REFRESH_MS);
  const samples = await watch.stop();
  const alerts = await inbox.receive();
  const audited = await audit({ bank, security, outputs }, delivered);
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

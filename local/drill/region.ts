// `npx strongroom drill region`: a bank in two regions. While its accounts and AWS deliver, the first region's intake goes out, the second takes it over,
// the first one comes back and takes its own again. At the end every record has to be sealed and found, in one of the regions, and nowhere twice.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { output } from '../../cli/deployed.ts';
import { DETECTION_FINDING } from '../../shared/ocsf/classes.ts';
import { isArray, object, text } from '../../shared/outcome.ts';
import { ask } from '../../shared/upgrade/ask.ts';
import { subscribe } from '../demo/alerts.ts';
import { audit } from '../demo/verify.ts';
import type { Deployment, RegionDeployment } from '../deployment.ts';
import { projectRoot } from '../paths.ts';
import { startLoad, type Load } from './region-load.ts';
import { allIds } from './upgrade-watch.ts';

type Print = (line: string) => void;

export interface RegionDrilled {
  /** Records that were delivered and are found in neither region, or not sealed. */
  readonly lost: number;
  /** Documents that a region has twice. */
  readonly duplicated: number;
  /** What else was not as it should be. */
  readonly faults: readonly string[];
}

export const REGION_BANK = join('local', 'drill', 'banks', 'drill.yml');
export const STANDBY = 'eu-west-1';

/** What takes logs in; EventBridge and the control planes stay up, or nobody could send anything elsewhere. */
const INTAKE = ['s3', 'sqs', 'kinesis'];
const PHASE_MS = 2500;

/** @param deployment of the drill's bank, with the standby beside its home. @throws Error where the platform does not come to rest. */
export async function drillRegionOn(deployment: Deployment, print: Print): Promise<RegionDrilled> {
  const { bank, others } = deployment;
  const [standby] = others;
  if (standby === undefined) throw new Error('drill: the standby is not deployed');
  const inboxes = await Promise.all(
    [deployment, standby].map(({ security, outputs }) => subscribe(security, output(outputs, 'AlertTopicArn'), 'drill')),
  );
  const load = await startLoad(deployment);
  const faults: string[] = [];
  const step = async (line: string, act: () => Promise<void>): Promise<void> => {
    print(`  ${line}`);
    await act();
    await sleep(PHASE_MS);
  };

  await sleep(PHASE_MS);
  await step(`intake of ${bank.region} goes out: ${INTAKE.join(', ')} answer 503`, () => outage(deployment, true));
  await step(`failover to ${standby.bank.region}`, () => failover(deployment, [], print));
  const severe = await load.severe(bank.accounts[0]?.id ?? '');
  await step(`intake of ${bank.region} is back`, () => outage(deployment, false));
  await step(`failover back to ${bank.region}`, () => failover(deployment, ['--back'], print));
  await load.stop();
  print(`  deliveries end; ${load.refusals()} were refused meanwhile and came later`);
  if (load.refusals() === 0) faults.push('nothing was refused: there was no outage');
  await rest([deployment, standby]);
  const judged = await judge([deployment, standby], load, print);
  faults.push(...judged.faults, ...(await findingsAtHome({ deployment, standby, severe, inboxes }, print)));
  return { ...judged, faults };
}

async function outage({ bank, platform }: Deployment, on: boolean): Promise<void> {
  const body = JSON.stringify({ region: bank.region, services: INTAKE, on });
  const { ok, status } = await fetch(`${platform.endpoint}/moto-api/outage`, { method: 'POST', body });
  if (!ok) throw new Error(`drill: the emulator answers ${status}`);
}

/** As an operator does it, with credentials of the security account. */
async function failover({ bank, workspace, environment }: Deployment, options: readonly string[], print: Print): Promise<void> {
  const args = ['failover', '--bank', bank.bank, '--from', bank.region, '--to', STANDBY, '--reason', 'drill', ...options];
  const env = { ...process.env, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, [join(projectRoot(), 'cli', 'main.ts'), ...args], { cwd: workspace, env });
  for (const line of stdout.trimEnd().split('\n')) print(`    ${line}`);
}

/** What one region's functions do may be work for the other's. */
async function rest(regions: readonly RegionDeployment[]): Promise<void> {
  for (const { host } of regions) await host.quiesce();
  for (const { search } of regions) await ask(search, { method: 'POST', path: '/ocsf-*/_refresh' });
}

/** What should be there is told by what was handed over, and by the evidence; not by what the functions say. */
async function judge(regions: readonly RegionDeployment[], load: Load, print: Print): Promise<RegionDrilled> {
  const faults: string[] = [];
  const found = new Map<string, Set<string>>();
  let [missing, duplicated] = [0, 0];
  for (const region of regions) {
    const { bank, outputs, search } = region;
    const buckets = [output(outputs, 'LandingBucket')];
    const audited = await audit(
      region,
      buckets.flatMap((bucket) => load.taken.get(bucket) ?? []),
    );
    const ids = await allIds(search);
    const there = new Set(ids);
    duplicated += ids.length - there.size;
    faults.push(...audited.faults.map((fault) => `${bank.region}: ${fault}`));
    for (const [source, { documents }] of audited.sources) {
      const known = found.get(source) ?? new Set();
      found.set(source, known);
      for (const { id } of documents.values()) {
        if (there.has(id)) known.add(id);
        else missing++;
      }
    }
    const sealed = [...audited.sources.values()].reduce((sum, { documents }) => sum + documents.size, 0);
    print(`  ${bank.region}: ${audited.verified} sealed objects opened, ${sealed} events in them, ${there.size} documents found`);
    if (sealed === 0) faults.push(`${bank.region} took nothing`);
  }
  let lost = missing;
  for (const [source, records] of load.handedOver) {
    const got = found.get(source)?.size ?? 0;
    print(`  ${source}: ${records} records delivered, ${got} found`);
    if (got > records) faults.push(`${source}: ${got - records} events more than were delivered`);
    lost += Math.max(0, records - got);
  }
  return { lost, duplicated, faults };
}

interface Aggregated {
  readonly deployment: Deployment;
  readonly standby: RegionDeployment;
  /** Id of what GuardDuty found while the standby had the intake. */
  readonly severe: string;
  readonly inboxes: readonly Awaited<ReturnType<typeof subscribe>>[];
}

/** The standby alerts what it found; the home region has the finding in its index, and alerts nothing. */
async function findingsAtHome({ deployment, standby, severe, inboxes }: Aggregated, print: Print): Promise<readonly string[]> {
  const name = `strongroom-${standby.bank.bank}-alerts`;
  await fetch(`${standby.host.url}/invoke/${name}`, { method: 'POST', body: '{}' });
  await rest([deployment]);
  const body = { query: { term: { 'finding_info.uid': severe } } };
  const hits = object((await ask(deployment.search, { method: 'POST', path: '/ocsf-detection_finding-*/_search', body }))['hits'])?.[
    'hits'
  ];
  const sources = (isArray(hits) ? hits : []).map((hit) => object(object(hit)?.['_source']));
  const [alertsAtHome = [], alertsThere = []] = await Promise.all(inboxes.map((inbox) => inbox.receive()));
  const about = (alerts: typeof alertsThere): number => alerts.filter(({ message }) => message.includes(severe)).length;
  print(
    `  a finding of ${standby.bank.region}: ${about(alertsThere)} alert there, ${about(alertsAtHome)} at home, ${sources.length} document at home`,
  );
  const [source] = sources;
  return [
    ...(about(alertsThere) === 1 ? [] : [`${about(alertsThere)} alerts in ${standby.bank.region} of finding ${severe}`]),
    ...(about(alertsAtHome) === 0 ? [] : [`${deployment.bank.region} alerts what ${standby.bank.region} alerts`]),
    ...(sources.length === 1 ? [] : [`${sources.length} documents at home of finding ${severe}`]),
    ...(text(object(source?.['cloud'])?.['region']) === deployment.bank.region
      ? []
      : ['the finding at home does not say whose region it is of']),
    ...(source?.['class_uid'] === DETECTION_FINDING.uid ? [] : ['the finding at home is no detection finding']),
  ];
}

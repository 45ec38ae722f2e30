// `npx strongroom drill upgrade`: the mapping changes, is taken back and changes again while logs are delivered and searched. At the end every
// event that the evidence gives has to be found, once, and no search may have failed or have missed what one before it had found.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../shared/model.ts';
import { putTemplates } from '../../shared/opensearch/provision.ts';
import { indexTemplates, type IndexTemplate } from '../../shared/opensearch/template.ts';
import { isObject, object } from '../../shared/outcome.ts';
import { applyUpgrade, type Moved } from '../../shared/upgrade/apply.ts';
import { ask } from '../../shared/upgrade/ask.ts';
import { rollbackUpgrade } from '../../shared/upgrade/rollback.ts';
import type { Delivered } from '../demo/deliver.ts';
import { putObject } from '../demo/deliver.ts';
import { createRandom } from '../demo/random.ts';
import { audit } from '../demo/verify.ts';
import type { Deployment } from '../deployment.ts';
import { balancerLog, flowLog, LINES } from './prepare.ts';
import { allIds, watchSearches, type Watched } from './upgrade-watch.ts';

type Print = (line: string) => void;

export interface UpgradeDrilled {
  /** Events that were delivered and are not found, and those that a search missed which an earlier one had found. */
  readonly lost: number;
  readonly duplicated: number;
  readonly failedSearches: number;
  /** What else was not as it should be. */
  readonly faults: readonly string[];
}

/** The field that the release before lacks: found by it is only what its mapping has. */
const FIELD = 'class_uid';
const DAY_MS = 86_400_000;
const DELIVERY_MS = 600;
/** Searches list every document: there must not be too many (upgrade-watch.ts). */
const MOST_DELIVERIES = 220;
const BETWEEN_MS = 2500;

/** @throws Error where the platform does not come to rest. */
export async function drillUpgradeOn(deployment: Deployment, print: Print): Promise<UpgradeDrilled> {
  const { search, host } = deployment;
  await putTemplates(search, earlierRelease());
  const first = await deliverOnce(deployment);
  await host.quiesce();
  const before = await foundBy(deployment);
  // As deploying this release does.
  await putTemplates(search, indexTemplates());
  print(`  ${(await allIds(search)).length} events in stores of the release before; intake and searches begin`);

  const watch = watchSearches(search);
  const intake = startIntake(deployment);
  const faults: string[] = [];
  const steps = [
    { name: 'apply', act: () => applyUpgrade(search, { all: true }).then(({ moved }) => moved) },
    { name: 'rollback', act: () => rollbackUpgrade(search) },
    { name: 'apply again', act: () => applyUpgrade(search, { all: true }).then(({ moved }) => moved) },
  ];
  await sleep(BETWEEN_MS);
  for (const { name, act } of steps) {
    const moved = await act();
    tell(print, name, moved);
    if (moved.length === 0) faults.push(`${name} moved nothing`);
    await sleep(BETWEEN_MS);
  }
  const delivered = [...first, ...(await intake.stop())];
  await host.quiesce();
  await ask(search, { method: 'POST', path: '/ocsf-*/_refresh' });
  const watched = await watch.stop();
  const after = await foundBy(deployment);
  print(`  found by ${FIELD}, which the release before did not index: ${before} events before, ${after} now`);
  if (before > 0 || after === 0) faults.push(`${FIELD} is not searched as the two mappings have it`);
  return await judged(deployment, { delivered, watched, faults }, print);
}

function tell(print: Print, name: string, moved: readonly Moved[]): void {
  for (const { from, to, documents, ms } of moved) print(`  ${name}: ${from} → ${to}, ${documents} documents, ${(ms / 1000).toFixed(1)} s`);
}

interface Drill {
  readonly delivered: readonly Delivered[];
  readonly watched: Watched;
  readonly faults: readonly string[];
}

/** What should be there is told by the evidence, not by what the functions say. */
async function judged(deployment: Deployment, { delivered, watched, faults }: Drill, print: Print): Promise<UpgradeDrilled> {
  const { search } = deployment;
  const { sources, faults: unsealed } = await audit(deployment, delivered);
  const expected = [...sources.values()].flatMap(({ documents }) => [...documents.values()].map(({ id }) => id));
  const ids = await allIds(search);
  const found = new Set(ids);
  const missing = expected.filter((id) => !found.has(id));
  print(
    `  ${delivered.length} objects delivered, ${expected.length} events in the evidence, ${found.size} documents found; ${watched.searches} searches`,
  );
  for (const note of watched.notes) print(`    ${note}`);
  if (missing.length > 0) print(`    not found: ${missing.slice(0, 5).join(', ')}`);
  return {
    lost: missing.length + watched.lostFromSight,
    duplicated: ids.length - found.size + watched.foundTwice,
    failedSearches: watched.failed,
    faults: [...faults, ...unsealed, ...(expected.length === 0 ? ['nothing was delivered'] : [])],
  };
}

/** Templates as a release before this one had them: a field less, and the stores that are made from them say that they are older. */
function earlierRelease(): readonly IndexTemplate[] {
  return indexTemplates().map(({ name, body }) => {
    const template: JsonObject = object(JSON.parse(JSON.stringify(body.template))) ?? {};
    const mappings = object(template['mappings']) ?? {};
    const properties = Object.entries(object(mappings['properties']) ?? {}).filter(([field]) => field !== FIELD);
    const meta = isObject(mappings['_meta']) ? mappings['_meta'] : {};
    const older = { ...mappings, _meta: { ...meta, strongroom: 'the-release-before' }, properties: Object.fromEntries(properties) };
    return { name, body: { ...body, template: { ...template, mappings: older } } };
  });
}

/** @returns how many documents have the field in their index. */
async function foundBy({ search }: Deployment): Promise<number> {
  await ask(search, { method: 'POST', path: '/ocsf-*/_refresh' });
  const body = { query: { exists: { field: FIELD } } };
  return Number((await ask(search, { method: 'POST', path: '/ocsf-*/_count', body }))['count']);
}

/** Of today and of the day before. */
async function deliverOnce(deployment: Deployment): Promise<readonly Delivered[]> {
  const delivered: Delivered[] = [];
  for (let at = 0; at < 4; at++) delivered.push(await deliverNext(deployment, at, createRandom(at + 1)));
  return delivered;
}

/** Logs as services deliver them, one after the other, without regard for what happens behind. */
function startIntake(deployment: Deployment): { stop(): Promise<readonly Delivered[]> } {
  const delivered: Delivered[] = [];
  const state = { isOver: false };
  const running = (async () => {
    for (let at = 0; !state.isOver && at < MOST_DELIVERIES; at++) {
      delivered.push(await deliverNext(deployment, at, createRandom(1000 + at)));
      await sleep(DELIVERY_MS);
    }
  })();
  return {
    async stop() {
      state.isOver = true;
      await running;
      return delivered;
    },
  };
}

async function deliverNext(
  { bank, security, outputs }: Deployment,
  at: number,
  random: ReturnType<typeof createRandom>,
): Promise<Delivered> {
  const account = bank.accounts[at % bank.accounts.length]?.id ?? '';
  const now = Date.now() - (at % 4 < 2 ? 0 : DAY_MS);
  const { landing, key, bytes } = at % 2 === 0 ? balancerLog(random, account, now) : flowLog(random, account, now);
  const isFlow = landing === 'LandingBucket';
  const log = { key, bytes, records: LINES, source: isFlow ? 'vpc-flow' : 'alb', landing: isFlow ? 'kms' : 'sse-s3' } as const;
  const delivered = await putObject(log, security, outputs);
  // S3 tells of some objects twice.
  if (at % 5 === 0) await putObject(log, security, outputs);
  return delivered;
}

// Carries templates and mappings to this version, and back. Whatever is killed on the way, the next run goes on: what there is to do is read from
// OpenSearch each time. https://docs.opensearch.org/latest/api-reference/index-apis/create-index/
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { storeOf } from '../opensearch/index-name.ts';
import { putTemplates, staleTemplates } from '../opensearch/provision.ts';
import { indexTemplates } from '../opensearch/template.ts';
import { object, text } from '../outcome.ts';
import { adopt, isAsHealthy } from './adopt.ts';
import { ask } from './ask.ts';
import { copyAlmostAll, countOf, NOTHING, refresh, taskEnded, type Copying } from './copy.ts';
import { locked, type LockOptions } from './lock.ts';
import { finishMove, moveBack, movePeriods, refreshIntervalOf } from './move.ts';
import { freeBytes, planUpgrade, type PlanOptions, type Skipped, type Step } from './plan.ts';
import { findStores, generationsOf, isWriteBlocked, liveOf, putMeta, putSettings, type Found } from './stores.ts';

export interface UpgradeOptions extends PlanOptions, LockOptions {
  /** Documents per second at most. */
  readonly rate?: number | undefined;
  /** Deletes former generations as soon as the new ones are in place: there is no way back then. */
  readonly finish?: boolean | undefined;
  readonly say?: (line: string) => void;
}

export interface Moved {
  readonly from: string;
  readonly to: string;
  readonly periods: readonly string[];
  readonly documents: number;
  readonly ms: number;
}

export interface Upgraded {
  readonly templates: readonly string[];
  readonly moved: readonly Moved[];
  readonly skipped: readonly Skipped[];
  /** Former generations. */
  readonly deleted: readonly string[];
}

const READY_WITHIN_MS = 60 * 60_000;

/** @throws RetryableError where it is to be run again; MisconfiguredError where there is no room, or documents do not suit the mapping. */
export async function applyUpgrade(client: OpenSearch, options: UpgradeOptions = {}): Promise<Upgraded> {
  const { say = () => undefined, templates: wanted = indexTemplates() } = options;
  return await locked(client, options, async (assertMine) => {
    const stale = await staleTemplates(client, wanted);
    await putTemplates(client, stale);
    if (stale.length > 0) say(`${stale.length} templates put`);
    const plan = await planUpgrade(client, { ...options, templates: wanted });
    const moved: Moved[] = [];
    for (const step of plan.steps) {
      const began = Date.now();
      say(`${step.action} ${step.from} → ${step.to}: ${step.documents} documents`);
      await take(client, step, { ...options, assertMine });
      moved.push({
        from: step.from,
        to: step.to,
        periods: step.periods,
        documents: await countOf(client, step.to),
        ms: Date.now() - began,
      });
    }
    const deleted = options.finish === true ? await deleteFormer(client, assertMine) : [];
    return { templates: stale.map(({ name }) => name), moved, skipped: plan.skipped, deleted };
  });
}

interface Taking extends UpgradeOptions {
  readonly assertMine: () => void;
}

async function take(client: OpenSearch, step: Step, taking: Taking): Promise<void> {
  const { to } = step;
  if (step.action === 'finish') {
    await finishMove(copyingOf(client, step.from, to, taking));
    return;
  }
  if (!step.begun) await assertRoom(client, step);
  const from = step.action === 'adopt' ? await adoptFor(client, step, taking) : step.from;
  const [source] = await findStores(client, from);
  if (source === undefined) throw new RetryableError(`${from} is gone: run it again`);
  const digest = wantedOf(step, taking);
  if (source.meta.strongroom === digest) return;
  const copying = copyingOf(client, from, to, taking);
  const target = await usableCopy(client, source, to);
  if (target !== undefined && target.documents > 0 && isWriteBlocked(target)) {
    // It was searched before, and rolled back.
    await moveBack(copying, source);
    return;
  }
  if (target === undefined) await createCopy(client, source, to, digest);
  const since = await copyAlmostAll(copying, NOTHING);
  await makeReady(client, source, to);
  await movePeriods(copying, source, since);
}

/** @returns undefined where there is none, or one that holds what the store does not any more: that is made afresh. */
async function usableCopy(client: OpenSearch, source: Found, to: string): Promise<Found | undefined> {
  const [target] = await findStores(client, to);
  if (target === undefined) return undefined;
  await refresh(client, to);
  await refresh(client, source.name);
  if (target.periods.length > 0 || (await countOf(client, to)) <= (await countOf(client, source.name))) return target;
  await ask(client, { method: 'DELETE', path: `/${to}` });
  return undefined;
}

export function copyingOf(client: OpenSearch, from: string, to: string, { assertMine, rate, say = () => undefined }: Taking): Copying {
  let told = Date.now();
  return {
    ...{ client, from, to, rate, assertMine },
    onProgress(done, total) {
      if (Date.now() - told < 10_000) return;
      told = Date.now();
      say(`  ${from}: ${done} of ${total} documents`);
    },
  };
}

async function assertRoom(client: OpenSearch, { from, totalBytes }: Step): Promise<void> {
  const free = await freeBytes(client);
  if (totalBytes > free)
    throw new MisconfiguredError(
      `${from} needs ${mib(totalBytes)} MiB, and the data nodes have room for ${mib(free)} MiB: add storage, or delete former generations (--finish)`,
    );
}

function mib(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}

async function adoptFor(client: OpenSearch, { from, to }: Step, { assertMine }: Taking): Promise<string> {
  const [plain] = await findStores(client, from);
  if (plain === undefined) throw new RetryableError(`${from} is gone: run it again`);
  return await adopt({ client, assertMine }, plain, (storeOf(to)?.generation ?? 2) - 1);
}

function wantedOf({ to }: Step, { templates = indexTemplates() }: Taking): string {
  const cls = storeOf(to)?.cls ?? '';
  const found = templates.find(({ name }) => name === `strongroom-${cls}`) ?? templates.find(({ name }) => name === 'strongroom-class');
  return found?.body._meta.strongroom ?? '';
}

/** Nobody finds it before it has aliases. While it is filled it has no copies, and makes nothing searchable. */
async function createCopy(client: OpenSearch, source: Found, to: string, digest: string): Promise<void> {
  const { number_of_shards: shards, routing } = source.settings;
  const settings = {
    number_of_shards: Number(shards ?? 1),
    number_of_replicas: 0,
    auto_expand_replicas: false,
    refresh_interval: '-1',
    ...(object(routing)?.['allocation'] === undefined ? {} : { routing: { allocation: allocationOf(source) } }),
  };
  await ask(client, { method: 'PUT', path: `/${to}`, body: { settings: { index: settings } } });
  const [made] = await findStores(client, to);
  if (made?.meta.strongroom !== digest) {
    await ask(client, { method: 'DELETE', path: `/${to}` });
    throw new MisconfiguredError(`${to} is not made from the template of this version: another template of the domain takes its name`);
  }
  await putMeta(client, to, { former: source.name });
}

/** Where its shards are to lie; not where a clone had to begin. */
function allocationOf({ settings }: Found): object {
  const allocation = object(object(settings['routing'])?.['allocation']) ?? {};
  return Object.fromEntries(
    ['include', 'exclude', 'require', 'total_shards_per_node'].flatMap((name) =>
      allocation[name] === undefined ? [] : [[name, allocation[name]]],
    ),
  );
}

/** As the source is: merged, with as many copies, and searchable as fast. */
async function makeReady(client: OpenSearch, source: Found, to: string): Promise<void> {
  const { settings, segments } = source;
  if (isWriteBlocked(source) && segments <= Number(settings['number_of_shards'] ?? 1)) {
    const querystring = { max_num_segments: '1', wait_for_completion: 'false' };
    const body = await ask(client, { method: 'POST', path: `/${to}/_forcemerge`, querystring });
    const task = text(body['task']);
    if (task !== undefined) await taskEnded(client, task);
  }
  const expand = text(settings['auto_expand_replicas']);
  await putSettings(client, to, {
    'index.refresh_interval': refreshIntervalOf(source),
    ...(expand === undefined || expand === 'false'
      ? { 'index.number_of_replicas': Number(settings['number_of_replicas'] ?? 1) }
      : { 'index.auto_expand_replicas': expand }),
  });
  await isAsHealthy(client, source.name, to, READY_WITHIN_MS);
}

/** Only what nobody searches, and whose documents are all in the one that is searched. @returns names. */
async function deleteFormer(client: OpenSearch, assertMine: () => void): Promise<readonly string[]> {
  const deleted: string[] = [];
  for (const group of generationsOf(await findStores(client))) {
    const live = liveOf(group);
    if (live === undefined || live.meta.moving === true) continue;
    for (const { name, periods, generation } of group) {
      if (generation >= live.generation || periods.length > 0) continue;
      if ((await countOf(client, live.name)) < (await countOf(client, name))) continue;
      assertMine();
      await ask(client, { method: 'DELETE', path: `/${name}` });
      deleted.push(name);
    }
  }
  return deleted;
}

// What has to be so before a domain goes to another version of OpenSearch, as far as the cluster itself can tell; and the snapshot before it.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/version-migration.html, https://docs.opensearch.org/latest/api-reference/cluster-api/cluster-health/,
// https://docs.opensearch.org/latest/api-reference/snapshots/create-snapshot/
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { ask } from './ask.ts';
import { dataNodes, planUpgrade } from './plan.ts';

/** Versions that templates, queries and dashboards are made for; `to` is not in it. */
const SUITED = { from: [2, 19], to: [4, 0] } as const;
/** A blue/green deployment moves every shard: a node that is fuller than this stops it. */
const FREE = 0.2;
/** OpenSearch masks its versions so that they never meet those of Elasticsearch. */
const OPENSEARCH_MASK = 0x08000000;

export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** @param name `OpenSearch_3.3`. @throws MisconfiguredError for anything else. */
export function versionOf(name: string): Version {
  const [, major, minor] = /^OpenSearch_(\d{1,3})\.(\d{1,3})$/.exec(name) ?? [];
  if (major === undefined || minor === undefined)
    throw new MisconfiguredError(`--to must be a version such as OpenSearch_3.3 (found "${name}")`);
  return { major: Number(major), minor: Number(minor) };
}

/** @returns what stands against it, in words. */
export async function objectionsOf(search: OpenSearch, to: Version): Promise<readonly string[]> {
  return [
    ...suitedness(to),
    ...(await health(search)),
    ...(await disks(search)),
    ...(await oldIndices(search, to)),
    ...(await halfMoved(search)),
  ];
}

function* suitedness({ major, minor }: Version): Generator<string> {
  const isBefore = ([wanted, least]: readonly [number, number]): boolean => major < wanted || (major === wanted && minor < least);
  if (isBefore(SUITED.from) || !isBefore(SUITED.to))
    yield `this version of Strongroom is made for OpenSearch ${SUITED.from.join('.')} to before ${SUITED.to.join('.')}, not for ${major}.${minor}`;
}

function* healthIn(found: JsonObject): Generator<string> {
  const status = text(found['status']) ?? 'unknown';
  if (status !== 'green') yield `the cluster is ${status}: every shard and its copies have to be there first`;
  for (const [name, what] of [
    ['relocating_shards', 'are being moved'],
    ['initializing_shards', 'are being made'],
  ] as const)
    if (Number(found[name]) > 0) yield `${Number(found[name])} shards ${what}: wait until they are in place`;
}

async function health(search: OpenSearch): Promise<readonly string[]> {
  return [...healthIn(await ask(search, { method: 'GET', path: '/_cluster/health' }))];
}

async function disks(search: OpenSearch): Promise<readonly string[]> {
  const full = (await dataNodes(search)).filter(({ free, total }) => free < FREE * total);
  return full.map(
    ({ name, free, total }) => `node ${name} has ${Math.floor((100 * free) / total)} % of its disk free: ${FREE * 100} % are needed`,
  );
}

/** A version reads what the one before it wrote, and nothing older. */
async function oldIndices(search: OpenSearch, { major }: Version): Promise<readonly string[]> {
  const querystring = { expand_wildcards: 'all', filter_path: '*.settings.index.version.created' };
  const body = await ask(search, { method: 'GET', path: '/_all/_settings', querystring });
  const tooOld = Object.entries(body).filter(([, index]) => {
    const created = object(object(object(object(index)?.['settings'])?.['index'])?.['version'])?.['created'];
    return majorOf(Number(created)) < major - 1;
  });
  if (tooOld.length === 0) return [];
  const names = tooOld.map(([name]) => name).slice(0, 5);
  return [
    `OpenSearch ${major} does not read ${tooOld.length} indices that were made before OpenSearch ${major - 1} (${names.join(', ')}…): \`strongroom upgrade apply --all --finish\` makes ours anew; remove the others or index them again`,
  ];
}

/** @returns of Elasticsearch 7, which OpenSearch 1 goes on from, 0. */
function majorOf(created: number): number {
  if (Number.isNaN(created)) return Number.POSITIVE_INFINITY;
  return created >= OPENSEARCH_MASK ? Math.floor((created - OPENSEARCH_MASK) / 1_000_000) : 0;
}

async function halfMoved(search: OpenSearch): Promise<readonly string[]> {
  const { steps } = await planUpgrade(search, { all: true });
  return steps
    .filter(({ action }) => action === 'finish')
    .map(({ from }) => `${from} is being moved: run \`strongroom upgrade apply\` first`);
}

const POLL_MS = 5000;

export interface Snapshotting {
  readonly search: OpenSearch;
  /** The one to take it in; where absent the only one that is not the service's own. */
  readonly repository: string | undefined;
  readonly name: string;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/**
 * Takes a snapshot of everything and waits until it is complete. @returns `repository/name`.
 * @throws MisconfiguredError where it is not clear in which repository; RetryableError where it is not complete.
 */
export async function takeSnapshot({ search, repository, name, sleep }: Snapshotting): Promise<string> {
  const chosen = repository ?? (await onlyRepository(search));
  const path = `/_snapshot/${encodeURIComponent(chosen)}/${name}`;
  await ask(search, { method: 'PUT', path, querystring: { wait_for_completion: 'false' }, body: { include_global_state: false } });
  for (;;) {
    const body = await ask(search, { method: 'GET', path });
    const snapshots = body['snapshots'];
    const [found] = (isArray(snapshots) ? snapshots : []).filter(isObject);
    const state = text(found?.['state']);
    if (state === 'SUCCESS') return `${chosen}/${name}`;
    if (state !== 'IN_PROGRESS')
      throw new RetryableError(`snapshot ${chosen}/${name} ended as ${state ?? 'unknown'}: the upgrade was not begun`);
    await sleep(POLL_MS);
  }
}

/** The service's own snapshots can be restored only to this domain. */
const OF_THE_SERVICE = /^cs-(automated|ultrawarm)/;

async function onlyRepository(search: OpenSearch): Promise<string> {
  const body = await ask(search, { method: 'GET', path: '/_snapshot' });
  const names = Object.keys(body).filter((name) => !OF_THE_SERVICE.test(name));
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new MisconfiguredError(
    names.length === 0
      ? 'the domain knows no snapshot repository of the bank: register one, because no upgrade can be taken back but by restoring a snapshot to a new domain'
      : `name one of the domain's repositories with --repository: ${names.join(', ')}`,
  );
}

// What an upgrade of templates and mappings would do: which templates are not those of this version, which stores were made with others.
// https://docs.opensearch.org/latest/im-plugin/index-templates/, https://docs.opensearch.org/latest/api-reference/nodes-apis/nodes-stats/
import type { OpenSearch } from '../opensearch/client.ts';
import { periodOf, storeName } from '../opensearch/index-name.ts';
import { staleTemplates } from '../opensearch/provision.ts';
import { indexTemplates, type IndexTemplate } from '../opensearch/template.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { ask } from './ask.ts';
import { findStores, generationsOf, liveOf, type Found } from './stores.ts';

export interface Step {
  /**
   * `copy`: into a store made with the template of this version. `adopt`: as copy, after the plain index has become a store.
   * `finish`: what an upgrade that was killed had left, after the periods had moved.
   */
  readonly action: 'copy' | 'adopt' | 'finish';
  readonly from: string;
  readonly to: string;
  readonly periods: readonly string[];
  readonly documents: number;
  /** Of primaries; with their copies, which is what a copy needs. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** A period of it is not over. */
  readonly open: boolean;
  /** Begun by an earlier run, or rolled back. */
  readonly begun: boolean;
}

export interface Skipped {
  readonly index: string;
  readonly periods: readonly string[];
  readonly reason: string;
}

export interface Plan {
  /** Names of templates that are to be put. */
  readonly templates: readonly string[];
  readonly steps: readonly Step[];
  readonly skipped: readonly Skipped[];
  /** Stores made with the templates of this version. */
  readonly current: number;
  readonly room: Room;
}

/** Bytes. */
export interface Room {
  /** On data nodes, above what is to stay free. */
  readonly free: number;
  readonly largest: number;
  /** With all former generations kept. */
  readonly all: number;
}

export interface PlanOptions {
  /** Periods that are not over, too. */
  readonly all?: boolean | undefined;
  /** Of this version, unless a test says so. */
  readonly templates?: readonly IndexTemplate[] | undefined;
  readonly now?: (() => number) | undefined;
}

/** OpenSearch puts no more shards on a node that is fuller: cluster.routing.allocation.disk.watermark.low. */
const STAYS_FREE = 0.15;

export async function planUpgrade(
  client: OpenSearch,
  { all = false, templates = indexTemplates(), now = Date.now }: PlanOptions,
): Promise<Plan> {
  const [stale, found, free] = await Promise.all([staleTemplates(client, templates), findStores(client), freeBytes(client)]);
  const wanted = digests(templates);
  const groups = [...generationsOf(found), ...found.filter(({ generation }) => generation === 0).map((plain) => [plain])];
  const steps: Step[] = [];
  const skipped: Skipped[] = [];
  let current = 0;
  for (const group of groups) {
    const live = group[0]?.generation === 0 ? group[0] : liveOf(group);
    if (live === undefined) continue;
    const digest = wanted(live.cls);
    const step = stepOf(live, live.generation === 0 ? siblings(found, live) : group, digest, now());
    if (step === undefined) {
      current++;
      continue;
    }
    const reason = step.action === 'finish' ? undefined : reasonNot(live, digest, step.open && !all);
    if (reason === undefined) steps.push(step);
    else skipped.push({ index: live.name, periods: live.periods, reason });
  }
  // Old ones change no more: they first, those in use last.
  steps.sort((a, b) => Number(a.open) - Number(b.open) || (a.from < b.from ? -1 : 1));
  const needs = steps.filter(({ action, begun }) => action !== 'finish' && !begun).map(({ totalBytes }) => totalBytes);
  return {
    templates: stale.map(({ name }) => name),
    ...{ steps, skipped, current },
    room: { free, largest: Math.max(0, ...needs), all: needs.reduce((sum, bytes) => sum + bytes, 0) },
  };
}

/** @returns by class the digest of its template, undefined for a class without one. */
function digests(templates: readonly IndexTemplate[]): (cls: string) => string | undefined {
  const byName = new Map(templates.map(({ name, body }) => [name, body._meta.strongroom]));
  return (cls) => byName.get(`strongroom-${cls}`) ?? (cls.startsWith('class_') ? byName.get('strongroom-class') : undefined);
}

function siblings(found: readonly Found[], { cls, span }: Found): readonly Found[] {
  return found.filter((other) => other.generation > 0 && other.cls === cls && other.span === span);
}

/** @returns undefined where the store is as it should be. */
function stepOf(live: Found, generations: readonly Found[], digest: string | undefined, now: number): Step | undefined {
  const { name: from, cls, span, periods, documents, bytes, totalBytes, meta } = live;
  const open = periods.some((period) => (periodOf(period)?.to ?? 0) > now);
  const common = { periods, documents, bytes, totalBytes, open };
  const highest = Math.max(0, ...generations.map(({ generation }) => generation));
  const next = (more: number): string => storeName({ cls, span, generation: highest + more });
  if (live.generation === 0) {
    const leftover = generations.find((one) => one.generation === highest && isCloneOf(one, from));
    return { action: 'adopt', from, to: next(leftover === undefined ? 2 : 1), ...common, begun: false };
  }
  if (meta.moving === true && meta.former !== undefined && generations.some(({ name }) => name === meta.former))
    return { action: 'finish', from: meta.former, to: from, ...common, begun: true };
  if (digest !== undefined && meta.strongroom === digest) return undefined;
  const begun = generations.find((one) => one.generation > live.generation && one.periods.length === 0 && one.meta.strongroom === digest);
  return { action: 'copy', from, to: begun?.name ?? next(1), ...common, begun: begun !== undefined };
}

function isCloneOf({ settings, periods }: Found, plain: string): boolean {
  return periods.length === 0 && text(object(object(settings['resize'])?.['source'])?.['name']) === plain;
}

function reasonNot({ settings, cls }: Found, digest: string | undefined, isTooEarly: boolean): string | undefined {
  if (digest === undefined) return `this version has no template for ${cls}`;
  const tier = object(object(object(settings['routing'])?.['allocation'])?.['require'])?.['box_type'];
  if (tier === 'warm' || object(settings['store'])?.['type'] === 'remote_snapshot')
    return 'it is in warm storage, where nothing is written';
  return isTooEarly ? 'it is in use: upgraded once its periods are over, or now with --all' : undefined;
}

/** Bytes that copies may take on the data nodes. */
export async function freeBytes(client: OpenSearch): Promise<number> {
  return (await dataNodes(client)).reduce((sum, { free, total }) => sum + Math.max(0, free - STAYS_FREE * total), 0);
}

export interface NodeDisk {
  readonly name: string;
  /** Bytes. */
  readonly free: number;
  readonly total: number;
}

export async function dataNodes(client: OpenSearch): Promise<readonly NodeDisk[]> {
  const filter_path = 'nodes.*.fs.total,nodes.*.roles,nodes.*.name';
  const body = await ask(client, { method: 'GET', path: '/_nodes/stats/fs', querystring: { filter_path } });
  return Object.values(object(body['nodes']) ?? {})
    .filter(isObject)
    .filter(({ roles }) => isArray(roles) && roles.includes('data'))
    .map(({ name, fs }) => {
      const total = object(object(fs)?.['total']) ?? {};
      return { name: text(name) ?? '', free: Number(total['available_in_bytes'] ?? 0), total: Number(total['total_in_bytes'] ?? 0) };
    });
}

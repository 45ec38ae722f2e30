// `strongroom dashboards export|import`: the analysts' dashboards, to a file or into a running OpenSearch Dashboards.
// https://docs.opensearch.org/latest/dashboards/management/saved-objects/
import { writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { planImport, type ImportPlan } from '../../shared/dashboards/plan.ts';
import type { SavedObject } from '../../shared/dashboards/model.ts';
import { savedObjects, toNdjson } from '../../shared/dashboards/saved-objects.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';
import { dashboardsApi, type Access, type DashboardsApi } from '../dashboards-api.ts';

export interface ExportOptions {
  readonly out?: string | undefined;
}

export interface ImportOptions {
  readonly url?: string | undefined;
  readonly bank: string;
  readonly tenant: string;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Value of the header Authorization, where Dashboards has its own users: kept out of the command line. */
const AUTHORIZATION = 'DASHBOARDS_AUTHORIZATION';
const LEFT_SOMETHING = 1;

/** Writes what Dashboards imports by hand (Management, Saved objects, Import). @returns the exit code. */
export function dashboardsExport({ out }: ExportOptions, stdout: Writable = process.stdout): number {
  const objects = savedObjects();
  if (out === undefined) stdout.write(toNdjson(objects));
  else {
    writeFileSync(out, toNdjson(objects));
    stdout.write(`${out}: ${counted(objects)}\n`);
  }
  return 0;
}

/**
 * Imports them, or brings them up to date: what is not ours is left, what was changed is kept under another id.
 * @returns the exit code: 1 where something with one of our ids is not ours.
 */
export async function dashboardsImport(options: ImportOptions, stdout: Writable = process.stdout): Promise<number> {
  const url = await urlOf(options);
  const api = dashboardsApi({ url, tenant: options.tenant, access: accessTo(url, options.bank) });
  const plan = await importInto(api, savedObjects(), options.dryRun === true);
  stdout.write(options.json === true ? `${JSON.stringify(asJson(plan))}\n` : asText(plan, options.dryRun === true));
  return plan.foreign.length === 0 ? 0 : LEFT_SOMETHING;
}

/** Copies first, what is new next, what is replaced last: wherever it breaks off, nothing is lost and it can be run again. */
export async function importInto(api: DashboardsApi, ours: readonly SavedObject[], dryRun: boolean): Promise<ImportPlan> {
  const plan = planImport(ours, await api.read(ours));
  const kept = plan.keep.length === 0 ? new Map() : await api.read(plan.keep);
  const keep = plan.keep.filter(({ type, id }) => !kept.has(`${type} ${id}`));
  if (!dryRun) {
    await api.create([...keep, ...plan.create].toSorted(byDependency));
    await api.replace(plan.replace);
  }
  return { ...plan, keep };
}

const ORDER: Readonly<Record<SavedObject['type'], number>> = { 'index-pattern': 0, search: 1, visualization: 2, dashboard: 3 };

function byDependency(one: SavedObject, other: SavedObject): number {
  return ORDER[one.type] - ORDER[other.type];
}

function counted(objects: readonly Pick<SavedObject, 'type'>[]): string {
  const of = (type: SavedObject['type']): number => objects.filter((saved) => saved.type === type).length;
  return `${of('dashboard')} dashboards, ${of('visualization')} visualizations, ${of('search')} searches, ${of('index-pattern')} index patterns`;
}

function asText({ create, replace, keep, unchanged, foreign }: ImportPlan, dryRun: boolean): string {
  const would = dryRun ? ' (dry run: nothing was written)' : '';
  const lines = [`dashboards: ${create.length} new, ${replace.length} replaced, ${unchanged.length} up to date${would}`];
  for (const copy of keep)
    lines.push(`kept: ${copy.type} "${String(copy.attributes['title'])}" was changed since its import; the change is in ${copy.id}`);
  for (const stored of foreign) {
    lines.push(`left: ${stored.type} ${stored.id} was not made by Strongroom; delete it or give it another id, then import again`);
  }
  return `${lines.join('\n')}\n`;
}

function asJson(plan: ImportPlan): object {
  const ids = (objects: readonly Pick<SavedObject, 'type' | 'id'>[]): readonly object[] => objects.map(({ type, id }) => ({ type, id }));
  const { create, replace, keep, unchanged, foreign } = plan;
  return { created: ids(create), replaced: ids(replace), kept: ids(keep), unchanged: unchanged.length, left: ids(foreign) };
}

/** Where none is given: the Dashboards of the bank's Amazon OpenSearch Service domain. @throws MisconfiguredError where the stack is not there. */
async function urlOf({ url, bank }: ImportOptions): Promise<string> {
  return (url ?? `${output(await deployed(bank), 'OpenSearchUrl')}/_dashboards`).replace(/\/+$/, '');
}

/** Amazon's endpoints take signed requests, over https; a Dashboards with users of its own takes what the environment holds. */
function accessTo(url: string, bank: string): Access {
  const authorization = process.env[AUTHORIZATION];
  if (authorization !== undefined && authorization !== '') return { kind: 'header', authorization };
  return url.startsWith('https:') ? { kind: 'aws', region: bankEnvironment(bank).region } : { kind: 'none' };
}

// https://docs.opensearch.org/latest/im-plugin/index-alias/ : periods are aliases, so that a store can hold a day or a month and be replaced by
// a newer one while it is searched. Each alias has one index that takes its writes: OpenSearch refuses a second.
import { errors } from '@opensearch-project/opensearch';
import { MisconfiguredError } from '../errors.ts';
import { isObject } from '../outcome.ts';
import type { OpenSearch } from './client.ts';
import { periodOf, storeName } from './index-name.ts';

/** What CreateIndex takes beside what the template gives. */
export interface NewStore {
  readonly name: string;
  /** Periods that it holds. */
  readonly periods: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Makes stores for periods that have none, each as long as its period. What another process makes at the same moment stands.
 * @param names of periods; others (of replays) are left alone.
 * @param known periods that were seen: no question is asked about them again, and what is found is added.
 * @throws ResponseError as OpenSearch answers; MisconfiguredError where something else has the name.
 */
export async function ensurePeriods(client: OpenSearch, names: Iterable<string>, known: Set<string>): Promise<void> {
  const wanted = [...new Set(names)].filter((name) => !known.has(name) && periodOf(name) !== undefined);
  for (const name of wanted) {
    if (!(await exists(client, name))) await createFor(client, name);
    known.add(name);
  }
}

/** @returns whether there is an index or an alias of the name. */
async function exists(client: OpenSearch, name: string): Promise<boolean> {
  return (await client.indices.exists({ index: name })).body;
}

async function createFor(client: OpenSearch, period: string): Promise<void> {
  const parts = periodOf(period);
  if (parts === undefined) return;
  const made = await createStore(client, {
    name: storeName({ cls: parts.cls, span: parts.label, generation: 1 }),
    periods: [period],
  });
  if (made || (await exists(client, period))) return;
  // Its first generation is there and has lost its alias: somebody took it away by hand, or is about to put another in its place.
  throw new MisconfiguredError(
    `OpenSearch has ${storeName({ cls: parts.cls, span: parts.label, generation: 1 })} but no ${period}: add the alias`,
  );
}

/** @returns false where an index of that name, or another index for one of its periods, is there already. */
export async function createStore(client: OpenSearch, { name, periods, settings }: NewStore): Promise<boolean> {
  const aliases = Object.fromEntries(periods.map((period) => [period, { is_write_index: true }]));
  try {
    await client.indices.create({ index: name, body: { ...(settings === undefined ? {} : { settings }), aliases } });
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

const TAKEN: ReadonlySet<string> = new Set([
  'resource_already_exists_exception',
  // An index is named like the period.
  'invalid_alias_name_exception',
  // The period has an index for its writes.
  'illegal_state_exception',
]);

function isTaken(error: unknown): boolean {
  if (!(error instanceof errors.ResponseError)) return false;
  const body: unknown = error.body;
  const type = isObject(body) && isObject(body['error']) ? body['error']['type'] : undefined;
  return typeof type === 'string' && TAKEN.has(type);
}

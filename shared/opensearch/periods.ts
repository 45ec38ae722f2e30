// https://docs.opensearch.org/latest/im-plugin/index-alias/ : periods are aliases, so that a store can hold a day or a month and be replaced by
// a newer one while it is searched. Each alias has one index that takes its writes: OpenSearch refuses a second.
import { MisconfiguredError } from '../errors.ts';
import { typeOf } from './ask.ts';
import type { OpenSearch } from './client.ts';
import { periodOf, storeName } from './index-name.ts';

/** More than an index is ever made anew. */
const MOST_GENERATIONS = 20;

/** What CreateIndex takes beside what the template gives. */
export interface NewStore {
  readonly name: string;
  /** Periods that it holds. */
  readonly periods: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Names in one question: they stand in its address. */
const ASKED_AT_ONCE = 40;

/**
 * Makes stores for periods that have none, each as long as its period. What another process makes at the same moment stands. Nothing is
 * remembered: a period may be deleted between two calls, and a write to a name that is not there would make an index of it.
 * @param names of periods; others (of replays) are left alone.
 * @throws ResponseError as OpenSearch answers; MisconfiguredError where something else has the name.
 */
export async function ensurePeriods(client: OpenSearch, names: Iterable<string>): Promise<void> {
  const wanted = [...new Set(names)].filter((name) => periodOf(name) !== undefined);
  for (let at = 0; at < wanted.length; at += ASKED_AT_ONCE) {
    const some = wanted.slice(at, at + ASKED_AT_ONCE);
    if (await exist(client, some)) continue;
    for (const name of some) if (some.length === 1 || !(await exist(client, [name]))) await createFor(client, name);
  }
}

/** @returns whether there is an index or an alias of each name. */
async function exist(client: OpenSearch, names: readonly string[]): Promise<boolean> {
  return (await client.indices.exists({ index: [...names] })).body;
}

async function createFor(client: OpenSearch, period: string): Promise<void> {
  const parts = periodOf(period);
  if (parts === undefined) return;
  // A store of that name may be there without an alias: one that was replaced, and outlived what took its place.
  for (let generation = 1; generation <= MOST_GENERATIONS; generation++) {
    const made = await createStore(client, { name: storeName({ cls: parts.cls, span: parts.label, generation }), periods: [period] });
    if (made || (await exist(client, [period]))) return;
  }
  throw new MisconfiguredError(
    `OpenSearch has ${MOST_GENERATIONS} stores of ${period} and none of them has its alias: give it to the right one`,
  );
}

/** @returns false where an index of that name, or another index for one of its periods, is there already. */
export async function createStore(client: OpenSearch, { name, periods, settings }: NewStore): Promise<boolean> {
  const aliases = Object.fromEntries(periods.map((period) => [period, { is_write_index: true }]));
  try {
    await client.indices.create({ index: name, body: { ...(settings === undefined ? {} : { settings }), aliases } });
    return true;
  } catch (error) {
    if (TAKEN.has(typeOf(error) ?? '')) return false;
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

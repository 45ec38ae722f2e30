// Warm and cold storage of Amazon's domains. Asked for only where the bank's file says that the domain has them.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ultrawarm.html,
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cold-storage.html
import type { OpenSearch } from '../opensearch/client.ts';
import { STORE_PREFIX, storeOf } from '../opensearch/index-name.ts';
import { isArray, object, text } from '../outcome.ts';
import { ask, messageOf, numberOf } from '../opensearch/ask.ts';
import type { LifecycleSettings } from './settings.ts';
import { isByMonth, periodAt, extentOfSpan, DAY_MS, kindOf } from './spans.ts';
import type { StoreState } from './state.ts';

export interface Moving {
  readonly names: ReadonlySet<string>;
  readonly faults: readonly string[];
}

/** Indices on their way between tiers. */
export async function movingIndices(client: OpenSearch, { warmAfterDays }: LifecycleSettings): Promise<Moving> {
  if (warmAfterDays === undefined) return { names: new Set(), faults: [] };
  // Plain text in columns: index, migration_type, state.
  const body = await ask(client, '/_ultrawarm/migration/_status').catch((error: unknown) => new Error(messageOf(error)));
  if (body instanceof Error)
    return { names: new Set(), faults: [`UltraWarm does not answer, although the bank's file has warm_after_days: ${body.message}`] };
  const rows = (text(body) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const known = rows.filter(([name = '']) => storeOf(name) !== undefined);
  const failed = known.filter(([, , state = '']) => state.startsWith('FAILED'));
  return {
    // One that failed stays where it is until somebody has looked.
    names: new Set(known.map(([name = '']) => name)),
    faults: failed.map(
      ([name = '', , state = '']) => `${name} could not be moved to another tier (${state}): POST _ultrawarm/migration/${name}/_retry`,
    ),
  };
}

export interface Cold {
  readonly stores: readonly StoreState[];
  readonly faults: readonly string[];
}

/** Stores in cold storage: the cluster itself does not know them any more. */
export async function coldStores(client: OpenSearch, { coldAfterDays }: LifecycleSettings): Promise<Cold> {
  if (coldAfterDays === undefined) return { stores: [], faults: [] };
  try {
    return { stores: await listCold(client), faults: [] };
  } catch (error) {
    return { stores: [], faults: [`cold storage does not answer, so nothing of it is deleted: ${messageOf(error)}`] };
  }
}

/** @throws the errors of the client. */
export async function listCold(client: OpenSearch): Promise<readonly StoreState[]> {
  const found: StoreState[] = [];
  let page: string | undefined;
  do {
    const body = await ask(client, '/_cold/indices/_search', {
      method: 'POST',
      query: { page_size: '100' },
      body: page === undefined ? { filters: { index_pattern: `${STORE_PREFIX}*` } } : { pagination_id: page },
    });
    const listed = object(body)?.['indices'];
    const rows = isArray(listed) ? listed : [];
    found.push(...rows.flatMap((row) => coldStore(row)));
    page = rows.length === 0 ? undefined : text(object(body)?.['pagination_id']);
  } while (page !== undefined);
  return found;
}

function coldStore(row: unknown): readonly StoreState[] {
  const entry = object(row);
  const name = text(entry?.['index']) ?? '';
  const store = storeOf(name);
  if (store === undefined) return [];
  const bytes = numberOf(entry?.['size']);
  return [
    {
      ...store,
      name,
      // It has lost its aliases on the way, but its periods are its own: nothing else is made for them.
      periods: periodsOf(store.cls, store.span),
      ...{ shards: 1, replicas: 0, docs: 0, bytes, shardBytes: [bytes], segments: 1, codec: 'best_compression' },
      ...{ readOnly: true, complete: true, moving: false },
      created: Date.parse(text(entry?.['creation_date']) ?? '') || 0,
      tier: 'cold',
    },
  ];
}

/** Every period that the span could have had. */
function periodsOf(cls: string, span: string): readonly string[] {
  const { from, to } = extentOfSpan(span);
  if (kindOf(span) === 'month' && isByMonth(cls)) return [periodAt(cls, from)];
  const days = Math.round((to - from) / DAY_MS);
  return Array.from({ length: days }, (_, day) => periodAt(cls, from + day * DAY_MS));
}

// What happened around a finding: one bounded query per actor, address and resource, put together by time, each event once.
// https://docs.opensearch.org/latest/query-dsl/term/ids/
import { documentId } from '../ids.ts';
import type { JsonObject } from '../model.ts';
import { OWN_PRODUCT } from '../ocsf/classes.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isVaultKey } from '../seal/vault.ts';
import type { Pivot } from './pivots.ts';
import { timeFilter } from './query.ts';
import { search } from './stream.ts';
import { numberAt, textAt, textsAt, type Hit } from './value.ts';

export interface Around {
  /** ms since the epoch: of the finding. */
  readonly center: number;
  readonly from: number;
  readonly to: number;
  /** Patterns that can hold events of that time. */
  readonly periods: string;
  /** Events of each pivot at most: those nearest to the finding. */
  readonly limit: number;
}

export interface Moment extends Hit {
  readonly time: number;
  /** Pivots that led to it, as positions in their list. */
  readonly why: readonly number[];
  /** The finding names it as one of its events. */
  readonly isOwn: boolean;
  /** Vault key of the sealed bytes it comes from, where a finding of ours says so. */
  readonly evidence: string | undefined;
}

export interface Timeline {
  readonly moments: readonly Moment[];
  /** By pivot: how many events it has there, and how many of them are shown. */
  readonly counts: readonly { readonly total: number; readonly shown: number }[];
}

/** @throws PartialAnswerError, and the errors of the client. */
export async function timelineOf(client: OpenSearch, finding: Hit, pivots: readonly Pivot[], around: Around): Promise<Timeline> {
  const found = new Map<string, { readonly hit: Hit; readonly why: number[] }>();
  const note = (hit: Hit, why?: number): void => {
    const known = found.get(hit.id) ?? { hit, why: [] };
    found.set(hit.id, known);
    if (why !== undefined) known.why.push(why);
  };
  note(finding);
  const own = relatedIds(finding.event);
  for (const hit of await ownEvents(client, own, around)) note(hit);
  const counts = [];
  for (const [at, pivot] of pivots.entries()) {
    const { total, hits } = await nearest(client, pivot.query, around);
    for (const hit of hits) note(hit, at);
    counts.push({ total, shown: hits.length });
  }
  const evidence = evidenceOf([...found.values()].map(({ hit }) => hit));
  const moments = [...found.values()].map(({ hit, why }) => {
    const time = numberAt(hit.event, 'time') ?? 0;
    return { ...hit, time, why, isOwn: own.includes(hit.id), evidence: evidence.get(hit.id) };
  });
  return { moments: moments.sort(byTime), counts };
}

/** A finding has the time of its first event: it comes behind it. */
function byTime(one: Moment, other: Moment): number {
  const isFinding = ({ event }: Moment): number => (textAt(event, 'finding_info.uid') === undefined ? 0 : 1);
  return one.time - other.time || isFinding(one) - isFinding(other) || (one.id < other.id ? -1 : 1);
}

/** Document ids of the events that the finding is about. */
export function relatedIds(finding: JsonObject): readonly string[] {
  return textsAt(finding, 'finding_info.related_events.uid').map(documentId);
}

async function ownEvents(client: OpenSearch, ids: readonly string[], { periods }: Around): Promise<readonly Hit[]> {
  if (ids.length === 0) return [];
  return await all(await search(client, { periods, query: { ids: { values: ids } }, limit: ids.length }));
}

/** Half of the limit before the finding and half after it; what one side has less, the other has more. */
async function nearest(
  client: OpenSearch,
  query: JsonObject,
  { center, from, to, periods, limit }: Around,
): Promise<{ readonly total: number; readonly hits: readonly Hit[] }> {
  const within = (range: { readonly from: number; readonly to: number }): JsonObject => ({ bool: { filter: [query, timeFilter(range)] } });
  const before = await search(client, { periods, query: within({ from, to: center + 1 }), limit });
  const after = await search(client, { periods, query: within({ from: center + 1, to }), limit, order: 'asc' });
  const hits = [...(await all(before)), ...(await all(after))];
  const distance = ({ event }: Hit): number => Math.abs((numberAt(event, 'time') ?? 0) - center);
  return { total: before.total + after.total, hits: hits.sort((one, other) => distance(one) - distance(other)).slice(0, limit) };
}

async function all({ hits }: { readonly hits: AsyncIterable<Hit> }): Promise<readonly Hit[]> {
  const found: Hit[] = [];
  for await (const hit of hits) found.push(hit);
  return found;
}

/** Events do not carry the key of their evidence; a finding of ours does, of its events. @returns key by document id. */
function evidenceOf(hits: readonly Hit[]): ReadonlyMap<string, string> {
  return new Map(
    hits.flatMap(({ id, event }) => {
      const key = evidenceKey(event);
      return key === undefined ? [] : [id, ...relatedIds(event)].map((one) => [one, key] as const);
    }),
  );
}

/** @returns the vault key that a finding of our rules carries. What others write there is not believed, nor pasted into a terminal. */
export function evidenceKey(event: JsonObject): string | undefined {
  const product = [textAt(event, 'metadata.product.vendor_name'), textAt(event, 'metadata.product.name')];
  const key = textAt(event, 'unmapped.evidence');
  if (key === undefined || product.some((name) => name !== OWN_PRODUCT)) return undefined;
  return isVaultKey(key) && /^[\w./-]+$/.test(key) ? key : undefined;
}

// A finding by any of its names: the document's, the event's own uid, the finding's, or the ARN that its product shows.
// https://schema.ocsf.io/1.8.0/objects/finding_info, https://docs.opensearch.org/latest/aggregations/metric/top-hits/
import { documentId } from '../ids.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX, storeOf } from '../opensearch/index-name.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { aggregations, hitsOf } from './stream.ts';
import { textAt, type Hit } from './value.ts';

/** Classes of findings that Strongroom has no name for are `class_20..`. */
const FINDINGS = `${INDEX_PREFIX}*_finding-*,${INDEX_PREFIX}class_20*`;
/** Products that are told apart: senders choose what they call theirs. */
const PRODUCTS = 50;

export interface FoundFinding {
  /** The one that was named, or the latest version. */
  readonly finding: Hit;
  /** How many documents have the id: products report a finding anew when it goes on. */
  readonly versions: number;
  /** Products that use the same id for findings of their own. */
  readonly others: readonly string[];
}

/** Findings that the id may mean: senders choose their ids, so none of them is taken for the one that was meant. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Documents of further products. */
  readonly left: number;
}

export interface Candidate {
  readonly product: string;
  /** The latest of its documents, and how many there are. */
  readonly finding: Hit;
  readonly versions: number;
}

/** @param id also `<index>/<document id>`. @returns undefined where there is none. @throws as search(). */
export async function findFinding(client: OpenSearch, id: string): Promise<FoundFinding | Candidates | undefined> {
  const slash = id.indexOf('/');
  const index = storeOf(id.slice(0, Math.max(0, slash))) === undefined ? undefined : id.slice(0, slash);
  const name = index === undefined ? id : id.slice(slash + 1);
  const inIndex = index === undefined ? [] : [{ term: { _index: index } }];
  const exact = await byProduct(client, { bool: { filter: [{ ids: { values: [name] } }, ...inIndex] } });
  const [named] = exact.candidates;
  if (named !== undefined)
    return exact.candidates.length > 1 ? exact : await withOthers(client, named, { name, isDocument: index !== undefined });
  if (index !== undefined) return undefined;
  const names = [...new Set([id, id.slice(id.lastIndexOf('/') + 1)])].filter((one) => one !== '');
  const should = [{ ids: { values: [documentId(id)] } }, { terms: { 'finding_info.uid': names } }];
  const found = await byProduct(client, { bool: { should, minimum_should_match: 1 } });
  const [only] = found.candidates;
  if (only === undefined) return undefined;
  return found.candidates.length > 1 ? found : { finding: only.finding, versions: only.versions, others: [] };
}

/** The very document, or the latest version of what it is the first document of, and who else uses its id. */
async function withOthers(
  client: OpenSearch,
  { product, finding }: Candidate,
  { name, isDocument }: { readonly name: string; readonly isDocument: boolean },
): Promise<FoundFinding> {
  const uid = textAt(finding.event, 'finding_info.uid');
  const { candidates, left } = await byProduct(client, { terms: { 'finding_info.uid': [name, ...(uid === undefined ? [] : [uid])] } });
  const others = candidates.map((one) => one.product).filter((one) => one !== product);
  const all = candidates.find((one) => one.product === product);
  const versions = all?.versions ?? 1;
  const latest = uid === name && !isDocument ? all?.finding : undefined;
  return { finding: latest ?? finding, versions, others: [...others, ...(left === 0 ? [] : ['more products'])] };
}

/** However many documents a product has, each other one is seen beside it. */
async function byProduct(client: OpenSearch, query: JsonObject): Promise<Candidates> {
  const latest = { top_hits: { size: 1, sort: [{ time: { order: 'desc', unmapped_type: 'date' } }] } };
  const terms = { field: 'metadata.product.name', size: PRODUCTS, missing: 'unknown' };
  const answer = await aggregations(client, { periods: FINDINGS, query, aggs: { products: { terms, aggs: { latest } } } });
  const products = object(answer['products']) ?? {};
  const { buckets, sum_other_doc_count: left } = products;
  const candidates = (isArray(buckets) ? buckets : []).flatMap((bucket) => {
    if (!isObject(bucket)) return [];
    const [finding] = hitsOf(object(bucket['latest']) ?? {});
    const { doc_count: versions } = bucket;
    if (finding === undefined) return [];
    return [{ product: text(bucket['key']) ?? 'unknown', finding, versions: typeof versions === 'number' ? versions : 1 }];
  });
  return { candidates, left: typeof left === 'number' ? left : 0 };
}

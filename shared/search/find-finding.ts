// A finding by any of its names: the document's, the event's own uid, the finding's, or the ARN that its product shows.
// https://schema.ocsf.io/1.8.0/objects/finding_info
import { documentId } from '../ids.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import { search } from './stream.ts';
import { textAt, type Hit } from './value.ts';

/** Classes of findings that Strongroom has no name for are `class_20..`. */
const FINDINGS = `${INDEX_PREFIX}*_finding-*,${INDEX_PREFIX}class_20*`;
const LOOKED_AT = 100;

export interface FoundFinding {
  /** The latest version. */
  readonly finding: Hit;
  /** How many documents have the id: products report a finding anew when it goes on. */
  readonly versions: number;
  /** Products that use the same id for findings of their own. */
  readonly others: readonly string[];
}

/** @returns undefined where there is none. @throws as search(). */
export async function findFinding(client: OpenSearch, id: string): Promise<FoundFinding | undefined> {
  const names = [...new Set([id, id.slice(id.lastIndexOf('/') + 1)])].filter((name) => name !== '');
  const should = [{ ids: { values: [id, documentId(id)] } }, { terms: { 'finding_info.uid': names } }];
  const { hits } = await search(client, { periods: FINDINGS, query: { bool: { should, minimum_should_match: 1 } }, limit: LOOKED_AT });
  const found: Hit[] = [];
  for await (const hit of hits) found.push(hit);
  // The very document, if it was named so; otherwise the latest.
  const exact = found.find((hit) => hit.id === id);
  const finding = exact ?? found[0];
  if (finding === undefined) return undefined;
  const product = productOf(finding);
  const others = new Set(found.map(productOf).filter((name) => name !== product));
  return { finding, versions: found.filter((hit) => productOf(hit) === product).length, others: [...others] };
}

function productOf({ event }: Hit): string {
  return textAt(event, 'metadata.product.name') ?? 'unknown';
}

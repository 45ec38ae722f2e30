// https://docs.opensearch.org/latest/api-reference/document-apis/multi-get/ : documents on their way into the index, each into its period; for one
// that comes after its period was closed there is the class's period of the year.
import { RetryableError } from '../errors.ts';
import type { HubDocument } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { writeDocuments, type BulkResult } from './bulk.ts';
import type { OpenSearch } from './client.ts';
import { periodOf, yearlyNameOf } from './index-name.ts';
import { ensurePeriods } from './periods.ts';

/** As writeDocuments() says it: a block of the index, not of the cluster. */
const CLOSED = 'cluster_block_exception: index [';

const DAY_MS = 86_400_000;

/**
 * Creates the documents, each exactly once whatever is delivered twice, in periods that are made where they are missing. What comes too late for
 * its period is looked for there, then goes to the period of the year. What is old is looked for in the year first: its own period may have been
 * deleted since, or opened again.
 * @throws RetryableError when OpenSearch cannot take some of them for now.
 */
export async function indexDocuments(documents: readonly HubDocument[], client: OpenSearch): Promise<BulkResult> {
  const before = Date.now() - DAY_MS;
  // A batch has many documents of few periods.
  const names = [...new Set(documents.map(({ index }) => index))];
  const over = new Set(names.filter((index) => (periodOf(index)?.to ?? Infinity) < before));
  const old = documents.filter(({ index }) => over.has(index)).flatMap((document) => inYear(document) ?? []);
  const present = await whichExist(client, old);
  const fresh = present.size === 0 ? documents : documents.filter(({ id, index }) => !present.has(placeOf(id, yearlyNameOf(index) ?? '')));
  const result = await create(fresh, client);
  return { ...result, duplicate: result.duplicate + documents.length - fresh.length };
}

async function create(documents: readonly HubDocument[], client: OpenSearch): Promise<BulkResult> {
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
  );
  const first = await writeDocuments(documents, client);
  const late = first.refused.filter(({ document, reason }) => reason.startsWith(CLOSED) && inYear(document) !== undefined);
  if (late.length === 0) return first;
  const refused = late.map(({ document }) => document);
  const there = await whichExist(client, refused);
  const moved = refused.filter(({ id, index }) => !there.has(placeOf(id, index))).flatMap((document) => inYear(document) ?? []);
  const second = await create(moved, client);
  return {
    created: first.created + second.created,
    duplicate: first.duplicate + second.duplicate + refused.length - moved.length,
    refused: [...first.refused.filter((one) => !late.includes(one)), ...second.refused],
  };
}

/** @returns it as it would be in the year; undefined where it is addressed to a year already, or to no period. */
function inYear(document: HubDocument): HubDocument | undefined {
  const index = yearlyNameOf(document.index);
  return index === undefined || index === document.index ? undefined : { ...document, index };
}

function placeOf(id: string, index: string): string {
  return `${index} ${id}`;
}

/** @returns the places of those that are there. @throws RetryableError where OpenSearch cannot say for now. */
async function whichExist(client: OpenSearch, documents: readonly HubDocument[]): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  if (documents.length === 0) return present;
  const docs = documents.map(({ index, id }) => ({ _index: index, _id: id }));
  const { body } = await client.mget({ body: { docs }, _source: false });
  const answers: unknown = body.docs;
  for (const [at, { id, index }] of documents.entries()) {
    const answer: unknown = isArray(answers) ? answers[at] : undefined;
    const error = isObject(answer) ? object(answer['error']) : undefined;
    const type = text(error?.['type']);
    if (!isObject(answer) || (error !== undefined && type !== 'index_not_found_exception'))
      throw new RetryableError(`OpenSearch does not say whether ${index} has a document: ${type ?? 'no answer for it'}`);
    if (answer['found'] === true) present.add(placeOf(id, index));
  }
  return present;
}

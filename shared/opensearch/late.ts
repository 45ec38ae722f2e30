// https://docs.opensearch.org/latest/api-reference/document-apis/multi-get/ : documents on their way into the index, each into its period; for one
// that comes after its period was closed there is the class's period of the year.
import type { HubDocument } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { writeDocuments, type BulkResult } from './bulk.ts';
import type { OpenSearch } from './client.ts';
import { periodOf, yearlyNameOf } from './index-name.ts';
import { ensurePeriods } from './periods.ts';

/** As writeDocuments() says it: a block of the index, not of the cluster. */
const CLOSED = 'cluster_block_exception: index [';

/**
 * Creates the documents, each exactly once whatever is delivered twice, in periods that are made where they are missing. What comes too late for
 * its period is looked for there, then goes to the period of the year, where a later delivery meets it again.
 * @param known see ensurePeriods().
 * @throws RetryableError when OpenSearch cannot take some of them for now.
 */
export async function indexDocuments(documents: readonly HubDocument[], client: OpenSearch, known: Set<string>): Promise<BulkResult> {
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
    known,
  );
  const first = await writeDocuments(documents, client);
  const late = first.refused.filter(({ document, reason }) => reason.startsWith(CLOSED) && yearlyNameOf(document.index) !== document.index);
  if (late.length === 0) return first;
  const there = await found(
    client,
    late.map(({ document }) => document),
  );
  const moved = late.flatMap(({ document }, at) => {
    const index = yearlyNameOf(document.index);
    return there[at] === true || index === undefined ? [] : [{ ...document, index }];
  });
  const second = await indexDocuments(moved, client, known);
  return {
    created: first.created + second.created,
    duplicate: first.duplicate + second.duplicate + there.filter((one) => one).length,
    refused: [...first.refused.filter((one) => !late.includes(one)), ...second.refused],
  };
}

/** @returns for each document whether its period has it. */
async function found(client: OpenSearch, documents: readonly HubDocument[]): Promise<readonly boolean[]> {
  const docs = documents.filter(({ index }) => periodOf(index) !== undefined).map(({ index, id }) => ({ _index: index, _id: id }));
  const { body } = await client.mget({ body: { docs }, _source: false });
  const answers: unknown = body.docs;
  const list = isArray(answers) ? answers : [];
  return documents.map((_, at) => {
    const answer: unknown = list[at];
    return isObject(answer) && answer['found'] === true;
  });
}

// OpenSearch as far as bulk writing needs it: an answer for every document, or for the request as a whole.
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { startHttpServer, type Answer, type Asked, type HttpServer } from './http-server.ts';

export interface BulkDocument {
  readonly id: string;
  readonly index: string;
  readonly json: string;
}

export interface FakeOpenSearch {
  readonly client: OpenSearch;
  /** Documents of every bulk request, in order. */
  readonly requests: readonly (readonly BulkDocument[])[];
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Status and, from 400 on, the error. */
export interface Item {
  readonly status: number;
  readonly type?: string;
  readonly reason?: string;
}

export interface BulkRules {
  /** What becomes of a document in the bulk request of this number, from 0. */
  readonly item?: (document: BulkDocument, request: number) => Item;
  /** Answer to the request as a whole instead, where it gives one. */
  readonly whole?: (documents: readonly BulkDocument[], request: number) => Answer | undefined;
}

export async function startBulkServer({ item = () => ({ status: 201 }), whole = () => undefined }: BulkRules): Promise<FakeOpenSearch> {
  const requests: (readonly BulkDocument[])[] = [];
  const server = await startHttpServer(({ body }) => {
    const documents = documentsOf(body);
    const request = requests.push(documents) - 1;
    return (
      whole(documents, request) ?? { status: 200, body: { items: documents.map((document) => itemOf(document, item(document, request))) } }
    );
  });
  return { ...withClient(server), requests };
}

/** Any other API: the test answers each request. */
export async function startOpenSearch(answer: (asked: Asked) => Answer): Promise<Omit<FakeOpenSearch, 'requests'>> {
  return withClient(await startHttpServer(answer));
}

function withClient(server: HttpServer): Omit<FakeOpenSearch, 'requests'> {
  const client = openSearchClient(server.url, 'eu-central-1');
  return {
    client,
    asked: server.asked,
    async close() {
      await client.close();
      await server.close();
    },
  };
}

function documentsOf(body: string): readonly BulkDocument[] {
  const lines = body.split('\n');
  if (lines.pop() !== '') throw new Error('a bulk request ends with a line feed');
  return lines
    .filter((_, at) => at % 2 === 0)
    .map((line, at) => {
      const { create } = JSON.parse(line) as { create: { _index: string; _id: string } };
      return { id: create._id, index: create._index, json: lines[at * 2 + 1] ?? '' };
    });
}

function itemOf({ id, index }: BulkDocument, { status, type, reason }: Item): object {
  const error = type === undefined ? {} : { error: { type, reason: reason ?? '' } };
  return { create: { _index: index, _id: id, status, ...error } };
}

// What is wrong with a question, before or after OpenSearch saw it. https://docs.opensearch.org/latest/query-dsl/full-text/query-string/

/** The query or the times are not as they have to be: the one who asked can mend it. */
export class QueryError extends Error {
  override readonly name = 'QueryError';

  /** @param place where in which text it is wrong, from 0. */
  constructor(message: string, place?: { readonly query: string; readonly at: number }) {
    super(place === undefined ? message : `${message}\n${pointed(place)}`);
  }
}

/** OpenSearch answered for some of what it was asked only: the answer must not be taken for the whole one. */
export class PartialAnswerError extends Error {
  override readonly name = 'PartialAnswerError';
}

const SHOWN = 60;

/** The place in its surroundings, and a mark below it. */
function pointed({ query, at }: { readonly query: string; readonly at: number }): string {
  const from = Math.max(0, at - SHOWN);
  const shown = query.slice(from, at + SHOWN).replaceAll(/\s/g, ' ');
  return `  ${shown}\n  ${' '.repeat(Math.min(at, query.length) - from)}^ position ${at + 1}`;
}

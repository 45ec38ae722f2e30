// `strongroom search`: events of the index, for people without Dashboards at hand.
// https://docs.opensearch.org/latest/query-dsl/full-text/query-string/ and https://nodejs.org/api/stream.html#event-drain
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { errors } from '@opensearch-project/opensearch';
import type { BankConfig } from '../../shared/config.ts';
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import { QueryError } from '../../shared/search/errors.ts';
import { fieldTypes, warningsOf } from '../../shared/search/fields.ts';
import { printedJson } from '../../shared/search/json.ts';
import { termsOf } from '../../shared/search/lucene.ts';
import { periodsOf } from '../../shared/search/periods.ts';
import { rewritten, searchQuery } from '../../shared/search/query.ts';
import { rowOf, type Row } from '../../shared/search/row.ts';
import { assertNotCold, sightOf } from '../../shared/search/sight.ts';
import { count, search, type Found, type Question } from '../../shared/search/stream.ts';
import { tableOf } from '../../shared/search/table.ts';
import { timeRange, type TimeWords } from '../../shared/search/time.ts';
import { clock, type Hit } from '../../shared/search/value.ts';
import { reasonOf, withBankSearch } from '../opensearch.ts';
import { found as near } from '../similar.ts';

const USAGE = 2;
/** Of a table where nobody says; JSON has all. */
const DEFAULT_ROWS = 100;
/** Rows that the columns are made to fit. */
const SAMPLE = 200;

export interface SearchOptions extends TimeWords {
  readonly bank: string;
  readonly url?: string | undefined;
  readonly limit?: string | undefined;
  readonly json?: boolean | undefined;
  readonly table?: boolean | undefined;
  readonly count?: boolean | undefined;
  readonly leadingWildcards?: boolean | undefined;
}

/** Where a command writes. */
export interface Output {
  readonly out: Writable;
  /** Of the terminal, in characters; undefined where the output is none. */
  readonly columns?: number | undefined;
  /** Takes a line that is about the answer, not part of it. */
  readonly say: (line: string) => void;
  /** Pages of the scroll; given in tests only. */
  readonly page?: Question['page'];
}

export const TERMINAL: Output = {
  out: process.stdout,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  say: (line) => void process.stderr.write(`strongroom: ${line}\n`),
};

/** Prints the events. @returns the exit code: 0, also where there are none; 2 for a query or time that is wrong. @throws where OpenSearch gives no whole answer. */
export async function searchCommand(query: string, options: SearchOptions, output: Output = TERMINAL): Promise<number> {
  return await usage(output, async () => {
    const wanted = wantedOf(options, output);
    // Before anything is asked for: what is wrong with the query needs no server.
    termsOf(query);
    return await withBankSearch(options.bank, { url: options.url }, ({ client, bank }) =>
      searchIndex(client, query, { bank, ...wanted, ...output }),
    );
  });
}

/** @returns what the work gives, or 2 and a line for what the one who asked can mend. */
export async function usage({ say }: Output, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    say(error.message);
    return USAGE;
  }
}

interface Wanted {
  readonly range: ReturnType<typeof timeRange>;
  readonly now: number;
  readonly form: 'count' | 'json' | 'table';
  readonly isJson: boolean;
  readonly limit: number;
  readonly leadingWildcards: boolean;
}

function wantedOf(options: SearchOptions, { columns }: Output): Wanted {
  const now = Date.now();
  const { json = false, table = false, count: counted = false } = options;
  if (json && table) throw new QueryError('--json and --table are two forms: give one of them');
  if (counted && table) throw new QueryError('--count prints a number, no table');
  const isTable = table || (!json && columns !== undefined);
  return {
    now,
    range: timeRange(options, now),
    form: counted ? 'count' : isTable ? 'table' : 'json',
    isJson: json,
    limit: options.limit === undefined ? (isTable ? DEFAULT_ROWS : Infinity) : readLimit(options.limit),
    leadingWildcards: options.leadingWildcards === true,
  };
}

export function readLimit(given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new QueryError(`--limit must be a whole number from 1 (found "${given}")`);
}

export async function searchIndex(
  client: OpenSearch,
  query: string,
  { bank, range, now, form, isJson, limit, leadingWildcards, ...output }: Wanted & Output & { readonly bank: BankConfig },
): Promise<number> {
  const { out, say } = output;
  const periods = periodsOf(range, now);
  const terms = termsOf(query);
  const [types, { limits, cold }] = await Promise.all([fieldTypes(client, periods), sightOf(client, bank)]);
  assertNotCold(cold, range);
  for (const lack of limits) say(`warning: ${lack}`);
  // Without any period, every field would be one that is not there.
  if (types.size > 0) for (const warning of warningsOf(terms, types, near)) say(`warning: ${warning}`);
  const asked = rewritten(query, terms, types, { leadingWildcards });
  const question = { periods, query: searchQuery(asked, range, types), limit, page: output.page };
  return await understood(asked, async () => {
    if (form === 'count') {
      const total = await count(client, question);
      out.write(isJson ? `${JSON.stringify({ count: total })}\n` : `${total}\n`);
      return 0;
    }
    const found = await search(client, question);
    if (found.total === 0)
      say(
        types.size === 0
          ? `nothing is indexed ${span(range)}`
          : `no event ${span(range)}; values are compared as they are written, also upper and lower case`,
      );
    else if (form === 'table') await printTable(found, output);
    else await printLines(found, out);
    const shown = Math.min(limit, found.total);
    if (shown < found.total) say(`${shown} of ${found.total} events, the latest; --limit shows more, --json all`);
    return 0;
  });
}

function span({ from, to }: Wanted['range']): string {
  return `from ${clock(from)}${to === undefined ? ' on' : ` to ${clock(to)}`}`;
}

const BAD_REQUEST = 400;

/** @throws QueryError for what OpenSearch does not understand. */
async function understood<T>(asked: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== BAD_REQUEST) throw error;
    const reason = reasonOf(error);
    const [, what = '', column] = /^(Encountered .*|Lexical error) at line 1, column (\d+)/s.exec(reason) ?? [];
    if (column === undefined) throw new QueryError(`OpenSearch does not take the query: ${reason.split('\n')[0] ?? reason}`);
    // Encountered " <TERM> "word "" at …
    const [, token = ''] = /^Encountered " .*? "(.*?) ""$/s.exec(what.trim()) ?? [];
    const unexpected = what.includes('<EOF>') ? 'it ends too early' : `${token === '' ? 'what stands here' : token} was not expected`;
    throw new QueryError(`the query is wrong: ${unexpected}`, { query: asked, at: Number(column) });
  }
}

async function printLines({ hits }: Found, out: Writable): Promise<void> {
  for await (const hit of hits) await write(out, `${lineOf(hit)}\n`);
}

/** The event as it is stored, and where. */
export function lineOf({ index, id, event }: Hit): string {
  return printedJson({ _index: index, _id: id, ...event });
}

async function printTable({ hits }: Found, { out, columns = Infinity }: Output): Promise<void> {
  let rows: Row[] = [];
  let line: ((row: Row) => string) | undefined;
  const begin = async (): Promise<(row: Row) => string> => {
    const table = tableOf(rows, columns);
    await write(out, [...table.head, ...rows.map((row) => table.line(row))].map((text) => `${text}\n`).join(''));
    rows = [];
    return (row) => table.line(row);
  };
  for await (const hit of hits) {
    if (line !== undefined) await write(out, `${line(rowOf(hit))}\n`);
    else if (rows.push(rowOf(hit)) >= SAMPLE) line = await begin();
  }
  if (line === undefined) await begin();
}

/** Waits for a reader who is slower than OpenSearch. */
export async function write(out: Writable, text: string): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}

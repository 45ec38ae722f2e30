// `npm run bench -- search [EVENTS] [QUESTION…] [--json] [--data=DIRECTORY]`: how long the questions of an analyst take over millions of documents on the real server,
// in our mapping and in the default one over the same events. https://docs.opensearch.org/latest/api-reference/search-apis/search/
import type { JsonObject } from '../shared/model.ts';
import type { OpenSearch } from '../shared/opensearch/client.ts';
import { INDEX_PREFIX } from '../shared/opensearch/index-name.ts';
import { isArray, isObject, object } from '../shared/outcome.ts';
import { DEFAULT_PREFIX, load, loaded } from './search-load.ts';
import { BY_DEFAULT, OURS, QUESTIONS, type Question } from './search-questions.ts';
import { withServer } from './server.ts';

/** Times are of the whole request as its client waits for it, in ms: what the server says of itself is whole milliseconds and leaves out the hits. */
export interface SearchRow {
  readonly question: string;
  readonly hits: number;
  readonly 'ours p50': number;
  readonly 'ours p95': number;
  readonly 'default p50': number;
  readonly 'default p95': number;
  /** The default's p95 by ours: above 1, ours is faster. */
  readonly 'times faster': number;
  /** Whether both gave the same answer; the default one may lack documents that it refused. */
  readonly answers: 'same' | 'default lacks documents' | 'different';
}

export const SEARCH_EVENTS = 5_000_000;

const WARM_UPS = 2;
/** Of each mapping. Quick questions are asked more often: a single pause of the machine is longer than their answer. */
const RUNS = { least: 20, most: 100, withinMs: 10_000 };
/** What a p95 may be above the default's before it counts as slower: the noise of a machine. */
const ALLOWED = { share: 0.1, ms: 2 };
const QUESTION_WITHIN_MS = 600_000;
/** The default mapping makes a field of every key of a payload, and keeps what it knows of each segment's fields. */
const HEAP_MIB = 6144;

/**
 * Sets the exit code where a question is slower, or has another answer.
 * @param events documents of each of the two mappings. @param only beginnings of questions' names; all ten where it is empty.
 * @param onRow takes each row as soon as it is measured.
 * @param kept directory of the server's data: what is there already is asked and not made again.
 */
export async function searchRows(events: number, only: readonly string[], onRow: (row: SearchRow) => void, kept?: string): Promise<void> {
  if (!Number.isSafeInteger(events) || events < 1)
    throw new Error('bench: search takes a number of documents, then beginnings of questions');
  const questions = QUESTIONS.filter(({ name }) => only.length === 0 || only.some((beginning) => name.startsWith(beginning)));
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await withServer(
    async (client) => {
      const { documents, defaultRefused, bytes, defaultBytes } = (await loaded(client)) ?? (await load(client, events, say));
      say(`search: ${documents} documents, ${megabytes(bytes)} MB; by default ${megabytes(defaultBytes)} MB, ${defaultRefused} refused`);
      for (const question of questions) {
        const row = await measure(client, question, defaultRefused);
        if (isSlower(row) || row.answers === 'different') process.exitCode = 1;
        onRow(row);
      }
    },
    { heapMib: HEAP_MIB, kept },
  );
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function isSlower(row: SearchRow): boolean {
  return row['ours p95'] > row['default p95'] * (1 + ALLOWED.share) + ALLOWED.ms;
}

/** Prints the table, which questions are slower, and which have another answer. */
export function printSearch(rows: readonly SearchRow[]): void {
  console.log('ms as the client waits, request and query cache off, by turns with the default mapping over the same events');
  console.table(rows);
  const slower = rows.filter(isSlower).map((row) => `${row.question} (${row['ours p95']} ms against ${row['default p95']} ms)`);
  const allowed = `p95 at most ${ALLOWED.share * 100} % + ${ALLOWED.ms} ms above the default mapping's`;
  console.log(slower.length === 0 ? `none is slower: ${allowed}` : `slower than allowed (${allowed}): ${slower.join('; ')}`);
  const different = rows.filter(({ answers }) => answers === 'different').map(({ question }) => question);
  if (different.length > 0) console.log(`other answers than the default mapping's: ${different.join('; ')}`);
}

interface Asked {
  readonly index: string;
  readonly body: JsonObject;
  readonly times: number[];
}

export async function measure(client: OpenSearch, question: Question, refused: number): Promise<SearchRow> {
  const pattern = `${question.cls === undefined ? '' : `${question.cls}-`}*`;
  const ours: Asked = { index: `${INDEX_PREFIX}${pattern}`, body: question.body(OURS), times: [] };
  const byDefault: Asked = { index: `${DEFAULT_PREFIX}${pattern}`, body: question.body(BY_DEFAULT), times: [] };
  const [answer, other] = [await ask(client, ours), await ask(client, byDefault)];
  for (let warm = 1; warm < WARM_UPS; warm++) for (const asked of [ours, byDefault]) await ask(client, asked);
  const end = performance.now() + RUNS.withinMs;
  for (let run = 0; run < RUNS.least || (run < RUNS.most && performance.now() < end); run++)
    // By turns, and each goes first as often as the other: a noisy moment hits both.
    for (const asked of run % 2 === 0 ? [ours, byDefault] : [byDefault, ours]) {
      const started = performance.now();
      await ask(client, asked);
      asked.times.push(performance.now() - started);
    }
  const [p95, defaultP95] = [quantile(ours.times, 0.95), quantile(byDefault.times, 0.95)];
  return {
    question: question.name,
    hits: hitsOf(answer),
    'ours p50': quantile(ours.times, 0.5),
    'ours p95': p95,
    'default p50': quantile(byDefault.times, 0.5),
    'default p95': defaultP95,
    'times faster': Number((defaultP95 / p95).toFixed(2)),
    answers: compared(question, { answer, other, refused }),
  };
}

async function ask(client: OpenSearch, { index, body }: Asked): Promise<JsonObject> {
  const querystring = { request_cache: 'false' };
  const request = { method: 'POST', path: `/${index}/_search`, querystring, body };
  const answer = await client.transport.request(request, { requestTimeout: QUESTION_WITHIN_MS });
  const found: unknown = answer.body;
  const failed = isObject(found) ? object(found['_shards'])?.['failed'] : undefined;
  if (!isObject(found) || failed !== 0) throw new Error(`bench: ${index} does not answer: ${JSON.stringify(found).slice(0, 500)}`);
  return found;
}

/** @returns the value that this share of the runs does not exceed, to a tenth. */
function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Number((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(1));
}

interface Answers {
  readonly answer: JsonObject;
  readonly other: JsonObject;
  /** Documents that the default mapping lacks. */
  readonly refused: number;
}

function compared({ ties }: Question, { answer, other, refused }: Answers): SearchRow['answers'] {
  const [ours, theirs] = [answer, other].map((found) => JSON.stringify(essence(found, ties !== true)));
  if (ours === theirs) return 'same';
  return refused > 0 ? 'default lacks documents' : 'different';
}

function hitsOf(answer: JsonObject): number {
  const value = object(object(answer['hits'])?.['total'])?.['value'];
  if (typeof value !== 'number') throw new Error('bench: OpenSearch tells no number of hits');
  return value;
}

/** What must be equal: how many, when the newest were, and the values with their counts. Events of one moment may come in any order. */
function essence(answer: JsonObject, keys: boolean): unknown {
  const hits = object(answer['hits'])?.['hits'];
  const times = (isArray(hits) ? hits : []).map((hit) => (isObject(hit) ? hit['sort'] : undefined));
  return { total: hitsOf(answer), times, values: valuesOf(answer['aggregations'], keys) };
}

/** @param keys whether values count, or only how often there is one. */
function valuesOf(aggregations: unknown, keys: boolean): readonly unknown[] {
  return Object.entries(object(aggregations) ?? {}).flatMap(([name, found]) => {
    const aggregation = object(found);
    if (aggregation === undefined) return [];
    const buckets = aggregation['buckets'];
    if (!isArray(buckets)) return [[name, aggregation['value']]];
    const values = buckets.map((bucket) => {
      const key = object(bucket)?.['key'];
      const known = keys && (typeof key === 'string' || typeof key === 'number') ? String(key) : '';
      return JSON.stringify([known, object(bucket)?.['doc_count'], valuesOf(bucket, keys)]);
    });
    return [[name, values.toSorted()]];
  });
}

// `npm run bench -- detect`: rules over CloudTrail events on one core, beside JSON.parse of the same bytes alone in the same run. Rules: public
// ones (../shared/samples/sigma-aws) where they are at hand, else the shipped ones; and a thousand, most of them variants of those.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { createRandom } from '../local/demo/random.ts';
import { cloudTrailRecord } from '../local/demo/records.ts';
import { createEngine, type Engine } from '../shared/detect/engine.ts';
import { emptyBankLists } from '../shared/detect/bank-lists.ts';
import { listsOf } from '../shared/detect/lists.ts';
import { shippedRules } from '../shared/detect/pack.ts';
import { loadDocuments } from '../shared/detect/sigma/load.ts';
import { resolve } from '../shared/detect/sigma/resolve.ts';
import type { Expression, Rule } from '../shared/detect/sigma/rule.ts';
import { fromDocument, toDocument } from '../shared/hub/document.ts';
import type { OcsfEvent } from '../shared/model.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { object, parseJson, text } from '../shared/outcome.ts';
import { cloudtrail } from '../shared/sources/cloudtrail.ts';

export interface DetectRow {
  readonly events: string;
  readonly rules: number;
  /** What is done with each event beside matching. */
  readonly from: 'hub documents' | 'raw bytes';
  readonly matches: number;
  readonly 'events/s': number;
  /** JSON.parse alone. */
  readonly 'floor events/s': number;
  readonly 'of floor': number;
}

const SAMPLES = absolute('../shared/samples');
const EVENTS = 20_000;
const ROUNDS = 4;
const MANY = 1000;
const CHUNK_BYTES = 64 * 1024;

interface Corpus {
  readonly name: string;
  /** As CloudTrail delivers them. */
  readonly file: Buffer;
  /** Each record's JSON. */
  readonly records: readonly string[];
}

export function detectRows(): readonly DetectRow[] {
  const few = publicRules() ?? shippedRules();
  return corpora().flatMap((corpus) => {
    const documents = documentsOf(corpus.file);
    const names = [...new Set(corpus.records.map(nameOf))];
    return [few, manyOf(few, names)].flatMap((rules) => {
      const lists = { ...emptyBankLists(), ...listsOf({ bad_addresses: [] }) };
      const engine = createEngine(rules, lists);
      return [
        row(
          { corpus, rules, from: 'hub documents' },
          () => matchDocuments(documents, engine),
          () => parseEach(documents),
        ),
        row(
          { corpus, rules, from: 'raw bytes' },
          () => matchFile(corpus.file, engine),
          () => parseWhole(corpus.file),
        ),
      ];
    });
  });
}

function row(
  { corpus, rules, from }: { corpus: Corpus; rules: readonly Rule[]; from: DetectRow['from'] },
  work: () => number,
  floor: () => number,
): DetectRow {
  let [ours, parsing, matches] = [Infinity, Infinity, 0];
  // Turn by turn: a noisy moment of the machine hits both. The first rounds warm the compiler up; the best of all counts.
  for (let round = 0; round < ROUNDS; round++) {
    parsing = Math.min(parsing, secondsOf(floor));
    ours = Math.min(
      ours,
      secondsOf(() => (matches = work())),
    );
  }
  const events = corpus.records.length;
  return {
    ...{ events: corpus.name, rules: rules.length, from, matches },
    'events/s': Math.round(events / ours),
    'floor events/s': Math.round(events / parsing),
    'of floor': Number((parsing / ours).toFixed(2)),
  };
}

/** CPU time of all threads: the collector's and the compiler's are ours too. */
function secondsOf(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

function matchDocuments(documents: readonly string[], engine: Engine): number {
  let matches = 0;
  for (const document of documents) {
    const event = fromDocument(document);
    if (event !== undefined) matches += engine.match(event).length;
  }
  return matches;
}

function parseEach(documents: readonly string[]): number {
  let sum = 0;
  for (const document of documents) sum += Object.keys(JSON.parse(document) as object).length;
  return sum;
}

function matchFile(file: Buffer, engine: Engine): number {
  let matches = 0;
  eachEvent(file, (event) => (matches += engine.match(event).length));
  return matches;
}

function parseWhole(file: Buffer): number {
  return (JSON.parse(file.toString('utf8')) as { Records: readonly object[] }).Records.length;
}

function eachEvent(file: Buffer, onEvent: (event: OcsfEvent) => void): void {
  const normaliser = createNormaliser({
    origin: {
      bank: 'bench',
      account: '222222222222',
      region: 'eu-central-1',
      source: 'cloudtrail',
      trigger: 'file',
      uri: 'file://x',
      time: 0,
    },
    source: cloudtrail,
    transforms: [],
    onEvent,
    onParked: ({ code, detail }) => {
      throw new Error(`bench: a record was parked: ${code} ${detail}`);
    },
  });
  for (let at = 0; at < file.length; at += CHUNK_BYTES) normaliser.push(file.subarray(at, at + CHUNK_BYTES));
  normaliser.end();
}

function documentsOf(file: Buffer): readonly string[] {
  const documents: string[] = [];
  eachEvent(file, (event) => documents.push(toDocument(event).json));
  return documents;
}

function corpora(): readonly Corpus[] {
  const random = createRandom(7);
  const made = Array.from({ length: EVENTS }, (_, at) => cloudTrailRecord(random, at));
  const recorded = join(SAMPLES, 'cloudtrail/delivery');
  if (!existsSync(recorded)) return [corpusOf('made up', made)];
  const real = readdirSync(recorded).flatMap((file) => {
    const { Records } = JSON.parse(readFileSync(join(recorded, file), 'utf8')) as { Records: readonly object[] };
    return Records.map((record) => JSON.stringify(record));
  });
  const again = Array.from({ length: Math.ceil(EVENTS / real.length) }, () => real).flat();
  return [corpusOf('made up', made), corpusOf('recorded attack, repeated', again)];
}

function corpusOf(name: string, records: readonly string[]): Corpus {
  return { name, records, file: Buffer.from(`{"Records":[${records.join(',')}]}`) };
}

function nameOf(record: string): string {
  return text(object(parseJson(record))?.['eventName']) ?? '';
}

function publicRules(): readonly Rule[] | undefined {
  const folder = join(SAMPLES, 'sigma-aws/rules');
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yml'));
  return resolve(files.sort().flatMap((file) => loadDocuments(readFileSync(join(folder, file), 'utf8'), file))).rules;
}

/** @returns the rules and, up to a thousand, variants of those that ask for event names, with other names: every tenth for one in the log. */
function manyOf(rules: readonly Rule[], names: readonly string[]): readonly Rule[] {
  const named = rules.filter(({ condition }) => JSON.stringify(condition).includes('"eventName"'));
  const variants = Array.from({ length: MANY - rules.length }, (_, at): Rule[] => {
    const rule = named[at % named.length];
    if (rule === undefined) return [];
    const name = at % 10 === 0 ? (names[(at / 10) % names.length] ?? '') : `Variant${at}`;
    const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
    return [{ ...rule, id, title: `${rule.title} ${at}`, condition: renamed(rule.condition, name) }];
  });
  return [...rules, ...variants.flat()];
}

function renamed(expression: Expression, name: string): Expression {
  if (expression.kind === 'not') return { ...expression, of: renamed(expression.of, name) };
  if (expression.kind === 'all' || expression.kind === 'any')
    return { ...expression, of: expression.of.map((part) => renamed(part, name)) };
  return expression.kind === 'field' && expression.field === 'eventName' ? { ...expression, values: [name] } : expression;
}

/** Events per second of one core, JSON.parse included. */
const GOALS = { few: 100_000, many: 50_000 };

export function printDetect(rows: readonly DetectRow[]): void {
  console.log(`rules over CloudTrail on one core; goals: ${GOALS.few} events/s with few rules, ${GOALS.many} with ${MANY}`);
  console.table(rows);
}

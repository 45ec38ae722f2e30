// `npm run bench [-- --json] [-- SOURCE…|seal|notary|verify]`: what one core does, per source, beside the floor measured in the same run; what sealing
// costs of it, and a leaf of the log. `-- storage [SOURCE…]` and `-- search [EVENTS]` measure the index, on a real server, and are run alone,
// as is `-- detection [--write]`: what the shipped rules find in recorded attacks, and how often they alert on a quiet day.
// `-- detect`: rules over events, beside JSON.parse alone.
// `-- anomalies [SEED…]`: a made-up quarter with attacks in it: recall, precision, and whether the budget of alerts holds (exit code 1 if not).
// Ratios count; the absolute numbers are this machine's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpora, type Corpus } from './corpus.ts';
import { functionRows } from './functions.ts';
import { notaryRows } from './notary.ts';
import type { SearchRow } from './search.ts';
import { MOST_OF_SEALING, sealRows } from './seal.ts';
import { printVerify, verifyRows } from './verify.ts';

interface Run {
  readonly seconds: number;
  readonly events: number;
  readonly peakRssMiB: number;
}

interface SourceRow {
  readonly source: string;
  readonly events: number;
  readonly 'events/s': number;
  readonly 'MB/s': number;
  readonly 'floor events/s': number;
  readonly 'of floor': number;
  readonly 'peak RSS MiB': number;
}

/** Our run and the floor, turn by turn, each in a process of its own: a noisy moment hits both, and peak memory is one run's. */
const TURNS = { main: 3, other: 2 };
const ROUNDS = { main: 6, other: 8 };

function sourceRows(only: readonly string[]): readonly SourceRow[] {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-bench-'));
  try {
    return corpora(only).map((corpus) => {
      const { source, bytes, expandedBytes } = corpus;
      const file = join(directory, source);
      writeFileSync(file, bytes);
      const turns = Array.from({ length: TURNS[corpus.isMain ? 'main' : 'other'] }, () => ({
        ours: run('ours', corpus, file),
        floor: run('floor', corpus, file),
      }));
      const ours = Math.min(...turns.map((turn) => turn.ours.seconds));
      const floor = Math.min(...turns.map((turn) => turn.floor.seconds));
      const events = turns[0]?.ours.events ?? 0;
      return {
        source,
        events,
        'events/s': Math.round(events / ours),
        'MB/s': Math.round(expandedBytes / 1e6 / ours),
        'floor events/s': Math.round(events / floor),
        'of floor': Number((floor / ours).toFixed(2)),
        'peak RSS MiB': Math.max(...turns.map((turn) => turn.ours.peakRssMiB)),
      };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(what: 'ours' | 'floor', { source, options, isMain }: Corpus, file: string): Run {
  const rounds = String(ROUNDS[isMain ? 'main' : 'other']);
  const child = spawnSync(process.execPath, ['bench/run.ts', what, source, file, JSON.stringify(options), rounds], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`bench: ${what} of ${source} failed`);
  return JSON.parse(child.stdout) as Run;
}

/** No source may be slower, whatever it reads. */
const LEAST_EVENTS_PER_SECOND = 30_000;

/** What may be asked for beside the sources. */
const OTHERS = ['seal', 'notary', 'verify'];

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const asJson = process.argv.includes('--json');
if (names[0] === 'detection') {
  (await import('./detection.ts')).benchDetection(asJson, process.argv.includes('--write'));
  process.exit();
}
if (names[0] === 'detect') {
  const { detectRows, printDetect } = await import('./detect.ts');
  const rows = detectRows();
  if (asJson) console.log(JSON.stringify(rows));
  else printDetect(rows);
  process.exit();
}
if (names[0] === 'anomalies') {
  const held = await (await import('./anomalies.ts')).benchAnomalies(names.slice(1).map(Number), asJson);
  process.exit(held ? 0 : 1);
}
if (names[0] === 'storage') {
  await (await import('./storage.ts')).benchStorage(names.slice(1), asJson);
  process.exit();
}
if (names[0] === 'intel') {
  (await import('./intel.ts')).benchIntel(names.slice(1), asJson);
  process.exit();
}
if (names[0] === 'search') {
  await benchSearch(names.slice(1));
  process.exit();
}
const wanted = names.filter((name) => !OTHERS.includes(name));
const sources = names.length > 0 && wanted.length === 0 ? [] : sourceRows(wanted);
const sealing = names.length === 0 || names.includes('seal') ? await sealRows() : [];
const log = names.length === 0 || names.includes('notary') ? await notaryRows() : [];
const verification = names.length === 0 || names.includes('verify') ? await verifyRows() : [];
const functions = names.length === 0 ? await functionRows() : [];
if (asJson) console.log(JSON.stringify({ sources, sealing, log, verification, functions }));
else {
  if (sources.length > 0) printSources();
  if (sealing.length > 0) printSealing();
  if (log.length > 0) printLog();
  if (verification.length > 0) printVerify(verification);
  if (functions.length > 0) console.log('packaged functions; cold start: from the start of a Node process until the handler is loaded');
  if (functions.length > 0) console.table(functions);
}

/** @param wanted how many documents, then beginnings of questions. */
async function benchSearch([events, ...questions]: readonly string[]): Promise<void> {
  const { printSearch, searchRows, SEARCH_EVENTS } = await import('./search.ts');
  const rows: SearchRow[] = [];
  const onRow = (row: SearchRow): void => {
    rows.push(row);
    if (asJson) console.log(JSON.stringify(row));
  };
  const kept = process.argv.find((argument) => argument.startsWith('--data='))?.slice('--data='.length);
  await searchRows(events === undefined ? SEARCH_EVENTS : Number(events), questions, onRow, kept);
  if (!asJson) printSearch(rows);
}

function printSources(): void {
  console.log('gunzip → OCSF NDJSON on one core; floor: gunzip + whole-file JSON.parse or split + JSON.stringify of a like-sized object');
  console.table(sources);
  const slow = sources.filter((row) => row['events/s'] < LEAST_EVENTS_PER_SECOND).map(({ source }) => source);
  console.log(
    slow.length === 0
      ? `all sources: at least ${LEAST_EVENTS_PER_SECOND} events/s`
      : `below ${LEAST_EVENTS_PER_SECOND} events/s: ${slow.join(', ')}`,
  );
}

function printSealing(): void {
  console.log('sealing (encryption, salted hashes) of the CPU time of ingest; one object, or one event of the bus');
  console.table(sealing);
  const shares = sealing.map((row) => row['sealing %']);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  console.log(
    `sealing share: ${mean.toFixed(1)} % where each of them takes as much of the time (allowed: ${MOST_OF_SEALING} %), at most ${Math.max(...shares)} %`,
  );
  if (mean > MOST_OF_SEALING) process.exitCode = 1;
}

function printLog(): void {
  console.log(
    'log of evidence, in memory: a leaf costs what it costs, however many there are; a proof grows by one hash where the log doubles',
  );
  console.table(log);
}

// `npm run bench [-- --json] [-- SOURCE…]`: what one core does, per source, beside the floor measured in the same run. Ratios count; the absolute numbers are
// this machine's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpora, type Corpus } from './corpus.ts';
import { functionRows } from './functions.ts';

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
const TURNS = { main: 3, other: 1 };
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

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const sources = sourceRows(names);
const functions = names.length === 0 ? await functionRows() : [];
if (process.argv.includes('--json')) console.log(JSON.stringify({ sources, functions }));
else {
  console.log('gunzip → OCSF NDJSON on one core; floor: gunzip + whole-file JSON.parse or split + JSON.stringify of a like-sized object');
  console.table(sources);
  const slow = sources.filter((row) => row['events/s'] < LEAST_EVENTS_PER_SECOND).map(({ source }) => source);
  console.log(
    slow.length === 0
      ? `all sources: at least ${LEAST_EVENTS_PER_SECOND} events/s`
      : `below ${LEAST_EVENTS_PER_SECOND} events/s: ${slow.join(', ')}`,
  );
  if (functions.length > 0) console.log('packaged functions; cold start: from the start of a Node process until the handler is loaded');
  if (functions.length > 0) console.table(functions);
}

// `npm run bench [-- --json]`: what one core does, per source, beside the floor measured in the same run. Ratios count; the absolute numbers are
// this machine's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpora } from './corpus.ts';
import { functionRows } from './functions.ts';

interface Run {
  readonly seconds: number;
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
const TURNS = 3;

function sourceRows(): readonly SourceRow[] {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-bench-'));
  try {
    return corpora().map(({ source, records, bytes, expandedBytes }) => {
      const file = join(directory, source);
      writeFileSync(file, bytes);
      const turns = Array.from({ length: TURNS }, () => ({ ours: run('ours', source, file), floor: run('floor', source, file) }));
      const ours = Math.min(...turns.map((turn) => turn.ours.seconds));
      const floor = Math.min(...turns.map((turn) => turn.floor.seconds));
      return {
        source,
        events: records,
        'events/s': Math.round(records / ours),
        'MB/s': Math.round(expandedBytes / 1e6 / ours),
        'floor events/s': Math.round(records / floor),
        'of floor': Number((floor / ours).toFixed(2)),
        'peak RSS MiB': Math.max(...turns.map((turn) => turn.ours.peakRssMiB)),
      };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(what: 'ours' | 'floor', source: string, file: string): Run {
  const child = spawnSync(process.execPath, ['bench/run.ts', what, source, file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`bench: ${what} of ${source} failed`);
  return JSON.parse(child.stdout) as Run;
}

const sources = sourceRows();
const functions = await functionRows();
if (process.argv.includes('--json')) console.log(JSON.stringify({ sources, functions }));
else {
  console.log('gunzip → OCSF NDJSON on one core; floor: gunzip + whole-file JSON.parse or split + JSON.stringify of a like-sized object');
  console.table(sources);
  console.log('packaged functions; cold start: from the start of a Node process until the handler is loaded');
  console.table(functions);
}

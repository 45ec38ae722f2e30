// `npm run fuzz [-- --runs 1000000 --seed 1 --source NAME]`: mutated records over every source. Nothing may be thrown, lost, slow or invalid OCSF.
// What goes wrong is printed with its seed: `--seed S --runs 1 --source NAME` does that one again.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { parseArgs } from 'node:util';
import type { OcsfEvent } from '../shared/model.ts';
import type { Source } from '../shared/sources/api.ts';
import { SOURCES } from '../shared/sources/registry.ts';
import { mutated, normaliseSpecimen, specimensOf, type Specimen } from '../test/mutations.ts';
import { validateEvent } from '../test/ocsf.ts';

interface Job {
  readonly runs: number;
  readonly seed: number;
  readonly source: string | undefined;
}

/** What the worker tells: before a round of records (so that one that never ends is known), and at the end. */
type Told =
  | { readonly at: string; readonly seed: number }
  | { readonly problem: string }
  | { readonly done: Readonly<Record<string, { records: number; events: number; parked: number; excluded: number }>> };

/** A record takes microseconds. */
const HANGS_AFTER_MS = 20_000;
const ROUND = 200;
/** Validating costs more than all the rest: one event in so many. */
const VALIDATED = 8;

if (isMainThread) await watch();
else work(workerData as Job);

async function watch(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' }, source: { type: 'string' } },
  });
  const job: Job = { runs: Number(values.runs), seed: Number(values.seed), source: values.source };
  const started = performance.now();
  const problems: string[] = [];
  let last = '';
  await new Promise<void>((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    const hangs = (): void => {
      problems.push(`no end within ${HANGS_AFTER_MS / 1000} s: ${last}`);
      void worker.terminate().then(() => resolve());
    };
    let timer = setTimeout(hangs, HANGS_AFTER_MS);
    worker.on('message', (told: Told) => {
      clearTimeout(timer);
      timer = setTimeout(hangs, HANGS_AFTER_MS);
      if ('problem' in told) problems.push(told.problem);
      else if ('done' in told) console.table(told.done);
      else last = `${told.at}, seeds from ${told.seed}`;
    });
    worker.on('error', (error: Error) => {
      problems.push(`${error.message}: ${last}`);
      resolve();
    });
    worker.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  for (const problem of problems.slice(0, 50)) console.log(problem);
  console.log(`fuzz: ${job.runs} mutated records, ${problems.length} problems (${Math.round((performance.now() - started) / 1000)} s)`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function work({ runs, seed, source: only }: Job): void {
  const subjects = SOURCES.filter(({ name }) => only === undefined || name === only).map((source) => ({
    source,
    specimens: specimensOf(source),
  }));
  const totals = Object.fromEntries(subjects.map(({ source }) => [source.name, { records: 0, events: 0, parked: 0, excluded: 0 }]));
  for (let done = 0; done < runs;) {
    for (const { source, specimens } of subjects) {
      const count = Math.min(ROUND, runs - done);
      parentPort?.postMessage({ at: source.name, seed: seed + done } satisfies Told);
      for (let run = 0; run < count; run++) {
        const { problems, counts } = once(source, specimens, seed + done + run);
        for (const problem of problems)
          parentPort?.postMessage({ problem: `${source.name} --seed ${seed + done + run}: ${problem}` } satisfies Told);
        const total = totals[source.name];
        if (total !== undefined) for (const name of ['records', 'events', 'parked', 'excluded'] as const) total[name] += counts[name];
      }
      done += count;
      if (done >= runs) break;
    }
  }
  parentPort?.postMessage({ done: totals } satisfies Told);
}

function once(source: Source, specimens: readonly Specimen[], seed: number) {
  const specimen = specimens[Math.abs(seed) % specimens.length];
  const problems: string[] = [];
  const events: OcsfEvent[] = [];
  if (specimen === undefined) return { problems: ['has no golden record'], counts: { records: 0, events: 0, parked: 0, excluded: 0 } };
  const { counts } = normaliseSpecimen(source, specimen, mutated(specimen.text, specimens, seed), {
    transforms: [],
    onEvent(event) {
      JSON.stringify(event);
      events.push(event);
    },
    onParked({ detail }) {
      if (detail.includes(' failed on it: ')) problems.push(detail);
    },
  });
  if (seed % VALIDATED === 0) for (const event of events) problems.push(...validateEvent(event));
  if (counts.records !== events.length + counts.excluded + counts.parked) problems.push('the sum does not hold');
  return { problems, counts };
}

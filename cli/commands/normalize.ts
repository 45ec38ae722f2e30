// `strongroom normalize`: decode → parse → map on local files, with no server. The same code as in the functions, in bounded memory.
import { once } from 'node:events';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { codeOf, unreadable } from '../input-files.ts';
import { createTotals, normalizeFile, type FileJob, type NormalizeOptions, type Queue, type Totals } from '../normalize-file.ts';
import { found } from '../similar.ts';

const USAGE = 2;
const NOTHING_RECOGNISED = 3;

/** @param files paths, `-` for standard input. @returns the exit code: 0, 1 if the sum does not hold, 2 usage, 3 if nothing was recognised. */
export async function normalizeCommand(files: readonly string[], options: NormalizeOptions): Promise<number> {
  const sources = sourcesOf(options.bank ?? {});
  const named = options.mapping ?? sources.find(({ name }) => name === options.source);
  if (options.source !== undefined && named === undefined)
    return usage(
      `no such source ${found(
        options.source,
        sources.map(({ name }) => name),
      )}; \`strongroom sources\` lists them`,
    );
  const wrong = files.map(unreadable).find((problem) => problem !== undefined);
  if (wrong !== undefined) return usage(wrong);
  const overwritten = files.find((file) => options.parked !== undefined && isSameFile(file, options.parked));
  if (overwritten !== undefined) return usage(`--parked ${overwritten}: is to be read, and would be overwritten`);
  let parkedFile: number | undefined;
  try {
    parkedFile = options.parked === undefined ? undefined : openSync(options.parked, 'w');
  } catch (error) {
    return usage(`--parked ${options.parked ?? ''}: cannot be written (${codeOf(error)})`);
  }
  try {
    const parked = parkedFile === undefined ? undefined : fileOutput(parkedFile);
    return await normalizeFiles(files, { named, options, parked, output: standardOutput() });
  } finally {
    if (parkedFile !== undefined) closeSync(parkedFile);
  }
}

function usage(problem: string): number {
  process.stderr.write(`normalize: ${problem}\n`);
  return USAGE;
}

function isSameFile(file: string, other: string): boolean {
  const [one, two] = [file, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === two?.ino && one.dev === two.dev;
}

async function normalizeFiles(files: readonly string[], job: Omit<FileJob, 'file' | 'totals'>): Promise<number> {
  const totals = createTotals();
  let recognised = 0;
  for (const file of files) {
    if (await normalizeFile({ file, totals, ...job })) recognised++;
    else process.stderr.write(`normalize: ${file}: not recognised; name its format with --source (\`strongroom sources\` lists them)\n`);
  }
  await job.output.flush();
  await job.parked?.flush();
  summarise(totals, job.options);
  if (recognised === 0) return NOTHING_RECOGNISED;
  const { records, events, excluded, parked } = totals.counts;
  return records === events + excluded + parked ? 0 : 1;
}

function queue(write: (text: string) => unknown, room: () => Promise<unknown>): Queue {
  let pending: string[] = [];
  return {
    add: (line) => pending.push(line),
    async flush() {
      if (pending.length > 0) write(pending.join(''));
      pending = [];
      await room();
    },
  };
}

function standardOutput(): Queue {
  const { stdout } = process;
  return queue(
    (text) => stdout.write(text),
    () => (stdout.writableNeedDrain ? once(stdout, 'drain') : Promise.resolve()),
  );
}

function fileOutput(file: number): Queue {
  return queue(
    (text) => writeFileSync(file, text),
    () => Promise.resolve(),
  );
}

function summarise({ counts, excludedBy, wouldExclude }: Totals, { json, bank }: NormalizeOptions): void {
  const { records, events, excluded, parked } = counts;
  const rules = bank === undefined ? {} : { excluded_by: Object.fromEntries(excludedBy), would_exclude: Object.fromEntries(wouldExclude) };
  if (json === true) {
    process.stderr.write(`${JSON.stringify({ records, events, excluded, parked, ...rules })}\n`);
    return;
  }
  process.stderr.write(`normalize: ${records} records = ${events} events + ${excluded} excluded + ${parked} parked\n`);
  if (bank === undefined) return;
  for (const [rule, count] of excludedBy) process.stderr.write(`normalize: excluded by ${rule}: ${count}\n`);
  for (const [rule, count] of wouldExclude) process.stderr.write(`normalize: would be excluded by ${rule} (dry run): ${count}\n`);
}

// `strongroom normalize`: decode → parse → map on local files, with no server. The same code as in the functions, in bounded memory.
import { once } from 'node:events';
import { accessSync, closeSync, constants, createReadStream, openSync, statSync, writeFileSync } from 'node:fs';
import type { BankConfig } from '../../shared/config.ts';
import { createDecompressor, DEFAULT_LIMITS } from '../../shared/decode/decompress.ts';
import type { Counts, OcsfEvent, ParkedRecord } from '../../shared/model.ts';
import { createNormaliser, type Normaliser } from '../../shared/normalise.ts';
import { fullForm } from '../../shared/ocsf/full.ts';
import { transformsFor } from '../../shared/redact/transforms.ts';
import type { Source } from '../../shared/sources/api.ts';
import { recognise, sourceNamed, SOURCES } from '../../shared/sources/registry.ts';

export interface NormalizeOptions {
  readonly source?: string;
  /** Where rejected records are written, NDJSON; without it they are only counted. */
  readonly parked?: string;
  readonly json?: boolean;
  readonly full?: boolean;
  /** Redactions and exclusions of this bank are applied. */
  readonly bank?: BankConfig | undefined;
}

/** Bytes looked at to recognise a file. */
const HEAD_BYTES = 64 * 1024;
const USAGE = 2;
const NOTHING_RECOGNISED = 3;

/** @param files paths, `-` for standard input. @returns the exit code: 0, 1 if the sum does not hold, 2 usage, 3 if nothing was recognised. */
export async function normalizeCommand(files: readonly string[], options: NormalizeOptions): Promise<number> {
  const named = options.source === undefined ? undefined : sourceNamed(options.source);
  if (options.source !== undefined && named === undefined) return usage(`no source "${options.source}"; there are: ${NAMES}`);
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

const NAMES = SOURCES.map(({ name }) => name).join(', ');

function usage(problem: string): number {
  process.stderr.write(`normalize: ${problem}\n`);
  return USAGE;
}

function unreadable(file: string): string | undefined {
  if (file === '-') return undefined;
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? `${file}: is a folder; name the files in it` : undefined;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? `${file}: no such file` : `${file}: cannot be read (${code})`;
  }
}

function isSameFile(file: string, other: string): boolean {
  const [one, two] = [file, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === two?.ino && one.dev === two.dev;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

async function normalizeFiles(files: readonly string[], job: Omit<FileJob, 'file'>): Promise<number> {
  let total: Counts = { records: 0, events: 0, excluded: 0, parked: 0 };
  let recognised = 0;
  for (const file of files) {
    const done = await normalizeFile({ file, ...job });
    if (done.source !== undefined) recognised++;
    else process.stderr.write(`normalize: ${file}: not recognised; name its format with --source (${NAMES})\n`);
    total = add(total, done.counts);
  }
  await job.output.flush();
  await job.parked?.flush();
  summarise(total, job.options.json === true);
  if (recognised === 0) return NOTHING_RECOGNISED;
  return total.records === total.events + total.excluded + total.parked ? 0 : 1;
}

interface FileJob {
  readonly file: string;
  readonly named: Source | undefined;
  readonly options: NormalizeOptions;
  readonly output: Queue;
  readonly parked: Queue | undefined;
}

/** Bytes are kept until there are enough to recognise the source; from then on they flow through. */
async function normalizeFile(job: FileJob): Promise<{ readonly source: Source | undefined; readonly counts: Counts }> {
  let source = job.named;
  let normaliser: Normaliser | undefined = source === undefined ? undefined : normaliserFor(job, source);
  let head: Buffer[] = [];
  let headBytes = 0;

  function begin(): Normaliser {
    const bytes = Buffer.concat(head);
    head = [];
    source ??= recognise(bytes.toString('utf8', 0, HEAD_BYTES));
    normaliser = normaliserFor(job, source);
    normaliser.push(bytes);
    return normaliser;
  }

  function take(chunk: Buffer): void {
    if (normaliser !== undefined) {
      normaliser.push(chunk);
      return;
    }
    head.push(chunk);
    headBytes += chunk.length;
    if (headBytes >= HEAD_BYTES) begin();
  }

  async function settled(): Promise<void> {
    await job.output.flush();
    await job.parked?.flush();
  }

  const decompressor = createDecompressor(take, DEFAULT_LIMITS, settled);
  const input = job.file === '-' ? process.stdin : createReadStream(job.file, { highWaterMark: 256 * 1024 });
  for await (const chunk of input as AsyncIterable<Buffer>) {
    await decompressor.write(chunk);
    await settled();
  }
  const problem = await decompressor.end();
  const ending = normaliser ?? begin();
  if (problem !== undefined) ending.unreadable(problem);
  else if (source === undefined) ending.unreadable({ code: 'unknown_source', detail: 'no source recognises the contents' });
  return { source, counts: ending.end().counts };
}

function normaliserFor({ file, options, output, parked }: FileJob, source: Source | undefined): Normaliser {
  const form = options.full === true ? fullForm : (event: OcsfEvent) => event;
  return createNormaliser({
    origin: {
      bank: options.bank?.bank ?? 'local',
      account: 'unknown',
      region: 'unknown',
      source: source?.name ?? 'unknown',
      trigger: 'file',
      // The path as given, not the name alone: files of one name in several folders must not share their ids.
      uri: `file://${file === '-' ? 'stdin' : file}`,
      time: 0,
    },
    source,
    transforms: options.bank === undefined || source === undefined ? [] : transformsFor(options.bank, source.name),
    onEvent: (event) => output.add(`${JSON.stringify(form(event))}\n`),
    onParked: (record: ParkedRecord) => parked?.add(`${JSON.stringify(record)}\n`),
  });
}

interface Queue {
  add(line: string): void;
  /** Writes what was added; resolves when there is room for more. */
  flush(): Promise<void>;
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

function add(a: Counts, b: Counts): Counts {
  return { records: a.records + b.records, events: a.events + b.events, excluded: a.excluded + b.excluded, parked: a.parked + b.parked };
}

function summarise(counts: Counts, json: boolean): void {
  const { records, events, excluded, parked } = counts;
  const line = json
    ? JSON.stringify({ records, events, excluded, parked })
    : `normalize: ${records} records = ${events} events + ${excluded} excluded + ${parked} parked`;
  process.stderr.write(`${line}\n`);
}

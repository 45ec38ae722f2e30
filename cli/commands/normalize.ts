// `strongroom normalize`: decode → parse → map on local files, with no server. The same code as in the functions, in bounded memory.
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { BankConfig } from '../../shared/config.ts';
import { createDecompressor } from '../../shared/decode/decompress.ts';
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
  if (options.source !== undefined && named === undefined) {
    process.stderr.write(`normalize: no source "${options.source}"; there are: ${SOURCES.map(({ name }) => name).join(', ')}\n`);
    return USAGE;
  }
  const missing = files.find((file) => file !== '-' && !existsSync(file));
  if (missing !== undefined) {
    process.stderr.write(`normalize: ${missing}: no such file\n`);
    return USAGE;
  }
  const output = queue(process.stdout);
  const parkedFile = options.parked === undefined ? undefined : createWriteStream(options.parked);
  const parked = parkedFile === undefined ? undefined : queue(parkedFile);
  let total: Counts = { records: 0, events: 0, excluded: 0, parked: 0 };
  let recognised = 0;
  for (const file of files) {
    const done = await normalizeFile({ file, named, options, output, parked });
    if (done.source !== undefined) recognised++;
    else process.stderr.write(`normalize: ${file}: not recognised; name its format with --source (${SOURCES.map(({ name }) => name).join(', ')})\n`);
    total = add(total, done.counts);
  }
  await output.flush();
  await parked?.flush();
  if (parkedFile !== undefined) await new Promise((resolve) => parkedFile.end(resolve));
  summarise(total, options.json === true);
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

  const decompressor = createDecompressor((chunk) => {
    if (normaliser !== undefined) return normaliser.push(chunk);
    head.push(chunk);
    headBytes += chunk.length;
    if (headBytes >= HEAD_BYTES) begin();
  });
  const input = job.file === '-' ? process.stdin : createReadStream(job.file, { highWaterMark: 256 * 1024 });
  for await (const chunk of input as AsyncIterable<Buffer>) {
    await decompressor.write(chunk);
    await job.output.flush();
    await job.parked?.flush();
  }
  const problem = await decompressor.end();
  const ending = normaliser ?? begin();
  if (problem !== undefined) ending.unreadable(problem);
  else if (source === undefined) ending.unreadable({ code: 'unknown_source', detail: 'no source recognises the contents' });
  return { source, counts: ending.end().counts };
}

function normaliserFor({ file, options, output, parked }: FileJob, source: Source | undefined): Normaliser {
  const name = file === '-' ? 'stdin' : basename(file);
  const form = options.full === true ? fullForm : (event: OcsfEvent) => event;
  return createNormaliser({
    origin: {
      bank: options.bank?.bank ?? 'local',
      account: 'unknown',
      region: 'unknown',
      source: source?.name ?? 'unknown',
      trigger: 'file',
      uri: `file://${name}`,
      time: 0,
    },
    source,
    transforms: options.bank === undefined || source === undefined ? [] : transformsFor(options.bank, source.name),
    onEvent: (event) => output.add(`${JSON.stringify(form(event))}\n`),
    onParked: (record: ParkedRecord) => parked?.add(`${JSON.stringify(record)}\n`),
  });
}

interface Queue {
  add(text: string): void;
  /** Resolves when the stream has room again. */
  flush(): Promise<void>;
}

function queue(stream: Writable): Queue {
  let pending: string[] = [];
  return {
    add: (text) => pending.push(text),
    async flush() {
      if (pending.length === 0) return;
      const text = pending.join('');
      pending = [];
      if (!stream.write(text)) await once(stream, 'drain');
    },
  };
}

function add(a: Counts, b: Counts): Counts {
  return { records: a.records + b.records, events: a.events + b.events, excluded: a.excluded + b.excluded, parked: a.parked + b.parked };
}

function summarise(counts: Counts, json: boolean): void {
  const { records, events, excluded, parked } = counts;
  const line = json ? JSON.stringify({ records, events, excluded, parked }) : `normalize: ${records} records = ${events} events + ${excluded} excluded + ${parked} parked`;
  process.stderr.write(`${line}\n`);
}

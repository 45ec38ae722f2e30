// One local file through decode → parse → map, with no server. The same code as in the functions, in bounded memory.
import { randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BankConfig } from '../shared/config.ts';
import { createBodyReader } from '../shared/decode/body-reader.ts';
import { createFramer } from '../shared/decode/framer.ts';
import { parseCloudWatchBatch, readCloudWatchBatch } from '../shared/decode/cloudwatch-batch.ts';
import type { Counts, OcsfEvent, Origin, ParkedRecord, Reject } from '../shared/model.ts';
import { createNormaliser, type NormaliseOptions, type Normaliser, type Summary, type Transform } from '../shared/normalise.ts';
import { fullForm } from '../shared/ocsf/full.ts';
import { value } from '../shared/outcome.ts';
import { createSensitive } from '../shared/redact/sensitive.ts';
import { transformsFor } from '../shared/redact/transforms.ts';
import type { Source } from '../shared/sources/api.ts';
import { claim, recognise } from '../shared/sources/registry.ts';
import { logsRoute, sourcesOf } from '../shared/sources/routes.ts';

export interface NormalizeOptions {
  readonly source?: string;
  /** Where rejected records are written, NDJSON; without it they are only counted. */
  readonly parked?: string;
  readonly json?: boolean;
  readonly full?: boolean;
  /** Its redactions, exclusions and own sources are applied. */
  readonly bank?: BankConfig | undefined;
  /** A source described in YAML, to be tried out. */
  readonly mapping?: Source | undefined;
}

/** Bytes looked at to recognise a file. */
const HEAD_BYTES = 64 * 1024;

export interface Queue {
  add(line: string): void;
  /** Writes what was added; resolves when there is room for more. */
  flush(): Promise<void>;
}

export interface FileJob {
  /** Path, `-` for standard input. */
  readonly file: string;
  readonly named: Source | undefined;
  readonly options: NormalizeOptions;
  /** Takes the events instead of the output. */
  readonly take?: (event: OcsfEvent) => void;
  readonly output: Queue;
  readonly parked: Queue | undefined;
  readonly totals: Totals;
}

/** What became of the records of all files. */
export interface Totals {
  counts: Counts;
  readonly excludedBy: Map<string, number>;
  /** By exclusion that is only being tried. */
  readonly wouldExclude: Map<string, number>;
}

export function createTotals(): Totals {
  return { counts: { records: 0, events: 0, excluded: 0, parked: 0 }, excludedBy: new Map(), wouldExclude: new Map() };
}

/** What takes a file's bytes: a normaliser, or one for each batch that the file holds. */
type Reading = Pick<Normaliser, 'push' | 'record' | 'unreadable'> & { end(): void };

/** Bytes are kept until there are enough to recognise the source; from then on they flow through. @returns false where nobody knows the file. */
export async function normalizeFile(job: FileJob): Promise<boolean> {
  const sources = sourcesOf(job.options.bank ?? {});
  // A copy of a bucket keeps the services' own keys, which say more than the contents.
  const named = job.named ?? claim({ trigger: 's3', bucket: '', key: resolve(job.file) }, sources);
  let reading = named === undefined ? undefined : readingOf(job, named);
  let isKnown = named !== undefined;
  let head: Buffer[] = [];
  let headBytes = 0;

  function begin(): Reading {
    const bytes = Buffer.concat(head);
    head = [];
    const text = bytes.toString('utf8', 0, HEAD_BYTES);
    const begun = BATCHES.test(text) ? batchReading(job) : readingOf(job, recognise(text, sources));
    isKnown = begun.isKnown;
    begun.push(bytes);
    reading = begun;
    return begun;
  }

  function take(chunk: Buffer): void {
    if (reading !== undefined) {
      reading.push(chunk);
      return;
    }
    head.push(chunk);
    headBytes += chunk.length;
    if (headBytes >= HEAD_BYTES) begin();
  }

  const problem = await expand(job, {
    push: take,
    // A row of a table: the first one tells whose it is.
    record(text, wrapper) {
      if (reading === undefined) {
        const begun = readingOf(job, recognise(text.slice(0, HEAD_BYTES), sources));
        isKnown = begun.isKnown;
        reading = begun;
      }
      reading.record(text, wrapper);
    },
  });
  const ending = reading ?? begin();
  if (problem !== undefined) ending.unreadable(problem);
  else if (!isKnown) ending.unreadable({ code: 'unknown_source', detail: 'no source recognises the contents' });
  ending.end();
  return isKnown;
}

async function expand({ file, output, parked }: FileJob, to: Pick<Normaliser, 'push' | 'record'>): Promise<Reject | undefined> {
  async function settled(): Promise<void> {
    await output.flush();
    await parked?.flush();
  }
  const reader = createBodyReader(to, settled);
  try {
    const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
    for await (const chunk of input as AsyncIterable<Buffer>) {
      await reader.write(chunk);
      await settled();
    }
    return await reader.end();
  } finally {
    await reader.dispose();
  }
}

function readingOf(job: FileJob, source: Source | undefined): Reading & { readonly isKnown: boolean } {
  const normaliser = normaliserFor(job, source, originOf(job, source));
  return {
    isKnown: source !== undefined,
    push: (chunk) => normaliser.push(chunk),
    record: (text, wrapper) => normaliser.record(text, wrapper),
    unreadable: (problem) => normaliser.unreadable(problem),
    end: () => add(job.totals, normaliser.end()),
  };
}

/** Batches of CloudWatch Logs, as a subscription or Firehose writes them. */
const BATCHES = /^\s*\{\s*"messageType"\s*:\s*"(?:DATA|CONTROL)_MESSAGE"/;

/** Each batch is of one log group, and goes to the source that the group is of. */
function batchReading(job: FileJob): Reading & { readonly isKnown: boolean } {
  const bank = { log_groups: [], ...job.options.bank };
  let count = 0;
  function batch(text: string): void {
    const parsed = parseCloudWatchBatch(text);
    const opened = parsed.kind === 'value' ? parsed.value : undefined;
    const route = opened === undefined ? undefined : logsRoute(bank, { account: opened.owner, ...opened });
    const origin = originOf(job, route?.source);
    const own = { ...origin, account: opened?.owner ?? origin.account, uri: `${origin.uri}#${count++}` };
    const normaliser = normaliserFor(job, route?.source, own, {
      format: route?.format,
      logGroup: opened?.logGroup,
      logStream: opened?.logStream,
    });
    if (opened !== undefined) readCloudWatchBatch(opened, normaliser);
    else if (parsed.kind === 'reject') normaliser.unreadable(parsed.reject);
    add(job.totals, normaliser.end());
  }
  const rest = normaliserFor(job, undefined, originOf(job, undefined));
  const framer = createFramer(
    { kind: 'json' },
    { record: batch, header: () => undefined, broken: (reject, text) => rest.unreadable(reject, text) },
  );
  return {
    isKnown: true,
    push: (chunk) => framer.push(chunk),
    record: batch,
    unreadable: (problem) => rest.unreadable(problem),
    end() {
      framer.end();
      add(job.totals, rest.end());
    },
  };
}

function originOf({ file, options }: FileJob, source: Source | undefined): Origin {
  const place = source?.locate?.({ trigger: 's3', bucket: '', key: resolve(file) });
  return {
    bank: options.bank?.bank ?? 'local',
    account: place?.account ?? 'unknown',
    region: place?.region ?? 'unknown',
    source: source?.name ?? 'unknown',
    trigger: 'file',
    // The path as given, not the name alone: files of one name in several folders must not share their ids.
    uri: `file://${file === '-' ? 'stdin' : file}`,
    // The nearest there is to a time of delivery: some formats leave out the year.
    time: file === '-' ? Date.now() : Math.round(statSync(file).mtimeMs),
  };
}

type Delivered = Pick<NormaliseOptions, 'format' | 'logGroup' | 'logStream'>;

function normaliserFor(job: FileJob, source: Source | undefined, origin: Origin, delivered: Delivered = {}): Normaliser {
  const { options, output, parked } = job;
  const form = options.full === true ? fullForm : (event: OcsfEvent) => event;
  return createNormaliser({
    origin,
    source,
    ...delivered,
    transforms: options.bank === undefined || source === undefined ? [] : rulesOf(job, options.bank, source),
    onEvent: job.take ?? ((event) => output.add(`${JSON.stringify(form(event))}\n`)),
    onParked: (record: ParkedRecord) => parked?.add(`${JSON.stringify(record)}\n`),
  });
}

/** Each run has pseudonyms of its own: the bank's key is in KMS. */
const RUN_KEY = randomBytes(32);

function rulesOf({ totals }: FileJob, bank: BankConfig, source: Source): readonly Transform[] {
  const rules = transformsFor(bank, source.name, (rule) => count(totals.wouldExclude, rule, 1));
  const sensitive = createSensitive(bank, RUN_KEY);
  return sensitive === undefined ? rules : [...rules, (event) => value(sensitive.clean(event))];
}

function add(totals: Totals, { counts: b, excludedBy }: Summary): void {
  const a = totals.counts;
  totals.counts = {
    records: a.records + b.records,
    events: a.events + b.events,
    excluded: a.excluded + b.excluded,
    parked: a.parked + b.parked,
  };
  for (const [rule, excluded] of Object.entries(excludedBy)) count(totals.excludedBy, rule, excluded);
}

function count(by: Map<string, number>, rule: string, more: number): void {
  by.set(rule, (by.get(rule) ?? 0) + more);
}

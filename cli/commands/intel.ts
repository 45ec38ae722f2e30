// `strongroom intel list|check|fetch|import`: what the feeds list, read out of the reference bucket; fetching is the function's work.
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { BankConfig } from '../../shared/config.ts';
import type { IntelFeed } from '../../shared/intel/config.ts';
import { lambdaClient, s3Client } from '../../shared/deps.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { FILES } from '../../shared/intel/feeds.ts';
import type { Parsed } from '../../shared/intel/indicator.ts';
import { createIntelIndex, type IntelIndex } from '../../shared/intel/index/match.ts';
import { openIndex } from '../../shared/intel/index/open.ts';
import { renew } from '../../shared/intel/life.ts';
import { recognise } from '../../shared/intel/normalise.ts';
import { readCopy, readIndexFile, readManifest, writeCopy, type FeedStatus, type Manifest } from '../../shared/intel/store.ts';
import { walletText } from '../../shared/intel/wallet.ts';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import type { ReferenceStore } from '../../shared/reference/reference.ts';
import { bankNamed } from '../bank.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';
import { unreadable } from '../input-files.ts';

export interface IntelOptions {
  readonly bank: string;
  readonly json?: boolean | undefined;
}

export interface IntelImportOptions extends IntelOptions {
  readonly feed: string;
  readonly dryRun?: boolean | undefined;
}

/** Where the indicators are; in tests, in memory. */
export interface IntelPlace {
  readonly bank: Pick<BankConfig, 'intel'>;
  readonly store: ReferenceStore;
  /** Asks the intel function. @returns its answer. */
  readonly invoke: (payload: object) => Promise<unknown>;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Seconds: as long as the function may take. */
const PATIENCE = 850;

async function placeOf(name: string): Promise<IntelPlace> {
  const bank = bankNamed(name);
  const environment = bankEnvironment(name);
  const outputs = await deployed(name, environment);
  const lambda = lambdaClient(environment, PATIENCE);
  return {
    bank,
    store: { s3: s3Client(environment), bucket: output(outputs, 'ReferenceBucket') },
    async invoke(payload) {
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: output(outputs, 'IntelFunction'), Payload: JSON.stringify(payload) }),
      );
      const said: unknown = parseJson(Buffer.from(answer.Payload ?? []).toString('utf8'));
      if (answer.FunctionError !== undefined)
        throw new Error(`the intel function failed: ${(isObject(said) ? text(said['errorMessage']) : undefined) ?? 'see its log group'}`);
      return said;
    },
    now: Date.now,
  };
}

/** Prints one line per feed. @returns the exit code: 1 where a feed could not be read the last time. */
export async function intelList(options: IntelOptions, out: Writable = process.stdout, place?: IntelPlace): Promise<number> {
  const { bank, store } = place ?? (await placeOf(options.bank));
  const manifest = await manifestOf(store);
  const feeds = bank.intel?.feeds ?? [];
  for (const { name, format } of feeds) {
    const status = manifest?.feeds[name];
    out.write(options.json === true ? `${JSON.stringify({ feed: name, format, ...status })}\n` : `${feedLine(name, status)}\n`);
  }
  if (options.json !== true) out.write(manifest === undefined ? 'no index yet\n' : `${indexLine(manifest)}\n`);
  return feeds.some(({ name }) => manifest?.feeds[name]?.error !== undefined) ? 1 : 0;
}

async function manifestOf(store: ReferenceStore): Promise<Manifest | undefined> {
  const found = await readManifest(store);
  return found === 'same' ? undefined : found?.manifest;
}

function feedLine(name: string, status: FeedStatus | undefined): string {
  if (status === undefined || (status.checked === 0 && status.live === 0)) return `${name.padEnd(24)} nothing yet`;
  const { live, checked, error, failures, skipped } = status;
  const passed = Object.values(skipped).reduce((sum, count) => sum + count, 0);
  const when = checked === 0 ? 'imported by hand' : `read ${clock(checked)}`;
  const more = [
    passed === 0 ? '' : `, ${passed} passed over (${Object.keys(skipped).slice(0, 3).join('; ')})`,
    error === undefined ? '' : `, FAILED ${failures} times: ${error}`,
  ];
  return `${name.padEnd(24)} ${String(live).padStart(9)} indicators, ${when}${more.join('')}`;
}

function indexLine({ index, since }: Manifest): string {
  const counts = Object.entries(index.counts).map(([type, count]) => `${count} ${type}`);
  return `index of ${index.size} since ${clock(since)}, ${(index.bytes / 1e6).toFixed(1)} MB: ${counts.join(', ') || 'empty'}`;
}

function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Prints what is known of each value. @returns the exit code: 1 where nothing counts now of any of them. */
export async function intelCheck(
  values: readonly string[],
  options: IntelOptions,
  out: Writable = process.stdout,
  place?: IntelPlace,
): Promise<number> {
  const { store, now } = place ?? (await placeOf(options.bank));
  const manifest = await manifestOf(store);
  const file = manifest === undefined ? undefined : await readIndexFile(store, manifest.index.key);
  if (manifest === undefined || file === undefined)
    throw new MisconfiguredError('there is no index of indicators yet: `strongroom intel fetch`');
  const index = createIntelIndex(openIndex(file, manifest.index.sha256));
  let met = false;
  for (const value of values) {
    const records = recordsOf(index, value);
    if (records.length === 0 && options.json !== true) out.write(`${value}: not listed\n`);
    for (const record of records) {
      const active = index.isActive(record, now());
      met ||= active;
      out.write(
        `${options.json === true ? JSON.stringify({ asked: value, active, ...index.known(record) }) : knownLine(index, record, active)}\n`,
      );
    }
  }
  return met ? 0 : 1;
}

/** @throws MisconfiguredError for a text that is nothing that is matched. */
function recordsOf(index: IntelIndex, value: string): readonly number[] {
  const found = recognise(value);
  if (found === undefined)
    throw new MisconfiguredError(`"${value}" is no address of the Internet, network, name, URL, hash, mail address, wallet or CVE`);
  if (found.type === 'ip') return index.address(found.value);
  if (found.type === 'domain') return index.domain(found.value);
  if (found.type !== 'network') return index.exact(found.type, found.value);
  return index.address(found.value.slice(0, found.value.indexOf('/'))).filter((record) => index.known(record).value === found.value);
}

function knownLine(index: IntelIndex, record: number, active: boolean): string {
  const { type, value, feed, confidence, tlp, from, until, names, references } = index.known(record);
  const times = `${from === 0 ? '' : `from ${clock(from)} `}${until === undefined ? 'without an end' : `until ${clock(until)}`}`;
  return [
    `${type === 'wallet' ? walletText(value) : value}: ${type} of feed ${feed}${active ? '' : ' (does not count now)'}`,
    `  ${names.join(', ') || 'no name'}; confidence ${confidence}, TLP ${tlp}; ${times}`,
    ...references.map((reference) => `  ${reference}`),
  ].join('\n');
}

/** Has the function read feeds. @returns the exit code: 1 where one could not be read. */
export async function intelFetch(
  feeds: readonly string[],
  options: IntelOptions,
  out: Writable = process.stdout,
  place?: IntelPlace,
): Promise<number> {
  const { bank, invoke } = place ?? (await placeOf(options.bank));
  for (const name of feeds) feedNamed(bank, name);
  const answer = await invoke(feeds.length === 0 ? {} : { feeds });
  if (!isObject(answer)) throw new Error('the intel function did not answer as it should');
  const { read, failed, size, changed } = answer;
  const names = (list: unknown): string => (Array.isArray(list) && list.length > 0 ? list.join(', ') : 'none');
  out.write(
    options.json === true
      ? `${JSON.stringify(answer)}\n`
      : `read: ${names(read)}; failed: ${names(failed)}; index of ${typeof size === 'number' ? size : 0} indicators${changed === true ? ', new' : ', as before'}\n`,
  );
  return Array.isArray(failed) && failed.length > 0 ? 1 : 0;
}

function feedNamed({ intel }: IntelPlace['bank'], name: string): IntelFeed {
  const feeds = intel?.feeds ?? [];
  const found = feeds.find((feed) => feed.name === name);
  if (found === undefined)
    throw new MisconfiguredError(`the bank's file has no feed ${name}; it has ${feeds.map((feed) => feed.name).join(', ') || 'none'}`);
  return found;
}

/** Puts a file in the place of what the feed had, and has the index made. @returns the exit code. */
export async function intelImport(
  file: string,
  options: IntelImportOptions,
  out: Writable = process.stdout,
  place?: IntelPlace,
): Promise<number> {
  const { bank, store, invoke, now } = place ?? (await placeOf(options.bank));
  const feed = feedNamed(bank, options.feed);
  if (feed.url !== undefined) throw new MisconfiguredError(`feed ${feed.name} has a url: \`strongroom intel fetch ${feed.name}\` reads it`);
  const parsed = parse(feed, file);
  const { kept, live } = renew(await readCopy(store, feed.name), { ...parsed, revoked: [], complete: true, state: {} }, feed, now());
  out.write(`${file}: ${parsed.indicators.length} indicators, ${live} of them count now\n`);
  for (const [reason, count] of Object.entries(parsed.skipped)) out.write(`  passed over ${count}: ${reason}\n`);
  if (options.dryRun === true) return 0;
  await writeCopy(store, feed.name, kept);
  return await intelFetch([], options, out, { bank, store, now, invoke: () => invoke({ feeds: [] }) });
}

const GZIP = 0x1f8b;

function parse(feed: IntelFeed, file: string): Parsed {
  const read = FILES[feed.format];
  if (read === undefined) throw new MisconfiguredError(`feed ${feed.name} is of format ${feed.format}, which no file has`);
  const problem = file === '-' ? '-: standard input is not read; name a file' : unreadable(file);
  if (problem !== undefined) throw new MisconfiguredError(problem);
  try {
    const bytes = readFileSync(file);
    return read(bytes.length > 2 && bytes.readUInt16BE(0) === GZIP ? gunzipSync(bytes) : bytes);
  } catch (error) {
    throw new MisconfiguredError(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`, { cause: error });
  }
}

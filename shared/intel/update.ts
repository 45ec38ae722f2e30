// Once an hour: feeds that are due are read, what they say becomes the next index. A feed that fails keeps its last good copy, and the others go on.
import type { BankConfig } from '../config.ts';
import type { IntelFeed } from './config.ts';
import type { JsonObject } from '../model.ts';
import { errorFields, type Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { object } from '../outcome.ts';
import type { ReferenceStore } from '../reference/reference.ts';
import type { Fetch } from './fetch.ts';
import { LINKS, readFeed, type FeedDeps, type Reading } from './feeds.ts';
import { FeedError } from './formats/format.ts';
import { createIndexBuilder } from './index/build.ts';
import { digestOf } from './index/open.ts';
import { MAX_INDICATORS } from './indicator.ts';
import { liveOf, recordOf, renew, renewUnchanged, type Change, type Kept } from './life.ts';
import { indexKey, readCopy, readManifest, readState, writeCopy, writeIndexFile, writeManifest, writeState } from './store.ts';
import type { FeedStatus, Manifest } from './store.ts';

export interface UpdateDeps {
  readonly bank: BankConfig;
  readonly store: ReferenceStore;
  readonly fetch: Fetch;
  /** @returns the text of a secret. */
  readonly secret: (arn: string) => Promise<string>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly metrics: MetricsWriter;
  /** ms since the epoch. */
  readonly now: () => number;
}

export interface Updated {
  /** Feeds read in this run, and those that could not be. */
  readonly read: readonly string[];
  readonly failed: readonly string[];
  /** Records of the index in use. */
  readonly size: number;
  /** Whether it is another one than before. */
  readonly changed: boolean;
}

const HOUR_MS = 3_600_000;
/** A schedule is never to the second: what is due in a minute is due. */
const SLACK_MS = 5 * 60_000;
/** Then no further feed is begun: the function has 14 minutes. */
const BUDGET_MS = 8 * 60_000;
/** Catalogues that change by the day at most. */
const SLOW: Readonly<Partial<Record<IntelFeed['format'], number>>> = { kev: 12, ofac: 24 };
/** A feed that has failed so often in a row calls for somebody. */
const FAILING = 6;

/** @param only names of feeds: these are read, due or not. @throws AWS errors: the next run does it again. */
export async function updateIntel(deps: UpdateDeps, only?: readonly string[]): Promise<Updated> {
  const { bank, store, now } = deps;
  const before = await manifestOf(store);
  const states = objects(await readState(store, 'feeds'));
  const started = now();
  const builder = createIndexBuilder();
  const statuses: Record<string, FeedStatus> = {};
  const [read, failed]: [string[], string[]] = [[], []];
  for (const [position, feed] of (bank.intel?.feeds ?? []).entries()) {
    const { name } = feed;
    const status = before?.feeds[name];
    const last = { kept: await readCopy(store, name), state: states[name] ?? {}, status };
    const wanted = only?.includes(name) ?? (isDue(feed, status, now()) && now() - started < BUDGET_MS);
    const step = wanted ? await tryFeed(feed, last, deps) : asItWas(last, feed, now());
    if (step.wasRead) (step.status.error === undefined ? read : failed).push(name);
    states[name] = step.state;
    statuses[name] = step.status;
    for (const one of step.kept) builder.add(recordOf(one, feed, position));
  }
  await writeState(store, 'feeds', states);
  const manifest = await publish(builder, statuses, before, deps);
  report(manifest, deps);
  return { read, failed, size: manifest.index.size, changed: manifest.index.sha256 !== before?.index.sha256 };
}

const NEW: FeedStatus = { checked: 0, live: 0, skipped: {}, failures: 0 };

async function manifestOf(store: ReferenceStore): Promise<Manifest | undefined> {
  const found = await readManifest(store);
  return found === undefined || found === 'same' ? undefined : found.manifest;
}

/** What was imported by hand has come since. */
function asItWas({ kept, state, status = NEW }: Before, feed: IntelFeed, now: number): Step {
  return { kept, state, status: { ...status, live: liveOf(kept, feed, now) }, wasRead: false };
}

function objects(state: JsonObject): Record<string, JsonObject | undefined> {
  return Object.fromEntries(Object.entries(state).map(([name, one]) => [name, object(one)]));
}

/** A feed without an address is filled by hand. */
function isDue({ url, format, every_hours: hours = SLOW[format] ?? 1 }: IntelFeed, status: FeedStatus | undefined, now: number): boolean {
  if (url === undefined) return false;
  if (status === undefined || status.failures > 0) return true;
  return now - status.checked >= hours * HOUR_MS - SLACK_MS;
}

interface Before {
  readonly kept: readonly Kept[];
  readonly state: JsonObject;
  readonly status: FeedStatus | undefined;
}

interface Step {
  readonly kept: readonly Kept[];
  readonly state: JsonObject;
  readonly status: FeedStatus;
  /** Whether the feed was asked. */
  readonly wasRead: boolean;
}

/** What of the feed's own fails is told in its status; what of AWS fails is thrown. */
async function tryFeed(feed: IntelFeed, before: Before, deps: UpdateDeps): Promise<Step> {
  const { log, store, now } = deps;
  try {
    const reading = await readFeed(feed, before.state, await feedDeps(feed, deps));
    const change = reading === undefined ? renewUnchanged(before.kept, feed, now()) : accepted(feed, before.kept, reading, now());
    await writeCopy(store, feed.name, change.kept);
    return {
      kept: change.kept,
      state: reading?.state ?? before.state,
      status: statusOf(change, reading, before.status, now()),
      wasRead: true,
    };
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    const { status } = before;
    log.warn('feed not taken, its last good copy stays', { feed: feed.name, reason: error.message });
    const failures = (status?.failures ?? 0) + 1;
    const known = status ?? { live: before.kept.length, skipped: {} };
    return { kept: before.kept, state: before.state, status: { ...known, checked: now(), error: error.message, failures }, wasRead: true };
  }
}

function statusOf({ live }: Change, reading: Reading | undefined, before: FeedStatus | undefined, now: number): FeedStatus {
  const changed = reading === undefined ? before?.changed : now;
  return {
    checked: now,
    ...(changed === undefined ? {} : { changed }),
    live,
    skipped: reading?.skipped ?? before?.skipped ?? {},
    failures: 0,
  };
}

/** Lists this small change as they like. */
const SMALL = 20;

/** @throws FeedError for a copy that has lost more than half (an empty page answers with 200 as well), and for one that lists half the world. */
export function accepted(feed: IntelFeed, kept: readonly Kept[], reading: Reading, now: number): Change {
  const change = renew(kept, reading, feed, now);
  const before = renewUnchanged(kept, feed, now).live;
  if (reading.complete && feed.may_shrink !== true && before >= SMALL && change.live < before / 2)
    throw new FeedError(`has ${change.live} indicators where it had ${before}; if that is right, set may_shrink for once`);
  if (change.kept.length > MAX_INDICATORS) throw new FeedError(`has more than ${MAX_INDICATORS} indicators`);
  if (coverage(reading) > MAX_COVERED)
    throw new FeedError('has networks that are more than a sixteenth of the Internet: nearly everything would be a hit');
  return change;
}

/** Addresses of IPv4. The largest lists of networks that are in use have a percent or two. */
const MAX_COVERED = 2 ** 28;

function coverage({ indicators }: Reading): number {
  const networks = new Set(indicators.flatMap(({ type, value }) => (type === 'network' && !value.includes(':') ? [value] : [])));
  let sum = 0;
  for (const network of networks) sum += 2 ** (32 - Number(network.slice(network.indexOf('/') + 1)));
  return sum;
}

async function feedDeps(feed: IntelFeed, { fetch, secret }: UpdateDeps): Promise<FeedDeps> {
  const { url = '', secret_arn: arn, auth } = feed;
  if (arn === undefined) return { fetch, url, credentials: {} };
  const text = await secretOf(arn, secret);
  return { fetch, url: url.replaceAll('{secret}', encodeURIComponent(text)), credentials: credentialsOf(auth, text) };
}

async function secretOf(arn: string, secret: UpdateDeps['secret']): Promise<string> {
  try {
    return (await secret(arn)).trim();
  } catch (error) {
    // One feed's key must not stop the others.
    throw new FeedError(`its secret cannot be read: ${errorFields(error).error}`, { cause: error });
  }
}

function credentialsOf(auth: string | undefined, secret: string): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  if (auth === 'bearer') return { authorization: `Bearer ${secret}` };
  if (auth === 'basic') return { authorization: `Basic ${Buffer.from(secret).toString('base64')}` };
  return { [auth.toLowerCase()]: secret };
}

const DAY_MS = 86_400_000;

async function publish(
  builder: ReturnType<typeof createIndexBuilder>,
  feeds: Readonly<Record<string, FeedStatus>>,
  before: Manifest | undefined,
  { bank, store, now }: UpdateDeps,
): Promise<Manifest> {
  const names = (bank.intel?.feeds ?? []).map(({ name, format }) => ({ name, link: LINKS[format] }));
  // To the day: the same indicators make the same file, which then is not written again.
  const file = builder.finish(names, Math.floor(now() / DAY_MS) * DAY_MS);
  const sha256 = digestOf(file);
  const counts = builder.counts();
  const size = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const isSame = before?.index.sha256 === sha256;
  if (!isSame) await writeIndexFile(store, sha256, file);
  const index = { key: indexKey(sha256), sha256, bytes: file.length, size, counts };
  const manifest: Manifest = { v: 1, index, since: isSame ? before.since : now(), feeds };
  await writeManifest(store, manifest);
  return manifest;
}

function report({ index, feeds }: Manifest, { bank, metrics, log }: UpdateDeps): void {
  const failing = Object.values(feeds).filter(({ failures }) => failures >= FAILING).length;
  for (const [feed, { skipped }] of Object.entries(feeds))
    if (Object.keys(skipped).length > 0) log.info('feed has more than is matched', { feed, skipped });
  emit(metrics, { bank: bank.bank, source: 'intel' }, { Indicators: index.size, FeedsFailing: failing });
}

// What was listed since the last index is looked for in what was logged before: somebody was there already. Each index is hunted once against the one
// before it, however many runs that takes; where OpenSearch is away, the next run goes on where this one was.
import { raiseAlerts, type AlertDeps } from '../alert/alerts.ts';
import { fromDocument } from '../hub/document.ts';
import type { JsonObject, OcsfEvent, Origin } from '../model.ts';
import type { Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { text } from '../outcome.ts';
import type { ReferenceStore } from '../reference/reference.ts';
import { count, search } from '../search/stream.ts';
import { intelFindings } from './finding.ts';
import { batchesOf, isHunted, type Batch } from './hunt-queries.ts';
import { createIndexBuilder } from './index/build.ts';
import { createIntelIndex, type IntelIndex, type Known } from './index/match.ts';
import { digestOf, openIndex } from './index/open.ts';
import { createMatcher } from './matcher.ts';
import { entriesOf, withOsint } from './osint.ts';
import { indexKey, readIndexFile, readManifest, readState, writeState } from './store.ts';

export interface HuntDeps extends AlertDeps {
  readonly store: ReferenceStore;
  readonly client: OpenSearch;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly metrics: MetricsWriter;
  /** Of one run, ms: no question is asked after it. */
  readonly budgetMs?: number;
}

export interface Hunted {
  /** Indicators that the index before had not, and those of them that the next run asks for. */
  readonly fresh: number;
  readonly left: number;
  readonly findings: number;
  readonly alerts: number;
}

const NOTHING: Hunted = { fresh: 0, left: 0, findings: 0, alerts: 0 };
const DAY_MS = 86_400_000;
const RETRO_DAYS = 30;
const BUDGET_MS = 10 * 60_000;
const STATE = 'hunt';
/** Events that one question may give. More are asked for in halves, down to one indicator, which has then been found often enough. */
const MAX_EVENTS = 5000;

/** @throws errors of OpenSearch and AWS: what was done is kept. */
export async function huntOnce(deps: HuntDeps): Promise<Hunted> {
  const { bank, store, now, log } = deps;
  const days = bank.intel?.retro_days ?? RETRO_DAYS;
  const found = await readManifest(store);
  if (found === undefined || found === 'same' || days === 0) return NOTHING;
  const state = await readState(store, STATE);
  const hunted = text(state['hunted']);
  // One that was begun is brought to its end: what is new in the next one is told from it.
  const target = text(state['target']) ?? found.manifest.index.sha256;
  if (target === hunted) return NOTHING;
  const index = await indexOf(store, target);
  if (index === undefined) {
    log.warn('an index is not there any more, the next one is hunted', { sha256: target });
    await writeState(store, STATE, { hunted });
    return NOTHING;
  }
  // As when it was begun: what is new, and in which order, must not change on the way.
  const begun = state['target'] === target ? state['from'] : undefined;
  const from = typeof begun === 'number' ? begun : now() - days * DAY_MS;
  const fresh = freshOf(index, hunted === undefined ? undefined : await indexOf(store, hunted), deps, from);
  const done = await huntAll(batchesOf(fresh, from), { target, hunted, state, from }, deps);
  emit(
    deps.metrics,
    { bank: bank.bank, source: 'intel' },
    { HuntedIndicators: fresh.length - done.left, Findings: done.findings, Alerts: done.alerts },
  );
  return { fresh: fresh.length, ...done };
}

async function indexOf(store: ReferenceStore, sha256: string): Promise<IntelIndex | undefined> {
  const file = await readIndexFile(store, indexKey(sha256));
  return file === undefined ? undefined : createIntelIndex(openIndex(file, sha256));
}

/** @returns what would alert and was not listed before; by feed and value, so that nothing is asked for twice because its position has moved. */
function freshOf(index: IntelIndex, before: IntelIndex | undefined, { bank }: HuntDeps, from: number): readonly Known[] {
  const floors = new Map((bank.intel?.feeds ?? []).map(({ name, alert_confidence: floor = 70 }) => [name, floor]));
  const fresh: Known[] = [];
  for (let record = 0; record < index.size; record++) {
    const known = index.known(record);
    const floor = floors.get(known.feed) ?? false;
    const counts = floor !== false && known.confidence >= floor && isHunted(known.type) && (known.until ?? Infinity) > from;
    if (counts && (before === undefined || !isListed(before, known))) fresh.push(known);
  }
  return fresh;
}

function isListed(index: IntelIndex, { type, value }: Known): boolean {
  if (type !== 'network') return index.exact(type, value).length > 0;
  return index.address(value.slice(0, value.indexOf('/'))).some((record) => index.known(record).value === value);
}

interface Progress {
  readonly target: string;
  readonly hunted: string | undefined;
  readonly state: JsonObject;
  readonly from: number;
}

async function huntAll(
  batches: readonly Batch<Known>[],
  { target, hunted, state, from }: Progress,
  deps: HuntDeps,
): Promise<Omit<Hunted, 'fresh'>> {
  const { store, now, budgetMs = BUDGET_MS } = deps;
  const started = now();
  const begun = state['target'] === target && typeof state['position'] === 'number' ? state['position'] : 0;
  const total = { findings: 0, alerts: 0 };
  let position = begun;
  for (; position < batches.length && now() - started < budgetMs; position++) {
    const batch = batches[position];
    if (batch === undefined) break;
    const { published, alerted } = await huntBatch(batch, deps);
    total.findings += published;
    total.alerts += alerted;
    await writeState(store, STATE, { hunted, target, from, position: position + 1 });
  }
  const left = batches.slice(position).reduce((sum, { indicators }) => sum + indicators.length, 0);
  if (left === 0) await writeState(store, STATE, { hunted: target });
  return { left, ...total };
}

async function huntBatch(batch: Batch<Known>, deps: HuntDeps): Promise<{ published: number; alerted: number }> {
  const { client, bank, now, vaultBucket } = deps;
  const asked = { periods: 'ocsf-*', query: batch.query };
  // Nearly always nothing: no page is opened for that.
  const total = await count(client, asked);
  if (total === 0) return { published: 0, alerted: 0 };
  if (total > MAX_EVENTS && batch.indicators.length > 1) return await huntHalves(batch, deps);
  const { hits } = await search(client, { ...asked, limit: MAX_EVENTS });
  const mark = markerOf(batch.indicators, bank.intel?.allow);
  const events: OcsfEvent[] = [];
  for await (const { event } of hits) {
    const marked = mark(event);
    if (marked !== undefined) events.push(marked);
  }
  const findings = intelFindings(events, { bank, evidence: '', retro: true });
  const origin: Origin = {
    ...{ bank: bank.bank, account: 'unknown', region: bank.region, source: 'strongroom', time: now() },
    ...{ trigger: 's3', uri: `s3://${vaultBucket}/retro-hunt` },
  };
  const { published, alerted } = await raiseAlerts(findings, { origin, evidence: '' }, deps);
  return { published, alerted };
}

async function huntHalves({ indicators, part }: Batch<Known>, deps: HuntDeps): Promise<{ published: number; alerted: number }> {
  const middle = indicators.length >> 1;
  const one = await huntBatch(part(indicators.slice(0, middle)), deps);
  const other = await huntBatch(part(indicators.slice(middle)), deps);
  return { published: one.published + other.published, alerted: one.alerted + other.alerted };
}

/** @returns a function that gives an event what of these indicators it holds, other than what it was given when it came; undefined without. */
function markerOf(indicators: readonly Known[], allow: readonly string[] | undefined): (source: JsonObject) => OcsfEvent | undefined {
  const feeds = [...new Set(indicators.map(({ feed }) => feed))];
  const builder = createIndexBuilder();
  for (const known of indicators) builder.add({ ...known, feed: feeds.indexOf(known.feed), id: known.id ?? '' });
  const file = builder.finish(
    feeds.map((name) => ({ name })),
    0,
  );
  const matcher = createMatcher(createIntelIndex(openIndex(file, digestOf(file))), allow);
  return (source) => {
    const event = fromDocument(JSON.stringify(source));
    if (event === undefined) return undefined;
    const told = new Set((entriesOf(event) ?? []).map(({ feed, value }) => `${feed} ${value}`));
    const hits = matcher.match(event).filter(({ known }) => !told.has(`${known.feed} ${known.value}`));
    return hits.length === 0 ? undefined : withOsint({ ...event, osint: undefined }, hits);
  };
}

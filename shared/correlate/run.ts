// Correlations, every minute: what has come into the index since the last run says which groups have news, those are looked at as a whole, and
// what fires is raised. How far it was read is written down when all of it is raised: a run that fails anywhere is simply made again, and what
// fires again has the same id. https://docs.opensearch.org/latest/api-reference/search-apis/search/
import type { JsonObject } from '../model.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { seenOf } from './copied.ts';
import { affectedBy, eventOf, familyQuery, type Affected } from './evaluate.ts';
import { nextPage, refresh, shardsOf, type Shard } from './ingested.ts';
import { raiseAll, type RaiseDeps } from './raise.ts';
import { loadPosition, savePosition, shardKey, type Due, type Position } from './state.ts';

export interface CorrelateDeps extends RaiseDeps {
  readonly metrics: MetricsWriter;
  /** After that no new part is begun. ms. */
  readonly budgetMs: number;
  /** Documents of one page; given in tests only. */
  readonly pageSize?: number;
}

export interface Correlated {
  /** Events of this run that a rule of a correlation may match. */
  readonly candidates: number;
  /** Groups that were looked at. */
  readonly groups: number;
  readonly findings: number;
  readonly alerts: number;
  /** Groups that OpenSearch refused to be asked for. */
  readonly refused: number;
  /** Documents that the index has and the next run reads. */
  readonly behind: number;
  /** Another run was faster: what this one found, that one finds. */
  readonly overtaken: boolean;
}

/** Pages between two savings of the position. A round that took long is followed by a shorter one: what is loud must not keep a run from its end. */
const PAGES = { first: 2, most: 20 } as const;
const LONG_MS = 10_000;
/** Windows are not over before late events had time to come. */
const LATENESS_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
/** Later than that, events no longer open windows: they come out of imports, and of indices that are made anew. As for the names of indices. */
const LATEST_MS = 35 * DAY_MS;

/** @throws RetryableError, errors of OpenSearch and AWS: the next run does it again. */
export async function correlateOnce(deps: CorrelateDeps): Promise<Correlated> {
  const started = deps.now();
  const total = { candidates: 0, groups: 0, findings: 0, alerts: 0, refused: 0 };
  let position = await loadPosition(deps.claims, started);
  let left: readonly Shard[] = [];
  let pages: number = PAGES.first;
  const done = new Set<string>();
  do {
    const began = deps.now();
    const round: Round = await takeRound(position, { pages, done }, deps);
    const raised = await raiseAll(round.affected, deps);
    if (raised === undefined) return { ...total, behind: 0, overtaken: true };
    total.candidates += round.candidates;
    total.groups += raised.groups;
    total.findings += raised.findings;
    total.alerts += raised.alerts;
    total.refused += raised.refused;
    left = round.left;
    const saved = await savePosition(deps.claims, round.position, deps.now());
    if (saved === undefined) return { ...total, behind: 0, overtaken: true };
    position = saved;
    pages = deps.now() - began > LONG_MS ? Math.max(1, Math.floor(pages / 2)) : Math.min(PAGES.most, pages * 2);
  } while (left.length > 0 && deps.now() - started < deps.budgetMs);
  const { seen } = position;
  const behind = left.reduce((sum, shard) => sum + shard.checkpoint - (seen.get(shardKey(shard)) ?? -1), 0);
  emit(
    deps.metrics,
    { bank: deps.bank.bank, source: 'strongroom' },
    { Findings: total.findings, Alerts: total.alerts, CorrelateBehind: behind, CorrelateRefused: total.refused },
  );
  return { ...total, behind, overtaken: false };
}

interface Round {
  readonly position: Position;
  readonly affected: readonly Affected[];
  readonly candidates: number;
  /** Shards that have more. */
  readonly left: readonly Shard[];
}

interface Turn {
  readonly pages: number;
  /** Shards that had their turn in this run: however many have something new all the time, the busiest has its turn too. */
  readonly done: Set<string>;
}

async function takeRound(position: Position, { pages: most, done }: Turn, deps: CorrelateDeps): Promise<Round> {
  const { client, rules } = deps;
  const now = deps.now();
  const shards = await shardsOf(client);
  const seen = await seenOf(client, shards, position.seen);
  const after = (shard: Shard): number => seen.get(shardKey(shard)) ?? -1;
  // What is made anew, of a year maybe, waits for what has just come.
  const news = shards
    .filter((shard) => shard.checkpoint > after(shard) && !done.has(shardKey(shard)))
    .sort((one, other) => one.checkpoint - after(one) - other.checkpoint + after(other));
  const there = new Set(await refresh(client, [...new Set(news.map(({ store }) => store))]));
  const query = newsQuery(Math.max(position.since, now - LATEST_MS), deps);
  const affected: Affected[] = [];
  let [candidates, pages] = [0, 0];
  for (const shard of news) {
    while (there.has(shard.store) && after(shard) < shard.checkpoint && pages < most) {
      pages++;
      const page = await nextPage(client, shard, { after: after(shard), query, size: deps.pageSize });
      candidates += page.hits.length;
      for (const { event } of page.hits) {
        const known = eventOf(event);
        if (known === undefined) continue;
        for (const match of rules.matches(known)) affected.push(...affectedBy(match, rules.families));
      }
      seen.set(shardKey(shard), page.seen);
    }
    if (after(shard) >= shard.checkpoint) done.add(shardKey(shard));
  }
  const left = news.filter((shard) => there.has(shard.store) && after(shard) < shard.checkpoint);
  const { ripe, due } = dueOf(position.due, affected, deps);
  return { position: { ...position, seen, due }, affected: [...affected, ...ripe], candidates, left };
}

/** Not older than that, and such as one of the rules may match. */
function newsQuery(since: number, { rules, lists }: CorrelateDeps): JsonObject {
  return { bool: { filter: [{ range: { time: { gte: since } } }, familyQuery({ rules: rules.rules, ways: [] }, [], lists)] } };
}

/** Groups whose windows have to be over before they can be judged are looked at again then. */
function dueOf(
  before: readonly Due[],
  affected: readonly Affected[],
  { rules, now }: CorrelateDeps,
): { readonly ripe: readonly Affected[]; readonly due: readonly Due[] } {
  const families = new Map(rules.families.map((family) => [family.correlation.id, family]));
  const due = new Map(before.map((one) => [dueKey(one.correlation, one.group), one]));
  for (const { family, group, time } of affected) {
    if (!family.hasToWait) continue;
    const key = dueKey(family.correlation.id, group);
    const known = due.get(key);
    const [from, to] = [Math.min(known?.from ?? time, time), Math.max(known?.to ?? time, time)];
    due.set(key, { correlation: family.correlation.id, group, from, to, at: to + family.spanMs + LATENESS_MS });
  }
  const ripe = [...due].filter(([, { at }]) => at <= now());
  for (const [key] of ripe) due.delete(key);
  return {
    ripe: ripe.flatMap(([, { correlation, group, from, to }]) => {
      const family = families.get(correlation);
      return family === undefined ? [] : [from, to].map((time) => ({ family, group, time }));
    }),
    due: [...due.values()],
  };
}

function dueKey(correlation: string, group: readonly string[]): string {
  return `${correlation} ${JSON.stringify(group)}`;
}

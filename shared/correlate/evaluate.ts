// The windows of some groups in a stretch of time, out of the index: the query narrows, the rules decide on the events as they are stored.
// https://docs.opensearch.org/latest/query-dsl/compound/bool/
import type { Match } from '../detect/engine.ts';
import { queryOf, type Having } from '../detect/query.ts';
import { createCorrelator, type Fired, type RuleMatch } from '../detect/sigma/windows.ts';
import { fromDocument } from '../hub/document.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { periodsOf } from '../search/periods.ts';
import { timeFilter } from '../search/query.ts';
import { search } from '../search/stream.ts';
import { groupsOf, type CorrelationRules, type Family } from './family.ts';

export interface EvaluateDeps {
  readonly client: OpenSearch;
  readonly rules: CorrelationRules;
  /** What placeholders stand for. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Events of one question; default 20,000. */
  readonly mostEvents?: number | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
}

export interface Stretch {
  readonly family: Family;
  readonly groups: readonly (readonly string[])[];
  /** Of the matches that are new; ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

const MOST_EVENTS = 20_000;
/** Clauses of one question; OpenSearch allows 1,024. */
const MOST_CLAUSES = 500;
const MOST_GROUPS = 50;

/** @param isUsedUp see Limits. @returns the windows of the correlation that fire in these groups. @throws PartialAnswerError, and as the client does. */
export async function evaluate(
  { family, groups, from, to }: Stretch,
  isUsedUp: (group: readonly string[], time: number) => boolean,
  deps: EvaluateDeps,
): Promise<readonly Fired<Match>[]> {
  const fired: Fired<Match>[] = [];
  const clauses = Math.max(1, family.ways.length * Math.max(1, family.correlation.groupBy.length));
  const size = Math.max(1, Math.min(MOST_GROUPS, Math.floor(MOST_CLAUSES / clauses)));
  for (let at = 0; at < groups.length; at += size)
    fired.push(...(await evaluateSome({ family, groups: groups.slice(at, at + size), from, to }, isUsedUp, deps)));
  return fired;
}

async function evaluateSome(
  stretch: Stretch,
  isUsedUp: (group: readonly string[], time: number) => boolean,
  deps: EvaluateDeps,
): Promise<readonly Fired<Match>[]> {
  const { family, groups } = stretch;
  const { matches, isCut } = await matchesIn(stretch, deps);
  if (isCut && groups.length > 1) {
    // One that is loud must not hide the others.
    const half = Math.ceil(groups.length / 2);
    const parts = [groups.slice(0, half), groups.slice(half)];
    const found = [];
    for (const part of parts) found.push(...(await evaluateSome({ ...stretch, groups: part }, isUsedUp, deps)));
    return found;
  }
  if (isCut && isLong(stretch)) return await evaluateHalves(stretch, isUsedUp, deps);
  const wanted = new Set(groups.map((group) => JSON.stringify(group)));
  const correlator = createCorrelator<Match>(family.correlations, {
    isUsedUp: ({ id }, group, time) => id === family.correlation.id && isUsedUp(group, time),
  });
  // Of what opens behind the stretch, not all was read.
  const end = Math.min(deps.now(), stretch.to + family.spanMs + 1);
  const all = [...matches.flatMap((match) => correlator.add(match)), ...correlator.end(end)];
  return all
    .filter(({ correlation, group }) => correlation.id === family.correlation.id && wanted.has(JSON.stringify(group)))
    .map((one) => (isCut ? { ...one, cut: true } : one));
}

/** Two halves can be asked for fewer events. */
function isLong({ family, from, to }: Stretch): boolean {
  return to - from > family.spanMs;
}

/** After an outage, hours are looked at: the latest events of one group must not hide its first. */
async function evaluateHalves(
  stretch: Stretch,
  isUsedUp: (group: readonly string[], time: number) => boolean,
  deps: EvaluateDeps,
): Promise<readonly Fired<Match>[]> {
  const middle = stretch.from + Math.floor((stretch.to - stretch.from) / 2);
  const first = await evaluateSome({ ...stretch, to: middle }, isUsedUp, deps);
  const has = (time: number): boolean => first.some(({ start, end }) => time >= start && time <= end);
  const second = await evaluateSome({ ...stretch, from: middle }, (group, time) => has(time) || isUsedUp(group, time), deps);
  return [...first, ...second];
}

interface Matches {
  readonly matches: readonly RuleMatch<Match>[];
  /** There are more; where fewer can be asked for, these are not all that could be read. */
  readonly isCut: boolean;
}

/** @returns the latest of them, in order of time. */
async function matchesIn(stretch: Stretch, deps: EvaluateDeps): Promise<Matches> {
  const { family, groups } = stretch;
  const canBeLess = groups.length > 1 || isLong(stretch);
  const limit = deps.mostEvents ?? MOST_EVENTS;
  const found = await matchesOf(stretch, family.rules, { limit, canBeLess }, deps);
  if (!found.isCut || canBeLess || family.rules.length === 1) return found;
  // Nor must what is repeated hide another step: each rule has its share.
  const share = { limit: Math.ceil(limit / family.rules.length), canBeLess };
  const matches: RuleMatch<Match>[] = [];
  for (const rule of family.rules) matches.push(...(await matchesOf(stretch, [rule], share, deps)).matches);
  return { matches: inOrder(matches), isCut: true };
}

async function matchesOf(
  { family, groups, from, to }: Stretch,
  rules: Family['rules'],
  { limit, canBeLess }: { readonly limit: number; readonly canBeLess: boolean },
  deps: EvaluateDeps,
): Promise<Matches> {
  const range = { from: from - family.spanMs, to: to + family.spanMs + 1 };
  const query = { bool: { filter: [timeFilter(range), familyQuery({ rules, ways: family.ways }, groups, deps.lists)] } };
  const { total, hits } = await search(deps.client, { periods: periodsOf(range, deps.now()), query, limit });
  const isCut = total > limit;
  const matches: RuleMatch<Match>[] = [];
  const own = new Set(rules.map(({ id }) => id));
  for await (const { event } of hits) {
    if (isCut && canBeLess) break;
    const known = eventOf(event);
    if (known !== undefined) matches.push(...deps.rules.matches(known).filter(({ rule }) => own.has(rule)));
  }
  return { matches: inOrder(matches), isCut };
}

/** Events of one time in the order of their rules, then of their ids: whatever order the index gives them in, the same windows fire. */
export function inOrder<T extends RuleMatch<unknown>>(matches: readonly T[]): readonly T[] {
  return [...matches].sort((one, other) => one.time - other.time || (one.uid < other.uid ? -1 : one.uid > other.uid ? 1 : 0));
}

/** @returns the event of a document as the index gives it; undefined where it is none. */
export function eventOf(document: JsonObject): OcsfEvent | undefined {
  return fromDocument(JSON.stringify(document));
}

/** Events that one of the rules may match and that may be in one of the groups. @param groups none: whatever the group. */
export function familyQuery(
  { rules, ways }: Pick<Family, 'rules' | 'ways'>,
  groups: readonly (readonly string[])[],
  lists: EvaluateDeps['lists'],
): JsonObject {
  const should = rules.flatMap((rule) => {
    const own = ways.filter((way) => way.rule === rule.id);
    const having = groups.length === 0 ? [] : own.map(({ fields }) => fields.map((field, at) => havingOf(field, groups, at)));
    return having.length === 0 && groups.length > 0 ? [] : [queryOf(rule, lists, having).query];
  });
  return { bool: { should, minimum_should_match: 1 } };
}

/** Of several groups each field has one of the values; whether they belong together the rules' matches tell. */
function havingOf(field: string, groups: readonly (readonly string[])[], at: number): Having {
  return { field, values: [...new Set(groups.flatMap((group) => group[at] ?? []))] };
}

/** Which groups of which correlations matches are news for. */
export interface Affected {
  readonly family: Family;
  readonly group: readonly string[];
  readonly time: number;
}

export function affectedBy(match: RuleMatch<Match>, families: readonly Family[]): readonly Affected[] {
  return families.flatMap((family) => groupsOf(family, match).map((group) => ({ family, group, time: match.time })));
}

/** @returns one stretch for what is so near in time that its windows may touch; several groups of a correlation share one. */
export function stretchesOf(affected: readonly Affected[]): readonly Stretch[] {
  const stretches: { family: Family; groups: Map<string, readonly string[]>; from: number; to: number }[] = [];
  const latest = new Map<Family, (typeof stretches)[number]>();
  for (const { family, group, time } of [...affected].sort((one, other) => one.time - other.time)) {
    const open = latest.get(family);
    if (open !== undefined && time - open.to <= 2 * family.spanMs) {
      open.to = time;
      open.groups.set(JSON.stringify(group), group);
      continue;
    }
    const stretch = { family, groups: new Map([[JSON.stringify(group), group]]), from: time, to: time };
    stretches.push(stretch);
    latest.set(family, stretch);
  }
  return stretches.map(({ groups, ...stretch }) => ({ ...stretch, groups: [...groups.values()] }));
}

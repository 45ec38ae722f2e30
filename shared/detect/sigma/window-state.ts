// What a correlation remembers of one group, by its type: no more than its timespan needs, and never more than the limit.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md (Correlation types)
import type { Correlation } from './rule.ts';
import { measureOf, type Measure, type Measured } from './window-measures.ts';

/** A match of a rule, or a window of another correlation that fired, as one group of a correlation sees it. */
export interface Hit<Match> {
  /** Id of the rule or of the correlation. */
  readonly rule: string;
  /** ms since the epoch. */
  readonly time: number;
  /** Of the event: the same event is counted once. Empty where nothing names it. */
  readonly uid: string;
  readonly value: Measured;
  readonly matches: readonly Match[];
}

export interface State<Match> {
  /** In order of time. */
  add(hit: Hit<Match>): void;
  /** Forgets what was before. */
  forget(before: number): void;
  clear(): void;
  /** What the condition is about; undefined where there is nothing to reckon with. */
  value(): number | undefined;
  /** What makes the value up, in order of time; for `temporal` types one hit for each rule. */
  hits(): readonly Hit<Match>[];
  /** Hits that are held. */
  readonly held: number;
  /** More came than are held. */
  readonly cut: boolean;
}

export interface StateLimits {
  /** Hits of one group; the oldest go first. */
  readonly hitsPerGroup: number;
}

export function createState<Match>(correlation: Correlation, { hitsPerGroup }: StateLimits): State<Match> {
  switch (correlation.type) {
    case 'temporal':
      return createLatest(correlation.rules);
    case 'temporal_ordered':
      return createOrdered(correlation.rules);
    case 'event_count':
    case 'value_count':
    case 'value_sum':
    case 'value_avg':
    case 'value_percentile':
    case 'value_median':
      return createQueue(measureOf(correlation), hitsPerGroup);
  }
}

/** The array is cut when so much of it is dead: cutting costs its length. */
const DEAD = 1024;

function createQueue<Match>(measure: Measure, limit: number): State<Match> {
  let hits: Hit<Match>[] = [];
  let first = 0;
  let cut = false;
  const uids = new Set<string>();
  const drop = (): void => {
    const hit = hits[first++];
    if (hit === undefined) return;
    measure.remove(hit.value);
    uids.delete(hit.uid);
    if (first < DEAD || first < hits.length / 2) return;
    hits = hits.slice(first);
    first = 0;
  };
  const forget = (before: number): void => {
    while (first < hits.length && (hits[first]?.time ?? before) < before) drop();
    if (first === hits.length) cut = false;
  };
  return {
    add(hit) {
      if (hit.uid !== '' && uids.has(hit.uid)) return;
      if (!measure.add(hit.value)) return;
      if (hit.uid !== '') uids.add(hit.uid);
      hits.push(hit);
      if (hits.length - first <= limit) return;
      drop();
      cut = true;
    },
    forget,
    clear: () => forget(Infinity),
    value: () => measure.result(),
    hits: () => hits.slice(first),
    get held() {
      return hits.length - first;
    },
    get cut() {
      return cut;
    },
  };
}

/** Of every rule the latest hit: no other is in more windows. */
function createLatest<Match>(rules: readonly string[]): State<Match> {
  const latest = new Map<string, Hit<Match>>();
  return {
    add(hit) {
      if (rules.includes(hit.rule)) latest.set(hit.rule, hit);
    },
    forget(before) {
      for (const [rule, { time }] of latest) if (time < before) latest.delete(rule);
    },
    clear: () => latest.clear(),
    value: () => latest.size,
    hits: () => [...latest.values()].sort((one, other) => one.time - other.time),
    get held() {
      return latest.size;
    },
    cut: false,
  };
}

/** Hits of rules in their order; the one before is earlier or at the same time. */
interface Chain<Match> {
  readonly hit: Hit<Match>;
  readonly before: Chain<Match> | undefined;
  /** Time of its first hit. */
  readonly start: number;
  readonly length: number;
}

/**
 * Of every rule and every length the chain that ends with the rule and begins latest: no other of that length is in more windows.
 * Hits of one time are in any order, so each of them is looked at again when another comes.
 */
function createOrdered<Match>(rules: readonly string[]): State<Match> {
  const chains: Chains<Match> = rules.map(() => []);
  let together: Hit<Match>[] = [];
  return {
    add(hit) {
      if (!rules.includes(hit.rule)) return;
      const same = together[0]?.time === hit.time ? together : [];
      // As often as the rule is named is as often as it can serve.
      const serves = rules.filter((rule) => rule === hit.rule).length;
      together = same.filter(({ rule }) => rule === hit.rule).length < serves ? [...same, hit] : same;
      together.sort((one, other) => rules.indexOf(one.rule) - rules.indexOf(other.rule));
      for (const one of together) extend(chains, rules, one);
    },
    forget(before) {
      for (const own of chains)
        for (const [at, chain] of own.entries()) if (chain !== undefined && chain.start < before) own[at] = undefined;
    },
    clear() {
      for (const own of chains) own.length = 0;
      together = [];
    },
    value: () => longest(chains)?.length ?? 0,
    hits: () => listed(longest(chains)),
    get held() {
      return chains.reduce((sum, own) => sum + own.length, 0);
    },
    cut: false,
  };
}

/** By position of the rule, then by length - 1. */
type Chains<Match> = (Chain<Match> | undefined)[][];

/** Behind every chain that ends with an earlier rule, and as the first of its own. */
function extend<Match>(chains: Chains<Match>, rules: readonly string[], hit: Hit<Match>): void {
  for (let position = rules.length - 1; position >= 0; position--) {
    const own = chains[position];
    if (own === undefined || rules[position] !== hit.rule) continue;
    own[0] = { hit, before: undefined, start: hit.time, length: 1 };
    for (const before of chains.slice(0, position).flat()) {
      if (before === undefined || holds(before, hit)) continue;
      const known = own[before.length];
      if (known === undefined || known.start <= before.start)
        own[before.length] = { hit, before, start: before.start, length: before.length + 1 };
    }
  }
}

/** @returns of the longest the one that begins latest. */
function longest<Match>(chains: Chains<Match>): Chain<Match> | undefined {
  let found: Chain<Match> | undefined;
  for (const chain of chains.flat()) {
    if (chain === undefined) continue;
    const isBetter = found === undefined || chain.length > found.length || (chain.length === found.length && chain.start > found.start);
    if (isBetter) found = chain;
  }
  return found;
}

function holds<Match>(chain: Chain<Match>, hit: Hit<Match>): boolean {
  for (let link: Chain<Match> | undefined = chain; link !== undefined; link = link.before)
    if (link.hit === hit || (hit.uid !== '' && link.hit.rule === hit.rule && link.hit.uid === hit.uid)) return true;
  return false;
}

function listed<Match>(chain: Chain<Match> | undefined): readonly Hit<Match>[] {
  const hits: Hit<Match>[] = [];
  for (let link = chain; link !== undefined; link = link.before) hits.unshift(link.hit);
  return hits;
}
